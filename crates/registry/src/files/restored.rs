//! Files that the spool has put away as processed, and the registry does not know, or not to their end: it was put back from
//! a backup that is older. Senders were told that they are here, and nobody sends a file twice.

use model::OrganizationId;
use spool::RecordState;

use super::Exchange;
use super::processing::TurnError;

impl Exchange {
    /// Takes such files out of the archive, to be processed again. What cannot be had any more is named in the log.
    pub(super) fn take_up_what_is_unknown(&self) -> Result<(), TurnError> {
        for organization_id in self.spool.organizations()? {
            match self.take_up_of(organization_id) {
                Err(TurnError::Spool(error)) => {
                    tracing::error!(%error, organization = %organization_id.0, "processed files of an organization cannot be listed");
                }
                taken_up => taken_up?,
            }
        }
        Ok(())
    }

    fn take_up_of(&self, organization_id: OrganizationId) -> Result<(), TurnError> {
        for record in self.spool.records(organization_id, RecordState::Archived)? {
            // A file is put away after the registry has written down its end.
            let known = self.registry.database().find_file(record.id)?;
            if known.is_some_and(|file| file.state.is_finished()) {
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
        Ok(())
    }
}
