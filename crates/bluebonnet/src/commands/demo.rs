//! `bluebonnet demo`: a registry to try, with people in it.

use std::path::PathBuf;

use clap::Args;
use model::counted;

use super::load::{print_summary, progress_bar};
use super::serve::NodeSettings;
use crate::demonstration::{self, Credentials};
use crate::ending::{Ending, Failure};
use crate::logging::Logging;
use crate::maintenance_watch::MaintenanceWatch;
use crate::place::{self, Opened, Place, Presence};
use crate::serving::{Bound, Serving};
use crate::spooling::SpoolSettings;
use crate::tables::print_line;
use crate::times::moment_of_text;
use crate::{limits, measurements, node_name, world};
use model::counted_people;

/// Makes a registry to try, with organizations, accounts and synthetic people, and serves it
///
/// The people's histories come in as HL7 messages, through the intake like anybody's. A registry that holds the
/// demonstration already is kept as it is, and only served.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    spool: SpoolSettings,
    #[command(flatten)]
    node: NodeSettings,
    /// How many people
    #[arg(long, value_name = "N", default_value = "2000", value_parser = clap::value_parser!(u32).range(1..=limits::DEMONSTRATION_PEOPLE_MAXIMUM as i64))]
    people: u32,
    /// Writes all accounts and their passwords to this file as JSON; only its owner may read it
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    #[command(flatten)]
    logging: Logging,
}

const EXAMPLES: &str = "\
Examples:
  bluebonnet demo
  bluebonnet demo --data demo-data --people 200 --http 127.0.0.1:0 --credentials demo.json

The credentials file:
  { \"webservice\": URL, \"wsdl\": URL,
    \"web_users\": [{ \"user\", \"password\", \"role\", \"authenticator_key\", \"full_name\", \"organization\" }],
    \"web_service_accounts\": [{ \"user\", \"password\", \"facility\", \"organization\" }] }";

impl Demo {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.logging.begin();
        self.serving.check(&self.place.data)?;
        let measured = measurements::begin()?;
        let runtime = super::runtime()?;
        let bound = runtime.block_on(self.serving.bind(&self.place.data))?;
        let opened = self.place.open_as(&self.node.node(), Presence::MayBeNew)?;
        let name = node_name::take(&opened.database, &self.node.node().name, self.serving.takes_over())?;
        let made_at = opened.registry.demonstration_made_at(&place::admit(&opened.registry)?)?;
        match made_at {
            Some(since) => self.tell_kept(&moment_of_text(&opened.registry, &since))?,
            None => self.make(&runtime, &opened, &bound)?,
        }
        let exchange = self.spool.exchange(&self.place, &opened.registry, &self.node.node().name)?;
        let watch = MaintenanceWatch::new(&opened.registry, &self.place, &self.node.node().name);
        watch.refresh();
        self.tell_way(&bound, &opened)?;
        runtime.block_on(self.serving.serve(exchange, &watch, name, bound, measured))?;
        Ok(Ending::Well)
    }

    /// Where the passwords of a demonstration are that was made before. They are not in the registry, which keeps only what
    /// proves them.
    fn tell_kept(&self, since: &str) -> Result<(), Failure> {
        print_line(&format!("This registry holds the demonstration since {since}; it is kept as it is."))?;
        match &self.credentials {
            Some(path) if path.exists() => {
                print_line(&format!(
                    "Its accounts and their passwords are in {}, as they were made then.",
                    path.display()
                ))?;
            }
            _ => print_line("Its passwords were printed when it was made, once, and are kept nowhere else.")?,
        }
        let place = match self.place.database.is_some() {
            true => "with the same --database".to_owned(),
            false => format!("with --data {}", self.place.data.display()),
        };
        print_line(&format!("`bluebonnet account password USER` gives an account another one, {place};"))?;
        print_line("`bluebonnet account list` names the accounts.")?;
        Ok(())
    }

    /// How to go on: where to sign in and as whom, and how to stop.
    fn tell_way(&self, bound: &Bound, opened: &Opened) -> Result<(), Failure> {
        print_line("")?;
        if self.serving.has_pages() {
            let whom = match &self.credentials {
                Some(path) if path.exists() => {
                    format!("users, passwords and authenticator keys are in {}", path.display())
                }
                _ => "`bluebonnet account list` names the users".to_owned(),
            };
            print_line(&format!("Sign in at {}/sign-in; {whom}.", bound.url()))?;
        }
        let data = opened.database.url();
        print_line(&format!("Ctrl-C stops it; the data stays in {data}, and the same command goes on with it."))?;
        Ok(())
    }

    fn make(&self, runtime: &tokio::runtime::Runtime, opened: &Opened, bound: &Bound) -> Result<(), Failure> {
        let registry = &opened.registry;
        demonstration::require_room(registry)?;
        registry.begin_demonstration(&place::admit(registry)?)?;
        demonstration::add_organizations(registry)?;
        for organization in demonstration::senders() {
            let progress = progress_bar(None);
            progress.set_prefix(organization.name);
            let mut sent = 0_u64;
            let told = || {
                sent += 1;
                progress.set_message(counted(sent, "message"));
            };
            let sending = demonstration::send_people(registry, organization, self.people, told);
            let summary = runtime.block_on(sending);
            progress.finish_and_clear();
            print_summary(organization.name, &summary?, "WHAT WAS FOUND")?;
        }
        let credentials = Credentials::make(registry, &format!("{}{}", bound.url(), limits::of_web_service().path))?;
        if let Some(path) = &self.credentials {
            credentials.write(path)?;
        }
        registry.finish_demonstration(&place::admit(registry)?, world::now())?;
        print_line("")?;
        credentials.print()?;
        print_line("")?;
        match &self.credentials {
            Some(path) => {
                print_line(&format!("These passwords are in {}, too, and are not printed again.", path.display()))?
            }
            None => print_line(
                "These passwords are printed this once, and are kept nowhere else: write down what you need.",
            )?,
        }
        print_line(&format!("{}, all of them made up.", counted_people(self.people.into())))?;
        Ok(())
    }
}
