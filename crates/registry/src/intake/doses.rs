//! What a submission's doses add to, change in and take from a person's vaccinations.

use matching::{DoseStatement, Grouped, ReportToDelete};
use model::{Action, CodeTables, Dose, VaccinationEventId, VaccinationReport, VaccinationReportId};

use super::ids::{Purpose, derive};
use super::*;
use crate::consolidate::doses::{ask, group, known_doses};

/// Reports of doses of one person, beyond which no new one is taken: several times what all organizations together say of
/// anybody. Each is compared with all others, so that the record of a test patient of years would hold up everybody's.
pub const REPORTS_MAXIMUM: usize = 2_000;

/// Records every dose of the submission in the record, in the order of the message. Each becomes a report of its own, or
/// brings the sender's own report up to date; of which vaccination it is, all reports say together. Gives the record's
/// doses put together, if there was a new one.
pub(super) fn record_vaccinations(
    rules: &Rules,
    submission: &Submission,
    vaccinations: &[&VaccinationStatement],
    record: &mut PatientRecord,
    findings: &mut Vec<Finding>,
) -> Option<Grouped> {
    let mut recorded: Vec<Recorded> = Vec::with_capacity(vaccinations.len());
    let message: Vec<DoseStatement<'_>> = vaccinations.iter().map(|vaccination| statement_of(vaccination)).collect();
    let message = &message[..];
    for (ordinal, &vaccination) in vaccinations.iter().enumerate() {
        let step = Step { rules, submission, message, vaccination, ordinal };
        recorded.push(match vaccination.action {
            Action::Delete => Recorded { report_id: None, is_new: false, finding: step.delete(record) },
            Action::Add | Action::Update => step.record(record, &recorded),
        });
    }
    let is_any_new = recorded.iter().any(|recorded| recorded.is_new);
    let grouped = is_any_new.then(|| group(record, rules));
    for (ordinal, (&vaccination, recorded)) in vaccinations.iter().zip(&recorded).enumerate() {
        let step = Step { rules, submission, message, vaccination, ordinal };
        findings.extend(recorded.finding.clone());
        if let (Some(grouped), Some(report_id)) = (&grouped, recorded.report_id.filter(|_| recorded.is_new)) {
            findings.extend(step.known_elsewhere(record, grouped, report_id));
        }
    }
    grouped
}

fn statement_of(vaccination: &VaccinationStatement) -> DoseStatement<'_> {
    let &VaccinationStatement { ref dose, action, is_completion_stated, .. } = vaccination;
    DoseStatement { dose, action, is_completion_stated }
}

/// What became of one dose of a submission.
struct Recorded {
    report_id: Option<VaccinationReportId>,
    is_new: bool,
    finding: Option<Finding>,
}

/// One dose of one submission.
struct Step<'a> {
    rules: &'a Rules,
    submission: &'a Submission,
    /// All doses of the submission.
    message: &'a [DoseStatement<'a>],
    vaccination: &'a VaccinationStatement,
    ordinal: usize,
}

