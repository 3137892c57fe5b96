//! ACK (profile Z23): the answer to a VXU, and to anything refused by its header.

use jiff::Zoned;
use model::{Finding, Severity};

use crate::er7::{Pieces, Writer, unescape};
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
///
/// # Source
/// HL7 IG 1.5, MSA-1; NIST's certified examples (IZ-AD-8, IZ-AD-9) answer a warning with `AE`.
pub fn acknowledgment_code(findings: &[Finding]) -> AcknowledgmentCode {
    let is_refused_by_header = |finding: &Finding| (200..=203).contains(&finding.rule().error);
    if findings.iter().any(is_refused_by_header) {
        AcknowledgmentCode::Reject
    } else if findings.iter().any(|finding| finding.severity() != Severity::Information) {
        AcknowledgmentCode::Error
    } else {
        AcknowledgmentCode::Accept
    }
}

/// Writes the ACK: every finding is one ERR, in the order given.
///
/// # Source
/// HL7 IG 1.5, profile Z23.
pub fn write_acknowledgment(header: &Header<'_>, envelope: &Envelope<'_>, findings: &[Finding]) -> String {
    let mut writer = Writer::default();
    let trigger = if header.message_code == "QBP" { "Q11" } else { "V04" };
    write_header(&mut writer, header, envelope, ["ACK", trigger, "ACK"], "Z23");
    write_msa(&mut writer, header, acknowledgment_code(findings));
    for finding in findings {
        write_error(&mut writer, finding);
    }
    writer.finish()
}

/// MSH of an answer: sender and receiver change places.
pub(crate) fn write_header(
    writer: &mut Writer,
    header: &Header<'_>,
    envelope: &Envelope<'_>,
    message_type: [&str; 3],
    profile: &str,
) {
    writer.header("MSH");
    writer.put(3, fitting(envelope.application, NAMESPACE_LENGTH_LIMIT));
    writer.put(4, fitting(envelope.facility, NAMESPACE_LENGTH_LIMIT));
    put_designator(writer, 5, header.sending_application, header);
    put_designator(writer, 6, header.sending_facility, header);
    writer.put(7, &time_stamp(envelope.answered_at));
    writer.put((9, 1), message_type[0]);
    writer.put((9, 2), message_type[1]);
    writer.put((9, 3), message_type[2]);
    writer.put(10, envelope.control_id);
    let processing_id = if matches!(header.processing_id, "P" | "T" | "D") { header.processing_id } else { "P" };
    writer.put(11, processing_id);
    writer.put(12, "2.5.1");
    writer.put(15, "NE");
    writer.put(16, "NE");
    writer.put((21, 1), profile);
    writer.put((21, 2), "CDCPHINVS");
    writer.put(22, fitting(envelope.facility, ORGANIZATION_LENGTH_LIMIT));
    put_organization(writer, 23, header);
}

/// MSA: the code, and the control id of the message that is answered.
pub(crate) fn write_msa(writer: &mut Writer, header: &Header<'_>, code: AcknowledgmentCode) {
    writer.segment("MSA");
    writer.put(1, code.code());
    writer.put(2, &unescape(header.control_id, header.delimiters));
}

/// Lengths of HL7 IG 1.5: HD.1, HD.2, XON.1 and ERR-8.
const NAMESPACE_LENGTH_LIMIT: usize = 20;
const UNIVERSAL_ID_LENGTH_LIMIT: usize = 199;
const ORGANIZATION_LENGTH_LIMIT: usize = 50;
const USER_MESSAGE_LENGTH_LIMIT: usize = 250;

/// The parts of ERR-2 have two digits each.
const LOCATION_NUMBER_LIMIT: u16 = 99;

