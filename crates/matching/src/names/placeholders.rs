//! Names that stand for a name not yet given or not known. They neither agree nor conflict.

use super::Folded;

/// Words that make a given name a placeholder when it begins with them: "Baby of Maria", "Newborn Girl".
const BABY_WORDS: [&str; 11] =
    ["BABY", "BABYBOY", "BABYGIRL", "BABYNB", "NEWBORN", "NEWBORNBOY", "NEWBORNGIRL", "INFANT", "BB", "BG", "BBOY"];

/// Words that are a placeholder when the given name is made of them alone, with or without a letter or number.
const STAND_INS: [&str; 17] = [
    "BOY", "GIRL", "MALE", "FEMALE", "TWIN", "TRIPLET", "UNKNOWN", "UNK", "NONAME", "NFN", "FNU", "TEST", "PATIENT",
    "XX", "XXX", "NB", "UNNAMED",
];

/// Female child, male child: a placeholder when numbered.
const NUMBERED: [&str; 2] = ["FC", "MC"];

/// Surnames that say that there is none.
const NO_FAMILY: [&str; 9] = ["UNKNOWN", "UNK", "NLN", "LNU", "NONAME", "NOLASTNAME", "TEST", "PATIENT", "XXX"];

/// Whether a given name is a placeholder.
pub(super) fn is_given_placeholder(given: &Folded) -> bool {
    let mut parts = given.parts();
    let Some(first) = parts.next() else { return false };
    let (word, _) = split_place(first);
    if BABY_WORDS.contains(&first) || BABY_WORDS.contains(&word) {
        return true;
    }
    let is_stand_in = |part: &str| {
        let (word, place) = split_place(part);
        STAND_INS.contains(&word) || (NUMBERED.contains(&word) && !place.is_empty())
    };
    let is_place = |part: &str| part.len() == 1 || matches!(part, "ONE" | "TWO" | "THREE");
    match first {
        "NO" => given.as_str() == "NO NAME",
        _ => is_stand_in(first) && parts.all(|part| is_stand_in(part) || is_place(part)),
    }
}

/// Whether a surname is a placeholder.
pub(super) fn is_family_placeholder(family: &Folded, given: &Folded) -> bool {
    NO_FAMILY.contains(&family.as_str())
        || (family.as_str() == "DOE" && matches!(given.as_str(), "JOHN" | "JANE" | "BABY"))
}

/// The place in the order of birth that a placeholder names: TWIN B, BOYB and BABY 2 are the second.
pub(super) fn place_in_birth_order(given: &Folded) -> Option<u8> {
    let last = given.last_part()?;
    let place = if last.len() == 1 { last } else { split_place(last).1 };
    match place {
        "A" | "1" => Some(1),
        "B" | "2" => Some(2),
        "C" | "3" => Some(3),
        "D" | "4" => Some(4),
        _ => None,
    }
}

/// Splits off a number, or the letter after a word for a child of several: `TWINA` gives TWIN and A.
fn split_place(word: &str) -> (&str, &str) {
    let is_place = match word.as_bytes() {
        [_, .., b'1'..=b'4'] => true,
        [rest @ .., b'A'..=b'C'] => {
            [&b"TWIN"[..], b"TRIPLET", b"BOY", b"GIRL"].iter().any(|child| rest.ends_with(child))
        }
        _ => false,
    };
    if is_place { word.split_at(word.len() - 1) } else { (word, "") }
}

#[cfg(test)]
mod tests {
    use super::super::fold;
    use super::*;

    #[test]
    fn placeholders_are_known_and_names_are_not_taken_for_them() {
        for text in [
            "Baby",
            "BABY BOY",
            "BabyGirl",
            "Baby Girl A",
            "Newborn",
            "TWIN A",
            "TwinB",
            "Boy",
            "Girl 2",
            "BB1",
            "FC1",
            "Baby of Maria",
            "Infant Female",
            "UNKNOWN",
            "Test",
            "No Name",
            "Male",
        ] {
            assert!(is_given_placeholder(&fold(text)), "{text}");
        }
        for text in ["Maria", "Anna", "Boyd", "Norman", "Noah", "Bella", "Malea", "Mc", "Marc", "", "Twila", "B"] {
            assert!(!is_given_placeholder(&fold(text)), "{text}");
        }
    }

    #[test]
    fn a_placeholder_may_name_its_place_in_the_order_of_birth() {
        for (text, expected) in
            [("Twin A", Some(1)), ("BOYB", Some(2)), ("Baby 3", Some(3)), ("Baby Boy", None), ("Newborn", None)]
        {
            assert_eq!(place_in_birth_order(&fold(text)), expected, "{text}");
        }
    }
}
