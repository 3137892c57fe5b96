//! The program `bluebonnet` as a release build, run as its operators run it. The only file that knows its command line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;

use crate::databases::Home;
use crate::machine::{self, Memory};
use crate::options::Options;
use crate::repository;

/// The organization in whose name everything comes, as the messages name it in MSH-4.
const ORGANIZATION: &str = "CLINIC-4411";
const USERNAME: &str = "benchmark-ehr";
pub(crate) const PASSWORD: &str = "a password for benchmarks only";
/// Who looks at pages.
pub(crate) const NURSE: &str = "benchmark-nurse";
/// A jurisdiction where nobody has to consent first, so that every message is stored.
pub(crate) const PROFILE: &str = "profiles/example.toml";
/// How often the memory of a running load is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Credentials of the web service.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) facility_id: String,
}

/// The program.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
}

/// What a load did.
pub(crate) struct Loaded {
    pub(crate) took: Duration,
    /// What the program itself says, without the time to open the registry.
    pub(crate) summary: LoadSummary,
    pub(crate) peak_memory: u64,
}

/// How a command went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub(crate) took: Duration,
    pub(crate) peak_memory: u64,
}

/// What `load --json` prints, as far as it is used.
#[derive(Deserialize)]
pub(crate) struct LoadSummary {
    pub(crate) messages: u64,
    files: Vec<LoadedFile>,
}

/// What `reforecast --json` prints, as far as it is used.
#[derive(Deserialize)]
pub(crate) struct Reforecast {
    pub(crate) people: u64,
    pub(crate) seconds: f64,
}

#[derive(Deserialize)]
struct LoadedFile {
    acknowledgments: Acknowledgments,
}

#[derive(Deserialize)]
struct Acknowledgments {
    #[serde(rename = "AA")]
    accepted: u64,
}

impl LoadSummary {
    /// Messages that were stored without a warning.
    pub(crate) fn accepted(&self) -> u64 {
        self.files.iter().map(|file| file.acknowledgments.accepted).sum()
    }
}

/// Builds the program, unless one was given.
///
/// # Errors
/// When it does not compile.
pub(crate) fn build(options: &Options) -> anyhow::Result<Program> {
    if let Some(path) = &options.program {
        return Ok(Program { path: path.clone() });
    }
    // Under `cargo run` this names the same cargo.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--package", "bluebonnet"])
        .current_dir(repository())
        .status()
        .context("run cargo")?;
    ensure!(built.success(), "the program does not compile");
    let beside_us = std::env::current_exe()?.with_file_name("bluebonnet");
    Ok(Program { path: beside_us })
}

impl Program {
    /// Makes a registry with one organization and its account.
    ///
    /// # Errors
    /// When the program refuses.
    pub(crate) fn settle(&self, home: &Home) -> anyhow::Result<Account> {
        let profile = repository().join(PROFILE).display().to_string();
        self.run(home, &["migrate", "--profile", &profile], "")?;
        self.run(home, &["organization", "add", ORGANIZATION, "Benchmark Clinic", "--kind", "clinic"], "")?;
        self.run(home, &["account", "add", USERNAME, "--organization", ORGANIZATION, "--password-stdin"], PASSWORD)?;
        let nurse = ["--kind", "web_user", "--role", "full_access_clinician"];
        let add = ["account", "add", NURSE, "--organization", ORGANIZATION, "--password-stdin"];
        self.run(home, &[add.as_slice(), nurse.as_slice()].concat(), PASSWORD)?;
        Ok(Account { username: USERNAME.into(), password: PASSWORD.into(), facility_id: ORGANIZATION.into() })
    }

