//! Writes the envelopes that go out.
//!
//! A carriage return goes out as `&#xD;`, because every XML reader turns a bare one into a line feed, and HL7 segments
//! end with it.

use crate::envelope::{CDC, ExpandedName, SOAP, SOAP_1_1};
use crate::faults::{Detail, Fault, Version};

/// Content-Type of SOAP 1.2.
pub(crate) const SOAP_TYPE: &str = "application/soap+xml; charset=utf-8";
/// Content-Type of SOAP 1.1.
pub(crate) const SOAP_1_1_TYPE: &str = "text/xml; charset=utf-8";

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// Characters of a sender's name or namespace that a header repeats.
const NAME_LENGTH_MAXIMUM: usize = 128;
/// Bytes that are looked at together.
const ESCAPE_BLOCK_BYTES: usize = 32;
/// Characters of a sentence, which may quote what was sent.
const SENTENCE_LENGTH_MAXIMUM: usize = 512;

/// The answer of an operation: `<{operation}Response><return>{text}</return>`.
pub(crate) fn answer(operation: &str, text: &str) -> String {
    let text = escape(text);
    let content = format!(r#"<{operation}Response xmlns="{CDC}"><return>{text}</return></{operation}Response>"#);
    envelope("", &content)
}

/// A fault, in an envelope of the version that the sender can read.
pub(crate) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::OtherVersion(Version::Soap11) => soap_1_1_fault(fault),
        Fault::OtherVersion(Version::Unknown) => envelope(&upgrade_header(), &soap_fault(fault)),
        Fault::NotUnderstood(headers) => envelope(&not_understood_headers(headers), &soap_fault(fault)),
        fault => envelope("", &soap_fault(fault)),
    }
}

/// The Content-Type of a fault.
pub(crate) fn fault_type(fault: &Fault) -> &'static str {
    match fault {
        Fault::OtherVersion(Version::Soap11) => SOAP_1_1_TYPE,
        _ => SOAP_TYPE,
    }
}

