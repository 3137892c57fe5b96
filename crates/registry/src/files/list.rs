//! The one list of everything received: files and single messages, whatever the door.

use hl7::Message;
use jiff::{SignedDuration, Timestamp};
use model::{
    Caller, Channel, FileCounts, FileId, FileState, Finding, LoggedMessage, MessageId, MessageState, OrganizationId,
    ReceivedFile, Severity, Verdict,
};
use serde::Serialize;
use spool::{Record, RecordState};
use store::{AuditFilter, FileFilter, KnownMessage};
use uuid::Uuid;

use super::{Exchange, flat, results};
use crate::{Admission, RegistryError};

/// Files looked at in one go while one is sought by the short form of its receipt.
const NUMBERS_PER_PAGE: u32 = 1_000;
/// Lines of the audit trail among which the one of a message is looked for.
const AUDIT_LINES_PER_INSTANT: u32 = 100;

/// Which of what was received to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReceivedFilter {
    /// Only files, or only single messages.
    pub kind: Option<ReceivedKind>,
    /// Only in this state. A single message is complete when it was stored as sent, or was a question, and needs a look
    /// when it was stored with findings or kept aside.
    pub state: Option<FileState>,
    /// Only what was not accepted, or not all of it.
    pub is_rejected: bool,
    /// Only of this organization.
    pub organization_id: Option<OrganizationId>,
    /// Only what is older than this receipt: the last of the page before.
    pub before: Option<Uuid>,
}

/// Whether something came as a file or alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceivedKind {
    /// A file.
    File,
    /// A single message.
    Message,
}

/// One line of the list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Received {
    /// The receipt that its sender got.
    pub receipt: Uuid,
    /// File or message.
    pub kind: ReceivedKind,
    /// The file's name, or the message's type.
    pub name: String,
    /// By what its sender knows a message (MSH-10), where one message is told of; empty for files and in lists.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub control_id: String,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// That organization's code.
    pub organization: String,
    /// The account that sent it. Of single messages it is looked for where one is told of; empty where it is not known.
    pub account: String,
    /// Through which door.
    pub channel: Channel,
    /// When it was taken.
    pub received_at: Timestamp,
    /// When its processing ended.
    pub finished_at: Option<Timestamp>,
    /// How far it is.
    pub state: FileState,
    /// What became of its messages.
    pub counts: FileCounts,
    /// What became of a single message; `None` of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether it can be processed again: a file that came first under its bytes, or a report whose message is kept. In
    /// lists messages are not looked at for it.
    #[serde(skip)]
    pub is_repeatable: bool,
    /// How many messages there seem to be, while it waits or is processed; `None` where that is not known.
    pub expected: Option<u64>,
    /// When the content of a message was destroyed with the person whom it named; `None` of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<Timestamp>,
    /// A file's bytes.
    pub size: Option<u64>,
    /// How often it was taken up.
    pub run: u32,
    /// The file whose results these are, when the same bytes came before.
    pub duplicate_of: Option<FileId>,
    /// What is wrong with the file itself, or was found in the message.
    pub findings: Vec<FindingInWords>,
    /// The names of its results in the outbox.
    pub results: Vec<String>,
}

/// A message of a file, in plain words.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MessageInWords {
    /// Its place in the file, from 1.
    pub ordinal: u32,
    /// The receipt under which it is logged.
    pub receipt: MessageId,
    /// By what its sender knows it: MSH-10.
    pub control_id: String,
    /// What became of it.
    pub verdict: Verdict,
    /// The same, as the message log says it.
    pub state: &'static str,
    /// What was found in it.
    pub findings: Vec<FindingInWords>,
}

/// A finding, in plain words with the fix.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FindingInWords {
    /// The registry's code.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// Where, as ERR-2 names it, or the column of a flat file.
    pub location: String,
    /// The field in words.
    pub field: String,
    /// What was found, what was done, how to mend it.
    pub sentence: String,
    /// How to mend it, alone.
    pub mend: String,
}

/// MSH-10 of a message, of which the header is enough.
fn control_id(message: &str) -> String {
    let message = Message::read(message);
    message.header().control_id.to_owned()
}

