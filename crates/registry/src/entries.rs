//! What people enter on pages: it becomes a submission, and goes the way of all submissions.
//!
//! A page asks first what would become of an entry, and shows that; only then it enters it. The same entry sent twice,
//! as when a button is pressed twice, is one entry. An entry of which a part cannot be kept is refused whole: whoever made
//! it stands before the page, and mends it.

use model::{
    Action, Assessment, AuditAction, Caller, ClearedFact, Finding, InformationSource, MessageIdentity, Outcome,
    PatientId, PatientObservation, PatientStatement, Reason, Receipt, Recurrence, Rest, Right, Submission,
    VaccinationEventId, VaccinationReportId, VaccinationStatement,
};
use sha2::{Digest, Sha256};

use crate::assess::{Languages, contraindications};
use crate::health_facts::HealthTold;
use crate::intake::{Purpose, derive};
use crate::{Admission, Registry, RegistryError, consolidate};

/// What somebody enters about one person.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Tells this entry from all others of the organization; the page makes it with the form.
    pub once: String,
    /// Whom it is about; `record` names a person who was opened, none adds somebody.
    pub patient: PatientStatement,
    /// Doses: new, corrected, taken back.
    pub vaccinations: Vec<VaccinationStatement>,
    /// Why it is entered, where that is asked for; kept with what was entered.
    pub reason: String,
}

/// What would become of an entry.
#[derive(Clone, PartialEq, Debug)]
pub struct Rehearsal {
    /// What would be found.
    pub findings: Vec<Finding>,
    /// Whether it would be kept, which it is as a whole or not at all.
    pub is_kept: bool,
    /// People who may be the same as one who is added.
    pub possible_matches: Vec<PatientId>,
    /// The person that it would be entered for, where they are known already.
    pub known: Option<PatientId>,
    /// Which doses would count then.
    pub assessment: Option<Assessment>,
    /// The vaccination of each dose of the entry, in its order; `None` for one that would not be kept.
    pub events: Vec<Option<VaccinationEventId>>,
    /// What speaks against each dose of the entry that was given here, in its order.
    pub contraindications: Vec<Vec<Reason>>,
}

impl Registry {
    /// What would become of an entry; nothing is stored.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not enter it; others when the machine failed.
    pub async fn rehearse_entry(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        entry: &Entry,
    ) -> Result<Rehearsal, RegistryError> {
        self.authorize_entry(caller, entry)?;
        // The rest is kept in it, so that the page can show what would be found in every part.
        let submission = Submission { rest: Rest::Kept, ..submission(caller, receipt, entry) };
        let vaccinations = entry.vaccinations.clone();
        let told = self.health_told(caller);
        self.look(move |registry| registry.rehearsal(&submission, &vaccinations, told)).await
    }

    fn rehearsal(
        &self,
        submission: &Submission,
        vaccinations: &[VaccinationStatement],
        told: HealthTold,
    ) -> Result<Rehearsal, RegistryError> {
        let receipt = submission.receipt;
        let decision = self.rehearse_now(submission)?;
        let record = decision.record.map(|record| consolidate::shown(record, self.rules()));
        let assessment =
            record.as_ref().and_then(|record| self.assess_as_told(record, told, receipt.today, Languages::All));
        let known_events =
            |id| record.as_ref()?.vaccinations.iter().find(|report| report.id == id).map(|report| report.event_id);
        let event_of = |(ordinal, vaccination): (usize, &VaccinationStatement)| {
            let new = VaccinationReportId(derive(receipt.message_id, Purpose::VaccinationReport, ordinal));
            known_events(vaccination.report.unwrap_or(new))
        };
        let events: Vec<_> = vaccinations.iter().enumerate().map(event_of).collect();
        let against = |(vaccination, event): (&VaccinationStatement, &Option<VaccinationEventId>)| {
            let (Some(record), Some(event)) = (&record, event) else { return Vec::new() };
            let is_given_here = vaccination.action != Action::Delete
                && vaccination.dose.is_given()
                && vaccination.dose.source == InformationSource::Administered;
            if is_given_here {
                let found = contraindications(&self.schedule(), record, *event, &vaccination.dose);
                self.contraindications_told(found, told)
            } else {
                Vec::new()
            }
        };
        let is_left_out = |finding: &Finding| finding.rule().omits;
        Ok(Rehearsal {
            contraindications: vaccinations.iter().zip(&events).map(against).collect(),
            is_kept: decision.outcome.patient_id.is_some() && !decision.outcome.findings.iter().any(is_left_out),
            findings: decision.outcome.findings,
            possible_matches: decision.reviews.iter().map(|review| review.candidate).collect(),
            known: decision
                .audit
                .filter(|audit| audit.action != AuditAction::PatientAdded)
                .and_then(|audit| audit.patient_id),
            events,
            assessment,
        })
    }

