//! Times and durations in the words of each language. The English ones are the model's own.

mod spanish;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use model::{clock_in_words, day_in_words, duration_in_words, span_in_words, zone_letters};

/// A language of notices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All languages.
    pub const ALL: [Language; 2] = [Language::English, Language::Spanish];

    /// The tag of the language (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
        }
    }

    /// Reads the tag.
    pub fn parse(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// `7:00 p.m. Friday, May 31, 2024, to 5:00 a.m. Saturday, June 1, 2024 (CT)`.
    ///
    /// `label` gives this language's name of a zone's letters.
    pub(crate) fn span(
        self,
        from: Timestamp,
        to: Timestamp,
        zone: &TimeZone,
        label: impl Fn(&str) -> String,
    ) -> String {
        match self {
            Language::English => {
                let span = span_in_words(from, to, zone);
                // The letters stand in parentheses at the end, when the whole span has the same.
                match span.rsplit_once(" (").and_then(|(times, letters)| Some((times, letters.strip_suffix(')')?))) {
                    Some((times, letters)) => format!("{times} ({})", label(letters)),
                    None => span,
                }
            }
            Language::Spanish => spanish::span(&from.to_zoned(zone.clone()), &to.to_zoned(zone.clone()), label),
        }
    }

    /// `Friday, May 31, 2024`.
    pub(crate) fn day(self, at: &Zoned) -> String {
        match self {
            Language::English => day_in_words(at),
            Language::Spanish => spanish::day(at),
        }
    }

    /// `9:00 p.m. Thursday, February 6, 2025 (CT)`.
    ///
    /// `label` gives this language's name of a zone's letters.
    pub fn moment(self, at: &Zoned, label: impl Fn(&str) -> String) -> String {
        let zone = label(&zone_letters(at));
        match self {
            Language::English => format!("{} {} ({zone})", clock_in_words(at), day_in_words(at)),
            Language::Spanish => format!("{} del {} ({zone})", spanish::clock(at), spanish::day(at)),
        }
    }

    /// `10 hours`.
    pub(crate) fn duration(self, from: Timestamp, to: Timestamp) -> String {
        match self {
            Language::English => duration_in_words(from, to),
            Language::Spanish => spanish::duration((to.as_second() - from.as_second()) / 60),
        }
    }

    /// `a, b, and c`: the last two joined by the language's word for "and".
    pub(crate) fn list(self, items: &[String], and: &str) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [one, two] => format!("{one} {and} {two}"),
            [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
        }
    }
}
