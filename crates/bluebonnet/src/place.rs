//! Where a registry is: its data folder, its database, its profile; and how a command opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use model::OrganizationId;
use registry::setup::{self, Database, DatabaseOptions, DatabaseUrl, Migrated};
use registry::{Admission, Options, Profile, Registry};
use uuid::Uuid;

use crate::commands::record;
use crate::ending::Failure;
use crate::{limits, world};

/// The profile of a registry that was given none.
pub(crate) const BUILT_IN_PROFILE: &str = include_str!("../../../profiles/texas.toml");
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
    /// The jurisdiction's profile; without it the one that the registry was last served with, or else the built-in one
    #[arg(long, value_name = "FILE", env = "BLUEBONNET_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
}

/// Whether a registry must be there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Presence {
    /// A new one is made where there is none.
    MayBeNew,
    /// A mistyped place is refused.
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

    /// Opens the database and brings its schema up to this program's.
    pub(crate) fn open_database(&self, node: &str, presence: Presence) -> Result<(Database, Migrated), Failure> {
        let url = self.url()?;
        if let (Presence::MayBeNew, None, DatabaseUrl::Sqlite(_)) = (presence, &self.database, &url) {
            make_folder(&self.data)?;
        }
        open_database(&url, node, presence)
    }

    /// Whether there is a registry that a command could work on; a server is taken at its word.
    pub(crate) fn has_registry(&self) -> Result<bool, Failure> {
        Ok(match self.url()? {
            DatabaseUrl::Sqlite(path) => is_there(&path)?,
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
        let (database, migrated) = self.open_database(&node.name, presence)?;
        let (profile, replaced) = self.profile(&database, presence)?;
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
        if let Some(replaced) = replaced {
            let what = format!("put the profile {} in the place of {replaced}", registry.profile().registry.short_name);
            tracing::warn!(what, "the rules of the registry changed");
            record(&registry, &admit(&registry)?, OrganizationId(Uuid::nil()), "", what)?;
        }
        Ok(Opened { registry, database, migrated, lanes })
    }

    /// The profile for a program without a database: the one given, or the one in the state file, or the built-in one.
    pub(crate) fn profile_without_database(&self, stored: Option<&str>) -> Result<Profile, Failure> {
        match &self.profile {
            Some(path) => Ok(Profile::parse(&read_text(path)?)?),
            None => Ok(Profile::parse(stored.unwrap_or(BUILT_IN_PROFILE))?),
        }
    }

    /// The text of the profile in use, for programs without a database.
    pub(crate) fn profile_text(&self, registry: &Registry) -> Result<String, Failure> {
        let stored = registry.stored_profile()?;
        Ok(stored.unwrap_or_else(|| BUILT_IN_PROFILE.to_owned()))
    }

    /// The profile in use: the one given, the one kept in the registry, or the built-in one; and the name of the one that it
    /// replaced. Only what may make a registry keeps the one given; a command must not judge by other rules than the server.
    fn profile(&self, database: &Database, presence: Presence) -> Result<(Profile, Option<String>), Failure> {
        let stored = setup::stored_profile(database)?;
        let in_use = stored.as_deref().unwrap_or(BUILT_IN_PROFILE);
        let given = self.profile.as_ref().map(|path| read_text(path)).transpose()?;
        let is_other = given.as_ref().is_some_and(|given| given != in_use);
        match (given, presence) {
            (Some(_), Presence::Required) if is_other => Err(Failure::Refused(format!(
                "the registry works by another profile ({}) than the one given; leave --profile out, or put the one given in \
                 its place with `bluebonnet migrate --profile FILE` or `bluebonnet serve --profile FILE`",
                Profile::parse(in_use)?.registry.short_name
            ))),
            (Some(given), Presence::MayBeNew) => {
                let replaced = stored.filter(|_| is_other).map(|stored| Profile::parse(&stored)).transpose()?;
                let replaced = replaced.map(|profile| profile.registry.short_name);
                Ok((setup::keep_profile(database, &given)?, replaced))
            }
            _ => Ok((Profile::parse(in_use)?, None)),
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

/// Opens a database and brings its schema up to this program's.
pub(crate) fn open_database(
    url: &DatabaseUrl,
    node: &str,
    presence: Presence,
) -> Result<(Database, Migrated), Failure> {
    match (presence, url) {
        (Presence::Required, DatabaseUrl::Sqlite(path)) if !is_there(path)? => return Err(no_registry(url)),
        (Presence::MayBeNew, DatabaseUrl::Sqlite(path)) if !is_there(path)? => make_file(path)?,
        _ => {}
    }
    let options = DatabaseOptions { node: node.to_owned(), readers: usual_readers(), ..DatabaseOptions::default() };
    let database = Database::open(url, &options)?;
    if presence == Presence::Required && database.schema_version()? == 0 {
        return Err(no_registry(url));
    }
    let migrated = database.migrate()?;
    Ok((database, migrated))
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

/// Makes an empty database file, for its owner alone; SQLite gives the files beside it the same rights.
pub(crate) fn make_file(path: &Path) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(())
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
