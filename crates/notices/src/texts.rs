//! The texts of notices: the program's own, and over them those of a profile.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use crate::Language;

/// Keys under these may be anything: they are names of zones, places and phrases.
const OPEN_SECTIONS: [&str; 3] = ["zones.", "places.", "translations."];

/// A profile's part about notices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeRules {
    /// Whether everybody with an account is told of windows by mail, and not only those who subscribed.
    pub account_holders: bool,
    /// IANA names of other zones in which organizations are: they are shown both times.
    pub other_zones: Vec<String>,
    /// English texts that replace the program's own.
    pub en: Table,
    /// Spanish texts that replace the program's own.
    pub es: Table,
}

impl Default for NoticeRules {
    fn default() -> NoticeRules {
        NoticeRules { account_holders: true, other_zones: Vec::new(), en: Table::new(), es: Table::new() }
    }
}

/// A text that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("notices.{language}.{key}: {reason}")]
pub struct TextError {
    language: &'static str,
    key: String,
    reason: String,
}

/// The texts of one language, by key (`impacts.web.closed`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Texts {
    language: Language,
    texts: BTreeMap<String, String>,
}

impl NoticeRules {
    /// The texts of a language.
    ///
    /// # Errors
    /// A key that there is not, or a text with a word in braces that nothing stands for.
    pub fn texts(&self, language: Language) -> Result<Texts, TextError> {
        let over = match language {
            Language::English => &self.en,
            Language::Spanish => &self.es,
        };
        let mut texts = Texts::built_in(language);
        let mut replaced = BTreeMap::new();
        flatten("", over, &mut replaced);
        for (key, text) in replaced {
            let refuse = |reason: String| TextError { language: language.tag(), key: key.clone(), reason };
            let is_open = OPEN_SECTIONS.iter().any(|section| key.starts_with(section));
            if !is_open && !texts.texts.contains_key(&key) {
                return Err(refuse("there is no such text".to_owned()));
            }
            if let Some(word) = placeholders(&text).find(|word| !crate::compose::WORDS.contains(word)) {
                return Err(refuse(format!("nothing stands for {{{word}}}")));
            }
            texts.texts.insert(key, text);
        }
        Ok(texts)
    }
}

impl Texts {
    /// The program's own texts.
    pub fn built_in(language: Language) -> Texts {
        let text = match language {
            Language::English => include_str!("../texts/english.toml"),
            Language::Spanish => include_str!("../texts/spanish.toml"),
        };
        let table: Table = text.parse().expect("the texts are part of the program; a test reads them");
        let mut texts = BTreeMap::new();
        flatten("", &table, &mut texts);
        Texts { language, texts }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of a key; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.texts.get(key).map_or("", String::as_str)
    }

    /// The text of a key that may be missing.
    pub(crate) fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// What this language says for a phrase of the record; the phrase itself where nothing else is known.
    pub(crate) fn translated<'a>(&'a self, phrase: &'a str) -> &'a str {
        self.find(&format!("translations.{phrase}")).unwrap_or(phrase)
    }
}

fn flatten(above: &str, table: &Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Table(table) => flatten(&key, table, into),
            Value::String(text) => drop(into.insert(key, text.clone())),
            other => drop(into.insert(key, other.to_string())),
        }
    }
}

/// The words in braces of a text.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|after| Some(after.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_languages_have_the_same_texts_and_use_only_known_words() {
        let [english, spanish] = [Language::English, Language::Spanish].map(Texts::built_in);
        let keys = |texts: &Texts| -> BTreeSet<String> {
            texts.texts.keys().filter(|key| !OPEN_SECTIONS.iter().any(|open| key.starts_with(open))).cloned().collect()
        };
        assert_eq!(keys(&english), keys(&spanish));
        for texts in [&english, &spanish] {
            for (key, text) in &texts.texts {
                for word in placeholders(text) {
                    assert!(crate::compose::WORDS.contains(&word), "{key}: {word}");
                }
            }
        }
    }

    #[test]
    fn a_profile_replaces_texts_and_a_slip_in_it_is_named() {
        let rules = |text: &str| toml::from_str::<NoticeRules>(text).expect("the rules can be read");
        let texts = rules("[en.names]\nweb_users = \"people\"\n[en.zones]\nCT = \"Central\"").texts(Language::English);
        let texts = texts.expect("the texts can be used");
        assert_eq!((texts.text("names.web_users"), texts.text("zones.CT")), ("people", "Central"));
        let slip = rules("[en.names]\nweb_user = \"people\"").texts(Language::English).expect_err("a slip");
        assert_eq!(slip.to_string(), "notices.en.names.web_user: there is no such text");
        let slip = rules("[es.names]\nweb_users = \"{nmae}\"").texts(Language::Spanish).expect_err("a slip");
        assert_eq!(slip.to_string(), "notices.es.names.web_users: nothing stands for {nmae}");
    }
}
