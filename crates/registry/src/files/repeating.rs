//! Download, and *process again*: without a resend.

use std::fs::File;

use jiff::Timestamp;
use model::{Caller, Channel, FileId, FileState, MessageId, MessageState, Receipt, Right, Standing};
use spool::RecordState;
use uuid::Uuid;

use super::{Exchange, results};
use crate::messages::Understood;
use crate::{Admission, RegistryError};

/// The results that a file may have, in the order of their names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResultKind {
    /// The summary that people read.
    Summary,
    /// What was answered to each message or row.
    Answers,
}

impl Exchange {
    /// The bytes of a file as it came; who took them is written down.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such file, or not any more.
    pub async fn download(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: FileId,
        now: Timestamp,
    ) -> Result<(String, File), RegistryError> {
        let file = self.find_file(receipt)?.filter(|file| self.may_see(caller, file.organization_id));
        let file = file.ok_or_else(|| no_such(receipt.0))?;
        let found = self.spool.find(file.organization_id, file.id);
        let content =
            found.and_then(|(record, _)| self.spool.open_content(&record)).map_err(|_| self.gone(&file.node))?;
        let operator = self.actor(caller, file.organization_id);
        self.registry.record_administration(admission, &operator, now, format!("downloaded file {receipt}")).await?;
        Ok((file.name, content))
    }

    /// One of the results of a finished file, with its name; who took it is written down. A result that was fetched and
    /// removed from the outbox is made again.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such result.
    pub async fn download_result(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: FileId,
        kind: ResultKind,
        now: Timestamp,
    ) -> Result<(String, File), RegistryError> {
        let file = self.find_file(receipt)?.filter(|file| self.may_see(caller, file.organization_id));
        let file = file.filter(|file| file.state.is_finished()).ok_or_else(|| no_such(receipt.0))?;
        let name =
            results::names(&self.registry, &file)?.into_iter().nth(kind as usize).ok_or_else(|| no_such(receipt.0))?;
        let open = || self.spool.open_outbox_file(file.organization_id, &name);
        let content = match open() {
            Ok(content) => content,
            Err(_) if file.node != self.settings.node => return Err(self.gone(&file.node)),
            Err(_) => {
                results::publish(self, &file).map_err(|error| RegistryError::Refused(error.to_string()))?;
                open().map_err(|_| self.gone(&file.node))?
            }
        };
        let operator = self.actor(caller, file.organization_id);
        let what = format!("downloaded a result of file {receipt}");
        self.registry.record_administration(admission, &operator, now, what).await?;
        Ok((name, content))
    }

    /// Has a file, or a single message, processed again: what was not accepted is decided anew under the same receipts.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such thing, or it cannot be processed again; or the machine failed.
    pub async fn process_again(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Uuid,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        match self.find_file(FileId(receipt))? {
            Some(file) if self.may_see(caller, file.organization_id) => {
                self.registry.authorize(caller, Right::SendFiles, file.organization_id)?;
                let (id, organization_id) = (file.id, file.organization_id);
                self.queue_again(file)?;
                let operator = self.actor(caller, organization_id);
                let what = format!("had file {id} processed again");
                self.registry.record_administration(admission, &operator, now, what).await
            }
            Some(_) => Err(no_such(receipt)),
            None => self.decide_again(admission, caller, MessageId(receipt), now).await,
        }
    }

    /// The row first, then its place in the spool: where the second failed, both are tried again.
    fn queue_again(&self, mut file: model::ReceivedFile) -> Result<(), RegistryError> {
        let refuse = |sentence: &str| Err(RegistryError::Refused(sentence.to_owned()));
        if let Some(first) = file.duplicate_of {
            return Err(RegistryError::Refused(format!(
                "its bytes were received before: have the first processed again, receipt {first}"
            )));
        }
        let (record, state) = self.spool.find(file.organization_id, file.id).map_err(|_| self.gone(&file.node))?;
        match (file.state.is_finished(), state) {
            (true, RecordState::Archived) => {
                file.run += 1;
                file.state = FileState::Queued;
                (file.begun_at, file.finished_at) = (None, None);
                self.registry.database().update_file(&file)?;
            }
            (false, RecordState::Archived) => {}
            _ => return refuse("it is being processed"),
        }
        self.spool.process_again(&record).map_err(|_| self.gone(&file.node))
    }

    async fn decide_again(
        &self,
        admission: &Admission,
        caller: &Caller,
        id: MessageId,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let refuse = |sentence: &str| Err(RegistryError::Refused(sentence.to_owned()));
        let found = self.registry.database().find_message(id)?;
        let Some(message) = found.filter(|message| self.may_see(caller, message.organization_id)) else {
            return Err(no_such(id.0));
        };
        self.registry.authorize(caller, Right::SendFiles, message.organization_id)?;
        if message.channel == Channel::File {
            return refuse("it came in a file: have the file processed again");
        }
        if message.state == MessageState::Answered {
            return refuse("it is a question, which was answered: whoever wants to know asks again");
        }
        if message.destroyed_at.is_some() {
            return refuse("what it said was destroyed with the person whom it named: it must be sent again");
        }
        let Some(original) = message.original else {
            return refuse("nothing of it was kept, because there was no consent: it must be sent again");
        };
        let receipt = Receipt {
            message_id: message.id,
            received_at: message.received_at,
            today: self.registry.today(message.received_at),
            channel: message.channel,
            file: None,
            run: 2,
        };
        let sender = self.operator(Some(message.organization_id));
        let decoded = hl7::decode(&original);
        let read = hl7::Message::read(&decoded.text);
        let header = read.header();
        let understood =
            self.registry.understand(&sender, receipt, &read, &header, &original, decoded.findings.clone());
        let Understood::Report(mut submission) = understood else {
            return refuse("its message is no report any more that the registry reads");
        };
        submission.identity = message.identity;
        self.registry.submit(admission, *submission).await?;
        let operator = self.actor(caller, message.organization_id);
        let what = format!("had message {id} processed again");
        self.registry.record_administration(admission, &operator, now, what).await
    }

    /// Who is written down as having done it: the operator in the name of the organization concerned.
    fn actor(&self, caller: &Caller, organization_id: model::OrganizationId) -> Caller {
        match caller.standing {
            Standing::Operator => self.operator(Some(organization_id)),
            Standing::Program | Standing::Person(_) => caller.clone(),
        }
    }

    fn gone(&self, node: &str) -> RegistryError {
        match node == self.settings.node {
            true => RegistryError::Refused("its bytes are not kept any more: it must be sent again".into()),
            false => RegistryError::Refused(format!("its bytes are on the node {node}: ask there")),
        }
    }
}

fn no_such(receipt: Uuid) -> RegistryError {
    RegistryError::Refused(format!("nothing was received under {}", receipt.simple()))
}
