//! The message header, and the reasons for which a message is refused before it is read.

use model::{Finding, FindingKind, Location, QueryKind};

use crate::er7::{Delimiters, Message, Pieces};

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
    /// MSH-9 as sent.
    pub message_type: &'a str,
    /// MSH-21.1 of the repetition that names an immunization profile (`Z22`); of a question whose header names
    /// none, QPD-1.1.
    pub profile: &'a str,
    /// MSH-22 as sent, with its components.
    pub sending_organization: &'a str,
    /// MSH-23 as sent, with its components.
    pub receiving_organization: &'a str,
    /// The delimiters of the message, in which all of these are written.
    pub delimiters: Delimiters,
}

/// What kind of message this is, of those that are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// VXU^V04: a report.
    Vxu,
    /// QBP^Q11: a question.
    Qbp(QueryKind),
}

impl<'a> Header<'a> {
    /// Reads the header of a message; everything is empty when it has none.
    pub(crate) fn of(message: &Message<'a>) -> Header<'a> {
        let Some(segment) = message.first(b"MSH") else { return Header::default() };
        // The first piece is MSH-2, so every field stands one place before its number.
        let mut fields = segment.fields();
        let mut header = Header {
            sending_application: fields.at(2),
            sending_facility: fields.at(3),
            receiving_application: fields.at(4),
            receiving_facility: fields.at(5),
            sent_at: fields.at(6),
            message_type: fields.at(8),
            control_id: fields.at(9),
            processing_id: message.component(fields.at(10), 1),
            version: message.component(fields.at(11), 1),
            character_set: message.repetitions(fields.at(17)).at(1),
            profile: immunization_profile(message, fields.at(20)),
            sending_organization: fields.at(21),
            receiving_organization: fields.at(22),
            delimiters: message.delimiters(),
            ..Header::default()
        };
        let mut parts = message.components(header.message_type);
        header.message_code = parts.at(1);
        header.trigger = parts.at(2);
        header.structure = parts.at(3);
        if header.profile.is_empty() && header.message_code == "QBP" {
            header.profile =
                message.first(b"QPD").map(|query| message.component(query.field(1), 1)).unwrap_or_default();
        }
        header
    }

    /// MSH-3.1, the namespace; the universal id when there is none.
    pub fn sending_application_name(&self) -> &'a str {
        self.namespace(self.sending_application)
    }

    /// MSH-4.1, the namespace; the universal id when there is none.
    pub fn sending_facility_name(&self) -> &'a str {
        self.namespace(self.sending_facility)
    }

    /// MSH-5.1, the namespace; the universal id when there is none.
    pub fn receiving_application_name(&self) -> &'a str {
        self.namespace(self.receiving_application)
    }

    /// MSH-6.1, the namespace; the universal id when there is none.
    pub fn receiving_facility_name(&self) -> &'a str {
        self.namespace(self.receiving_facility)
    }

    /// MSH-22.1, the name of the organization that answers for the message; MSH-22.10 when there is no name.
    pub fn sending_organization_name(&self) -> &'a str {
        let mut parts = Pieces::of(self.sending_organization, self.delimiters.component);
        let name = parts.at(1);
        if name.is_empty() { parts.at(10) } else { name }
    }

    fn namespace(&self, field: &'a str) -> &'a str {
        Pieces::of(field, self.delimiters.component).find(|part| !part.is_empty()).unwrap_or_default()
    }
}

fn immunization_profile<'a>(message: &Message<'a>, field: &'a str) -> &'a str {
    message
        .repetitions(field)
        .map(|repetition| message.components(repetition).at(1))
        .find(|profile| profile.len() == 3 && profile.starts_with('Z'))
        .unwrap_or_default()
}

