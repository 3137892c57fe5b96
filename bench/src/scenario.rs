//! The story of one database: a registry is filled from a batch file; the rival writes the rows of a second file into a
//! copy; a third file goes through the file exchange; then the web service is measured on the filled registry.

mod batch_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::bare::{Pace, RUNS};
use crate::databases::Home;
use crate::messages::Asked;
use crate::options::{DatabaseKind, Options, Part};
use crate::pages;
use crate::program::{Account, Loaded, Program, Server};
use crate::soap::{self, Call, Numbers, Seen};
use crate::table::{Goal, Row, Table, rounded};

/// Numbers of clients of the web service.
const CLIENT_COUNTS: [usize; 3] = [1, 32, 64];
/// Clients that ask.
const ASKING_CLIENTS: usize = 32;
/// Questions that arrive in a second where it is measured how long they wait: one a day about each of thirty million people.
const ARRIVING_QUESTIONS: u32 = 350;

/// Runs the story and adds its rows.
///
/// # Errors
/// When the program or the database fails.
pub(crate) fn measure(
    options: &Options,
    program: &Program,
    kind: DatabaseKind,
    folder: &Path,
    table: &mut Table,
) -> anyhow::Result<()> {
    let name = kind.name();
    eprintln!("On {name}");
    let folder = tempfile::Builder::new().prefix("registry-").tempdir_in(folder)?;
    let Some(home) = Home::new(kind, folder.path())? else {
        table.note(format!("{name} is left out: this machine lacks it."));
        return Ok(());
    };
    let mut story = Story { options, program, home, name, table, messages: 0, known_people: 0 };
    let account = program.settle(&story.home)?;
    story.tell_start()?;
    let loaded = story.load(options.messages)?;
    let byte_count = story.home.byte_count()?;
    if options.has(Part::Reforecast) {
        story.tell_reforecast()?;
    }
    if ![Part::Load, Part::Files, Part::Soap, Part::Query, Part::Pages].into_iter().any(|part| options.has(part)) {
        return Ok(());
    }
    let bare = story.write_bare()?;
    story.tell_rival();
    if options.has(Part::Load) {
        story.tell_load(&loaded, byte_count, &bare);
    }
    if options.has(Part::Files) {
        story.exchange(&bare)?;
    }
    if options.has(Part::Soap) || options.has(Part::Query) || options.has(Part::Pages) {
        let server = program.serve(&story.home)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(story.call(&server, &account, &bare))?;
        server.stop()?;
    }
    Ok(())
}

struct Story<'s> {
    options: &'s Options,
    program: &'s Program,
    home: Home,
    name: &'static str,
    table: &'s mut Table,
    /// Messages so far; they are numbered as they come.
    messages: u64,
    /// People that the messages so far are about; they are numbered as they come.
    known_people: u64,
}

