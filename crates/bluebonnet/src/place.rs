//! Where a registry is: its data folder, its database, its profile; and how a command opens it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use registry::setup::{self, Database, DatabaseOptions, DatabaseUrl, Migrated};
use registry::{Admission, Options, Profile, Registry};

use crate::ending::Failure;
use crate::kept_profile::{self, BUILT_IN_PROFILE};
use crate::ownership::{self, folder_of};
use crate::{limits, world};

/// The SQLite file in a data folder.
const DATABASE_FILE: &str = "registry.db";
/// The name under which commands write their audit lines; servers have names of their own.
const COMMAND_NODE: &str = "command";

/// Where the registry is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Place {
    /// The registry's folder; its SQLite database is registry.db in there
    #[arg(long, value_name = "DIR", default_value = "bluebonnet-data", env = "BLUEBONNET_DATA")]
    pub(crate) data: PathBuf,
    /// Another database: postgres://user:password@host/name, or the path of a SQLite file
    #[arg(long, value_name = "URL", env = "BLUEBONNET_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// The jurisdiction's profile, for a new registry; one that is there keeps its own, and refuses another
    #[arg(long, value_name = "FILE", env = "BLUEBONNET_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
}

/// Whether a registry must be there already, as this program works with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Presence {
    /// A new one is made where there is none, and one of an older program is brought to this one's schema.
    MayBeNew,
    /// A mistyped place is refused, and so is a registry of another schema: nobody migrates by looking.
    Required,
}

/// How a registry is opened to be worked on.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The node's name, in the names of its audit chains.
    pub(crate) name: String,
    /// Intake lanes; `None` for as many as the database makes use of.
    pub(crate) lanes: Option<usize>,
}

impl Node {
    /// The node of a command.
    pub(crate) fn command() -> Node {
        Node { name: COMMAND_NODE.to_owned(), lanes: None }
    }
}

impl Place {
    /// The URL of the database, as it may be given to [`open_database`].
    pub(crate) fn url(&self) -> Result<DatabaseUrl, Failure> {
        match &self.database {
            Some(url) => Ok(DatabaseUrl::parse(url)?),
            None => Ok(DatabaseUrl::Sqlite(self.data.join(DATABASE_FILE))),
        }
    }

    /// The text of the profile that was given, if it is one that can be used.
    pub(crate) fn given_profile(&self) -> Result<Option<String>, Failure> {
        let given = self.profile.as_ref().map(|path| read_text(path)).transpose()?;
        given.as_deref().map(Profile::parse).transpose()?;
        Ok(given)
    }

    /// Opens the database as [`open_database`] does. A profile that its registry does not work by is refused before the
    /// schema is touched.
    pub(crate) fn open_database(
        &self,
        node: &str,
        presence: Presence,
        given: Option<&str>,
    ) -> Result<(Database, Migrated), Failure> {
        let url = self.url()?;
        if let (Presence::MayBeNew, None, DatabaseUrl::Sqlite(_)) = (presence, &self.database, &url) {
            make_folder(&self.data)?;
        }
        let (database, version) = connect(&url, node, presence)?;
        if let Some(given) = given {
            kept_profile::check(&database, version, given)?;
        }
        bring_to_schema(&url, database, version, presence)
    }

    /// Whether there is a registry that a command could work on; a server is taken at its word.
    pub(crate) fn has_registry(&self) -> Result<bool, Failure> {
        Ok(match self.url()? {
            DatabaseUrl::Sqlite(path) => is_there(&path)? || is_there(&restoring_folder(&path))?,
            DatabaseUrl::Postgres(_) => true,
        })
    }

    /// Opens the registry for a command that works on an existing one.
    pub(crate) fn open(&self) -> Result<Registry, Failure> {
        self.open_as(&Node::command(), Presence::Required).map(|opened| opened.registry)
    }