    /// Begins a maintenance window now, and gives its number.
    ///
    /// # Errors
    /// When the program refuses.
    pub(crate) fn begin_window(&self, home: &Home) -> anyhow::Result<String> {
        #[expect(clippy::disallowed_methods, reason = "the window ends some time after the measurement")]
        let end = jiff::Zoned::now().saturating_add(jiff::ToSpan::days(2)).strftime("%Y-%m-%d %H:%M").to_string();
        let mut command = Command::new(&self.path);
        command.args(["maintenance", "plan", "--start", "now", "--end", &end, "--by", "IT", "--json"]);
        command.args(home.arguments());
        let output = command.output().context("start the program")?;
        let planned: serde_json::Value = serde_json::from_slice(&output.stdout).context("plan a window")?;
        let number = planned["number"].as_str().context("a window has a number")?.to_owned();
        self.run(home, &["maintenance", "announce", &number], "")?;
        Ok(number)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the program refuses.
    pub(crate) fn complete_window(&self, home: &Home, number: &str) -> anyhow::Result<()> {
        self.run(home, &["maintenance", "complete", number], "")
    }

    fn run(&self, home: &Home, arguments: &[&str], input: &str) -> anyhow::Result<()> {
        let mut command = Command::new(&self.path);
        command.args(arguments).args(home.arguments());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("start the program")?;
        child.stdin.take().context("standard input is a pipe")?.write_all(input.as_bytes())?;
        ensure!(child.wait()?.success(), "`bluebonnet {}` failed", arguments.join(" "));
        Ok(())
    }

    /// Loads a file.
    ///
    /// # Errors
    /// When the program fails.
    pub(crate) fn load(&self, home: &Home, file: &Path) -> anyhow::Result<Loaded> {
        let mut command = Command::new(&self.path);
        command.arg("load").arg(file).args(["--organization", ORGANIZATION, "--json"]).args(home.arguments());
        let (output, Watched { took, peak_memory }) = watch(command)?;
        let summary = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`bluebonnet load` ended with {} and no summary", output.status))?;
        Ok(Loaded { took, summary, peak_memory })
    }

    /// Takes a file into the spool for good; gives how long that took.
    ///
    /// # Errors
    /// When the program fails.
    pub(crate) fn put_file(&self, home: &Home, file: &Path) -> anyhow::Result<Duration> {
        let mut command = Command::new(&self.path);
        command.args(["file", "put"]).arg(file).args(["--organization", ORGANIZATION]).args(home.arguments());
        let (output, watched) = watch(command)?;
        ensure!(output.status.success(), "`bluebonnet file put` ended with {}", output.status);
        Ok(watched.took)
    }

    /// Processes the files that wait, to their results.
    ///
    /// # Errors
    /// When the program fails.
    pub(crate) fn process_files(&self, home: &Home) -> anyhow::Result<Watched> {
        let mut command = Command::new(&self.path);
        command.args(["file", "process"]).args(home.arguments());
        let (output, watched) = watch(command)?;
        ensure!(output.status.success(), "`bluebonnet file process` ended with {}", output.status);
        Ok(watched)
    }

    /// Forecasts everybody anew.
    ///
    /// # Errors
    /// When the program fails.
    pub(crate) fn reforecast(&self, home: &Home) -> anyhow::Result<Reforecast> {
        let mut command = Command::new(&self.path);
        let output = command.args(["reforecast", "--anew", "--json"]).args(home.arguments()).output()?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`bluebonnet reforecast` ended with {} and no summary", output.status))
    }

    /// Starts a server on a free port, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn serve(&self, home: &Home) -> anyhow::Result<Server> {
        let begun = Instant::now();
        let mut child = Command::new(&self.path)
            .args(["serve", "--http", "127.0.0.1:0"])
            .args(home.arguments())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("start the program")?;
        let output = child.stdout.take().context("standard output is a pipe")?;
        let mut lines = BufReader::new(output).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening http://")?.trim().parse().ok());
        let started_in = begun.elapsed();
        let Some(address) = address else {
            child.kill()?;
            return Err(anyhow!("the server ended before it listened: {}", child.wait()?));
        };
        // The rest of its output goes nowhere, but the pipe must stay open.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Server { child, address, started_in })
    }
}

/// Runs a command to its end, and looks at its memory meanwhile.
fn watch(mut command: Command) -> anyhow::Result<(Output, Watched)> {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("start the program")?;
    let mut peak_memory = 0;
    let took = loop {
        if child.try_wait()?.is_some() {
            break begun.elapsed();
        }
        peak_memory = machine::memory_of(child.id()).map_or(peak_memory, |memory| peak_memory.max(memory.peak));
        std::thread::sleep(LOOK_EVERY);
    };
    Ok((child.wait_with_output()?, Watched { took, peak_memory }))
}

/// A running server; ends with its owner.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start until it listened.
    pub(crate) started_in: Duration,
}

impl Server {
    /// What it takes of the machine's memory.
    pub(crate) fn memory(&self) -> Memory {
        machine::memory_of(self.child.id()).unwrap_or_default()
    }

    /// Processor time of the server so far, its own and the kernel's for it.
    pub(crate) fn processor_time(&self) -> Duration {
        machine::processor_time_of(self.child.id())
    }

    /// Tells it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it did not end well.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
