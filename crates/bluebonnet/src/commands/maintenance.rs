//! `bluebonnet maintenance`: windows in which doors are closed.

mod orders;
mod pass;
mod plan;
mod report;
mod show;

use clap::Subcommand;
use model::{Caller, MaintenanceWindow, OrganizationId, Standing, WallTime, WindowId};
use registry::{Admission, Registry};
use uuid::Uuid;

use crate::ending::{Ending, Failure};
use crate::place::Place;
use crate::state_file::StateFile;
use crate::{kept_profile, world};

/// Plans, announces, extends and ends maintenance windows
#[derive(Debug, Subcommand)]
pub(crate) enum Maintenance {
    Plan(plan::Plan),
    Announce(orders::Announce),
    Start(orders::Start),
    Reschedule(orders::Reschedule),
    Extend(orders::Extend),
    Verify(orders::Verify),
    Complete(orders::Complete),
    Cancel(orders::Cancel),
    List(show::List),
    Status(show::Status),
    Report(report::Report),
    Pass(pass::Pass),
}

impl Maintenance {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Maintenance::Plan(command) => command.run(),
            Maintenance::Announce(command) => command.run(),
            Maintenance::Start(command) => command.run(),
            Maintenance::Reschedule(command) => command.run(),
            Maintenance::Extend(command) => command.run(),
            Maintenance::Verify(command) => command.run(),
            Maintenance::Complete(command) => command.run(),
            Maintenance::Cancel(command) => command.run(),
            Maintenance::List(command) => command.run(),
            Maintenance::Status(command) => command.run(),
            Maintenance::Report(command) => command.run(),
            Maintenance::Pass(command) => command.run(),
        }
    }
}

/// Reads a time, for clap.
fn parse_time(text: &str) -> Result<WallTime, String> {
    WallTime::parse(text).map_err(|error| error.to_string())
}

/// The operator at the command line, who acts for the registry itself.
pub(super) fn operator() -> Caller {
    Caller {
        account_id: None,
        username: "operator".to_owned(),
        organization_id: OrganizationId(Uuid::nil()),
        organization_code: String::new(),
        standing: Standing::Operator,
    }
}

/// The window that an operator means: by its number, or the beginning of it.
fn find(registry: &Registry, admission: &Admission, number: &str) -> Result<MaintenanceWindow, Failure> {
    if let Ok(id) = number.parse::<WindowId>() {
        return Ok(registry.window(admission, id)?);
    }
    let number = number.to_ascii_uppercase();
    let mut found: Vec<MaintenanceWindow> = registry.windows(admission)?;
    found.retain(|window| window.id.number().starts_with(&number));
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::Refused(format!("there is no maintenance window {number}; `maintenance list` shows all"))),
        count => Err(Failure::Refused(format!("{count} maintenance windows begin with {number}; write more of it"))),
    }
}

/// Tells every process that works on this data folder what the windows are now.
fn tell(place: &Place, registry: &Registry) -> Result<(), Failure> {
    let windows = registry.refresh_windows(world::now())?;
    Ok(StateFile::of(&place.data).write(&kept_profile::text_in_use(registry)?, &windows)?)
}

/// The same by a command that only looks, where processes of this data folder go by a state file: orders that were given on
/// another data folder are taken over from the database. Whoever may not write the file may look all the same.
pub(super) fn tell_again(place: &Place, registry: &Registry) {
    let told = match StateFile::of(&place.data).replaced_at() {
        Some(_) => tell(place, registry),
        None => Ok(()),
    };
    if told.is_err() {
        eprintln!("bluebonnet: the state file in {} could not be brought up to date", place.data.display());
    }
}
