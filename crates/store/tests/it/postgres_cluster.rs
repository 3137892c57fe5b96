//! A private PostgreSQL server for tests: its own cluster in a temporary folder, on a free port of the loopback,
//! stopped when dropped. Needs only the standard library and `tempfile`.
//!
//! Other packages include it as a module: `#[path = "../../../store/tests/it/postgres_cluster.rs"] mod
//! postgres_cluster;`

#![allow(dead_code, reason = "each user needs another part")]

use std::io::{Error, Result};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to start or stop.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where distributions keep the programs, besides the search path and what `pg_config` says.
const DISTRIBUTION_FOLDER: &str = "/usr/lib/postgresql";

/// A running server.
pub(crate) struct PostgresCluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    database_count: AtomicU32,
}

/// A server, or why there is none.
pub(crate) enum Availability {
    /// It runs.
    Running(PostgresCluster),
    /// The programs are not installed: tests skip, and say so.
    NotInstalled(String),
}

impl PostgresCluster {
    /// Starts a server with these settings (`["shared_buffers=1GB"]`), everything durable as by default. Without
    /// PostgreSQL on this machine it gives the reason; with `CI=true` in the environment that is a failure.
    pub(crate) fn start(settings: &[&str]) -> Result<Availability> {
        PostgresCluster::start_with_files(settings, &[])
    }

    /// The same, with these files (name and content) beside its configuration, for nobody else to read.
    pub(crate) fn start_with_files(settings: &[&str], files: &[(&str, &str)]) -> Result<Availability> {
        let Some(programs) = find_programs() else {
            let reason = "PostgreSQL is not installed: no initdb by pg_config, on PATH or in /usr/lib/postgresql/*/bin";
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}, but CI needs it");
            return Ok(Availability::NotInstalled(reason.to_owned()));
        };
        let folder = tempfile::Builder::new().prefix("postgres-cluster-").tempdir()?;
        if is_root() {
            run(Command::new("chown").arg(UNPRIVILEGED).arg(folder.path()))?;
        }
        let cluster = PostgresCluster { port: free_port()?, folder, programs, database_count: AtomicU32::new(0) };
        let data = cluster.data();
        run(cluster
            .program("initdb")
            .args(["--no-sync", "--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--pgdata={}", data.display())))?;
        let mut lines = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\nlogging_collector = off\n",
            cluster.port,
            cluster.folder.path().display(),
        );
        for (name, value) in settings.iter().filter_map(|setting| setting.split_once('=')) {
            lines.push_str(&format!("{name} = '{value}'\n"));
        }
        // The file belongs to the unprivileged user; appending to it as root is fine.
        let configuration = data.join("postgresql.conf");
        std::fs::write(&configuration, std::fs::read_to_string(&configuration)? + &lines)?;
        for (name, content) in files {
            let path = data.join(name);
            std::fs::write(&path, content)?;
            run(Command::new("chmod").arg("600").arg(&path))?;
            if is_root() {
                run(Command::new("chown").arg(UNPRIVILEGED).arg(&path))?;
            }
        }
        cluster.start_server()?;
        Ok(Availability::Running(cluster))
    }

    /// Makes a new, empty database and gives its URL.
    pub(crate) fn new_database(&self) -> Result<String> {
        let name = format!("test_{}", self.database_count.fetch_add(1, Ordering::Relaxed));
        run(self.program("createdb").args([
            "--host=127.0.0.1",
            &format!("--port={}", self.port),
            "--username=tester",
            &name,
        ]))?;
        Ok(format!("postgres://tester@127.0.0.1:{}/{name}", self.port))
    }

    /// Starts the server, after a stop or a crash.
    pub(crate) fn start_server(&self) -> Result<()> {
        let log = self.folder.path().join("server.log");
        let started = Instant::now();
        let result =
            run(self.pg_ctl("start").arg("--wait").arg("--timeout=60").arg(format!("--log={}", log.display())));
        match result {
            Ok(()) => Ok(()),
            Err(error) if started.elapsed() < PATIENCE => {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                Err(Error::other(format!("{error}\n{log}")))
            }
            Err(error) => Err(error),
        }
    }

    /// Kills the server as a power failure would: nothing is written any more, the next start recovers.
    pub(crate) fn crash(&self) -> Result<()> {
        run(self.pg_ctl("stop").args(["--mode=immediate", "--wait"]))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn pg_ctl(&self, verb: &str) -> Command {
        let mut command = self.program("pg_ctl");
        command.arg(verb).arg("--silent").arg(format!("--pgdata={}", self.data().display()));
        command
    }

    /// A program of PostgreSQL, as a user whom it does not refuse.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = match is_root() {
            false => Command::new(path),
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", UNPRIVILEGED, "--"]).arg(path);
                command
            }
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        // The folder goes next, so what is not written does not matter.
        if let Err(error) = self.crash() {
            eprintln!("could not stop the PostgreSQL server of this test: {error}");
        }
    }
}

/// The user as whom root runs the server.
const UNPRIVILEGED: &str = "nobody";

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The folder with `initdb` and its siblings.
fn find_programs() -> Option<PathBuf> {
    let told = Command::new("pg_config").arg("--bindir").output().ok();
    let told = told.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| real_folder(&folder));
    let mut versions: Vec<PathBuf> = std::fs::read_dir(DISTRIBUTION_FOLDER)
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let is_complete = |folder: &PathBuf| ["initdb", "pg_ctl", "createdb"].iter().all(|name| folder.join(name).exists());
    told.into_iter().chain(on_path).chain(versions.into_iter().rev()).find(is_complete)
}

/// The folder that the `initdb` of a folder really is in: links to it may stand alone.
fn real_folder(folder: &Path) -> PathBuf {
    let initdb = folder.join("initdb").canonicalize();
    initdb.ok().and_then(|initdb| initdb.parent().map(Path::to_path_buf)).unwrap_or_else(|| folder.to_path_buf())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn run(command: &mut Command) -> Result<()> {
    // The server inherits what `pg_ctl` has: with a pipe we would wait until it ends.
    let is_start = command.get_args().any(|argument| argument == "start");
    let output = match is_start {
        true => Output {
            status: command.stdout(Stdio::null()).stderr(Stdio::null()).status()?,
            stdout: Vec::new(),
            stderr: Vec::new(),
        },
        false => command.output()?,
    };
    match output.status.success() {
        true => Ok(()),
        false => {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(Error::other(format!("{command:?} failed with {}: {words}", output.status)))
        }
    }
}
