//! Short and familiar forms of given names, English and Spanish. Two names are variants when one line holds both:
//! one step, never by way of a third name.

/// A name and the forms that stand for it.
#[rustfmt::skip]
const FORMS: &[&[&str]] = &[
    &["ABIGAIL", "ABBY", "GAIL"], &["ABRAHAM", "ABE", "BRAM"], &["AGNES", "NESSIE", "AGGIE", "NESS"],
    &["ALBERT", "AL", "BERT", "BERTIE", "ALBERTO"], &["ALBERTO", "BETO"],
    &["ALEJANDRO", "ALEX", "ALE", "JANDO"], &["ALEJANDRA", "ALE", "ALEX", "JANA"],
    &["ALEXANDER", "ALEX", "ALEC", "SANDY", "XANDER", "ALECK"], &["ALEXANDRA", "ALEX", "SANDRA", "LEXI", "ALEXA"],
    &["ALFONSO", "PONCHO", "FONSO"], &["ALFRED", "AL", "FRED", "ALF"], &["ALFREDO", "FREDO", "FELLO"],
    &["AMANDA", "MANDY"], &["ANDREW", "ANDY", "DREW"], &["ANGELA", "ANGIE"], &["ANGELICA", "ANGIE", "LICA"],
    &["ANNE", "ANN", "ANNIE", "NAN", "NANCY"], &["ANTHONY", "TONY", "ANTONY"], &["ANTONIO", "TONY", "TONO", "TONI"],
    &["ANTONIA", "TONIA", "TONI"], &["ARTHUR", "ART", "ARTIE"], &["ARTURO", "TURO"], &["AUGUSTUS", "GUS"],
    &["BARBARA", "BARB", "BABS"], &["BEATRIZ", "BETTY", "BEA"], &["BENJAMIN", "BEN", "BENNY", "BENJI"],
    &["BERNARD", "BERNIE"], &["BRADLEY", "BRAD"], &["CALVIN", "CAL"], &["CAMERON", "CAM"], &["CARLOS", "CARLITOS"],
    &["CAROLINE", "CARRIE", "CARO"], &["CATALINA", "CATA", "LINA"], &["CATHERINE", "CATHY", "KATE", "KATHY", "CATE", "KITTY"],
    &["CHARLES", "CHARLIE", "CHUCK", "CHAS", "CHARLEY"], &["CHRISTINA", "TINA", "CHRIS", "CHRISSY", "KRISTINA"],
    &["CHRISTOPHER", "CHRIS", "TOPHER", "KIT", "KRISTOPHER"], &["CHRISTIAN", "CHRIS"], &["CLIFFORD", "CLIFF"],
    &["CONCEPCION", "CONCHA", "CONCHITA"], &["CONSUELO", "CHELO"], &["CYNTHIA", "CINDY"], &["DANIEL", "DAN", "DANNY"],
    &["DANIELA", "DANI", "DANY"], &["DAVID", "DAVE", "DAVEY"], &["DEBORAH", "DEBBIE", "DEB", "DEBRA"],
    &["DENNIS", "DENNY"], &["DOLORES", "LOLA", "LOLITA"], &["DONALD", "DON", "DONNIE"], &["DOROTHY", "DOT", "DOTTIE", "DOLLY"],
    &["DOUGLAS", "DOUG"], &["EDUARDO", "LALO", "EDDIE", "EDU"], &["EDWARD", "ED", "EDDIE", "NED", "TED", "TEDDY"],
    &["EDWIN", "ED", "EDDIE"], &["ELEANOR", "ELLIE", "NELL", "NORA", "ELLA"],
    &["ELIZABETH", "LIZ", "BETH", "BETTY", "ELIZA", "LIZZIE", "BETSY", "ELSIE", "LIBBY"], &["EMILY", "EM", "EMMY"],
    &["ENRIQUE", "QUIQUE", "KIKE", "RICK", "HENRY"], &["ERNESTO", "NETO"], &["ESTEBAN", "STEVE"],
    &["EUGENE", "GENE"], &["FERNANDO", "NANDO", "FER"], &["FERNANDA", "FER", "NANDA"], &["FLORENCE", "FLO", "FLOSSIE"],
    &["FRANCES", "FRAN", "FANNY", "FRANNIE"], &["FRANCIS", "FRANK", "FRANKIE"],
    &["FRANCISCO", "PACO", "PANCHO", "FRANK", "CISCO", "KIKO"], &["FRANKLIN", "FRANK"], &["FREDERICK", "FRED", "FREDDIE", "FREDDY"],
    &["GABRIEL", "GABE"], &["GABRIELA", "GABY"], &["GERALD", "GERRY", "JERRY"], &["GEORGE", "GEO", "GEORGIE"],
    &["GRACIELA", "CHELA", "GRACE"], &["GREGORY", "GREG"], &["GUADALUPE", "LUPE", "LUPITA"],
    &["GUILLERMO", "MEMO", "BILL", "WILLIAM"], &["GUSTAVO", "GUS", "TAVO"], &["HAROLD", "HAL", "HARRY"],
    &["HELEN", "NELL", "NELLIE"], &["HENRY", "HANK", "HARRY", "HAL"], &["HUMBERTO", "BETO"], &["IGNACIO", "NACHO"],
    &["ISABEL", "CHABELA", "BELLA", "ISA"], &["ISABELLA", "BELLA", "IZZY", "ISA"], &["JACOB", "JAKE"], &["JACQUELINE", "JACKIE"],
    &["JAMES", "JIM", "JIMMY", "JAMIE", "JAS"], &["JANE", "JENNY", "JANIE"], &["JEFFREY", "JEFF"], &["JENNIFER", "JEN", "JENNY"],
    &["JESSICA", "JESS", "JESSIE"], &["JESUS", "CHUY", "CHUCHO"], &["JOHN", "JACK", "JOHNNY", "JON", "JOHNNIE"],
    &["JONATHAN", "JON", "JONNY", "JOHN"], &["JORGE", "GEORGE", "COQUE"], &["JOSE", "PEPE", "CHEPE", "JOE"], &["JOSEFINA", "PEPA", "CHEPINA", "FINA"],
    &["JOSEPH", "JOE", "JOEY", "JO"], &["JOSHUA", "JOSH"], &["JUAN", "JUANITO", "JOHN"], &["KATHERINE", "KATE", "KATIE", "KATHY", "KAT", "KITTY"],
    &["KENNETH", "KEN", "KENNY"], &["LAWRENCE", "LARRY", "LAURIE"], &["LEONARD", "LEN", "LEO", "LENNY"], &["LEONARDO", "LEO", "NARDO"],
    &["LOUIS", "LOU", "LOUIE"], &["LUIS", "LUCHO", "LOUIS"], &["MANUEL", "MANNY", "MANOLO", "MEL"],
    &["MARGARET", "MEG", "MAGGIE", "PEGGY", "MARGE", "DAISY", "MARGIE", "PEG", "RITA"], &["MARIA", "MA", "MARY", "MARI"], &["MARTHA", "MATTIE", "PATTY"],
    &["MARY", "MOLLY", "POLLY", "MAY", "MAMIE"], &["MATTHEW", "MATT", "MATTY"], &["MELVIN", "MEL"], &["MERCEDES", "MECHE"],
    &["MICHAEL", "MIKE", "MICK", "MIKEY", "MICKEY"], &["MIGUEL", "MIKE", "MICKY"], &["NATHANIEL", "NATE", "NAT", "NATHAN"], &["NICHOLAS", "NICK", "NICKY"],
    &["PATRICIA", "PAT", "PATTY", "TRISH", "PATI"], &["PATRICK", "PAT", "PADDY", "RICK"], &["PEDRO", "PETE"], &["PETER", "PETE"], &["PHILIP", "PHIL", "PIP"],
    &["REBECCA", "BECKY", "BECCA"], &["RICHARD", "RICK", "DICK", "RICH", "RICKY"], &["ROBERT", "BOB", "ROB", "BOBBY", "BERT", "ROBBIE"], &["ROBERTO", "BETO", "ROB", "BOB"],
    &["RONALD", "RON", "RONNIE"], &["ROSARIO", "CHAYO"], &["SAMANTHA", "SAM"], &["SAMUEL", "SAM", "SAMMY"], &["SEBASTIAN", "SEB", "BASTIAN"],
    &["STEPHEN", "STEVE", "STEVEN", "STEVIE"], &["SUSAN", "SUE", "SUSIE"], &["THEODORE", "TED", "THEO", "TEDDY"],
    &["WILLIAM", "BILL", "WILL", "BILLY", "WILLIE", "WILLY", "LIAM", "WM"],
];

/// Whether one folded name is a familiar form of the other.
pub(super) fn are_variants(one: &str, other: &str) -> bool {
    FORMS.iter().any(|forms| {
        let (formal, familiar) = forms.split_first().expect("a line has a name");
        (one == *formal && familiar.contains(&other)) || (other == *formal && familiar.contains(&one))
    })
}

#[cfg(test)]
mod tests {
    use super::are_variants;

    #[test]
    fn familiar_forms_are_one_step_from_the_name() {
        for (one, other) in [("ROBERT", "BOBBY"), ("PACO", "FRANCISCO"), ("GUADALUPE", "LUPE"), ("CHUY", "JESUS")] {
            assert!(are_variants(one, other) && are_variants(other, one), "{one} {other}");
        }
        for (one, other) in [("BETO", "BOB"), ("HARRY", "HANK"), ("JOSE", "JESUS"), ("ROBERT", "ROBERT")] {
            assert!(!are_variants(one, other), "{one} {other}");
        }
    }
}
