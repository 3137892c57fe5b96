//! `bluebonnet profile`: the jurisdiction's profile.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::place;
use crate::tables::{print_json, print_line};

/// Checks profiles of jurisdictions
#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    Check(Check),
}

/// Reads a profile and says whether it can be used; the exit code is 1 if not
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet profile check profiles/texas.toml")]
pub(crate) struct Check {
    /// The profile, a TOML file; - is standard input
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Profile {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Profile::Check(command) => command.run(),
        }
    }
}

impl Check {
    fn run(self) -> Result<Ending, Failure> {
        let profile = match registry::Profile::parse(&place::read_text(&self.file)?) {
            Ok(profile) => profile,
            Err(error) if self.json => {
                print_json(&json!({ "is_usable": false, "error": error.to_string() }))?;
                return Ok(Ending::Findings);
            }
            Err(error) => return Err(error.into()),
        };
        if self.json {
            print_json(&json!({
                "is_usable": true,
                "name": profile.registry.name,
                "time_zone": profile.registry.time_zone,
                "consent_kinds": profile.consent.kinds.keys().collect::<Vec<_>>(),
                "consent_codes": profile.consent.codes.keys().collect::<Vec<_>>(),
                "events": profile.consent.events.iter().map(|event| &event.name).collect::<Vec<_>>(),
            }))?;
            return Ok(Ending::Well);
        }
        let words = |keys: Vec<&String>| keys.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        print_line(&format!("{} can be used.", self.file.display()))?;
        print_line(&format!("  registry       {}, {}", profile.registry.name, profile.registry.time_zone))?;
        print_line(&format!("  consent        {}", profile.consent.policy.word()))?;
        print_line(&format!("  kinds          {}", words(profile.consent.kinds.keys().collect())))?;
        print_line(&format!("  codes          {}", words(profile.consent.codes.keys().collect())))?;
        print_line(&format!("  events         {}", words(profile.consent.events.iter().map(|e| &e.name).collect())))?;
        Ok(Ending::Well)
    }
}
