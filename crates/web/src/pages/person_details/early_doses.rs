//! A birth date that doses would lie before: asked once more before it is saved, as one of the two is wrong.

use axum::response::Response;
use jiff::civil::Date;
use model::{CodeTables, VaccinationReport};
use registry::OpenedRecord;

use crate::ask_again::AskAgain;
use crate::dates;
use crate::failures::Failure;
use crate::forms::Form;
use crate::pages::person::PersonHead;
use crate::signed_in::SignedIn;

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
    let key = if early.len() == 1 { "details.early_dose" } else { "details.early_doses" };
    let question = AskAgain {
        page: signed_in.page(language.text("details.early_title")),
        address: format!("/people/{}/details", head.id),
        head,
        kept: form.answers(),
        told: language.fill(key, &[("count", &early.len().to_string())]),
        what: language.text("details.early_what"),
        lines: early.iter().map(dose).collect(),
        confirm: language.text("details.early_save"),
        cancel: String::new(),
    };
    question.ask()
}
