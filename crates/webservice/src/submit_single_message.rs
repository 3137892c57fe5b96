//! `submitSingleMessage`: signs the caller in, hands the message to the registry, returns the message that answers it.

use std::net::IpAddr;

use jiff::Timestamp;
use model::{Caller, Channel, MessageId, Receipt};
use registry::{Admission, Credentials, MESSAGE_BYTES_MAXIMUM, MessageAnswer, Registry, RegistryError};

use crate::envelope::SubmitSingleMessage;
use crate::faults::{Fault, TooLarge, Unknown};

/// Characters of a user name that the log repeats.
const LOGGED_USERNAME_LENGTH_MAXIMUM: usize = 64;

/// Where, when and under which number a message arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The receipt id.
    pub(crate) message_id: MessageId,
    /// The instant.
    pub(crate) received_at: Timestamp,
    /// The client's address.
    pub(crate) source: IpAddr,
}

/// Why a message got no HL7 answer.
#[derive(Debug)]
pub(crate) enum NotAnswered {
    /// A fault says why.
    Fault(Fault),
    /// The registry is away for the moment, and the door says so like a closed one: integration engines keep a message
    /// on a 503 and drop it on a fault.
    Away,
    /// A maintenance window does not let this through now; the door says so.
    NotNow,
}

/// How a call came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passing {
    /// Through an open door.
    Open,
    /// Through a closed one, as a test organization's; whether it is one shows when it has signed in.
    Test,
}

/// Submits one message, and gives the HL7 answer.
pub(crate) async fn submit_single_message(
    registry: &Registry,
    admission: &Admission,
    arrival: Arrival,
    call: SubmitSingleMessage,
    passing: Passing,
) -> Result<String, NotAnswered> {
    let caller = sign_in(registry, admission, arrival, &call).await.map_err(NotAnswered::Fault)?;
    let is_test = passing == Passing::Test;
    if is_test && !registry.gate().lets_test(Channel::WebService, &caller.organization_code) {
        return Err(NotAnswered::NotNow);
    }
    let Arrival { message_id, received_at, .. } = arrival;
    let today = registry.today(received_at);
    let receipt = Receipt { message_id, received_at, today, channel: Channel::WebService, file: None, run: 1 };
    let fault = match registry.receive_message(admission, &caller, receipt, call.hl7_message.into_bytes()).await {
        Ok(MessageAnswer::Hl7(answer)) => return Ok(answer),
        Ok(MessageAnswer::NotHl7) => Fault::Unknown(Unknown::NotHl7),
        Ok(MessageAnswer::SeveralMessages) => Fault::MessageTooLarge(TooLarge::SeveralMessages),
        Ok(MessageAnswer::TooLarge) => {
            Fault::MessageTooLarge(TooLarge::Message { bytes_maximum: MESSAGE_BYTES_MAXIMUM })
        }
        Err(RegistryError::ReadOnly) => return Err(NotAnswered::NotNow),
        Err(error) => return Err(not_served(&error, arrival)),
    };
    Err(NotAnswered::Fault(fault))
}

async fn sign_in(
    registry: &Registry,
    admission: &Admission,
    arrival: Arrival,
    call: &SubmitSingleMessage,
) -> Result<Caller, Fault> {
    let SubmitSingleMessage { username, password, facility_id: facility, .. } = call;
    let Arrival { source, received_at: at, .. } = arrival;
    registry.sign_in(admission, Credentials { username, password, facility, source, at }).await.map_err(|refused| {
        let username: String = username.chars().take(LOGGED_USERNAME_LENGTH_MAXIMUM).collect();
        tracing::warn!(username = %username.escape_debug(), %source, reason = %refused, "sign-in refused");
        Fault::Security
    })
}

fn not_served(error: &RegistryError, arrival: Arrival) -> NotAnswered {
    let reference = arrival.message_id.number();
    let cause: &dyn std::error::Error = error;
    tracing::error!(message_id = %arrival.message_id, reference, cause, "message not served");
    if error.is_transient() {
        NotAnswered::Away
    } else {
        NotAnswered::Fault(Fault::Unknown(Unknown::Failed { reference }))
    }
}
