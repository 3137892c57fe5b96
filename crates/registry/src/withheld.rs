//! Records that may not be given out, opened by the registry's office all the same: with a reason, for a short while, and written
//! down for the person to see. Somebody who withdrew consent, or whose record is protected, has questions, too.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::{AccountId, AuditAction, AuditEntry, Caller, PatientId, Receipt, Right};

use crate::{Admission, Registry, RegistryError};

/// How long somebody may look at a record that they opened.
const OPEN_FOR: SignedDuration = SignedDuration::from_mins(15);
/// A reason of this length says something.
const REASON_LENGTH_MINIMUM: usize = 5;

/// Who has which record open, and until when; of this node.
#[derive(Debug, Default)]
pub(crate) struct OpenedWithheld {
    until: Mutex<HashMap<(AccountId, PatientId), Timestamp>>,
}

impl OpenedWithheld {
    fn open(&self, account_id: AccountId, patient_id: PatientId, at: Timestamp) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.retain(|_, until| *until > at);
        until.insert((account_id, patient_id), at + OPEN_FOR);
    }

    /// Whether the caller has the record open.
    pub(crate) fn is_open(&self, caller: &Caller, patient_id: PatientId, at: Timestamp) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        caller.account_id.is_some_and(|account| until.get(&(account, patient_id)).is_some_and(|until| *until > at))
    }
}

impl Registry {
    /// Lets the caller open a record that may not be given out, for a quarter of an hour. Who, whose and why is written down
    /// before, and stands in the person's access list.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not; [`RegistryError::Refused`] without a reason; others when the machine
    /// failed.
    pub async fn open_withheld(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        patient_id: PatientId,
        reason: &str,
    ) -> Result<(), RegistryError> {
        self.authorize_here(caller, Right::OpenWithheld)?;
        let (Some(account_id), true) = (caller.account_id, reason.trim().chars().count() >= REASON_LENGTH_MINIMUM)
        else {
            return Err(RegistryError::Refused("say why this record is opened, in a few words".to_owned()));
        };
        let read =
            move |registry: &Registry| Ok(registry.leading(registry.database().patient_records(&[patient_id])?)?);
        let leading = self.look(read).await?;
        let patient_id = leading.first().map_or(patient_id, |record| record.patient.id);
        let entry = AuditEntry {
            at: receipt.received_at,
            account_id: caller.account_id,
            organization_id: caller.organization_id,
            action: AuditAction::WithheldOpened,
            patient_id: Some(patient_id),
            message_id: None,
            detail: reason.trim().to_owned(),
        };
        self.lanes().note(None, vec![entry]).await?;
        self.withheld().open(account_id, patient_id, receipt.received_at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::{OrganizationId, Standing};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_record_is_open_for_a_quarter_of_an_hour_and_for_who_opened_it() {
        let (opened, at): (_, Timestamp) = (OpenedWithheld::default(), "2026-03-01T12:00:00Z".parse().expect("a time"));
        let [one, other] = [1, 2].map(|number| AccountId(Uuid::from_u128(number)));
        let [record, another] = [3, 4].map(|number| PatientId(Uuid::from_u128(number)));
        let caller = |account_id| Caller {
            account_id,
            username: String::new(),
            organization_id: OrganizationId(Uuid::nil()),
            organization_code: String::new(),
            standing: Standing::Program,
        };
        opened.open(one, record, at);
        let minutes = |minutes| at + SignedDuration::from_mins(minutes);
        assert!(opened.is_open(&caller(Some(one)), record, minutes(14)));
        assert!(!opened.is_open(&caller(Some(one)), record, minutes(15)), "it closes by itself");
        assert!(!opened.is_open(&caller(Some(one)), another, at) && !opened.is_open(&caller(Some(other)), record, at));
        assert!(!opened.is_open(&caller(None), record, at), "a program has nothing open");
    }
}