fn envelope(header: &str, body: &str) -> String {
    format!(r#"{DECLARATION}<env:Envelope xmlns:env="{SOAP}">{header}<env:Body>{body}</env:Body></env:Envelope>"#)
}

/// SOAP Version 1.2 Part 1, 5.4.
fn soap_fault(fault: &Fault) -> String {
    let code = fault.soap_code();
    let reason = escape(fault.soap_reason());
    let detail = fault.detail().map(|detail| typed_detail(&detail)).unwrap_or_default();
    format!(
        "<env:Fault><env:Code><env:Value>env:{code}</env:Value></env:Code>\
        <env:Reason><env:Text xml:lang=\"en\">{reason}</env:Text></env:Reason>{detail}</env:Fault>"
    )
}

/// Code, Reason, Detail: in this order, in capitals (CDC WSDL 1.0).
fn typed_detail(detail: &Detail) -> String {
    let Detail { element, code, reason, sentence } = detail;
    let sentence = escape(shortened(sentence, SENTENCE_LENGTH_MAXIMUM));
    format!(
        "<env:Detail><{element} xmlns=\"{CDC}\"><Code>{code}</Code><Reason>{reason}</Reason>\
        <Detail>{sentence}</Detail></{element}></env:Detail>"
    )
}

/// SOAP Version 1.2 Part 1, 5.4.8.
fn not_understood_headers(headers: &[ExpandedName]) -> String {
    let blocks: String = headers.iter().map(not_understood).collect();
    format!("<env:Header>{blocks}</env:Header>")
}

fn not_understood(header: &ExpandedName) -> String {
    let name = escape(shortened(&header.name, NAME_LENGTH_MAXIMUM));
    let namespace = escape(shortened(&header.namespace, NAME_LENGTH_MAXIMUM));
    if namespace.is_empty() {
        format!(r#"<env:NotUnderstood qname="{name}"/>"#)
    } else {
        format!(r#"<env:NotUnderstood qname="h:{name}" xmlns:h="{namespace}"/>"#)
    }
}

/// SOAP Version 1.2 Part 1, 5.4.7.
fn upgrade_header() -> String {
    "<env:Header><env:Upgrade><env:SupportedEnvelope qname=\"env:Envelope\"/></env:Upgrade></env:Header>".to_owned()
}

/// An envelope of SOAP 1.1, as that version's clients can read no other (SOAP Version 1.2 Part 1, Appendix A).
fn soap_1_1_fault(fault: &Fault) -> String {
    let code = fault.soap_code();
    let reason = escape(fault.soap_reason());
    format!(
        "{DECLARATION}<env:Envelope xmlns:env=\"{SOAP_1_1}\"><env:Header>\
        <upg:Upgrade xmlns:upg=\"{SOAP}\"><upg:SupportedEnvelope qname=\"upg:Envelope\"/></upg:Upgrade></env:Header>\
        <env:Body><env:Fault><faultcode>env:{code}</faultcode><faultstring xml:lang=\"en\">{reason}</faultstring>\
        </env:Fault></env:Body></env:Envelope>"
    )
}

fn shortened(text: &str, length_maximum: usize) -> &str {
    text.char_indices().nth(length_maximum).map_or(text, |(end, _)| &text[..end])
}

/// Escapes text for an element or an attribute. What XML cannot carry becomes U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(place) = first_to_escape(rest.as_bytes()) {
        let (plain, after) = rest.split_at(place);
        escaped.push_str(plain);
        let mut characters = after.chars();
        match characters.next() {
            Some('&') => escaped.push_str("&amp;"),
            Some('<') => escaped.push_str("&lt;"),
            Some('>') => escaped.push_str("&gt;"),
            Some('"') => escaped.push_str("&quot;"),
            Some('\r') => escaped.push_str("&#xD;"),
            Some('\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            other => escaped.extend(other),
        }
        rest = characters.as_str();
    }
    escaped.push_str(rest);
    escaped
}

/// The place of the first byte that may have to be replaced. By blocks: a processor looks at all bytes of one at once.
fn first_to_escape(bytes: &[u8]) -> Option<usize> {
    let holds_one = |block: &[u8]| block.iter().fold(false, |any, byte| any | may_be_escaped(*byte));
    let block = bytes.chunks(ESCAPE_BLOCK_BYTES).position(holds_one)?;
    let start = block * ESCAPE_BLOCK_BYTES;
    bytes[start..].iter().position(|byte| may_be_escaped(*byte)).map(|place| start + place)
}

/// Whether a byte is one that [`escape`] replaces, or begins a character that it may replace (U+FFFE is EF BF BE).
fn may_be_escaped(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xEF) || (byte < b' ' && byte != b'\t' && byte != b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_keep_their_carriage_returns_and_nothing_breaks_the_envelope() {
        for (text, escaped) in [
            ("MSH|^~\\&|\rMSA|AA\r", "MSH|^~\\&amp;|&#xD;MSA|AA&#xD;"),
            ("a < b > \"c\" ]]>", "a &lt; b &gt; &quot;c&quot; ]]&gt;"),
            ("tab\tline\n", "tab\tline\n"),
            ("\u{0}\u{b}\u{1c}\u{fffe}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{ffff}\u{fffd}｜ﬁ", "\u{fffd}\u{fffd}｜ﬁ"),
            ("Nuñez 😀", "Nuñez 😀"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }

    #[test]
    fn a_character_is_escaped_wherever_it_stands() {
        for place in 0..3 * ESCAPE_BLOCK_BYTES {
            let (before, after) = ("a".repeat(place), "b".repeat(100));
            assert_eq!(escape(&format!("{before}&{after}\r")), format!("{before}&amp;{after}&#xD;"));
            assert_eq!(escape(&before), before);
        }
    }
}
