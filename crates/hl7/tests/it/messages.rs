//! Messages that others wrote: read without panic, and read sensibly.

use std::path::{Path, PathBuf};

use hl7::{
    AcknowledgmentCode, BatchItem, BatchReader, Clocks, Message, MessageKind, acknowledgment_code, decode, read_query,
    read_submission, screen,
};
use model::{Finding, Severity};

use crate::tables::AllTables;

/// The folder of messages, or nothing when it is not on this machine.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/hl7");
    if folder.is_dir() {
        return Some(folder);
    }
    let is_ci = std::env::vars_os().any(|(name, value)| name == "CI" && value == "true");
    assert!(!is_ci, "{} must be there", folder.display());
    eprintln!("skipped: {} is not there", folder.display());
    None
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            files.extend(files_under(&path));
        } else if path.extension().is_some_and(|extension| extension != "tsv") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// What reading one file gave.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    messages: usize,
    vxus: usize,
    people: usize,
    doses: usize,
    queries: usize,
    questions: usize,
}

fn read(bytes: &[u8], tally: &mut Tally) {
    let decoded = decode(bytes);
    let message = Message::read(&decoded.text);
    if !message.begins_with_header() {
        return;
    }
    tally.messages += 1;
    match screen(&message.header()) {
        Ok(MessageKind::Vxu) => {
            tally.vxus += 1;
            let reading = read_submission(&message, &AllTables, &Clocks::default());
            tally.people += usize::from(reading.patient.is_some());
            tally.doses += reading.vaccinations.len();
            let says_why = reading.findings.iter().any(|finding| finding.severity() == Severity::Error);
            assert!(reading.patient.is_some() || says_why, "a rejection says why");
        }
        Ok(MessageKind::Qbp(kind)) => {
            tally.queries += 1;
            tally.questions += usize::from(read_query(&message, kind, &AllTables).query.is_some());
        }
        Err(_) => {}
    }
}

#[test]
fn messages_of_many_systems_are_read_without_panic_and_mostly_understood() {
    let Some(folder) = folder() else { return };
    let mut tally = Tally::default();
    for file in files_under(&folder) {
        tally.files += 1;
        let bytes = std::fs::read(&file).expect("the file can be read");
        read(&bytes, &mut tally);
        for item in BatchReader::new(bytes.as_slice()) {
            if let BatchItem::Message(message) = item.expect("memory reads") {
                read(&message, &mut tally);
            }
        }
    }
    assert!(tally.files >= 774, "{tally:?}");
    // Many of the others lack the assigning authority in PID-3, without which the guide has a message rejected.
    assert!(tally.people * 100 >= tally.vxus * 55, "{tally:?}");
    assert!(tally.doses >= 1000, "{tally:?}");
    assert!(tally.questions * 100 >= tally.queries * 90, "{tally:?}");
}

#[test]
fn reports_that_fulfil_the_profile_are_all_accepted() {
    let Some(folder) = folder() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("the index can be read");
    let mut accepted = 0;
    for line in index.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, kind, ..] = columns.as_slice() else { continue };
        if !kind.starts_with("VXU") || !columns.get(10).is_some_and(|check| check.starts_with("E=0")) {
            continue;
        }
        let bytes = std::fs::read(folder.join(file)).expect("the file can be read");
        let decoded = decode(&bytes);
        let reading = read_submission(&Message::read(&decoded.text), &AllTables, &Clocks::default());
        let findings: Vec<&Finding> =
            reading.findings.iter().filter(|finding| finding.severity() == Severity::Error).collect();
        assert!(reading.patient.is_some() && findings.is_empty(), "{file}: {findings:?}");
        accepted += 1;
    }
    assert!(accepted >= 90, "{accepted} messages");
}

/// NIST's scripted scenarios, with what the certified receivers answer.
#[test]
fn scripted_messages_get_the_severity_that_the_scripts_expect() {
    let Some(folder) = folder() else { return };
    let findings_of = |file: &str| -> Vec<Finding> {
        let bytes = std::fs::read(folder.join("nist-hit-iz-tool").join(file)).expect("the file can be read");
        let decoded = decode(&bytes);
        read_submission(&Message::read(&decoded.text), &AllTables, &Clocks::default()).findings
    };
    for file in ["0053_VXU_Z22.hl7", "0057_VXU_Z22.hl7", "0063_VXU_Z22.hl7", "0065_VXU_Z22.hl7", "0069_VXU_Z22.hl7"] {
        let findings = findings_of(file);
        let unexpected: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity() != Severity::Information).collect();
        assert!(unexpected.is_empty(), "{file}: {unexpected:?}");
    }
    let site_unknown = findings_of("0068_VXU_Z22.hl7");
    assert_eq!(acknowledgment_code(&site_unknown), AcknowledgmentCode::Accept, "{site_unknown:?}");
}
