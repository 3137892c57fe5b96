//! Every fault that this service can answer with: the four of the CDC contract, and SOAP's own.
//!
//! Errors in an HL7 message are never faults; they are in the message that answers it.

use axum::http::StatusCode;

use crate::envelope::{ExpandedName, Refusal};

/// A call that gets no answer but a fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// `fault`: anything that has no fault of its own.
    Unknown(Unknown),
    /// `UnsupportedOperationFault`.
    UnsupportedOperation {
        /// What was asked for instead of an operation of this service.
        detail: String,
    },
    /// `SecurityFault`. It never says which of user name, password and facility was wrong, or whether a lock is on.
    Security,
    /// `MessageTooLargeFault`.
    MessageTooLarge(TooLarge),
    /// SOAP's MustUnderstand, with the headers that are not understood.
    NotUnderstood(Vec<ExpandedName>),
    /// SOAP's VersionMismatch.
    OtherVersion(Version),
}

/// What the general `fault` is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unknown {
    /// Not XML, or XML that SOAP does not allow.
    Unreadable(String),
    /// Not a SOAP envelope.
    NotAnEnvelope(String),
    /// Arguments that the operation cannot have.
    Arguments(String),
    /// `hl7Message` is not HL7.
    NotHl7,
    /// The body did not arrive.
    Incomplete,
    /// Something here failed; the log has the cause under this number.
    Failed {
        /// The receipt id of the call.
        reference: String,
    },
}

/// What was too large.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TooLarge {
    /// The request or the message in it.
    Message {
        /// What is taken at most.
        bytes_maximum: usize,
    },
    /// More than one message.
    SeveralMessages,
}

/// The envelope that a VersionMismatch answers, and with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// SOAP 1.1, whose clients can read an envelope of SOAP 1.1 only.
    Soap11,
    /// Any other.
    Unknown,
}

/// What a fault's typed detail says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Detail {
    /// Name of the element, in the CDC namespace.
    pub(crate) element: &'static str,
    /// Code, an integer that means this kind of fault and no other.
    pub(crate) code: u16,
    /// Reason, fixed by the contract save for `fault`.
    pub(crate) reason: &'static str,
    /// What is wrong and what to do.
    pub(crate) sentence: String,
}

impl Fault {
    /// The HTTP status.
    ///
    /// SOAP 1.2 would have 500 for MustUnderstand and VersionMismatch; here a 5xx always means that the sender did
    /// nothing wrong and may send the same again.
    ///
    /// # Source
    /// SOAP Version 1.2 Part 2, 7.5.2.2.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Fault::Unknown(Unknown::Failed { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// SOAP's fault code, a name in the namespace of the envelope.
    pub(crate) fn soap_code(&self) -> &'static str {
        match self {
            Fault::Unknown(Unknown::Failed { .. }) => "Receiver",
            Fault::NotUnderstood(_) => "MustUnderstand",
            Fault::OtherVersion(_) => "VersionMismatch",
            _ => "Sender",
        }
    }

    /// SOAP's reason, in a few words for people.
    pub(crate) fn soap_reason(&self) -> &'static str {
        match self {
            Fault::Unknown(Unknown::Unreadable(_)) => "The request cannot be read as XML",
            Fault::Unknown(Unknown::NotAnEnvelope(_)) => "The request is not a SOAP 1.2 envelope",
            Fault::Unknown(Unknown::Arguments(_)) => "The operation cannot have these arguments",
            Fault::Unknown(Unknown::NotHl7) => "hl7Message is not an HL7 version 2 message",
            Fault::Unknown(Unknown::Incomplete) => "The request did not arrive in time",
            Fault::Unknown(Unknown::Failed { .. }) => "The message could not be processed",
            Fault::UnsupportedOperation { .. } => "The operation is not supported",
            Fault::Security => "The credentials are not accepted",
            Fault::MessageTooLarge(TooLarge::Message { .. }) => "The message is too large",
            Fault::MessageTooLarge(TooLarge::SeveralMessages) => "There is more than one message",
            Fault::NotUnderstood(_) => "A header block that must be understood is not",
            Fault::OtherVersion(_) => "This service speaks SOAP 1.2",
        }
    }

    /// The typed detail of the CDC contract. SOAP's own faults have none: they are not about the body.
    pub(crate) fn detail(&self) -> Option<Detail> {
        let detail = |element, code, reason, sentence| Some(Detail { element, code, reason, sentence });
        match self {
            Fault::Unknown(unknown) => detail("fault", unknown.code(), self.soap_reason(), unknown.sentence()),
            Fault::UnsupportedOperation { detail: sentence } => {
                detail("UnsupportedOperationFault", 200, "UnsupportedOperation", sentence.clone())
            }
            Fault::Security => detail("SecurityFault", 300, "Security", SECURITY_SENTENCE.to_owned()),
            Fault::MessageTooLarge(too_large) => {
                detail("MessageTooLargeFault", too_large.code(), "MessageTooLarge", too_large.sentence())
            }
            Fault::NotUnderstood(_) | Fault::OtherVersion(_) => None,
        }
    }

    /// One word for logs and metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Fault::Unknown(Unknown::Unreadable(_)) => "unreadable",
            Fault::Unknown(Unknown::NotAnEnvelope(_)) => "not_an_envelope",
            Fault::Unknown(Unknown::Arguments(_)) => "arguments",
            Fault::Unknown(Unknown::NotHl7) => "not_hl7",
            Fault::Unknown(Unknown::Incomplete) => "incomplete",
            Fault::Unknown(Unknown::Failed { .. }) => "failed",
            Fault::UnsupportedOperation { .. } => "unsupported_operation",
            Fault::Security => "security",
            Fault::MessageTooLarge(_) => "message_too_large",
            Fault::NotUnderstood(_) => "must_understand",
            Fault::OtherVersion(_) => "version_mismatch",
        }
    }
}

