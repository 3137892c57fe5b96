//! Writes answers of every kind into a folder, one file each, for a profile checker to look at:
//! `cargo run -p bluebonnet-hl7 --example write_answers -- FOLDER`.

extern crate bluebonnet_hl7 as hl7;

#[path = "../tests/it/records.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod records;
#[path = "../tests/it/tables.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod tables;

use hl7::{Envelope, Message, write_acknowledgment, write_response};
use jiff::Zoned;
use model::{Finding, FindingKind, QueryKind, QueryStatus};

use records::outcome;
use tables::SmallTables;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "target/answers".into());
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    for (name, text) in acknowledgments().into_iter().chain(responses()) {
        std::fs::write(folder.join(format!("{name}.hl7")), text)?;
    }
    Ok(())
}

fn at() -> Zoned {
    "2024-07-01T08:09:10-05:00[America/Chicago]".parse().expect("a valid instant")
}

fn acknowledgments() -> Vec<(String, String)> {
    let answered_at = at();
    let envelope =
        Envelope { application: "BLUEBONNET", facility: "TXIIS", answered_at: &answered_at, control_id: "R1" };
    let questions = [records::odd_report(), records::history_question(), records::forecast_question()];
    let mut texts = Vec::new();
    for (number, question) in questions.iter().enumerate() {
        let message = Message::read(question);
        texts.push((format!("ack-{number}-none"), write_acknowledgment(&message.header(), &envelope, &[])));
        for (index, findings) in records::findings().chunks(5).enumerate() {
            texts.push((format!("ack-{number}-{index}"), write_acknowledgment(&message.header(), &envelope, findings)));
        }
    }
    texts
}

fn responses() -> Vec<(String, String)> {
    let answered_at = at();
    let envelope =
        Envelope { application: "BLUEBONNET", facility: "TXIIS", answered_at: &answered_at, control_id: "R1" };
    let respond = |kind: QueryKind, outcome: &model::QueryOutcome| {
        let question = match kind {
            QueryKind::History => records::history_question(),
            QueryKind::EvaluatedHistory => records::forecast_question(),
        };
        write_response(&Message::read(&question), kind, &envelope, outcome, &SmallTables)
    };
    let forecast_not_given = || vec![Finding::new(FindingKind::ForecastNotGiven)];
    let mut texts = Vec::new();
    for (name, record) in records::records() {
        let found = outcome(QueryStatus::Found, vec![record.clone()], vec![]);
        texts.push((format!("z32-{name}"), respond(QueryKind::History, &found)));
        let found = outcome(QueryStatus::Found, vec![record.clone()], forecast_not_given());
        texts.push((format!("z42-{name}"), respond(QueryKind::EvaluatedHistory, &found)));
        let mut evaluated = outcome(QueryStatus::Found, vec![record.clone()], vec![]);
        evaluated.assessment = Some(records::assessment(&record));
        texts.push((format!("z42-evaluated-{name}"), respond(QueryKind::EvaluatedHistory, &evaluated)));
        let candidates = outcome(QueryStatus::Candidates, vec![record.clone(), record], vec![]);
        texts.push((format!("z31-{name}"), respond(QueryKind::History, &candidates)));
    }
    for (index, finding) in records::findings().into_iter().enumerate() {
        for kind in [QueryKind::History, QueryKind::EvaluatedHistory] {
            let refused = outcome(QueryStatus::Error, vec![], vec![finding.clone()]);
            texts.push((format!("z33-{kind:?}-{index}"), respond(kind, &refused)));
        }
    }
    for status in [QueryStatus::NotFound, QueryStatus::TooMany] {
        texts.push((format!("z33-{status:?}"), respond(QueryKind::History, &outcome(status, vec![], vec![]))));
    }
    texts
}
