//! Files that the spool has put away as processed, and the registry does not know, or not to their end: it was put back from
//! a backup that is older. Senders were told that they are here, and nobody sends a file twice.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use model::OrganizationId;
use spool::{Claim, RecordState, SpoolError};

use super::Exchange;
use super::processing::TurnError;

/// How long what could not be compared is left alone before it is looked at again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// How far the archive is compared with what the registry knows. Once is enough: a registry is put back while no program runs
/// on it. All clones are one.
#[derive(Clone, Default)]
pub(super) struct Comparison(Arc<Mutex<Compared>>);

#[derive(Default)]
struct Compared {
    /// Whose files were all looked at.
    done: HashSet<OrganizationId>,
    /// Whose files were looked at as far as they can be read; the log told that not all of them can.
    told: HashSet<OrganizationId>,
    is_over: bool,
    not_before: Option<Timestamp>,
}

impl Comparison {
    /// Whether it is to begin, or to go on, now; who is told so begins. It goes on later even if it ends by a panic.
    pub(super) fn begins(&self, now: Timestamp) -> bool {
        let mut compared = self.lock();
        let is_due = !compared.is_over && compared.not_before.is_none_or(|at| at <= now);
        if is_due {
            compared.not_before = Some(now + AGAIN_AFTER);
        }
        is_due
    }

    /// Whether what an organization has in the archive was looked at: the registry knows it, or it waits again.
    pub(super) fn is_made_of(&self, organization_id: OrganizationId) -> bool {
        let compared = self.lock();
        compared.is_over || compared.done.contains(&organization_id) || compared.told.contains(&organization_id)
    }

    fn tell(&self, organization_id: OrganizationId, error: &SpoolError) {
        if self.lock().told.insert(organization_id) {
            tracing::error!(%error, organization = %organization_id.0, "processed files of an organization cannot be read");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Compared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// Takes such files of all organizations out of the archive, to be processed again. What cannot be had any more is named in
    /// the log. Blocks.
    pub(super) fn compare_archive(&self, comparison: &Comparison) {
        let ended = self.take_up_what_is_unknown(comparison);
        let again_at = self.now() + AGAIN_AFTER;
        let mut compared = comparison.lock();
        compared.not_before = Some(again_at);
        match ended {
            Ok(is_over) => compared.is_over = is_over,
            Err(error) => tracing::warn!(%error, "processed files could not be compared with the registry yet"),
        }
    }

    /// Whether nothing is left to look at.
    fn take_up_what_is_unknown(&self, comparison: &Comparison) -> Result<bool, TurnError> {
        let mut is_over = true;
        for organization_id in self.spool.organizations()? {
            if comparison.lock().done.contains(&organization_id) {
                continue;
            }
            match self.spool.claim(organization_id) {
                Ok(Some(claim)) => _ = self.compare_archive_of(&claim, comparison)?,
                // Who has its turn has compared before.
                Ok(None) => {}
                Err(error) => comparison.tell(organization_id, &error),
            }
            is_over &= comparison.lock().done.contains(&organization_id);
            if self.is_held() {
                return Ok(false);
            }
        }
        Ok(is_over)
    }

    /// The same of one organization, before anything newer of it is processed: an older file must not have the last word. Gives
    /// whether it is made as far as the archive can be read.
    pub(super) fn compare_archive_of(&self, claim: &Claim, comparison: &Comparison) -> Result<bool, TurnError> {
        let organization_id = claim.organization_id();
        match self.take_up_of(organization_id) {
            Ok(true) => drop(comparison.lock().done.insert(organization_id)),
            Ok(false) => {}
            Err(TurnError::Spool(error)) => comparison.tell(organization_id, &error),
            Err(error) => return Err(error),
        }
        Ok(comparison.is_made_of(organization_id))
    }

    /// Whether it came to the end, and did not have to rest.
    fn take_up_of(&self, organization_id: OrganizationId) -> Result<bool, TurnError> {
        let is_known = self.registry.directory().snapshot().organization(organization_id).is_some();
        let (mut failed, mut left_count) = (None, 0_u64);
        for record in self.spool.records_each(organization_id, RecordState::Archived)? {
            if self.is_held() {
                return Ok(false);
            }
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    failed = Some(error);
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
                Err(error @ SpoolError::Missing { .. }) => {
                    tracing::error!(%receipt, %error, "a file that the registry does not know cannot be processed again")
                }
                Err(error) => failed = Some(error),
            }
        }
        if left_count > 0 {
            tracing::error!(
                organization = %organization_id.0,
                files = left_count,
                "processed files of an organization that the registry does not know stay in the archive: add it, and send them for it again"
            );
        }
        failed.filter(|_| is_known).map_or(Ok(true), |error| Err(error.into()))
    }
}
