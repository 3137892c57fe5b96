//! HL7 messages: how one becomes a submission or a question, and how it is answered.

use std::borrow::Cow;

use hl7::{AcknowledgmentCode, Clocks, Envelope, Header, Message, MessageKind};
use jiff::Timestamp;
use jiff::civil::Date;
use model::{
    Caller, Finding, FindingKind, Location, MessageId, MessageIdentity, Organization, OrganizationId, Query, QueryKind,
    QueryOutcome, QueryStatus, Receipt, Recurrence, Rest, Standing, Submission,
};
use sha2::{Digest, Sha256};

use crate::{Admission, Decision, Registry, RegistryError};

/// The longest single message that is read; a longer one belongs in a file.
pub const MESSAGE_BYTES_MAXIMUM: usize = 1 << 20;

/// The answer to a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MessageAnswer {
    /// An HL7 message, its segments ended by CR.
    Hl7(String),
    /// The text is no HL7 message, so no HL7 answer is due.
    NotHl7,
    /// The text holds several messages where one is allowed.
    SeveralMessages,
    /// The text is longer than [`MESSAGE_BYTES_MAXIMUM`].
    TooLarge,
}

/// What a message turned out to be.
pub(crate) enum Understood {
    Report(Box<Submission>),
    Question(Box<Question>),
}

/// A question as it came; without a query when it could not be understood.
pub(crate) struct Question {
    kind: QueryKind,
    query: Option<Query>,
    findings: Vec<Finding>,
}

impl Question {
    /// What was found wrong while reading it.
    pub(crate) fn findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// The answer to a question, as a message.
pub(crate) struct QuestionAnswer {
    pub(crate) text: String,
    pub(crate) acknowledgment: AcknowledgmentCode,
    pub(crate) findings: Vec<Finding>,
}

impl Registry {
    /// Takes one HL7 message and gives its answer, after everything it changes is stored for good.
    ///
    /// # Errors
    /// [`RegistryError`] when the machine failed: the sender keeps the message and sends it again.
    ///
    /// # Source
    /// HL7 IG 1.5, tables 7-1 and 7-2.
    pub async fn receive_message(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        bytes: Vec<u8>,
    ) -> Result<MessageAnswer, RegistryError> {
        if bytes.len() > MESSAGE_BYTES_MAXIMUM {
            return Ok(MessageAnswer::TooLarge);
        }
        let decoded = hl7::decode(&bytes);
        let message = Message::read(&decoded.text);
        if !message.begins_with_header() {
            return Ok(MessageAnswer::NotHl7);
        }
        if message.header_count() > 1 {
            return Ok(MessageAnswer::SeveralMessages);
        }
        let header = message.header();
        let caller = self.responsible(caller, &header);
        match self.understand(&caller, receipt, &message, &header, &bytes, decoded.findings) {
            Understood::Report(submission) => {
                let outcome = self.submit(admission, *submission).await?;
                let answered_at = outcome.answered_at.to_zoned(self.time_zone().clone());
                let control_id = outcome.message_id.to_string();
                let envelope = self.envelope(&answered_at, &control_id);
                Ok(MessageAnswer::Hl7(hl7::write_acknowledgment(&header, &envelope, &outcome.findings)))
            }
            Understood::Question(question) => {
                let identity = identity(&caller, &header, &bytes);
                let answer = self.answer_question(admission, &caller, receipt, identity, &message, *question).await?;
                Ok(MessageAnswer::Hl7(answer.text))
            }
        }
    }

    /// Answers a question that came as a message.
    pub(crate) async fn answer_question(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        identity: MessageIdentity,
        message: &Message<'_>,
        question: Question,
    ) -> Result<QuestionAnswer, RegistryError> {
        let Question { kind, query, findings } = question;
        let outcome = match query {
            Some(query) => self.answer_query(admission, caller, receipt, identity, query, findings).await?,
            None => not_understood(receipt.message_id, findings),
        };
        let answered_at = receipt.received_at.to_zoned(self.time_zone().clone());
        let control_id = receipt.message_id.to_string();
        let envelope = self.envelope(&answered_at, &control_id);
        let text = hl7::write_response(message, kind, &envelope, &outcome, self.codes());
        Ok(QuestionAnswer { text, acknowledgment: hl7::response_code(outcome.status), findings: outcome.findings })
    }

