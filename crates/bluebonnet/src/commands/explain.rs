//! `bluebonnet explain`: what a message would do, without doing it.

use std::path::PathBuf;

use clap::Args;
use model::Severity;
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::histories::History;
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::world;

/// Tells what a VXU message would change and be answered, without storing anything
///
/// Prints every finding, and the person's record as it would be. The exit code is 1 when there is an error among the
/// findings.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet explain vxu.hl7 --organization LCPG3000")]
pub(crate) struct Explain {
    /// The file with one VXU message; - is standard input
    file: PathBuf,
    /// The code of the organization in whose name the message would come
    #[arg(long, value_name = "CODE")]
    organization: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let bytes = place::read_bytes(&self.file)?;
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let caller = registry.operator(&admission, &self.organization)?;
        let (id, now) = world::stamp();
        let receipt = registry.receipt(&admission, id, now);
        let Some(decision) = registry.rehearse_message(&admission, &caller, receipt, &bytes)? else {
            return Err(Failure::Refused(format!("{} is not one VXU message", self.file.display())));
        };
        let organizations = registry.organizations(&admission);
        let history = decision.record.as_ref().map(|record| History::of(record, registry.codes(), &organizations));
        let findings = &decision.outcome.findings;
        let reviews: Vec<&str> = decision.reviews.iter().map(|review| review.reason.as_str()).collect();
        if self.json {
            let findings: Vec<_> = findings
                .iter()
                .map(|finding| {
                    json!({
                        "code": finding.rule().code,
                        "severity": finding.severity(),
                        "location": finding.location,
                        "sentence": finding.sentence(),
                    })
                })
                .collect();
            print_json(&json!({
                "disposition": decision.outcome.disposition.word(),
                "findings": findings,
                "record": history,
                "possible_matches": reviews,
            }))?;
        } else {
            print_line(&format!("The message would be {}.", decision.outcome.disposition.word().replace('_', " ")))?;
            if !findings.is_empty() {
                print_line("The answer would say:")?;
            }
            for finding in findings {
                let at = finding.location.map(|location| format!(" at {location}")).unwrap_or_default();
                let code = &finding.rule().code;
                print_line(&format!("  {} {code}{at}: {}", finding.severity().code(), finding.sentence()))?;
            }
            match &history {
                Some(history) => {
                    print_line("The record would be:")?;
                    history.print()?;
                }
                None => print_line("No record would change.")?,
            }
            for reason in reviews {
                print_line(&format!("A reviewer would be asked whether this is somebody known: {reason}"))?;
            }
        }
        Ok(Ending::well_if(findings.iter().all(|finding| finding.severity() != Severity::Error)))
    }
}
