//! A birth date that doses would lie before: asked once more before it is saved, as one of the two is wrong.

use askama::Template;
use axum::response::Response;
use jiff::civil::Date;
use model::{CodeTables, VaccinationReport};
use registry::OpenedRecord;

use crate::dates;
use crate::failures::Failure;
use crate::forms::Form;
use crate::layout::{Page, show};
use crate::pages::person::PersonHead;
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "early_doses.html")]
struct EarlyView {
    page: Page,
    head: PersonHead,
    kept: Vec<(String, String)>,
    /// How many there are, in a sentence.
    told: String,
    doses: Vec<String>,
}

/// The doses that a record shows as given before somebody is born.
pub(super) fn before(opened: &OpenedRecord, birth_date: Option<Date>) -> Vec<&VaccinationReport> {
    let is_early = |report: &&VaccinationReport| {
        report.dose.is_given() && birth_date.is_some_and(|birth| report.dose.administered_on < birth)
    };
    opened.shown.vaccinations.iter().filter(is_early).collect()
}

/// Asks whether the birth date is right, and keeps what was filled in.
pub(super) fn ask(
    signed_in: &SignedIn,
    head: PersonHead,
    form: &Form,
    early: &[&VaccinationReport],
) -> Result<Response, Failure> {
    let (language, codes) = (signed_in.language(), signed_in.registry().codes());
    let dose = |report: &&VaccinationReport| {
        let vaccine = codes.vaccine_name(report.dose.cvx).unwrap_or("?");
        format!("{vaccine}, {}", dates::shown(report.dose.administered_on, language))
    };
    let kept = form.fields().iter().filter(|(name, _)| !matches!(name.as_str(), "change" | "confirmed"));
    let key = if early.len() == 1 { "details.early_dose" } else { "details.early_doses" };
    show(&EarlyView {
        page: signed_in.page(language.text("details.early_title")),
        head,
        kept: kept.cloned().collect(),
        told: language.fill(key, &[("count", &early.len().to_string())]),
        doses: early.iter().map(dose).collect(),
    })
}
