//! Flat files: CSV with a header, for those without an EHR. Each row becomes the message that an EHR would have sent,
//! so that it takes the same path and gets the same findings.
//!
//! The header of the template and the forms of values stand in docs/files.md.

mod row_ends;

use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::sync::Arc;

use hl7::Delimiters;
use model::{Finding, FindingKind, Location, OrganizationId};
use sha2::{Digest, Sha256};

use self::row_ends::{RowEnd, Watched};
use super::contents::{Item, Take, Unread};
use crate::consents::tells_how_to_affirm;

/// Columns of a file.
const COLUMNS_MAXIMUM: usize = 200;

/// One row, as values of the template's columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    values: Vec<String>,
}

/// MSH-3 of the message that a row becomes.
const APPLICATION: &str = "CSV";

/// A column of the template.
struct Column {
    name: &'static str,
    /// Other names under which exports have it.
    others: &'static [&'static str],
    /// Where its value stands in the message: segment, field and component.
    place: (&'static str, u16, u16),
    is_required: bool,
}

const fn column(name: &'static str, others: &'static [&'static str], place: (&'static str, u16, u16)) -> Column {
    Column { name, others, place, is_required: false }
}

const fn required(name: &'static str, others: &'static [&'static str], place: (&'static str, u16, u16)) -> Column {
    Column { name, others, place, is_required: true }
}

const COLUMNS: [Column; 36] = [
    required("patient_id", &["mrn", "chart_number", "client_id"], ("PID", 3, 1)),
    required("last_name", &["family_name", "surname"], ("PID", 5, 1)),
    required("first_name", &["given_name"], ("PID", 5, 2)),
    column("middle_name", &[], ("PID", 5, 3)),
    column("suffix", &[], ("PID", 5, 4)),
    required("birth_date", &["dob", "date_of_birth"], ("PID", 7, 0)),
    required("sex", &["gender"], ("PID", 8, 0)),
    column("race", &[], ("PID", 10, 1)),
    column("ethnicity", &[], ("PID", 22, 1)),
    column("mother_maiden_name", &[], ("PID", 6, 1)),
    column("street", &["address", "address_1"], ("PID", 11, 1)),
    column("city", &[], ("PID", 11, 3)),
    column("state", &[], ("PID", 11, 4)),
    column("zip", &["zip_code", "postal_code"], ("PID", 11, 5)),
    column("phone", &["telephone"], ("PID", 13, 7)),
    column("email", &[], ("PID", 13, 4)),
    column("consent", &["consent_code"], ("PD1", 12, 0)),
    column("consent_date", &[], ("PD1", 13, 0)),
    column("guardian_last_name", &[], ("NK1", 2, 1)),
    column("guardian_first_name", &[], ("NK1", 2, 2)),
    column("guardian_relationship", &[], ("NK1", 3, 1)),
    column("action", &[], ("RXA", 21, 0)),
    column("order_id", &["dose_id"], ("ORC", 3, 1)),
    required("vaccination_date", &["administered_on", "date_administered"], ("RXA", 3, 0)),
    required("cvx", &["vaccine", "cvx_code", "vaccine_code"], ("RXA", 5, 1)),
    column("ndc", &["ndc_code"], ("RXA", 5, 4)),
    column("source", &["historical"], ("RXA", 9, 1)),
    column("amount", &["dose_amount"], ("RXA", 6, 0)),
    column("lot_number", &["lot"], ("RXA", 15, 0)),
    column("lot_expires", &["expiration_date"], ("RXA", 16, 0)),
    column("mvx", &["manufacturer"], ("RXA", 17, 1)),
    column("refusal_reason", &[], ("RXA", 18, 1)),
    column("route", &[], ("RXR", 1, 1)),
    column("body_site", &["site"], ("RXR", 2, 1)),
    column("eligibility", &["vfc"], ("OBX", 5, 1)),
    column("facility", &["clinic"], ("RXA", 11, 4)),
];

/// Whether a file of this name holds rows, packed or not: some programs unpack on the way and leave the name.
pub(super) fn is_flat(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.trim_end_matches(".gz").ends_with(".csv")
}

/// Whether a header segment is that of a message that a row became.
pub(super) fn is_of_row(header: &str) -> bool {
    header.split('|').nth(2) == Some(APPLICATION)
}

/// The name of the column whose value stands at a place of the message; empty for places that no column fills.
pub(super) fn column_at(location: Location) -> &'static str {
    let of_field = |component: Option<u16>| {
        COLUMNS.iter().find(|column| {
            let (segment, field, own) = column.place;
            segment == location.segment.as_str() && field == location.field && component.is_none_or(|one| one == own)
        })
    };
    let found = of_field(Some(location.component)).or_else(|| of_field(None));
    found.map_or("", |column| column.name)
}

