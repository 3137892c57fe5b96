//! The corpus of messages in `tests/corpus`: each with the findings it must give, and what must become of it.
//!
//! The format: `= name` begins a piece that messages may use as `@name`; `# sentence` begins a case; the lines after
//! it are the message (`\r`, `\xFF` and the like stand for bytes); `-> Kind at PLACE` is a finding; `=> CODE what` ends
//! the case with the acknowledgment code and what was read: doses, facts about the person, and facts taken back.

use std::collections::HashMap;

use hl7::{
    BatchItem, BatchReader, Clocks, Message, MessageKind, acknowledgment_code, decode, read_query, read_submission,
    screen,
};
use model::{Finding, FindingKind, PatientStatement};

use crate::tables::SmallTables;

/// One case.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// A sentence.
    pub(crate) name: String,
    /// The message.
    pub(crate) message: Vec<u8>,
    /// `Kind at PLACE`, sorted.
    pub(crate) findings: Vec<String>,
    /// `CODE what`.
    pub(crate) outcome: String,
}

/// Reads the cases of one file of the corpus.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut pieces: HashMap<String, Vec<u8>> = HashMap::new();
    let mut piece = None;
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(name) = line.strip_prefix("= ") {
            pieces.insert(name.to_owned(), Vec::new());
            piece = Some(name.to_owned());
        } else if let Some(name) = line.strip_prefix("# ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
            piece = None;
        } else if let Some(finding) = line.strip_prefix("-> ") {
            cases.last_mut().expect("a finding follows its case").findings.push(finding.to_owned());
        } else if let Some(outcome) = line.strip_prefix("=> ") {
            cases.last_mut().expect("an outcome follows its case").outcome = outcome.to_owned();
        } else {
            let bytes = match line.strip_prefix('@') {
                Some(name) => pieces.get(name).unwrap_or_else(|| panic!("no piece is called {name}")).clone(),
                None => [unquote(line), vec![b'\r']].concat(),
            };
            match &piece {
                Some(name) => pieces.get_mut(name).expect("the piece was begun").extend(bytes),
                None => cases.last_mut().expect("a message follows its case").message.extend(bytes),
            }
        }
    }
    for case in &mut cases {
        case.findings.sort();
        assert!(!case.outcome.is_empty(), "{} has no outcome", case.name);
    }
    cases
}

