//! Answers as they are written: to questions, and to reports.

use hl7::{Clocks, Envelope, Message, read_submission, vxu, write_acknowledgment, write_response};
use jiff::Zoned;
use jiff::civil::date;
use model::{Finding, FindingKind, QueryKind, QueryStatus};

use crate::records::{self, outcome, record};
use crate::tables::SmallTables;

fn at() -> Zoned {
    "2024-07-01T08:09:10-05:00[America/Chicago]".parse().expect("a valid instant")
}

fn respond(question: &str, kind: QueryKind, outcome: &model::QueryOutcome) -> String {
    let answered_at = at();
    let envelope =
        Envelope { application: "BLUEBONNET", facility: "TXIIS", answered_at: &answered_at, control_id: "R1" };
    write_response(&Message::read(question), kind, &envelope, outcome, &SmallTables)
}

fn record_named(name: &str) -> model::PatientRecord {
    records::records().into_iter().find(|(known, _)| *known == name).map(|(_, record)| record).expect("it is there")
}

fn segments<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    text.split('\r').filter(|line| line.starts_with(name)).collect()
}

#[test]
fn the_answer_follows_from_status_kind_and_number() {
    use QueryKind::{EvaluatedHistory, History};
    use QueryStatus::{Candidates, Error, Found, NotFound, TooMany};
    let one = || vec![record_named("plain")];
    let two = || vec![record_named("plain"), record_named("complete")];
    let cases = [
        (Found, History, one(), "Z32", "OK", "AA"),
        (Found, EvaluatedHistory, one(), "Z42", "OK", "AA"),
        (Candidates, History, one(), "Z31", "OK", "AA"),
        (Candidates, History, two(), "Z31", "OK", "AA"),
        (Candidates, EvaluatedHistory, two(), "Z33", "NF", "AA"),
        (Found, History, vec![], "Z33", "NF", "AA"),
        (NotFound, History, vec![], "Z33", "NF", "AA"),
        (NotFound, EvaluatedHistory, vec![], "Z33", "NF", "AA"),
        (TooMany, History, vec![], "Z33", "TM", "AA"),
        (Error, History, vec![], "Z33", "AE", "AE"),
    ];
    for (status, kind, people, profile, query_status, code) in cases {
        let people_count = people.len();
        let question = records::history_question();
        let text = respond(&question, kind, &outcome(status, people, vec![]));
        assert!(segments(&text, "MSH")[0].contains(&format!("|{profile}^CDCPHINVS|")), "{status:?} {kind:?}: {text}");
        assert!(segments(&text, "QAK")[0].starts_with(&format!("QAK|tag|{query_status}|Z34^")), "{text}");
        assert_eq!(segments(&text, "MSA"), [format!("MSA|{code}|Q\\T\\A 1")], "{text}");
        assert_eq!(segments(&text, "PID").len(), if profile == "Z33" { 0 } else { people_count }, "{text}");
    }
}

#[test]
fn the_question_is_given_back_as_it_came() {
    let question = records::history_question();
    let text = respond(&question, QueryKind::History, &outcome(QueryStatus::NotFound, vec![], vec![]));
    assert_eq!(segments(&text, "QPD"), segments(&question, "QPD"));
}

#[test]
fn only_the_gravest_finding_of_a_question_is_told() {
    let findings = [FindingKind::PartMissing, FindingKind::QueryTooVague, FindingKind::ValueNotInTable];
    let findings: Vec<Finding> = findings.into_iter().map(Finding::new).collect();
    let text =
        respond(&records::history_question(), QueryKind::History, &outcome(QueryStatus::Error, vec![], findings));
    let errors = segments(&text, "ERR");
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("MER-110::"), "{errors:?}");
}

#[test]
fn candidates_show_who_they_are_and_no_doses() {
    let people = vec![record_named("complete"), record_named("awkward")];
    let text =
        respond(&records::history_question(), QueryKind::History, &outcome(QueryStatus::Candidates, people, vec![]));
    let numbers: Vec<&str> = segments(&text, "PID").iter().map(|pid| &pid[..6]).collect();
    assert_eq!(numbers, ["PID|1|", "PID|2|"]);
    assert!(segments(&text, "RXA").is_empty() && !segments(&text, "NK1").is_empty());
}

