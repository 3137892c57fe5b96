//! Results of a file: the answers to its messages, and a summary that a person can read. Both are made of rows alone,
//! so that they can be made again and are the same.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use hl7::Message;
use model::{FileId, Finding, FindingKind, Location, MessageId, ReceivedFile, Segment, Severity, Verdict, counted};
use store::{MessageOfFile, StoreError};

use super::processing::TurnError;
use super::{Exchange, flat};
use crate::{Answers, Profile, Registry, consents};

/// Messages read at a time.
const PAGE: u32 = 1_000;
/// Kinds of findings that a summary lists.
const KINDS_MAXIMUM: usize = 100;
/// Places that it names for each.
const PLACES_MAXIMUM: usize = 5;
/// Bytes of a file's name that its results repeat.
const NAME_BYTES_MAXIMUM: usize = 120;

/// Puts the results of a finished file into the outbox of its organization; those that are there are replaced.
pub(super) fn publish(exchange: &Exchange, file: &ReceivedFile) -> Result<(), TurnError> {
    let mut tally = Tally::default();
    let rows_of = file.duplicate_of.unwrap_or(file.id);
    let (registry, organization_id) = (&exchange.registry, file.organization_id);
    let is_flat = holds_rows(registry, file)?;
    if file.counts.messages() > 0 {
        let name = result_name(file, if is_flat { "results.csv" } else { "ack.hl7" });
        exchange.spool.put_into_outbox(organization_id, &name, |output| match is_flat {
            true => write_table(registry, rows_of, output, &mut tally),
            false => write_answers(registry, file, rows_of, output, &mut tally),
        })?;
    }
    let name = result_name(file, "summary.txt");
    exchange
        .spool
        .put_into_outbox(organization_id, &name, |output| write_summary(registry, file, is_flat, &tally, output))?;
    Ok(())
}

/// The names of the results that a file has.
pub(super) fn names(registry: &Registry, file: &ReceivedFile) -> Result<Vec<String>, StoreError> {
    let mut names = vec![result_name(file, "summary.txt")];
    if file.counts.messages() > 0 {
        names.push(result_name(file, if holds_rows(registry, file)? { "results.csv" } else { "ack.hl7" }));
    }
    Ok(names)
}

/// Whether a file that was processed holds rows: its name says so, or what a packed folder begins with.
pub(super) fn holds_rows(registry: &Registry, file: &ReceivedFile) -> Result<bool, StoreError> {
    if !file.name.to_ascii_lowercase().ends_with(".zip") {
        return Ok(flat::is_flat(&file.name));
    }
    let rows_of = file.duplicate_of.unwrap_or(file.id);
    let first = registry.database().messages_of_file(rows_of, None, 0, 1)?;
    Ok(first.first().is_some_and(|message| flat::is_of_row(&message.line.header)))
}

/// `march.hl7.0K3X9V2M5N7P.ack.hl7`: the file's own name, its number, and what it is.
fn result_name(file: &ReceivedFile, ending: &str) -> String {
    let mut end = file.name.len().min(NAME_BYTES_MAXIMUM);
    while !file.name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}.{}.{ending}", file.name[..end].trim_start_matches('.'), file.id.number())
}

/// Gives every message of a file, in its order.
fn each_message(
    registry: &Registry,
    file_id: FileId,
    mut told: impl FnMut(MessageOfFile) -> io::Result<()>,
) -> io::Result<()> {
    let mut after = 0;
    loop {
        let page = registry.database().messages_of_file(file_id, None, after, PAGE).map_err(io::Error::other)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.line.position.ordinal;
        page.into_iter().try_for_each(&mut told)?;
    }
}

/// One acknowledgment a message, in a batch envelope. All times are those of the receipt.
fn write_answers(
    registry: &Registry,
    file: &ReceivedFile,
    rows_of: FileId,
    output: &mut BufWriter<File>,
    tally: &mut Tally,
) -> io::Result<()> {
    let mut answers = Answers::begin(registry, output, MessageId(file.id.0), file.received_at, &file.name)?;
    each_message(registry, rows_of, |message| {
        tally.count(&message);
        let header = Message::read(&message.line.header);
        let answered_at = message.answered_at.to_zoned(registry.time_zone().clone());
        let control_id = message.line.message_id.to_string();
        let envelope = registry.envelope(&answered_at, &control_id);
        answers.write(&hl7::write_acknowledgment(&header.header(), &envelope, &message.findings))
    })?;
    answers.finish().map(drop)
}