/// `\r`, `\n` and `\xFF` as bytes; every other backslash stays.
fn unquote(line: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find('\\') {
        let (before, after) = rest.split_at(start);
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(2..4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (rest, _) = match (after.get(..2), byte) {
            (Some("\\r"), _) => (&after[2..], bytes.push(b'\r')),
            (Some("\\n"), _) => (&after[2..], bytes.push(b'\n')),
            (Some("\\x"), Some(byte)) => (&after[4..], bytes.push(byte)),
            _ => (&after[1..], bytes.push(b'\\')),
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Reads bytes, and says what was found and what became of them.
type Reader = fn(&[u8]) -> (Vec<Finding>, String);

fn check(text: &str, read: Reader) {
    let failures: Vec<String> = cases(text).iter().filter_map(|case| difference(case, read)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn difference(case: &Case, read: Reader) -> Option<String> {
    let (findings, outcome) = read(&case.message);
    let mut found: Vec<String> = findings.iter().map(describe).collect();
    found.sort();
    (found != case.findings || outcome != case.outcome).then(|| {
        format!(
            "{}\n  expected {:?}\n           {}\n  found    {found:?}\n           {outcome}",
            case.name, case.findings, case.outcome
        )
    })
}

fn describe(finding: &Finding) -> String {
    match finding.location {
        Some(location) => format!("{:?} at {location}", finding.kind),
        None => format!("{:?}", finding.kind),
    }
}

/// The whole way of one message: decode, screen, read; then the acknowledgment code and what was read.
fn read(bytes: &[u8]) -> (Vec<Finding>, String) {
    let decoded = decode(bytes);
    let message = Message::read(&decoded.text);
    let mut findings = decoded.findings.clone();
    if !message.begins_with_header() {
        return (vec![Finding::new(FindingKind::MessageUnreadable)], "no answer".to_owned());
    }
    let what = match screen(&message.header()) {
        Err(finding) => {
            findings.push(finding);
            "refused".to_owned()
        }
        Ok(MessageKind::Vxu) => {
            let reading = read_submission(&message, &SmallTables, &Clocks::default());
            findings.extend(reading.findings);
            reading.patient.map_or("rejected".to_owned(), |patient| kept(&patient, reading.vaccinations.len()))
        }
        Ok(MessageKind::Qbp(kind)) => {
            let reading = read_query(&message, kind, &SmallTables);
            findings.extend(reading.findings);
            if reading.query.is_some() { "asked".to_owned() } else { "rejected".to_owned() }
        }
    };
    let code = acknowledgment_code(&findings).code();
    (findings, format!("{code} {what}"))
}

/// The doses, and what is told of the person's health beside them.
fn kept(patient: &PatientStatement, dose_count: usize) -> String {
    let mut kept = counted(dose_count, "dose");
    if !patient.observations.is_empty() {
        kept = format!("{kept}, {}", counted(patient.observations.len(), "fact"));
    }
    if !patient.retracted.is_empty() {
        kept = format!("{kept}, {} taken back", patient.retracted.len());
    }
    kept
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// All items of a file: the findings, and how many messages there were.
fn read_file(bytes: &[u8]) -> (Vec<Finding>, String) {
    let mut findings = Vec::new();
    let mut message_count = 0;
    for item in BatchReader::new(bytes) {
        match item.expect("memory can be read") {
            BatchItem::Message(_) => message_count += 1,
            BatchItem::Finding(finding) => findings.push(finding),
        }
    }
    (findings, format!("{message_count} messages"))
}

#[test]
fn batches() {
    check(include_str!("../corpus/batches.txt"), read_file);
}

#[test]
fn syntax() {
    check(include_str!("../corpus/syntax.txt"), read);
}

#[test]
fn headers() {
    check(include_str!("../corpus/headers.txt"), read);
}

#[test]
fn people() {
    check(include_str!("../corpus/people.txt"), read);
}

#[test]
fn doses() {
    check(include_str!("../corpus/doses.txt"), read);
}

#[test]
fn observations() {
    check(include_str!("../corpus/observations.txt"), read);
}

#[test]
fn queries() {
    check(include_str!("../corpus/queries.txt"), read);
}

#[test]
fn the_corpus_is_large_and_no_sentence_stands_twice() {
    let files = [
        include_str!("../corpus/batches.txt"),
        include_str!("../corpus/syntax.txt"),
        include_str!("../corpus/headers.txt"),
        include_str!("../corpus/people.txt"),
        include_str!("../corpus/doses.txt"),
        include_str!("../corpus/observations.txt"),
        include_str!("../corpus/queries.txt"),
    ];
    let all: Vec<Case> = files.into_iter().flat_map(cases).collect();
    let broken = all.iter().filter(|case| !case.findings.is_empty()).count();
    let names: std::collections::HashSet<&str> = all.iter().map(|case| case.name.as_str()).collect();
    assert!(broken >= 110, "{broken} broken messages");
    assert_eq!(names.len(), all.len());
}

#[test]
fn a_message_in_which_a_part_stands_more_often_than_anybody_has_it_is_rejected() {
    let header =
        "MSH|^~\\&|EHR|CLINIC|||20240301120000||VXU^V04^VXU_V04|M1|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS|CLINIC|TX\r";
    let person = |names: &str| format!("{header}PID|1||A1^^^CLINIC^MR||{names}||20200315|F\r");
    let repeated = |part: &str, count: usize| vec![part; count].join("~");
    let excess = |text: &str| {
        let (findings, outcome) = read(text.as_bytes());
        let found = findings.iter().find(|finding| finding.kind == FindingKind::PartsTooMany);
        assert_eq!(found.is_some(), outcome.ends_with("rejected"), "{outcome}");
        found.map(describe).unwrap_or_default()
    };
    let maximum = hl7::REPETITIONS_MAXIMUM;
    assert_eq!(excess(&person(&repeated("Garza^Ana^^^^^L", maximum))), "");
    assert_eq!(excess(&person(&repeated("Garza^Ana^^^^^L", maximum + 1))), "PartsTooMany at PID^1^5");
    let kin = "NK1|1|Luna^Eva^^^^^L|MTH^Mother^HL70063\r";
    let maximum = hl7::NEXT_OF_KIN_MAXIMUM;
    assert_eq!(excess(&(person("Garza^Ana^^^^^L") + &kin.repeat(maximum))), "");
    assert_eq!(
        excess(&(person("Garza^Ana^^^^^L") + &kin.repeat(maximum + 1))),
        format!("PartsTooMany at NK1^{}", maximum + 1)
    );
    let dose = "ORC|RE||F1^CLINIC\rRXA|0|1|20220315||08^Hep B^CVX|999|||01^Historical^NIP001|||||||||||CP|A\r";
    let maximum = hl7::OBSERVATIONS_MAXIMUM;
    let observed =
        |count: usize| person("Garza^Ana^^^^^L") + dose + &"OBX|1|ST|48767-8^Note^LN|1|x||||||F\r".repeat(count);
    assert_eq!(excess(&observed(maximum)), "");
    assert_eq!(excess(&observed(maximum + 1)), format!("PartsTooMany at OBX^{}", maximum + 1));
    let question = |phones: &str| {
        let header = header.replace("VXU^V04^VXU_V04", "QBP^Q11^QBP_Q11").replace("Z22", "Z34");
        format!("{header}QPD|Z34^Request^CDCPHINVS|t||Garza^Ana^^^^^L||20200315|F||{phones}\rRCP|I|5^RD\r")
    };
    assert_eq!(excess(&question("^PRN^PH^^^512^5551212")), "");
    assert_eq!(excess(&question(&repeated("^PRN^PH^^^512^5551212", 51))), "PartsTooMany at QPD^1^9");
}

#[test]
fn a_message_of_more_doses_than_anybody_gets_is_rejected_whole() {
    let of = |count: usize| {
        let mut text =
            "MSH|^~\\&|EHR|CLINIC|||20240301120000||VXU^V04^VXU_V04|M1|P|2.5.1|||||||||Z22^CDCPHINVS|CLINIC|TX\r\
                        PID|1||A1^^^CLINIC^MR||Garza^Ana^Maria^^^^L||20200315|F\r"
                .to_owned();
        for number in 0..count {
            text += &format!(
                "ORC|RE||F{number}^CLINIC\rRXA|0|1|20220315||08^Hep B^CVX|999|||01^Historical^NIP001|||||||||||CP|A\r"
            );
        }
        read(text.as_bytes())
    };
    let maximum = hl7::DOSES_MAXIMUM;
    assert_eq!(of(maximum).1, format!("AA {maximum} doses"));
    let (findings, outcome) = of(maximum + 1);
    assert_eq!(outcome, "AE rejected");
    let told: Vec<String> = findings.iter().map(describe).collect();
    assert_eq!(told, [format!("DosesTooMany at RXA^{}", maximum + 1)]);
    let says = findings[0].kind.rule().says.as_str();
    assert!(says.contains(&maximum.to_string()), "{says}");
}
