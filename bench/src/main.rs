//! `make bench`: what the registry costs, beside named rivals that do the same work in the same run on the same machine.
//!
//! One table comes out: on the terminal, and as Markdown and JSON in `target/bench/`. A ratio is the result; times and
//! rates are notes about this machine. Losses are rows like any other.

mod bare;
mod databases;
mod forecasting;
mod gate;
mod http;
mod machine;
mod matching;
mod messages;
mod options;
mod pages;
mod parse;
mod program;
mod scenario;
mod senders;
mod soap;
mod table;

use std::path::{Path, PathBuf};

use clap::Parser as _;

use crate::options::{Options, Part};
use crate::table::Table;

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let folder = repository().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let mut table = Table::new(machine::notes());
    if options.has(Part::Parse) {
        parse::measure(&mut table)?;
    }
    if options.has(Part::Forecast) {
        forecasting::measure(&mut table)?;
    }
    if options.has(Part::Gate) {
        gate::measure(&options, &mut table)?;
    }
    if options.has_named(Part::Senders) {
        senders::measure(&options, &program::build(&options)?, &folder, &mut table)?;
    }
    if options.needs_program() {
        let program = program::build(&options)?;
        if options.has(Part::Match) {
            matching::measure(&options, &program, &folder, &mut table)?;
        }
        for database in options.databases().into_iter().filter(|_| options.needs_registry()) {
            scenario::measure(&options, &program, database, &folder, &mut table)?;
        }
    }
    table.write(&folder)?;
    println!("{table}");
    println!("Also in {} and .json.", folder.join("table.md").display());
    Ok(())
}

/// The folder of the project.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in a folder of the project").to_owned()
}