/// A finding as people read it who send messages.
fn finding_in_words(finding: &Finding) -> FindingInWords {
    let rule = finding.rule();
    FindingInWords {
        code: rule.code.clone(),
        severity: rule.severity,
        location: finding.location.map(|location| location.to_string()).unwrap_or_default(),
        field: finding.location.map(|location| location.field_in_words().to_owned()).unwrap_or_default(),
        sentence: finding.sentence(),
        mend: rule.mend.clone(),
    }
}

/// The same for those who send rows.
fn finding_in_columns(finding: &Finding) -> FindingInWords {
    FindingInWords {
        location: finding.location.map_or("", flat::column_at).to_owned(),
        sentence: flat::sentence_of(finding),
        mend: flat::in_columns(&finding.rule().mend),
        ..finding_in_words(finding)
    }
}

impl Exchange {
    /// What was received, newest first. Blocks for as long as the database takes.
    ///
    /// # Errors
    /// When the database or the spool cannot be read.
    pub fn received(
        &self,
        _admission: &Admission,
        caller: &Caller,
        filter: &ReceivedFilter,
        limit: u32,
    ) -> Result<Vec<Received>, RegistryError> {
        let organizations = match (filter.organization_id, self.visible_organizations(caller)) {
            (Some(wanted), None) => Some(vec![wanted]),
            (Some(wanted), Some(visible)) => Some(visible.into_iter().filter(|id| *id == wanted).collect()),
            (None, visible) => visible,
        };
        let stored = FileFilter {
            organizations,
            state: self.stored_state(filter.state),
            is_rejected: filter.is_rejected,
            before: filter.before,
        };
        let mut found = Vec::new();
        if filter.kind != Some(ReceivedKind::Message) {
            // The spool before the database: a file that is written down meanwhile is in one of them.
            let mut waiting = self.waiting_records(&stored)?;
            waiting.truncate(limit as usize);
            let mut waiting = self.not_written_down(&waiting)?;
            let files = self.registry.database().files(&stored, limit)?;
            waiting.retain(|file| files.iter().all(|known| known.id != file.id));
            for file in waiting.iter().chain(&files) {
                found.push(self.file_line(file)?);
            }
            found.retain(|line| filter.state.is_none_or(|state| line.state == state));
        }
        let may_be_message = filter.state.is_none_or(FileState::is_finished);
        if filter.kind != Some(ReceivedKind::File) && may_be_message {
            let messages = self.registry.database().single_messages(&stored, limit)?;
            found.extend(messages.iter().map(|message| self.message_line(message)));
        }
        found.retain(|line| !filter.is_rejected || line.counts.rejected > 0);
        found.sort_by_key(|line| std::cmp::Reverse(line.receipt));
        found.truncate(limit as usize);
        Ok(found)
    }

    /// One line of the list, by its receipt; `None` when there is none that the caller may see.
    ///
    /// # Errors
    /// When the database or the spool cannot be read.
    pub fn find_received(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: Uuid,
    ) -> Result<Option<Received>, RegistryError> {
        if let Some(file) = self.find_file(FileId(receipt))? {
            let file = Some(file).filter(|file| self.may_see(caller, file.organization_id));
            return file.map(|file| self.file_line(&file)).transpose();
        }
        let message = self.registry.database().find_message(MessageId(receipt))?;
        let message = message.filter(|message| self.may_see(caller, message.organization_id));
        message
            .map(|message| {
                let is_repeatable = message.original.is_some() && message.state != MessageState::Answered;
                let original = message.original.as_deref().map(hl7::decode);
                let control_id = original.map(|original| control_id(&original.text)).unwrap_or_default();
                let account = self.sender_of(&message)?;
                let line = self.message_line(&KnownMessage {
                    id: message.id,
                    received_at: message.received_at,
                    channel: message.channel,
                    organization_id: message.organization_id,
                    identity: message.identity,
                    kind: message.kind,
                    state: message.state,
                    patient_id: message.patient_id,
                    findings: message.findings,
                    destroyed_at: message.destroyed_at,
                });
                Ok(Received { control_id, account, is_repeatable, ..line })
            })
            .transpose()
    }

