//! What differs from one jurisdiction to the next, as data: names, contacts, texts, time zone, consent.
//!
//! Nothing outside a profile names a jurisdiction.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use matching::{DoseRules, DoseRulesError, Frequencies, Matcher, Policy, Weights};
use model::{ConsentStatus, Cvx};
use notices::{Language, NoticeRules};
use serde::Deserialize;

/// A jurisdiction's profile, as its TOML file says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How the registry names itself.
    pub registry: Names,
    /// Where people write to.
    pub contacts: Contacts,
    /// What a closed door says.
    pub closed_door: ClosedDoor,
    /// What notices say.
    #[serde(default)]
    pub notices: NoticeRules,
    /// Who may be kept and shown.
    pub consent: ConsentRules,
    /// How questions are answered.
    pub query: QueryRules,
    /// How people are told apart.
    #[serde(default)]
    pub matching: MatchingRules,
}

/// How the registry names itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// For people.
    pub name: String,
    /// Short, for headings and subjects.
    pub short_name: String,
    /// MSH-3 of what the registry sends.
    pub application: String,
    /// MSH-4 and MSH-22 of what the registry sends, and the authority of its own numbers (PID-3, type SR).
    pub facility: String,
    /// IANA time zone in which the registry's days begin.
    pub time_zone: String,
}

/// Where people write to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// For the web application.
    pub web_application: String,
    /// For data exchange.
    pub data_exchange: String,
}

/// What a closed door says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedDoor {
    /// The heading of the web page.
    pub heading: String,
    /// The sentence.
    pub sentence: String,
    /// Both in Spanish, for people.
    #[serde(default)]
    pub spanish: Option<ClosedDoorTexts>,
    /// The shortest time after which a sender should come back when a node is overloaded.
    pub retry_after_seconds: u32,
}

/// What a closed door says in another language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedDoorTexts {
    /// The heading of the web page.
    pub heading: String,
    /// The sentence.
    pub sentence: String,
}

/// Whether a person's record is kept before they say so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// Nothing is kept without consent.
    OptIn,
    /// Records are kept and shared unless the person objects.
    OptOut,
    /// Records are kept and shared; an objection has no effect.
    Mandatory,
}

impl ConsentPolicy {
    /// All of them.
    pub const ALL: [ConsentPolicy; 3] = [ConsentPolicy::OptIn, ConsentPolicy::OptOut, ConsentPolicy::Mandatory];

    /// Reads the word.
    pub fn parse(word: &str) -> Option<ConsentPolicy> {
        ConsentPolicy::ALL.into_iter().find(|policy| policy.word() == word)
    }

    /// The word in profiles.
    pub fn word(self) -> &'static str {
        match self {
            ConsentPolicy::OptIn => "opt_in",
            ConsentPolicy::OptOut => "opt_out",
            ConsentPolicy::Mandatory => "mandatory",
        }
    }
}

/// Who may be kept and shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRules {
    /// Whether a person's record is kept before they say so.
    pub policy: ConsentPolicy,
    /// How a sender affirms consent in a message, in words for the finding that asks for it.
    #[serde(default)]
    pub how_to_affirm: String,
    /// The kinds of consent, by the name under which they are stored.
    #[serde(default)]
    pub kinds: BTreeMap<String, ConsentKind>,
    /// What each code means, wherever a message carries it (PD1-12, or the observation below).
    #[serde(default)]
    pub codes: BTreeMap<String, CarriedConsent>,
    /// OBX-3 codes of observations whose value is a consent code and whose date (OBX-14) is the day of consent.
    #[serde(default)]
    pub observation_questions: Vec<String>,
    /// Events in which doses are kept without consent.
    #[serde(default)]
    pub events: Vec<DisasterEvent>,
    /// When what may no longer be kept is destroyed; `None`: never.
    pub destruction: Option<DestructionRules>,
}

/// When what may no longer be kept is destroyed.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestructionRules {
    /// Days for which a record is hidden after consent was withdrawn, and not yet destroyed: it can be taken back.
    pub after_withdrawal_days: u16,
}

/// One kind of consent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentKind {
    /// Its name for people.
    pub label: String,
    /// Youngest age in years at which it can be given.
    #[serde(default)]
    pub from_age: u8,
    /// Age in years from which it can no longer be given.
    pub before_age: Option<u8>,
    /// Age in years from which a record is no longer shown on this consent alone.
    pub shown_before_age: Option<u8>,
    /// Age in years from which a record is no longer kept on this consent alone.
    pub kept_before_age: Option<u8>,
    /// Whether few people can give it: where a kind is chosen, it stands behind the usual ones.
    #[serde(default)]
    pub is_for_few: bool,
    /// Whether it covers only doses of a disaster event.
    #[serde(default)]
    pub covers_events_only: bool,
}

impl ConsentKind {
    /// Whether a person of this age in full years can give it.
    pub fn is_given_at(&self, age: i16) -> bool {
        age >= i16::from(self.from_age) && crate::consents::is_before(age, self.before_age)
    }
}

/// What a consent code of a message means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedConsent {
    /// The kind, or the kinds of which the one that fits the person's age is meant.
    pub kinds: Vec<String>,
    /// Given or taken back.
    pub status: ConsentStatus,
    /// Whether the code says nothing unless a date stands beside it.
    #[serde(default)]
    pub needs_date: bool,
}