    /// What a VXU would change and be answered, without storing anything; `None` for text that is no single VXU.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rehearse_message(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        bytes: &[u8],
    ) -> Result<Option<Decision>, RegistryError> {
        let decoded = hl7::decode(bytes);
        let message = Message::read(&decoded.text);
        if !message.begins_with_header() || message.header_count() > 1 {
            return Ok(None);
        }
        let header = message.header();
        let caller = self.responsible(caller, &header);
        match self.understand(&caller, receipt, &message, &header, bytes, decoded.findings) {
            Understood::Report(submission) => self.rehearse(admission, &submission).map(Some),
            Understood::Question(_) => Ok(None),
        }
    }

    pub(crate) fn understand(
        &self,
        caller: &Caller,
        receipt: Receipt,
        message: &Message<'_>,
        header: &Header<'_>,
        bytes: &[u8],
        mut findings: Vec<Finding>,
    ) -> Understood {
        let mut submission = Submission {
            receipt,
            caller: caller.clone(),
            identity: identity(caller, header, bytes),
            recurrence: Recurrence::Resend,
            rest: Rest::Kept,
            kind: header.message_code.to_owned(),
            original: bytes.to_vec(),
            patient: None,
            vaccinations: Vec::new(),
            findings: Vec::new(),
        };
        let refused = hl7::screen(header).and_then(|kind| self.check_facility(caller, header).map(|()| kind));
        match refused {
            Err(finding) => findings.push(finding),
            Ok(MessageKind::Vxu) => {
                let (clocks, today) = self.days_of(caller.organization_id, receipt.received_at);
                let reading = hl7::read_submission(message, self.codes(), &clocks);
                submission.receipt.today = today;
                submission.patient = reading.patient;
                submission.vaccinations = reading.vaccinations;
                findings.extend(reading.findings);
            }
            Ok(MessageKind::Qbp(_)) if receipt.file.is_some() => {
                let at = Location::field("MSH", 1, 9);
                findings.push(Finding::new(FindingKind::QuestionInFile).at(at).naming(header.message_code));
            }
            Ok(MessageKind::Qbp(kind)) => {
                let reading = hl7::read_query(message, kind, self.codes());
                findings.extend(reading.findings);
                return Understood::Question(Box::new(Question { kind, query: reading.query, findings }));
            }
        }
        submission.findings = findings;
        Understood::Report(Box::new(submission))
    }

    /// The clocks by which an organization tells days, and its calendar day at an instant.
    fn days_of(&self, organization_id: OrganizationId, at: Timestamp) -> (Cow<'_, Clocks>, Date) {
        let snapshot = self.directory().snapshot();
        match snapshot.time_zone(organization_id) {
            None => (Cow::Borrowed(&self.rules().clocks), self.today(at)),
            Some(zone) => (Cow::Owned(Clocks::new(zone.clone(), [])), at.to_zoned(zone.clone()).date()),
        }
    }

    /// The organization that a message is for: the facility it was sent for, or a site below it that MSH-22 or MSH-4
    /// names.
    pub(crate) fn responsible(&self, caller: &Caller, header: &Header<'_>) -> Caller {
        let snapshot = self.directory().snapshot();
        self.named_organization(header, |named| snapshot.may_speak_for(caller.organization_id, named.id))
            .map_or_else(|| caller.clone(), |named| speaking_for(caller, named))
    }

    /// The known organization of this kind that MSH-22 names, or else MSH-4.
    pub(crate) fn named_organization(
        &self,
        header: &Header<'_>,
        is_wanted: impl Fn(&Organization) -> bool,
    ) -> Option<Organization> {
        let snapshot = self.directory().snapshot();
        let fields = [header.sending_organization, header.sending_facility];
        let codes = fields.into_iter().flat_map(|field| codes_of(header, field));
        codes.filter_map(|code| snapshot.find_organization(&code)).find(|named| is_wanted(named)).cloned()
    }

