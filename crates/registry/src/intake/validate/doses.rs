//! Doses: possible days, and what a dose must say that its sender gave.

use codes::Way;
use model::{Action, ClearedFact, CodeTables, Completion, Demographics, InformationSource};

use super::*;
use crate::consents::age_on;

/// LOINC codes of observations, HL7 IG 1.5, NIP003.
const ELIGIBILITY: &str = "64994-7";
/// Any of these says that a vaccine information statement was given, or which.
const INFORMATION_STATEMENT: [&str; 5] = ["69764-9", "30956-7", "38890-0", "29768-9", "29769-7"];

/// HL70064 codes of programs for children: Vaccines for Children (V02 to V05) and CHIP (V22).
const FOR_CHILDREN: [&str; 5] = ["V02", "V03", "V04", "V05", "V22"];
/// The age in years from which these do not apply.
const CHILDREN_BEFORE_AGE: i16 = 19;

/// The doses that can be true of the person. `None`: there were doses, and none of them can.
pub(super) fn check<'s>(
    rules: &Rules,
    submission: &'s Submission,
    person: &Demographics,
    findings: &mut Vec<Finding>,
) -> Option<Vec<&'s VaccinationStatement>> {
    let mut possible = Vec::with_capacity(submission.vaccinations.len());
    for vaccination in &submission.vaccinations {
        let mut check = Check { rules, submission, person, vaccination, findings };
        if check.is_possible() {
            check.note_doubts();
            possible.push(vaccination);
        } else {
            check.forget_doubts();
        }
    }
    if possible.is_empty() && !submission.vaccinations.is_empty() {
        findings.push(Finding::new(FindingKind::NoOrderGroupLeft));
        return None;
    }
    Some(possible)
}

/// Notes doses that were given after the person's death: that of the statement, else the one that the record shows.
pub(in crate::intake) fn note_after_death(
    stated: &PatientStatement,
    existing: Option<&PatientRecord>,
    vaccinations: &[&VaccinationStatement],
    findings: &mut Vec<Finding>,
) {
    let who = &stated.demographics;
    let known =
        existing.filter(|_| !takes_back_death(stated)).and_then(|record| record.patient.demographics.death_date);
    let Some(death_date) = who.death_date.or(known) else { return };
    let is_late = |given: &&&VaccinationStatement| {
        given.action != Action::Delete && given.dose.is_given() && given.dose.administered_on > death_date
    };
    findings.extend(vaccinations.iter().filter(is_late).map(|given| {
        let at = Location::field("RXA", given.order, 3);
        Finding::new(FindingKind::AdministrationAfterDeath).at(at).naming(given.dose.administered_on.to_string())
    }));
}

/// Whether a statement says that somebody lives who may be recorded as dead.
pub(in crate::intake) fn takes_back_death(stated: &PatientStatement) -> bool {
    stated.demographics.is_deceased == Some(false) || stated.cleared.contains(&ClearedFact::Death)
}

/// One dose of a submission.
struct Check<'a> {
    rules: &'a Rules,
    submission: &'a Submission,
    person: &'a Demographics,
    vaccination: &'a VaccinationStatement,
    findings: &'a mut Vec<Finding>,
}

