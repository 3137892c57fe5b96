//! What the pages say, in each language: four files a language in `texts/`, which a translator can read:
//! one for the pages about people, one for those of the offices (accounts, organizations, operations), one for what
//! is exchanged and for maintenance, one for the codes that people choose from.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Language {
    English,
    Spanish,
}

impl Language {
    pub(crate) const ALL: [Language; 2] = [Language::English, Language::Spanish];

    /// The tag of the language (BCP 47).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
        }
    }

    /// Its name in itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Español",
        }
    }

    /// Reads the tag; a region behind it does not matter.
    pub(crate) fn parse(tag: &str) -> Option<Language> {
        let tag = tag.split(['-', '_']).next().unwrap_or_default();
        Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The first of the browser's languages that the pages have.
    pub(crate) fn accepted(header: &str) -> Option<Language> {
        header.split(',').find_map(|range| Language::parse(range.split(';').next().unwrap_or_default().trim()))
    }

    /// The text of a key (`find.title`). A key that is not in the catalog is shown as it is; a test looks for such.
    pub(crate) fn text(self, key: &str) -> &'static str {
        let texts = &CATALOG[self as usize];
        match texts.get_key_value(key) {
            Some((_, text)) => text,
            None => {
                tracing::error!(key, "a text is missing from the catalog");
                "?"
            }
        }
    }

    /// The text of a key that may be missing, as for words that come from data.
    pub(crate) fn find_text(self, key: &str) -> Option<&'static str> {
        CATALOG[self as usize].get(key).map(String::as_str)
    }

    /// The text of a key with its placeholders (`{count}`) filled in.
    pub(crate) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.text(key);
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            filled.push_str(before);
            let value = values.iter().find(|(known, _)| *known == name);
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        filled + rest
    }
}

static CATALOG: LazyLock<[HashMap<String, String>; 2]> = LazyLock::new(|| {
    let (english, spanish) = (include_str!("../texts/english.toml"), include_str!("../texts/spanish.toml"));
    let offices = (include_str!("../texts/english_offices.toml"), include_str!("../texts/spanish_offices.toml"));
    let exchange = (include_str!("../texts/english_exchange.toml"), include_str!("../texts/spanish_exchange.toml"));
    let codes = (include_str!("../texts/english_codes.toml"), include_str!("../texts/spanish_codes.toml"));
    [read(&[english, offices.0, exchange.0, codes.0]), read(&[spanish, offices.1, exchange.1, codes.1])]
});

fn read(files: &[&str]) -> HashMap<String, String> {
    let section = |file| -> HashMap<String, HashMap<String, String>> {
        toml::from_str(file).expect("the catalog is in the program; a test reads it")
    };
    let sections = files.iter().flat_map(|file| section(file));
    let flat = |(section, texts): (String, HashMap<String, String>)| {
        texts.into_iter().map(move |(key, text)| (format!("{section}.{key}"), text))
    };
    sections.flat_map(flat).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|after| after.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let [english, spanish] = &*CATALOG;
        for (key, text) in english {
            let translated = spanish.get(key).unwrap_or_else(|| panic!("{key} is not in Spanish"));
            assert_eq!(placeholders(text), placeholders(translated), "{key}");
        }
        for key in spanish.keys() {
            assert!(english.contains_key(key), "{key} is not in English");
        }
    }

    #[test]
    fn placeholders_are_filled_and_values_are_not_read_again() {
        let filled = Language::English.fill("error.reference", &[("reference", "{0}")]);
        assert!(filled.contains("{0}"), "{filled}");
    }

    #[test]
    fn every_text_that_a_template_or_a_page_asks_for_is_there() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut asked = Vec::new();
        for folder in ["templates", "src"] {
            collect(&here.join(folder), &mut asked);
        }
        assert!(asked.len() > 20, "the templates ask for texts");
        for (file, key) in asked {
            assert!(CATALOG[0].contains_key(&key), "{file} asks for {key}, which is not in the catalog");
        }
    }

    #[test]
    fn every_word_that_a_page_looks_up_has_its_text() {
        use model::{AuditAction, Channel, FileState, MessageState, PersonFact, Verdict};
        let mut keys: Vec<String> =
            AuditAction::ALL.iter().map(|action| format!("audit.action_{}", action.word())).collect();
        keys.extend(MessageState::ALL.iter().map(|state| format!("operations.message_{}", state.word())));
        keys.extend(FileState::ALL.iter().map(|state| format!("files.state_{}", state.word())));
        let verdicts = [Verdict::Accepted, Verdict::Warned, Verdict::Rejected];
        keys.extend(verdicts.map(|verdict| format!("files.message_{}", verdict.word())));
        let channels = Channel::DOORS.into_iter().chain([Channel::CommandLine]);
        keys.extend(channels.map(|channel| format!("window.door_{}", channel.word())));
        keys.extend(PersonFact::ALL.iter().map(|fact| format!("person_fact.{}", fact.word())));
        for key in keys {
            assert!(CATALOG[0].contains_key(&key), "{key} is not in the catalog");
        }
    }

    /// The literals of all files of a folder that are keys: `"find.title"`, not `"find.html"`.
    fn collect(folder: &Path, asked: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("the crate's folders can be read") {
            let path = entry.expect("the crate's folders can be read").path();
            if path.is_dir() {
                collect(&path, asked);
                continue;
            }
            let content = fs::read_to_string(&path).unwrap_or_default();
            let keys = content.split('"').filter(|literal| is_key(literal));
            asked.extend(keys.map(|key| (path.display().to_string(), key.to_owned())));
        }
    }

    /// Whether a literal names a table of the catalog and a text.
    fn is_key(literal: &str) -> bool {
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let Some((table, name)) = literal.split_once('.') else { return false };
        let is_file = ["html", "css", "js", "svg", "txt"].contains(&name);
        let is_table = CATALOG[0].keys().any(|key| key.split_once('.').is_some_and(|(known, _)| known == table));
        is_name(table) && is_name(name) && is_table && !is_file
    }
}
