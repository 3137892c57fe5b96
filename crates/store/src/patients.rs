//! People, and what organizations say of them.

use std::collections::HashMap;

use model::{
    MessageId, OrganizationId, Patient, PatientId, PatientRecord, PatientReport, PatientReportId, PatientStatus,
    plain_letters,
};

use crate::consents::{READ_CONSENTS, read_consent};
use crate::database::Connection;
use crate::sets::{Keys, SetRead, SetWrite};
use crate::vaccinations::{READ_VACCINATION_REPORTS, read_vaccination_report};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const READ_PATIENTS: SetRead = SetRead {
    attempt: "read patients",
    sql: "
SELECT id, version, status, merged_into, created_at, updated_at, demographics, is_told_apart
FROM patient
WHERE id {among}",
    limit_per_key: None,
};

pub(crate) const READ_PATIENT_REPORTS: SetRead = SetRead {
    attempt: "read patient reports",
    sql: "
SELECT patient_id, id, organization_id, message_id, received_at, demographics, observations
FROM patient_report
WHERE patient_id {among}",
    limit_per_key: None,
};

const PATIENT_COLUMNS: [(&str, &str); 16] = [
    ("id", "uuid"),
    ("version", "bigint"),
    ("status", "text"),
    ("merged_into", "uuid"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
    ("family_name", "text"),
    ("given_name", "text"),
    ("birth_date", "date"),
    ("sex", "text"),
    ("zip", "text"),
    ("county", "text"),
    ("is_deceased", "boolean"),
    ("is_protected", "boolean"),
    ("demographics", "bytea"),
    ("is_told_apart", "boolean"),
];

pub(crate) const ADD_PATIENTS: SetWrite = SetWrite {
    attempt: "add patients",
    columns: &PATIENT_COLUMNS,
    sql: "
INSERT INTO patient ({columns})
{rows}",
    when_known: "",
};

pub(crate) const UPDATE_PATIENTS: SetWrite = SetWrite {
    attempt: "update patients",
    columns: &{
        let mut columns = [("expected_version", "bigint"); 17];
        let mut place = 0;
        while place < PATIENT_COLUMNS.len() {
            columns[place] = PATIENT_COLUMNS[place];
            place += 1;
        }
        columns
    },
    sql: "
UPDATE patient
SET version = given.version,
    status = given.status,
    merged_into = given.merged_into,
    created_at = given.created_at,
    updated_at = given.updated_at,
    family_name = given.family_name,
    given_name = given.given_name,
    birth_date = given.birth_date,
    sex = given.sex,
    zip = given.zip,
    county = given.county,
    is_deceased = given.is_deceased,
    is_protected = given.is_protected,
    demographics = given.demographics,
    is_told_apart = given.is_told_apart
FROM {given}
WHERE patient.id = given.id AND patient.version = given.expected_version",
    when_known: "",
};

pub(crate) const WRITE_PATIENT_REPORTS: SetWrite = SetWrite {
    attempt: "write patient reports",
    columns: &[
        ("patient_id", "uuid"),
        ("id", "uuid"),
        ("organization_id", "uuid"),
        ("message_id", "uuid"),
        ("received_at", "timestamptz"),
        ("demographics", "bytea"),
        ("observations", "bytea"),
    ],
    sql: "
INSERT INTO patient_report ({columns})
{rows}",
    when_known: "ON CONFLICT (patient_id, id) DO UPDATE
SET organization_id = excluded.organization_id,
    message_id = excluded.message_id,
    received_at = excluded.received_at,
    demographics = excluded.demographics,
    observations = excluded.observations",
};

impl Database {
    /// The records of these people, by id; unknown ids are left out. A merged record is given as it is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patient_records(&self, ids: &[PatientId]) -> Result<Vec<PatientRecord>, StoreError> {
        self.read(|connection| connection.snapshot(|connection| patient_records(connection, ids)))
    }
}

/// Everything about these people: four set reads, one round trip.
pub(crate) fn patient_records(
    connection: &mut Connection,
    ids: &[PatientId],
) -> Result<Vec<PatientRecord>, StoreError> {
    people(connection, ids, ids)
}

