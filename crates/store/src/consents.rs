//! Consents given and withdrawn.

use model::{Consent, ConsentId, ConsentStatement, ConsentStatus, MessageId, OrganizationId, PatientId};

use crate::StoreError;
use crate::sets::{SetRead, SetWrite};
use crate::value::{Columns, Value};

pub(crate) const READ_CONSENTS: SetRead = SetRead {
    attempt: "read consents",
    sql: "
SELECT patient_id, id, kind, status, effective_on, organization_id, message_id, recorded_at
FROM consent
WHERE patient_id {among}",
    limit_per_key: None,
};

pub(crate) const WRITE_CONSENTS: SetWrite = SetWrite {
    attempt: "write consents",
    columns: &[
        ("patient_id", "uuid"),
        ("id", "uuid"),
        ("kind", "text"),
        ("status", "text"),
        ("effective_on", "date"),
        ("organization_id", "uuid"),
        ("message_id", "uuid"),
        ("recorded_at", "timestamptz"),
    ],
    sql: "
INSERT INTO consent ({columns})
{rows}",
    when_known: "ON CONFLICT (patient_id, id) DO UPDATE
SET kind = excluded.kind,
    status = excluded.status,
    effective_on = excluded.effective_on,
    organization_id = excluded.organization_id,
    message_id = excluded.message_id,
    recorded_at = excluded.recorded_at",
};

pub(crate) fn read_consent(row: &dyn Columns) -> Result<Consent, StoreError> {
    Ok(Consent {
        patient_id: PatientId(row.uuid(0)?),
        id: ConsentId(row.uuid(1)?),
        statement: ConsentStatement {
            kind: row.string(2)?,
            status: row.word(3, |word| match word {
                "granted" => Some(ConsentStatus::Granted),
                "withdrawn" => Some(ConsentStatus::Withdrawn),
                _ => None,
            })?,
            effective_on: row.optional_date(4)?,
        },
        organization_id: OrganizationId(row.uuid(5)?),
        message_id: MessageId(row.uuid(6)?),
        recorded_at: row.instant(7)?,
    })
}

pub(crate) fn consent_values(consent: &Consent) -> [Value<'_>; 8] {
    let status = match consent.statement.status {
        ConsentStatus::Granted => "granted",
        ConsentStatus::Withdrawn => "withdrawn",
    };
    [
        Value::Uuid(consent.patient_id.0),
        Value::Uuid(consent.id.0),
        Value::text(&consent.statement.kind),
        Value::text(status),
        Value::optional(consent.statement.effective_on, Value::Date),
        Value::Uuid(consent.organization_id.0),
        Value::Uuid(consent.message_id.0),
        Value::instant(consent.recorded_at),
    ]
}
