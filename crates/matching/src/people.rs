//! Is this the person we know? Decides between the candidates that the match keys found.

mod explanation;
mod judgment;

use jiff::civil::Date;
use model::{Demographics, PatientId};

use crate::Matcher;
use crate::evidence::{Evidence, FoldedPerson};
use crate::scoring::{Score, score};
pub use explanation::{Explanation, Reason};
pub(crate) use judgment::{Verdict, judge};

/// A lead of so many hundredths of a bit makes one of several sure matches the person.
const LEAD: i32 = 300;

/// Someone in the registry who shares a match key with the stated person.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Who.
    pub patient_id: PatientId,
    /// What is known of them; `names` holds every name ever seen, the legal one first.
    pub demographics: &'a Demographics,
    /// Whether the sender itself has reported this person before: its own number counts more than a number that others
    /// say is its.
    pub is_senders: bool,
}

/// Who the stated person is. Every reason is in words without values of the data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PersonDecision {
    /// This one.
    Same {
        /// Who.
        patient_id: PatientId,
        /// Why.
        because: String,
    },
    /// Perhaps one of these: a reviewer decides.
    Possible {
        /// Who, sorted.
        candidates: Vec<PatientId>,
        /// Why.
        because: String,
    },
    /// Nobody known.
    Nobody {
        /// Why.
        because: String,
    },
}

impl PersonDecision {
    /// Why, in words.
    pub fn because(&self) -> &str {
        match self {
            PersonDecision::Same { because, .. }
            | PersonDecision::Possible { because, .. }
            | PersonDecision::Nobody { because } => because,
        }
    }

    /// Adds to the reason by which weights and policy it was made.
    pub fn keep_version(&mut self, version: &str) {
        let (PersonDecision::Same { because, .. }
        | PersonDecision::Possible { because, .. }
        | PersonDecision::Nobody { because }) = self;
        because.push_str(" (");
        because.push_str(version);
        because.push(')');
    }
}

/// Something worth telling the sender about how the decision came about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PersonNote {
    /// The identifier belongs to someone with another name and birth date; it was not used.
    IdentifierSharedWithOthers {
        /// Which of the stated identifiers, from 0.
        identifier: usize,
        /// Whose it is.
        patient_id: PatientId,
    },
}

/// A decision and what to tell about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonMatch {
    /// Who it is.
    pub decision: PersonDecision,
    /// What is worth telling, sorted.
    pub notes: Vec<PersonNote>,
}

/// What two people are to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Two people.
    NotAMatch,
    /// A reviewer decides.
    PossibleMatch,
    /// One person.
    Match,
}

/// A person ready to be compared with many.
pub struct Folded<'a>(pub(crate) FoldedPerson<'a>);

impl<'a> Folded<'a> {
    /// Prepares a person.
    pub fn new(demographics: &'a Demographics) -> Folded<'a> {
        Folded(FoldedPerson::new(demographics))
    }

    /// The person.
    pub fn demographics(&self) -> &'a Demographics {
        self.0.demographics
    }
}