    /// Opens the registry, or makes one.
    pub(crate) fn open_as(&self, node: &Node, presence: Presence) -> Result<Opened, Failure> {
        let url = self.url()?;
        // What is wrong with it is said before anything is changed.
        let given = self.given_profile()?;
        let (database, migrated) = self.open_database(&node.name, presence, given.as_deref())?;
        let profile = kept_profile::settle(&database, given.as_deref(), presence)?;
        let codes = setup::load_code_sets(&database)?;
        let lanes = match (&url, node.lanes) {
            (_, Some(lanes)) => lanes.clamp(1, limits::LANES_MAXIMUM),
            // They decide side by side, but SQLite has one writer: more would only wait for each other.
            (DatabaseUrl::Sqlite(_), None) => SQLITE_LANES,
            (DatabaseUrl::Postgres(_), None) => usual_lanes(),
        };
        let options = Options { lanes, secret: world::random_bytes() };
        let registry = Registry::open(database.clone(), profile, Arc::clone(&codes), &options)?;
        registry.gate().set_clock(world::now);
        registry.refresh_windows(world::now())?;
        Ok(Opened { registry, database, migrated, lanes })
    }

    /// The profile for a program without a database: the one given, or the one in the state file, or the built-in one.
    pub(crate) fn profile_without_database(&self, stored: Option<&str>) -> Result<Profile, Failure> {
        match &self.profile {
            Some(path) => Ok(Profile::parse(&read_text(path)?)?),
            None => Ok(Profile::parse(stored.unwrap_or(BUILT_IN_PROFILE))?),
        }
    }
}

/// A registry that was opened, with what was seen on the way.
pub(crate) struct Opened {
    pub(crate) registry: Registry,
    pub(crate) database: Database,
    pub(crate) migrated: Migrated,
    pub(crate) lanes: usize,
}

/// Opens a database. Where it may be new, its schema is brought up to this program's; else it must be of that already.
pub(crate) fn open_database(
    url: &DatabaseUrl,
    node: &str,
    presence: Presence,
) -> Result<(Database, Migrated), Failure> {
    let (database, version) = connect(url, node, presence)?;
    bring_to_schema(url, database, version, presence)
}

/// Opens a database, and tells the version of its schema. Where it may be new, an empty file is made for one.
fn connect(url: &DatabaseUrl, node: &str, presence: Presence) -> Result<(Database, i64), Failure> {
    let path = match url {
        DatabaseUrl::Sqlite(path) => Some(path),
        DatabaseUrl::Postgres(_) => None,
    };
    if let Some(path) = path {
        check_not_restoring(path)?;
        match (presence, is_there(path)?) {
            (_, true) => {}
            (Presence::Required, false) => return Err(no_registry(url)),
            (Presence::MayBeNew, false) => make_file(path)?,
        }
    }
    let file = path.map(|path| which_file(path)).transpose()?;
    let options = DatabaseOptions { node: node.to_owned(), readers: usual_readers(), ..DatabaseOptions::default() };
    let database = Database::open(url, &options)?;
    let version = database.schema_version()?;
    // Whoever has read from it keeps a restore from it. One that was faster has put another file there.
    if let Some(path) = path {
        check_not_restoring(path)?;
        if file != Some(which_file(path)?) {
            return Err(is_restored(path));
        }
    }
    Ok((database, version))
}

/// Brings the schema up to this program's where the registry may be new; else it must be of that already.
fn bring_to_schema(
    url: &DatabaseUrl,
    database: Database,
    version: i64,
    presence: Presence,
) -> Result<(Database, Migrated), Failure> {
    if presence == Presence::Required {
        require_schema(url, version)?;
        return Ok((database, Migrated { from: version, to: version, applied: Vec::new() }));
    }
    let migrated = database.migrate()?;
    // One that was a backup is worked on from now on.
    if database.written_row_counts()?.is_some() {
        database.forget_row_counts()?;
    }
    Ok((database, migrated))
}

