//! The form of a person: what is read of it, when somebody is added and when who they are is changed; and at which of its
//! fields stands what was found wrong.

use jiff::civil::Date;
use model::{Address, ClearedFact, Demographics, Finding, NextOfKin, PersonName, Sex, Telecom};

use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::people::{self, phone_among, phone_of, relation_name};
use crate::{dates, states};

/// Digits of a phone number with its country's in front, at most and at least (ITU-T E.164).
const FOREIGN_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// The fields of somebody who answers for a person.
pub(crate) struct KinFields {
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    pub(crate) relation: &'static str,
    pub(crate) phone: &'static str,
}

/// The rows of those who answer for a person. Of more than these an organization may tell in messages; they stay.
const KIN: [KinFields; 4] = [
    KinFields { given: "kin_given", family: "kin_family", relation: "kin_relation", phone: "kin_phone" },
    KinFields { given: "kin_given_2", family: "kin_family_2", relation: "kin_relation_2", phone: "kin_phone_2" },
    KinFields { given: "kin_given_3", family: "kin_family_3", relation: "kin_relation_3", phone: "kin_phone_3" },
    KinFields { given: "kin_given_4", family: "kin_family_4", relation: "kin_relation_4", phone: "kin_phone_4" },
];

/// How somebody may be related (HL70063 as the guide restricts it), those who answer for a child first.
const RELATIONS: [&str; 12] = ["MTH", "FTH", "PAR", "GRD", "GRP", "CGV", "BRO", "SIS", "SIB", "SPO", "CHD", "OTH"];

/// What a form of a person is read against.
pub(crate) struct Known<'a> {
    /// The language in which the form is told what is wrong.
    pub(crate) language: Language,
    /// The registry's calendar day.
    pub(crate) today: Date,
    /// What was said of the person before: nobody needs to mend what they do not change.
    pub(crate) said: &'a Demographics,
}

/// Reads who a person is: name, birth date, sex, address, phone, and the mother's name. What is wrong the form is told.
pub(crate) fn read(posted: &Posted, form: &mut Form, known: &Known<'_>) -> Demographics {
    let language = known.language;
    let text = |name: &str| posted.text(name).to_owned();
    for (field, key) in [("family", "add.family_missing"), ("given", "add.given_missing"), ("sex", "add.sex_missing")] {
        if posted.text(field).is_empty() {
            form.refuse_with(language, field, key);
        }
    }
    let birth_date = read_birth_date(posted, form, known);
    let mut who = Demographics { birth_date, sex: Sex::parse(posted.text("sex")), ..Demographics::default() };
    who.names.push(PersonName {
        family: text("family"),
        given: text("given"),
        middle: text("middle"),
        suffix: text("suffix"),
        kind: "L".to_owned(),
    });
    who.addresses.extend(read_address(posted, form, known));
    who.telecoms.extend(read_phone(posted, form, known));
    let said_phone = phone_of(known.said);
    who.telecoms.extend(known.said.telecoms.iter().filter(|telecom| Some(*telecom) != said_phone).cloned());
    who.next_of_kin = read_kin(posted, form, known);
    let maiden = known.said.mother_maiden_name.as_ref().filter(|said| said.family == posted.text("mother"));
    if !posted.text("mother").is_empty() {
        let written = || PersonName { family: text("mother"), ..PersonName::default() };
        who.mother_maiden_name = Some(maiden.cloned().unwrap_or_else(written));
    }
    who
}

/// What was said of a person before and is not in the form any more.
pub(crate) fn cleared(who: &Demographics, said: &Demographics) -> Vec<ClearedFact> {
    let emptied = [
        (who.addresses.is_empty() && !said.addresses.is_empty(), ClearedFact::Addresses),
        (who.telecoms.is_empty() && !said.telecoms.is_empty(), ClearedFact::Telecoms),
        (who.next_of_kin.is_empty() && !said.next_of_kin.is_empty(), ClearedFact::NextOfKin),
        (who.mother_maiden_name.is_none() && said.mother_maiden_name.is_some(), ClearedFact::MotherMaidenName),
    ];
    emptied.into_iter().filter(|(is_emptied, _)| *is_emptied).map(|(_, fact)| fact).collect()
}