/// ERR: where, what by HL7's tables, how much it matters, what by our own code, and a sentence for people.
///
/// ERR-5 stays empty where our catalog says 7 (required data missing): the guide's examples use it, but its table
/// 0533 lacks it. A place that ERR-2 cannot express stands in ERR-7.
///
/// # Source
/// HL7 IG 1.5, ERR; HL70357, HL70516, HL70533.
pub(crate) fn write_error(writer: &mut Writer, finding: &Finding) {
    let rule = finding.rule();
    writer.segment("ERR");
    let is_expressible = put_location(writer, finding);
    writer.put((3, 1), &rule.error.to_string());
    writer.put((3, 2), error_text(rule.error));
    writer.put((3, 3), "HL70357");
    writer.put(4, finding.severity().code());
    if let Some(text) = application_error_text(rule.application) {
        writer.put((5, 1), &rule.application.to_string());
        writer.put((5, 2), text);
        writer.put((5, 3), "HL70533");
        writer.put((5, 4), &rule.code);
        writer.put((5, 5), &words_of(finding));
        writer.put((5, 6), "L");
    }
    if let Some(location) = finding.location.filter(|_| !is_expressible) {
        writer.put(7, &location.to_string().replace('^', "-"));
    }
    writer.put(8, &user_message(finding));
}

/// Writes ERR-2 where it can be written.
fn put_location(writer: &mut Writer, finding: &Finding) -> bool {
    let Some(location) = finding.location else { return true };
    let numbers = [location.sequence, location.field, location.repetition, location.component, location.subcomponent];
    if location.sequence == 0 || numbers.iter().any(|number| *number > LOCATION_NUMBER_LIMIT) {
        return false;
    }
    writer.put((2, 1), location.segment.as_str());
    for (place, number) in (2..).zip(numbers).take_while(|(_, number)| *number > 0) {
        writer.put((2, place), &number.to_string());
    }
    true
}

/// The finding's kind in words: `vaccine unknown`.
fn words_of(finding: &Finding) -> String {
    let mut words = String::new();
    for letter in format!("{:?}", finding.kind).chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// `CODE::sentence`. Where it would be longer than ERR-8 once its delimiters are escaped, first the value that it
/// names is cut, then the sentence at a word.
fn user_message(finding: &Finding) -> String {
    let whole = message_of(finding);
    let excess = escaped_length(&whole).saturating_sub(USER_MESSAGE_LENGTH_LIMIT);
    if excess == 0 {
        return whole;
    }
    let room = escaped_length(&finding.value).saturating_sub(excess + ELLIPSIS.len()).max(VALUE_LENGTH_LEAST);
    let text = message_of(&Finding { value: cut(&finding.value, room), ..finding.clone() });
    if escaped_length(&text) <= USER_MESSAGE_LENGTH_LIMIT {
        return text;
    }
    let kept = cut(&text, USER_MESSAGE_LENGTH_LIMIT - ELLIPSIS.len());
    match kept.trim_end_matches(ELLIPSIS).rsplit_once(' ') {
        Some((before, _)) => before.to_owned() + ELLIPSIS,
        None => kept,
    }
}

const ELLIPSIS: &str = "...";

/// A value that is cut keeps at least so much.
const VALUE_LENGTH_LEAST: usize = 20;

fn message_of(finding: &Finding) -> String {
    format!("{}::{}", finding.rule().code, finding.sentence())
}

/// How many characters a text has once its delimiters are escaped.
fn escaped_length(text: &str) -> usize {
    text.chars().map(escaped_length_of).sum()
}

fn escaped_length_of(letter: char) -> usize {
    if "|^~\\&".contains(letter) { 3 } else { 1 }
}

/// A text of no more than so many characters once escaped, and dots where it was longer.
fn cut(text: &str, length: usize) -> String {
    if escaped_length(text) <= length {
        return text.to_owned();
    }
    let mut room = length;
    let fits = |letter: &char| {
        let left = room.checked_sub(escaped_length_of(*letter));
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take_while(fits).chain(ELLIPSIS.chars()).collect()
}

fn error_text(code: u16) -> &'static str {
    match code {
        0 => "Message accepted",
        100 => "Segment sequence error",
        101 => "Required field missing",
        102 => "Data type error",
        103 => "Table value not found",
        200 => "Unsupported message type",
        201 => "Unsupported event code",
        202 => "Unsupported processing ID",
        203 => "Unsupported version ID",
        204 => "Unknown key identifier",
        205 => "Duplicate key identifier",
        206 => "Application record locked",
        207 => "Application internal error",
        _ => "Application error",
    }
}

fn application_error_text(code: u8) -> Option<&'static str> {
    match code {
        1 => Some("Illogical Date error"),
        2 => Some("Invalid Date"),
        3 => Some("Illogical Value error"),
        4 => Some("Invalid value"),
        5 => Some("Table value not found"),
        6 => Some("Required observation missing"),
        _ => None,
    }
}

