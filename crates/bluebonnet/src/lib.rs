//! Bluebonnet, an open immunization information system, as a program: one command a file in `commands/`.
//!
//! The program wires the registry and its doors together, and is the only place that reads the clock, the environment,
//! files and randomness. What happens to a message is the registry's; what it looks like over HTTP is the doors'.

mod addresses;
mod claims;
mod commands;
mod demonstration;
mod ending;
mod file_door;
mod front_serving;
mod handover;
mod histories;
mod kept_profile;
mod left_counts;
mod limits;
mod live_counts;
mod logging;
mod maintenance_watch;
mod measurements;
mod node_name;
mod operations;
mod ownership;
mod place;
mod ports;
mod postman;
mod roles;
mod serving;
mod spooling;
mod state_file;
mod stop_signals;
pub mod synthetic;
mod tables;
mod times;
mod world;

use std::process::ExitCode;

use clap::Parser;

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    let program = commands::Program::parse();
    ending::exit_code(program.run())
}