impl Matcher {
    /// Decides who the stated person is. The order of the candidates does not matter.
    ///
    /// One candidate who surely is the person is chosen; of several, the one for whom more speaks. When as much speaks
    /// for several, or something speaks against the only one, a reviewer has to decide. `last_event_on` is the day of
    /// the latest thing that is said to have happened to the stated person: nobody is vaccinated after death.
    pub fn decide_person(
        &self,
        stated: &Demographics,
        last_event_on: Option<Date>,
        candidates: &[Candidate<'_>],
    ) -> PersonMatch {
        let folded = FoldedPerson::new(stated);
        let is_number_stated = stated.identifiers.iter().any(|identifier| identifier.kind == "SR");
        let mut judged: Vec<Judged> = candidates
            .iter()
            .map(|candidate| {
                let number = is_number_stated.then(|| candidate.patient_id.number());
                let other = FoldedPerson::new(candidate.demographics);
                let (mut verdict, evidence, score) =
                    self.judge(&folded, &other, number.as_deref(), candidate.is_senders);
                if verdict == Verdict::Same && died_before(candidate.demographics, last_event_on) {
                    verdict = Verdict::Possible;
                }
                Judged { patient_id: candidate.patient_id, verdict, evidence, score: score.hundredths }
            })
            .collect();
        judged.sort_by_key(|judged| judged.patient_id);
        judged.dedup_by_key(|judged| judged.patient_id);
        PersonMatch { decision: self.choose(&judged), notes: notes(&judged) }
    }

    /// What two people are to each other, without an explanation.
    pub fn compare(&self, one: &Folded<'_>, other: &Folded<'_>) -> (Outcome, f64) {
        let (verdict, _, score) = self.judge(&one.0, &other.0, None, false);
        (outcome(verdict), f64::from(score.hundredths) / 100.0)
    }

    /// What is found when two people are compared.
    pub(crate) fn levels(&self, one: &FoldedPerson<'_>, other: &FoldedPerson<'_>) -> Vec<crate::Level> {
        self.judge(one, other, None, false).2.found().iter().map(|found| found.level).collect()
    }

    /// Whether two people are one beyond doubt: under the strictest policy, with this matcher's weights.
    pub fn is_beyond_doubt(&self, one: &Folded<'_>, other: &Folded<'_>) -> bool {
        let strict = crate::Policy::Strict;
        let evidence = Evidence::between(&one.0, &other.0, None);
        let score = score(&evidence, [&one.0, &other.0], &self.weights, &self.frequencies, strict);
        judge(&evidence, &score, false, strict, self.thresholds) == Verdict::Same
    }

    pub(crate) fn judge(
        &self,
        stated: &FoldedPerson<'_>,
        other: &FoldedPerson<'_>,
        other_number: Option<&str>,
        is_own: bool,
    ) -> (Verdict, Evidence, Score) {
        let evidence = Evidence::between(stated, other, other_number);
        let score = score(&evidence, [stated, other], &self.weights, &self.frequencies, self.policy);
        (judge(&evidence, &score, is_own, self.policy, self.thresholds), evidence, score)
    }

    fn choose(&self, judged: &[Judged]) -> PersonDecision {
        let best = judged.iter().map(|judged| (judged.verdict, judged.score)).max();
        let (verdict, best_score) = match best {
            None => return PersonDecision::Nobody { because: "nobody has similar details".into() },
            Some((Verdict::IdentifierOfAnother | Verdict::Different, _)) => {
                return PersonDecision::Nobody {
                    because: "those with similar details differ in name or birth date".into(),
                };
            }
            Some(best) => best,
        };
        let is_likely = |judged: &&Judged| {
            judged.verdict == verdict && (verdict == Verdict::Possible || judged.score > best_score - LEAD)
        };
        let likely: Vec<&Judged> = judged.iter().filter(is_likely).collect();
        let first = likely.iter().find(|judged| judged.score == best_score).expect("the best is among the likely");
        let agreement = explanation::agreement_in_words(&first.evidence);
        if let (Verdict::Same, [only]) = (verdict, likely.as_slice()) {
            return PersonDecision::Same { patient_id: only.patient_id, because: format!("same {agreement}") };
        }
        let because = match explanation::doubt_in_words(&first.evidence) {
            Some(doubt) if verdict != Verdict::Same => format!("same {agreement}, but {doubt}"),
            _ if likely.len() > 1 => format!("{} people have the same {agreement}", likely.len()),
            _ => format!("same {agreement}, and nothing more"),
        };
        PersonDecision::Possible { candidates: likely.iter().map(|judged| judged.patient_id).collect(), because }
    }
}

/// A candidate with what was made of them.
struct Judged {
    patient_id: PatientId,
    verdict: Verdict,
    evidence: Evidence,
    score: i32,
}

pub(crate) fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Same => Outcome::Match,
        Verdict::Possible => Outcome::PossibleMatch,
        Verdict::IdentifierOfAnother | Verdict::Different => Outcome::NotAMatch,
    }
}

fn died_before(candidate: &Demographics, last_event_on: Option<Date>) -> bool {
    matches!((candidate.death_date, last_event_on), (Some(death), Some(event)) if death < event)
}

fn notes(judged: &[Judged]) -> Vec<PersonNote> {
    let of_others = judged.iter().filter(|judged| judged.verdict == Verdict::IdentifierOfAnother);
    let mut notes: Vec<PersonNote> = of_others
        .flat_map(|judged| {
            judged.evidence.shared_identifiers.iter().map(move |&identifier| (identifier, judged.patient_id))
        })
        .map(|(identifier, patient_id)| PersonNote::IdentifierSharedWithOthers { identifier, patient_id })
        .collect();
    notes.sort_unstable();
    notes
}
