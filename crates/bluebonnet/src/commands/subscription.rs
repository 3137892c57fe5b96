//! `bluebonnet subscription`: who is told of maintenance.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{
    Audience, Channel, NoticeKind, Subscription as Known, SubscriptionId, SubscriptionState, SubscriptionWay, counted,
};
use registry::notices::Language;
use registry::{Admission, Consent, NewSubscription, Registry};
use serde_json::{Value, json};

use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::world;

/// Adds, lists, removes and imports those who are told of maintenance
#[derive(Debug, Subcommand)]
pub(crate) enum Subscription {
    Add(Add),
    List(List),
    Remove(Remove),
    Import(Import),
}

/// Subscribes a mail address or a program that listens
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet subscription add it@clinic.example --audience it_contacts --public-url https://iis.example.org\n      Sends a mail that asks for confirmation\n  bluebonnet subscription add status@vendor.example --audience ehr_vendors --vouched\n  bluebonnet subscription add https://ehr.example/hooks --audience data_exchange\n      Prints the secret with which the requests are signed"
)]
pub(crate) struct Add {
    /// A mail address, or the https address of a program
    address: String,
    /// As whom: all_users, data_exchange, it_contacts or ehr_vendors
    #[arg(long, default_value = "all_users", value_parser = parse_audience)]
    audience: Audience,
    /// Of which kinds: scheduled, emergency, reminders, reports; all when not given
    #[arg(long, value_delimiter = ',', value_parser = parse_kind)]
    kind: Vec<NoticeKind>,
    /// Of which doors: web, web_service, fhir, file; all when not given
    #[arg(long, value_delimiter = ',', value_parser = parse_channel)]
    channel: Vec<Channel>,
    /// In which language: en or es
    #[arg(long, default_value = "en", value_parser = parse_language)]
    language: Language,
    /// The code of the organization that it belongs to
    #[arg(long, value_name = "CODE")]
    organization: Option<String>,
    /// You know that the address is right and its owner wants this: no confirmation is asked for
    #[arg(long)]
    vouched: bool,
    /// Where the public pages are, for the link in the mail
    #[arg(long, value_name = "URL", env = "BLUEBONNET_PUBLIC_URL")]
    public_url: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Lists who is told
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet subscription list\n  \
                  bluebonnet subscription list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Ends the subscriptions of an address
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet subscription remove it@clinic.example\n  \
                  bluebonnet subscription remove status@vendor.example --audience ehr_vendors")]
pub(crate) struct Remove {
    /// The address
    address: String,
    /// Only as this audience
    #[arg(long, value_parser = parse_audience)]
    audience: Option<Audience>,
    #[command(flatten)]
    place: Place,
}

/// Subscribes many mail addresses that you vouch for, all or none: CSV with the columns address, audience, language, kinds,
/// channels (the last three may be missing; several words in one cell stand with spaces between them)
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet subscription import partners.csv\n  \
                  printf 'address,audience\\nit@clinic.example,it_contacts\\n' | bluebonnet subscription import -")]
pub(crate) struct Import {
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

fn parse_audience(word: &str) -> Result<Audience, String> {
    Audience::parse(word).ok_or_else(|| format!("the audiences are {}", words(&Audience::ALL.map(Audience::word))))
}

fn parse_kind(word: &str) -> Result<NoticeKind, String> {
    NoticeKind::parse(word).ok_or_else(|| format!("the kinds are {}", words(&NoticeKind::ALL.map(NoticeKind::word))))
}

fn parse_channel(word: &str) -> Result<Channel, String> {
    Channel::parse(word).ok_or_else(|| format!("the doors are {}", words(&Channel::DOORS.map(Channel::word))))
}

fn parse_language(word: &str) -> Result<Language, String> {
    Language::parse(word).ok_or_else(|| "the languages are en, es".to_owned())
}

fn words(words: &[&str]) -> String {
    words.join(", ")
}

impl Subscription {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Subscription::Add(command) => command.run(),
            Subscription::List(command) => command.run(),
            Subscription::Remove(command) => command.run(),
            Subscription::Import(command) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.keep_notice_secret(&admission, world::random_bytes())?;
        let is_webhook = self.address.contains("://");
        let organization_id = match &self.organization {
            None => None,
            Some(code) => match registry.find_organization(&admission, code) {
                Some(organization) => Some(organization.id),
                None => return Err(Failure::Refused(format!("there is no organization {code}"))),
            },
        };
        let new = NewSubscription {
            id: SubscriptionId(world::new_id()),
            audience: self.audience,
            way: if is_webhook { SubscriptionWay::Webhook } else { SubscriptionWay::Email },
            address: self.address.clone(),
            kinds: self.kind.clone(),
            channels: self.channel.clone(),
            language: self.language,
            organization_id,
            secret: if is_webhook { world::hexadecimal(&world::random_bytes::<32>()) } else { String::new() },
        };
        let consent = match &self.public_url {
            _ if self.vouched || is_webhook => Consent::Vouched,
            Some(url) => Consent::Asked(url),
            None => {
                return Err(Failure::Usage(
                    "to ask for confirmation give --public-url, or vouch for the address with --vouched".to_owned(),
                ));
            }
        };
        let known = registry.subscribe(&admission, new, consent, world::now())?;
        note(&registry, &admission, format!("subscribed {} as {}", known.address, known.audience.word()))?;
        if self.json {
            let mut value = told(&known);
            value["secret"] = json!(known.secret);
            print_json(&value)?;
        } else {
            print_line(&format!("{} {} as {}", known.state.word(), known.address, known.audience.word()))?;
            if is_webhook {
                print_line(&format!("secret {}", known.secret))?;
            }
        }
        Ok(Ending::Well)
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let known = registry.subscriptions(&place::admit(&registry)?)?;
        if self.json {
            print_json(&known.iter().map(told).collect::<Vec<_>>())?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["ADDRESS", "AUDIENCE", "WAY", "LANGUAGE", "STATE", "KINDS", "DOORS"]);
        for known in &known {
            let kinds: Vec<&str> = known.kinds.iter().map(|kind| kind.word()).collect();
            let doors: Vec<&str> = known.channels.iter().map(|channel| channel.word()).collect();
            table.row([
                known.address.clone(),
                known.audience.word().to_owned(),
                known.way.word().to_owned(),
                known.language.clone(),
                known.state.word().to_owned(),
                kinds.join(" "),
                doors.join(" "),
            ]);
        }
        table.print_or("no subscription")?;
        Ok(Ending::Well)
    }
}

impl Remove {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let known = registry.subscriptions(&admission)?;
        let is_meant = |known: &&Known| {
            known.state != SubscriptionState::Ended
                && known.address.eq_ignore_ascii_case(&self.address)
                && self.audience.is_none_or(|only| only == known.audience)
        };
        let meant: Vec<&Known> = known.iter().filter(is_meant).collect();
        if meant.is_empty() {
            return Err(Failure::Refused(format!("{} is not subscribed", self.address)));
        }
        for known in meant {
            registry.end_subscription(&admission, known.id, world::now())?;
            print_line(&format!("ended {} as {}", known.address, known.audience.word()))?;
        }
        note(&registry, &admission, format!("unsubscribed {}", self.address))?;
        Ok(Ending::Well)
    }
}

