//! What would be saved of the doses that were filled in, and what looks wrong with them. While one of them would be
//! refused, none is saved: nothing of what was filled in is lost.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use model::{CodeTables, Dose, DoseEvaluation, DoseStatus, Finding, FindingKind, Severity, VaccinationStatement};
use registry::{Entry, Rehearsal};

use super::drafts;
use super::{left_out, remember, sites};
use crate::dose_form;
use crate::dose_lists::trade_name;
use crate::evaluations::why;
use crate::failures::Failure;
use crate::findings;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show};
use crate::pages::person::PersonHead;
use crate::signed_in::SignedIn;
use crate::vaccine_groups;

#[derive(Template)]
#[template(path = "check_doses.html")]
struct CheckView {
    page: Page,
    head: PersonHead,
    kept: Vec<(String, String)>,
    doses: Vec<CheckedDose>,
    general: Vec<Warning>,
    may_be_saved: bool,
    address: String,
}

/// A dose before it is saved.
struct CheckedDose {
    vaccine: String,
    /// What is usually noted and was not filled in; empty where nothing is missing.
    missing: String,
    facts: Vec<(&'static str, String)>,
    warnings: Vec<Warning>,
}

/// Something that looks wrong.
struct Warning {
    text: String,
    is_error: bool,
}

/// Saves what was checked when that was ordered and all of it can be; else shows what would be saved.
pub(super) async fn finish(
    signed_in: &SignedIn,
    head: PersonHead,
    posted: &Posted,
    form: Form,
    entry: Entry,
    report: &str,
    is_undone: bool,
) -> Result<Response, Failure> {
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    let rehearsal = registry.rehearse_entry(admission, caller, signed_in.receipt(), &entry).await?;
    if posted.has("save") && rehearsal.is_kept {
        return save(signed_in, head, &form, entry, report).await;
    }
    let doses = entry.vaccinations.iter().enumerate();
    let sites = sites(signed_in);
    let checked = |(row, vaccination): (usize, &VaccinationStatement)| {
        checked(signed_in, &sites, &vaccination.dose, row, &rehearsal)
    };
    let doses = doses.map(checked).collect();
    show(&CheckView {
        page: signed_in.page(signed_in.language().text("dose.check_title")),
        kept: form.answers(),
        doses,
        general: general(signed_in, &form, &rehearsal, is_undone),
        may_be_saved: rehearsal.is_kept,
        address: format!("/people/{}/doses/{}", head.id, if report.is_empty() { "new" } else { report }),
        head,
    })
}

async fn save(
    signed_in: &SignedIn,
    head: PersonHead,
    form: &Form,
    entry: Entry,
    report: &str,
) -> Result<Response, Failure> {
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    let outcome = registry.enter(admission, caller, signed_in.receipt(), entry).await?;
    if outcome.patient_id.is_none() {
        return Err(Failure::of_machine(&"an entry was refused after it had been checked"));
    }
    remember(signed_in, form);
    drafts::discard(signed_in, &head, form, report);
    Ok(Redirect::to(&format!("/people/{}/doses/saved/{}", head.id, outcome.message_id)).into_response())
}

fn is_of_dose(finding: &Finding) -> bool {
    finding.location.is_some_and(|at| matches!(at.segment.as_str(), "RXA" | "RXR"))
}

/// Whether a dose keeps others from being saved, which could be saved without it.
fn is_one_refused(rehearsal: &Rehearsal) -> bool {
    let is_any_left = rehearsal.findings.iter().all(|finding| finding.kind != FindingKind::NoOrderGroupLeft);
    is_any_left && rehearsal.findings.iter().any(|finding| is_of_dose(finding) && finding.rule().omits)
}

/// What is wrong beside the doses; that a refused one keeps the others from being saved; which rows are left out; that the dose was
/// taken back while it was corrected.
fn general(signed_in: &SignedIn, form: &Form, rehearsal: &Rehearsal, is_undone: bool) -> Vec<Warning> {
    let found = rehearsal.findings.iter().filter(|finding| !is_of_dose(finding) && is_told(finding));
    let mut general: Vec<Warning> = found.map(|finding| warning(signed_in, finding)).collect();
    let mut tell = |key, is_error| {
        general.push(Warning { text: signed_in.language().text(key).to_owned(), is_error });
    };
    if is_one_refused(rehearsal) {
        tell("dose.one_refused", true);
    }
    if is_undone {
        tell("dose.is_undone", false);
    }
    let left_out = left_out(form, signed_in.language());
    if !left_out.is_empty() {
        let text = signed_in.language().fill("dose.left_out", &[("rows", &left_out.join("; "))]);
        general.push(Warning { text, is_error: false });
    }
    general
}

fn is_told(finding: &Finding) -> bool {
    finding.severity() != Severity::Information
}

fn warning(signed_in: &SignedIn, finding: &Finding) -> Warning {
    Warning { text: findings::told(finding, signed_in.language()), is_error: finding.severity() == Severity::Error }
}

fn checked(signed_in: &SignedIn, sites: &[Choice], dose: &Dose, row: usize, rehearsal: &Rehearsal) -> CheckedDose {
    let (codes, language) = (signed_in.registry().codes(), signed_in.language());
    let vaccine = format!("{} (CVX {})", codes.vaccine_name(dose.cvx).unwrap_or("?"), dose.cvx);
    let brand = trade_name(codes, dose);
    let missing = dose_form::not_filled_in(dose, language);
    CheckedDose {
        vaccine: brand.map_or(vaccine.clone(), |brand| format!("{brand} – {vaccine}")),
        missing: if missing.is_empty() {
            String::new()
        } else {
            language.fill("dose.not_filled_in", &[("facts", &missing.join(", "))])
        },
        facts: dose_form::answers(codes, sites, dose, language),
        warnings: warnings(signed_in, row, rehearsal),
    }
}

/// What would be surprising about a dose once it is saved: that something speaks against it, that it does not count, that it is
/// known, what is wrong with it.
fn warnings(signed_in: &SignedIn, row: usize, rehearsal: &Rehearsal) -> Vec<Warning> {
    let language = signed_in.language();
    let mut warnings: Vec<Warning> = Vec::new();
    for line in rehearsal.contraindications.get(row).into_iter().flat_map(|against| why(against, language)) {
        let text = language.fill("dose.contraindicated", &[("why", &line.text)]);
        warnings.push(Warning { text, is_error: false });
    }
    let contraindications = warnings.len();
    let not_counted = rehearsal.events.get(row).copied().flatten().and_then(|event| {
        let all = rehearsal.assessment.as_ref()?.evaluations.iter().filter(move |found| found.event_id == event);
        let evaluations: Vec<_> = all.collect();
        let does_not_count = |found: &&DoseEvaluation| !found.is_valid() && found.status != DoseStatus::SeasonUnknown;
        (!evaluations.is_empty() && evaluations.iter().all(does_not_count)).then_some(evaluations)
    });
    for evaluation in not_counted.into_iter().flatten() {
        let reasons: Vec<String> = why(&evaluation.reasons, language).into_iter().map(|line| line.text).collect();
        let group = vaccine_groups::name(&evaluation.vaccine_group, language);
        let values = [("group", group), ("why", &reasons.join(" "))];
        warnings.push(Warning { text: language.fill("dose.would_not_count", &values), is_error: false });
    }
    let of_row =
        |finding: &&Finding| is_of_dose(finding) && finding.location.is_some_and(|at| at.sequence == row as u16 + 1);
    let found = rehearsal.findings.iter().filter(of_row);
    let is_counted = warnings.len() == contraindications;
    let is_warned = |finding: &&Finding| match finding.kind {
        // When the dose does not count for it, the schedule has said so already.
        FindingKind::LotExpired => is_counted,
        FindingKind::DoseAlreadyKnown | FindingKind::DoseUpdated => true,
        FindingKind::RouteUnfitForVaccine | FindingKind::BodySiteUnfitForRoute => true,
        _ => is_told(finding),
    };
    warnings.extend(found.filter(is_warned).map(|finding| warning(signed_in, finding)));
    warnings
}
