//! `bluebonnet load`: files of messages, of any size.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Caller, counted};
use registry::{AcknowledgmentCode, Answers, BatchReader, LoadOptions, LoadSummary, Registry};
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, grouped, print_json, print_line};
use crate::world;

/// Bytes read from a file, and written to one, at a time.
const BUFFER_BYTES: usize = 256 * 1024;
/// How often the progress is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// Loads files of HL7 messages through the intake, and sums up what was found
///
/// A file holds messages one after another, with or without the batch envelope FHS, BHS, BTS, FTS. Messages take the
/// same path as those of the web service. Loading a file again is harmless: what is stored is answered as before, so a
/// load that was cut off is finished by starting it again. The exit code is 1 when a message was answered AE or AR, and when
/// a file holds no message.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet load march.hl7 april.hl7 --organization LCPG3000\n  bluebonnet load march.hl7 --organization LCPG3000 --results march-answers.hl7\n  zcat march.hl7.gz | bluebonnet load - --organization LCPG3000 --json"
)]
pub(crate) struct Load {
    /// The files; - is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The code of the organization in whose name the messages come
    #[arg(long, value_name = "CODE")]
    organization: String,
    /// Writes the answer of every message to this file, in a batch envelope, in the order of the messages
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Sums up what would be found, each message as if it came alone now, and stores nothing
    #[arg(long, conflicts_with = "results")]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Load {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.check_files()?;
        let runtime = super::runtime()?;
        let registry = self.place.open()?;
        let caller = registry.operator(&place::admit(&registry)?, &self.organization)?;
        let mut results = self.results.as_deref().map(|path| self.begin_results(&registry, path)).transpose()?;
        let started = Instant::now();
        let mut reports = Vec::new();
        for path in &self.files {
            let summary = if self.dry_run {
                rehearse_file(&registry, &caller, path)?
            } else {
                runtime.block_on(load_file(&registry, &caller, path, results.as_mut()))?
            };
            reports.push((path, summary));
        }
        if let Some(results) = results {
            results.finish().and_then(|mut output| output.flush()).context("cannot write the results")?;
        }
        let seconds = started.elapsed().as_secs_f64();
        let is_well = reports.iter().all(|(_, summary)| {
            let accepted = summary.acknowledgments.accepted;
            summary.messages > 0 && accepted == summary.messages && !summary.has_file_warnings()
        });
        if self.json {
            let files: Vec<_> = reports.iter().map(|(path, summary)| file_json(path, summary)).collect();
            let messages: u64 = reports.iter().map(|(_, summary)| summary.messages).sum();
            print_json(&json!({
                "messages": messages,
                "seconds": seconds,
                "messages_per_second": messages as f64 / seconds,
                "files": files,
            }))?;
        } else {
            for (path, summary) in &reports {
                let found = if self.dry_run { "WHAT THE ANSWERS WOULD SAY" } else { "WHAT WAS FOUND" };
                print_summary(&path.display().to_string(), summary, found)?;
            }
            let messages: u64 = reports.iter().map(|(_, summary)| summary.messages).sum();
            let rate = (messages as f64 / seconds) as u64;
            let done = if self.dry_run { "rehearsed, nothing was stored;" } else { "in" };
            let messages = counted(messages, "message");
            print_line(&format!("{messages} {done} {seconds:.1} s, {} a second", grouped(rate)))?;
        }
        Ok(Ending::well_if(is_well))
    }

    /// Refuses what cannot be read before the first message is taken in, and answers in the place of the messages.
    fn check_files(&self) -> Result<(), Failure> {
        let results = self.results.as_deref().and_then(|path| std::fs::metadata(path).ok());
        for path in self.files.iter().filter(|path| path.as_path() != Path::new("-")) {
            open(path)?;
            let file = std::fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
            if results.as_ref().is_some_and(|results| (results.dev(), results.ino()) == (file.dev(), file.ino())) {
                let path = path.display();
                return Err(Failure::Usage(format!("{path} holds the messages: give --results another file")));
            }
        }
        Ok(())
    }

    fn begin_results(&self, registry: &Registry, path: &Path) -> Result<Answers<BufWriter<File>>, Failure> {
        // Answers name values of messages: a new file is for its owner alone.
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let name = self.files.first().and_then(|file| file.file_name()).unwrap_or_default().to_string_lossy();
        let (id, now) = world::stamp();
        let output = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Answers::begin(registry, output, id, now, &name).context("cannot write the results")?)
    }
}