/// Decides by the header alone whether the message is one to read.
///
/// # Errors
/// The finding for which the whole message is refused: with `AR` for the four reasons of HL70357 200 to 203, with
/// `AE` for a required field of the header that is missing.
///
/// # Source
/// HL7 IG 1.5, table 7-2 and MSH; table 3-1: a required segment outside all groups that is empty.
pub fn screen(header: &Header<'_>) -> Result<MessageKind, Finding> {
    use FindingKind::{EventUnsupported, MessageTypeUnsupported, ProcessingIdUnsupported, VersionUnsupported};
    let refuse = |kind, field, part, value: &str| {
        Err(Finding::new(kind).at(Location::field("MSH", 1, field).component(part)).naming(value))
    };
    let missing = |field| Err(Finding::new(FindingKind::HeaderFieldMissing).at(Location::field("MSH", 1, field)));
    if header.message_type.is_empty() {
        return missing(9);
    }
    let kind = match (header.message_code, header.trigger) {
        ("VXU", "V04") => MessageKind::Vxu,
        ("QBP", "Q11") if header.profile == "Z44" => MessageKind::Qbp(QueryKind::EvaluatedHistory),
        ("QBP", "Q11") => MessageKind::Qbp(QueryKind::History),
        ("VXU" | "QBP", trigger) => return refuse(EventUnsupported, 9, 2, trigger),
        (code, _) => return refuse(MessageTypeUnsupported, 9, 1, code),
    };
    match header.processing_id {
        "P" | "T" | "D" => {}
        "" => return missing(11),
        other => return refuse(ProcessingIdUnsupported, 11, 1, other),
    }
    match header.version {
        "2.5.1" => {}
        "" => return missing(12),
        other => return refuse(VersionUnsupported, 12, 1, other),
    }
    if header.control_id.is_empty() {
        return missing(10);
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "MSH|^~\\&|EHR^1.2.3^ISO|^1.2.4^ISO|IIS|TX|20240102030405-0600||VXU^V04^VXU_V04|42|P|2.5.1|||ER|AL||\
                        ASCII~X|||X^Y~Z22^CDCPHINVS|ORG^^^^^A^XX^^^7|TX";

    #[test]
    fn the_header_is_read_by_its_fields() {
        let message = Message::read(GOOD);
        let header = message.header();
        assert_eq!(header.sending_application_name(), "EHR");
        assert_eq!(header.sending_facility_name(), "1.2.4");
        assert_eq!(header.receiving_facility_name(), "TX");
        assert_eq!((header.message_code, header.trigger, header.structure), ("VXU", "V04", "VXU_V04"));
        assert_eq!((header.control_id, header.processing_id, header.version), ("42", "P", "2.5.1"));
        assert_eq!((header.character_set, header.profile), ("ASCII", "Z22"));
        assert_eq!(header.sending_organization_name(), "ORG");
        assert_eq!(header.receiving_organization, "TX");
    }

    #[test]
    fn the_header_alone_decides_whether_a_message_is_read() {
        let cases = [
            ("", "", "Vxu"),
            ("|P|", "|T|", "Vxu"),
            ("VXU^V04^VXU_V04", "ADT^A04^ADT_A01", "MessageTypeUnsupported at MSH^1^9^1^1"),
            ("VXU^V04^VXU_V04", "VXU^V03^VXU_V03", "EventUnsupported at MSH^1^9^1^2"),
            ("VXU^V04^VXU_V04", "VXU", "EventUnsupported at MSH^1^9^1^2"),
            ("VXU^V04^VXU_V04", "", "HeaderFieldMissing at MSH^1^9"),
            ("VXU^V04^VXU_V04", "QBP^Q11^QBP_Q11", "Qbp(History)"),
            ("|42|P|", "|42|X|", "ProcessingIdUnsupported at MSH^1^11^1^1"),
            ("|42|P|", "|42||", "HeaderFieldMissing at MSH^1^11"),
            ("2.5.1", "2.4", "VersionUnsupported at MSH^1^12^1^1"),
            ("2.5.1", "", "HeaderFieldMissing at MSH^1^12"),
            ("|42|", "||", "HeaderFieldMissing at MSH^1^10"),
        ];
        for (from, to, expected) in cases {
            let text = GOOD.replacen(from, to, 1);
            let outcome = match screen(&Message::read(&text).header()) {
                Ok(kind) => format!("{kind:?}"),
                Err(finding) => {
                    format!("{:?} at {}", finding.kind, finding.location.expect("header findings have a place"))
                }
            };
            assert_eq!(outcome, expected, "{text}");
        }
    }

    #[test]
    fn a_question_without_a_profile_is_known_by_its_query_name() {
        let text = "MSH|^~\\&|E|F|I|T|2024||QBP^Q11^QBP_Q11|1|P|2.5.1\rQPD|Z44^Request^CDCPHINVS|t";
        assert_eq!(screen(&Message::read(text).header()), Ok(MessageKind::Qbp(QueryKind::EvaluatedHistory)));
    }
}
