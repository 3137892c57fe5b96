//! What happens around a registry, before it is opened or beside it: its database is found, migrated and copied; its
//! profile and its code tables are kept in the database, so that every node and every command goes by the same ones.

use std::sync::Arc;

use codes::{CodeSetKind, CodeSets, CodeTexts, ImportFile, ImportInput};
use jiff::Timestamp;

use crate::{Profile, ProfileError, RegistryError};

pub use crate::backups::{note_restored, read_backup};
pub use codes::{Change as CodeChange, Difference as CodeDifference};
pub use store::{
    AuditRecord, Database, DatabaseUrl, DoseReviewState, KnownMessage, Merge, MessageFilter, Migrated, NodeName,
    Options as DatabaseOptions, ReviewDecided, ReviewDecision, ReviewOpened, Statistics, StoreError, TakenFile,
    TakenServer,
};

/// The setting that holds the profile's text.
const PROFILE_SETTING: &str = "profile";
/// Settings that hold imported code tables begin so; time of import and file name follow.
const CODES_SETTING: &str = "codes/";
/// Code tables kept at most, one a file and import.
const CODE_TABLES_MAXIMUM: usize = 200;

/// What is kept in the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A code table that was imported.
    #[error("an imported code table cannot be used: {0}")]
    CodeTable(#[from] codes::TableError),
    /// Lists of codes that were to be imported.
    #[error(transparent)]
    Import(#[from] codes::ImportError),
    /// Too many imports.
    #[error("there are {CODE_TABLES_MAXIMUM} imported code tables already")]
    TooManyTables,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SetupError> for RegistryError {
    fn from(error: SetupError) -> RegistryError {
        match error {
            SetupError::Store(error) => error.into(),
            other => RegistryError::Refused(other.to_string()),
        }
    }
}

/// One code table that an operator brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedTable {
    /// When, as it was noted.
    pub imported_at: String,
    /// Which table (`cvx.txt`).
    pub file_name: String,
    /// Its lines that are no comments.
    pub code_count: usize,
}

/// The profile's text as the database keeps it; `None` when it keeps none.
///
/// # Errors
/// When the database cannot be read.
pub fn stored_profile(database: &Database) -> Result<Option<String>, StoreError> {
    database.setting(PROFILE_SETTING)
}

/// Keeps a profile's text for all nodes and commands that are given none, after checking it.
///
/// # Errors
/// When the profile cannot be used, or the database cannot be written.
pub fn keep_profile(database: &Database, text: &str) -> Result<Profile, SetupError> {
    let profile = Profile::parse(text)?;
    if stored_profile(database)?.as_deref() != Some(text) {
        database.set_setting(PROFILE_SETTING, text)?;
    }
    Ok(profile)
}

/// The code tables in use: those of the program, and over them those that were imported, oldest first.
///
/// # Errors
/// When the database cannot be read, or one of its tables cannot be used.
pub fn load_code_sets(database: &Database) -> Result<Arc<CodeSets>, SetupError> {
    let layers = stored_layers(database)?;
    if layers.is_empty() {
        return Ok(CodeSets::builtin().clone());
    }
    let layers: Vec<CodeTexts> = layers.into_iter().map(|layer| layer.texts).collect();
    Ok(Arc::new(CodeSets::from_texts(&layers)?))
}

/// The code tables that were imported, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub fn imported_tables(database: &Database) -> Result<Vec<ImportedTable>, StoreError> {
    let layers = stored_layers(database)?;
    let tables = layers.into_iter().map(|Layer { imported_at, kind, texts }| ImportedTable {
        imported_at,
        file_name: kind.file_name().to_owned(),
        code_count: texts.text(kind).lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).count(),
    });
    Ok(tables.collect())
}

/// Reads lists of codes as CDC publishes them, given by name and content, and tells what they change; nothing is kept
/// yet.
///
/// # Errors
/// When a line was not understood, or the database cannot be read.
pub fn read_code_lists(database: &Database, files: &[(String, Vec<u8>)]) -> Result<codes::Imported, SetupError> {
    let current = load_code_sets(database)?;
    let files: Vec<ImportFile<'_>> = files.iter().map(|(name, content)| ImportFile { name, content }).collect();
    Ok(codes::import(&ImportInput { files: &files, current: &current })?)
}

/// Keeps imported tables. A running node takes them up when it starts again.
///
/// # Errors
/// When the tables cannot be used together with those already there, or the database cannot be written.
pub fn keep_code_tables(database: &Database, imported: &codes::Imported, at: Timestamp) -> Result<(), SetupError> {
    let mut layers: Vec<CodeTexts> = stored_layers(database)?.into_iter().map(|layer| layer.texts).collect();
    if layers.len() + CodeSetKind::ALL.len() > CODE_TABLES_MAXIMUM {
        return Err(SetupError::TooManyTables);
    }
    layers.push(imported.texts.clone());
    CodeSets::from_texts(&layers)?;
    for kind in CodeSetKind::ALL {
        let text = imported.texts.text(kind);
        if !text.is_empty() {
            database.set_setting(&format!("{CODES_SETTING}{at:.6}/{}", kind.file_name()), text)?;
        }
    }
    Ok(())
}

/// One imported table as the database keeps it.
struct Layer {
    imported_at: String,
    kind: CodeSetKind,
    texts: CodeTexts,
}

fn stored_layers(database: &Database) -> Result<Vec<Layer>, StoreError> {
    let mut settings = database.settings()?;
    settings.sort();
    let layers = settings.into_iter().filter_map(|(key, text)| {
        let (imported_at, file_name) = key.strip_prefix(CODES_SETTING)?.split_once('/')?;
        let kind = CodeSetKind::ALL.into_iter().find(|kind| kind.file_name() == file_name)?;
        let mut texts = CodeTexts::default();
        texts.set(kind, text);
        Some(Layer { imported_at: imported_at.to_owned(), kind, texts })
    });
    Ok(layers.collect())
}