/// The records of these people, with the doses of some of them.
pub(crate) fn people(
    connection: &mut Connection,
    ids: &[PatientId],
    doses_of: &[PatientId],
) -> Result<Vec<PatientRecord>, StoreError> {
    let each_once = |ids: &[PatientId]| {
        let mut ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let (ids, doses_of) = (each_once(ids), each_once(doses_of));
    let mut records: Vec<PatientRecord> = Vec::with_capacity(ids.len());
    let mut places: HashMap<PatientId, usize> = HashMap::with_capacity(ids.len());
    let keys = Keys::Ids(&ids);
    let reads = [
        (&READ_PATIENTS, keys),
        (&READ_PATIENT_REPORTS, keys),
        (&READ_VACCINATION_REPORTS, Keys::Ids(&doses_of)),
        (&READ_CONSENTS, keys),
    ];
    connection.read_sets(&reads, &mut |read, row| {
        if read == 0 {
            let patient = read_patient(row)?;
            places.insert(patient.id, records.len());
            records.push(PatientRecord {
                patient,
                reports: Vec::new(),
                vaccinations: Vec::new(),
                consents: Vec::new(),
            });
            return Ok(());
        }
        let Some(place) = places.get(&PatientId(row.uuid(0)?)) else { return Ok(()) };
        let record = &mut records[*place];
        match read {
            1 => record.reports.push(read_patient_report(row)?),
            2 => record.vaccinations.push(read_vaccination_report(row)?),
            _ => record.consents.push(read_consent(row)?),
        }
        Ok(())
    })?;
    records.sort_unstable_by_key(|record| record.patient.id);
    for record in &mut records {
        record.reports.sort_unstable_by_key(|report| report.id);
        record.vaccinations.sort_unstable_by_key(|report| report.id);
        record.consents.sort_unstable_by_key(|consent| (consent.recorded_at, consent.id));
    }
    Ok(records)
}

fn read_patient(row: &dyn Columns) -> Result<Patient, StoreError> {
    let merged_into = row.optional_uuid(3)?.map(PatientId);
    Ok(Patient {
        id: PatientId(row.uuid(0)?),
        version: row.integer(1)?,
        status: row.word(2, |word| match (word, merged_into) {
            ("active", None) => Some(PatientStatus::Active),
            ("pending", None) => Some(PatientStatus::Pending),
            ("merged", Some(into)) => Some(PatientStatus::MergedInto(into)),
            _ => None,
        })?,
        created_at: row.instant(4)?,
        updated_at: row.instant(5)?,
        demographics: row.document(6)?,
        is_told_apart: row.optional_boolean(7)?.unwrap_or_default(),
    })
}

pub(crate) fn patient_values(patient: &Patient) -> [Value<'_>; 16] {
    let (status, merged_into) = match patient.status {
        PatientStatus::Active => ("active", None),
        PatientStatus::Pending => ("pending", None),
        PatientStatus::MergedInto(into) => ("merged", Some(into)),
    };
    let demographics = &patient.demographics;
    let (name, address) = (demographics.names.first(), demographics.addresses.first());
    // By these people are looked for; how the name is written stands in the document.
    let letters = |text: &str| Value::text(&plain_letters(text)).into_owned();
    [
        Value::Uuid(patient.id.0),
        Value::Integer(patient.version),
        Value::text(status),
        Value::optional(merged_into, |id| Value::Uuid(id.0)),
        Value::instant(patient.created_at),
        Value::instant(patient.updated_at),
        Value::optional(name, |name| letters(&name.family)),
        Value::optional(name, |name| letters(&name.given)),
        Value::optional(demographics.birth_date, Value::Date),
        Value::optional(demographics.sex.map(|sex| sex.code()), Value::text),
        Value::optional(address.map(|address| address.zip.as_str()), Value::text),
        Value::optional(address.map(|address| address.county.as_str()), Value::text),
        Value::optional(demographics.is_deceased, Value::boolean),
        Value::optional(demographics.protection.map(|protection| protection.is_protected), Value::boolean),
        Value::document(demographics),
        Value::optional(patient.is_told_apart.then_some(true), Value::boolean),
    ]
}

pub(crate) fn patient_update_values((patient, expected_version): (&Patient, i64)) -> [Value<'_>; 17] {
    let mut values = [const { Value::Null }; 17];
    for (place, value) in patient_values(patient).into_iter().enumerate() {
        values[place] = value;
    }
    values[16] = Value::Integer(expected_version);
    values
}

fn read_patient_report(row: &dyn Columns) -> Result<PatientReport, StoreError> {
    Ok(PatientReport {
        patient_id: PatientId(row.uuid(0)?),
        id: PatientReportId(row.uuid(1)?),
        organization_id: OrganizationId(row.uuid(2)?),
        message_id: MessageId(row.uuid(3)?),
        received_at: row.instant(4)?,
        demographics: row.document(5)?,
        observations: row.document(6)?,
    })
}

pub(crate) fn patient_report_values(report: &PatientReport) -> [Value<'_>; 7] {
    [
        Value::Uuid(report.patient_id.0),
        Value::Uuid(report.id.0),
        Value::Uuid(report.organization_id.0),
        Value::Uuid(report.message_id.0),
        Value::instant(report.received_at),
        Value::document(&report.demographics),
        Value::document(&report.observations),
    ]
}
