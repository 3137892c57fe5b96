//! Is this the person we know? Decides between the candidates that the match keys found.

use model::{Demographics, PatientId};

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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
pub fn decide_person(stated: &Demographics, candidates: &[Candidate<'_>]) -> PersonMatch {
    let _ = (stated, candidates);
    PersonMatch { decision: PersonDecision::Nobody { because: String::new() }, notes: Vec::new() }
}
