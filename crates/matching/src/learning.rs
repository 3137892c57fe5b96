//! Weights learned from data: how much more often an agreement is found in two records of one person than in two of strangers.
//!
//! Learned from labeled records by counting. What is found too seldom keeps its weight, and so do the frequencies of names and
//! the limits of the household. The result is a table with a version of its own; nothing puts it in use but an operator.

mod calibration;

use std::collections::HashMap;

use model::Demographics;

use crate::evidence::FoldedPerson;
use crate::weights::{Level, Weights};
use crate::{Matcher, linkage};

pub use calibration::{Bin, Calibration};

/// Times that a level must be found, in pairs of one person and of strangers together, for its weight to be learned.
const SEEN_LEAST: f64 = 20.0;
/// Strangers compared with one another: neighbors in a file, so far apart.
const STRANGERS_PER_RECORD: usize = 8;
/// Bits that a learned weight has at most.
const BITS_MAXIMUM: f64 = 16.0;

/// Levels whose weight comes from elsewhere: frequencies of names, limits, and vetoes that are few in any file.
const KEPT: [Level; 13] = [
    Level::GivenSame,
    Level::GivenCommon,
    Level::FamilySame,
    Level::FamilyCommon,
    Level::FamilySecond,
    Level::NameSwapped,
    Level::NameHalfSwapped,
    Level::SuffixSame,
    Level::SuffixDifferent,
    Level::OrderDifferent,
    Level::HouseholdFurther,
    Level::HouseholdLimit,
    Level::HouseholdLimitSameGiven,
];

/// A level and what was learned of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LearnedLevel {
    /// The level.
    pub level: Level,
    /// How often it is found in two records of one person, where the fact is known of both.
    pub one_person: f64,
    /// How often it is found in two records of strangers.
    pub strangers: f64,
    /// Its weight before, in bits.
    pub before: f64,
    /// Its weight now.
    pub bits: f64,
}

/// What was learned.
#[derive(Clone, PartialEq, Debug)]
pub struct Learned {
    /// The table, under its own version.
    pub weights: Weights,
    /// Level by level, those that changed.
    pub levels: Vec<LearnedLevel>,
    /// Pairs of one person.
    pub pairs: f64,
    /// How the scores of the table agree with the labels, on records that it was not learned from.
    pub calibration: Calibration,
}

/// A pair of records, by place, and whether they are of one person.
type Pair = (u32, u32, bool);

/// Learns weights from records; `person` says whose each of them is.
pub fn learn(people: &[Demographics], person: &[String], matcher: &Matcher, version: &str) -> Learned {
    let folded: Vec<FoldedPerson<'_>> = people.iter().map(FoldedPerson::new).collect();
    let is_one = |one: u32, other: u32| person[one as usize] == person[other as usize];
    let pairs: Vec<Pair> =
        linkage::candidate_pairs(people).into_iter().map(|(one, other)| (one, other, is_one(one, other))).collect();
    // A quarter is kept apart to see what the table is worth.
    let is_learned_from = |one: u32| u64::from(one).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 62 != 0;
    let (learned_from, kept_apart): (Vec<Pair>, Vec<Pair>) =
        pairs.into_iter().partition(|(one, ..)| is_learned_from(*one));
    let found = |one: u32, other: u32| matcher.levels(&folded[one as usize], &folded[other as usize]);
    let strangers = count_strangers(people.len(), &is_one, &found);
    let one_person = count_labeled(&learned_from, &found);
    let levels = learned_levels(&one_person, &strangers, &matcher.weights);
    let replaced = levels.iter().map(|learned| (learned.level, learned.bits));
    let weights = matcher.weights.with(version, replaced);
    let tried = Matcher { weights: weights.clone(), ..matcher.clone() };
    let calibration = calibration::calibrate(kept_apart.iter().map(|&(one, other, is_one)| {
        let score = tried.judge(&folded[one as usize], &folded[other as usize], None, false).2;
        (f64::from(score.hundredths) / 100.0, is_one)
    }));
    Learned { weights, levels, pairs: one_person.pairs, calibration }
}

/// How often each level was found, and in how many pairs its fact was known.
#[derive(Clone, Debug, Default)]
struct Counts {
    levels: HashMap<Level, f64>,
    facts: HashMap<&'static str, f64>,
    pairs: f64,
}

impl Counts {
    fn add(&mut self, levels: &[Level], weight: f64) {
        self.pairs += weight;
        for &level in levels {
            *self.levels.entry(level).or_default() += weight;
            *self.facts.entry(fact(level)).or_default() += weight;
        }
    }

    /// The share of a level among the pairs whose fact is known, never quite nothing.
    fn share(&self, level: Level) -> f64 {
        let seen = self.levels.get(&level).copied().unwrap_or_default();
        let known = self.facts.get(fact(level)).copied().unwrap_or_default();
        (seen + 0.5) / (known + 1.0)
    }

    fn seen(&self, level: Level) -> f64 {
        self.levels.get(&level).copied().unwrap_or_default()
    }
}

/// The fact of a level: what stands before the point.
fn fact(level: Level) -> &'static str {
    level.word().split('.').next().unwrap_or_default()
}

fn count_labeled(pairs: &[Pair], found: &dyn Fn(u32, u32) -> Vec<Level>) -> Counts {
    let mut counts = Counts::default();
    for &(one, other, _) in pairs.iter().filter(|(_, _, is_one)| *is_one) {
        counts.add(&found(one, other), 1.0);
    }
    counts
}

/// Records far apart in the file are strangers, unless they are labeled otherwise.
fn count_strangers(
    records: usize,
    is_one: &dyn Fn(u32, u32) -> bool,
    found: &dyn Fn(u32, u32) -> Vec<Level>,
) -> Counts {
    let mut counts = Counts::default();
    for step in 1..=STRANGERS_PER_RECORD.min(records.saturating_sub(1)) {
        let apart = step * records / (STRANGERS_PER_RECORD + 1);
        for one in 0..records {
            let (one, other) = (one as u32, ((one + apart.max(1)) % records) as u32);
            if !is_one(one, other) {
                counts.add(&found(one, other), 1.0);
            }
        }
    }
    counts
}

fn learned_levels(one_person: &Counts, strangers: &Counts, before: &Weights) -> Vec<LearnedLevel> {
    let is_learned = |level: &&Level| {
        !KEPT.contains(level) && one_person.seen(**level) + strangers.seen(**level).min(SEEN_LEAST / 2.0) >= SEEN_LEAST
    };
    let learned = Level::ALL.iter().filter(is_learned).map(|&level| {
        let (one, other) = (one_person.share(level), strangers.share(level));
        LearnedLevel {
            level,
            one_person: one,
            strangers: other,
            before: f64::from(before.of(level)) / 100.0,
            bits: (one / other).log2().clamp(-BITS_MAXIMUM, BITS_MAXIMUM),
        }
    });
    learned.collect()
}
