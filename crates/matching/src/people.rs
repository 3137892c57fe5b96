//! Is this the person we know? Decides between the candidates that the match keys found.

mod judgment;

use model::{Demographics, PatientId};

use crate::evidence::{Evidence, FoldedPerson};
use judgment::{Verdict, judge};

/// Someone in the registry who shares a match key with the stated person.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Who.
    pub patient_id: PatientId,
    /// What is known of them; `names` holds every name ever seen, the legal one first.
    pub demographics: &'a Demographics,
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

/// Decides who the stated person is. The order of the candidates does not matter.
///
/// One candidate who surely is the person is chosen; of several, the one for whom more speaks. When as much speaks for
/// several, or something speaks against the only one, a reviewer has to decide.
pub fn decide_person(stated: &Demographics, candidates: &[Candidate<'_>]) -> PersonMatch {
    let folded = FoldedPerson::new(stated);
    let is_number_stated = stated.identifiers.iter().any(|identifier| identifier.kind == "SR");
    let mut judged: Vec<Judged> = candidates
        .iter()
        .map(|candidate| {
            let number = is_number_stated.then(|| candidate.patient_id.number());
            let other = FoldedPerson::new(candidate.demographics);
            let evidence = Evidence::between(&folded, &other, number.as_deref());
            Judged { patient_id: candidate.patient_id, verdict: judge(&evidence), evidence }
        })
        .collect();
    judged.sort_by_key(|judged| judged.patient_id);
    judged.dedup_by_key(|judged| judged.patient_id);
    PersonMatch { decision: choose(&judged), notes: notes(&judged) }
}

/// A candidate with what was made of them.
struct Judged {
    patient_id: PatientId,
    verdict: Verdict,
    evidence: Evidence,
}

fn choose(judged: &[Judged]) -> PersonDecision {
    let best = judged.iter().map(|judged| judged.verdict).max();
    let likely: Vec<&Judged> = match best {
        Some(Verdict::Same(_)) => judged.iter().filter(|judged| Some(judged.verdict) == best).collect(),
        Some(Verdict::Possible(_)) => {
            judged.iter().filter(|judged| matches!(judged.verdict, Verdict::Possible(_))).collect()
        }
        Some(Verdict::IdentifierOfAnother | Verdict::Different) => {
            return PersonDecision::Nobody {
                because: "those with similar details differ in name or birth date".into(),
            };
        }
        None => return PersonDecision::Nobody { because: "nobody has similar details".into() },
    };
    let first = likely.iter().find(|judged| Some(judged.verdict) == best).expect("the best is among the likely");
    let agreement = first.evidence.agreement_in_words();
    if let (Some(Verdict::Same(_)), [only]) = (best, likely.as_slice()) {
        return PersonDecision::Same { patient_id: only.patient_id, because: format!("same {agreement}") };
    }
    let because = match first.evidence.doubt_in_words() {
        Some(doubt) if !matches!(best, Some(Verdict::Same(_))) => format!("same {agreement}, but {doubt}"),
        _ => format!("{} people have the same {agreement}", likely.len()),
    };
    PersonDecision::Possible { candidates: likely.iter().map(|judged| judged.patient_id).collect(), because }
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
