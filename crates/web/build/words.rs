//! The words of the templates and of the code: a class or an icon that is not among them is used by no page.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// All words that could be the name of a class or of an icon.
pub(crate) struct Words {
    words: HashSet<String>,
    components: HashSet<String>,
}

impl Words {
    /// The words of all files in these folders.
    pub(crate) fn of_folders(folders: &[PathBuf]) -> Words {
        let mut words = HashSet::new();
        folders.iter().for_each(|folder| collect(folder, &mut words));
        let components = words.iter().map(|word| component(word).to_owned()).collect();
        Words { words, components }
    }

    /// Whether this word stands somewhere.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether a class is used. Of a component (`usa-alert`) all parts and variants are kept, so that code may put
    /// their names together.
    pub(crate) fn uses_class(&self, class: &str) -> bool {
        if class.starts_with("usa-") { self.components.contains(component(class)) } else { self.has(class) }
    }
}

/// `usa-alert` of `usa-alert__text` and of `usa-alert--info`.
fn component(class: &str) -> &str {
    let end = class.find("__").into_iter().chain(class.find("--")).min();
    end.map_or(class, |end| &class[..end])
}

fn collect(folder: &Path, words: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).expect("the folders of the crate can be read") {
        let path = entry.expect("the folders of the crate can be read").path();
        if path.is_dir() {
            collect(&path, words);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ':');
            words.extend(text.split(|letter| !is_part(letter)).filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
}
