//! Doses that are taken back, and put back as they were.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use model::{Action, Finding, VaccinationReport};
use registry::OpenedRecord;

use super::{drafts, entry, reported, view};
use crate::dose_form::Kind;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::pages::person::{open, own_report};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// Takes a dose back: every report of it that the organization made, so that no other one of its own holds the dose.
pub(super) async fn undo(
    signed_in: SignedIn,
    Path((id, report)): Path<(String, String)>,
    _: Posted,
) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let known = own_report(&opened.held, &signed_in, &report)?;
    let mut form = reported(&signed_in, &known.dose);
    let (own, foreign): (Vec<_>, Vec<_>) = reports_of(&opened, known)
        .into_iter()
        .partition(|report| report.organization_id == signed_in.caller.organization_id);
    if !change(&signed_in, &opened, &own, Action::Delete, &mut form).await? {
        return view(&signed_in, &opened, head, form, &report);
    }
    drafts::discard(&signed_in, &head, &form, &report);
    let done = if foreign.is_empty() { "dose_undone" } else { "dose_undone_of_several" };
    Ok(Redirect::to(&format!("/people/{}?done={done}", head.id)).into_response())
}

pub(super) async fn restore(
    signed_in: SignedIn,
    Path((id, report)): Path<(String, String)>,
    _: Posted,
) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let known = own_report(&opened.held, &signed_in, &report)?;
    let mut form = reported(&signed_in, &known.dose);
    if !change(&signed_in, &opened, &[known], Action::Update, &mut form).await? {
        return view(&signed_in, &opened, head, form, &report);
    }
    Ok(Redirect::to(&format!("/people/{}?done=dose_restored", head.id)).into_response())
}

/// The reports that make the one vaccination of which a report is, its own among them.
fn reports_of<'r>(opened: &'r OpenedRecord, known: &'r VaccinationReport) -> Vec<&'r VaccinationReport> {
    let mut vaccinations = opened.doses.iter().map(|found| &found.reports);
    let joined = vaccinations.find(|reports| reports.iter().any(|joined| joined.report.id == known.id));
    joined.map_or_else(|| vec![known], |reports| reports.iter().map(|joined| &joined.report).collect())
}

/// Says the reports again, to delete them or to put them back as they were. Where that is refused, the form of the dose is
/// told why.
async fn change(
    signed_in: &SignedIn,
    opened: &OpenedRecord,
    reports: &[&VaccinationReport],
    action: Action,
    form: &mut Form,
) -> Result<bool, Failure> {
    let doses = reports.iter().map(|report| (report.dose.clone(), Some(report.id)));
    let mut entry = entry(opened, &random_secret(), doses);
    entry.vaccinations.iter_mut().for_each(|vaccination| vaccination.action = action);
    let day = if Kind::parse(form.value("kind")) == Kind::New { "given" } else { "given_0" };
    let is_of_dose = |finding: &Finding| finding.location.is_some_and(|at| at.segment.as_str() == "RXA");
    let field_of = |finding: &Finding| if is_of_dose(finding) { day } else { "" };
    Ok(signed_in.enter(entry, form, field_of).await?.is_some())
}
