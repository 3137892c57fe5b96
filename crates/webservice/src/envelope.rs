//! Reads the SOAP 1.2 envelope of a call: bytes in, the operation with its arguments out, or why not.
//!
//! Tolerant where senders differ and nothing is lost (any prefix, any order of arguments, attributes, comments,
//! headers that need not be understood), strict where XML or SOAP is: no DTD, nothing after the root, and a limit on
//! everything. It never panics, whatever the bytes.
//!
//! The only file, with its folder, that knows how XML is parsed.

mod characters;
mod elements;

use self::elements::{Element, Elements};

/// Namespace of SOAP 1.2.
pub(crate) const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Namespace of SOAP 1.1.
pub(crate) const SOAP_1_1: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of the CDC web service.
pub(crate) const CDC: &str = "urn:cdc:iisb:2011";

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The roles in which this service acts (SOAP 1.2 Part 1, 2.2); a header for any other role is none of its business.
const ROLES: [&str; 3] = [
    "",
    "http://www.w3.org/2003/05/soap-envelope/role/next",
    "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
];

/// Headers named at most in a MustUnderstand fault.
const HEADERS_NAMED_MAXIMUM: usize = 16;

/// What a call asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// `connectivityTest`.
    ConnectivityTest {
        /// The text to send back; empty when it was nil.
        echo_back: String,
    },
    /// `submitSingleMessage`.
    SubmitSingleMessage(SubmitSingleMessage),
}

/// The arguments of `submitSingleMessage`. One that is missing or nil is empty.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SubmitSingleMessage {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// The facility that the caller speaks for.
    pub facility_id: String,
    /// The HL7 message. Its segments end as they were sent, save that XML turns a bare CR into LF.
    pub hl7_message: String,
}

impl std::fmt::Debug for SubmitSingleMessage {
    /// Leaves out the password and what the message says about a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitSingleMessage")
            .field("username", &self.username)
            .field("facility_id", &self.facility_id)
            .field("hl7_message_bytes", &self.hl7_message.len())
            .finish_non_exhaustive()
    }
}

/// A qualified name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpandedName {
    /// Its namespace; empty when it has none.
    pub namespace: String,
    /// Its local part.
    pub name: String,
}

/// Why an envelope is refused. Sentences are for the sender; they may quote the envelope and do not belong in a log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Not XML, or XML that SOAP does not allow, or beyond a limit.
    #[error("{0}")]
    Unreadable(String),
    /// XML, but not a SOAP envelope.
    #[error("{0}")]
    NotAnEnvelope(String),
    /// An envelope of SOAP 1.1.
    #[error("the envelope is one of SOAP 1.1; this service speaks SOAP 1.2")]
    Soap11,
    /// An envelope of a SOAP version that nobody here knows.
    #[error("the envelope's namespace is not the one of SOAP 1.2")]
    UnknownVersion,
    /// Headers that must be understood and are not.
    #[error("a header block must be understood and is not")]
    NotUnderstood(Vec<ExpandedName>),
    /// Not an operation of this service. `None` when the body is empty.
    #[error("the operation is not one of this service")]
    UnsupportedOperation(Option<ExpandedName>),
    /// A known operation with arguments that it cannot have.
    #[error("{0}")]
    Arguments(String),
}

/// Reads an envelope.
///
/// `charset` is the parameter of the Content-Type header. A byte-order mark outranks it, and it outranks the XML
/// declaration (RFC 7303, 3.2).
///
/// # Errors
/// A [`Refusal`], which says what is wrong and, where it helps, at which byte.
///
/// # Source
/// SOAP Version 1.2 Part 1, 2.6 and 5; CDC WSDL 1.0 (`urn:cdc:iisb:2011`).
pub fn read(bytes: &[u8], charset: Option<&str>) -> Result<Call, Refusal> {
    let text = characters::decode(bytes, charset)?;
    let mut elements = Elements::of(&text);
    require_envelope(&elements.root()?)?;
    let mut child = require_child(&mut elements)?;
    if child.is(SOAP, "Header") {
        read_headers(&mut elements)?;
        child = require_child(&mut elements)?;
    }
    if !child.is(SOAP, "Body") {
        return Err(not_an_envelope("the envelope has an element where its Body should be"));
    }
    let call = read_body(&mut elements)?;
    if elements.next_child()?.is_some() {
        return Err(not_an_envelope("the envelope goes on after its Body"));
    }
    elements.finish()?;
    Ok(call)
}

