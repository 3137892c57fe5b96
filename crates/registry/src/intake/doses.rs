//! What a submission's doses add to, change in and take from a person's vaccinations.

use matching::{DoseDecision, KnownDose, ReportToChange};
use model::{Action, CodeTables, Cvx, Dose, VaccinationEventId, VaccinationReport, VaccinationReportId};

use super::ids::{Purpose, derive};
use super::*;

/// Records every dose of the submission in the record, in the order of the message.
pub(super) fn record_vaccinations(
    rules: &Rules,
    submission: &Submission,
    vaccinations: &[VaccinationStatement],
    record: &mut PatientRecord,
    findings: &mut Vec<Finding>,
) {
    let mut touched = Vec::with_capacity(vaccinations.len());
    for (ordinal, vaccination) in vaccinations.iter().enumerate() {
        let step = Step { rules, submission, vaccination, ordinal };
        match vaccination.action {
            Action::Delete => step.delete(record, findings),
            Action::Add | Action::Update => step.record(record, &mut touched, findings),
        }
    }
}

/// One dose of one submission.
struct Step<'a> {
    rules: &'a Rules,
    submission: &'a Submission,
    vaccination: &'a VaccinationStatement,
    ordinal: usize,
}

impl Step<'_> {
    fn record(&self, record: &mut PatientRecord, touched: &mut Vec<VaccinationReportId>, findings: &mut Vec<Finding>) {
        let dose = &self.vaccination.dose;
        let organization_id = self.submission.caller.organization_id;
        let known = known_doses(record);
        let groups = |cvx: Cvx| self.rules.codes.vaccine_groups(cvx);
        let named = self.vaccination.report.filter(|id| self.owns(record, *id));
        let decision = match named {
            Some(report_id) => {
                self.replace(record, report_id);
                return touched.push(report_id);
            }
            None => matching::decide_dose(dose, organization_id, &known, &groups).decision,
        };
        let report_id = match decision {
            DoseDecision::SameReport(report_id) if touched.contains(&report_id) => {
                findings.push(self.finding(FindingKind::DoseRepeatedInMessage));
                report_id
            }
            DoseDecision::SameReport(report_id) => {
                findings.push(self.finding(FindingKind::DoseAlreadyKnown).naming("from you"));
                self.update(record, report_id);
                report_id
            }
            DoseDecision::SameEvent(event_id) => {
                let kind = match self.vaccination.action {
                    Action::Update => FindingKind::UpdateNotOwned,
                    _ => FindingKind::DoseAlreadyKnown,
                };
                findings.push(self.finding(kind).naming("from another organization"));
                self.add(record, event_id)
            }
            DoseDecision::New => {
                if self.vaccination.action == Action::Update {
                    findings.push(self.finding(FindingKind::UpdateMatchesNothing));
                }
                let event_id = derive(self.submission.receipt.message_id, Purpose::VaccinationEvent, self.ordinal);
                self.add(record, VaccinationEventId(event_id))
            }
        };
        touched.push(report_id);
    }

    fn add(&self, record: &mut PatientRecord, event_id: VaccinationEventId) -> VaccinationReportId {
        let receipt = &self.submission.receipt;
        let id = VaccinationReportId(derive(receipt.message_id, Purpose::VaccinationReport, self.ordinal));
        record.vaccinations.push(VaccinationReport {
            id,
            patient_id: record.patient.id,
            event_id,
            organization_id: self.submission.caller.organization_id,
            message_id: receipt.message_id,
            received_at: receipt.received_at,
            is_deleted: false,
            dose: self.vaccination.dose.clone(),
        });
        id
    }

    fn update(&self, record: &mut PatientRecord, report_id: VaccinationReportId) {
        let receipt = &self.submission.receipt;
        let Some(report) = record.vaccinations.iter_mut().find(|report| report.id == report_id) else {
            return;
        };
        let dose = brought_up_to_date(&report.dose, &self.vaccination.dose);
        if dose != report.dose || report.is_deleted {
            report.dose = dose;
            report.is_deleted = false;
            report.message_id = receipt.message_id;
            report.received_at = receipt.received_at;
        }
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

    fn delete(&self, record: &mut PatientRecord, findings: &mut Vec<Finding>) {
        let dose = &self.vaccination.dose;
        let known = known_doses(record);
        let groups = |cvx: Cvx| self.rules.codes.vaccine_groups(cvx);
        let found = match self.vaccination.report {
            Some(id) if self.owns(record, id) => Some(ReportToChange::Owned(id)),
            Some(id) => Some(ReportToChange::Foreign(id)),
            None => matching::find_report_to_change(dose, self.submission.caller.organization_id, &known, &groups),
        };
        match found {
            None => findings.push(self.finding(FindingKind::DeleteMatchesNothing)),
            Some(ReportToChange::Foreign(_)) => findings.push(self.finding(FindingKind::DeleteNotOwned)),
            Some(ReportToChange::Owned(report_id)) => {
                let what = format!("CVX {} on {}", dose.cvx, dose.administered_on);
                findings.push(self.finding(FindingKind::DoseDeleted).naming(what));
                if let Some(report) = record.vaccinations.iter_mut().find(|report| report.id == report_id) {
                    report.is_deleted = true;
                    report.message_id = self.submission.receipt.message_id;
                    report.received_at = self.submission.receipt.received_at;
                }
            }
        }
    }

    fn finding(&self, kind: FindingKind) -> Finding {
        Finding::new(kind).at(Location::segment("RXA", self.vaccination.order))
    }
}

/// A record's reports as the matcher sees them.
pub(crate) fn known_doses(record: &PatientRecord) -> Vec<KnownDose<'_>> {
    let known = record.vaccinations.iter().map(|report| KnownDose {
        report_id: report.id,
        event_id: report.event_id,
        organization_id: report.organization_id,
        dose: &report.dose,
        is_deleted: report.is_deleted,
    });
    known.collect()
}

/// What a sender now says of its dose, over what it said before: an empty field means "no change" (IG 1.5, 3.2).
fn brought_up_to_date(before: &Dose, now: &Dose) -> Dose {
    fn or<T: Clone>(now: &Option<T>, before: &Option<T>) -> Option<T> {
        now.clone().or_else(|| before.clone())
    }
    fn or_list<T: Clone>(now: &[T], before: &[T]) -> Vec<T> {
        if now.is_empty() { before.to_vec() } else { now.to_vec() }
    }
    // The package belongs to the vaccine: when the vaccine is corrected, the old NDC, maker and lot go with it.
    let (ndc, mvx, lot_number, lot_expires_on) = if now.cvx == before.cvx {
        (
            or(&now.ndc, &before.ndc),
            or(&now.mvx, &before.mvx),
            or(&now.lot_number, &before.lot_number),
            or(&now.lot_expires_on, &before.lot_expires_on),
        )
    } else {
        (now.ndc.clone(), now.mvx.clone(), now.lot_number.clone(), now.lot_expires_on)
    };
    Dose {
        order_id: or(&now.order_id, &before.order_id),
        placer_order_id: or(&now.placer_order_id, &before.placer_order_id),
        administered_on: now.administered_on,
        cvx: now.cvx,
        ndc,
        mvx,
        lot_number,
        lot_expires_on,
        amount: or(&now.amount, &before.amount),
        amount_unit: or(&now.amount_unit, &before.amount_unit),
        source: now.source,
        completion: now.completion,
        refusal_reason: now.refusal_reason.clone(),
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
