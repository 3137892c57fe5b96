//! Data fixes: what they would change, and how far they are.

use model::{
    Correction, Cvx, DataFix, DataFixId, DataFixState, DataFixStep, DataFixStepState, Dose, OrganizationId, PatientId,
    VaccinationReportId,
};

use crate::accounts::key;
use crate::sets::SetWrite;
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_DATA_FIX: &str = "
INSERT INTO data_fix (
    id, name, name_key, correction, organization_id, reason, planned_by, reviewed_by, state, planned_at, changed_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

pub(crate) const INSERT_DATA_FIX_STEP: &str = "
INSERT INTO data_fix_step (fix_id, patient_id, report_id, state, dose_before, dose_after, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const CHANGE_DATA_FIX: &str = "
UPDATE data_fix
SET state = $2,
    reviewed_by = $3,
    changed_at = $4
WHERE id = $1 AND state = $5";

pub(crate) const LIST_DATA_FIXES: &str = "
SELECT id, name, correction, organization_id, reason, planned_by, reviewed_by, state, planned_at, changed_at
FROM data_fix
ORDER BY planned_at DESC, id";

pub(crate) const FIND_DATA_FIX: &str = "
SELECT id, name, correction, organization_id, reason, planned_by, reviewed_by, state, planned_at, changed_at
FROM data_fix
WHERE name_key = $1";

pub(crate) const COUNT_DATA_FIX_STEPS: &str = "
SELECT state, COUNT(*), COUNT(DISTINCT patient_id)
FROM data_fix_step
WHERE fix_id = $1
GROUP BY state
ORDER BY state";

pub(crate) const LIST_DATA_FIX_STEPS: &str = "
SELECT fix_id, patient_id, report_id, state, dose_before, dose_after, changed_at
FROM data_fix_step
WHERE fix_id = $1 AND state = $2
ORDER BY patient_id, report_id
LIMIT $3";

/// Reports of one lot under one vaccine: a walk over the table, done once for a fix.
pub(crate) const FIND_REPORTS_OF_LOT: &str = "
SELECT patient_id, id
FROM vaccination_report
WHERE organization_id = $1 AND cvx = $2 AND NOT is_deleted AND UPPER(lot_number) = $3
ORDER BY patient_id, id";

pub(crate) const MARK_DATA_FIX_STEPS: SetWrite = SetWrite {
    attempt: "mark steps of a data fix",
    columns: &[
        ("fix_id", "uuid"),
        ("patient_id", "uuid"),
        ("report_id", "uuid"),
        ("state", "text"),
        ("changed_at", "timestamptz"),
    ],
    sql: "
UPDATE data_fix_step
SET state = given.state,
    changed_at = given.changed_at
FROM {given}
WHERE data_fix_step.fix_id = given.fix_id
    AND data_fix_step.patient_id = given.patient_id
    AND data_fix_step.report_id = given.report_id",
    when_known: "",
};

/// How many reports, and of how many people, stand in a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepCount {
    /// The state.
    pub state: DataFixStepState,
    /// Reports.
    pub reports: u64,
    /// People.
    pub people: u64,
}

impl Database {
    /// Keeps a planned fix and all its steps.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its name is taken.
    pub fn insert_data_fix(&self, fix: &DataFix, steps: &[DataFixStep]) -> Result<(), StoreError> {
        const ATTEMPT: &str = "keep a data fix";
        let (name_key, correction) = (key(&fix.name), json(&fix.correction));
        let values = [
            Value::Uuid(fix.id.0),
            Value::text(&fix.name),
            Value::text(&name_key),
            Value::text(&correction),
            Value::Uuid(fix.organization_id.0),
            Value::text(&fix.reason),
            Value::text(&fix.planned_by),
            Value::text(&fix.reviewed_by),
            Value::text(fix.state.word()),
            Value::instant(fix.planned_at),
            Value::instant(fix.changed_at),
        ];
        self.write(|connection| {
            connection.execute(INSERT_DATA_FIX, &values, ATTEMPT)?;
            for step in steps {
                let (before, after) = (json(&step.before), json(&step.after));
                let [fix_id, patient_id, report_id, state, changed_at] = step_values(step);
                let values =
                    [fix_id, patient_id, report_id, state, Value::text(&before), Value::text(&after), changed_at];
                connection.execute(INSERT_DATA_FIX_STEP, &values, ATTEMPT)?;
            }
            Ok(())
        })
    }

    /// Moves a fix from the state in which it was read to another.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is no longer in that state.
    pub fn change_data_fix(&self, fix: &DataFix, from: DataFixState) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(fix.id.0),
            Value::text(fix.state.word()),
            Value::text(&fix.reviewed_by),
            Value::instant(fix.changed_at),
            Value::text(from.word()),
        ];
        self.change_one(CHANGE_DATA_FIX, &values, "change a data fix")
    }

    /// All fixes, the latest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn data_fixes(&self) -> Result<Vec<DataFix>, StoreError> {
        self.read(|connection| connection.query_as(LIST_DATA_FIXES, &[], "list data fixes", read_data_fix))
    }

    /// The fix of this name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_data_fix(&self, name: &str) -> Result<Option<DataFix>, StoreError> {
        let name_key = key(name);
        let values = [Value::text(&name_key)];
        let found =
            self.read(|connection| connection.query_as(FIND_DATA_FIX, &values, "find a data fix", read_data_fix))?;
        Ok(found.into_iter().next())
    }

    /// How far a fix is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_data_fix_steps(&self, id: DataFixId) -> Result<Vec<StepCount>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(StepCount {
                state: row.word(0, DataFixStepState::parse)?,
                reports: row.number(1)?,
                people: row.number(2)?,
            })
        };
        let values = [Value::Uuid(id.0)];
        self.read(|connection| connection.query_as(COUNT_DATA_FIX_STEPS, &values, "count steps of a data fix", read))
    }

    /// Steps of a fix in a state, by person.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn data_fix_steps(
        &self,
        id: DataFixId,
        state: DataFixStepState,
        limit: u32,
    ) -> Result<Vec<DataFixStep>, StoreError> {
        let values = [Value::Uuid(id.0), Value::text(state.word()), Value::Integer(limit.into())];
        self.read(|connection| connection.query_as(LIST_DATA_FIX_STEPS, &values, "list steps of a data fix", read_step))
    }

    /// The reports of an organization that name a lot under a vaccine; deleted ones are left out.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn reports_of_lot(
        &self,
        organization_id: OrganizationId,
        cvx: Cvx,
        lot_number: &str,
    ) -> Result<Vec<(PatientId, VaccinationReportId)>, StoreError> {
        let lot_number = lot_number.trim().to_ascii_uppercase();
        let values = [Value::Uuid(organization_id.0), Value::Integer(cvx.0.into()), Value::text(&lot_number)];
        let read = |row: &dyn Columns| Ok((PatientId(row.uuid(0)?), VaccinationReportId(row.uuid(1)?)));
        self.read(|connection| connection.query_as(FIND_REPORTS_OF_LOT, &values, "find reports of a lot", read))
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

pub(crate) fn step_values(step: &DataFixStep) -> [Value<'_>; 5] {
    [
        Value::Uuid(step.fix_id.0),
        Value::Uuid(step.patient_id.0),
        Value::Uuid(step.report_id.0),
        Value::text(step.state.word()),
        Value::instant(step.changed_at),
    ]
}

fn read_data_fix(row: &dyn Columns) -> Result<DataFix, StoreError> {
    Ok(DataFix {
        id: DataFixId(row.uuid(0)?),
        name: row.string(1)?,
        correction: parsed::<Correction>(row, 2)?,
        organization_id: OrganizationId(row.uuid(3)?),
        reason: row.string(4)?,
        planned_by: row.string(5)?,
        reviewed_by: row.string(6)?,
        state: row.word(7, DataFixState::parse)?,
        planned_at: row.instant(8)?,
        changed_at: row.instant(9)?,
    })
}

fn read_step(row: &dyn Columns) -> Result<DataFixStep, StoreError> {
    Ok(DataFixStep {
        fix_id: DataFixId(row.uuid(0)?),
        patient_id: PatientId(row.uuid(1)?),
        report_id: VaccinationReportId(row.uuid(2)?),
        state: row.word(3, DataFixStepState::parse)?,
        before: parsed::<Dose>(row, 4)?,
        after: parsed::<Dose>(row, 5)?,
        changed_at: row.instant(6)?,
    })
}

/// A JSON document. What is wrong with it is told by its place, never by its content.
fn parsed<T: serde::de::DeserializeOwned>(row: &dyn Columns, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(&row.text(column)?).map_err(|error| StoreError::ContentInvalid {
        what: format!("column {} of a data fix", column + 1),
        reason: format!("its JSON is broken at character {}", error.column()),
    })
}