    /// A message in the name of a known organization for which the account may not speak is refused. As responsible a site may
    /// name those above it, too: for a chain that is the parent.
    fn check_facility(&self, caller: &Caller, header: &Header<'_>) -> Result<(), Finding> {
        let snapshot = self.directory().snapshot();
        let account = snapshot.find_account(&caller.username).map(|account| account.organization_id);
        // People also send for an organization that is not their account's own; whether they may was asked before.
        let speakers = [account.unwrap_or(caller.organization_id), caller.organization_id];
        let is_foreign =
            |named: &Organization| !speakers.iter().any(|speaker| snapshot.may_speak_for(*speaker, named.id));
        let is_above = |named: &Organization| snapshot.may_speak_for(named.id, caller.organization_id);
        for (name, field) in [(header.sending_facility, 4), (header.sending_organization, 22)] {
            let mut known = codes_of(header, name).filter_map(|code| snapshot.find_organization(&code));
            if let Some(foreign) = known.find(|named| is_foreign(named) && !(field == 22 && is_above(named))) {
                let at = Location::field("MSH", 1, field);
                return Err(Finding::new(FindingKind::FacilityNotAllowed).at(at).naming(foreign.code.clone()));
            }
        }
        Ok(())
    }

    pub(crate) fn envelope<'a>(&'a self, answered_at: &'a jiff::Zoned, control_id: &'a str) -> Envelope<'a> {
        let names = &self.profile().registry;
        Envelope { application: &names.application, facility: &names.facility, answered_at, control_id }
    }

    /// An operator's call in the name of an organization.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such organization.
    pub fn operator(&self, admission: &Admission, organization_code: &str) -> Result<Caller, RegistryError> {
        let organization = self
            .find_organization(admission, organization_code)
            .ok_or_else(|| RegistryError::Refused(format!("there is no active organization {organization_code}")))?;
        Ok(Caller {
            account_id: None,
            username: "operator".into(),
            organization_id: organization.id,
            organization_code: organization.code,
            standing: Standing::Operator,
        })
    }

    /// The receipt of something that arrives now; the door makes the id.
    pub fn receipt(&self, admission: &Admission, message_id: MessageId, received_at: Timestamp) -> Receipt {
        let today = self.today(received_at);
        Receipt { message_id, received_at, today, channel: admission.channel(), file: None, run: 1 }
    }
}

fn not_understood(message_id: MessageId, findings: Vec<Finding>) -> QueryOutcome {
    QueryOutcome { message_id, status: QueryStatus::Error, people: Vec::new(), assessment: None, findings }
}

/// The caller, for another organization.
pub(crate) fn speaking_for(caller: &Caller, organization: Organization) -> Caller {
    Caller { organization_id: organization.id, organization_code: organization.code, ..caller.clone() }
}

/// The namespace and the universal id of an HD or XON field: whichever the sender filled.
fn codes_of<'h>(header: &Header<'h>, field: &'h str) -> impl Iterator<Item = Cow<'h, str>> {
    let delimiters = header.delimiters;
    let codes = field.split([delimiters.component, delimiters.repetition].map(char::from)).map(str::trim);
    codes.filter(|code| !code.is_empty() && *code != "\"\"").map(move |code| hl7::unescape(code, delimiters))
}

/// What tells this message from all others of its sender.
pub(crate) fn identity(caller: &Caller, header: &Header<'_>, bytes: &[u8]) -> MessageIdentity {
    let mut hasher = Sha256::new();
    hasher.update(caller.organization_id.0.as_bytes());
    for field in [header.sending_application, header.sending_facility, header.control_id] {
        hasher.update(field.as_bytes());
        hasher.update([0x1F]);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    MessageIdentity {
        control_hash: i64::from_be_bytes(first),
        content_hash: Sha256::digest(model::standard_form(bytes)).into(),
    }
}
