//! The products that clinics give: codes, packages, makers, statements. Facts of CDC's lists, a line or two a product.

use jiff::civil::{Date, date};

/// How a product goes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Route {
    Intramuscular,
    Subcutaneous,
    Oral,
}

/// A product.
#[derive(Debug)]
pub(super) struct Product {
    /// CVX code.
    pub(super) cvx: u16,
    /// CDC's short description of the vaccine.
    pub(super) name: &'static str,
    /// Package (unit of use) and its trade name; `None` where CDC's list of January 2025 has none.
    pub(super) package: Option<(&'static str, &'static str)>,
    /// Whether senders put the package first in RXA-5, and the vaccine second.
    pub(super) is_package_first: bool,
    /// MVX code of the maker.
    pub(super) mvx: &'static str,
    /// Milliliters of a dose.
    pub(super) amount: &'static str,
    pub(super) route: Route,
    /// First and last day on which clinics give it.
    pub(super) used: (Date, Date),
    /// The statements that belong to it.
    pub(super) statements: &'static [&'static Statement],
}

/// A Vaccine Information Statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// Bar code (GDTI).
    pub(super) document: &'static str,
    /// Title.
    pub(super) title: &'static str,
    /// The vaccine that it is about, for those who send that instead.
    pub(super) cvx: u16,
    /// Its edition.
    pub(super) edition: Date,
    /// The edition before.
    pub(super) earlier: Date,
}

use Route::{Intramuscular, Oral, Subcutaneous};

const FAR: Date = date(9999, 12, 31);

/// All products. Where two have one CVX code, both are given.
pub(super) static PRODUCTS: &[Product] = &[
    given("58160-0820-43", "Engerix-B", 8, HEP_B_CHILD, "SKB", "0.5", date(2007, 4, 25), &[&HEP_B]),
    given(
        "58160-0811-43",
        "Pediarix",
        110,
        "DTaP-Hep B-IPV",
        "SKB",
        "0.5",
        date(2009, 7, 24),
        &[&DTAP, &HEP_B, &POLIO],
    ),
    given("49281-0560-05", "Pentacel", 120, "DTaP-Hib-IPV", "PMC", "0.5", date(2008, 6, 20), &[&DTAP, &HIB, &POLIO]),
    cvx_first(given(
        "63361-0243-58",
        "Vaxelis",
        146,
        "DTaP, IPV, Hib, HepB",
        "PMC",
        "0.5",
        date(2021, 6, 1),
        SIX_IN_ONE,
    )),
    given("58160-0810-43", "Infanrix", 20, "DTaP", "SKB", "0.5", date(2009, 7, 24), &[&DTAP]),
    given("49281-0286-58", "Daptacel", 106, "DTaP, 5 pertussis antigens", "PMC", "0.5", date(2002, 5, 14), &[&DTAP]),
    given("58160-0812-43", "Kinrix", 130, "DTaP-IPV", "SKB", "0.5", date(2008, 7, 9), &[&DTAP, &POLIO]),
    given("49281-0860-78", "Ipol", 10, "IPV", "PMC", "0.5", date(1990, 12, 21), &[&POLIO]),
    given("49281-0547-58", "ActHIB", 48, "Hib (PRP-T)", "PMC", "0.5", date(1993, 3, 30), &[&HIB]),
    given(
        "00005-1971-01",
        "Prevnar 13",
        133,
        "Pneumococcal conjugate PCV 13",
        "PFR",
        "0.5",
        date(2010, 3, 12),
        &[&PCV],
    ),
    by(
        Oral,
        given("00006-4047-01", "RotaTeq", 116, "rotavirus, pentavalent", "MSD", "2", date(2006, 2, 3), &[&ROTAVIRUS]),
    ),
    by(
        Oral,
        given("58160-0851-01", "Rotarix", 119, "rotavirus, monovalent", "SKB", "1", date(2011, 1, 13), &[&ROTAVIRUS]),
    ),
    by(Subcutaneous, given("00006-4681-01", "M-M-R II", 3, "MMR", "MSD", "0.5", date(1971, 4, 21), &[&MMR])),
    by(
        Subcutaneous,
        given("00006-4827-01", "Varivax", 21, "varicella", "MSD", "0.5", date(1995, 3, 17), &[&VARICELLA]),
    ),
    by(Subcutaneous, given("00006-4171-01", "ProQuad", 94, "MMRV", "MSD", "0.5", date(2015, 8, 1), &[&MMRV])),
    given("58160-0825-43", "Havrix", 83, "Hep A, ped/adol, 2 dose", "SKB", "0.5", date(2007, 2, 16), &[&HEP_A]),
    given("58160-0842-43", "Boostrix", 115, "Tdap", "SKB", "0.5", date(2009, 7, 24), &[&TDAP]),
    given("49281-0400-89", "Adacel", 115, "Tdap", "PMC", "0.5", date(2005, 6, 10), &[&TDAP]),
    given("49281-0215-58", "Tenivac", 113, "Td (adult) preservative free", "PMC", "0.5", date(2010, 12, 8), &[&TD]),
    given("49281-0589-58", "Menactra", 114, "meningococcal MCV4P", "PMC", "0.5", date(2005, 1, 14), &[&MENACWY]),
    cvx_first(given("58160-0958-01", "Menveo", 136, MENVEO, "SKB", "0.5", date(2017, 3, 1), &[&MENACWY])),
    given("00005-0100-01", "Trumenba", 162, "Meningococcal B, recombinant", "PFR", "0.5", date(2014, 11, 5), &[&MENB]),
    given("00006-4119-01", "Gardasil 9", 165, "HPV9", "MSD", "0.5", date(2014, 12, 10), &[&HPV]),
    until(
        date(2013, 6, 30),
        given("33332-0110-10", "Afluria", 141, FLU_3_VIAL, "CSL", "0.5", date(2009, 7, 1), &[&FLU]),
    ),
    until(
        LAST_FLU_4,
        cvx_first(given("58160-0887-41", "Fluarix Quadrivalent", 150, FLU_4, "SKB", "0.5", FLU_4_FROM, &[&FLU])),
    ),
    until(
        LAST_FLU_4,
        cvx_first(given("49281-0421-58", "Fluzone Quadrivalent", 150, FLU_4, "PMC", "0.5", FLU_4_FROM, &[&FLU])),
    ),
    cvx_first(given("58160-0883-41", "Fluarix", 140, FLU_3, "SKB", "0.5", date(2024, 7, 1), &[&FLU])),
    given(
        "00006-4943-01",
        "Pneumovax 23",
        33,
        "pneumococcal polysaccharide PPV23",
        "MSD",
        "0.5",
        date(1983, 7, 7),
        &[&PPSV],
    ),
    given("58160-0828-01", "Shingrix", 187, "zoster recombinant", "SKB", "0.5", date(2018, 3, 1), &[&ZOSTER]),
    given("58160-0821-43", "Engerix-B", 43, "Hep B, adult", "SKB", "1", date(2007, 3, 28), &[&HEP_B]),
    until(
        date(2022, 8, 31),
        cvx_first(given("59267-1000-01", "Pfizer COVID-19", 208, PFIZER, "PFR", "0.3", date(2020, 12, 14), &[])),
    ),
    until(
        date(2022, 8, 31),
        cvx_first(given("80777-0273-10", "Moderna COVID-19", 207, MODERNA, "MOD", "0.5", date(2020, 12, 21), &[])),
    ),
    unpackaged(309, "COVID-19, mRNA, LNP-S, PF, tris-sucrose, 30 mcg/0.3 mL", "PFR", "0.3", date(2023, 9, 15)),
    unpackaged(312, "COVID-19, mRNA, LNP-S, PF, 50 mcg/0.5 mL", "MOD", "0.5", date(2023, 9, 15)),
];

