//! Data fixes: a named, reviewed batch of corrections. Planning shows what would change; applying goes through the
//! lanes in small steps, online, each step one commit with its audit lines; undoing goes the same way back.
//!
//! A step that was applied is marked in the same commit, so that whoever is killed in between goes on where it was.

use std::collections::HashSet;

use codes::Ndc;
use jiff::Timestamp;
use model::{
    Caller, Correction, Cvx, DataFix, DataFixId, DataFixState, DataFixStep, DataFixStepState, Dose, PatientId,
    VaccinationReportId,
};
use store::{StepCount, StoreError};

use crate::{Admission, Registry, RegistryError};

/// Reports that one fix may concern.
const REPORTS_MAXIMUM: usize = 200_000;
/// Reports that are changed in one commit.
pub const STEPS_AT_ONCE: u32 = 50;
/// Letters that a name or a reason may have.
const TEXT_LENGTH_MAXIMUM: usize = 200;
/// People whose records are read at once while planning.
const PEOPLE_AT_ONCE: usize = 200;

/// A fix to plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDataFix {
    /// Its id, made by the caller.
    pub id: DataFixId,
    /// Its name.
    pub name: String,
    /// What it corrects.
    pub correction: Correction,
    /// The organization whose reports it corrects.
    pub organization_code: String,
    /// Why, and who asked for it.
    pub reason: String,
    /// Who plans it.
    pub planned_by: String,
}

/// A fix, and how far it is.
#[derive(Clone, PartialEq, Debug)]
pub struct DataFixProgress {
    /// The fix.
    pub fix: DataFix,
    /// How many reports, and of how many people, stand in each state.
    pub counts: Vec<StepCount>,
}

impl DataFixProgress {
    /// Reports in a state.
    pub fn reports(&self, state: DataFixStepState) -> u64 {
        self.counts.iter().find(|count| count.state == state).map_or(0, |count| count.reports)
    }
}

/// Which way a step goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Apply,
    Undo,
}

/// What a lane is to do for a fix.
#[derive(Clone, Debug)]
pub(crate) struct Corrections {
    pub(crate) steps: Vec<DataFixStep>,
    pub(crate) direction: Direction,
    pub(crate) fix: DataFix,
    pub(crate) operator: Caller,
    pub(crate) at: Timestamp,
}

impl Registry {
    /// Finds what a fix would change and keeps it under a name: a dry run that changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the fix makes no sense, concerns nothing or too much, or its name is taken.
    pub fn plan_data_fix(
        &self,
        _admission: &Admission,
        new: NewDataFix,
        now: Timestamp,
    ) -> Result<DataFixProgress, RegistryError> {
        let refuse = |sentence: String| Err(RegistryError::Refused(sentence));
        for (what, text) in [("a name", &new.name), ("a reason", &new.reason), ("who plans it", &new.planned_by)] {
            if text.trim().is_empty() || text.chars().count() > TEXT_LENGTH_MAXIMUM {
                return refuse(format!("a data fix needs {what}, of {TEXT_LENGTH_MAXIMUM} letters at most"));
            }
        }
        let Correction::ChangeCvx { from, to, lot_number } = &new.correction;
        for cvx in [from, to] {
            if self.codes().vaccine(*cvx).is_none() {
                return refuse(format!("there is no vaccine CVX {cvx}"));
            }
        }
        if from == to {
            return refuse(format!("CVX {from} to {to} changes nothing"));
        }
        let directory = self.directory().snapshot();
        let Some(organization) = directory.known_organization(&new.organization_code) else {
            return refuse(format!("there is no organization {}", new.organization_code));
        };
        let found = self.database().reports_of_lot(organization.id, *from, lot_number)?;
        if found.is_empty() {
            return refuse(format!("{} reported nothing under {}", organization.code, new.correction.words()));
        }
        if found.len() > REPORTS_MAXIMUM {
            return refuse(format!("{} reports are more than the {REPORTS_MAXIMUM} of one fix", found.len()));
        }
        let fix = DataFix {
            id: new.id,
            name: new.name.trim().to_owned(),
            correction: new.correction,
            organization_id: organization.id,
            reason: new.reason.trim().to_owned(),
            planned_by: new.planned_by.trim().to_owned(),
            reviewed_by: String::new(),
            state: DataFixState::Planned,
            planned_at: now,
            changed_at: now,
        };
        let steps = self.steps(&fix, &found)?;
        match self.database().insert_data_fix(&fix, &steps) {
            Err(StoreError::Conflict { .. }) => refuse(format!("there is a data fix named {} already", fix.name)),
            Err(error) => Err(error.into()),
            Ok(()) => self.progress(fix),
        }
    }