fn not_an_envelope(sentence: &str) -> Refusal {
    Refusal::NotAnEnvelope(sentence.to_owned())
}

fn require_envelope(root: &Element) -> Result<(), Refusal> {
    if root.name.name != "Envelope" {
        return Err(not_an_envelope("the root element is not a SOAP Envelope"));
    }
    match root.name.namespace.as_str() {
        SOAP => Ok(()),
        SOAP_1_1 => Err(Refusal::Soap11),
        _ => Err(Refusal::UnknownVersion),
    }
}

fn require_child(elements: &mut Elements<'_>) -> Result<Element, Refusal> {
    elements.next_child()?.ok_or_else(|| not_an_envelope("the envelope has no Body"))
}

/// Skips the headers: none of them is known here. Those that must be understood are an error.
fn read_headers(elements: &mut Elements<'_>) -> Result<(), Refusal> {
    let mut not_understood = Vec::new();
    while let Some(header) = elements.next_child()? {
        if must_be_understood(&header) && not_understood.len() < HEADERS_NAMED_MAXIMUM {
            not_understood.push(header.name);
        }
        elements.skip()?;
    }
    if not_understood.is_empty() { Ok(()) } else { Err(Refusal::NotUnderstood(not_understood)) }
}

fn must_be_understood(header: &Element) -> bool {
    let role = header.attribute(SOAP, "role").unwrap_or_default();
    is_true(header.attribute(SOAP, "mustUnderstand")) && ROLES.contains(&role)
}

fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true"))
}

fn read_body(elements: &mut Elements<'_>) -> Result<Call, Refusal> {
    let operation = elements.next_child()?.ok_or(Refusal::UnsupportedOperation(None))?;
    let call = if operation.is(CDC, "connectivityTest") {
        let [echo_back] = read_arguments(elements, ["echoBack"])?;
        Call::ConnectivityTest { echo_back: require_argument(echo_back, "echoBack")? }
    } else if operation.is(CDC, "submitSingleMessage") {
        let names = ["username", "password", "facilityID", "hl7Message"];
        let [username, password, facility_id, hl7_message] = read_arguments(elements, names)?;
        Call::SubmitSingleMessage(SubmitSingleMessage {
            username: username.unwrap_or_default(),
            password: password.unwrap_or_default(),
            facility_id: facility_id.unwrap_or_default(),
            hl7_message: require_argument(hl7_message, "hl7Message")?,
        })
    } else {
        return Err(Refusal::UnsupportedOperation(Some(operation.name)));
    };
    if elements.next_child()?.is_some() {
        return Err(Refusal::Arguments("the Body holds more than one operation; send one per call".into()));
    }
    Ok(call)
}

/// Reads the named arguments of an operation, in whatever order they come; others are skipped.
fn read_arguments<const N: usize>(
    elements: &mut Elements<'_>,
    names: [&str; N],
) -> Result<[Option<String>; N], Refusal> {
    let mut values = [const { None }; N];
    while let Some(argument) = elements.next_child()? {
        let Some(place) = names.iter().position(|name| is_argument(&argument, name)) else {
            elements.skip()?;
            continue;
        };
        if values[place].is_some() {
            return Err(Refusal::Arguments(format!("{} is there more than once", names[place])));
        }
        values[place] = Some(read_text(elements, &argument)?);
    }
    Ok(values)
}

/// Arguments belong to the CDC namespace; clients written by hand often forget to say so.
fn is_argument(element: &Element, name: &str) -> bool {
    element.is(CDC, name) || element.is("", name)
}

fn read_text(elements: &mut Elements<'_>, argument: &Element) -> Result<String, Refusal> {
    let name = &argument.name.name;
    let text = elements.text()?.ok_or_else(|| {
        Refusal::Arguments(format!("{name} holds an element; it takes text only, with < written as &lt;"))
    })?;
    if is_true(argument.attribute(SCHEMA_INSTANCE, "nil")) && !text.trim().is_empty() {
        return Err(Refusal::Arguments(format!("{name} is nil and has a value")));
    }
    Ok(text)
}

fn require_argument(value: Option<String>, name: &str) -> Result<String, Refusal> {
    value.ok_or_else(|| Refusal::Arguments(format!("{name} is missing")))
}