/// `YYYYMMDDHHMMSS-ZZZZ`.
pub(crate) fn time_stamp(instant: &Zoned) -> String {
    instant.strftime("%Y%m%d%H%M%S%z").to_string()
}

/// A text cut to so many characters.
pub(crate) fn fitting(text: &str, length: usize) -> &str {
    let text = text.trim();
    match text.char_indices().nth(length) {
        Some((end, _)) => text[..end].trim_end(),
        None => text,
    }
}

/// Whether a text is an OID, the only universal id that the guide knows.
pub(crate) fn is_oid(text: &str) -> bool {
    text.len() <= UNIVERSAL_ID_LENGTH_LIMIT
        && text.starts_with(['0', '1', '2'])
        && text.contains('.')
        && text.split('.').all(|arc| {
            !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
        })
}

/// A sender's HD given back: what the guide allows of it, so that the answer conforms even where the question did not.
fn put_designator(writer: &mut Writer, field: u16, raw: &str, header: &Header<'_>) {
    let mut parts = Pieces::of(raw, header.delimiters.component).map(|part| unescape(part, header.delimiters));
    let namespace = parts.next().unwrap_or_default();
    let universal_id = parts.next().unwrap_or_default();
    let has_oid = is_oid(&universal_id);
    let name = if namespace.is_empty() && !has_oid { &universal_id } else { &namespace };
    writer.put((field, 1), fitting(name, NAMESPACE_LENGTH_LIMIT));
    if has_oid {
        writer.put((field, 2), &universal_id);
        writer.put((field, 3), "ISO");
    }
}

/// MSH-22 of the question given back as MSH-23: the organization's name, or its id where there is no name.
fn put_organization(writer: &mut Writer, field: u16, header: &Header<'_>) {
    let mut parts = Pieces::of(header.sending_organization, header.delimiters.component);
    let name = unescape(parts.at(1), header.delimiters);
    let authority = parts.at(6);
    let kind = parts.at(7);
    let id = unescape(parts.at(10), header.delimiters);
    writer.put((field, 1), fitting(&name, ORGANIZATION_LENGTH_LIMIT));
    let mut authority = Pieces::of(authority, header.delimiters.subcomponent);
    let namespace = unescape(authority.at(1), header.delimiters);
    let universal_id = unescape(authority.at(2), header.delimiters);
    let has_oid = is_oid(&universal_id);
    let is_whole = !id.is_empty() && (2..=5).contains(&kind.len()) && (!namespace.is_empty() || has_oid);
    if !is_whole {
        if name.is_empty() {
            writer.put((field, 1), fitting(header.sending_facility_name(), ORGANIZATION_LENGTH_LIMIT));
        }
        return;
    }
    writer.put((field, 1, 6, 1), fitting(&namespace, NAMESPACE_LENGTH_LIMIT));
    if has_oid {
        writer.put((field, 1, 6, 2), &universal_id);
        writer.put((field, 1, 6, 3), "ISO");
    }
    writer.put((field, 7), kind);
    writer.put((field, 10), fitting(&id, NAMESPACE_LENGTH_LIMIT));
}

#[cfg(test)]
mod tests {
    use model::{FindingKind, Location};

