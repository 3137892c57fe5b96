//! The program `bluebonnet`, run on a registry of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use crate::postgres_cluster::{Availability, PostgresCluster};

/// A registry's place: a folder, and a database that may be elsewhere.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    database: Option<String>,
    _cluster: Option<Arc<PostgresCluster>>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Ran {
    /// What it printed as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Insists on an exit code.
    pub(crate) fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Runs a test on an empty place for each database.
pub(crate) fn on_each_database(test: impl Fn(&Home)) {
    test(&Home::on_sqlite());
    if let Some(home) = Home::on_postgres() {
        test(&home);
    }
}

impl Home {
    pub(crate) fn on_sqlite() -> Home {
        Home { folder: folder(), database: None, _cluster: None }
    }

    /// `None`, after saying so, where PostgreSQL is not installed.
    pub(crate) fn on_postgres() -> Option<Home> {
        let cluster = shared_cluster()?;
        let database = cluster.new_database().expect("a new database can be made");
        Some(Home { folder: folder(), database: Some(database), _cluster: Some(cluster) })
    }

    /// A registry with a clinic, LAKE2000, and its site LAKE2001.
    pub(crate) fn settle(&self) {
        self.run(&["migrate"]).expect(0);
        self.run(&["organization", "add", "LAKE2000", "Lakeside Pediatrics", "--kind", "clinic"]).expect(0);
        let site = ["organization", "add", "LAKE2001", "Lakeside North", "--kind", "clinic", "--parent", "LAKE2000"];
        self.run(&site).expect(0);
    }

    /// A web-service account of LAKE2000; gives its password.
    pub(crate) fn add_account(&self, username: &str) -> String {
        let added = self.run(&["account", "add", username, "--organization", "LAKE2000", "--json"]).expect(0).json();
        added["password"].as_str().expect("the password is told").to_owned()
    }

    /// Where the database is, for `copy`.
    pub(crate) fn url(&self) -> String {
        self.database.clone().unwrap_or_else(|| self.folder.path().join("registry.db").display().to_string())
    }

    /// An emergency window of two hours, as a draft; gives its number.
    #[expect(clippy::disallowed_methods, reason = "an emergency begins now, by the clock of the program")]
    pub(crate) fn plan_emergency(&self, more: &[&str]) -> String {
        let end = (Timestamp::now() + SignedDuration::from_hours(2)).strftime("%F %H:%M").to_string();
        let plan =
            ["maintenance", "plan", "--emergency", "--start", "now", "--end", &end, "--zone", "UTC", "--by", "IT"];
        let planned = self.run(&[&plan[..], &["--json"], more].concat()).expect(0).json();
        planned["number"].as_str().expect("a number").to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs a command on this registry.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, b"")
    }

    /// The same, with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut pipe = child.stdin.take().expect("standard input is a pipe");
        // A command that refuses its arguments ends without reading.
        let _ = pipe.write_all(input);
        drop(pipe);
        ran(child.wait_with_output().expect("the program ends"))
    }

    /// Starts `serve` on a free port.
    pub(crate) fn serve(&self, more: &[&str]) -> Server {
        let arguments = [&["serve", "--http", "127.0.0.1:0"], more].concat();
        Server::start(self.command(&arguments))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).env("BLUEBONNET_DATA", self.folder.path());
        if let Some(database) = &self.database {
            command.env("BLUEBONNET_DATABASE", database);
        }
        command
    }
}

/// The program, with no settings from the environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bluebonnet"));
    for name in ["DATA", "DATABASE", "PROFILE", "HTTP", "NODE", "LOG", "LOG_FILTER"] {
        command.env_remove(format!("BLUEBONNET_{name}"));
    }
    command
}

/// Runs the program without a registry.
pub(crate) fn run(arguments: &[&str], in_folder: &Path) -> Ran {
    ran(program().args(arguments).current_dir(in_folder).output().expect("the program starts"))
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A running server; killed with its owner.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it printed before it listened.
    pub(crate) greeting: String,
}

impl Server {
    /// Starts a command that serves, and waits for its line `listening`.
    pub(crate) fn start(mut command: Command) -> Server {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let mut greeting = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening http://") {
                let address = address.parse().expect("the address is printed");
                std::thread::spawn(move || lines.for_each(drop));
                return Server { child, address, greeting };
            }
            greeting.push_str(&line);
            greeting.push('\n');
        }
        panic!("the server ended with {:?} before it listened: {greeting}", child.wait());
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
    }

    /// Waits for its end; gives the exit code.
    pub(crate) fn wait(mut self) -> i32 {
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }

    /// Ends it as a failing machine would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it ends");
    }

    pub(crate) fn stop(self) -> i32 {
        self.terminate();
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `wait` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("bluebonnet-").tempdir().expect("a temporary folder can be made")
}

/// The server that all tests running now share; the last to end stops it.
fn shared_cluster() -> Option<Arc<PostgresCluster>> {
    static CLUSTER: Mutex<Weak<PostgresCluster>> = Mutex::new(Weak::new());
    let mut shared = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = shared.upgrade() {
        return Some(cluster);
    }
    match PostgresCluster::start(&["max_connections=200"]).expect("an installed PostgreSQL can be started") {
        Availability::Running(cluster) => {
            let cluster = Arc::new(cluster);
            *shared = Arc::downgrade(&cluster);
            Some(cluster)
        }
        Availability::NotInstalled(reason) => {
            println!("skipped on PostgreSQL: {reason}");
            None
        }
    }
}
