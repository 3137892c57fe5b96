//! The story of a question: find, grade, check what may be shown, answer, and write down who asked.

use matching::Grade;
use model::{
    Assessment, AuditAction, AuditEntry, Caller, Demographics, Finding, FindingKind, Identifier, Location,
    LoggedMessage, MessageIdentity, MessageState, PatientId, PatientRecord, PatientReport, PatientStatus, Query,
    QueryKind, QueryOutcome, QueryStatus, Receipt,
};
use store::{Reading, StoreError};

use crate::assess::Languages;
use crate::health_facts::HealthTold;
use crate::{Admission, Registry, RegistryError, consolidate};

impl Registry {
    /// Answers a question about one person. Who asked, and whom they were shown, is stored before the answer is given.
    ///
    /// Records that may not be shown are left out before anything is counted, so that nothing tells them from people
    /// who are not in the registry.
    ///
    /// # Errors
    /// [`RegistryError`] when the machine failed.
    ///
    /// # Source
    /// HL7 IG 1.5, tables 7-2, 11-2 and 11-3.
    pub async fn answer_query(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        identity: MessageIdentity,
        query: Query,
        mut findings: Vec<Finding>,
    ) -> Result<QueryOutcome, RegistryError> {
        let keys = matching::lookup_keys(&query.person);
        // An answer has room for one finding: these come before what was found in the header.
        if !keys.is_empty() && query.person.names.is_empty() && query.person.birth_date.is_none() {
            findings.insert(0, Finding::new(FindingKind::IdentifierAlone).at(Location::segment("QPD", 1)));
        }
        let answer = if keys.is_empty() {
            findings.push(Finding::new(FindingKind::QueryTooVague));
            Answer { status: QueryStatus::Error, people: Vec::new(), assessment: None }
        } else {
            let told = self.health_told(caller);
            let asked = query.person.identifiers.clone();
            let asking = caller.clone();
            let look = move |registry: &Registry| registry.look_for(&asking, &query, &keys, receipt, told);
            let (mut answer, kind) = self.look(look).await?;
            answer.people.iter_mut().for_each(|record| self.tell_own(record, caller, &asked));
            let is_due = kind == QueryKind::EvaluatedHistory && answer.status == QueryStatus::Found;
            if is_due && answer.assessment.is_none() {
                findings.insert(0, Finding::new(FindingKind::ForecastNotGiven));
            }
            answer
        };
        let audit = audited(caller, &receipt, &answer);
        let message = LoggedMessage {
            id: receipt.message_id,
            received_at: receipt.received_at,
            channel: receipt.channel,
            organization_id: caller.organization_id,
            identity,
            kind: "QBP".into(),
            state: MessageState::Answered,
            patient_id: answer.the_person(),
            findings: findings.iter().map(|finding| Finding { value: String::new(), ..finding.clone() }).collect(),
            original: None,
            destroyed_at: None,
        };
        self.lanes().note(Some(message), audit).await?;
        metrics::counter!("bluebonnet_queries_total", "status" => answer.status.code()).increment(1);
        let Answer { status, people, assessment } = answer;
        Ok(QueryOutcome { message_id: receipt.message_id, status, people, assessment, findings })
    }

    /// Of all who may be meant only who they are is read; the doses of the one who is shown.
    fn look_for(
        &self,
        caller: &Caller,
        query: &Query,
        keys: &[i64],
        receipt: Receipt,
        told: HealthTold,
    ) -> Result<(Answer, QueryKind), RegistryError> {
        let (status, people) = self.database().read_at_once(|reading| {
            let asked = self.with_leading_numbers(&query.person, reading)?;
            let shown = self.all_told_of(caller, people_under(keys, &[], reading)?, receipt.received_at, reading)?;
            let (status, mut people) = self.choose(query, self.graded(&asked, shown));
            for record in people.iter_mut().filter(|_| status == QueryStatus::Found) {
                record.vaccinations = reading.doses_of(record.patient.id)?;
            }
            Ok((status, self.all_told_of(caller, people, receipt.received_at, reading)?))
        })?;
        let people: Vec<PatientRecord> =
            people.into_iter().map(|record| consolidate::shown(record, self.rules())).collect();
        let assessment = match (status, query.kind, people.as_slice()) {
            (QueryStatus::Found, QueryKind::EvaluatedHistory, [record]) => {
                self.assess_as_told(record, told, receipt.today, Languages::English)
            }
            _ => None,
        };
        let people = people.into_iter().map(|record| self.with_health_told(record, told, receipt.today)).collect();
        Ok((Answer { status, people, assessment }, query.kind))
    }

    /// Those who may be meant, the surest first.
    fn graded(&self, asked: &Demographics, records: Vec<PatientRecord>) -> Vec<(Grade, PatientRecord)> {
        let matcher = &self.rules().matcher;
        let mut graded: Vec<(Grade, PatientRecord)> = records
            .into_iter()
            .filter_map(|record| Some((matcher.grade_for_query(asked, &self.with_own_number(&record))?, record)))
            .collect();
        graded.sort_by_key(|(grade, record)| (std::cmp::Reverse(*grade), record.patient.id));
        graded
    }