const HEP_B_CHILD: &str = "Hep B, adolescent or pediatric";
const MENVEO: &str = "Meningococcal MCV4O";
const FLU_3: &str = "Influenza, split virus, trivalent, PF";
const FLU_3_VIAL: &str = "Influenza, split virus, trivalent, preservative";
const FLU_4: &str = "Influenza, split virus, quadrivalent, PF";
const FLU_4_FROM: Date = date(2013, 7, 1);
const LAST_FLU_4: Date = date(2024, 6, 30);
const PFIZER: &str = "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose";
const MODERNA: &str = "COVID-19, mRNA, LNP-S, PF, 100 mcg/0.5 mL dose";
const SIX_IN_ONE: &[&Statement] = &[&DTAP, &HIB, &HEP_B, &POLIO];

#[allow(clippy::too_many_arguments, reason = "one line of the table above")]
const fn given(
    ndc: &'static str,
    trade_name: &'static str,
    cvx: u16,
    name: &'static str,
    mvx: &'static str,
    amount: &'static str,
    since: Date,
    statements: &'static [&'static Statement],
) -> Product {
    let package = Some((ndc, trade_name));
    let route = Intramuscular;
    Product { cvx, name, package, is_package_first: true, mvx, amount, route, used: (since, FAR), statements }
}

const fn unpackaged(cvx: u16, name: &'static str, mvx: &'static str, amount: &'static str, since: Date) -> Product {
    Product { package: None, is_package_first: false, ..given("", "", cvx, name, mvx, amount, since, &[]) }
}

const fn cvx_first(product: Product) -> Product {
    Product { is_package_first: false, ..product }
}

const fn by(route: Route, product: Product) -> Product {
    Product { route, ..product }
}

const fn until(last: Date, product: Product) -> Product {
    Product { used: (product.used.0, last), ..product }
}

