//! People written as short lines, so that tests are data.
//!
//! `given middle|family suffix|birth date|sex|facts`: underscores stand for spaces; facts are `MR=value@authority` and
//! other identifiers, `alias=given|family` written `alias=given/family`, `address=street/city/zip`, `phone=digits`,
//! `mother=given/maiden`, `twin`, `single`, `order=2`.

use bluebonnet_matching::Candidate;
use model::{Address, Demographics, Identifier, PatientId, PersonName, Sex, Telecom};
use uuid::Uuid;

/// Reads a person.
pub(crate) fn person(line: &str) -> Demographics {
    let mut fields = line.split('|').map(str::trim);
    let mut next = || fields.next().unwrap_or_default().to_owned();
    let (given, family, birth_date, sex, facts) = (next(), next(), next(), next(), next());
    let mut person = Demographics {
        birth_date: (!birth_date.is_empty()).then(|| birth_date.parse().expect("a date")),
        sex: Sex::parse(&sex),
        ..Demographics::default()
    };
    if !given.is_empty() || !family.is_empty() {
        person.names.push(name(&given, &family));
    }
    for fact in facts.split_whitespace() {
        read_fact(&mut person, fact);
    }
    person
}

fn read_fact(person: &mut Demographics, fact: &str) {
    let (kind, value) = fact.split_once('=').unwrap_or((fact, ""));
    let value = value.replace('_', " ");
    let mut parts = value.split('/').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    match kind {
        "alias" => {
            let (given, family) = (part(), part());
            person.names.push(name(&given, &family));
        }
        "address" => person.addresses.push(Address {
            street: part(),
            city: part(),
            zip: part(),
            kind: "H".into(),
            ..Address::default()
        }),
        "phone" => person.telecoms.push(Telecom { value: part(), ..Telecom::default() }),
        "mother" => {
            let (given, family) = (part(), part());
            person.mother_maiden_name = Some(name(&given, &family));
        }
        "twin" => person.multiple_birth = Some(true),
        "single" => person.multiple_birth = Some(false),
        "order" => person.birth_order = value.parse().ok(),
        _ => {
            let (value, authority) = value.split_once('@').unwrap_or((&value, ""));
            person.identifiers.push(Identifier { kind: kind.into(), value: value.into(), authority: authority.into() });
        }
    }
}

fn name(given: &str, family: &str) -> PersonName {
    let (given, middle) = given.split_once(' ').unwrap_or((given, ""));
    let (family, suffix) = family.rsplit_once(", ").unwrap_or((family, ""));
    PersonName {
        family: family.replace('_', " "),
        given: given.replace('_', " "),
        middle: middle.into(),
        suffix: suffix.into(),
        kind: "L".into(),
    }
}

/// The id of the n-th patient.
pub(crate) fn patient(n: u128) -> PatientId {
    PatientId(Uuid::from_u128(n))
}

/// The people as candidates 1, 2 and so on.
pub(crate) fn candidates(people: &[Demographics]) -> Vec<Candidate<'_>> {
    people
        .iter()
        .zip(1..)
        .map(|(demographics, n)| Candidate { patient_id: patient(n), demographics, is_senders: true })
        .collect()
}
