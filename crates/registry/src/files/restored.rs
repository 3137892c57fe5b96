//! Files that the spool has put away as processed, and the registry does not know, or not to their end: it was put back from
//! a backup that is older. Senders were told that they are here, and nobody sends a file twice.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use model::OrganizationId;
use spool::RecordState;

use super::Exchange;
use super::processing::TurnError;

/// How long what could not be compared is left alone before it is looked at again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// How far the archive is compared with what the registry knows. Once is enough: a registry is put back while no program runs
/// on it.
#[derive(Default)]
pub(super) struct Compared {
    /// Whose files were all looked at.
    done: HashSet<OrganizationId>,
    /// Of whose files the log told already that not all of them can be.
    told: HashSet<OrganizationId>,
    is_over: bool,
    not_before: Option<Timestamp>,
}

impl Compared {
    /// Whether it is to begin, or to go on, now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.is_over && self.not_before.is_none_or(|at| at <= now)
    }
}

impl Exchange {
    /// Takes such files out of the archive, to be processed again. What cannot be had any more is named in the log. Blocks.
    pub(super) fn compare_archive(&self, mut compared: Compared) -> Compared {
        compared.not_before = Some(self.now() + AGAIN_AFTER);
        match self.take_up_what_is_unknown(&mut compared) {
            Ok(is_over) => compared.is_over = is_over,
            Err(error) => tracing::warn!(%error, "processed files could not be compared with the registry yet"),
        }
        compared
    }

    /// Whether nothing is left to look at.
    fn take_up_what_is_unknown(&self, compared: &mut Compared) -> Result<bool, TurnError> {
        let mut is_over = true;
        for organization_id in self.spool.organizations()? {
            if compared.done.contains(&organization_id) {
                continue;
            }
            match self.take_up_of(organization_id) {
                Ok(()) => drop(compared.done.insert(organization_id)),
                Err(TurnError::Spool(error)) => {
                    is_over = false;
                    if compared.told.insert(organization_id) {
                        tracing::error!(%error, organization = %organization_id.0, "processed files of an organization cannot be read");
                    }
                }
                Err(error) => return Err(error),
            }
            if self.is_held() {
                return Ok(false);
            }
        }
        Ok(is_over)
    }

    fn take_up_of(&self, organization_id: OrganizationId) -> Result<(), TurnError> {
        let is_known = self.registry.directory().snapshot().organization(organization_id).is_some();
        let (mut unread, mut left_count) = (None, 0_u64);
        for record in self.spool.records_each(organization_id, RecordState::Archived)? {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    unread = Some(error);
                    continue;
                }
            };
            // A file is put away after the registry has written down its end.
            let known = self.registry.database().find_file(record.id)?;
            if known.is_some_and(|file| file.state.is_finished()) {
                continue;
            }
            // It would be used up: nobody is there in whose name it comes.
            if !is_known {
                left_count += 1;
                continue;
            }
            let receipt = record.id.number();
            match self.spool.process_again(&record) {
                Ok(()) => {
                    tracing::warn!(%receipt, "a file that the registry does not know to its end is processed again")
                }
                Err(error) => {
                    tracing::error!(%receipt, %error, "a file that the registry does not know cannot be processed again")
                }
            }
        }
        if left_count > 0 {
            tracing::error!(
                organization = %organization_id.0,
                files = left_count,
                "processed files of an organization that the registry does not know stay in the archive: add it, and send them for it again"
            );
        }
        unread.filter(|_| is_known).map_or(Ok(()), |error| Err(error.into()))
    }
}
