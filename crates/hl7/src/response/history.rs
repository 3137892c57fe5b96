//! ORC, RXA and RXR of an answer: each vaccination once, oldest first.

use jiff::civil::Date;
use model::{Completion, Cvx, Dose, Facility, InformationSource, PatientRecord, Provider, Table, VaccinationReport};

use super::Answer;
use crate::acknowledgment::{fitting, is_oid};

/// "Amount not known" in RXA-6, and in ORC-3 "no dose was given, so there is no id".
const AMOUNT_UNKNOWN: &str = "999";
const NO_ORDER_ID: &str = "9999";

/// Lengths of HL7 IG 1.5.
const PROVIDER_ID_LENGTH_LIMIT: usize = 15;
const LOT_NUMBER_LENGTH_LIMIT: usize = 20;
const AMOUNT_LENGTH_LIMIT: usize = 20;
const NAMESPACE_LENGTH_LIMIT: usize = 20;

/// NCIT routes and their HL70162 codes.
///
/// # Source
/// HL7 IG 1.5, RXR-1: NCIT is the value set, HL70162 stands in the alternate triplet.
const ROUTES: [(&str, &str, &str); 8] = [
    ("C38238", "Intradermal", "ID"),
    ("C28161", "Intramuscular", "IM"),
    ("C38284", "Nasal", "NS"),
    ("C38276", "Intravenous", "IV"),
    ("C38288", "Oral", "PO"),
    ("C38676", "Percutaneous", ""),
    ("C38299", "Subcutaneous", "SC"),
    ("C38305", "Transdermal", "TD"),
];

/// The body sites of the guide: others are kept, and not given out.
///
/// # Source
/// HL7 IG 1.5, RXR-2: HL70163_IZ.
const SITES: [&str; 12] = ["LA", "LD", "LG", "LLFA", "LT", "LVL", "RA", "RD", "RG", "RLFA", "RT", "RVL"];

/// The vaccinations of a record: of several reports of one vaccination the one of who gave it, else the latest.
pub(super) fn vaccinations(record: &PatientRecord) -> Vec<&VaccinationReport> {
    let rank = |report: &VaccinationReport| {
        (report.dose.is_given(), report.dose.source == InformationSource::Administered, report.received_at, report.id)
    };
    let mut chosen: Vec<&VaccinationReport> = Vec::with_capacity(record.vaccinations.len());
    for report in record.vaccinations.iter().filter(|report| !report.is_deleted) {
        match chosen.iter_mut().find(|other| other.event_id == report.event_id) {
            Some(other) if rank(report) > rank(other) => *other = report,
            Some(_) => {}
            None => chosen.push(report),
        }
    }
    chosen.sort_by_key(|report| (report.dose.administered_on, report.dose.cvx, report.event_id));
    chosen
}

