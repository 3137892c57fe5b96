//! Chance that can be repeated: SplitMix64, seeded by what it decides about.

use jiff::civil::Date;

/// A stream of numbers that follows from its seed.
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one household or person of a seed, for one purpose.
    pub(super) fn of(seed: u64, purpose: u64, number: u64) -> Dice {
        let mut dice = Dice(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        dice.0 ^= dice.next().wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dice
    }

    /// Any number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below the limit, which is at least 1.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from the first to the last.
    pub(super) fn between(&mut self, first: i32, last: i32) -> i32 {
        first + self.below((last - first + 1).unsigned_abs().into()) as i32
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of them, each as likely as the other.
    pub(super) fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of them, the earlier ones more likely: lists are in order of frequency.
    pub(super) fn common<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let count = choices.len() as u64;
        let (one, other) = (self.below(count), self.below(count));
        choices[(one * (other + 1) / count) as usize]
    }

    /// The place of one of the weights, as likely as its weight.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|&weight| {
                left < weight || {
                    left -= weight;
                    false
                }
            })
            .unwrap_or(0)
    }
}

/// The day so many days later; the last day of the calendar when there is none.
pub(super) fn later(day: Date, days: i32) -> Date {
    day.saturating_add(jiff::SignedDuration::from_hours(24 * i64::from(days)))
}
