//! A person as pages show them: name, age, address, in words.

use jiff::civil::Date;
use model::{Address, Demographics, NextOfKin, PersonName, Sex, Telecom};

use crate::dates;
use crate::languages::Language;

/// What tells a person from others, ready to be shown.
#[derive(Clone, Default, Debug)]
pub(crate) struct PersonSummary {
    pub(crate) name: String,
    pub(crate) other_names: Vec<String>,
    pub(crate) birth_date: String,
    pub(crate) age: String,
    pub(crate) sex: &'static str,
    pub(crate) address: String,
    pub(crate) phone: String,
    pub(crate) mother: String,
    pub(crate) mother_phone: String,
    /// Who else answers for the person, each with the relation.
    pub(crate) kin: String,
    pub(crate) is_deceased: bool,
}

impl PersonSummary {
    pub(crate) fn of(who: &Demographics, today: Date, language: Language) -> PersonSummary {
        let name = who.names.first().map(full_name).filter(|name| !name.is_empty());
        let mother = who.next_of_kin.iter().find(|kin| kin.relationship == "MTH");
        let others = who.next_of_kin.iter().filter(|kin| mother.is_none_or(|mother| !std::ptr::eq(mother, *kin)));
        let others: Vec<String> = others.map(|kin| kin_in_words(kin, language)).collect();
        let maiden = who.mother_maiden_name.as_ref().map(full_name).unwrap_or_default();
        let mother_phone = mother.and_then(|mother| phone_among(&mother.telecoms)).map(phone).unwrap_or_default();
        let mother = match (mother.map(|mother| full_name(&mother.name)).unwrap_or_default(), maiden) {
            (mother, maiden) if mother.is_empty() || mother == maiden => maiden,
            (mother, maiden) if maiden.is_empty() => mother,
            (mother, maiden) => format!("{mother} ({maiden})"),
        };
        PersonSummary {
            name: name.unwrap_or_else(|| language.text("person.no_name").to_owned()),
            other_names: who.names.iter().skip(1).map(full_name).collect(),
            birth_date: who.birth_date.map(|birth| dates::shown(birth, language)).unwrap_or_default(),
            age: who.birth_date.map(|birth| age(birth, today, language)).unwrap_or_default(),
            sex: language.text(sex_key(who.sex)),
            address: who.addresses.first().map(full_address).unwrap_or_default(),
            phone: phone_of(who).map(phone).unwrap_or_default(),
            mother,
            mother_phone,
            kin: others.join("; "),
            is_deceased: who.is_deceased == Some(true),
        }
    }
}

/// `Ana María de la Cruz Garza Jr`.
pub(crate) fn full_name(name: &PersonName) -> String {
    let parts = [&name.given, &name.middle, &name.family, &name.suffix];
    let parts: Vec<&str> = parts.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

pub(crate) fn full_address(address: &Address) -> String {
    let place = format!("{} {}", address.state, address.zip);
    let parts = [address.street.as_str(), address.city.as_str(), place.trim()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// `Pedro Garza (Father), (512) 555-0177`.
fn kin_in_words(kin: &NextOfKin, language: Language) -> String {
    let mut words = full_name(&kin.name);
    if !kin.relationship.is_empty() {
        words.push_str(&format!(" ({})", relation_name(&kin.relationship, language)));
    }
    if let Some(told) = phone_among(&kin.telecoms) {
        words.push_str(&format!(", {}", phone(told)));
    }
    words
}

/// What a relation (HL70063) is called; itself where nothing names it.
pub(crate) fn relation_name(code: &str, language: Language) -> &str {
    language.find_text(&format!("relationship.{code}")).unwrap_or(code)
}

/// The phone number that pages show of a person, as it was said.
pub(crate) fn phone_of(who: &Demographics) -> Option<&Telecom> {
    phone_among(&who.telecoms)
}

/// The first phone number among the ways to reach somebody.
pub(crate) fn phone_among(telecoms: &[Telecom]) -> Option<&Telecom> {
    telecoms.iter().find(|telecom| !telecom.is_email())
}

/// A phone number as people of the country write it; with the `+` of another or an extension, as it was said.
pub(crate) fn phone(telecom: &Telecom) -> String {
    let digits = Telecom::digits_of(&telecom.value);
    let is_bare = !telecom.value.contains(|letter: char| letter == '+' || letter.is_alphabetic());
    match digits.len() {
        10 if is_bare => format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]),
        _ => telecom.value.clone(),
    }
}

pub(crate) fn sex_key(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::F) => "person.female",
        Some(Sex::M) => "person.male",
        Some(Sex::X) => "person.other_sex",
        Some(Sex::U) | None => "person.unknown_sex",
    }
}

/// An age as people say it: days, weeks and months of small children, years of others.
pub(crate) fn age(birth: Date, on: Date, language: Language) -> String {
    if on < birth {
        return String::new();
    }
    let whole_months = |from: Date, to: Date| {
        let months = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month() - from.month());
        months - i32::from(to.day() < from.day())
    };
    let days = birth.until(on).map_or(0, |span| span.get_days());
    let months = whole_months(birth, on);
    let counted = |one: &str, many: &str, count: i32| {
        language.fill(if count == 1 { one } else { many }, &[("count", &count.to_string())])
    };
    match (months, days) {
        (_, 0..28) => counted("age.day", "age.days", days),
        (0..3, _) => counted("age.week", "age.weeks", days / 7),
        (3..24, _) => counted("age.month", "age.months", months),
        (24..72, _) if months % 12 != 0 => {
            let years = counted("age.year", "age.years", months / 12);
            format!("{years}, {}", counted("age.month", "age.months", months % 12))
        }
        _ => counted("age.year", "age.years", months / 12),
    }
}

/// Full years of age.
pub(crate) fn age_in_years(birth: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(!had_birthday)
}

/// The day on which somebody reaches an age; who was born on February 29 reaches it on March 1.
pub(crate) fn birthday(birth: Date, age: u8) -> Date {
    let year = birth.year() + i16::from(age);
    Date::new(year, birth.month(), birth.day()).unwrap_or_else(|_| Date::constant(year, 3, 1))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ages_are_told_as_people_tell_them() {
        let on = date(2026, 3, 15);
        for (birth, told) in [
            (date(2026, 3, 14), "1 day"),
            (date(2026, 2, 10), "4 weeks"),
            (date(2025, 11, 16), "3 months"),
            (date(2024, 4, 1), "23 months"),
            (date(2023, 1, 15), "3 years, 2 months"),
            (date(2023, 3, 15), "3 years"),
            (date(1990, 3, 16), "35 years"),
            (date(2026, 3, 16), ""),
        ] {
            assert_eq!(age(birth, on, Language::English), told, "{birth}");
        }
    }
}
