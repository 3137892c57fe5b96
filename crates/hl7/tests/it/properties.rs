//! What holds for every message, however broken.

use hl7::{
    BatchReader, Clocks, Delimiters, Envelope, Message, decode, escape, read_query, read_submission, unescape, vxu,
    write_acknowledgment, write_response,
};
use jiff::Zoned;
use model::{Finding, QueryKind, QueryStatus};
use proptest::prelude::*;

use crate::records::outcome;
use crate::tables::{AllTables, SmallTables};

/// Pieces of messages, whole and broken; random bytes alone would never get past the header.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "MSH|^~\\&|EHR|CLINIC|IIS|TX|20240301||VXU^V04^VXU_V04|M1|P|2.5.1",
        "MSH|^~\\&|EHR|CLINIC|IIS|TX|20240301||QBP^Q11^QBP_Q11|M1|P|2.5.1|||ER|AL|||||Z34^CDCPHINVS",
        "\rPID|1||A1^^^CLINIC^MR~B2^^^&1.2&ISO^SS||Garza^Ana^^^^^L~\"\"||20200315|F||2106-3^W^CDCREC|1 Oak&x^^Austin",
        "\rPD1|||||||||||02^x^HL70215|TXA|20240101|||A",
        "\rNK1|1|Luna^Eva^^^^^L|MTH^Mother^HL70063",
        "\rORC|RE|P1^CLINIC|F1^CLINIC",
        "\rRXA|0|1|20220315||08^Hep B^CVX^58160-0820-11^x^NDC|0.5|mL^mL^UCUM||00^New^NIP001||||||L\\T\\1|202512|SKB^G^MVX|||CP|A",
        "\rRXA|0|1|20220315||998^None^CVX|999||||||||||||||NA",
        "\rRXR|IM^IM^HL70162|LT^L^HL70163",
        "\rOBX|1|CE|64994-7^e^LN|1|V01^x^HL70064||||||F|||20220315",
        "\nOBX|2|DT|29769-7^p^LN|2|20220315",
        "\rOBX|3|CE|30945-0^c^LN|3|VXC18^x^CDCPHINVS",
        "\rQPD|Z34^Request Immunization History^CDCPHINVS|t1|A1^^^CLINIC^MR|Garza^Ana^^^^^L||20200315|F",
        "\rRCP|I|5^RD&Records&HL70126",
        "|",
        "^",
        "~",
        "\\",
        "&",
        "\"\"",
        "\r",
        "\n",
        "\u{b}",
        "99999999999999999999",
    ]);
    prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => "\\PC{0,8}".prop_map(String::into_bytes),
    ]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

/// Whether the place of a finding is in the message: the segment exists, or is the very thing that is missing.
fn is_inside(finding: &Finding, message: &Message<'_>) -> bool {
    let Some(location) = finding.location else { return true };
    let exists = message
        .segments()
        .iter()
        .any(|segment| segment.kind == location.segment && segment.sequence == location.sequence);
    exists || (location.sequence == 1 && location.field == 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_read_and_answered(bytes in message()) {
        let decoded = decode(&bytes);
        let message = Message::read(&decoded.text);
        let header = message.header();
        let _ = (hl7::screen(&header), vxu::read(&message));
        let answered_at: Zoned = "2024-07-01T08:09:10-05:00[America/Chicago]".parse().expect("a valid instant");
        let envelope = Envelope { application: "A", facility: "F", answered_at: &answered_at, control_id: "C" };
        let submission = read_submission(&message, &SmallTables, &Clocks::default());
        prop_assert!(submission.findings.iter().all(|finding| is_inside(finding, &message)), "{:?}", submission.findings);
        prop_assert!(submission.patient.is_some() || !submission.findings.is_empty());
        let answer = write_acknowledgment(&header, &envelope, &submission.findings);
        prop_assert_eq!(Message::read(&answer).segments().len(), 2 + submission.findings.len());
        for kind in [QueryKind::History, QueryKind::EvaluatedHistory] {
            let query = read_query(&message, kind, &AllTables);
            prop_assert!(query.findings.iter().all(|finding| is_inside(finding, &message)), "{:?}", query.findings);
            prop_assert!(query.query.is_some() || !query.findings.is_empty());
            let outcome = outcome(QueryStatus::Error, vec![], query.findings);
            let answer = write_response(&message, kind, &envelope, &outcome, &SmallTables);
            prop_assert!(Message::read(&answer).begins_with_header());
        }
    }

    #[test]
    fn a_text_survives_escaping_in_any_delimiters(text in any::<String>(), standard in any::<bool>()) {
        let other = Delimiters { field: b'#', component: b'*', repetition: b'!', escape: b'/', subcomponent: b'%' };
        let delimiters = if standard { Delimiters::STANDARD } else { other };
        let escaped = escape(&text, delimiters);
        prop_assert_eq!(unescape(&escaped, delimiters), text.as_str());
    }

    #[test]
    fn a_batch_gives_every_message_back(messages in prop::collection::vec("MSH\\|[A-Z|^]{0,20}(\r[A-Z]{3}\\|[a-z|^]{1,9}){0,3}", 0..6)) {
        let text = messages.join("\r\n");
        let found: Vec<String> = BatchReader::new(text.as_bytes())
            .filter_map(|item| match item.expect("memory reads") {
                hl7::BatchItem::Message(bytes) => Some(String::from_utf8(bytes).expect("it was text")),
                hl7::BatchItem::Finding(_) => None,
            })
            .collect();
        let envelopes = ["MSH", "FHS", "BHS", "BTS", "FTS"];
        prop_assume!(messages.iter().all(|message| message.split('\r').skip(1).all(|line| !envelopes.contains(&&line[..3]))));
        prop_assert_eq!(found, messages);
    }
}
