//! `bluebonnet profile`: the jurisdiction's profile, and the way to put another in its place.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::OrganizationId;
use registry::ConsentPolicy;
use registry::setup;
use serde_json::json;
use uuid::Uuid;

use crate::ending::{Ending, Failure};
use crate::kept_profile::{self, in_words};
use crate::place::{self, Node, Opened, Place, Presence};
use crate::tables::{print_json, print_line};

/// Checks profiles of jurisdictions, shows the one in use, and puts another in its place
#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    Check(Check),
    Show(Show),
    Use(Use),
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

/// Prints the profile that the registry works by
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet profile show > in-use.toml\n  bluebonnet profile show | diff - mine.toml"
)]
pub(crate) struct Show {
    #[command(flatten)]
    place: Place,
}

/// Puts another profile in the place of the one that the registry works by
///
/// The rules of the registry change with it: whose records are kept, what is answered, how people are told apart. Nodes that
/// serve go by the new ones when they are started again. The change is written into the audit trail.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet profile use mine.toml\n  bluebonnet profile use profiles/example.toml --consent opt_out"
)]
pub(crate) struct Use {
    /// The profile, a TOML file; - is standard input
    file: PathBuf,
    /// The consent policy of the profile, needed where the registry's own is another: opt_in, opt_out or mandatory
    #[arg(long, value_name = "POLICY", value_parser = parse_policy)]
    consent: Option<ConsentPolicy>,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_policy(word: &str) -> Result<ConsentPolicy, String> {
    let policy = ConsentPolicy::parse(&word.replace('-', "_"));
    policy.ok_or_else(|| "the policies are opt_in, opt_out and mandatory".to_owned())
}

impl Profile {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Profile::Check(command) => command.run(),
            Profile::Show(command) => command.run(),
            Profile::Use(command) => command.run(),
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

impl Show {
    fn run(self) -> Result<Ending, Failure> {
        print_line(kept_profile::text_in_use(&self.place.open()?)?.trim_end())?;
        Ok(Ending::Well)
    }
}

impl Use {
    fn run(self) -> Result<Ending, Failure> {
        let text = place::read_text(&self.file)?;
        let new = registry::Profile::parse(&text)?;
        // One that was given for all commands is not the one to begin with here.
        let place = Place { profile: None, ..self.place };
        let Opened { registry, database, .. } = place.open_as(&Node::command(), Presence::Required)?;
        let (old, policy) = (registry.profile(), new.consent.policy);
        let is_changed = !registry::Profile::is_same(&kept_profile::text_in_use(&registry)?, &text);
        match self.consent {
            Some(said) if said != policy => {
                let (said, policy) = (said.word(), policy.word());
                return Err(Failure::Refused(format!("the profile given says {policy}, and not {said}")));
            }
            None if policy != old.consent.policy => {
                return Err(Failure::Refused(format!(
                    "the profile given says {0}, and the registry works by {1}: whose records are kept and shown would be \
                     decided otherwise from now on. If that is meant, say --consent {0}",
                    policy.word(),
                    old.consent.policy.word()
                )));
            }
            _ => {}
        }
        if is_changed {
            // Written down first: a change that nobody finds in the trail is worse than an order that broke off.
            let what = format!("put the profile {} in the place of {}", in_words(&new), in_words(old));
            let admission = place::admit(&registry)?;
            super::record(&registry, &admission, OrganizationId(Uuid::nil()), "", what)?;
        }
        setup::keep_profile(&database, &text)?;
        if self.json {
            let name = &new.registry.name;
            print_json(&json!({ "is_changed": is_changed, "name": name, "consent": policy.word() }))?;
        } else if is_changed {
            print_line(&format!("the registry works by {} in the place of {}", in_words(&new), in_words(old)))?;
            print_line("Nodes that serve go by it when they are started again: until then they go by the one before.")?;
        } else {
            print_line(&format!("the registry works by {} already", in_words(&new)))?;
        }
        Ok(Ending::Well)
    }
}