    /// The user name of the account that sent a message, which its line of the audit trail tells: one of its instant.
    fn sender_of(&self, message: &LoggedMessage) -> Result<String, RegistryError> {
        let filter = AuditFilter {
            organization_id: message.organization_id,
            account_id: None,
            before: Some(message.received_at + SignedDuration::from_micros(1)),
            after: None,
        };
        let lines = self.registry.database().audit_of_organization(&filter, AUDIT_LINES_PER_INSTANT)?;
        let own = lines.iter().map(|line| &line.entry).find(|entry| entry.message_id == Some(message.id));
        let snapshot = self.registry.directory().snapshot();
        let account = own.and_then(|entry| snapshot.account(entry.account_id?));
        Ok(account.map(|account| account.username.clone()).unwrap_or_default())
    }

    /// The file with this receipt in its short form ([`FileId::number`]), which no database can search for: those that
    /// the caller may see are looked through, the newest first.
    ///
    /// # Errors
    /// When the database or the spool cannot be read.
    pub fn find_file_numbered(
        &self,
        _admission: &Admission,
        caller: &Caller,
        number: &str,
    ) -> Result<Option<FileId>, RegistryError> {
        let is_meant = |id: &FileId| id.number().eq_ignore_ascii_case(number);
        let mut filter = FileFilter { organizations: self.visible_organizations(caller), ..FileFilter::default() };
        if let Some(file) = self.waiting_records(&filter)?.into_iter().find(|file| is_meant(&file.id)) {
            return Ok(Some(file.id));
        }
        loop {
            let page = self.registry.database().files(&filter, NUMBERS_PER_PAGE)?;
            if let Some(file) = page.iter().find(|file| is_meant(&file.id)) {
                return Ok(Some(file.id));
            }
            let Some(last) = page.last() else { return Ok(None) };
            filter.before = Some(last.id.0);
        }
    }