/// What is said when only the family is known: the code that stands for the vaccine, and its name.
static UNSPECIFIED: &[(&[u16], u16, &str)] = &[
    (&[8, 43], 45, "Hep B, unspecified formulation"),
    (&[20, 106], 107, "DTaP, unspecified formulation"),
    (&[10], 89, "polio, unspecified formulation"),
    (&[48, 49], 17, "Hib, unspecified formulation"),
    (&[116, 119], 122, "rotavirus, unspecified formulation"),
    (&[83], 85, "Hep A, unspecified formulation"),
    (&[140, 141, 150], 88, "influenza, unspecified formulation"),
    (&[114, 136], 147, "meningococcal MCV4, unspecified formulation"),
];

/// The code for a vaccine of which only the family is known; the vaccine itself, when there is none.
pub(super) fn unspecified(cvx: u16) -> u16 {
    UNSPECIFIED.iter().find(|(products, ..)| products.contains(&cvx)).map_or(cvx, |(_, code, _)| *code)
}

/// What a vaccine is called.
pub(super) fn name(cvx: u16) -> &'static str {
    let product = PRODUCTS.iter().find(|product| product.cvx == cvx).map(|product| product.name);
    let family = || UNSPECIFIED.iter().find(|(_, code, _)| *code == cvx).map(|(.., name)| *name);
    product.or_else(family).unwrap_or("")
}

/// The product of a package.
pub(super) fn of_package(ndc: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.package.is_some_and(|(code, _)| code == ndc))
}

/// The statement of a bar code.
pub(super) fn statement(document: &str) -> Option<&'static Statement> {
    STATEMENTS.iter().find(|statement| statement.document == document).copied()
}

/// What a maker is called.
pub(super) fn maker(mvx: &str) -> &'static str {
    match mvx {
        "CSL" => "CSL Behring, Inc",
        "MOD" => "Moderna US, Inc.",
        "MSD" => "Merck and Co., Inc.",
        "PFR" => "Pfizer, Inc",
        "PMC" => "sanofi pasteur",
        "SKB" => "GlaxoSmithKline",
        _ => "",
    }
}

static STATEMENTS: [&Statement; 18] = [
    &DTAP, &FLU, &HEP_A, &HEP_B, &HIB, &HPV, &MENACWY, &MENB, &MMR, &MMRV, &PCV, &POLIO, &PPSV, &ROTAVIRUS, &TD, &TDAP,
    &VARICELLA, &ZOSTER,
];

const fn about(cvx: u16, title: &'static str, document: &'static str, edition: Date, earlier: Date) -> Statement {
    Statement { document, title, cvx, edition, earlier }
}

static DTAP: Statement = about(107, "DTaP VIS", "253088698300003511070517", date(2007, 5, 17), date(2001, 7, 30));
static FLU: Statement = about(88, "Influenza VIS", "253088698300010311150807", date(2015, 8, 7), date(2012, 7, 2));
static HEP_A: Statement =
    about(85, "Hepatitis A VIS", "253088698300004211160720", date(2016, 7, 20), date(2006, 3, 21));
static HEP_B: Statement =
    about(45, "Hepatitis B VIS", "253088698300005911160720", date(2016, 7, 20), date(2007, 7, 18));
static HIB: Statement = about(17, "Hib VIS", "253088698300006611150402", date(2015, 4, 2), date(1998, 12, 16));
static HPV: Statement = about(165, "HPV VIS", "253088698300029511161202", date(2016, 12, 2), date(2013, 5, 17));
static MENACWY: Statement =
    about(147, "Meningococcal VIS", "253088698300014111160331", date(2016, 3, 31), date(2008, 1, 28));
static MENB: Statement =
    about(162, "Meningococcal B VIS", "253088698300030111160809", date(2016, 8, 9), date(2015, 8, 14));
static MMR: Statement = about(3, "MMR VIS", "253088698300012711180212", date(2018, 2, 12), date(2008, 3, 13));
static MMRV: Statement = about(94, "MMRV VIS", "253088698300013411180212", date(2018, 2, 12), date(2010, 5, 21));
static PCV: Statement = about(133, "PCV13 VIS", "253088698300015811151105", date(2015, 11, 5), date(2010, 4, 16));
static POLIO: Statement = about(89, "Polio VIS", "253088698300017211160720", date(2016, 7, 20), date(2000, 1, 1));
static PPSV: Statement = about(33, "PPSV23 VIS", "253088698300016511150424", date(2015, 4, 24), date(2009, 10, 6));
static ROTAVIRUS: Statement =
    about(122, "Rotavirus VIS", "253088698300019611150415", date(2015, 4, 15), date(2010, 12, 6));
static TD: Statement = about(113, "Td VIS", "253088698300028811170411", date(2017, 4, 11), date(2012, 1, 24));
static TDAP: Statement = about(115, "Tdap VIS", "253088698300027111150224", date(2015, 2, 24), date(2008, 11, 18));
static VARICELLA: Statement =
    about(21, "Varicella VIS", "253088698300024011180212", date(2018, 2, 12), date(2008, 3, 13));
static ZOSTER: Statement = about(187, "Zoster VIS", "253088698300032511180212", date(2018, 2, 12), date(2018, 2, 12));