impl Check<'_> {
    /// A dose in the future or before birth is dropped. One to be deleted may be of any day: it was never given, or the birth
    /// date was another.
    fn is_possible(&mut self) -> bool {
        if self.vaccination.action == Action::Delete {
            return true;
        }
        let administered_on = self.vaccination.dose.administered_on;
        let fault = if administered_on > self.submission.receipt.today {
            FindingKind::AdministrationDateInFuture
        } else if self.person.birth_date.is_some_and(|birth_date| administered_on < birth_date) {
            FindingKind::AdministrationBeforeBirth
        } else {
            return true;
        };
        self.note(fault, 3, administered_on.to_string());
        false
    }

    /// Of a dose that is dropped only that is told, not how it would have been stored.
    fn forget_doubts(&mut self) {
        let (order, rxr) = (self.vaccination.order, self.vaccination.rxr);
        self.findings.retain(|finding| {
            let is_of_dose = finding.location.is_some_and(|at| match at.segment.as_str() {
                "RXA" => at.sequence == order,
                "RXR" => Some(at.sequence) == rxr,
                _ => false,
            });
            !is_of_dose || finding.severity() == Severity::Error
        });
    }

    /// What is doubtful or missing; the dose is kept. A dose to delete is only named, so it needs nothing.
    fn note_doubts(&mut self) {
        let dose = &self.vaccination.dose;
        if self.vaccination.action == Action::Delete {
            return;
        }
        if dose.completion == Completion::Refused && dose.refusal_reason.is_none() {
            self.note_missing(FindingKind::RefusalReasonMissing, 18);
        }
        if !dose.is_given() {
            return;
        }
        // Of a dose given elsewhere, in another country perhaps, the sender can only tell what it was told.
        if dose.source == InformationSource::Administered {
            self.note_doubts_of_own();
        }
    }

    /// # Source
    /// HL7 IG 1.5, RXA-15 to RXA-17, IZ-23 and IZ-24: what is sent of a dose that the sender gave.
    fn note_doubts_of_own(&mut self) {
        let dose = &self.vaccination.dose;
        if !self.rules.codes.is_in_use(dose.cvx, dose.administered_on) {
            self.note(FindingKind::VaccineNotInUse, 5, dose.cvx.to_string());
        }
        if dose.lot_number.is_none() {
            self.note_missing(FindingKind::LotMissing, 15);
        }
        if let Some(expires_on) = dose.lot_expires_on.filter(|expires_on| *expires_on < dose.administered_on) {
            self.note(FindingKind::LotExpired, 16, expires_on.to_string());
        }
        if dose.mvx.is_none() {
            self.note_missing(FindingKind::ManufacturerMissing, 17);
        }
        if dose.eligibility.is_none() && !self.was_sent(&[ELIGIBILITY]) {
            self.note_missing(FindingKind::EligibilityMissing, 0);
        }
        if let Some(eligibility) = dose.eligibility.as_deref().filter(|code| FOR_CHILDREN.contains(code))
            && self.person.birth_date.is_some_and(|birth| age_on(birth, dose.administered_on) >= CHILDREN_BEFORE_AGE)
        {
            self.note(FindingKind::EligibilityUnfitForAge, 0, eligibility.to_owned());
        }
        self.note_doubts_of_way();
        if dose.vis.is_empty() && self.needs_information_statement() && !self.was_sent(&INFORMATION_STATEMENT) {
            self.note_missing(FindingKind::VisMissing, 0);
        }
    }

    /// A vaccine that is swallowed is not injected, and the other way round.
    fn note_doubts_of_way(&mut self) {
        let VaccinationStatement { dose, rxr: Some(rxr), .. } = self.vaccination else { return };
        let place = |field| Location::field("RXR", *rxr, field);
        let way = dose.route.as_deref().and_then(Way::of_route);
        let is_other =
            |found: Option<Way>, known: Option<Way>| found.zip(known).is_some_and(|(found, known)| found != known);
        let of_vaccine = self.rules.codes.way_of_vaccine(dose.cvx);
        if let Some(route) = dose.route.as_deref().filter(|_| is_other(way, of_vaccine)) {
            self.findings.push(Finding::new(FindingKind::RouteUnfitForVaccine).at(place(1)).naming(route));
        }
        let of_site = dose.body_site.as_deref().and_then(Way::of_body_site);
        if let Some(site) = dose.body_site.as_deref().filter(|_| is_other(of_site, way)) {
            self.findings.push(Finding::new(FindingKind::BodySiteUnfitForRoute).at(place(2)).naming(site));
        }
    }

    /// Statements are given with the vaccines for which there is one.
    fn needs_information_statement(&self) -> bool {
        let cvx = self.vaccination.dose.cvx;
        self.rules.codes.vis_documents().iter().any(|document| document.vaccines.contains(&cvx))
    }

    /// Whether an observation was sent, only it could not be used.
    fn was_sent(&self, questions: &[&str]) -> bool {
        self.vaccination.unusable.iter().any(|question| questions.contains(&question.as_str()))
    }

    fn note_missing(&mut self, kind: FindingKind, field: u16) {
        if !is_explained(self.submission, self.place(field)) {
            self.note(kind, field, String::new());
        }
    }

    fn note(&mut self, kind: FindingKind, field: u16, value: String) {
        let place = self.place(field);
        self.findings.push(Finding::new(kind).at(place).naming(value));
    }

    /// A field of the dose; 0 for the dose as a whole.
    fn place(&self, field: u16) -> Location {
        Location::field("RXA", self.vaccination.order, field)
    }
}