impl Step<'_> {
    fn record(&self, record: &mut PatientRecord, earlier: &[Recorded]) -> Recorded {
        if let Some(report_id) = self.vaccination.report.filter(|id| self.owns(record, *id)) {
            self.replace(record, report_id);
            return Recorded { report_id: Some(report_id), is_new: false, finding: None };
        }
        let (dose, organization_id) = (&self.vaccination.dose, self.submission.caller.organization_id);
        let known = known_doses(record);
        let own = ask(self.rules, |vaccines| {
            matching::find_own_report(statement_of(self.vaccination), self.message, organization_id, &known, vaccines)
        });
        let own = own.map(|own| own.report_id);
        let is_repeated = own.is_some_and(|id| earlier.iter().any(|recorded| recorded.report_id == Some(id)));
        // Senders give the id of a visit to all its doses: another day or vaccine in one message is another dose.
        let Some(report_id) = own.filter(|id| !is_repeated || self.says_the_same_of(record, *id)) else {
            if record.vaccinations.len() >= REPORTS_MAXIMUM {
                let finding =
                    self.finding(FindingKind::DosesOfPersonTooMany).naming(record.vaccinations.len().to_string());
                return Recorded { report_id: None, is_new: false, finding: Some(finding) };
            }
            return Recorded { report_id: Some(self.add(record)), is_new: true, finding: None };
        };
        let replaced = self.replaced_by_addition(record, report_id);
        let is_changed = self.update(record, report_id);
        let finding = match (is_repeated, is_changed, replaced) {
            (true, ..) => self.finding(FindingKind::DoseRepeatedInMessage),
            (false, true, Some(replaced)) => self.finding(FindingKind::DoseReplaced).naming(replaced),
            (false, true, None) => self.finding(FindingKind::DoseUpdated).naming(in_words(dose)),
            (false, false, _) => self.finding(FindingKind::DoseAlreadyKnown).naming("from you"),
        };
        Recorded { report_id: Some(report_id), is_new: false, finding: Some(finding) }
    }

    /// What the sender is told of a new report: whether others, or an earlier one of its own, are of the same dose.
    fn known_elsewhere(
        &self,
        record: &PatientRecord,
        grouped: &Grouped,
        report_id: VaccinationReportId,
    ) -> Option<Finding> {
        let message_id = self.submission.receipt.message_id;
        let is_of_it = |id| move |joined: &matching::JoinedReport| joined.report_id == id;
        let vaccination = grouped.vaccinations.iter().find(|found| found.reports.iter().any(is_of_it(report_id)));
        let others: Vec<&VaccinationReport> = vaccination
            .iter()
            .flat_map(|found| &found.reports)
            .filter_map(|joined| record.vaccinations.iter().find(|report| report.id == joined.report_id))
            .filter(|report| report.id != report_id && (report.message_id != message_id || report.id < report_id))
            .collect();
        let own = self.submission.caller.organization_id;
        let is_foreign = others.iter().any(|report| report.organization_id != own);
        match (self.vaccination.action, is_foreign) {
            (Action::Update, true) => {
                Some(self.finding(FindingKind::UpdateNotOwned).naming("from another organization"))
            }
            (_, true) => Some(self.finding(FindingKind::DoseAlreadyKnown).naming("from another organization")),
            (_, false) if !others.is_empty() => Some(self.finding(FindingKind::DoseAlreadyKnown).naming("from you")),
            (Action::Update, false) => Some(self.finding(FindingKind::UpdateMatchesNothing)),
            _ => None,
        }
    }

    fn add(&self, record: &mut PatientRecord) -> VaccinationReportId {
        let receipt = &self.submission.receipt;
        let id = VaccinationReportId(derive(receipt.message_id, Purpose::VaccinationReport, self.ordinal));
        record.vaccinations.push(VaccinationReport {
            id,
            patient_id: record.patient.id,
            event_id: VaccinationEventId(id.0),
            organization_id: self.submission.caller.organization_id,
            message_id: receipt.message_id,
            received_at: receipt.received_at,
            is_deleted: false,
            dose: self.vaccination.dose.clone(),
            verdicts: Vec::new(),
        });
        id
    }

    /// Brings a report up to date; whether anything changed.
    fn update(&self, record: &mut PatientRecord, report_id: VaccinationReportId) -> bool {
        let receipt = &self.submission.receipt;
        let Some(report) = record.vaccinations.iter_mut().find(|report| report.id == report_id) else {
            return false;
        };
        let dose = brought_up_to_date(&report.dose, self.vaccination);
        let is_changed = dose != report.dose || report.is_deleted;
        if is_changed {
            report.dose = dose;
            report.is_deleted = false;
            report.message_id = receipt.message_id;
            report.received_at = receipt.received_at;
        }
        is_changed
    }

    /// The dose that a report tells of, where it is to be taken for a wrong word of a dose against something else, and its
    /// sender may have meant both: systems that write the id of a visit, and a message for each dose, say them so.
    fn replaced_by_addition(&self, record: &PatientRecord, id: VaccinationReportId) -> Option<String> {
        let before = &record.vaccinations.iter().find(|report| report.id == id && !report.is_deleted)?.dose;
        let now = &self.vaccination.dose;
        let groups = |dose: &Dose| self.rules.codes.vaccine_groups(dose.cvx);
        let are_others =
            !groups(before).overlaps(groups(now)) && [before, now].map(groups).iter().all(|set| set.0 != 0);
        let may_be_both = self.vaccination.action == Action::Add && before.is_given() && now.is_given();
        (may_be_both && are_others).then(|| in_words(before))
    }

    /// Whether the dose is of the day and the vaccine of this report.
    fn says_the_same_of(&self, record: &PatientRecord, id: VaccinationReportId) -> bool {
        let said = |dose: &Dose| (dose.administered_on, dose.cvx);
        let report = record.vaccinations.iter().find(|report| report.id == id);
        report.is_some_and(|report| said(&report.dose) == said(&self.vaccination.dose))
    }

    /// Whether this report is of the record, and of the organization that speaks.
    fn owns(&self, record: &PatientRecord, id: VaccinationReportId) -> bool {
        let own = self.submission.caller.organization_id;
        record.vaccinations.iter().any(|report| report.id == id && report.organization_id == own)
    }

    /// Puts a report that was named in the place of what it said before. One that was deleted stands again.
    fn replace(&self, record: &mut PatientRecord, report_id: VaccinationReportId) {
        let receipt = &self.submission.receipt;
        let Some(report) = record.vaccinations.iter_mut().find(|report| report.id == report_id) else {
            return;
        };
        if report.dose != self.vaccination.dose || report.is_deleted {
            report.dose = self.vaccination.dose.clone();
            report.is_deleted = false;
            report.message_id = receipt.message_id;
            report.received_at = receipt.received_at;
        }
    }

    fn delete(&self, record: &mut PatientRecord) -> Option<Finding> {
        let known = known_doses(record);
        let own = self.submission.caller.organization_id;
        let found = match self.vaccination.report {
            Some(id) if self.owns(record, id) => Some(ReportToDelete::Owned(id)),
            Some(id) => Some(ReportToDelete::Foreign(id)),
            None => ask(self.rules, |vaccines| {
                matching::find_report_to_delete(statement_of(self.vaccination), self.message, own, &known, vaccines)
            }),
        };
        let report_id = match found {
            None => return Some(self.finding(FindingKind::DeleteMatchesNothing)),
            Some(ReportToDelete::Foreign(_)) => return Some(self.finding(FindingKind::DeleteNotOwned)),
            Some(ReportToDelete::Owned(report_id)) => report_id,
        };
        if let Some(report) = record.vaccinations.iter_mut().find(|report| report.id == report_id) {
            report.is_deleted = true;
            report.message_id = self.submission.receipt.message_id;
            report.received_at = self.submission.receipt.received_at;
            return Some(self.finding(FindingKind::DoseDeleted).naming(in_words(&report.dose)));
        }
        Some(self.finding(FindingKind::DeleteMatchesNothing))
    }

    fn finding(&self, kind: FindingKind) -> Finding {
        Finding::new(kind).at(Location::segment("RXA", self.vaccination.order))
    }
}

