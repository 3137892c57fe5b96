//! Reported doses, and the vaccinations that the registry makes of them.

use model::{
    MessageId, OrganizationId, PatientId, VaccinationEvent, VaccinationEventId, VaccinationReport, VaccinationReportId,
};

use crate::doses::{DOSE_COLUMNS, DoseDetails, dose_values};
use crate::sets::{Keys, SetRead, SetWrite};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const READ_VACCINATION_REPORTS: SetRead = SetRead {
    attempt: "read vaccination reports",
    sql: "
SELECT patient_id, id, event_id, organization_id, message_id, received_at, is_deleted,
    administered_on, cvx, source, completion, mvx, lot_number, order_id, order_authority, details,
    verdicts
FROM vaccination_report
WHERE patient_id {among}",
    limit_per_key: None,
};

pub(crate) const WRITE_VACCINATION_REPORTS: SetWrite = SetWrite {
    attempt: "write vaccination reports",
    columns: &[
        ("patient_id", "uuid"),
        ("id", "uuid"),
        ("event_id", "uuid"),
        ("organization_id", "uuid"),
        ("message_id", "uuid"),
        ("received_at", "timestamptz"),
        ("is_primary", "boolean"),
        ("is_deleted", "boolean"),
        ("administered_on", "date"),
        ("cvx", "integer"),
        ("source", "integer"),
        ("completion", "text"),
        ("mvx", "text"),
        ("lot_number", "text"),
        ("order_id", "text"),
        ("order_authority", "text"),
        ("details", "bytea"),
        ("verdicts", "bytea"),
    ],
    sql: "
INSERT INTO vaccination_report ({columns})
{rows}",
    when_known: "ON CONFLICT (patient_id, id) DO UPDATE
SET event_id = excluded.event_id,
    organization_id = excluded.organization_id,
    message_id = excluded.message_id,
    received_at = excluded.received_at,
    is_primary = COALESCE(
        excluded.is_primary,
        vaccination_report.is_primary AND vaccination_report.event_id = excluded.event_id
    ),
    is_deleted = excluded.is_deleted,
    administered_on = excluded.administered_on,
    cvx = excluded.cvx,
    source = excluded.source,
    completion = excluded.completion,
    mvx = excluded.mvx,
    lot_number = excluded.lot_number,
    order_id = excluded.order_id,
    order_authority = excluded.order_authority,
    details = excluded.details,
    verdicts = excluded.verdicts",
};

pub(crate) const READ_VACCINATION_EVENTS: SetRead = SetRead {
    attempt: "read vaccination events",
    sql: "
SELECT patient_id, id, primary_report_id
FROM vaccination_event
WHERE patient_id {among}",
    limit_per_key: None,
};

/// An event is no row of its own: it is the mark of its primary report. New reports are written with it; this moves it.
pub(crate) const MARK_PRIMARY_REPORTS: SetWrite = SetWrite {
    attempt: "write vaccination events",
    columns: &[("patient_id", "uuid"), ("event_id", "uuid"), ("primary_report_id", "uuid")],
    sql: "
UPDATE vaccination_report
SET is_primary = (vaccination_report.id = given.primary_report_id)
FROM {given}
WHERE vaccination_report.patient_id = given.patient_id
    AND vaccination_report.event_id = given.event_id
    AND vaccination_report.is_primary IS DISTINCT FROM (vaccination_report.id = given.primary_report_id)",
    when_known: "",
};

pub(crate) const UNMARK_PRIMARY_REPORTS: SetWrite = SetWrite {
    attempt: "remove vaccination events",
    columns: &[("patient_id", "uuid"), ("event_id", "uuid")],
    sql: "
UPDATE vaccination_report
SET is_primary = FALSE
FROM {given}
WHERE vaccination_report.patient_id = given.patient_id
    AND vaccination_report.event_id = given.event_id
    AND vaccination_report.is_primary",
    when_known: "",
};

impl Database {
    /// The vaccinations of these people, each with its primary report, by person and id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn vaccination_events(&self, ids: &[PatientId]) -> Result<Vec<VaccinationEvent>, StoreError> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        self.read(|connection| {
            let mut events = Vec::new();
            connection.read_sets(&[(&READ_VACCINATION_EVENTS, Keys::Ids(&ids))], &mut |_, row| {
                events.push(read_vaccination_event(row)?);
                Ok(())
            })?;
            events.sort_unstable_by_key(|event| (event.patient_id, event.id));
            Ok(events)
        })
    }
}

pub(crate) fn read_vaccination_report(row: &dyn Columns) -> Result<VaccinationReport, StoreError> {
    Ok(VaccinationReport {
        patient_id: PatientId(row.uuid(0)?),
        id: VaccinationReportId(row.uuid(1)?),
        event_id: VaccinationEventId(row.uuid(2)?),
        organization_id: OrganizationId(row.uuid(3)?),
        message_id: MessageId(row.uuid(4)?),
        received_at: row.instant(5)?,
        is_deleted: row.boolean(6)?,
        dose: DoseDetails::read_dose(row, 7 + DOSE_COLUMNS)?,
        verdicts: row.document(8 + DOSE_COLUMNS)?,
    })
}

/// The columns of a report. `is_primary` is `None` when nothing is said of its event: then the mark stays as it is.
pub(crate) fn vaccination_report_values(report: &VaccinationReport, is_primary: Option<bool>) -> [Value<'_>; 18] {
    let [administered_on, cvx, source, completion, mvx, lot_number, order_id, order_authority, details] =
        dose_values(&report.dose);
    let verdicts = if report.verdicts.is_empty() { Value::Null } else { Value::document(&report.verdicts) };
    [
        Value::Uuid(report.patient_id.0),
        Value::Uuid(report.id.0),
        Value::Uuid(report.event_id.0),
        Value::Uuid(report.organization_id.0),
        Value::Uuid(report.message_id.0),
        Value::instant(report.received_at),
        Value::optional(is_primary, Value::boolean),
        Value::boolean(report.is_deleted),
        administered_on,
        cvx,
        source,
        completion,
        mvx,
        lot_number,
        order_id,
        order_authority,
        details,
        verdicts,
    ]
}

fn read_vaccination_event(row: &dyn Columns) -> Result<VaccinationEvent, StoreError> {
    Ok(VaccinationEvent {
        patient_id: PatientId(row.uuid(0)?),
        id: VaccinationEventId(row.uuid(1)?),
        primary_report_id: VaccinationReportId(row.uuid(2)?),
    })
}

pub(crate) fn vaccination_event_values(event: &VaccinationEvent) -> [Value<'_>; 3] {
    [Value::Uuid(event.patient_id.0), Value::Uuid(event.id.0), Value::Uuid(event.primary_report_id.0)]
}

pub(crate) fn removed_event_values((patient_id, id): &(PatientId, VaccinationEventId)) -> [Value<'_>; 2] {
    [Value::Uuid(patient_id.0), Value::Uuid(id.0)]
}
