//! The commands, one a file.

mod account;
mod audit;
mod background;
mod backup;
mod codes;
mod completions;
mod copy;
mod data_fix;
mod demo;
pub(crate) mod destroy;
mod doctor;
mod explain;
mod file;
mod forecast;
mod load;
mod maintenance;
pub(crate) mod matching;
mod messages;
mod migrate;
mod notice;
mod organization;
mod profile;
mod query;
pub(crate) mod reforecast;
mod review;
mod schedule;
mod serve;
mod submit;
mod subscription;

use clap::{Parser, Subcommand};
use model::{Caller, OrganizationId, Standing};
use registry::{Admission, Registry};

use crate::ending::{EXIT_CODES, Ending, Failure};
use crate::{logging, world};

/// Bluebonnet, an open immunization information system.
///
/// Every command works on the registry in --data (or BLUEBONNET_DATA), by default the folder bluebonnet-data here.
#[derive(Debug, Parser)]
#[command(name = "bluebonnet", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    Migrate(migrate::Migrate),
    Submit(submit::Submit),
    Query(query::Query),
    Load(load::Load),
    Explain(explain::Explain),
    Copy(copy::Copy),
    #[command(subcommand)]
    Backup(backup::Backup),
    #[command(subcommand)]
    Organization(organization::Organization),
    #[command(subcommand)]
    Account(account::Account),
    #[command(subcommand)]
    Maintenance(maintenance::Maintenance),
    #[command(subcommand)]
    Codes(codes::Codes),
    #[command(subcommand)]
    File(file::File),
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    #[command(subcommand)]
    Notice(notice::Notice),
    #[command(subcommand)]
    DataFix(data_fix::DataFix),
    Messages(messages::Messages),
    Audit(audit::Audit),
    #[command(subcommand)]
    Match(matching::Match),
    #[command(subcommand)]
    Review(review::Review),
    Destroy(destroy::Destroy),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Profile(profile::Profile),
    Forecast(forecast::Forecast),
    #[command(subcommand)]
    Schedule(schedule::Schedule),
    Reforecast(reforecast::Reforecast),
    Completions(completions::Completions),
}

impl Program {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        world::check_rehearsal().map_err(Failure::Usage)?;
        // Commands that do not serve speak on standard output; the log has only what must be told.
        if !matches!(self.command, Command::Serve(_) | Command::Demo(_)) {
            logging::begin_quietly();
        }
        match self.command {
            Command::Serve(command) => command.run(),
            Command::Demo(command) => command.run(),
            Command::Migrate(command) => command.run(),
            Command::Submit(command) => command.run(),
            Command::Query(command) => command.run(),
            Command::Load(command) => command.run(),
            Command::Explain(command) => command.run(),
            Command::Copy(command) => command.run(),
            Command::Backup(command) => command.run(),
            Command::Organization(command) => command.run(),
            Command::Account(command) => command.run(),
            Command::Maintenance(command) => command.run(),
            Command::Codes(command) => command.run(),
            Command::File(command) => command.run(),
            Command::Subscription(command) => command.run(),
            Command::Notice(command) => command.run(),
            Command::DataFix(command) => command.run(),
            Command::Messages(command) => command.run(),
            Command::Audit(command) => command.run(),
            Command::Match(command) => command.run(),
            Command::Review(command) => command.run(),
            Command::Destroy(command) => command.run(),
            Command::Doctor(command) => command.run(),
            Command::Profile(command) => command.run(),
            Command::Forecast(command) => command.run(),
            Command::Schedule(command) => command.run(),
            Command::Reforecast(command) => command.run(),
            Command::Completions(command) => command.run(),
        }
    }
}

/// Writes down what an operator changed, in the name of the organization concerned.
pub(crate) fn record(
    registry: &Registry,
    admission: &Admission,
    organization_id: OrganizationId,
    organization_code: &str,
    what: String,
) -> Result<(), Failure> {
    let operator = Caller {
        account_id: None,
        username: "operator".to_owned(),
        organization_id,
        organization_code: organization_code.to_owned(),
        standing: Standing::Operator,
    };
    runtime()?.block_on(registry.record_administration(admission, &operator, world::now(), what))?;
    Ok(())
}

/// A runtime for one command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
