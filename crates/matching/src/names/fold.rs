//! Folding: the same letters for every spelling of a name.

/// Text in capital letters without diacritics or punctuation, its parts separated by single spaces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Folded(String);

/// Folds a name or an address: `O'Brien` gives OBRIEN, `Peña-Muñoz` gives PENA MUNOZ.
pub(crate) fn fold(text: &str) -> Folded {
    Folded(model::plain_letters(text))
}

impl Folded {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|part| !part.is_empty())
    }

    pub(crate) fn last_part(&self) -> Option<&str> {
        self.0.rsplit(' ').next().filter(|part| !part.is_empty())
    }

    pub(crate) fn drop_last_part(&mut self) {
        self.0.truncate(self.0.rfind(' ').unwrap_or(0));
    }

    /// Whether the two are equal when spaces are left out: `De La Cruz` is `Delacruz`.
    pub(crate) fn is_same(&self, other: &Folded) -> bool {
        self.0 == other.0 || is_same_text(self.parts(), other.parts())
    }
}

/// Whether the words of the one make the same text as the words of the other.
pub(crate) fn is_same_text<'a>(words: impl Iterator<Item = &'a str>, others: impl Iterator<Item = &'a str>) -> bool {
    words.flat_map(str::bytes).eq(others.flat_map(str::bytes))
}

/// Whether one insertion, deletion, replacement or swap of neighbors makes the one of the other. Names of fewer than
/// `shortest` bytes are too short to tell a slip from another name; one less will do when a letter was left out.
pub(crate) fn is_within_one_edit(one: &str, other: &str, shortest: usize) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let (short, long) = (short.as_bytes(), long.as_bytes());
    if long.len() < shortest || long.len() > short.len() + 1 {
        return false;
    }
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    if short.len() < long.len() {
        return short[start..] == long[start + 1..];
    }
    let (short, long) = (&short[start..], &long[start..]);
    match short.len() {
        0 | 1 => true,
        _ => short[1..] == long[1..] || (short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_make_no_other_name() {
        assert!(fold("De La Cruz").is_same(&fold("delacruz")));
        assert!(!fold("Garza").is_same(&fold("Garza Lopez")));
    }

    #[test]
    fn one_slip_of_the_pen_is_one_edit() {
        for (one, other, expected) in [
            ("GONZALES", "GONZALEZ", true),
            ("AVALON", "AVELIN", false),
            ("MARTIN", "MARTINE", true),
            ("MARTIN", "MRATIN", true),
            ("MARTIN", "MARTNI", true),
            ("MARTIN", "MARTINEZ", false),
            ("JOHN", "JON", true),
            ("MIA", "MIO", false),
            ("LEO", "LE", false),
            ("SARAH", "SARA", true),
            ("JUAN", "JOAN", true),
            ("JUAN", "JUAN", true),
        ] {
            assert_eq!(is_within_one_edit(one, other, 4), expected, "{one} {other}");
            assert_eq!(is_within_one_edit(other, one, 4), expected, "{other} {one}");
        }
    }
}
