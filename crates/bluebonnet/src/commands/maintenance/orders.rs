//! `bluebonnet maintenance announce` and the other orders about a window.

use clap::Args;
use model::WallTime;
use registry::{WindowOrder, ordered};

use super::show::{print_window, window_json};
use super::{find, operator, parse_time, tell};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::world;

/// Which window, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// The window's number, or its beginning
    window: String,
    /// Why, for those who are told
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    place: Place,
    /// Checks and shows, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Order {
    fn run(self, order: WindowOrder) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let now = world::now();
        let window = find(&registry, &admission, &self.window)?;
        let window = if self.dry_run {
            ordered(&window, order, &operator().username, &self.note, now)?
        } else {
            let operator = operator();
            let done = registry.order_window(&admission, &operator, now, window.id, order, &self.note);
            let window = super::super::runtime()?.block_on(done)?;
            tell(&self.place, &registry)?;
            window
        };
        if self.json {
            print_json(&window_json(&window, now))?;
            return Ok(Ending::Well);
        }
        print_window(&window, now)?;
        if self.dry_run {
            print_line("nothing was changed (--dry-run)")?;
        } else if self.place.database.is_some() {
            print_line(
                "a front that stands on another data folder is told by `bluebonnet maintenance list --data FOLDER`",
            )?;
        }
        Ok(Ending::Well)
    }
}

/// Announces a draft; from then on it begins by itself at its start
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance announce 4F0Q2M9S7K1A")]
pub(crate) struct Announce {
    #[command(flatten)]
    order: Order,
}

/// Begins an announced window now, before its start
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance start 4F0Q --note \"the storage array is failing\"")]
pub(crate) struct Start {
    #[command(flatten)]
    order: Order,
}

/// Moves a window that has not begun
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet maintenance reschedule 4F0Q --start \"2036-06-06 19:00\" --end \"2036-06-07 05:00\""
)]
pub(crate) struct Reschedule {
    /// The new start, by the clocks of the window's zone
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    start: WallTime,
    /// The new end
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: WallTime,
    #[command(flatten)]
    order: Order,
}

/// Gives a window that has begun a later end
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet maintenance extend 4F0Q --end \"2036-05-31 07:00\" --note \"the copy takes longer\""
)]
pub(crate) struct Extend {
    /// The new end, by the clocks of the window's zone
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    end: WallTime,
    #[command(flatten)]
    order: Order,
}

/// Says that the work is done and is being looked at; the doors stay closed
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance verify 4F0Q")]
pub(crate) struct Verify {
    #[command(flatten)]
    order: Order,
}

/// Says that a window is over: the doors open, questions first and changes little by little
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance complete 4F0Q")]
pub(crate) struct Complete {
    #[command(flatten)]
    order: Order,
}

/// Calls off a window that has not begun
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance cancel 4F0Q --note \"the parts did not arrive\"")]
pub(crate) struct Cancel {
    #[command(flatten)]
    order: Order,
}

impl Announce {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Announce)
    }
}

impl Start {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Start)
    }
}

impl Reschedule {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Reschedule { starts: self.start, ends: self.end })
    }
}

impl Extend {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Extend { ends: self.end })
    }
}

impl Verify {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Verify)
    }
}

impl Complete {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Complete)
    }
}

impl Cancel {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.order.run(WindowOrder::Cancel)
    }
}
