//! The sender's workbench: a message taken apart, with what would become of it and the answer it would get. Nothing is
//! stored but the line that says who tried.

use hl7::{Message, MessageKind};
use model::{AuditAction, AuditEntry, Caller, Finding, MessageState, Receipt, Right};

use crate::messages::{Understood, speaking_for};
use crate::{Admission, Registry, RegistryError};

/// A message, taken apart.
#[derive(Clone, PartialEq, Debug)]
pub struct Examined {
    /// The code of the organization as whose message it was tried.
    pub organization_code: String,
    /// Its segments, in order.
    pub segments: Vec<ExaminedSegment>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// What would become of it; `None` for a question, which is not asked here.
    pub verdict: Option<Verdict>,
    /// The answer that its sender would get, one segment a line; empty for a question.
    pub answer: String,
}

/// One segment of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExaminedSegment {
    /// Its name: `PID`.
    pub name: String,
    /// Which of its name, from 1.
    pub sequence: u16,
    /// The fields that are filled: number, and text as sent.
    pub fields: Vec<(u16, String)>,
}

/// What would become of a report.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// In one word.
    pub disposition: MessageState,
    /// Whether the person is in the registry already.
    pub is_person_known: bool,
    /// Records that may be of the same person.
    pub possible_match_count: usize,
    /// The doses that the record would hold from this message's sender, by day and CVX code.
    pub doses: Vec<(jiff::civil::Date, model::Cvx)>,
}

/// What an examination gives: nothing, when the text is no single HL7 message.
pub type Examination = Option<Examined>;

impl Registry {
    /// Takes a message apart and says what would become of it: for who looks after other organizations, too, as if the one
    /// that it names had sent it.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when the caller may not; others when the machine failed.
    pub async fn examine_message(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: Receipt,
        bytes: Vec<u8>,
    ) -> Result<Examination, RegistryError> {
        self.authorize_here(caller, Right::TryMessage)?;
        let whose = caller.clone();
        let _ = admission;
        let (examined, patient_id) = self.look(move |registry| registry.take_apart(&whose, receipt, &bytes)).await?;
        let action = match patient_id {
            Some(_) => AuditAction::CandidatesDisclosed,
            None => AuditAction::SearchWithoutResult,
        };
        let entry = AuditEntry {
            at: receipt.received_at,
            account_id: caller.account_id,
            organization_id: caller.organization_id,
            action,
            patient_id,
            message_id: None,
            detail: "on the workbench".into(),
        };
        self.lanes().note(None, vec![entry]).await?;
        Ok(examined)
    }

    fn take_apart(
        &self,
        caller: &Caller,
        receipt: Receipt,
        bytes: &[u8],
    ) -> Result<(Examination, Option<model::PatientId>), RegistryError> {
        let decoded = hl7::decode(bytes);
        let message = Message::read(&decoded.text);
        if !message.begins_with_header() || message.header_count() > 1 {
            return Ok((None, None));
        }
        let header = message.header();
        let named = self.named_organization(&header, |named| self.may(caller, Right::TryMessage, named.id));
        let caller = named.map_or_else(|| caller.clone(), |named| speaking_for(caller, named));
        let caller = self.responsible(&caller, &header);
        let organization_code = caller.organization_code.clone();
        let segments = segments(&message);
        let submission = match self.understand(&caller, receipt, &message, &header, bytes, decoded.findings) {
            Understood::Report(submission) => submission,
            Understood::Question(question) => {
                let findings = question.findings();
                let (verdict, answer) = (None, String::new());
                return Ok((Some(Examined { organization_code, segments, findings, verdict, answer }), None));
            }
        };
        let decision = self.rehearse_now(&submission)?;
        let is_report = matches!(hl7::screen(&header), Ok(MessageKind::Vxu));
        let answered_at = receipt.received_at.to_zoned(self.time_zone().clone());
        let control_id = receipt.message_id.to_string();
        let envelope = self.envelope(&answered_at, &control_id);
        let answer = hl7::write_acknowledgment(&header, &envelope, &decision.outcome.findings);
        let own = decision.record.iter().flat_map(|record| &record.vaccinations);
        let own = own.filter(|report| report.message_id == receipt.message_id && !report.is_deleted);
        let known = decision.audit.as_ref().filter(|audit| audit.action != AuditAction::PatientAdded);
        let patient_id = known.and_then(|audit| audit.patient_id);
        let verdict = is_report.then(|| Verdict {
            disposition: decision.outcome.disposition,
            is_person_known: patient_id.is_some(),
            possible_match_count: decision.reviews.len(),
            doses: own.map(|report| (report.dose.administered_on, report.dose.cvx)).collect(),
        });
        let findings = decision.outcome.findings;
        Ok((Some(Examined { organization_code, segments, findings, verdict, answer }), patient_id))
    }
}

fn segments(message: &Message<'_>) -> Vec<ExaminedSegment> {
    let examined = message.segments().iter().map(|segment| {
        let first = if segment.is(b"MSH") { 2 } else { 1 };
        let fields = segment.fields().enumerate().map(|(place, text)| (place as u16 + first, text.to_owned()));
        ExaminedSegment {
            name: segment.kind.as_str().to_owned(),
            sequence: segment.sequence,
            fields: fields.filter(|(_, text)| !text.is_empty()).collect(),
        }
    });
    examined.collect()
}