impl Import {
    fn run(self) -> Result<Ending, Failure> {
        let text = place::read_text(&self.file)?;
        let (numbers, new): (Vec<usize>, Vec<NewSubscription>) = read_csv(&text)?.into_iter().unzip();
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        if let Err((place, why)) = registry.check_subscriptions(&admission, &new) {
            return Err(Failure::Refused(format!("line {}: {why}; nothing was subscribed", numbers[place])));
        }
        let count = registry.import_subscriptions(&admission, new, world::now())?;
        note(&registry, &admission, format!("imported {}", counted(count as u64, "subscription")))?;
        print_line(&format!("subscribed {count}"))?;
        Ok(Ending::Well)
    }
}

/// The lines of a file of subscriptions, with their numbers.
fn read_csv(text: &str) -> Result<Vec<(usize, NewSubscription)>, Failure> {
    let mut lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let refuse = |number: usize, what: String| Failure::Refused(format!("line {}: {what}", number + 1));
    let cells =
        |line: &str| -> Vec<String> { line.split(',').map(|cell| cell.trim_matches([' ', '"']).to_owned()).collect() };
    let head = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let place = |name: &str| head.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let Some(address) = place("address") else {
        return Err(Failure::Refused("the first line names the columns; one of them is address".to_owned()));
    };
    let mut new = Vec::new();
    for (number, line) in lines {
        let cells = cells(line);
        let cell = |name: &str| place(name).and_then(|place| cells.get(place)).map_or("", String::as_str);
        let or = |name: &str, usual: &str| if cell(name).is_empty() { usual.to_owned() } else { cell(name).to_owned() };
        let told = |error: String| refuse(number, error);
        let subscription = NewSubscription {
            id: SubscriptionId(world::new_id()),
            audience: parse_audience(&or("audience", "all_users")).map_err(told)?,
            way: SubscriptionWay::Email,
            address: cells.get(address).cloned().unwrap_or_default(),
            kinds: cell("kinds").split_whitespace().map(parse_kind).collect::<Result<_, _>>().map_err(told)?,
            channels: cell("channels").split_whitespace().map(parse_channel).collect::<Result<_, _>>().map_err(told)?,
            language: parse_language(&or("language", "en")).map_err(told)?,
            organization_id: None,
            secret: String::new(),
        };
        new.push((number + 1, subscription));
    }
    Ok(new)
}

fn told(known: &Known) -> Value {
    json!({
        "id": known.id.to_string(),
        "address": known.address,
        "audience": known.audience.word(),
        "way": known.way.word(),
        "language": known.language,
        "state": known.state.word(),
        "kinds": known.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>(),
        "channels": known.channels.iter().map(|channel| channel.word()).collect::<Vec<_>>(),
        "created_at": known.created_at,
        "changed_at": known.changed_at,
    })
}

/// Writes down what an operator did, in the name of the registry itself.
fn note(registry: &Registry, admission: &Admission, what: String) -> Result<(), Failure> {
    super::record(registry, admission, model::OrganizationId(uuid::Uuid::nil()), "", what)
}