const SECURITY_SENTENCE: &str = "The user name, the password or the facility ID is not accepted. Check all three; \
    after several failed attempts wait before the next one.";

impl Unknown {
    fn code(&self) -> u16 {
        match self {
            Unknown::Unreadable(_) => 100,
            Unknown::NotAnEnvelope(_) => 101,
            Unknown::Arguments(_) => 102,
            Unknown::NotHl7 => 103,
            Unknown::Incomplete => 104,
            Unknown::Failed { .. } => 500,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Unknown::Unreadable(sentence) | Unknown::NotAnEnvelope(sentence) | Unknown::Arguments(sentence) => {
                format!("Nothing was processed: {sentence}.")
            }
            Unknown::NotHl7 => "Nothing was processed: hl7Message must hold one HL7 version 2 message, which begins \
                with its MSH segment."
                .to_owned(),
            Unknown::Incomplete => "Nothing was processed: the request ended early or took too long to arrive. Send \
                it again."
                .to_owned(),
            Unknown::Failed { reference } => {
                format!("Something went wrong here, not with the message. Reference number: {reference}")
            }
        }
    }
}

impl TooLarge {
    fn code(self) -> u16 {
        match self {
            TooLarge::Message { .. } => 400,
            TooLarge::SeveralMessages => 401,
        }
    }

    fn sentence(self) -> String {
        match self {
            TooLarge::Message { bytes_maximum } => {
                format!("Nothing was processed: {bytes_maximum} bytes are taken at most. Send large sets as a file.")
            }
            TooLarge::SeveralMessages => "Nothing was processed: hl7Message holds more than one HL7 message. Send one \
                message per call."
                .to_owned(),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        match refusal {
            Refusal::Unreadable(sentence) => Fault::Unknown(Unknown::Unreadable(sentence)),
            Refusal::NotAnEnvelope(sentence) => Fault::Unknown(Unknown::NotAnEnvelope(sentence)),
            Refusal::Arguments(sentence) => Fault::Unknown(Unknown::Arguments(sentence)),
            Refusal::Soap11 => Fault::OtherVersion(Version::Soap11),
            Refusal::UnknownVersion => Fault::OtherVersion(Version::Unknown),
            Refusal::NotUnderstood(headers) => Fault::NotUnderstood(headers),
            Refusal::UnsupportedOperation(found) => Fault::UnsupportedOperation { detail: unsupported(found) },
        }
    }
}

fn unsupported(found: Option<ExpandedName>) -> String {
    let found = match found {
        Some(ExpandedName { namespace, name }) => format!("it holds {name} of namespace \"{namespace}\""),
        None => "it is empty".to_owned(),
    };
    format!(
        "The Body must hold connectivityTest or submitSingleMessage of namespace \"{}\"; {found}.",
        crate::envelope::CDC
    )
}