impl Answer<'_> {
    /// Z32: doses and refusals, then what is known of the person.
    pub(super) fn write_history(&mut self, record: &PatientRecord) {
        for report in vaccinations(record) {
            self.write_order(report);
            self.write_dose_observations(&report.dose);
        }
        self.write_person_observations(record);
    }

    /// Z42 without evaluation or forecast. The profile wants an observation with every order: the vaccine itself,
    /// and where there is no dose at all, a note that says so.
    pub(super) fn write_unevaluated_history(&mut self, record: &PatientRecord) {
        let reports = vaccinations(record);
        for report in &reports {
            self.write_order(report);
            self.write_vaccine_type(report.dose.cvx);
        }
        let has_facts = self.write_person_observations(record);
        if reports.is_empty() && !has_facts {
            self.write_no_vaccine_order();
            self.write_note("No vaccinations are on file.");
        }
    }

    pub(super) fn write_order(&mut self, report: &VaccinationReport) {
        let dose = &report.dose;
        let was_given = matches!(dose.completion, Completion::Complete | Completion::Partial);
        let number = if was_given { report.event_id.number() } else { NO_ORDER_ID.to_owned() };
        self.write_orc(&number);
        self.put_provider(10, dose.entered_by.as_ref());
        self.put_provider(12, dose.ordered_by.as_ref());
        self.write_rxa(dose, was_given);
        self.write_rxr(dose);
    }

    /// An order that carries observations about the person alone.
    pub(super) fn write_no_vaccine_order(&mut self) {
        self.write_orc(NO_ORDER_ID);
        self.writer.segment("RXA");
        self.writer.put(1, "0");
        self.writer.put(2, "1");
        self.writer.put(3, &eight_digits(self.envelope.answered_at.date()));
        self.put_vaccine(Cvx::NO_VACCINE);
        self.writer.put(6, AMOUNT_UNKNOWN);
        self.writer.put(20, Completion::NotAdministered.code());
    }

    fn write_orc(&mut self, number: &str) {
        self.writer.segment("ORC");
        self.writer.put(1, "RE");
        self.writer.put((3, 1), number);
        self.writer.put((3, 2), fitting(self.envelope.facility, NAMESPACE_LENGTH_LIMIT));
    }

    fn write_rxa(&mut self, dose: &Dose, was_given: bool) {
        let is_administered = was_given && dose.source == InformationSource::Administered;
        self.writer.segment("RXA");
        self.writer.put(1, "0");
        self.writer.put(2, "1");
        self.writer.put(3, &eight_digits(dose.administered_on));
        self.put_vaccine(dose.cvx);
        if let Some(ndc) = &dose.ndc {
            self.writer.put((5, 4), fitting(ndc, 50));
            self.writer.put((5, 6), "NDC");
        }
        self.put_amount(dose, was_given);
        if was_given {
            self.put_code((9, 1), Table::InformationSource, &dose.source.code(), "NIP001");
        }
        self.put_provider(10, dose.administered_by.as_ref());
        self.put_facility(dose.administered_at.as_ref());
        let lot_number = dose.lot_number.as_deref().unwrap_or(if is_administered { "UNKNOWN" } else { "" });
        self.writer.put(15, fitting(lot_number, LOT_NUMBER_LENGTH_LIMIT));
        self.writer.put(16, &dose.lot_expires_on.map(eight_digits).unwrap_or_default());
        self.put_manufacturer(dose, is_administered);
        self.put_refusal(dose);
        self.writer.put(20, dose.completion.code());
        self.writer.put(21, "A");
    }

    fn put_vaccine(&mut self, cvx: Cvx) {
        let name = self.tables.vaccine_name(cvx).unwrap_or_default().to_owned();
        self.writer.put((5, 1), &cvx.to_string());
        self.writer.put((5, 2), fitting(&name, 199));
        self.writer.put((5, 3), "CVX");
    }

    /// RXA-6 and RXA-7: an amount needs its unit, so without one it is not known.
    fn put_amount(&mut self, dose: &Dose, was_given: bool) {
        let amount = dose.amount.as_deref().filter(|amount| amount.len() <= AMOUNT_LENGTH_LIMIT);
        let unit = dose.amount_unit.as_deref().filter(|unit| self.tables.contains(Table::DoseUnit, unit));
        match (amount, unit) {
            (Some(amount), Some(unit)) if was_given => {
                self.writer.put(6, amount);
                self.put_code((7, 1), Table::DoseUnit, unit, "UCUM");
            }
            _ => self.writer.put(6, AMOUNT_UNKNOWN),
        }
    }

    /// XCN: an id needs its authority; without one only the name is written.
    fn put_provider(&mut self, field: u16, provider: Option<&Provider>) {
        let Some(provider) = provider else { return };
        let has_id =
            (1..=PROVIDER_ID_LENGTH_LIMIT).contains(&provider.id.chars().count()) && !provider.authority.is_empty();
        if !has_id && (provider.family.is_empty() || provider.given.is_empty()) {
            return;
        }
        if has_id {
            self.writer.put((field, 1), &provider.id);
        }
        self.writer.put((field, 2), fitting(&provider.family, 194));
        self.writer.put((field, 3), fitting(&provider.given, 30));
        if has_id {
            self.put_authority([field, 1, 9], &provider.authority);
        }
        self.writer.put((field, 10), "L");
        if has_id {
            let is_npi = provider.authority.to_ascii_uppercase().contains("NPI");
            self.writer.put((field, 13), if is_npi { "NPI" } else { "PRN" });
        }
    }

    fn put_facility(&mut self, facility: Option<&Facility>) {
        let Some(facility) = facility else { return };
        self.writer.put((11, 1, 4, 1), fitting(&facility.code, NAMESPACE_LENGTH_LIMIT));
        if is_oid(&facility.universal_id) {
            self.writer.put((11, 1, 4, 2), &facility.universal_id);
            self.writer.put((11, 1, 4, 3), "ISO");
        }
    }

    fn put_manufacturer(&mut self, dose: &Dose, is_administered: bool) {
        let known = dose.mvx.as_deref().filter(|mvx| self.tables.contains(Table::Manufacturer, mvx));
        if let Some(mvx) = known {
            self.put_code((17, 1), Table::Manufacturer, mvx, "MVX");
        } else if is_administered {
            self.writer.put((17, 1), "UNK");
            self.writer.put((17, 2), "Unknown manufacturer");
            self.writer.put((17, 3), "MVX");
        }
    }

    /// RXA-18: required of a refusal; one without a reason is "other", which must say in words what it is.
    fn put_refusal(&mut self, dose: &Dose) {
        if dose.completion != Completion::Refused {
            return;
        }
        match dose.refusal_reason.as_ref().filter(|reason| self.tables.contains(Table::RefusalReason, &reason.code)) {
            Some(reason) if !reason.text.is_empty() => {
                self.writer.put((18, 1), &reason.code);
                self.writer.put((18, 2), fitting(&reason.text, 199));
            }
            Some(reason) => {
                let name = self.tables.name(Table::RefusalReason, &reason.code).unwrap_or_default().to_owned();
                self.writer.put((18, 1), &reason.code);
                self.writer.put((18, 2), &name);
            }
            None => {
                self.writer.put((18, 1), "02");
                self.writer.put((18, 2), "Reason not stated");
            }
        }
        self.writer.put((18, 3), "NIP002");
    }

    fn write_rxr(&mut self, dose: &Dose) {
        let Some(route) = dose.route.as_deref() else { return };
        let known = ROUTES.iter().find(|(ncit, _, hl7)| *ncit == route || (!hl7.is_empty() && *hl7 == route));
        let Some((ncit, name, hl7)) = known else { return };
        self.writer.segment("RXR");
        self.writer.put((1, 1), ncit);
        self.writer.put((1, 2), name);
        self.writer.put((1, 3), "NCIT");
        if !hl7.is_empty() {
            self.writer.put((1, 4), hl7);
            self.writer.put((1, 5), name);
            self.writer.put((1, 6), "HL70162");
        }
        if let Some(site) = dose.body_site.as_ref().filter(|site| SITES.contains(&site.as_str())) {
            self.put_code((2, 1), Table::BodySite, site, "HL70163");
        }
    }
}

/// `YYYYMMDD`.
pub(super) fn eight_digits(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}
