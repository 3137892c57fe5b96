//! `bluebonnet maintenance plan`: a new window, as a draft.

use clap::Args;
use model::{Channel, ChannelModes, Mode, WallTime, WindowId, WindowKind};
use registry::NewWindow;

use super::show::{print_window, window_json};
use super::{operator, parse_time, tell};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::world;

/// Plans a window as a draft; nobody is told and nothing closes before it is announced
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet maintenance plan --start \"Friday 2036-05-30 19:00\" --end \"Saturday 2036-05-31 05:00\" --by \"Texas Department of State Health Services (DSHS) IT\"\n  bluebonnet maintenance plan --emergency --start now --end \"$(date -u -d '2 hours' '+%F %H:%M')\" --zone UTC --reason \"an emergency production deployment for data fixes\" --by \"DSHS IT\"\n  bluebonnet maintenance plan --start \"2036-11-02 01:30 first\" --end \"2036-11-02 04:00\" --by IT --mode web_service=read_only --dry-run"
)]
pub(crate) struct Plan {
    /// Start by the clocks of the zone: 2036-05-30 19:00, with the weekday before it or without; or now
    #[arg(long, value_name = "TIME")]
    start: String,
    /// End by the clocks of the zone. In the night in which clocks go back, add first or second
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: WallTime,
    /// The zone of both, by its IANA name [default: the registry's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Whether it cannot wait
    #[arg(long)]
    emergency: bool,
    /// What is done, as it stands after "will perform" [default: scheduled system maintenance; of an emergency: emergency
    /// system maintenance]
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who does it
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Whom to alert when it is not over at its end
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    owner: String,
    /// Another mode for a door (web, web_service, fhir, file, jobs): open, read_only, hold or closed; may be given
    /// several times. Without it web, web service and FHIR are closed, files are kept and jobs rest
    #[arg(long, value_name = "DOOR=MODE", value_parser = parse_mode)]
    mode: Vec<(Channel, Mode)>,
    /// An organization whose messages may pass for smoke tests, by its code; may be given several times
    #[arg(long, value_name = "CODE")]
    test_organization: Vec<String>,
    #[command(flatten)]
    place: Place,
    /// Checks and shows, and plans nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_mode(text: &str) -> Result<(Channel, Mode), String> {
    let (door, mode) = text.split_once('=').ok_or("write it as web=read_only")?;
    let channel = Channel::DOORS.into_iter().find(|channel| channel.word() == door);
    let channel =
        channel.ok_or_else(|| format!("there is no door {door}; doors are web, web_service, fhir, file, jobs"))?;
    let mode = Mode::parse(mode).ok_or_else(|| format!("there is no mode {mode}"))?;
    Ok((channel, mode))
}

impl Plan {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let now = world::now();
        let zone = self.zone.clone().unwrap_or_else(|| registry.profile().registry.time_zone.clone());
        let starts = match self.start.as_str() {
            "now" => {
                let whole = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
                WallTime::of(whole, &zone).map_err(|error| Failure::Refused(error.to_string()))?
            }
            time => parse_time(time).map_err(Failure::Usage)?,
        };
        let mut modes = ChannelModes::OF_A_DOWNTIME;
        for (channel, mode) in &self.mode {
            modes.set(*channel, *mode);
        }
        let (kind, reason) = match self.emergency {
            true => (WindowKind::Emergency, "emergency system maintenance"),
            false => (WindowKind::Scheduled, "scheduled system maintenance"),
        };
        let new = NewWindow {
            id: WindowId(world::new_id()),
            kind,
            reason: self.reason.unwrap_or_else(|| reason.to_owned()),
            performed_by: self.by,
            owner: self.owner,
            time_zone: Some(zone),
            starts,
            ends: self.end,
            modes,
            test_organizations: self.test_organization,
        };
        let window = if self.dry_run {
            registry.draft_window(&operator(), now, new)?
        } else {
            let operator = operator();
            let planned = registry.plan_window(&admission, &operator, now, new);
            let window = super::super::runtime()?.block_on(planned)?;
            tell(&self.place, &registry)?;
            window
        };
        let overlapping = registry.windows_overlapping(&admission, &window)?;
        if self.json {
            print_json(&window_json(&window, now))?;
            return Ok(Ending::Well);
        }
        print_window(&window, now)?;
        for other in overlapping {
            print_line(&format!(
                "  overlaps with {}: {}; while both last, the stricter mode of each door holds",
                other.id.number(),
                other.times_in_words()
            ))?;
        }
        print_line(&match self.dry_run {
            true => "nothing was planned (--dry-run)".to_owned(),
            false => format!("`bluebonnet maintenance announce {}` tells everybody", window.id.number()),
        })?;
        Ok(Ending::Well)
    }
}