/// Puts those who answer for a person into their rows.
pub(crate) fn fill_kin(form: &mut Form, kin: &[NextOfKin]) {
    for (fields, kin) in KIN.iter().zip(kin) {
        form.set(fields.given, kin.name.given.as_str());
        form.set(fields.family, kin.name.family.as_str());
        form.set(fields.relation, kin.relationship.as_str());
        form.set(fields.phone, phone_among(&kin.telecoms).map(people::phone).unwrap_or_default());
    }
}

/// The rows to show: those that are filled in, and one more; at least so many.
pub(crate) fn kin_rows(form: &Form, at_least: usize) -> &'static [KinFields] {
    let is_filled = |row: &KinFields| {
        let fields = [row.given, row.family, row.relation, row.phone];
        fields.into_iter().any(|field| !form.value(field).is_empty())
    };
    let filled = KIN.iter().rposition(is_filled).map_or(0, |last| last + 1);
    &KIN[..(filled + 1).max(at_least).min(KIN.len())]
}

/// How somebody may be related to a person, by name; also as was said before.
pub(crate) fn relations(form: &Form, language: Language) -> Vec<Choice> {
    let said = KIN.iter().map(|row| form.value(row.relation)).filter(|said| !said.is_empty());
    let mut codes: Vec<&str> = RELATIONS.into();
    said.for_each(|said| {
        if !codes.contains(&said) {
            codes.push(said);
        }
    });
    codes.into_iter().map(|code| Choice::new(code, relation_name(code, language))).collect()
}

/// Reads those who answer for a person. A row of which the names were emptied is nobody any more; somebody who was told of
/// without a name stays so.
fn read_kin(posted: &Posted, form: &mut Form, known: &Known<'_>) -> Vec<NextOfKin> {
    let mut all = Vec::new();
    let names = KIN.each_ref().map(|row| Name { given: posted.text(row.given), family: posted.text(row.family) });
    for (place, row) in KIN.iter().enumerate() {
        let (name, before) = (names[place], known.said.next_of_kin.get(place));
        let is_told = [row.relation, row.phone].into_iter().any(|field| !posted.text(field).is_empty());
        match before {
            Some(before) if name.is_empty() && !(is_told && Name::of(before).is_empty()) => continue,
            None if name.is_empty() && !is_told => continue,
            None if name.is_empty() => form.refuse_with(known.language, row.given, "add.kin_name_missing"),
            _ => {}
        }
        let relationship = posted.text(row.relation).to_owned();
        if relationship.is_empty() {
            form.refuse_with(known.language, row.relation, "add.kin_relation_missing");
        }
        let said = same_kin(&known.said.next_of_kin, &names, place, &relationship).cloned().unwrap_or_default();
        let said_phone = phone_among(&said.telecoms).cloned();
        let part = Part { field: row.phone, ..PHONE };
        let value = read_part(posted, form, known.language, &part, said_phone.as_ref().map(|phone| &phone.value));
        let mut telecoms = said.telecoms.clone();
        telecoms.retain(|telecom| Some(telecom) != said_phone.as_ref());
        if !value.is_empty() {
            telecoms.insert(0, phone_telecom(value));
        }
        let name = PersonName { family: name.family.to_owned(), given: name.given.to_owned(), ..said.name };
        all.push(NextOfKin { name, relationship, telecoms, address: said.address });
    }
    all.extend(known.said.next_of_kin.iter().skip(KIN.len()).cloned());
    all
}

/// The name of somebody who answers for a person, as a row shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name<'n> {
    given: &'n str,
    family: &'n str,
}

