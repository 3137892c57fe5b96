//! `bluebonnet submit`: one message, or a small batch, from a file or standard input.

use std::io::Cursor;
use std::path::PathBuf;

use clap::Args;
use registry::{AcknowledgmentCode, BatchReader, LoadOptions, Loaded};
use serde_json::json;

use super::load::sent_before_in_words;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{harmless, print_json, print_line};
use crate::world;

/// Sends HL7 messages (VXU or QBP) through the intake and prints the answers
///
/// The exit code is 0 when every message was answered AA, and 1 otherwise. For large files see `load`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet submit vxu.hl7 --organization LCPG3000\n  cat vxu.hl7 | bluebonnet submit - --organization LCPG3000 --json"
)]
pub(crate) struct Submit {
    /// The file with one message or a batch; - is standard input
    file: PathBuf,
    /// The code of the organization in whose name the messages come
    #[arg(long, value_name = "CODE")]
    organization: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON: the answers with their acknowledgment codes, and what is wrong with the file
    #[arg(long)]
    json: bool,
}

impl Submit {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let bytes = place::read_bytes(&self.file)?;
        let runtime = super::runtime()?;
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let caller = registry.operator(&admission, &self.organization)?;
        let options = LoadOptions { writes_answers: true, stamp: world::stamp };
        let mut answers: Vec<Loaded> = Vec::new();
        let loading = registry.load(admission, &caller, BatchReader::new(Cursor::new(bytes)), options, |loaded| {
            answers.push(loaded);
            Ok(())
        });
        let summary = runtime.block_on(loading)?;
        if answers.is_empty() {
            return Err(Failure::Refused(format!("{} holds no HL7 message", self.file.display())));
        }
        if self.json {
            let answers: Vec<_> = answers
                .iter()
                .map(|loaded| {
                    json!({
                        "acknowledgment": loaded.acknowledgment.code(),
                        "is_sent_before": loaded.is_sent_before,
                        "message": loaded.answer,
                    })
                })
                .collect();
            let findings: Vec<_> = summary.file_findings.iter().map(|finding| finding.sentence()).collect();
            print_json(&json!({ "answers": answers, "file_findings": findings }))?;
        } else {
            for loaded in &answers {
                print_line(loaded.answer.replace('\r', "\n").trim_end())?;
            }
            if let Some(sentence) = sent_before_in_words(&summary) {
                eprintln!("{}", harmless(&sentence));
            }
            for finding in &summary.file_findings {
                eprintln!("{}: {}", finding.rule().code, harmless(&finding.sentence()));
            }
        }
        let is_well = answers.iter().all(|loaded| loaded.acknowledgment == AcknowledgmentCode::Accept);
        Ok(Ending::well_if(is_well && !summary.has_file_warnings()))
    }
}
