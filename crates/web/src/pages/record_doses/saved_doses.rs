//! What was just saved, each dose with the way to take it back, and the ways on.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use model::{CodeTables, InformationSource, MessageId, PatientId, VaccinationReport};

use crate::dates;
use crate::dose_form::Kind;
use crate::dose_lists::trade_name;
use crate::failures::Failure;
use crate::layout::{Page, show};
use crate::pages::person::{PersonHead, open};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "saved_doses.html")]
struct SavedView {
    page: Page,
    head: PersonHead,
    doses: Vec<SavedDose>,
    /// Where the next dose of this person is recorded.
    next_dose: String,
}

struct SavedDose {
    report: String,
    text: String,
}

pub(super) async fn saved(
    signed_in: SignedIn,
    Path((id, message)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let message: MessageId = message.parse().map_err(|_| Failure::NotFound)?;
    let (opened, head) = open(&signed_in, &id).await?;
    let is_of_message = |report: &&VaccinationReport| report.message_id == message && !report.is_deleted;
    let just_now: Vec<&VaccinationReport> = opened.held.vaccinations.iter().filter(is_of_message).collect();
    let source = just_now.first().map_or(InformationSource::Administered, |report| report.dose.source);
    show(&SavedView {
        page: signed_in.page(signed_in.language().text("dose.saved_title")),
        doses: just_now.into_iter().map(|report| saved_dose(&signed_in, report)).collect(),
        next_dose: next_dose(head.id, source),
        head,
    })
}

fn saved_dose(signed_in: &SignedIn, report: &VaccinationReport) -> SavedDose {
    let (codes, dose) = (signed_in.registry().codes(), &report.dose);
    let vaccine = codes.vaccine_name(dose.cvx).unwrap_or("?");
    let brand = trade_name(codes, dose).map(|brand| format!("{brand} – ")).unwrap_or_default();
    let given_on = dates::shown(dose.administered_on, signed_in.language());
    SavedDose { report: report.id.to_string(), text: format!("{brand}{vaccine}, {given_on}") }
}

/// The form for a dose of the same kind; who told of the last one is likely to tell of the next.
fn next_dose(id: PatientId, source: InformationSource) -> String {
    match Kind::of(source) {
        Kind::New => format!("/people/{id}/doses/new"),
        Kind::Historical => format!("/people/{id}/doses/new?kind=historical&source={}", source.code()),
    }
}