impl Name<'_> {
    fn of(kin: &NextOfKin) -> Name<'_> {
        Name { given: &kin.name.given, family: &kin.name.family }
    }

    fn is_empty(self) -> bool {
        self.given.is_empty() && self.family.is_empty()
    }
}

/// Whom the row of a place was about before: what it does not show of them stays. Who has its name, or stood in it and has its
/// relation and a part of its name; not somebody whom another row names. Who has another relation and another name is somebody else.
fn same_kin<'k>(said: &'k [NextOfKin], names: &[Name<'_>], place: usize, relationship: &str) -> Option<&'k NextOfKin> {
    let name = names[place];
    let stood_here = said.get(place);
    let is_same = |known: &&NextOfKin| Name::of(known) == name;
    let is_mended = |known: &&NextOfKin| {
        let was = Name::of(known);
        let shares = |was: &str, is: &str| !was.is_empty() && was == is;
        let is_alike = was.is_empty() || shares(was.given, name.given) || shares(was.family, name.family);
        is_alike && known.relationship == relationship && (was.is_empty() || !names.contains(&was))
    };
    stood_here.filter(is_same).or_else(|| said.iter().find(is_same)).or(stood_here.filter(is_mended))
}

fn read_birth_date(posted: &Posted, form: &mut Form, known: &Known<'_>) -> Option<Date> {
    let birth_date = dates::read(posted, form, "birth", known.language);
    if birth_date.is_none() && !form.has_error("birth") {
        form.refuse_with(known.language, "birth", "add.birth_missing");
    }
    if birth_date.is_some_and(|birth| birth > known.today) {
        form.refuse_with(known.language, "birth", "add.birth_in_future");
    }
    birth_date
}

fn read_address(posted: &Posted, form: &mut Form, known: &Known<'_>) -> Option<Address> {
    let text = |name: &str| posted.text(name).to_owned();
    let said = known.said.addresses.first();
    let state = read_part(posted, form, known.language, &STATE, said.map(|said| &said.state));
    let zip = read_part(posted, form, known.language, &ZIP, said.map(|said| &said.zip));
    let is_told = ["street", "city", "zip"].into_iter().any(|part| !posted.text(part).is_empty());
    let written =
        Address { street: text("street"), city: text("city"), state, zip, kind: "H".to_owned(), ..Address::default() };
    let shown = |address: &Address| [&address.street, &address.city, &address.state, &address.zip].map(String::clone);
    // The form shows a part of an address: one that was not changed stays whole.
    is_told.then(|| said.filter(|said| shown(said) == shown(&written)).cloned().unwrap_or(written))
}

fn read_phone(posted: &Posted, form: &mut Form, known: &Known<'_>) -> Option<Telecom> {
    let said = phone_of(known.said).map(|said| &said.value);
    let value = read_part(posted, form, known.language, &PHONE, said);
    (!value.is_empty()).then(|| phone_telecom(value))
}

fn phone_telecom(value: String) -> Telecom {
    Telecom { value, usage: "PRN".to_owned(), equipment: "PH".to_owned() }
}

/// A part that people write in several ways.
struct Part {
    field: &'static str,
    /// How it is kept; `None` when it cannot be right.
    reading: fn(&str) -> Option<String>,
    /// The text that says how it is written.
    wrong: &'static str,
}

const STATE: Part = Part { field: "state", reading: states::code, wrong: "person.state_wrong" };
const ZIP: Part = Part { field: "zip", reading: zip, wrong: "person.zip_wrong" };
const PHONE: Part = Part { field: "phone", reading: phone, wrong: "person.phone_wrong" };

/// Reads a part; one that cannot be right is wrong at its field, unless it was said so before.
fn read_part(posted: &Posted, form: &mut Form, language: Language, part: &Part, said: Option<&String>) -> String {
    let text = posted.text(part.field);
    let read = (part.reading)(text);
    if read.is_none() && !text.is_empty() && said.is_none_or(|said| said != text) {
        form.refuse_with(language, part.field, part.wrong);
    }
    read.unwrap_or_else(|| text.to_owned())
}

/// Five digits, or nine: `78701` or `78701-1234`.
fn zip(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, '-' | ' ')).collect();
    if !digits.chars().all(|letter| letter.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        5 => Some(digits),
        9 => Some(format!("{}-{}", &digits[..5], &digits[5..])),
        _ => None,
    }
}

