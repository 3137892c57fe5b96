//! What happened in a window, for the report afterwards.

use std::collections::BTreeMap;

use model::NoticePart;
use serde::{Deserialize, Serialize};

use crate::Composer;

/// Senders that are named at most; more are counted.
const NAMED_MAXIMUM: usize = 50;

/// The figures of a window.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Requests turned away with 503.
    pub refused: u64,
    /// Senders that they were of.
    pub refused_senders: u64,
    /// Files that were taken while it lasted.
    pub files_taken: u64,
    /// Messages of files that were processed since it was over: those held come first.
    pub from_files: u64,
    /// Messages that came through the web service since it was over.
    pub from_web_service: u64,
    /// Organizations that were turned away and have not come back, by their codes.
    pub still_missing: Vec<String>,
    /// Senders that did not say of which organization they are, were turned away and have not come back.
    pub unknown_missing: u64,
}

impl Figures {
    pub(crate) fn words(&self) -> [(&'static str, String); 6] {
        [
            ("refused", self.refused.to_string()),
            ("refused_senders", self.refused_senders.to_string()),
            ("files_taken", self.files_taken.to_string()),
            ("from_files", self.from_files.to_string()),
            ("from_web_service", self.from_web_service.to_string()),
            ("unknown_missing", self.unknown_missing.to_string()),
        ]
    }

    /// The section that tells them.
    pub(crate) fn parts(&self, composer: &Composer, words: &BTreeMap<&'static str, String>) -> Vec<NoticePart> {
        let text = |key: &str| composer.fill(key, words);
        let figures = ["report.duration", "report.refused", "report.held", "report.since"].map(text);
        let mut parts = vec![NoticePart::List(figures.into())];
        if self.still_missing.is_empty() {
            let key = if self.unknown_missing == 0 { "report.nobody_missing" } else { "report.unknown_missing" };
            parts.push(NoticePart::Paragraph(text(key)));
            return parts;
        }
        parts.push(NoticePart::Paragraph(text("report.missing")));
        let mut named: Vec<String> = self.still_missing.iter().take(NAMED_MAXIMUM).cloned().collect();
        if self.still_missing.len() > NAMED_MAXIMUM {
            let mut words = words.clone();
            words.insert("count", (self.still_missing.len() - NAMED_MAXIMUM).to_string());
            named.push(composer.fill("report.more_missing", &words));
        }
        parts.push(NoticePart::List(named));
        parts
    }
}
