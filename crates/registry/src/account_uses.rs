//! When programs signed in last: remembered as they come, written now and then.
//!
//! An account that nobody uses any more opens a door for nobody but a thief; who looks after accounts finds it by its
//! last use. Programs sign in with every message, so that not every use is written.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use model::AccountId;

use crate::{Admission, FileAccounts, Registry, RegistryError};

/// A use is written when it is later by as much than the one that was written.
const WRITTEN_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The last uses of programs' accounts at the doors of one node.
#[derive(Default)]
pub(crate) struct AccountUses(HashMap<AccountId, LastUse>);

struct LastUse {
    at: Timestamp,
    written: Option<Timestamp>,
}

impl AccountUses {
    pub(crate) fn note(&mut self, id: AccountId, at: Timestamp) {
        let last = self.0.entry(id).or_insert(LastUse { at, written: None });
        last.at = last.at.max(at);
    }

    /// Uses that are to be written.
    pub(crate) fn due(&self) -> Vec<(AccountId, Timestamp)> {
        let is_due =
            |last: &LastUse| last.written.is_none_or(|written| last.at.duration_since(written) >= WRITTEN_EVERY);
        self.0.iter().filter(|(_, last)| is_due(last)).map(|(id, last)| (*id, last.at)).collect()
    }

    pub(crate) fn mark_written(&mut self, uses: &[(AccountId, Timestamp)]) {
        for (id, at) in uses {
            if let Some(last) = self.0.get_mut(id) {
                last.written = Some(*at);
            }
        }
    }
}

impl Registry {
    /// When people signed in or opened a page last, and programs signed in, by account; who never did is not there.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_uses(
        &self,
        _admission: &Admission,
        accounts: &[AccountId],
    ) -> Result<HashMap<AccountId, Timestamp>, RegistryError> {
        Ok(self.database().last_seen(accounts)?)
    }

    /// Writes when programs signed in last at this node's web service, and at its file door where it has one: to the
    /// hour. What could not be written is written the next time.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn write_account_uses(
        &self,
        _admission: &Admission,
        file_accounts: Option<&FileAccounts>,
    ) -> Result<(), RegistryError> {
        let doors = [Some(self.sign_ins()), file_accounts.map(FileAccounts::sign_ins)];
        for sign_ins in doors.into_iter().flatten() {
            let uses = sign_ins.account_uses().due();
            self.database().write_account_uses(&uses)?;
            sign_ins.account_uses().mark_written(&uses);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_once_an_hour() {
        let (id, mut uses) = (AccountId(uuid::Uuid::from_u128(7)), AccountUses::default());
        let minute = |minute: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        for (now, expected) in [(0, Some(0)), (10, None), (59, None), (60, Some(60)), (50, None), (130, Some(130))] {
            uses.note(id, minute(now));
            let due = uses.due();
            assert_eq!(due, Vec::from_iter(expected.map(|at| (id, minute(at)))), "at minute {now}");
            uses.mark_written(&due);
        }
    }

    #[test]
    fn what_could_not_be_written_stays_due() {
        let (id, mut uses) = (AccountId(uuid::Uuid::from_u128(7)), AccountUses::default());
        uses.note(id, Timestamp::UNIX_EPOCH);
        assert_eq!(uses.due(), uses.due());
        assert_eq!(uses.due().len(), 1);
    }
}
