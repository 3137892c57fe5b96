//! ACK (profile Z23): the answer to a VXU, and to anything refused by its header.

use jiff::Zoned;
use model::Finding;

use crate::header::Header;

/// What every answer carries of its sender: this registry, now.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Our name as an application (MSH-3).
    pub application: &'a str,
    /// Our name as a facility (MSH-4, MSH-22), and as authority of our numbers.
    pub facility: &'a str,
    /// The instant of the answer, in the registry's time zone (MSH-7).
    pub answered_at: &'a Zoned,
    /// The answer's own control id (MSH-10).
    pub control_id: &'a str,
}

/// MSA-1, HL70008.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AcknowledgmentCode {
    /// `AA`: accepted.
    Accept,
    /// `AE`: accepted with errors or warnings, or rejected for its content.
    Error,
    /// `AR`: refused by its header.
    Reject,
}

impl AcknowledgmentCode {
    /// The HL70008 code.
    pub fn code(self) -> &'static str {
        match self {
            AcknowledgmentCode::Accept => "AA",
            AcknowledgmentCode::Error => "AE",
            AcknowledgmentCode::Reject => "AR",
        }
    }
}

/// The acknowledgment code that these findings ask for.
pub fn acknowledgment_code(findings: &[Finding]) -> AcknowledgmentCode {
    let _ = findings;
    AcknowledgmentCode::Accept
}

/// Writes the ACK.
pub fn write_acknowledgment(header: &Header<'_>, envelope: &Envelope<'_>, findings: &[Finding]) -> String {
    let _ = (header, envelope, findings);
    String::new()
}
