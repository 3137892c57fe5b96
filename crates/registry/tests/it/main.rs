//! The registry at its boundary: a message in, a message out, on both databases.

mod account_lists;
mod assessments;
mod audit_lists;
mod consent;
mod data_fixes;
mod dose_reviews;
mod doses;
mod entries;
mod file_turns;
mod files;
mod histories;
mod house;
mod merging;
mod notices;
mod other_nodes;
mod people;
mod plausibility;
mod properties;
mod questions;
mod read_only;
mod resending;
mod rounds;
mod schedules;
mod sessions;
mod signing_in;
mod sweeping;