/// A finding's sentence for people who know the columns of their file, and no places of a message.
pub(super) fn sentence_of(finding: &Finding) -> String {
    if tells_how_to_affirm(finding.kind) {
        return Finding { value: in_columns(&finding.value), ..finding.clone() }.sentence();
    }
    let sentence = finding.sentence();
    let mend = &finding.rule().mend;
    match sentence.strip_suffix(mend.as_str()) {
        Some(found) => found.to_owned() + &in_columns(mend),
        None => sentence,
    }
}

/// The same text with columns in place of fields: `birth_date` for `PID-7`.
pub(super) fn in_columns(text: &str) -> String {
    let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut told = String::with_capacity(text.len());
    for part in text.split_inclusive(|letter| !is_of_word(letter)) {
        let word = part.trim_end_matches(|letter| !is_of_word(letter));
        let place = word.split_once('-').filter(|(segment, _)| segment.len() == 3 && segment.is_ascii());
        let place = place.and_then(|(segment, field)| Some(Location::field(segment, 1, field.parse().ok()?)));
        match place.map_or("", column_at) {
            "" => told.push_str(part),
            column => {
                told.push_str(column);
                told.push_str(&part[word.len()..]);
            }
        }
    }
    told
}

/// Gives the rows of a flat file.
///
/// # Errors
/// [`Unread::Refused`] when its header cannot be used, or a row does not end.
pub(super) fn read(input: impl BufRead, take: &mut Take<'_>) -> Result<ControlFlow<()>, Unread> {
    let end = Arc::new(RowEnd::default());
    end.allow_row();
    let input = Watched::new(input, end.clone());
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(input);
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(|error| unread(error, 0))? {
        return Ok(ControlFlow::Continue(()));
    }
    let (columns, findings) = map_header(&record)?;
    for finding in findings {
        if take(Item::Finding(finding)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    let mut number = 0;
    loop {
        end.allow_row();
        if !reader.read_byte_record(&mut record).map_err(|error| unread(error, number + 1))? {
            return Ok(ControlFlow::Continue(()));
        }
        if record.iter().all(|value| value.trim_ascii().is_empty()) {
            continue;
        }
        number += 1;
        if end.is_cut_off() {
            return Err(without_end(number));
        }
        if record.iter().skip(columns.len()).any(|value| !value.trim_ascii().is_empty()) {
            let finding = Finding::new(FindingKind::RowTooLong).naming(format!("row {number}"));
            if take(Item::Finding(finding)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if take(Item::Row(Row::of(&record, &columns))).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}

/// Which column of the template each column of the file is, and what is wrong with the header.
fn map_header(header: &csv::ByteRecord) -> Result<(Vec<Option<usize>>, Vec<Finding>), Unread> {
    let mut findings = Vec::new();
    let mut columns = Vec::new();
    for name in header.iter().take(COLUMNS_MAXIMUM) {
        let shown = text_of(name.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(name));
        let folded = shown.to_lowercase().replace([' ', '-', '.'], "_");
        let found = COLUMNS.iter().position(|column| column.name == folded || column.others.contains(&&*folded));
        if let Some(found) = found.filter(|found| columns.contains(&Some(*found))) {
            return Err(refused(format!("the column {} stands there twice", COLUMNS[found].name)));
        }
        if found.is_none() && !folded.is_empty() {
            findings.push(Finding::new(FindingKind::ColumnIgnored).naming(shown.chars().take(40).collect::<String>()));
        }
        columns.push(found);
    }
    let missing: Vec<&str> = COLUMNS
        .iter()
        .enumerate()
        .filter(|(place, column)| column.is_required && !columns.contains(&Some(*place)))
        .map(|(_, column)| column.name)
        .collect();
    match missing.is_empty() {
        true => Ok((columns, findings)),
        false => Err(refused(format!("it lacks {}", missing.join(", ")))),
    }
}

/// UTF-8, or else Latin-1, without what marks a value as text for a spreadsheet.
fn text_of(value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.trim().to_owned()
}

impl Row {
    fn of(record: &csv::ByteRecord, columns: &[Option<usize>]) -> Row {
        let mut values = vec![String::new(); COLUMNS.len()];
        for (value, column) in record.iter().zip(columns) {
            if let Some(column) = column {
                values[*column] = text_of(value);
            }
        }
        Row { values }
    }

    fn value(&self, name: &str) -> &str {
        let place = COLUMNS.iter().position(|column| column.name == name).expect("the name is one of the columns");
        &self.values[place]
    }

    fn escaped(&self, name: &str) -> String {
        escape(self.value(name))
    }

    /// A date in HL7's form; a text that is none of the forms known stays, for the reader to find fault with.
    fn date(&self, name: &str) -> String {
        hl7_date(self.value(name)).unwrap_or_else(|| self.escaped(name))
    }

    /// What the row is about: the dose of this order of the organization's.
    pub(super) fn subject(&self, organization_id: OrganizationId) -> i64 {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(organization_id.0.as_bytes())
            .chain_update(b"row")
            .chain_update(self.value("patient_id").as_bytes())
            .chain_update([0x1F])
            .chain_update(self.order().as_bytes())
            .finalize()
            .into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        i64::from_be_bytes(first)
    }

    /// The id of the order: that of the sender, or one made of patient, day and vaccine.
    fn order(&self) -> String {
        match self.escaped("order_id") {
            none if none.is_empty() => {
                format!("{}-{}-{}", self.escaped("patient_id"), self.date("vaccination_date"), self.escaped("cvx"))
            }
            order => order,
        }
    }

    /// What tells this row from all others: the same row in another file is the same report, unless the organization said
    /// something else of the same dose in between.
    pub(super) fn identity(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for value in &self.values {
            hasher.update(value.as_bytes());
            hasher.update([0x1F]);
        }
        hasher.finalize().into()
    }

    /// The message that an EHR would have sent. `on` is the day on which the file came, as `YYYYMMDD`.
    pub(super) fn message(&self, organization_code: &str, on: &str) -> String {
        let value = |name: &str| self.escaped(name);
        let code = escape(organization_code);
        let control_id: String = self.identity()[..10].iter().map(|byte| format!("{byte:02X}")).collect();
        let mut segments = vec![
            format!(
                "MSH|^~\\&|{APPLICATION}|{code}|IIS||{on}||VXU^V04^VXU_V04|{control_id}|P|2.5.1|||NE|AL|||||Z22^CDCPHINVS|{code}"
            ),
            self.patient(&code),
        ];
        if !value("consent").is_empty() {
            segments.push(format!("PD1||||||||||||{}|{}", value("consent"), self.date("consent_date")));
        }
        if !value("guardian_last_name").is_empty() {
            let relationship = value("guardian_relationship");
            let relationship = if relationship.is_empty() { "GRD".to_owned() } else { relationship };
            let (last, first) = (value("guardian_last_name"), value("guardian_first_name"));
            segments.push(format!("NK1|1|{last}^{first}^^^^^L|{relationship}^^HL70063"));
        }
        segments.extend(self.dose(&code));
        segments.join("\r") + "\r"
    }

    fn patient(&self, code: &str) -> String {
        let value = |name: &str| self.escaped(name);
        let coded = |name: &str, system: &str| match value(name) {
            empty if empty.is_empty() => empty,
            code => format!("{code}^^{system}"),
        };
        let address = match value("street") + &value("city") + &value("zip") {
            empty if empty.is_empty() => String::new(),
            _ => format!("{}^^{}^{}^{}^USA^H", value("street"), value("city"), value("state"), value("zip")),
        };
        let digits: String = self.value("phone").chars().filter(char::is_ascii_digit).collect();
        let digits = if digits.len() == 11 { digits.trim_start_matches('1') } else { &digits };
        let mut telecoms = Vec::new();
        if let Some((area, local)) = digits.split_at_checked(3).filter(|(_, local)| !local.is_empty()) {
            telecoms.push(format!("^PRN^PH^^^{area}^{local}"));
        }
        if !value("email").is_empty() {
            telecoms.push(format!("^NET^X.400^{}", value("email")));
        }
        let maiden = match value("mother_maiden_name") {
            empty if empty.is_empty() => empty,
            name => format!("{name}^^^^^^M"),
        };
        let sex = match self.value("sex").to_ascii_lowercase().as_str() {
            "female" => "F".to_owned(),
            "male" => "M".to_owned(),
            _ => value("sex").to_uppercase(),
        };
        format!(
            "PID|1||{}^^^{code}^MR||{}^{}^{}^{}^^^L|{maiden}|{}|{sex}||{}|{address}||{}|||||||||{}",
            value("patient_id"),
            value("last_name"),
            value("first_name"),
            value("middle_name"),
            value("suffix"),
            self.date("birth_date"),
            coded("race", "CDCREC"),
            telecoms.join("~"),
            coded("ethnicity", "CDCREC"),
        )
    }

    fn dose(&self, code: &str) -> Vec<String> {
        let value = |name: &str| self.escaped(name);
        let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
        let given = value("source");
        let source = match given.to_ascii_lowercase().as_str() {
            "" | "00" | "0" | "administered" | "new" | "no" | "n" => "00^New immunization record^NIP001".to_owned(),
            "01" | "1" | "historical" | "yes" | "y" => "01^Historical information^NIP001".to_owned(),
            _ => format!("{given}^^NIP001"),
        };
        let day = self.date("vaccination_date");
        let order = self.order();
        let vaccine = match value("ndc") {
            ndc if ndc.is_empty() => format!("{}^^CVX", value("cvx")),
            ndc => format!("{}^^CVX^{ndc}^^NDC", value("cvx")),
        };
        let amount = match value("amount") {
            empty if empty.is_empty() => "999|".to_owned(),
            amount => format!("{amount}|mL^milliliter^UCUM"),
        };
        let coded = |name: &str, system: &str| match value(name) {
            empty if empty.is_empty() => empty,
            code => format!("{code}^^{system}"),
        };
        let (refusal, completion) = match value("refusal_reason") {
            none if none.is_empty() => (none, "CP"),
            reason => (format!("{reason}^^NIP002"), "RE"),
        };
        let mut segments = vec![
            format!("ORC|RE||{order}^{code}"),
            format!(
                "RXA|0|1|{day}||{vaccine}|{amount}||{source}||^^^{}||||{}|{}|{}|{refusal}||{completion}|{}",
                or(value("facility"), code),
                value("lot_number"),
                self.date("lot_expires"),
                coded("mvx", "MVX"),
                or(value("action").to_uppercase(), "A"),
            ),
        ];
        if !value("route").is_empty() {
            segments.push(format!("RXR|{}|{}", coded("route", "NCIT"), coded("body_site", "HL70163")));
        }
        if !value("eligibility").is_empty() {
            segments.push(format!(
                "OBX|1|CE|64994-7^Vaccine funding program eligibility category^LN|1|{}||||||F|||{day}|||\
                 VXC40^Eligibility captured at the immunization level^CDCPHINVS",
                coded("eligibility", "HL70064"),
            ));
        }
        segments
    }
}

fn escape(text: &str) -> String {
    hl7::escape(text, Delimiters::default()).into_owned()
}

/// `2024-07-01`, `7/1/2024` and `20240701` as `20240701`.
fn hl7_date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    let (year, month, day) = match parts[..] {
        [whole] if whole.len() == 8 && digits(whole) => return Some(whole.to_owned()),
        [year, month, day] if year.len() == 4 => (year, month, day),
        [month, day, year] if year.len() == 4 => (year, month, day),
        _ => return None,
    };
    let is_date = [year, month, day].into_iter().all(digits) && month.len() <= 2 && day.len() <= 2;
    is_date.then(|| format!("{year}{month:0>2}{day:0>2}"))
}

fn unread(error: csv::Error, row: u64) -> Unread {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => without_end(row),
        csv::ErrorKind::Io(error) => Unread::Disk(error),
        other => refused(format!("{other:?}")),
    }
}

/// A row that does not end; 0 is the header.
fn without_end(row: u64) -> Unread {
    let which = if row == 0 { "the header".to_owned() } else { format!("row {row}") };
    Unread::Refused(Box::new(Finding::new(FindingKind::RowWithoutEnd).naming(which)))
}

fn refused(reason: String) -> Unread {
    Unread::Refused(Box::new(Finding::new(FindingKind::ColumnMissing).naming(reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_as_columns() {
        let lacking = Finding::new(FindingKind::BirthDateMissing).at(Location::field("PID", 1, 7));
        assert!(lacking.sentence().ends_with("in PID-7."), "{}", lacking.sentence());
        assert!(sentence_of(&lacking).ends_with("in birth_date."), "{}", sentence_of(&lacking));
        let lacking = Finding::new(FindingKind::ConsentMissing).naming("PD1-12 = TXY, the date in PD1-13");
        assert!(
            sentence_of(&lacking).contains("(consent = TXY, the date in consent_date)"),
            "{}",
            sentence_of(&lacking)
        );
        assert_eq!(
            in_columns("UTF-8 (PD1-12, PID-77); NK1-2 or NK1-3"),
            "UTF-8 (consent, PID-77); guardian_last_name or guardian_relationship"
        );
    }

    #[test]
    fn dates_are_read_in_the_forms_that_spreadsheets_write() {
        for text in ["2024-07-01", "20240701", "7/1/2024", "07/01/2024", "7-1-2024"] {
            assert_eq!(hl7_date(text).as_deref(), Some("20240701"), "{text}");
        }
        for text in ["", "tomorrow", "7/1/24", "2024-07", "2024-Jul-01"] {
            assert_eq!(hl7_date(text), None, "{text}");
        }
    }
}
