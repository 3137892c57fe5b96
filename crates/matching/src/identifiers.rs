//! Identifiers: when two are one, which say nothing, and how far each kind can be trusted.

use model::Identifier;

/// How far an identifier tells one person from another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Trust {
    /// Known to be shared in families: newborns on a mother's Medicaid number, mistyped Social Security numbers.
    Shared,
    /// Given by one authority to one person.
    Personal,
}

/// How far identifiers of a kind tell people apart.
///
/// # Source
/// CMS v3.3 and the labeled pairs of AIRA: Social Security and Medicaid numbers occur on several people.
pub(crate) fn trust(kind: &str) -> Trust {
    match kind {
        "SS" | "NI" | "MA" | "MC" | "WC" => Trust::Shared,
        _ => Trust::Personal,
    }
}

/// What birth registration numbers are called in a reason.
pub(crate) const BIRTH_REGISTRATION: &str = "birth registration number";

/// What a kind of identifier (HL70203) is called in a reason.
pub(crate) fn kind_in_words(kind: &str) -> &'static str {
    match kind {
        "MR" => "medical record number",
        "SR" => "registry number",
        "SS" => "Social Security number",
        "NI" => "national number",
        "MA" => "Medicaid number",
        "MC" => "Medicare number",
        "WC" => "WIC number",
        "BR" => BIRTH_REGISTRATION,
        "DL" => "driver's license number",
        _ => "identifier",
    }
}

/// Whether two identifiers are one: kind, authority and value, whatever their case and punctuation.
pub(crate) fn is_same(one: &Identifier, other: &Identifier) -> bool {
    is_same_series(one, other) && significant(&one.value).eq(significant(&other.value)) && !is_dummy(one)
}

/// Whether two identifiers are of one series, so that one person should have one of them.
pub(crate) fn is_same_series(one: &Identifier, other: &Identifier) -> bool {
    one.kind.eq_ignore_ascii_case(&other.kind)
        && (is_nationwide(&one.kind) || significant(&one.authority).eq(significant(&other.authority)))
}

/// Whether the authority says nothing: there is one for all, however the sender names it.
pub(crate) fn is_nationwide(kind: &str) -> bool {
    matches!(kind, "SS" | "NI" | "MA" | "MC")
}

/// The letters and digits that count, in one case.
pub(crate) fn significant(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).map(|byte| byte.to_ascii_uppercase())
}

/// Whether the value stands for a missing one: it would bring strangers together.
pub(crate) fn is_dummy(identifier: &Identifier) -> bool {
    let mut value = [0u8; 24];
    let mut length = 0;
    for byte in significant(&identifier.value).take(value.len()) {
        value[length] = byte;
        length += 1;
    }
    let value = &value[..length];
    let is_one_character = value.windows(2).all(|pair| pair[0] == pair[1]);
    let is_word = matches!(value, b"UNKNOWN" | b"UNK" | b"NONE" | b"NULL" | b"NA" | b"TEST" | b"PENDING" | b"NEW");
    let is_series = matches!(value, b"123456789" | b"987654321" | b"1234567890" | b"0123456789");
    value.is_empty()
        || is_word
        || is_series
        || (is_one_character && (length > 3 || value[0] == b'0'))
        || (identifier.kind == "SS" && !is_social_security_number(value))
}

/// Whether the nine digits can be a Social Security number.
///
/// # Source
/// SSA: area 000, 666 and 900 to 999, group 00 and serial 0000 are never assigned; 078-05-1120 was printed on wallets.
fn is_social_security_number(digits: &[u8]) -> bool {
    digits.len() == 9
        && digits.iter().all(u8::is_ascii_digit)
        && !digits.starts_with(b"000")
        && !digits.starts_with(b"666")
        && digits[0] != b'9'
        && &digits[3..5] != b"00"
        && &digits[5..] != b"0000"
        && digits != b"078051120"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(kind: &str, authority: &str, value: &str) -> Identifier {
        Identifier { kind: kind.into(), value: value.into(), authority: authority.into() }
    }

    #[test]
    fn an_identifier_is_known_again_however_it_is_written() {
        let same = |one: (&str, &str, &str), other: (&str, &str, &str)| {
            is_same(&identifier(one.0, one.1, one.2), &identifier(other.0, other.1, other.2))
        };
        assert!(same(("MR", "Clinic-1", "a 12-3"), ("MR", "CLINIC1", "A123")));
        assert!(same(("SS", "SSA", "219-09-9998"), ("SS", "USA", "219099998")));
        assert!(!same(("MR", "CLINIC1", "A123"), ("MR", "CLINIC2", "A123")));
        assert!(!same(("MR", "CLINIC1", "A123"), ("PI", "CLINIC1", "A123")));
        assert!(!same(("MR", "CLINIC1", "A123"), ("MR", "CLINIC1", "A124")));
        assert!(!same(("SS", "", "999-99-9999"), ("SS", "", "999999999")));
    }

    #[test]
    fn values_that_stand_for_a_missing_one_are_dummies() {
        for (kind, value, expected) in [
            ("SS", "000-00-0000", true),
            ("SS", "123456789", true),
            ("SS", "078-05-1120", true),
            ("SS", "9998", true),
            ("SS", "219-09-9998", false),
            ("MR", "0", true),
            ("MR", "99999", true),
            ("MR", "unknown", true),
            ("MR", "-", true),
            ("MR", "7", false),
            ("MR", "11", false),
            ("MR", "A123", false),
            ("MA", "123456789", true),
        ] {
            assert_eq!(is_dummy(&identifier(kind, "X", value)), expected, "{kind} {value}");
        }
    }
}
