//! What facts about people's health are called in the visitor's language. The schedule, and the systems that report, name them in
//! English: what has no other name is marked as English, so that it is read aloud as such.

use model::{Coded, PatientObservation};
use registry::{HealthFact, spanish_observation};

use crate::forms::Choice;
use crate::languages::Language;

/// Words, and the tag of their language where it is not the page's; else empty.
#[derive(Clone)]
pub(crate) struct Words {
    pub(crate) text: String,
    pub(crate) lang: &'static str,
}

impl Words {
    /// Words in the page's language, or in one that nobody knows.
    pub(crate) fn plain(text: impl Into<String>) -> Words {
        Words { text: text.into(), lang: "" }
    }

    /// Words that are English, whatever the page's language is.
    fn english(text: &str, language: Language) -> Words {
        let lang = if language == Language::English { "" } else { Language::English.tag() };
        Words { text: text.to_owned(), lang }
    }

    /// Several as one; English when a part of them is.
    pub(crate) fn joined(all: &[Words]) -> Words {
        let texts: Vec<&str> = all.iter().map(|words| words.text.as_str()).collect();
        let lang = all.iter().map(|words| words.lang).find(|lang| !lang.is_empty()).unwrap_or_default();
        Words { text: texts.join("; "), lang }
    }

    /// The same words with more around them.
    pub(crate) fn within(self, around: impl Fn(&str) -> String) -> Words {
        Words { text: around(&self.text), ..self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// The name of a fact. `known` are those that the schedule has.
pub(crate) fn fact(fact: &PatientObservation, known: impl Fn() -> Vec<HealthFact>, language: Language) -> Words {
    if fact.question == PatientObservation::NOTE {
        return Words::plain(fact.value.text.as_str());
    }
    let said = fact.value.text.as_str();
    if let Some(name) = in_language(said, language).filter(|_| !said.is_empty()) {
        return Words::plain(name);
    }
    if !said.is_empty() && language == Language::English {
        return Words::plain(said);
    }
    let value = &fact.value;
    let is_meant = |known: &HealthFact| known.code == value.code && (said.is_empty() || known.system == value.system);
    match known().into_iter().find(is_meant) {
        Some(known) => named(&known.name, language),
        None if said.is_empty() => Words::plain(value.code.as_str()),
        None => Words::english(said, language),
    }
}

/// What happened after a dose: by its code, or as it was said. What people write themselves is in a language that nobody knows.
pub(crate) fn reaction(reaction: &Coded, language: Language) -> Words {
    let key = format!("reaction.{}", reaction.code);
    match language.find_text(&key).filter(|_| reaction.system != "L") {
        Some(name) => Words::plain(name),
        None if reaction.text.is_empty() => Words::plain(reaction.code.as_str()),
        None if reaction.system == "L" => Words::plain(reaction.text.as_str()),
        None => Words::english(&reaction.text, language),
    }
}

/// Facts to choose from, by their names in the language.
pub(crate) fn choices(facts: Vec<HealthFact>, language: Language) -> Vec<Choice> {
    let choice = |fact: HealthFact| {
        let words = named(&fact.name, language);
        Choice { lang: words.lang, ..Choice::new(fact.code, words.text) }
    };
    let mut choices: Vec<Choice> = facts.into_iter().map(choice).collect();
    choices.sort_by_key(|choice| choice.text.to_lowercase());
    choices
}

fn named(name: &str, language: Language) -> Words {
    in_language(name, language).map_or_else(|| Words::english(name, language), Words::plain)
}

fn in_language(name: &str, language: Language) -> Option<&str> {
    match language {
        Language::English => Some(name),
        Language::Spanish => spanish_observation(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_has_its_spanish_name_and_one_without_is_marked_as_english() {
        let observation = |text: &str, code: &str| PatientObservation {
            question: PatientObservation::CONTRAINDICATION.to_owned(),
            value: Coded { code: code.to_owned(), text: text.to_owned(), system: "SCT".to_owned() },
            since: None,
            observed_on: None,
            first_said_on: None,
            until: None,
            vaccine: None,
        };
        let yeast = || HealthFact {
            question: PatientObservation::CONTRAINDICATION,
            code: "703936006".to_owned(),
            system: "SCT".to_owned(),
            name: "Hypersensitivity to yeast".to_owned(),
        };
        let told = |text, code, language| {
            let words = fact(&observation(text, code), || vec![yeast()], language);
            (words.text, words.lang)
        };
        let spanish = ("Hipersensibilidad a la levadura".to_owned(), "");
        assert_eq!(told("Hypersensitivity to yeast", "1", Language::Spanish), spanish);
        assert_eq!(told("Yeast allergy", "703936006", Language::Spanish), spanish, "by its code, as systems say it");
        assert_eq!(told("", "703936006", Language::Spanish), spanish);
        assert_eq!(told("Rash of a kind", "9", Language::Spanish), ("Rash of a kind".to_owned(), "en"));
        assert_eq!(told("Yeast allergy", "703936006", Language::English), ("Yeast allergy".to_owned(), ""));
    }
}
