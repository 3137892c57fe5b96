//! What was found wrong, in the visitor's language: with words of the pages where they have some, else those of the
//! catalog that senders get.

use model::Finding;

use crate::languages::Language;

/// A finding as a sentence or two.
pub(crate) fn told(finding: &Finding, language: Language) -> String {
    let key = format!("finding.{:?}", finding.kind);
    match language.find_text(&key) {
        Some(text) => text.to_owned(),
        None => finding.sentence(),
    }
}
