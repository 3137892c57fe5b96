//! By which profile a registry works: the one that it keeps, or the first one where it never was given any. The one that comes
//! with a command is that of a new registry, or the very same: only `bluebonnet profile use` puts another in its place.

use registry::setup::{self, Database};
use registry::{Profile, Registry, RegistryError};

use crate::ending::Failure;
use crate::place::Presence;

/// The profile of a registry that was given none.
pub(crate) const BUILT_IN_PROFILE: &str = include_str!("../../../profiles/texas.toml");

/// The text of the profile that a registry works by.
pub(crate) fn text_in_use(registry: &Registry) -> Result<String, RegistryError> {
    Ok(registry.stored_profile()?.unwrap_or_else(|| BUILT_IN_PROFILE.to_owned()))
}

/// Refuses another profile than the one that the registry works by, unless there is nobody in the registry yet. `version` is
/// that of its schema, which may be older than this program's.
pub(crate) fn check(database: &Database, version: i64, given: &str) -> Result<(), Failure> {
    if version == 0 {
        return Ok(());
    }
    let stored = setup::stored_profile(database)?;
    let in_use = stored.as_deref().unwrap_or(BUILT_IN_PROFILE);
    // Whoever looks at a registry of an older schema may find tables otherwise: somebody is in it.
    let is_new = || Ok::<bool, Failure>(version == Database::SCHEMA_VERSION && database.organizations()?.is_empty());
    if Profile::is_same(in_use, given) || stored.is_none() && is_new()? {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "the registry works by another profile ({}) than the one given ({}): leave --profile out, or name another place with \
         --data or --database. If its rules are meant to change, say so with `bluebonnet profile use FILE`",
        in_words(&Profile::parse(in_use)?),
        in_words(&Profile::parse(given)?)
    )))
}

/// The profile to work by. A registry that keeps none keeps the one given, where it may be a new one.
pub(crate) fn settle(database: &Database, given: Option<&str>, presence: Presence) -> Result<Profile, Failure> {
    match (setup::stored_profile(database)?, given) {
        (Some(stored), _) => Ok(Profile::parse(&stored)?),
        (None, Some(given)) if presence == Presence::MayBeNew => Ok(setup::keep_profile(database, given)?),
        (None, _) => Ok(Profile::parse(BUILT_IN_PROFILE)?),
    }
}

/// `TXIIS, opt_in`: its name, and what it says of consent.
pub(crate) fn in_words(profile: &Profile) -> String {
    format!("{}, {}", profile.registry.short_name, profile.consent.policy.word())
}
