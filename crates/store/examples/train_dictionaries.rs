//! Trains the dictionaries of `src/compression.rs` from synthetic messages and people:
//! `cargo run --release -p bluebonnet-store --example train_dictionaries -- FOLDER`
//!
//! A dictionary that has been released is never trained again: give the next one the next number. (The second was trained by
//! an earlier version, from documents in JSON.)

#![allow(dead_code, reason = "the synthetic people can do more than this example needs")]

#[path = "synthetic/messages.rs"]
mod messages;
#[path = "synthetic/people.rs"]
mod people;

use std::path::Path;

use messages::{Dice, vxu};
use model::{Dose, Finding, FindingKind, Location, PatientObservation};
use people::{coded, day, demographics, dose};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    let mut dice = Dice(2026);
    let messages: Vec<Vec<u8>> = (0..8_000).map(|sample| vxu(&mut dice, 1 + sample % 4).into_bytes()).collect();
    train(&Path::new(&folder).join("1-messages.zstd-dictionary"), &messages, 32 * 1024)?;
    let documents: Vec<Vec<u8>> = (0..9_000).map(|sample| document(&mut dice, sample)).collect();
    train(&Path::new(&folder).join("3-documents.zstd-dictionary"), &documents, 16 * 1024)?;
    Ok(())
}

/// A person, a dose, or now and then an observation or a finding, as the store writes them.
fn document(dice: &mut Dice, sample: u64) -> Vec<u8> {
    let document = match sample % 20 {
        0 => rmp_serde::to_vec_named(&[Finding::new(*dice.pick(&FindingKind::ALL.iter().collect::<Vec<_>>()))
            .at(Location::field(dice.pick(&["PID", "RXA", "OBX", "ORC", "NK1"]), 1, 5).component(1))
            .naming("999")]),
        1 => rmp_serde::to_vec_named(&[PatientObservation {
            question: dice.pick(&["59784-9", "30945-0", "75505-8", "59785-6"]).to_owned(),
            value: coded("38907003", "Varicella infection", "SCT"),
            vaccine: None,
            since: Some(day(dice, 2012)),
            observed_on: None,
            first_said_on: None,
            until: None,
        }]),
        2..12 => rmp_serde::to_vec_named(&demographics(dice, sample)),
        // What a row's columns say of a dose is not in its document.
        _ => rmp_serde::to_vec_named(&Dose { order_id: None, mvx: None, lot_number: None, ..dose(dice) }),
    };
    document.expect("the model is plain data")
}

fn train(path: &Path, samples: &[Vec<u8>], size_limit_bytes: usize) -> std::io::Result<()> {
    let (seen, unseen) = samples.split_at(samples.len() * 4 / 5);
    let dictionary = zstd::dict::from_samples(seen, size_limit_bytes)?;
    std::fs::write(path, &dictionary)?;
    let before: usize = unseen.iter().map(Vec::len).sum();
    println!(
        "{}: {} bytes; {} unseen samples of {} bytes",
        path.display(),
        dictionary.len(),
        unseen.len(),
        before / unseen.len()
    );
    for level in [-5, -1, 1, 2, 3, 6] {
        let mut compressor = zstd::bulk::Compressor::with_dictionary(level, &dictionary)?;
        let mut after = 0;
        for sample in unseen {
            after += compressor.compress(sample)?.len();
        }
        println!("level {level:>2}: {} bytes", after / unseen.len());
    }
    Ok(())
}
