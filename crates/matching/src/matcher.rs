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
    /// Careful, and name, birth date and address are not enough either: a phone, a mother, a guardian, a second name or a
    /// number has to agree as well.
    Strict,
    /// The score decides, after the vetoes: a slip is outweighed by what agrees.
    Weighed,
    /// The score alone, with one line between one person and two: for linking files, never for a registry.
    Linkage,
}

impl Policy {
    /// All of them.
    pub const ALL: [Policy; 4] = [Policy::Careful, Policy::Strict, Policy::Weighed, Policy::Linkage];

    /// The word in profiles and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Policy::Careful => "careful",
            Policy::Strict => "strict",
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
    /// Even odds among all people.
    pub(crate) even: i32,
    pub(crate) same: i32,
    pub(crate) possible: i32,
    /// From here on, an answer to a question may be one person's history.
    pub(crate) query_high: i32,
    /// Whether a linked file has families: what people who live together share does not make two of them one.
    pub(crate) has_families: bool,
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
/// Bits from even odds, from which name and birth date say who is asked about. The asker named the person, who is mostly there: less
/// is needed than to merge. A birth date that is typed when only the year is known does not reach it with a common name.
const MARGIN_QUERY: f64 = -1.0;
/// Bits from even odds, from which two records of a linked file are one person when more than name and birth date agrees: the
/// weights of homes and numbers are cautious, as they are meant for a registry, and say less than they could.
const MARGIN_LINKED: f64 = -6.0;
/// Bits from even odds from which a reviewer of a linked file would look.
const MARGIN_UNSURE: f64 = -10.0;

impl Matcher {
    /// A matcher for so many people.
    pub fn new(policy: Policy, weights: Weights, frequencies: Frequencies, population: u64) -> Matcher {
        let even = (population.max(1) as f64).log2();
        let hundredths = |bits: f64| (bits * 100.0) as i32;
        let (same, possible) = match policy {
            Policy::Linkage => (MARGIN_LINKED, MARGIN_UNSURE),
            _ => (MARGIN_SAME, MARGIN_POSSIBLE),
        };
        let thresholds = Thresholds {
            even: hundredths(even),
            same: hundredths(even + same),
            possible: hundredths(even + possible),
            query_high: hundredths(even + MARGIN_QUERY),
            has_families: true,
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
