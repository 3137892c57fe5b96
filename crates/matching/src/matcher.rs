//! By what people are compared: the weights, how common names are, how many people there are, and the policy.

use crate::frequencies::Frequencies;
use crate::weights::Weights;

/// What is made of a score.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// One disagreement in what identifies a person goes to a reviewer, whatever the score.
    ///
    /// # Source
    /// The expectations of the American Immunization Registry Association's labeled pairs.
    #[default]
    Careful,
    /// The score decides, after the vetoes: a slip is outweighed by what agrees.
    Weighed,
    /// The score alone, with one line between one person and two: for linking files, never for a registry.
    Linkage,
}

impl Policy {
    /// All of them.
    pub const ALL: [Policy; 3] = [Policy::Careful, Policy::Weighed, Policy::Linkage];

    /// The word in profiles and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Policy::Careful => "careful",
            Policy::Weighed => "weighed",
            Policy::Linkage => "linkage",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Policy> {
        Policy::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// Scores from which a pair is one person, or may be, in hundredths of a bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Thresholds {
    pub(crate) same: i32,
    pub(crate) possible: i32,
}

/// Compares people by fixed weights, and says what they are to each other.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub(crate) weights: Weights,
    pub(crate) frequencies: Frequencies,
    pub(crate) policy: Policy,
    pub(crate) thresholds: Thresholds,
}

/// People for whom a matcher is made when nothing else is said: those of a large state.
pub const POPULATION: u64 = 30_000_000;

/// Bits above even odds among all people, from which two are one: one error in sixteen thousand.
const MARGIN_SAME: f64 = 14.0;
/// Bits above even odds from which a reviewer should look.
const MARGIN_POSSIBLE: f64 = 2.0;
/// Bits below even odds from which a reviewer of a linked file would look; even odds link.
const MARGIN_UNSURE: f64 = -4.0;

impl Matcher {
    /// A matcher for so many people.
    pub fn new(policy: Policy, weights: Weights, frequencies: Frequencies, population: u64) -> Matcher {
        let even = (population.max(1) as f64).log2();
        let hundredths = |bits: f64| (bits * 100.0) as i32;
        let thresholds = match policy {
            Policy::Linkage => Thresholds { same: hundredths(even), possible: hundredths(even + MARGIN_UNSURE) },
            _ => Thresholds { same: hundredths(even + MARGIN_SAME), possible: hundredths(even + MARGIN_POSSIBLE) },
        };
        Matcher { weights, frequencies, policy, thresholds }
    }

    /// The built-in weights and names under a policy, for the people of a large state.
    pub fn builtin(policy: Policy) -> Matcher {
        Matcher::new(policy, Weights::builtin(), Frequencies::builtin(), POPULATION)
    }

    /// What decisions of this matcher are kept with: weights and policy.
    pub fn version(&self) -> String {
        format!("{} {}", self.weights.version(), self.policy.word())
    }

    /// The weights in use.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
}

impl Default for Matcher {
    fn default() -> Matcher {
        Matcher::builtin(Policy::default())
    }
}
