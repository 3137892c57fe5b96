//! The form of a person: what is read of it, when somebody is added and when who they are is changed; and at which of its
//! fields stands what was found wrong.

use jiff::civil::Date;
use model::{Address, Demographics, Finding, PersonName, Sex, Telecom};

use crate::forms::{Form, Posted};
use crate::languages::Language;
use crate::people::phone_of;
use crate::{dates, states};

/// Digits of a phone number with its country's in front, at most and at least (ITU-T E.164).
const FOREIGN_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

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
    if !posted.text("mother").is_empty() {
        who.mother_maiden_name = Some(PersonName { family: text("mother"), ..PersonName::default() });
    }
    who
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
    is_told.then(|| Address {
        street: text("street"),
        city: text("city"),
        state,
        zip,
        kind: "H".to_owned(),
        ..Address::default()
    })
}

fn read_phone(posted: &Posted, form: &mut Form, known: &Known<'_>) -> Option<Telecom> {
    let said = phone_of(known.said).map(|said| &said.value);
    let value = read_part(posted, form, known.language, &PHONE, said);
    (!value.is_empty()).then(|| Telecom { value, usage: "PRN".to_owned(), equipment: "PH".to_owned() })
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

/// Ten digits however they are set apart, an extension behind them; of another country with `+` and its number in front.
fn phone(text: &str) -> Option<String> {
    let number = text.split(char::is_alphabetic).next().unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let is_whole = match number.starts_with('+') {
        true => FOREIGN_DIGITS.contains(&digits),
        false => digits == 10 || digits == 11 && number.starts_with('1'),
    };
    is_whole.then(|| text.to_owned())
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
    fn a_finding_stands_at_the_field_that_it_is_about() {
        let finding = Finding::new(FindingKind::BirthDateInFuture);
        assert_eq!(field_of(&finding.clone().at(Location::field("PID", 1, 7))), "birth");
        assert_eq!(field_of(&finding.clone().at(Location::field("PD1", 1, 12))), "");
        assert_eq!(field_of(&finding), "");
    }
}