#[test]
fn a_person_is_given_by_our_number_and_by_what_the_asker_may_know() {
    let people = vec![record_named("awkward")];
    let number = people[0].patient.id.number();
    let text = respond(&records::history_question(), QueryKind::History, &outcome(QueryStatus::Found, people, vec![]));
    let message = Message::read(&text);
    let pid = message.first(b"PID").expect("it is there");
    let identifiers: Vec<&str> = pid.field(3).split('~').collect();
    assert_eq!(identifiers[0], format!("{number}^^^TXIIS^SR"));
    // The Medicaid number was asked for; the social security number was not, and stays here.
    assert!(identifiers.contains(&"M5^^^MEDICAID^MA"), "{identifiers:?}");
    assert!(!pid.field(3).contains("SS"), "{identifiers:?}");
    assert!(identifiers.contains(&"E5^^^&2.16.840.1.113883.3.72.5.40.5&ISO^MR"), "{identifiers:?}");
}

#[test]
fn a_family_name_has_the_room_that_the_guide_gives_it() {
    let mut record = record_named("plain");
    record.patient.demographics.names[0].family = "Garza".repeat(12);
    let text =
        respond(&records::history_question(), QueryKind::History, &outcome(QueryStatus::Found, vec![record], vec![]));
    let pid = segments(&text, "PID")[0].to_owned();
    let name = pid.split('|').nth(5).expect("a person has a name");
    assert_eq!(name.split('^').next(), Some("Garza".repeat(10).as_str()), "HL7 IG 1.5, FN.1: 50 characters");
}

#[test]
fn a_history_reads_back_as_it_was() {
    let text = respond(
        &records::history_question(),
        QueryKind::History,
        &outcome(QueryStatus::Found, vec![record_named("complete")], vec![]),
    );
    // The same segments under the header of a report.
    let (_, body) = text.split_once("PID|").expect("it has one");
    let report = format!(
        "MSH|^~\\&|IIS|TX|EHR|CLINIC|20240701||VXU^V04^VXU_V04|1|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS\rPID|{body}"
    );
    let reading = read_submission(&Message::read(&report), &SmallTables, &Clocks::default());
    let findings: Vec<FindingKind> = reading.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(findings, []);
    let patient = reading.patient.expect("it is accepted");
    let record = record_named("complete");
    let expected = &record.patient.demographics;
    assert_eq!(patient.demographics.names, expected.names);
    assert_eq!(patient.demographics.addresses, expected.addresses);
    assert_eq!(patient.demographics.telecoms, expected.telecoms);
    assert_eq!(patient.demographics.next_of_kin, expected.next_of_kin);
    assert_eq!(patient.demographics.protection, expected.protection);
    let facts = &record.reports[0].observations[..3];
    assert_eq!(patient.observations, facts);
    let dose = &reading.vaccinations.iter().find(|it| it.dose.cvx.0 == 8).expect("it is there").dose;
    let sent = &record.vaccinations[0].dose;
    assert_eq!((&dose.lot_number, &dose.mvx, &dose.amount), (&sent.lot_number, &sent.mvx, &sent.amount));
    assert_eq!((&dose.vis, &dose.reactions, &dose.ndc), (&sent.vis, &sent.reactions, &sent.ndc));
    assert_eq!((&dose.route, &dose.body_site, &dose.eligibility), (&sent.route, &sent.body_site, &sent.eligibility));
}

#[test]
fn a_vaccination_of_several_reports_is_given_once_by_who_gave_it() {
    let on = date(2022, 3, 15);
    let mut record = record(9, record_named("plain").patient.demographics, vec![], vec![]);
    let both = records::record(
        9,
        record.patient.demographics.clone(),
        vec![records::told(8, on), records::given(8, on)],
        vec![],
    );
    record.vaccinations = both.vaccinations;
    let event_id = record.vaccinations[0].event_id;
    record.vaccinations[1].event_id = event_id;
    let text = respond(
        &records::history_question(),
        QueryKind::History,
        &outcome(QueryStatus::Found, vec![record.clone()], vec![]),
    );
    assert_eq!(segments(&text, "RXA").len(), 1);
    assert!(text.contains("|00^New immunization record^NIP001|"), "{text}");
    record.vaccinations.iter_mut().for_each(|report| report.is_deleted = true);
    let text =
        respond(&records::history_question(), QueryKind::History, &outcome(QueryStatus::Found, vec![record], vec![]));
    assert!(segments(&text, "RXA").is_empty());
}