    use super::*;
    use crate::er7::Message;

    fn acknowledge(findings: &[Finding]) -> String {
        let question = "MSH|^~\\&|EHR^2.16.1^ISO|FAC|IIS|TX|2024||VXU^V04^VXU_V04|A\\T\\1|T|2.5.1";
        let answered_at: Zoned = "2024-07-01T08:09:10-05:00[America/Chicago]".parse().expect("a valid instant");
        let envelope =
            Envelope { application: "BLUEBONNET", facility: "TXIIS", answered_at: &answered_at, control_id: "R1" };
        write_acknowledgment(&Message::read(question).header(), &envelope, findings)
    }

    #[test]
    fn an_acceptance_is_two_segments() {
        assert_eq!(
            acknowledge(&[]),
            "MSH|^~\\&|BLUEBONNET|TXIIS|EHR^2.16.1^ISO|FAC|20240701080910-0500||ACK^V04^ACK|R1|T|2.5.1|||NE|NE|||||\
             Z23^CDCPHINVS|TXIIS|FAC\rMSA|AA|A\\T\\1\r"
        );
    }

    #[test]
    fn every_finding_is_one_error_segment() {
        let unknown =
            Finding::new(FindingKind::VaccineUnknown).at(Location::field("RXA", 1, 5).component(1)).naming("99|9");
        let text = acknowledge(&[unknown]);
        let error = text.split('\r').nth(2).expect("there is a third segment");
        assert!(error.starts_with("ERR||RXA^1^5^1^1|103^Table value not found^HL70357|E|5^Table value not found^HL70533^IMR-121^vaccine unknown^L|||IMR-121::Vaccine code \"99\\F\\9\" is not"), "{error}");
        assert!(text.contains("MSA|AE|"));
    }

    #[test]
    fn the_code_follows_the_worst_finding() {
        let cases = [
            (vec![], AcknowledgmentCode::Accept),
            (vec![FindingKind::VisMissing], AcknowledgmentCode::Accept),
            (vec![FindingKind::VisMissing, FindingKind::EligibilityMissing], AcknowledgmentCode::Error),
            (vec![FindingKind::VaccineUnknown], AcknowledgmentCode::Error),
            (vec![FindingKind::VersionUnsupported], AcknowledgmentCode::Reject),
            (vec![FindingKind::HeaderFieldMissing], AcknowledgmentCode::Error),
        ];
        for (kinds, expected) in cases {
            let findings: Vec<Finding> = kinds.into_iter().map(Finding::new).collect();
            assert_eq!(acknowledgment_code(&findings), expected, "{findings:?}");
        }
    }

    #[test]
    fn sentences_fit_whatever_value_they_name() {
        for value in ["x".repeat(400), "&".repeat(90), "word ".repeat(80), "\u{1F489}".repeat(300)] {
            for kind in FindingKind::ALL {
                let finding = Finding::new(*kind).naming(&*value);
                let text = user_message(&finding);
                assert!(escaped_length(&text) <= USER_MESSAGE_LENGTH_LIMIT, "{kind:?} {text}");
                if finding.rule().says.contains("{value}") {
                    assert!(text.contains("..."), "{text}");
                }
                let without_value = message_of(&Finding::new(*kind));
                if escaped_length(&without_value) + VALUE_LENGTH_LEAST + ELLIPSIS.len() <= USER_MESSAGE_LENGTH_LIMIT {
                    let end = finding.rule().mend.rsplit('}').next().unwrap_or_default();
                    assert!(text.ends_with(end), "{text}");
                }
            }
        }
    }

    #[test]
    fn places_beyond_two_digits_stand_in_the_diagnostic_field() {
        let finding = Finding::new(FindingKind::ObservationUnreadable).at(Location::field("OBX", 120, 5));
        let text = acknowledge(&[finding]);
        assert!(text.contains("ERR|||102^"), "{text}");
        assert!(text.contains("|OBX-120-5|IEE-133::"), "{text}");
    }
}