/// Ten digits however they are set apart, kept as systems send them: the digits alone. With an extension behind them, or of
/// another country with `+` and its number in front, they are kept as they were written.
fn phone(text: &str) -> Option<String> {
    let digits = Telecom::digits_of(text);
    if text.starts_with('+') {
        return FOREIGN_DIGITS.contains(&digits.len()).then(|| text.to_owned());
    }
    let own = digits.strip_prefix('1').filter(|own| own.len() == 10).unwrap_or(&digits);
    let has_extension = text.contains(char::is_alphabetic);
    (own.len() == 10).then(|| if has_extension { text } else { own }.to_owned())
}

/// The field that a finding about a person is about; empty when it is about none, and stands on top.
pub(crate) fn field_of(finding: &Finding) -> &'static str {
    let Some(at) = finding.location else { return "" };
    match (at.segment.as_str(), at.field) {
        ("PID", 5) => "family",
        ("PID", 6) => "mother",
        ("PID", 7) => "birth",
        ("PID", 8) => "sex",
        ("PID", 11) => "street",
        ("PID", 13) => "phone",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use model::{FindingKind, Location};

    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 1, 15);

    /// What is read of a whole form with these answers, and the fields at which something is wrong.
    fn read_with(answers: &[(&str, &str)], said: &Demographics) -> (Demographics, Vec<String>) {
        let whole = [("family", "Nopal"), ("given", "Iris"), ("sex", "F"), ("street", "1 Main St")];
        let birth = [("birth_month", "2"), ("birth_day", "3"), ("birth_year", "2020")];
        let answers = whole.iter().chain(&birth).chain(answers);
        let fields: Vec<(String, String)> =
            answers.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let mut form = Form::default();
        let known = Known { language: Language::English, today: TODAY, said };
        let who = read(&Posted::of(&fields), &mut form, &known);
        (who, form.errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn an_address_is_kept_as_everybody_writes_it() {
        let (who, wrong) = read_with(&[("state", "texas"), ("zip", "787011234")], &Demographics::default());
        assert_eq!(wrong, [""; 0]);
        assert_eq!((who.addresses[0].state.as_str(), who.addresses[0].zip.as_str()), ("TX", "78701-1234"));
    }

    #[test]
    fn what_cannot_be_right_is_wrong_at_its_field() {
        let nothing = Demographics::default();
        for (field, texts) in [
            ("zip", ["7870", "ABCDE", "787011"]),
            ("state", ["Tex.", "T", "78"]),
            ("phone", ["555-0177", "none", "+1"]),
        ] {
            for text in texts {
                assert_eq!(read_with(&[(field, text)], &nothing).1, [field], "{text}");
            }
        }
        for text in ["512-555-0177", "(512) 555-0177 ext. 4", "1 512 555 0177", "+52 81 5555 0177"] {
            assert_eq!(read_with(&[("phone", text)], &nothing).1, [""; 0], "{text}");
        }
    }

    #[test]
    fn what_was_said_before_and_is_not_changed_needs_no_mending() {
        let old = [("zip", "7870"), ("phone", "555-0177")];
        let mut said = Demographics::default();
        said.addresses.push(Address { zip: "7870".to_owned(), ..Address::default() });
        said.telecoms.push(Telecom { value: "555-0177".to_owned(), ..Telecom::default() });
        let (who, wrong) = read_with(&old, &said);
        assert_eq!(wrong, [""; 0]);
        assert_eq!((who.addresses[0].zip.as_str(), who.telecoms[0].value.as_str()), ("7870", "555-0177"));
        assert_eq!(read_with(&old, &Demographics::default()).1, ["zip", "phone"], "the control");
    }

    #[test]
    fn what_the_form_does_not_show_of_what_was_said_stays() {
        let email = Telecom { value: "ana@example.org".to_owned(), usage: "NET".to_owned(), ..Telecom::default() };
        let mut said = Demographics { telecoms: vec![email.clone()], ..Demographics::default() };
        let address = Address { street: "1 Main St".to_owned(), unit: "7".to_owned(), ..Address::default() };
        said.addresses.push(Address { zip: "78701".to_owned(), state: "TX".to_owned(), ..address });
        let kin = |given: &str, relationship: &str| NextOfKin {
            name: PersonName {
                family: "Nopal".to_owned(),
                given: given.to_owned(),
                middle: "Q".to_owned(),
                ..PersonName::default()
            },
            relationship: relationship.to_owned(),
            telecoms: vec![email.clone()],
            address: None,
        };
        said.next_of_kin = vec![kin("Sol", "GRD"), kin("Luz", "GRP")];
        let row =
            [("kin_given", "Sole"), ("kin_family", "Nopal"), ("kin_relation", "GRD"), ("kin_phone", "512-555-0177")];
        let other = [("kin_given_2", "Pedro"), ("kin_family_2", "Tuna"), ("kin_relation_2", "FTH")];
        let answers: Vec<(&str, &str)> =
            [("state", "TX"), ("zip", "78701")].into_iter().chain(row).chain(other).collect();
        let (who, wrong) = read_with(&answers, &said);
        assert_eq!(wrong, [""; 0]);
        assert_eq!((who.addresses[0].unit.as_str(), &who.telecoms), ("7", &vec![email.clone()]));
        let [sol, pedro] = &who.next_of_kin[..] else { panic!("two answer for the person: {:?}", who.next_of_kin) };
        assert_eq!((sol.name.given.as_str(), sol.name.middle.as_str()), ("Sole", "Q"));
        assert_eq!((sol.telecoms[0].value.as_str(), &sol.telecoms[1]), ("5125550177", &email));
        assert_eq!(
            pedro,
            &NextOfKin { relationship: "FTH".to_owned(), name: pedro.name.clone(), ..NextOfKin::default() }
        );
        assert_eq!(cleared(&who, &said), []);
        assert_eq!(cleared(&read_with(&[], &said).0, &said), [ClearedFact::NextOfKin], "the rows were emptied");
        let unrelated = read_with(&[("kin_given", "Sol"), ("kin_phone", "555")], &Demographics::default()).1;
        assert_eq!(unrelated, ["kin_relation", "kin_phone"]);
    }

    #[test]
    fn a_phone_is_kept_as_digits_and_shown_as_people_write_it() {
        for (written, kept, shown) in [
            ("512.555.0177", "5125550177", "(512) 555-0177"),
            ("1 512 555 0177", "5125550177", "(512) 555-0177"),
            ("512-555-0177 ext. 34", "512-555-0177 ext. 34", "512-555-0177 ext. 34"),
            ("+49 30 123456", "+49 30 123456", "+49 30 123456"),
        ] {
            let read = |text| read_with(&[("phone", text)], &Demographics::default()).0.telecoms.remove(0);
            assert_eq!(read(written).value, kept);
            assert_eq!(people::phone(&read(written)), shown);
            assert_eq!(read(shown).value, kept, "what is shown is saved again");
        }
    }

    fn parent(given: &str, family: &str, telecoms: &[&str]) -> NextOfKin {
        let telecom =
            |value: &&str| Telecom { value: (*value).to_owned(), usage: "NET".to_owned(), ..Telecom::default() };
        NextOfKin {
            name: PersonName { family: family.to_owned(), given: given.to_owned(), ..PersonName::default() },
            relationship: "PAR".to_owned(),
            telecoms: telecoms.iter().map(telecom).collect(),
            address: None,
        }
    }

    #[test]
    fn of_two_relatives_with_one_relation_and_surname_each_keeps_what_is_theirs() {
        let said = Demographics {
            next_of_kin: vec![parent("Ana", "Nopal", &["ana@example.org"]), parent("Luz", "Nopal", &[])],
            ..Demographics::default()
        };
        let reach = |ana: &str, luz: &str, sol: &str| {
            let rows = [("kin_given", ana), ("kin_family", "Nopal"), ("kin_relation", "PAR"), ("kin_given_2", luz)];
            let more = [("kin_family_2", "Nopal"), ("kin_relation_2", "PAR"), ("kin_given_3", sol)];
            let third = [("kin_family_3", "Nopal"), ("kin_relation_3", "PAR")];
            let third = third.into_iter().filter(|_| !sol.is_empty());
            let answers: Vec<(&str, &str)> = rows.into_iter().chain(more).chain(third).collect();
            let (who, wrong) = read_with(&answers, &said);
            assert_eq!(wrong, [""; 0]);
            let told = who.next_of_kin.iter().map(|kin| format!("{}: {}", kin.name.given, kin.telecoms.len()));
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(reach("Ana", "Luz", ""), "Ana: 1, Luz: 0", "the control");
        assert_eq!(reach("Ana", "Lucía", ""), "Ana: 1, Lucía: 0");
        assert_eq!(reach("Anna", "Lucía", "Sol"), "Anna: 1, Lucía: 0, Sol: 0");
        assert_eq!(reach("Luz", "Ana", ""), "Luz: 0, Ana: 1", "the rows changed places");
        assert_eq!(reach("Luz", "Lucía", ""), "Luz: 0, Lucía: 0", "whom another row names is nobody else");
    }

    #[test]
    fn that_two_have_no_first_name_does_not_make_them_one() {
        let said =
            Demographics { next_of_kin: vec![parent("", "Nopal", &["nopal@example.org"])], ..Demographics::default() };
        let reach = |given, family| {
            let row = [("kin_given", given), ("kin_family", family), ("kin_relation", "PAR")];
            read_with(&row, &said).0.next_of_kin[0].telecoms.len()
        };
        assert_eq!(reach("Ana", "Nopal"), 1, "the control");
        assert_eq!(reach("", "Encino"), 0);
    }

    #[test]
    fn nothing_that_was_filled_in_of_a_relative_is_dropped_without_a_word() {
        let nobody = Demographics::default();
        for filled in [("kin_phone", "512-555-0177"), ("kin_relation", "GRD")] {
            let (_, wrong) = read_with(&[filled], &nobody);
            assert!(wrong.contains(&"kin_given".to_owned()), "{filled:?}: {wrong:?}");
        }
        let said = Demographics {
            next_of_kin: vec![parent("Ana", "Nopal", &[]), parent("", "", &[])],
            ..Demographics::default()
        };
        let shown = [("kin_given", "Ana"), ("kin_family", "Nopal"), ("kin_relation", "PAR"), ("kin_relation_2", "PAR")];
        let (who, wrong) = read_with(&shown, &said);
        assert_eq!((who.next_of_kin, wrong), (said.next_of_kin.clone(), vec![]), "also who was told without a name");
        let (who, wrong) = read_with(&shown[2..], &said);
        assert_eq!((who.next_of_kin, wrong), (said.next_of_kin[1..].to_vec(), vec![]), "whose names were emptied goes");
    }

    #[test]
    fn a_finding_stands_at_the_field_that_it_is_about() {
        let finding = Finding::new(FindingKind::BirthDateInFuture);
        assert_eq!(field_of(&finding.clone().at(Location::field("PID", 1, 7))), "birth");
        assert_eq!(field_of(&finding.clone().at(Location::field("PD1", 1, 12))), "");
        assert_eq!(field_of(&finding), "");
    }
}
