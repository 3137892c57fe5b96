//! One line of a schedule: its keyword, what it is about, and its fields.

use jiff::civil::Date;
use model::Cvx;

use crate::facts::{EffectFacts, ObservationCode};
use crate::periods::Period;

/// What is wrong with a line.
pub(super) type Reason = String;

/// A line without its remark.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    text: &'a str,
}

impl<'a> Line<'a> {
    /// The line, or nothing when it is empty or a remark.
    pub(super) fn new(line: &'a str) -> Option<Line<'a>> {
        let text = match line.find(" #") {
            Some(remark) => &line[..remark],
            None => line,
        };
        let text = text.trim_ascii();
        (!text.is_empty() && !text.starts_with('#')).then_some(Line { text })
    }

    /// The first word.
    pub(super) fn keyword(self) -> &'a str {
        first_word(self.text).0
    }

    /// What stands after the first word.
    pub(super) fn after_keyword(self) -> Line<'a> {
        Line { text: first_word(self.text).1 }
    }

    /// What stands before the first semicolon.
    pub(super) fn subject(self) -> &'a str {
        self.text.split(';').next().unwrap_or_default().trim_ascii()
    }

    /// Every part between semicolons after the first: its first word and what follows.
    pub(super) fn fields(self) -> impl Iterator<Item = Field<'a>> {
        self.text.split(';').skip(1).map(Field::new)
    }

    /// Every part between semicolons, the first too.
    pub(super) fn parts(self) -> impl Iterator<Item = Field<'a>> {
        self.text.split(';').map(Field::new)
    }
}

/// A part of a line: a name and a value.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

impl<'a> Field<'a> {
    pub(super) fn new(text: &'a str) -> Field<'a> {
        let (name, value) = first_word(text.trim_ascii());
        Field { name, value }
    }

    pub(super) fn unknown(self) -> Reason {
        format!("\"{} {}\" is not known here", self.name, self.value)
    }

    pub(super) fn period(self) -> Result<Option<Period>, Reason> {
        period(self.value).map(Some)
    }

    pub(super) fn date(self) -> Result<Option<Date>, Reason> {
        date(self.value).map(Some)
    }

    /// Reads `effective` and `until` of rows that are not always in effect; false for any other field.
    pub(super) fn read_effect(self, effect: &mut EffectFacts) -> Result<bool, Reason> {
        match self.name {
            "effective" => effect.effective = self.date()?,
            "ceased" => effect.ceased = self.date()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The first word, and what follows it.
pub(super) fn first_word(text: &str) -> (&str, &str) {
    match text.find(' ') {
        Some(end) => (&text[..end], text[end..].trim_ascii_start()),
        None => (text, ""),
    }
}

pub(super) fn period(text: &str) -> Result<Period, Reason> {
    Period::parse(text).ok_or_else(|| format!("\"{text}\" is not a period"))
}

pub(super) fn date(text: &str) -> Result<Date, Reason> {
    text.parse().map_err(|_| format!("\"{text}\" is not a date (yyyy-mm-dd)"))
}

pub(super) fn number(text: &str) -> Result<u8, Reason> {
    text.parse().map_err(|_| format!("\"{text}\" is not a number below 256"))
}

pub(super) fn numbers(text: &str) -> Result<Vec<u8>, Reason> {
    text.split_ascii_whitespace().map(number).collect()
}

pub(super) fn cvx(text: &str) -> Result<Cvx, Reason> {
    Cvx::parse(text).ok_or_else(|| format!("\"{text}\" is not a CVX code"))
}

pub(super) fn vaccines(text: &str) -> Result<Vec<Cvx>, Reason> {
    let vaccines: Vec<Cvx> = text.split_ascii_whitespace().map(cvx).collect::<Result<_, _>>()?;
    if vaccines.is_empty() { Err("vaccines are missing".to_owned()) } else { Ok(vaccines) }
}

pub(super) fn observation(text: &str) -> Result<ObservationCode, Reason> {
    ObservationCode::parse(text).ok_or_else(|| format!("\"{text}\" is not an observation"))
}

pub(super) fn observations(text: &str) -> Result<Vec<ObservationCode>, Reason> {
    text.split_ascii_whitespace().map(observation).collect()
}

/// Reads `from <age>`, `before <age>` or `from <age> before <age>`.
pub(super) fn ages(text: &str) -> Result<(Option<Period>, Option<Period>), Reason> {
    let (from, before) = match text.find("before ") {
        Some(place) => (text[..place].trim_ascii(), Some(text[place + "before ".len()..].trim_ascii())),
        None => (text.trim_ascii(), None),
    };
    let from = match from.strip_prefix("from ") {
        Some(age) => Some(period(age.trim_ascii())?),
        None if from.is_empty() => None,
        None => return Err(format!("\"{from}\" is not an age (from ... before ...)")),
    };
    Ok((from, before.map(period).transpose()?))
}
