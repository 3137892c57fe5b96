//! Any bytes as a message and as a file: read, judged and answered without a panic, every finding at a place that
//! can be written and read back, and every answer a message that can be read again.

#![no_main]

use codes::CodeSets;
use hl7::{BatchItem, BatchReader, Envelope, Message, MessageKind};
use libfuzzer_sys::fuzz_target;
use model::{Finding, Location, MessageId, QueryKind, QueryOutcome, QueryStatus};

fuzz_target!(|bytes: &[u8]| {
    let decoded = hl7::decode(bytes);
    let message = Message::read(&decoded.text);
    let tables = CodeSets::builtin();
    let answered_at: jiff::Zoned = "2026-01-15T12:00:00-06:00[America/Chicago]".parse().expect("a zoned time");
    let clocks = hl7::Clocks::new(answered_at.time_zone().clone(), []);
    let envelope = Envelope { application: "IIS", facility: "IIS", answered_at: &answered_at, control_id: "1" };
    let header = message.header();
    let mut findings = decoded.findings.clone();
    if let Err(finding) = hl7::screen(&header) {
        findings.push(finding);
    }
    let reading = hl7::read_submission(&message, &**tables, &clocks);
    findings.extend(reading.findings);
    findings.iter().for_each(check);
    check_answer(&hl7::write_acknowledgment(&header, &envelope, &findings), findings.len());

    for kind in [QueryKind::History, QueryKind::EvaluatedHistory] {
        let reading = hl7::read_query(&message, kind, &**tables);
        reading.findings.iter().for_each(check);
        let outcome = QueryOutcome {
            message_id: MessageId("019bc000-0000-7000-8000-000000000001".parse().expect("a UUID")),
            status: if reading.query.is_some() { QueryStatus::NotFound } else { QueryStatus::Error },
            people: Vec::new(),
            assessment: None,
            findings: reading.findings,
        };
        let answer = hl7::write_response(&message, kind, &envelope, &outcome, &**tables);
        assert!(Message::read(&answer).begins_with_header());
    }

    let mut messages = 0;
    for item in BatchReader::new(bytes) {
        match item.expect("memory can be read") {
            BatchItem::Message(_) => messages += 1,
            BatchItem::Finding(finding) => check(&finding),
        }
    }
    assert!(messages <= bytes.len());
    let _ = hl7::screen(&header).map(|kind| matches!(kind, MessageKind::Vxu));
});

fn check(finding: &Finding) {
    assert!(!finding.sentence().is_empty());
    if let Some(location) = finding.location {
        let written = location.to_string();
        assert_eq!(written.parse::<Location>().as_ref(), Ok(&location), "{written}");
    }
}

/// The answer has a header, an MSA and an ERR for each finding: no sentence breaks out of its field.
fn check_answer(answer: &str, findings: usize) {
    let message = Message::read(answer);
    assert!(message.begins_with_header(), "{answer:?}");
    assert_eq!(answer.split('\r').filter(|line| line.starts_with("ERR|")).count(), findings, "{answer:?}");
    assert_eq!(answer.split('\r').filter(|line| !line.is_empty()).count(), findings + 2, "{answer:?}");
}
