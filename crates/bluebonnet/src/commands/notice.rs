//! `bluebonnet notice`: who was told what, and when; and what a notice would say.

use clap::{Args, Subcommand};
use model::{Audience, DeliveryState};
use registry::notices::{Language, html, plain_text};
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::limits;
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;

/// Shows notices, and who was told
#[derive(Debug, Subcommand)]
pub(crate) enum Notice {
    List(List),
    Show(Show),
}

/// Lists who was told what, and what became of it, the latest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet notice list\n  \
                  bluebonnet notice list --state failed --json")]
pub(crate) struct List {
    /// Only those in this state: waiting, handing_over, delivered, uncertain, failed or dropped
    #[arg(long, value_parser = parse_state)]
    state: Option<DeliveryState>,
    /// The most lines
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::LIST_MAXIMUM)))]
    limit: u32,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Prints the announcement of a window as it is, or would be, sent
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet notice show 4F0Q2M9S7K1A\n  \
                  bluebonnet notice show 4F0Q2M9S7K1A --audience ehr_vendors --language es --html > notice.html")]
pub(crate) struct Show {
    /// The window's number, as `bluebonnet maintenance list` shows it
    window: String,
    /// For whom: all_users, data_exchange, it_contacts or ehr_vendors
    #[arg(long, default_value = "all_users")]
    audience: String,
    /// In which language: en or es
    #[arg(long, default_value = "en")]
    language: String,
    /// As HTML
    #[arg(long)]
    html: bool,
    /// Where the public pages are, for links
    #[arg(long, value_name = "URL", env = "BLUEBONNET_PUBLIC_URL", value_parser = crate::postman::check_public_url)]
    public_url: Option<String>,
    #[command(flatten)]
    place: Place,
}

fn parse_state(word: &str) -> Result<DeliveryState, String> {
    DeliveryState::parse(word).ok_or_else(|| {
        let words = DeliveryState::ALL.map(DeliveryState::word);
        format!("the states are {}", words.join(", "))
    })
}

impl Notice {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Notice::List(command) => command.run(),
            Notice::Show(command) => command.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let mut told = registry.deliveries(&place::admit(&registry)?, self.limit)?;
        told.retain(|delivery| self.state.is_none_or(|state| state == delivery.state));
        if self.json {
            let list: Vec<_> = told
                .iter()
                .map(|delivery| {
                    json!({
                        "window": delivery.window_id.to_string(),
                        "occasion": delivery.occasion,
                        "address": delivery.address,
                        "audience": delivery.audience.word(),
                        "way": delivery.way.word(),
                        "state": delivery.state.word(),
                        "tries": delivery.try_count,
                        "changed_at": delivery.changed_at,
                        "next_try_at": delivery.next_try_at,
                        "detail": delivery.detail,
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["WINDOW", "OCCASION", "ADDRESS", "STATE", "TRIES", "CHANGED", "DETAIL"]);
        for delivery in &told {
            table.row([
                if delivery.window_id.0.is_nil() { "none".to_owned() } else { delivery.window_id.number() },
                delivery.occasion.clone(),
                delivery.address.clone(),
                delivery.state.word().to_owned(),
                delivery.try_count.to_string(),
                moment(&registry, delivery.changed_at),
                delivery.detail.clone(),
            ]);
        }
        table.print_or("no notice like that")?;
        Ok(Ending::Well)
    }
}

impl Show {
    fn run(self) -> Result<Ending, Failure> {
        let usage = |what: &str| Failure::Usage(format!("there is no {what}"));
        let audience = Audience::parse(&self.audience).ok_or_else(|| usage("such audience"))?;
        let language = Language::parse(&self.language).ok_or_else(|| usage("such language"))?;
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let windows = registry.windows(&admission)?;
        let is_meant = |number: &str| number.eq_ignore_ascii_case(self.window.trim());
        let window = windows.iter().find(|window| is_meant(&window.id.number()) || is_meant(&window.id.to_string()));
        let window = window.ok_or_else(|| Failure::Refused(format!("there is no window {}", self.window)))?;
        let notice = registry.preview_notice(&admission, window, language, audience, self.public_url.as_deref());
        if self.html {
            print_line(&html(&notice, &[]))?;
        } else {
            print_line(&format!("Subject: {}\n\n{}", notice.subject, plain_text(&notice, &[])))?;
        }
        Ok(Ending::Well)
    }
}