    /// Enters it, and answers after it is stored for good; or refuses it, and the findings say why.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not enter it; others when the machine failed.
    pub async fn enter(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        entry: Entry,
    ) -> Result<Outcome, RegistryError> {
        self.authorize_entry(caller, &entry)?;
        self.submit(admission, submission(caller, receipt, &entry)).await
    }

    /// Each part of an entry has its right.
    fn authorize_entry(&self, caller: &Caller, entry: &Entry) -> Result<(), RegistryError> {
        let stated = &entry.patient;
        let who = &stated.demographics;
        let is_death = who.is_deceased == Some(true) || who.death_date.is_some();
        let is_death_own = is_death || stated.cleared.contains(&ClearedFact::Death);
        let is_death_of_others = who.is_deceased == Some(false);
        let says_who = !who.names.is_empty() || who.registry_status.is_some() || !stated.cleared.is_empty();
        let is_change = says_who
            || is_death_own
            || is_death_of_others
            || !stated.observations.is_empty()
            || !stated.retracted.is_empty();
        let is_risk = |fact: &PatientObservation| fact.question == PatientObservation::INDICATION;
        let has = |action: fn(&VaccinationStatement) -> bool| entry.vaccinations.iter().any(action);
        let rights = [
            (stated.record.is_none(), Right::AddPerson),
            (stated.record.is_some() && is_change, Right::ChangePerson),
            (stated.observations.iter().any(is_risk), Right::ReadHealthFacts),
            (is_death_own || is_death_of_others, Right::RecordDeath),
            (!stated.consents.is_empty(), Right::RecordConsent),
            (has(|dose| dose.action == Action::Add), Right::RecordDose),
            (has(|dose| dose.action != Action::Add), Right::CorrectDose),
        ];
        let mut needed = rights.into_iter().filter(|(is_needed, _)| *is_needed);
        needed.try_for_each(|(_, right)| self.authorize_here(caller, right))?;
        match is_death_of_others && !self.may_everywhere(caller, Right::RecordDeath) {
            true => Err(RegistryError::Forbidden { right: Right::RecordDeath }),
            false => Ok(()),
        }
    }
}

/// The entry as a submission. What was entered is kept as text, as messages keep their bytes.
fn submission(caller: &Caller, receipt: Receipt, entry: &Entry) -> Submission {
    let original = original(entry).into_bytes();
    let digest: [u8; 32] = Sha256::new()
        .chain_update(caller.organization_id.0.as_bytes())
        .chain_update(b"entry")
        .chain_update(entry.once.as_bytes())
        .finalize()
        .into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    Submission {
        receipt,
        caller: caller.clone(),
        identity: MessageIdentity {
            control_hash: i64::from_be_bytes(first),
            content_hash: Sha256::digest(&original).into(),
        },
        recurrence: Recurrence::Resend,
        rest: Rest::Refused,
        kind: "ENTRY".into(),
        original,
        patient: Some(entry.patient.clone()),
        vaccinations: entry.vaccinations.clone(),
        findings: Vec::new(),
    }
}

fn original(entry: &Entry) -> String {
    let stated = &entry.patient;
    let doses = entry.vaccinations.iter().map(|vaccination| {
        let action = match vaccination.action {
            Action::Add => "add",
            Action::Update => "correct",
            Action::Delete => "undo",
        };
        serde_json::json!({ "action": action, "report": vaccination.report, "dose": vaccination.dose })
    });
    serde_json::json!({
        "record": stated.record,
        "demographics": stated.demographics,
        "cleared": stated.cleared,
        "observations": stated.observations,
        "retracted": stated.retracted,
        "consents": stated.consents,
        "doses": doses.collect::<Vec<_>>(),
        "reason": entry.reason,
    })
    .to_string()
}