fn in_words(dose: &Dose) -> String {
    format!("CVX {} on {}", dose.cvx, dose.administered_on)
}

/// What a sender now says of its dose, over what it said before: an empty field means "no change" (IG 1.5, 3.2).
fn brought_up_to_date(before: &Dose, statement: &VaccinationStatement) -> Dose {
    let now = &statement.dose;
    fn or<T: Clone>(now: &Option<T>, before: &Option<T>) -> Option<T> {
        now.clone().or_else(|| before.clone())
    }
    fn or_list<T: Clone>(now: &[T], before: &[T]) -> Vec<T> {
        if now.is_empty() { before.to_vec() } else { now.to_vec() }
    }
    // The package belongs to the vaccine: when the vaccine is corrected, the old NDC, maker and lot go with it.
    let (ndc, trade_name, mvx, lot_number, lot_expires_on) = if now.cvx == before.cvx {
        // A trade name is its maker's.
        let is_other_maker = now.mvx.is_some() && now.mvx != before.mvx;
        (
            or(&now.ndc, &before.ndc),
            if is_other_maker { now.trade_name.clone() } else { or(&now.trade_name, &before.trade_name) },
            or(&now.mvx, &before.mvx),
            or(&now.lot_number, &before.lot_number),
            or(&now.lot_expires_on, &before.lot_expires_on),
        )
    } else {
        (now.ndc.clone(), now.trade_name.clone(), now.mvx.clone(), now.lot_number.clone(), now.lot_expires_on)
    };
    let (completion, refusal_reason) = match statement.is_completion_stated {
        true => (now.completion, now.refusal_reason.clone()),
        false => (before.completion, or(&now.refusal_reason, &before.refusal_reason)),
    };
    Dose {
        order_id: or(&now.order_id, &before.order_id),
        placer_order_id: or(&now.placer_order_id, &before.placer_order_id),
        administered_on: now.administered_on,
        cvx: now.cvx,
        ndc,
        trade_name,
        mvx,
        lot_number,
        lot_expires_on,
        amount: or(&now.amount, &before.amount),
        amount_unit: or(&now.amount_unit, &before.amount_unit),
        source: if statement.is_source_stated { now.source } else { before.source },
        completion,
        refusal_reason,
        route: or(&now.route, &before.route),
        body_site: or(&now.body_site, &before.body_site),
        administered_by: or(&now.administered_by, &before.administered_by),
        ordered_by: or(&now.ordered_by, &before.ordered_by),
        entered_by: or(&now.entered_by, &before.entered_by),
        administered_at: or(&now.administered_at, &before.administered_at),
        eligibility: or(&now.eligibility, &before.eligibility),
        funding_source: or(&now.funding_source, &before.funding_source),
        vis: or_list(&now.vis, &before.vis),
        reactions: or_list(&now.reactions, &before.reactions),
        observations: or_list(&now.observations, &before.observations),
    }
}