async fn load_file(
    registry: &Registry,
    caller: &Caller,
    path: &Path,
    mut results: Option<&mut Answers<BufWriter<File>>>,
) -> Result<LoadSummary, Failure> {
    let read = Arc::new(AtomicU64::new(0));
    let (input, size) = open(path)?;
    let input = BufReader::with_capacity(BUFFER_BYTES, Counted { input, read: read.clone() });
    let progress = progress_bar(size);
    progress.set_prefix(path.display().to_string());
    let options = LoadOptions { writes_answers: results.is_some(), stamp: world::stamp };
    let mut refused = 0_u64;
    let admission = place::admit(registry)?;
    let loading = registry.load(admission, caller, BatchReader::new(input), options, |loaded| {
        refused += u64::from(loaded.acknowledgment != AcknowledgmentCode::Accept);
        if loaded.number.is_multiple_of(256) {
            progress.set_position(read.load(Ordering::Relaxed));
            let messages = counted(loaded.number, "message");
            progress.set_message(format!("{messages}, {} with findings", grouped(refused)));
        }
        results.as_deref_mut().map_or(Ok(()), |results| results.write(&loaded.answer))
    });
    let summary = loading.await;
    progress.finish_and_clear();
    Ok(summary?)
}

fn rehearse_file(registry: &Registry, caller: &Caller, path: &Path) -> Result<LoadSummary, Failure> {
    let (input, _) = open(path)?;
    let progress = progress_bar(None);
    progress.set_prefix(path.display().to_string());
    let messages = BatchReader::new(BufReader::with_capacity(BUFFER_BYTES, input));
    let told = |number| progress.set_message(format!("{} rehearsed", counted(number, "message")));
    let summary = registry.rehearse_load(&place::admit(registry)?, caller, messages, world::stamp, told);
    progress.finish_and_clear();
    Ok(summary?)
}

fn open(path: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let size = file.metadata().map(|metadata| metadata.len()).ok();
    Ok((Box::new(file), size))
}

/// Counts the bytes that pass.
struct Counted<R> {
    input: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A bar on standard error when that is a terminal; nothing otherwise.
pub(crate) fn progress_bar(size: Option<u64>) -> ProgressBar {
    let template = match size {
        Some(_) => "{prefix} [{bar:30}] {percent}% {msg} ({elapsed}, {eta} left)",
        None => "{prefix} {spinner} {msg} ({elapsed})",
    };
    let style = ProgressStyle::with_template(template).expect("the template is ours").progress_chars("=> ");
    let target = ProgressDrawTarget::stderr_with_hz(5);
    let bar = ProgressBar::with_draw_target(size, target).with_style(style);
    if !bar.is_hidden() {
        bar.enable_steady_tick(DRAW_EVERY);
    }
    bar
}

/// Prints what became of a file; `found` is the heading of what was found.
pub(crate) fn print_summary(name: &str, summary: &LoadSummary, found: &'static str) -> Result<(), Failure> {
    let counts = summary.acknowledgments;
    print_line(&format!(
        "{name}: {}; {} AA, {} AE, {} AR",
        counted(summary.messages, "message"),
        grouped(counts.accepted),
        grouped(counts.with_errors),
        grouped(counts.refused)
    ))?;
    if summary.messages == 0 {
        print_line("  The file holds no HL7 message.")?;
    }
    if let Some(sentence) = sent_before_in_words(summary) {
        print_line(&format!("  {sentence}"))?;
    }
    for finding in &summary.file_findings {
        print_line(&format!("  {}: {}", finding.rule().code, finding.sentence()))?;
    }
    let mut table = Table::new(&["COUNT", "SEVERITY", "CODE", found]);
    for finding in &summary.findings {
        let rule = finding.kind.rule();
        table.row([
            grouped(finding.count),
            rule.severity.code().to_owned(),
            rule.code.clone(),
            finding.sentence.clone(),
        ]);
    }
    if !table.is_empty() {
        table.print()?;
    }
    Ok(())
}

/// How many messages of a file came again; `None` when none did.
pub(crate) fn sent_before_in_words(summary: &LoadSummary) -> Option<String> {
    let (again, all) = (summary.sent_before, summary.messages);
    (again > 0).then(|| match again == all {
        true => "All were sent before: they were answered again as then, and nothing was stored twice.".to_owned(),
        false => format!(
            "{} of {} were sent before: they were answered again as then, and nothing was stored twice.",
            grouped(again),
            grouped(all)
        ),
    })
}

fn file_json(path: &Path, summary: &LoadSummary) -> serde_json::Value {
    let states: serde_json::Map<String, serde_json::Value> =
        summary.states.iter().map(|(state, count)| (state.word().to_owned(), json!(count))).collect();
    let findings: Vec<_> = summary
        .findings
        .iter()
        .map(|finding| {
            let rule = finding.kind.rule();
            json!({
                "code": rule.code,
                "severity": rule.severity,
                "count": finding.count,
                "field": finding.field.map(|field| format!("{}-{}", field.segment.as_str(), field.field)),
                "sentence": finding.sentence,
            })
        })
        .collect();
    let file_findings: Vec<_> = summary
        .file_findings
        .iter()
        .map(|finding| json!({ "code": finding.rule().code, "sentence": finding.sentence() }))
        .collect();
    json!({
        "file": path.display().to_string(),
        "messages": summary.messages,
        "acknowledgments": {
            "AA": summary.acknowledgments.accepted,
            "AE": summary.acknowledgments.with_errors,
            "AR": summary.acknowledgments.refused,
        },
        "sent_before": summary.sent_before,
        "states": states,
        "findings": findings,
        "file_findings": file_findings,
    })
}