/// One line a finding, for a spreadsheet; a row without findings has one line, too.
fn write_table(
    registry: &Registry,
    rows_of: FileId,
    output: &mut BufWriter<File>,
    tally: &mut Tally,
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(output);
    table.write_record(["row", "verdict", "severity", "code", "column", "what", "receipt"])?;
    each_message(registry, rows_of, |message| {
        tally.count(&message);
        let (row, receipt) = (message.line.position.ordinal.to_string(), message.line.message_id.to_string());
        let verdict = message.line.verdict.word();
        if message.findings.is_empty() {
            table.write_record([&row, verdict, "", "", "", "", &receipt])?;
        }
        for finding in &message.findings {
            let column = finding.location.map_or("", flat::column_at);
            let sentence = harmless(&flat::sentence_of(finding));
            let rule = finding.rule();
            table.write_record([&row, verdict, rule.severity.code(), &rule.code, column, &sentence, &receipt])?;
        }
        Ok(())
    })?;
    table.flush()
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ");
    match text.trim_start().starts_with(['=', '+', '-', '@', '\t', '|', '%']) {
        true => format!("'{text}"),
        false => text,
    }
}

/// What the summary counts while the answers are written.
#[derive(Default)]
struct Tally {
    findings: HashMap<(FindingKind, Option<(Segment, u16)>), Found>,
}

#[derive(Default)]
struct Found {
    count: u64,
    /// The first messages with it.
    places: Vec<u32>,
}

impl Tally {
    fn count(&mut self, message: &MessageOfFile) {
        for finding in &message.findings {
            let field = finding.location.map(|location| (location.segment, location.field));
            let found = self.findings.entry((finding.kind, field)).or_default();
            found.count += 1;
            let ordinal = message.line.position.ordinal;
            if found.places.len() < PLACES_MAXIMUM && found.places.last() != Some(&ordinal) {
                found.places.push(ordinal);
            }
        }
    }
}

/// The result as a person reads it: lines end as in a text file of Windows, which all others read, too.
fn write_summary(
    registry: &Registry,
    file: &ReceivedFile,
    is_flat: bool,
    tally: &Tally,
    output: &mut BufWriter<File>,
) -> io::Result<()> {
    let received = file.received_at.to_zoned(registry.time_zone().clone());
    let counts = file.counts;
    write!(output, "File      {}\r\n", file.name)?;
    write!(output, "Receipt   {}\r\n", file.id)?;
    write!(output, "Received  {}\r\n", received.strftime("%A, %B %-d, %Y, %H:%M:%S %Z"))?;
    write!(output, "Sent by   {}\r\n", file.account)?;
    write!(output, "State     {}\r\n", file.state.word())?;
    write!(output, "{}  {}\r\n", if is_flat { "Rows    " } else { "Messages" }, counts.messages())?;
    for (verdict, count) in
        [(Verdict::Accepted, counts.accepted), (Verdict::Warned, counts.warned), (Verdict::Rejected, counts.rejected)]
    {
        let words = match verdict {
            Verdict::Accepted => "accepted",
            Verdict::Warned => "accepted, with something to look at",
            Verdict::Rejected => "not accepted",
        };
        write!(output, "{count:>10}  {words}\r\n")?;
    }
    if !file.findings.is_empty() {
        write!(output, "\r\nAbout the file\r\n")?;
        for finding in &file.findings {
            write_finding(output, finding, &finding.sentence())?;
        }
    }
    write_kinds(output, registry.profile(), tally, is_flat)
}

fn write_kinds(output: &mut BufWriter<File>, profile: &Profile, tally: &Tally, is_flat: bool) -> io::Result<()> {
    let mut kinds: Vec<_> = tally.findings.iter().collect();
    kinds.sort_by_key(|((kind, field), found)| {
        let field = field.map(|(segment, field)| (segment.0, field));
        (std::cmp::Reverse(kind.rule().severity), std::cmp::Reverse(found.count), *kind, field)
    });
    if kinds.is_empty() {
        return Ok(());
    }
    let one = if is_flat { "row" } else { "message" };
    write!(output, "\r\nAbout the {one}s, what matters most first\r\n")?;
    for ((kind, field), found) in kinds.iter().take(KINDS_MAXIMUM) {
        let location = field.map(|(segment, field)| Location::field(segment.as_str(), 1, field));
        let finding = consents::of_many(*kind, location, profile);
        let sentence = if is_flat { flat::sentence_of(&finding) } else { finding.sentence() };
        write_finding(output, &finding, &sentence)?;
        let places: Vec<String> = found.places.iter().map(u32::to_string).collect();
        let more = if found.count > found.places.len() as u64 { ", ..." } else { "" };
        let times = if found.count == 1 { "once".to_owned() } else { counted(found.count, "time") };
        let plural = if places.len() == 1 { "" } else { "s" };
        write!(output, "    found {times}: in {one}{plural} {}{more}\r\n", places.join(", "))?;
    }
    if kinds.len() > KINDS_MAXIMUM {
        write!(output, "  and {} other kinds\r\n", kinds.len() - KINDS_MAXIMUM)?;
    }
    Ok(())
}

fn write_finding(output: &mut BufWriter<File>, finding: &Finding, sentence: &str) -> io::Result<()> {
    let word = match finding.severity() {
        Severity::Information => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let sentence = sentence.replace(['\r', '\n'], " ");
    write!(output, "  {word} {}  {sentence}\r\n", finding.rule().code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_taken_for_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1"] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(harmless("The birth date \"=1\" is invalid."), "The birth date \"=1\" is invalid.");
    }
}