    /// All fixes, the latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn data_fixes(&self, _admission: &Admission) -> Result<Vec<DataFixProgress>, RegistryError> {
        self.database().data_fixes()?.into_iter().map(|fix| self.progress(fix)).collect()
    }

    /// A fix and how far it is.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is none of this name.
    pub fn data_fix(&self, _admission: &Admission, name: &str) -> Result<DataFixProgress, RegistryError> {
        let found = self.database().find_data_fix(name)?;
        self.progress(found.ok_or_else(|| RegistryError::Refused(format!("there is no data fix {name}")))?)
    }

    /// Some reports of a fix in a state, with the dose before and after.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn data_fix_sample(
        &self,
        _admission: &Admission,
        fix: &DataFix,
        state: DataFixStepState,
        limit: u32,
    ) -> Result<Vec<DataFixStep>, RegistryError> {
        Ok(self.database().data_fix_steps(fix.id, state, limit)?)
    }

    /// Lets a planned fix be applied, on the word of somebody who looked at it and did not plan it.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when it is not planned, or reviewed by its planner.
    pub async fn begin_data_fix(
        &self,
        admission: &Admission,
        operator: &Caller,
        name: &str,
        reviewed_by: &str,
        now: Timestamp,
    ) -> Result<DataFix, RegistryError> {
        let fix = self.data_fix(admission, name)?.fix;
        let reviewer = reviewed_by.trim();
        if reviewer.is_empty() || reviewer.eq_ignore_ascii_case(&fix.planned_by) {
            let sentence = format!("{} planned it; somebody else must have reviewed it", fix.planned_by);
            return Err(RegistryError::Refused(sentence));
        }
        let next = DataFix { reviewed_by: reviewer.to_owned(), ..fix.clone() };
        self.move_data_fix(admission, operator, next, DataFixState::Planned, DataFixState::Applying, now).await
    }

    /// Lets a fix be taken back, applied wholly or in part.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when nothing of it was applied.
    pub async fn begin_undo_of_data_fix(
        &self,
        admission: &Admission,
        operator: &Caller,
        name: &str,
        now: Timestamp,
    ) -> Result<DataFix, RegistryError> {
        let DataFixProgress { fix, counts } = self.data_fix(admission, name)?;
        if counts.is_empty() {
            let sentence = format!("nothing is left of {name}: the records that it concerned were destroyed");
            return Err(RegistryError::Refused(sentence));
        }
        let from = match fix.state {
            DataFixState::Applying => DataFixState::Applying,
            _ => DataFixState::Applied,
        };
        self.move_data_fix(admission, operator, fix, from, DataFixState::Undoing, now).await
    }

    /// Does the next step of a fix that is being applied or undone. Gives false when nothing was left to do, and the
    /// fix is done.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the fix is neither; or the machine failed, and nothing of the step was kept.
    pub async fn step_data_fix(
        &self,
        admission: &Admission,
        operator: &Caller,
        name: &str,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        let fix = self.data_fix(admission, name)?.fix;
        let (direction, wanted, done) = match fix.state {
            DataFixState::Applying => (Direction::Apply, DataFixStepState::Waiting, DataFixState::Applied),
            DataFixState::Undoing => (Direction::Undo, DataFixStepState::Applied, DataFixState::Undone),
            state => {
                let sentence = format!("{name} is {}; there is nothing to go on with", state.word());
                return Err(RegistryError::Refused(sentence));
            }
        };
        let steps = self.database().data_fix_steps(fix.id, wanted, STEPS_AT_ONCE)?;
        if steps.is_empty() {
            let from = fix.state;
            self.move_data_fix(admission, operator, fix, from, done, now).await?;
            return Ok(false);
        }
        let corrections = Corrections { steps, direction, fix, operator: operator.clone(), at: now };
        self.lanes().correct(corrections).await?;
        Ok(true)
    }

    async fn move_data_fix(
        &self,
        admission: &Admission,
        operator: &Caller,
        fix: DataFix,
        from: DataFixState,
        to: DataFixState,
        now: Timestamp,
    ) -> Result<DataFix, RegistryError> {
        if fix.state != from {
            let sentence = format!("{} is {}, not {}", fix.name, fix.state.word(), from.word());
            return Err(RegistryError::Refused(sentence));
        }
        let next = DataFix { state: to, changed_at: now, ..fix };
        self.database().change_data_fix(&next, from)?;
        let of_owner = Caller { organization_id: next.organization_id, ..operator.clone() };
        let what = format!(
            "data fix {} ({}) is {}; planned by {}, reviewed by {}: {}",
            next.name,
            next.correction.words(),
            to.word(),
            next.planned_by,
            next.reviewed_by,
            next.reason
        );
        self.record_administration(admission, &of_owner, now, what).await?;
        Ok(next)
    }

    fn progress(&self, fix: DataFix) -> Result<DataFixProgress, RegistryError> {
        Ok(DataFixProgress { counts: self.database().count_data_fix_steps(fix.id)?, fix })
    }

    /// The steps of a fix: each report as it is, and as it shall be.
    fn steps(
        &self,
        fix: &DataFix,
        found: &[(PatientId, VaccinationReportId)],
    ) -> Result<Vec<DataFixStep>, RegistryError> {
        let mut steps = Vec::with_capacity(found.len());
        for chunk in found.chunks(PEOPLE_AT_ONCE) {
            let wanted: HashSet<&(PatientId, VaccinationReportId)> = chunk.iter().collect();
            let ids: Vec<PatientId> = chunk.iter().map(|(patient_id, _)| *patient_id).collect();
            let records = self.database().patient_records(&ids)?;
            let reports = records.iter().flat_map(|record| &record.vaccinations);
            for report in reports.filter(|report| wanted.contains(&(report.patient_id, report.id))) {
                steps.push(DataFixStep {
                    fix_id: fix.id,
                    patient_id: report.patient_id,
                    report_id: report.id,
                    state: DataFixStepState::Waiting,
                    before: report.dose.clone(),
                    after: self.corrected(&fix.correction, &report.dose),
                    changed_at: fix.planned_at,
                });
            }
        }
        Ok(steps)
    }

    /// A dose as a correction leaves it. A package code of another vaccine than the right one goes, as it contradicts; and the
    /// trade name, which was that of the wrong one.
    fn corrected(&self, correction: &Correction, dose: &Dose) -> Dose {
        let Correction::ChangeCvx { to, .. } = correction;
        let is_of = |ndc: &String, cvx: Cvx| {
            Ndc::candidates(ndc).any(|ndc| self.codes().package(ndc).is_some_and(|package| package.cvx == cvx))
        };
        let ndc = dose.ndc.clone().filter(|ndc| is_of(ndc, *to));
        Dose { cvx: *to, ndc, trade_name: None, ..dose.clone() }
    }
}