    /// The decision table of the guide.
    fn choose(&self, query: &Query, mut graded: Vec<(Grade, PatientRecord)>) -> (QueryStatus, Vec<PatientRecord>) {
        let rules = &self.profile().query;
        let high = graded.iter().filter(|(grade, _)| *grade == Grade::High).count();
        if high == 1 {
            graded.truncate(1);
            return (QueryStatus::Found, graded.into_iter().map(|(_, record)| record).collect());
        }
        let lists = query.kind == QueryKind::History && rules.lists_candidates;
        if graded.is_empty() || !lists {
            return (QueryStatus::NotFound, Vec::new());
        }
        let limit = query.limit.unwrap_or(rules.candidates_maximum).min(rules.candidates_maximum);
        if graded.len() > limit as usize {
            return (QueryStatus::TooMany, Vec::new());
        }
        (QueryStatus::Candidates, graded.into_iter().map(|(_, record)| record).collect())
    }

    /// Of what each organization says for itself, the asker is told what is its own: its status of the person, and the
    /// identifiers that it and its sites reported, or that it asked with. Where else somebody is a patient is nobody's
    /// business.
    fn tell_own(&self, record: &mut PatientRecord, caller: &Caller, asked: &[Identifier]) {
        let directory = self.directory().snapshot();
        let is_own = |report: &&PatientReport| directory.may_speak_for(caller.organization_id, report.organization_id);
        let own = record.reports.iter().filter(is_own).flat_map(|report| &report.demographics.identifiers);
        let own: Vec<Identifier> = own.cloned().collect();
        let is_known = |identifier: &Identifier| own.contains(identifier) || asked.contains(identifier);
        let askers = record.reports.iter().find(|report| report.organization_id == caller.organization_id);
        record.patient.demographics.registry_status =
            askers.and_then(|report| report.demographics.registry_status.clone());
        record.patient.demographics.identifiers.retain(is_known);
        record.reports.iter_mut().for_each(|report| report.demographics.identifiers.retain(is_known));
    }

    /// These records, merged ones by the record that leads on.
    pub(crate) fn leading(&self, records: Vec<PatientRecord>) -> Result<Vec<PatientRecord>, StoreError> {
        leading_of(records, |ids| self.database().patient_records(ids))
    }
}

/// The people found under these keys, and those of these ids, without their doses; merged records by the one that leads
/// on.
pub(crate) fn people_under(
    keys: &[i64],
    ids: &[PatientId],
    reading: &mut Reading<'_>,
) -> Result<Vec<PatientRecord>, StoreError> {
    let found = reading.patients_by_match_keys(keys)?.into_iter().map(|(_, id)| id);
    let ids: Vec<PatientId> = found.chain(ids.iter().copied()).collect();
    leading_of(reading.people(&ids, &[])?, |ids| reading.people(ids, &[]))
}

pub(crate) fn leading_of(
    mut records: Vec<PatientRecord>,
    mut read: impl FnMut(&[PatientId]) -> Result<Vec<PatientRecord>, StoreError>,
) -> Result<Vec<PatientRecord>, StoreError> {
    let mut leading: Vec<PatientRecord> = Vec::with_capacity(records.len());
    while !records.is_empty() {
        let mut next = Vec::new();
        for record in records {
            match record.patient.status {
                PatientStatus::MergedInto(patient_id) => next.push(patient_id),
                _ if leading.iter().any(|known| known.patient.id == record.patient.id) => {}
                _ => leading.push(record),
            }
        }
        records = if next.is_empty() { Vec::new() } else { read(&next)? };
    }
    Ok(leading)
}

/// What was found, before it is told.
struct Answer {
    status: QueryStatus,
    people: Vec<PatientRecord>,
    assessment: Option<Assessment>,
}

impl Answer {
    fn the_person(&self) -> Option<PatientId> {
        let found = self.people.first().filter(|_| self.status == QueryStatus::Found);
        found.map(|person| person.patient.id)
    }
}

fn audited(caller: &Caller, receipt: &Receipt, answer: &Answer) -> Vec<AuditEntry> {
    let entry = |action, patient_id| AuditEntry {
        at: receipt.received_at,
        account_id: caller.account_id,
        organization_id: caller.organization_id,
        action,
        patient_id,
        message_id: Some(receipt.message_id),
        detail: String::new(),
    };
    match (answer.status, answer.people.as_slice()) {
        (_, []) => vec![entry(AuditAction::SearchWithoutResult, None)],
        (QueryStatus::Candidates, people) => {
            people.iter().map(|person| entry(AuditAction::CandidatesDisclosed, Some(person.patient.id))).collect()
        }
        (_, people) => {
            people.iter().map(|person| entry(AuditAction::RecordDisclosed, Some(person.patient.id))).collect()
        }
    }
}
