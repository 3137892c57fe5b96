//! What people enter on pages: it becomes a submission, and goes the way of all submissions.
//!
//! A page asks first what would become of an entry, and shows that; only then it enters it. The same entry sent twice,
//! as when a button is pressed twice, is one entry.

use model::{
    Action, Assessment, AuditAction, Caller, Finding, MessageIdentity, Outcome, PatientId, PatientObservation,
    PatientStatement, Receipt, Right, Submission, VaccinationEventId, VaccinationReportId, VaccinationStatement,
};
use sha2::{Digest, Sha256};

use crate::assess::{Languages, assess};
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
    /// Whether anything of it would be kept.
    pub is_kept: bool,
    /// People who may be the same as one who is added.
    pub possible_matches: Vec<PatientId>,
    /// The person that it would be entered for, where they are known already.
    pub known: Option<PatientId>,
    /// Which doses would count then.
    pub assessment: Option<Assessment>,
    /// The vaccination of each dose of the entry, in its order; `None` for one that would not be kept.
    pub events: Vec<Option<VaccinationEventId>>,
}

/// A fact about a person's health that can be chosen on a page, because the schedule knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthFact {
    /// LOINC: contraindication, immunity or indication.
    pub question: &'static str,
    /// The code that the schedule understands.
    pub code: String,
    /// Its coding system.
    pub system: String,
    /// Its name.
    pub name: String,
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
        let submission = submission(caller, receipt, entry);
        let vaccinations = entry.vaccinations.clone();
        self.look(move |registry| registry.rehearsal(&submission, &vaccinations)).await
    }

    fn rehearsal(
        &self,
        submission: &Submission,
        vaccinations: &[VaccinationStatement],
    ) -> Result<Rehearsal, RegistryError> {
        let receipt = submission.receipt;
        let decision = self.rehearse_now(submission)?;
        let record = decision.record.map(|record| consolidate::shown(record, self.rules()));
        let assessment = record
            .as_ref()
            .and_then(|record| assess(&self.schedule(), self.codes(), record, receipt.today, Languages::All));
        let known_events =
            |id| record.as_ref()?.vaccinations.iter().find(|report| report.id == id).map(|report| report.event_id);
        let event_of = |(ordinal, vaccination): (usize, &VaccinationStatement)| {
            let new = VaccinationReportId(derive(receipt.message_id, Purpose::VaccinationReport, ordinal));
            known_events(vaccination.report.unwrap_or(new))
        };
        Ok(Rehearsal {
            findings: decision.outcome.findings,
            is_kept: decision.outcome.patient_id.is_some(),
            possible_matches: decision.reviews.iter().map(|review| review.candidate).collect(),
            known: decision
                .audit
                .filter(|audit| audit.action != AuditAction::PatientAdded)
                .and_then(|audit| audit.patient_id),
            events: vaccinations.iter().enumerate().map(event_of).collect(),
            assessment,
        })
    }

    /// Enters it, and answers after it is stored for good.
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

    /// The facts about a person's health that the schedule knows, by question and name.
    pub fn health_facts(&self) -> Vec<HealthFact> {
        let schedule = self.schedule();
        let facts = schedule.facts();
        let is_immunity = |code| facts.antigens.iter().any(|antigen| antigen.immune_if.contains(&code));
        let is_contraindication = |code| {
            facts.antigens.iter().any(|antigen| {
                antigen.contraindications.iter().any(|known| known.code == code)
                    || antigen.vaccine_contraindications.iter().any(|known| known.code == code)
            })
        };
        let mut choices: Vec<HealthFact> = facts
            .observations
            .iter()
            .filter_map(|known| {
                let question = if is_immunity(known.code) {
                    PatientObservation::IMMUNITY
                } else if is_contraindication(known.code) {
                    PatientObservation::CONTRAINDICATION
                } else {
                    PatientObservation::INDICATION
                };
                let mut codes = known.synonyms.iter();
                let (system, code) =
                    codes.find(|(system, code)| schedule.observations_of(system, code).eq([known.code]))?;
                let system = if system == "SNOMED" { "SCT" } else { system };
                Some(HealthFact { question, code: code.clone(), system: system.to_owned(), name: known.name.clone() })
            })
            .collect();
        choices.sort_by(|left, right| (left.question, &left.name).cmp(&(right.question, &right.name)));
        choices
    }

    /// Each part of an entry has its right.
    fn authorize_entry(&self, caller: &Caller, entry: &Entry) -> Result<(), RegistryError> {
        let stated = &entry.patient;
        let says_who = !stated.demographics.names.is_empty() || stated.demographics.registry_status.is_some();
        let is_change = says_who || !stated.observations.is_empty() || !stated.retracted.is_empty();
        let has = |action: fn(&VaccinationStatement) -> bool| entry.vaccinations.iter().any(action);
        let rights = [
            (stated.record.is_none(), Right::AddPerson),
            (stated.record.is_some() && is_change, Right::ChangePerson),
            (!stated.consents.is_empty(), Right::RecordConsent),
            (has(|dose| dose.action == Action::Add), Right::RecordDose),
            (has(|dose| dose.action != Action::Add), Right::CorrectDose),
        ];
        let mut needed = rights.into_iter().filter(|(is_needed, _)| *is_needed);
        needed.try_for_each(|(_, right)| self.authorize_here(caller, right))
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
        "observations": stated.observations,
        "retracted": stated.retracted,
        "consents": stated.consents,
        "doses": doses.collect::<Vec<_>>(),
        "reason": entry.reason,
    })
    .to_string()
}
