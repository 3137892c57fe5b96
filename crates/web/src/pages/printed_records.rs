//! What is printed of a record: the immunization history for a clinic, and the official record for school, camp and
//! work. Clean on paper, and as the file that a browser makes of it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use model::{CodeTables, GroupStatus};
use registry::OpenedRecord;

use super::person::{PersonHead, open, status_key};
use crate::Web;
use crate::failures::Failure;
use crate::layout::{Page, show};
use crate::people::age;
use crate::signed_in::SignedIn;
use crate::{dates, evaluations, refusals};

#[derive(Template)]
#[template(path = "printed_record.html")]
struct PrintedView {
    page: Page,
    head: PersonHead,
    is_official: bool,
    organization: String,
    printed: String,
    families: Vec<PrintedFamily>,
    due: Vec<PrintedForecast>,
}

/// The doses that count in one family; for a history, all of them.
struct PrintedFamily {
    name: String,
    doses: Vec<PrintedDose>,
}

struct PrintedDose {
    date: String,
    age: String,
    vaccine: String,
    provider: String,
    note: &'static str,
}

struct PrintedForecast {
    group: String,
    status: &'static str,
    refused: String,
    date: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/{id}/history", get(history)).route("/people/{id}/official-record", get(official))
}

async fn history(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    printed(signed_in, &id, false).await
}

async fn official(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    printed(signed_in, &id, true).await
}

async fn printed(signed_in: SignedIn, id: &str, is_official: bool) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, id).await?;
    let language = signed_in.language();
    let title = if is_official { "print.official_title" } else { "print.history_title" };
    show(&PrintedView {
        page: signed_in.page(&format!("{} – {}", language.text(title), head.who.name)),
        families: families(&signed_in, &opened),
        due: if is_official { Vec::new() } else { due(&signed_in, &opened) },
        organization: signed_in.registry().organization_name(&signed_in.admission, signed_in.caller.organization_id),
        printed: dates::shown(signed_in.today(), language),
        is_official,
        head,
    })
}

fn families(signed_in: &SignedIn, opened: &OpenedRecord) -> Vec<PrintedFamily> {
    let codes = signed_in.registry().codes();
    let given: Vec<_> = opened.shown.vaccinations.iter().filter(|report| report.dose.is_given()).collect();
    let mut families = Vec::new();
    let mut taken = std::collections::HashSet::new();
    for group in codes.all_vaccine_groups() {
        let of_group = given.iter().filter(|report| codes.vaccine_groups(report.dose.cvx).overlaps(group.bit));
        let doses: Vec<PrintedDose> = of_group
            .inspect(|report| {
                taken.insert(report.id);
            })
            .map(|report| printed_dose(signed_in, opened, report, Some(&group.name)))
            .collect();
        if !doses.is_empty() {
            families.push(PrintedFamily { name: group.name.clone(), doses });
        }
    }
    let others = given.iter().filter(|report| !taken.contains(&report.id));
    let doses: Vec<PrintedDose> = others.map(|report| printed_dose(signed_in, opened, report, None)).collect();
    if !doses.is_empty() {
        families.push(PrintedFamily { name: signed_in.language().text("person.other_vaccines").to_owned(), doses });
    }
    families
}

fn printed_dose(
    signed_in: &SignedIn,
    opened: &OpenedRecord,
    report: &model::VaccinationReport,
    group: Option<&str>,
) -> PrintedDose {
    let language = signed_in.language();
    let birth = opened.shown.patient.demographics.birth_date;
    let evaluations = opened.assessment.iter().flat_map(|assessment| &assessment.evaluations);
    let mut own = evaluations.filter(|found| found.event_id == report.event_id);
    let evaluation = own.find(|found| group.is_none_or(|group| found.vaccine_group == group));
    let is_in_doubt = evaluation.is_some_and(|found| !found.is_valid());
    PrintedDose {
        date: dates::shown(report.dose.administered_on, language),
        age: birth.map(|birth| age(birth, report.dose.administered_on, language)).unwrap_or_default(),
        vaccine: signed_in.registry().codes().vaccine_name(report.dose.cvx).unwrap_or("?").to_owned(),
        provider: signed_in.registry().organization_name(&signed_in.admission, report.organization_id),
        note: if is_in_doubt { language.text(evaluations::validity(report, evaluation).0) } else { "" },
    }
}

fn due(signed_in: &SignedIn, opened: &OpenedRecord) -> Vec<PrintedForecast> {
    let language = signed_in.language();
    let forecasts = opened.assessment.iter().flat_map(|assessment| &assessment.forecasts);
    let is_open = |status| {
        matches!(status, GroupStatus::Overdue | GroupStatus::Due | GroupStatus::UpToDate | GroupStatus::SeasonUnknown)
    };
    let mut open: Vec<_> = forecasts.filter(|forecast| is_open(forecast.status)).collect();
    open.sort_by_key(|forecast| forecast.recommended_on);
    let rows = open.into_iter().map(|forecast| PrintedForecast {
        group: forecast.vaccine_group.clone(),
        status: language.text(status_key(forecast.status)),
        refused: refusals::of_group(opened, forecast, signed_in.registry().codes(), language).unwrap_or_default(),
        date: forecast.recommended_on.map(|date| dates::shown(date, language)).unwrap_or_default(),
    });
    rows.collect()
}