impl Story<'_> {
    fn tell_start(&mut self) -> anyhow::Result<()> {
        let server = self.program.serve(&self.home)?;
        let (started_in, memory) = (server.started_in.as_secs_f64(), server.memory().resident);
        server.stop()?;
        let size = std::fs::metadata(&self.program.path)?.len();
        self.figure("size of the program", megabytes(size), size as f64 / 1e6, Goal::AtMost(30.0));
        self.figure("start, empty registry", format!("{started_in:.3} s"), started_in, Goal::AtMost(0.2));
        self.figure("memory, empty registry at rest", megabytes(memory), memory as f64 / 1e6, Goal::AtMost(50.0));
        Ok(())
    }

    /// Twice: into empty tables, and over the forecasts of the first round.
    fn tell_reforecast(&mut self) -> anyhow::Result<()> {
        for round in ["first round", "next round"] {
            let done = self.program.reforecast(&self.home)?;
            let per_second = done.people as f64 / done.seconds.max(f64::EPSILON);
            let work = format!("{} people forecast anew, {round}", done.people);
            self.figure(&work, format!("{per_second:.0} people/s"), per_second, Goal::Noted);
        }
        Ok(())
    }

    /// A file of messages that are new.
    fn write_file(&mut self, count: u64) -> anyhow::Result<PathBuf> {
        let file = self.home.folder.join("batch.hl7");
        self.known_people = batch_file::write(&file, self.messages, count, self.known_people, self.options.new_people)
            .context("write the batch file")?;
        self.messages += count;
        Ok(file)
    }

    fn load(&mut self, count: u64) -> anyhow::Result<Loaded> {
        let file = self.write_file(count)?;
        let before = self.home.message_count()?;
        let loaded = self.program.load(&self.home, &file)?;
        std::fs::remove_file(&file)?;
        let stored = self.home.message_count()? - before;
        ensure!(loaded.summary.messages == count && stored == count, "of {count} messages {stored} were stored");
        eprintln!(
            "  loaded {count} messages in {:.2} s, {} without a warning",
            loaded.took.as_secs_f64(),
            loaded.summary.accepted()
        );
        Ok(loaded)
    }

    fn write_bare(&mut self) -> anyhow::Result<Vec<Pace>> {
        let copy = self.home.copy()?;
        self.load(self.options.bare_messages * RUNS.len() as u64)?;
        copy.write_bare(&self.home, self.options.bare_messages)
    }

    fn tell_rival(&mut self) {
        let runs = RUNS.map(|connections| connections.to_string())[1..].join(", ");
        self.table.note(format!(
            "Bare {}: the rows that the registry wrote, one durable transaction a message, prepared statements, no HTTP, no \
             parsing, no matching; the best of {runs} connections.",
            self.name
        ));
    }

    fn tell_load(&mut self, loaded: &Loaded, byte_count: u64, bare: &[Pace]) {
        let count = loaded.summary.messages;
        let per_second = count as f64 / loaded.took.as_secs_f64();
        let best = best(bare);
        let work = format!("batch file, {count} VXU");
        self.compare(
            &work,
            rate(per_second),
            self.bare_in_words(best),
            rate(best.per_second),
            per_second / best.per_second,
            Goal::Ratio(4.0),
        );
        let goal = if self.name == DatabaseKind::Sqlite.name() { 8_000.0 } else { 12_000.0 };
        self.figure(&work, rate(per_second), per_second, Goal::AtLeast(goal));
        let memory = loaded.peak_memory;
        self.figure(&format!("{work}: peak memory"), megabytes(memory), memory as f64 / 1e6, Goal::AtMost(300.0));
        let kilobytes = byte_count as f64 / count as f64 / 1e3;
        self.figure(
            "disk per VXU, original and indexes",
            format!("{} KB", rounded(kilobytes)),
            kilobytes,
            Goal::AtMost(0.8),
        );
    }

    /// A file from its upload to its results.
    fn exchange(&mut self, bare: &[Pace]) -> anyhow::Result<()> {
        let count = self.options.file_messages;
        let file = self.write_file(count)?;
        let megabytes_of_file = std::fs::metadata(&file)?.len() as f64 / 1e6;
        let before = self.home.message_count()?;
        let taken = self.program.put_file(&self.home, &file)?;
        std::fs::remove_file(&file)?;
        let processed = self.program.process_files(&self.home)?;
        let stored = self.home.message_count()? - before;
        ensure!(stored == count, "of {count} messages in a file {stored} were stored");
        let (per_second, best) = (count as f64 / processed.took.as_secs_f64(), best(bare));
        let work = format!("file exchange, {count} VXU");
        self.compare(
            &work,
            rate(per_second),
            self.bare_in_words(best),
            rate(best.per_second),
            per_second / best.per_second,
            Goal::RatioNoted,
        );
        let memory = processed.peak_memory;
        self.figure(&format!("{work}: peak memory"), megabytes(memory), memory as f64 / 1e6, Goal::AtMost(300.0));
        let seconds = taken.as_secs_f64();
        let taking = format!("{} s, {} MB/s", rounded(seconds), rounded(megabytes_of_file / seconds));
        self.figure(&format!("{work}: taken for good"), taking, seconds, Goal::Noted);
        Ok(())
    }

    async fn call(&mut self, server: &Server, account: &Account, bare: &[Pace]) -> anyhow::Result<()> {
        let numbers = Arc::new(Numbers::after(self.messages, self.known_people));
        if self.options.has(Part::Soap) {
            self.report(server, account, &numbers, bare).await?;
        }
        if self.options.has(Part::Query) {
            self.ask(server, account, &numbers).await?;
        }
        if self.options.has(Part::Pages) {
            self.look(server).await?;
        }
        Ok(())
    }

    async fn look(&mut self, server: &Server) -> anyhow::Result<()> {
        let mut seen = pages::see(server.address, self.known_people).await?;
        let weight = seen.first_view_bytes as f64 / 1e3;
        self.figure("first view of a page, transferred", format!("{weight:.0} KB"), weight, Goal::AtMost(100.0));
        let people = self.known_people;
        for (what, times, goal) in [("find a person", &mut seen.find, 50.0), ("open a record", &mut seen.person, 30.0)]
        {
            let slowest = pages::slowest_twentieth(times);
            let work = format!("{what} on a page, p95 of {people} people");
            self.figure(&work, milliseconds(slowest), slowest.as_secs_f64() * 1e3, Goal::AtMost(goal));
        }
        Ok(())
    }

    async fn report(
        &mut self,
        server: &Server,
        account: &Account,
        numbers: &Arc<Numbers>,
        bare: &[Pace],
    ) -> anyhow::Result<()> {
        let call = Call::Report(account.clone());
        for clients in CLIENT_COUNTS {
            let seen = self.seen(server, &call, numbers, clients, soap::Pace::Answered).await?;
            let work = format!("VXU over SOAP, {clients} clients");
            if clients == 1 {
                let alone = &bare[0];
                let ratio = seen.median.as_secs_f64() / alone.median.as_secs_f64();
                let rival = self.bare_in_words(alone);
                self.compare(
                    "VXU over SOAP, 1 client",
                    milliseconds(seen.median),
                    rival,
                    milliseconds(alone.median),
                    ratio,
                    Goal::RatioAtMost(1.5),
                );
            } else {
                let best = best(bare);
                let goal = if clients == 64 { Goal::Ratio(2.5) } else { Goal::RatioNoted };
                let ours = format!(
                    "{}, p50 {}, p99 {}",
                    rate(seen.per_second),
                    milliseconds(seen.median),
                    milliseconds(seen.slowest_percent)
                );
                self.compare(
                    &work,
                    ours,
                    self.bare_in_words(best),
                    rate(best.per_second),
                    seen.per_second / best.per_second,
                    goal,
                );
            }
        }
        let memory = server.memory().peak;
        self.figure("memory of the server under load", megabytes(memory), memory as f64 / 1e6, Goal::Noted);
        Ok(())
    }

    async fn ask(&mut self, server: &Server, account: &Account, numbers: &Arc<Numbers>) -> anyhow::Result<()> {
        let echoed = self.seen(server, &Call::Echo, numbers, ASKING_CLIENTS, soap::Pace::Answered).await?;
        let live = self.seen(server, &Call::Live, numbers, ASKING_CLIENTS, soap::Pace::Answered).await?;
        for (asked, profile) in [(Asked::History, "Z34"), (Asked::Forecast, "Z44")] {
            let call = Call::Ask(account.clone(), asked);
            let seen = self.seen(server, &call, numbers, ASKING_CLIENTS, soap::Pace::Answered).await?;
            let work = format!("QBP {profile} over SOAP, {ASKING_CLIENTS} clients");
            let ratio = seen.per_second / echoed.per_second;
            let rival = "the same server echoing".to_owned();
            self.compare(&work, rate(seen.per_second), rival, rate(echoed.per_second), ratio, Goal::Ratio(0.5));
            let slowest = seen.slowest_percent.as_secs_f64() * 1e3;
            let people = self.known_people;
            let work = format!("{work}: p99 of {people} people");
            self.figure(&work, milliseconds(seen.slowest_percent), slowest, Goal::AtMost(10.0));
            let pace = soap::Pace::Arriving(ARRIVING_QUESTIONS);
            let seen = self.seen(server, &call, numbers, ASKING_CLIENTS, pace).await?;
            let slowest = seen.slowest_percent.as_secs_f64() * 1e3;
            let work = format!("QBP {profile} over SOAP, {ARRIVING_QUESTIONS}/s arriving: p99 of {people} people");
            self.figure(&work, milliseconds(seen.slowest_percent), slowest, Goal::AtMost(10.0));
        }
        let ratio = echoed.per_second / live.per_second;
        self.compare(
            "SOAP echo",
            rate(echoed.per_second),
            "/livez".into(),
            rate(live.per_second),
            ratio,
            Goal::RatioNoted,
        );
        Ok(())
    }

    async fn seen(
        &mut self,
        server: &Server,
        call: &Call,
        numbers: &Arc<Numbers>,
        clients: usize,
        pace: soap::Pace,
    ) -> anyhow::Result<Seen> {
        let before = server.processor_time();
        let duration = Duration::from_secs(self.options.seconds);
        let seen = soap::call(server.address, call, numbers, clients, pace, duration).await?;
        let busy = (server.processor_time() - before).as_secs_f64() * 1e6 / seen.answers.max(1) as f64;
        eprintln!("  {clients} clients: {:.0} answers/s, {busy:.0} us of the server's processor each", seen.per_second);
        if let Some(first) = &seen.first_other {
            self.table.note(format!(
                "{}, number of clients {clients}: {} answers beside {} were not the plain good one; the first: {first:?}.",
                self.name, seen.others, seen.answers
            ));
        }
        Ok(seen)
    }

    fn compare(&mut self, work: &str, ours: String, rival: String, theirs: String, figure: f64, goal: Goal) {
        let work = format!("{}: {work}", self.name);
        self.table.add(Row { work, rival, ours, theirs, figure, goal });
    }

    fn figure(&mut self, work: &str, ours: String, figure: f64, goal: Goal) {
        self.compare(work, ours, String::new(), String::new(), figure, goal);
    }

    fn bare_in_words(&self, pace: &Pace) -> String {
        let plural = if pace.connections == 1 { "" } else { "s" };
        format!("bare {}, {} connection{plural}", self.name, pace.connections)
    }
}

/// The number of connections at which the bare database did best.
fn best(bare: &[Pace]) -> &Pace {
    let faster = |left: &&Pace, right: &&Pace| left.per_second.total_cmp(&right.per_second);
    bare.iter().max_by(faster).expect("several numbers of connections are tried")
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.0}/s")
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", rounded(time.as_secs_f64() * 1e3))
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", rounded(bytes as f64 / 1e6))
}
