//! `bluebonnet organization`: organizations and their sites.

use clap::{Args, Subcommand};
use model::OrganizationId;
use registry::{NewOrganization, Registry};
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::world;

/// Adds, lists and deactivates organizations and their sites
#[derive(Debug, Subcommand)]
pub(crate) enum Organization {
    Add(Add),
    List(List),
    /// Stops an organization: its programs and people are shut out, those of its sites are not; a running node takes it up
    /// within seconds
    #[command(after_help = "Examples:\n  bluebonnet organization deactivate LAKE2001")]
    Deactivate(Switch),
    /// Lets a deactivated organization send and ask again; a running node takes it up within seconds
    #[command(after_help = "Examples:\n  bluebonnet organization activate LAKE2001")]
    Activate(Switch),
    TimeZone(TimeZone),
}

/// Adds an organization, or a site of one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet organization add LAKE2000 \"Lakeside Pediatrics\" --kind clinic\n  bluebonnet organization add LAKE2001 \"Lakeside Pediatrics, North\" --kind clinic --parent LAKE2000 --alias 1.2.3.4"
)]
pub(crate) struct Add {
    /// The code under which its messages come (MSH-4, MSH-22); unique without case
    code: String,
    /// Its name
    name: String,
    /// What it is: clinic, hospital, pharmacy, health_department, health_center, school, child_care, health_plan,
    /// health_information_exchange or registry
    #[arg(long, value_parser = parse_kind)]
    kind: model::OrganizationKind,
    /// The code of the organization that it is a site of
    #[arg(long, value_name = "CODE")]
    parent: Option<String>,
    /// Another name under which its messages come; may be given several times
    #[arg(long, value_name = "NAME")]
    alias: Vec<String>,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Lists organizations and their sites
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet organization list\n  \
                  bluebonnet organization list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Which organization is deactivated or activated.
#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// The organization's code
    code: String,
    #[command(flatten)]
    place: Place,
}

/// Says by which clocks an organization and its sites go: they are told the times of maintenance by these, too
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet organization time-zone LOAK2000 America/Denver")]
pub(crate) struct TimeZone {
    /// The organization's code
    code: String,
    /// The zone, by its IANA name
    zone: String,
    #[command(flatten)]
    place: Place,
}

fn parse_kind(word: &str) -> Result<model::OrganizationKind, String> {
    model::OrganizationKind::parse(&word.replace('-', "_")).ok_or_else(|| {
        let words: Vec<&str> = model::OrganizationKind::ALL.iter().map(|kind| kind.word()).collect();
        format!("the kinds are {}", words.join(", "))
    })
}

impl Organization {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Organization::Add(command) => command.run(),
            Organization::List(command) => command.run(),
            Organization::Deactivate(command) => command.run(false),
            Organization::Activate(command) => command.run(true),
            Organization::TimeZone(command) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let new = NewOrganization {
            id: OrganizationId(world::new_id()),
            code: self.code,
            name: self.name,
            kind: self.kind,
            parent_code: self.parent,
            aliases: self.alias,
        };
        let added = registry.add_organization(&admission, new)?;
        super::record(&registry, &admission, added.id, &added.code, format!("added organization {}", added.code))?;
        if self.json {
            print_json(&added)?;
        } else {
            print_line(&format!("added {} ({})", added.code, added.name))?;
        }
        Ok(Ending::Well)
    }
}

impl TimeZone {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.set_organization_time_zone(&admission, &self.code, &self.zone)?;
        let known = registry.known_organization(&admission, &self.code)?;
        let what = format!("set the time zone of {} to {}", known.code, self.zone);
        super::record(&registry, &admission, known.id, &known.code, what)?;
        print_line(&format!("{} goes by the clocks of {}", self.code, self.zone))?;
        Ok(Ending::Well)
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let organizations = registry.organizations(&place::admit(&registry)?);
        let code_of = |id| organizations.iter().find(|known| Some(known.id) == id).map(|known| known.code.as_str());
        if self.json {
            let list: Vec<_> = organizations
                .iter()
                .map(|known| {
                    json!({
                        "id": known.id.to_string(),
                        "code": known.code,
                        "name": known.name,
                        "kind": known.kind.word(),
                        "parent": code_of(known.parent_id),
                        "aliases": known.aliases,
                        "is_active": known.is_active,
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["CODE", "NAME", "KIND", "SITE OF", "ALIASES", "STATE"]);
        for known in &organizations {
            table.row([
                known.code.clone(),
                known.name.clone(),
                known.kind.word().to_owned(),
                code_of(known.parent_id).unwrap_or_default().to_owned(),
                known.aliases.join(" "),
                if known.is_active { "active" } else { "deactivated" }.to_owned(),
            ]);
        }
        table.print_or("no organization yet")?;
        Ok(Ending::Well)
    }
}

impl Switch {
    fn run(self, is_active: bool) -> Result<Ending, Failure> {
        let registry: Registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.set_organization_active(&admission, &self.code, is_active)?;
        let word = if is_active { "activated" } else { "deactivated" };
        let organizations = registry.organizations(&admission);
        if let Some(known) = organizations.iter().find(|known| known.code.eq_ignore_ascii_case(&self.code)) {
            super::record(&registry, &admission, known.id, &known.code, format!("{word} organization {}", known.code))?;
        }
        print_line(&format!("{word} {}", self.code))?;
        if !is_active {
            tell_sites(&organizations, &self.code)?;
        }
        Ok(Ending::Well)
    }
}

/// Names the active sites below an organization that was stopped: each is stopped by itself.
fn tell_sites(organizations: &[model::Organization], code: &str) -> Result<(), Failure> {
    let mut above: Vec<OrganizationId> =
        organizations.iter().filter(|known| known.code.eq_ignore_ascii_case(code)).map(|known| known.id).collect();
    let mut open = Vec::new();
    while let Some(id) = above.pop() {
        for site in organizations.iter().filter(|known| known.parent_id == Some(id)) {
            above.push(site.id);
            open.extend(site.is_active.then_some(site.code.as_str()));
        }
    }
    if !open.is_empty() {
        open.sort_unstable();
        print_line(&format!("its sites go on until they are deactivated, too: {}", open.join(", ")))?;
    }
    Ok(())
}
