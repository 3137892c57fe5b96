//! What a notice says and when it is due, and the feeds that carry the same facts: pure functions of maintenance
//! windows, a profile's texts and an instant.
//!
//! Nothing here knows of a database, a network or a jurisdiction. Notices are made from the window record, never typed:
//! [`Composer`] makes them, [`due_notices`] says when, [`plain_text`] and [`html`] write them out, [`calendar`],
//! [`atom_feed`] and [`Board`] are the feeds, [`tokens`] sign the links in them.

mod atom;
mod board;
mod calendar;
mod compose;
mod occasions;
mod phrases;
mod render;
mod report;
mod texts;
pub mod tokens;

pub use atom::atom_feed;
pub use board::{Banner, Board, BoardWindow, banner_begins_at};
pub use calendar::calendar;
pub use compose::{Composer, Facts};
pub use occasions::{Lead, Occasion, REPORT_DELAY, Told, concerns, due_notices, is_for_account_holders, is_wanted};
pub use phrases::Language;
pub use render::{html, plain_text};
pub use report::Figures;
pub use texts::{NoticeRules, TextError, Texts};

/// The notice that stands for a window in a feed: of the last thing that was said of it.
fn compose_for_feed(window: &model::MaintenanceWindow, composer: &Composer) -> model::Notice {
    use model::WindowAction;
    let occasion = match calendar::last_action(window) {
        Some(WindowAction::Rescheduled) => Occasion::Rescheduled(0),
        Some(WindowAction::Started) => Occasion::Started,
        Some(WindowAction::Extended) => Occasion::Extended(0),
        Some(WindowAction::BecameOverdue) => Occasion::Overdue(0),
        Some(WindowAction::StillOverdue) => Occasion::StillOverdue(0),
        Some(WindowAction::Completed) => Occasion::Completed,
        Some(WindowAction::Cancelled) => Occasion::Cancelled,
        _ => Occasion::Announced,
    };
    composer.compose(window, occasion, model::Audience::ItContacts, None)
}
