//! How decisions compare with labels: the three-way table, precision, recall and F1.

use std::collections::BTreeMap;

use crate::Outcome;

/// Counts of what was expected and what was decided.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Confusion {
    counts: BTreeMap<(Outcome, Outcome), u64>,
}

impl Confusion {
    /// Adds one case.
    pub fn add(&mut self, expected: Outcome, decided: Outcome) {
        *self.counts.entry((expected, decided)).or_default() += 1;
    }

    /// Cases expected so and decided so.
    pub fn count(&self, expected: Outcome, decided: Outcome) -> u64 {
        self.counts.get(&(expected, decided)).copied().unwrap_or_default()
    }

    /// Cases expected so.
    pub fn expected(&self, expected: Outcome) -> u64 {
        [Outcome::Match, Outcome::PossibleMatch, Outcome::NotAMatch]
            .into_iter()
            .map(|decided| self.count(expected, decided))
            .sum()
    }

    /// Of those merged that are labeled a match or not a match, the share that is a match.
    pub fn precision(&self) -> f64 {
        let right = self.count(Outcome::Match, Outcome::Match);
        share(right, right + self.count(Outcome::NotAMatch, Outcome::Match))
    }

    /// Of those labeled a match, the share that was merged.
    pub fn recall(&self) -> f64 {
        share(self.count(Outcome::Match, Outcome::Match), self.expected(Outcome::Match))
    }

    /// Of those labeled a match that were decided without a reviewer, the share that was merged.
    pub fn recall_of_decided(&self) -> f64 {
        let found = self.count(Outcome::Match, Outcome::Match);
        share(found, found + self.count(Outcome::Match, Outcome::NotAMatch))
    }

    /// F1; a match that went to a reviewer counts as missed.
    pub fn f1(&self) -> f64 {
        harmonic(self.precision(), self.recall())
    }

    /// F1 of what was decided without a reviewer.
    pub fn f1_of_decided(&self) -> f64 {
        harmonic(self.precision(), self.recall_of_decided())
    }

    /// Of those labeled a possible match, the share that was merged.
    pub fn possible_merged(&self) -> f64 {
        share(self.count(Outcome::PossibleMatch, Outcome::Match), self.expected(Outcome::PossibleMatch))
    }

    /// The share decided as labeled, of all three.
    pub fn accuracy(&self) -> f64 {
        let all = [Outcome::Match, Outcome::PossibleMatch, Outcome::NotAMatch];
        let right: u64 = all.into_iter().map(|outcome| self.count(outcome, outcome)).sum();
        share(right, self.counts.values().sum())
    }
}

/// Precision, recall and F1 of pairs found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Accuracy {
    /// Pairs found that are right.
    pub right: u64,
    /// Pairs found that are wrong.
    pub wrong: u64,
    /// Pairs that are there.
    pub all: u64,
}

impl Accuracy {
    /// Of the pairs found, the share that is right.
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Of the pairs that are there, the share found.
    pub fn recall(&self) -> f64 {
        share(self.right, self.all)
    }

    /// Their harmonic mean.
    pub fn f1(&self) -> f64 {
        harmonic(self.precision(), self.recall())
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn harmonic(one: f64, other: f64) -> f64 {
    if one + other == 0.0 { 0.0 } else { 2.0 * one * other / (one + other) }
}