    /// What became of the messages of a file, after a place, in its order; only those with one verdict where one is
    /// given. A file that came twice has the messages of the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn messages_of(
        &self,
        _admission: &Admission,
        caller: &Caller,
        file_id: FileId,
        verdict: Option<Verdict>,
        after: u32,
        limit: u32,
    ) -> Result<Vec<MessageInWords>, RegistryError> {
        let Some(file) = self.find_file(file_id)?.filter(|file| self.may_see(caller, file.organization_id)) else {
            return Ok(Vec::new());
        };
        let rows_of = file.duplicate_of.unwrap_or(file.id);
        let messages = self.registry.database().messages_of_file(rows_of, verdict, after, limit)?;
        let finding = if results::holds_rows(&self.registry, &file)? { finding_in_columns } else { finding_in_words };
        let in_words = |message: store::MessageOfFile| MessageInWords {
            ordinal: message.line.position.ordinal,
            receipt: message.line.message_id,
            control_id: control_id(&message.line.header),
            verdict: message.line.verdict,
            state: message.state.word(),
            findings: message.findings.iter().map(finding).collect(),
        };
        Ok(messages.into_iter().map(in_words).collect())
    }

    /// What waits on this node or is being processed: files, and their bytes. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn backlog(&self, _admission: &Admission) -> Result<(u64, u64), RegistryError> {
        let refused = |error: spool::SpoolError| RegistryError::Refused(error.to_string());
        let mut backlog = (0, 0);
        for organization_id in self.spool.organizations().map_err(refused)? {
            let usage = self.spool.usage(organization_id).map_err(refused)?;
            backlog = (backlog.0 + usage.files, backlog.1 + usage.bytes);
        }
        Ok(backlog)
    }

    /// A file as the database has it, or as it waits in the spool.
    pub(super) fn find_file(&self, id: FileId) -> Result<Option<ReceivedFile>, RegistryError> {
        if let Some(file) = self.registry.database().find_file(id)? {
            return Ok(Some(file));
        }
        let waiting = self.waiting_records(&FileFilter::default())?;
        match waiting.iter().find(|file| file.id == id) {
            Some(file) => Ok(Some(self.as_received(file))),
            // It may have been written down since.
            None => Ok(self.registry.database().find_file(id)?),
        }
    }

    /// Files that wait in this node's spool, the newest first.
    fn waiting_records(&self, filter: &FileFilter) -> Result<Vec<Record>, RegistryError> {
        let refused = |error: spool::SpoolError| RegistryError::Refused(error.to_string());
        let mut waiting = Vec::new();
        for organization_id in self.spool.organizations().map_err(refused)? {
            if filter.organizations.as_ref().is_none_or(|visible| visible.contains(&organization_id)) {
                waiting.extend(self.spool.records(organization_id, RecordState::Waiting).map_err(refused)?);
            }
        }
        waiting.retain(|record| filter.before.is_none_or(|before| record.id.0 < before));
        waiting.sort_unstable_by_key(|record| std::cmp::Reverse(record.id));
        Ok(waiting)
    }

    /// Those of them that the database does not know yet.
    fn not_written_down(&self, waiting: &[Record]) -> Result<Vec<ReceivedFile>, RegistryError> {
        let mut files = Vec::new();
        for record in waiting {
            if self.registry.database().find_file(record.id)?.is_none() {
                files.push(self.as_received(record));
            }
        }
        Ok(files)
    }

    /// Held files are stored as what they were when the window began.
    fn stored_state(&self, wanted: Option<FileState>) -> Option<FileState> {
        wanted.filter(|state| state.is_finished() || (!self.is_held() && *state != FileState::Held))
    }

    fn file_line(&self, file: &ReceivedFile) -> Result<Received, RegistryError> {
        let state = if !file.state.is_finished() && self.is_held() { FileState::Held } else { file.state };
        let has_results = file.state.is_finished();
        Ok(Received {
            receipt: file.id.0,
            kind: ReceivedKind::File,
            name: file.name.clone(),
            control_id: String::new(),
            organization_id: file.organization_id,
            organization: self.code_of(file.organization_id),
            account: file.account.clone(),
            channel: file.channel,
            received_at: file.received_at,
            finished_at: file.finished_at,
            state,
            counts: file.counts,
            verdict: None,
            is_repeatable: file.state.is_finished() && file.duplicate_of.is_none(),
            expected: self.expected(file),
            destroyed_at: None,
            size: Some(file.size),
            run: file.run,
            duplicate_of: file.duplicate_of,
            findings: file.findings.iter().map(finding_in_words).collect(),
            results: if has_results { results::names(&self.registry, file)? } else { Vec::new() },
        })
    }

    /// What the spool knows, while the file is there to be processed.
    fn expected(&self, file: &ReceivedFile) -> Option<u64> {
        if file.state.is_finished() {
            return None;
        }
        let (record, _) = self.spool.find(file.organization_id, file.id).ok()?;
        Some(record.message_count).filter(|count| *count > 0)
    }

    fn message_line(&self, message: &KnownMessage) -> Received {
        let mut counts = FileCounts::default();
        let verdict = Verdict::of(message.state, &message.findings);
        counts.add(verdict, 1);
        let is_kept_aside = message.state == MessageState::Quarantined;
        Received {
            receipt: message.id.0,
            kind: ReceivedKind::Message,
            name: message.kind.clone(),
            control_id: String::new(),
            organization_id: message.organization_id,
            organization: self.code_of(message.organization_id),
            account: String::new(),
            channel: message.channel,
            received_at: message.received_at,
            finished_at: Some(message.received_at),
            state: if is_kept_aside { FileState::Exception } else { FileState::Complete },
            counts,
            verdict: Some(verdict),
            is_repeatable: false,
            expected: None,
            destroyed_at: message.destroyed_at,
            size: None,
            run: 1,
            duplicate_of: None,
            findings: message.findings.iter().map(finding_in_words).collect(),
            results: Vec::new(),
        }
    }

    fn code_of(&self, id: OrganizationId) -> String {
        let snapshot = self.registry.directory().snapshot();
        snapshot.organization(id).map_or_else(|| id.to_string(), |organization| organization.code.clone())
    }
}