/// Opens a database of this program's schema to read from, and changes nothing of it: it may lie on a medium that cannot be
/// written to.
pub(crate) fn open_to_read(url: &DatabaseUrl) -> Result<Database, Failure> {
    if let DatabaseUrl::Sqlite(path) = url {
        check_not_restoring(path)?;
        if !is_there(path)? {
            return Err(no_registry(url));
        }
    }
    let options = DatabaseOptions { node: COMMAND_NODE.to_owned(), ..DatabaseOptions::default() };
    let database = Database::open_to_inspect(url, &options)?;
    require_schema(url, database.schema_version()?)?;
    Ok(database)
}

/// Refuses a place without a registry, and one of an older program.
fn require_schema(url: &DatabaseUrl, version: i64) -> Result<(), Failure> {
    match version {
        0 => Err(no_registry(url)),
        Database::SCHEMA_VERSION => Ok(()),
        older => Err(Failure::Refused(format!(
            "the registry at {url} has schema {older}, and this program works with schema {}: `bluebonnet migrate` brings it \
             there, and `serve` does at its start; programs of before cannot work with it then",
            Database::SCHEMA_VERSION
        ))),
    }
}

/// The file that a path leads to, whether it is there or not.
pub(crate) fn real_file(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // So many links the system follows.
    for _ in 0..40 {
        match (std::fs::canonicalize(&path), std::fs::read_link(&path)) {
            (Ok(real), _) => return real,
            (Err(_), Ok(to)) => path = folder_of(&path).join(to),
            (Err(_), Err(_)) => break,
        }
    }
    path
}

/// The folder beside a SQLite file that stands there while another is put in its place.
pub(crate) fn restoring_folder(path: &Path) -> PathBuf {
    real_file(path).with_added_extension("restoring")
}

/// Refuses a file whose registry is not whole, or is about to be another.
fn check_not_restoring(path: &Path) -> Result<(), Failure> {
    match is_there(&restoring_folder(path))? {
        true => Err(is_restored(path)),
        false => Ok(()),
    }
}

fn is_restored(path: &Path) -> Failure {
    Failure::Refused(format!(
        "a backup is being put in the place of {}, or that broke off: if it broke off, run `bluebonnet backup restore` again, \
         which loses nothing; with a FILE that is not there it only ends what broke off",
        path.display()
    ))
}

/// The system's number of the file that stands there now.
fn which_file(path: &Path) -> Result<(u64, u64), Failure> {
    let found = std::fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
    Ok((found.dev(), found.ino()))
}

/// Whether a file is there: one in a folder that may not be looked into is no file that is missing.
pub(crate) fn is_there(path: &Path) -> Result<bool, Failure> {
    Ok(path.try_exists().with_context(|| format!("cannot look for {}", path.display()))?)
}

/// Work for one command, let in by the gate.
pub(crate) fn admit(registry: &Registry) -> Result<Admission, Failure> {
    registry
        .gate()
        .admit(model::Channel::CommandLine)
        .map_err(|closed| Failure::Refused(format!("the registry is closed: {}", closed.sentence)))
}

/// Reads a text file; `-` is standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|_| Failure::Refused(format!("{} is not UTF-8 text", path.display())))
}

/// Reads a file; `-` is standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
        } else {
            std::fs::read(path)
        }
    };
    Ok(read().with_context(|| format!("cannot read {}", path.display()))?)
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    // A new folder is for its owner alone: it will hold health records.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?)
}

/// Makes an empty database file; SQLite gives the files beside it the same owner and rights.
fn make_file(path: &Path) -> Result<(), Failure> {
    match ownership::create(&real_file(path)) {
        // Somebody else was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => Ok(made.map(drop).with_context(|| format!("cannot make {}", path.display()))?),
    }
}

fn no_registry(url: &DatabaseUrl) -> Failure {
    Failure::Refused(format!(
        "there is no registry at {url}; `bluebonnet serve`, `migrate` or `demo` makes one, --data and --database say where"
    ))
}

/// While one writes, the other decides.
const SQLITE_LANES: usize = 2;

/// One for each core, to decide what may be shown.
fn usual_readers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    cores.clamp(*limits::READERS.start(), *limits::READERS.end())
}

/// Two lanes saturate PostgreSQL on two cores; beyond four the database is the limit.
fn usual_lanes() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4))
}