/// A declared event in which doses are kept without consent.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisasterEvent {
    /// Its name.
    pub name: String,
    /// First day.
    pub from: Date,
    /// Last day; none while it lasts.
    pub until: Option<Date>,
    /// The day from which its doses may no longer be kept without consent.
    pub kept_until: Option<Date>,
    /// The vaccines given in it.
    pub vaccines: Vec<Cvx>,
}

/// How questions are answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryRules {
    /// Whether a list of candidates may be given (Z31).
    pub lists_candidates: bool,
    /// The most candidates ever given.
    pub candidates_maximum: u32,
}

/// How people are told apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchingRules {
    /// `careful`: one disagreement in what identifies goes to a reviewer; `strict`: an address alone does not bear a name
    /// out, either; `weighed`: the score decides.
    pub policy: String,
    /// How many people there may be: the more, the more must agree.
    pub population: u64,
    /// By how many days reports of one dose may differ, where it is not as the built-in table says.
    pub dose_windows: BTreeMap<String, u16>,
    /// Whether a sweep over the registry merges by itself what no policy doubts.
    pub sweep_merges: bool,
}

impl Default for MatchingRules {
    fn default() -> MatchingRules {
        MatchingRules {
            policy: Policy::Careful.word().to_owned(),
            population: matching::POPULATION,
            dose_windows: BTreeMap::new(),
            sweep_merges: false,
        }
    }
}

impl MatchingRules {
    /// The policy that the word names; the linkage of files is none for a registry.
    fn policy(&self) -> Option<Policy> {
        Policy::parse(&self.policy).filter(|policy| *policy != Policy::Linkage)
    }

    /// By what doses are told apart: the built-in table with the profile's own windows.
    pub fn dose_rules(&self) -> DoseRules {
        self.read_dose_rules().expect("checked when the profile was read")
    }

    fn read_dose_rules(&self) -> Result<DoseRules, DoseRulesError> {
        DoseRules::builtin().with(&self.dose_windows)
    }

    /// The matcher of these rules, with these weights and the names that come with the program.
    pub fn matcher(&self, weights: Weights) -> Matcher {
        let policy = self.policy().expect("checked when the profile was read");
        Matcher::new(policy, weights, Frequencies::builtin(), self.population)
    }
}

impl Profile {
    /// Reads a profile and checks that it holds together.
    ///
    /// # Errors
    /// A sentence that names the key and what is wrong with it.
    pub fn parse(text: &str) -> Result<Profile, ProfileError> {
        let profile: Profile = toml::from_str(text).map_err(|error| ProfileError(error.to_string()))?;
        profile.check()?;
        Ok(profile)
    }

    /// Whether two profiles' texts say the same: comments and the order of keys do not matter.
    pub fn is_same(text: &str, other: &str) -> bool {
        let read = |text: &str| toml::from_str::<toml::Table>(text);
        matches!((read(text), read(other)), (Ok(text), Ok(other)) if text == other)
    }

    /// The registry's time zone.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.registry.time_zone).expect("checked when the profile was read")
    }

    /// The other zones in which there are organizations.
    pub fn other_time_zones(&self) -> Vec<TimeZone> {
        self.notices.other_zones.iter().filter_map(|zone| TimeZone::get(zone).ok()).collect()
    }

    fn check(&self) -> Result<(), ProfileError> {
        TimeZone::get(&self.registry.time_zone)
            .map_err(|error| ProfileError(format!("registry.time_zone: {error}")))?;
        for zone in &self.notices.other_zones {
            TimeZone::get(zone).map_err(|error| ProfileError(format!("notices.other_zones: {error}")))?;
        }
        for language in Language::ALL {
            self.notices.texts(language).map_err(|error| ProfileError(error.to_string()))?;
        }
        if self.matching.policy().is_none() {
            let policy = &self.matching.policy;
            return Err(ProfileError(format!(
                "matching.policy: {policy:?} is not \"careful\", \"strict\" or \"weighed\""
            )));
        }
        self.matching.read_dose_rules().map_err(|error| ProfileError(format!("matching.dose_windows: {error}")))?;
        for (code, carried) in &self.consent.codes {
            if carried.kinds.is_empty() {
                return Err(ProfileError(format!("consent.codes.{code}: kinds is empty")));
            }
            if let Some(kind) = carried.kinds.iter().find(|kind| !self.consent.kinds.contains_key(*kind)) {
                return Err(ProfileError(format!("consent.codes.{code}: there is no kind {kind:?} in consent.kinds")));
            }
        }
        if self.consent.policy == ConsentPolicy::OptIn && self.consent.codes.is_empty() {
            return Err(ProfileError("consent.codes: an opt-in registry needs a code by which consent arrives".into()));
        }
        if self.consent.policy != ConsentPolicy::OptIn && self.consent.destruction.is_some() {
            return Err(ProfileError(
                "consent.destruction: only an opt-in registry has what it may no longer keep".into(),
            ));
        }
        Ok(())
    }
}

/// A profile that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the profile cannot be used: {0}")]
pub struct ProfileError(String);