#[test]
fn no_evaluation_is_invented() {
    let findings = vec![Finding::new(FindingKind::ForecastNotGiven)];
    for name in ["plain", "complete", "awkward", "facts_only"] {
        let people = vec![record_named(name)];
        let text = respond(
            &records::forecast_question(),
            QueryKind::EvaluatedHistory,
            &outcome(QueryStatus::Found, people, findings.clone()),
        );
        assert!(text.contains("IEE-140::"), "{text}");
        for question in ["59781-5", "30980-7", "30981-5", "59783-1", "30979-9"] {
            assert!(!text.contains(question), "{name}: {text}");
        }
        let message = Message::read(&text);
        let orders = vxu::read(&message).orders;
        assert!(!orders.is_empty() && orders.iter().all(|order| !order.observations.is_empty()), "{name}: {text}");
    }
}

#[test]
fn each_dose_tells_what_it_counts_for_and_one_order_the_forecast() {
    let record = record_named("complete");
    let mut found = outcome(QueryStatus::Found, vec![record.clone()], vec![]);
    found.assessment = Some(records::assessment(&record));
    let text = respond(&records::forecast_question(), QueryKind::EvaluatedHistory, &found);
    assert_eq!(text.matches("|59781-5^").count(), record.vaccinations.len(), "{text}");
    assert!(text.contains("|59781-5^^LN|1|Y|") && text.contains("|59781-5^^LN|1|N|"), "{text}");
    assert!(text.contains("OBX|4|NM|30973-2^^LN|1|2|NA^^HL70353|"), "{text}");
    for (question, date) in [("30981-5", "20220412"), ("30980-7", "20260315"), ("59777-3", "20300315")] {
        assert!(text.contains(&format!("|DT|{question}^^LN|1|{date}|")), "{question}: {text}");
    }
    for answer in ["LA13422-3^On schedule^LN", "LA13423-1^Overdue^LN", "LA13421-5^Complete^LN", "LA13424-9^Too old^LN"]
    {
        assert_eq!(text.matches(answer).count(), 1, "{answer}: {text}");
    }
    let orders = vxu::read(&Message::read(&text)).orders.len();
    assert_eq!(orders, record.vaccinations.len() + 2, "the doses, the facts about the person, the forecast: {text}");
}

#[test]
fn every_finding_becomes_one_error_that_fits() {
    let findings = records::findings();
    let question = records::history_question();
    let answered_at = at();
    let envelope =
        Envelope { application: "BLUEBONNET", facility: "TXIIS", answered_at: &answered_at, control_id: "R1" };
    let text = write_acknowledgment(&Message::read(&question).header(), &envelope, &findings);
    let message = Message::read(&text);
    let errors: Vec<_> = message.segments().iter().filter(|segment| segment.is(b"ERR")).collect();
    assert_eq!(errors.len(), findings.len());
    for (error, finding) in errors.iter().zip(&findings) {
        assert!(error.field(8).chars().count() <= 250, "{}", error.field(8));
        assert!(error.field(8).starts_with(&finding.rule().code), "{}", error.field(8));
        assert_eq!(error.field(4), finding.severity().code());
    }
}

#[test]
fn odd_senders_get_a_proper_answer() {
    let report = records::odd_report();
    let answered_at = at();
    let envelope =
        Envelope { application: "BLUEBONNET", facility: "TXIIS", answered_at: &answered_at, control_id: "R1" };
    let text = write_acknowledgment(&Message::read(&report).header(), &envelope, &[]);
    assert!(
        text.starts_with(
            "MSH|^~\\&|BLUEBONNET|TXIIS|An application with|^2.16.840.1^ISO|20240701080910-0500||ACK^V04^ACK|R1|"
        ),
        "{text}"
    );
    assert!(text.ends_with("MSA|AA|id \\T\\ id\r"), "{text}");
}
