//! What is printed of a record: the immunization history for a clinic, and the official record for school, camp and
//! work. Clean on paper, and as the file that a browser makes of it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use model::{CodeTables, GroupForecast, GroupStatus, PatientObservation, VaccinationReport};

use super::person::{Fact, PersonHead, Told, is_long_ago, open, open_official, status_key};
use crate::Web;
use crate::failures::Failure;
use crate::health_words::Words;
use crate::layout::{Page, show};
use crate::people::age;
use crate::signed_in::SignedIn;
use crate::{dates, evaluations, vaccine_groups};

#[derive(Template)]
#[template(path = "printed_record.html")]
struct PrintedView {
    page: Page,
    head: PersonHead,
    is_official: bool,
    organization: String,
    printed: String,
    families: Vec<PrintedFamily>,
    facts: Vec<Fact>,
    due: Vec<PrintedForecast>,
}

/// The doses given of one family.
struct PrintedFamily {
    name: String,
    doses: Vec<PrintedDose>,
}

struct PrintedDose {
    date: String,
    age: String,
    vaccine: String,
    /// Trade name, maker and lot, for a history.
    product: String,
    source: String,
    /// Who told of a dose that was given elsewhere.
    told_by: String,
    note: &'static str,
    reactions: Words,
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
    let opening = if is_official { open_official(&signed_in, id).await } else { open(&signed_in, id).await };
    let (opened, head) = opening?;
    let language = signed_in.language();
    let title = if is_official { "print.official_title" } else { "print.history_title" };
    let printed = Printed { told: Told::of(&signed_in, &opened), is_official };
    show(&PrintedView {
        page: signed_in.page(&format!("{} – {}", language.text(title), head.who.name)),
        families: printed.families(),
        facts: printed.facts(),
        due: if is_official { Vec::new() } else { printed.due() },
        organization: signed_in.registry().organization_name(&signed_in.admission, signed_in.caller.organization_id),
        printed: dates::shown(signed_in.today(), language),
        is_official,
        head,
    })
}

/// The parts of the sheet, out of one opened record.
struct Printed<'a> {
    told: Told<'a>,
    is_official: bool,
}

impl Printed<'_> {
    fn families(&self) -> Vec<PrintedFamily> {
        let (codes, language) = (self.told.codes(), self.told.language);
        let given: Vec<_> =
            self.told.opened.shown.vaccinations.iter().filter(|report| report.dose.is_given()).collect();
        let mut families = Vec::new();
        let mut taken = std::collections::HashSet::new();
        for group in codes.all_vaccine_groups() {
            let of_group = given.iter().filter(|report| codes.vaccine_groups(report.dose.cvx).overlaps(group.bit));
            let doses: Vec<PrintedDose> = of_group
                .inspect(|report| {
                    taken.insert(report.id);
                })
                .map(|report| self.dose(report, Some(&group.name)))
                .collect();
            if !doses.is_empty() {
                families.push(PrintedFamily { name: vaccine_groups::name(&group.name, language).to_owned(), doses });
            }
        }
        let others = given.iter().filter(|report| !taken.contains(&report.id));
        let doses: Vec<PrintedDose> = others.map(|report| self.dose(report, None)).collect();
        if !doses.is_empty() {
            let name = self.told.language.text("person.other_vaccines").to_owned();
            families.push(PrintedFamily { name, doses });
        }
        families
    }

    fn dose(&self, report: &VaccinationReport, group: Option<&str>) -> PrintedDose {
        let (told, language) = (&self.told, self.told.language);
        let birth = told.opened.shown.patient.demographics.birth_date;
        let evaluations = told.opened.assessment.iter().flat_map(|assessment| &assessment.evaluations);
        let mut own = evaluations.filter(|found| found.event_id == report.event_id);
        let evaluation = own.find(|found| group.is_none_or(|group| found.vaccine_group == group));
        let is_in_doubt = evaluation.is_some_and(|found| !found.is_valid());
        let product = if self.is_official { None } else { told.product(report) };
        PrintedDose {
            date: told.date(report.dose.administered_on),
            age: birth.map(|birth| age(birth, report.dose.administered_on, language)).unwrap_or_default(),
            vaccine: told.codes().vaccine_name(report.dose.cvx).unwrap_or("?").to_owned(),
            product: product.unwrap_or_default(),
            source: told.source(report),
            told_by: told.told_by(report).unwrap_or_default(),
            note: if is_in_doubt { language.text(evaluations::validity(report, evaluation).0) } else { "" },
            reactions: told.reactions(report),
        }
    }

    /// Immunity, and what speaks against vaccination still. Risks are nobody's business who gets the sheet; the registry gives
    /// the official record no conditions.
    fn facts(&self) -> Vec<Fact> {
        let today = self.told.today;
        self.told.facts(|fact| match fact.question.as_str() {
            PatientObservation::IMMUNITY | PatientObservation::SEROLOGY | PatientObservation::REACTION => true,
            PatientObservation::CONTRAINDICATION => fact.until.is_none_or(|until| until >= today),
            _ => false,
        })
    }

    /// What is due by its day, and then the families that need nothing more.
    fn due(&self) -> Vec<PrintedForecast> {
        let forecasts = self.told.opened.assessment.iter().flat_map(|assessment| &assessment.forecasts);
        let is_told = |status| !matches!(status, GroupStatus::AgedOut | GroupStatus::NotRecommended);
        let mut told: Vec<_> = forecasts.filter(|forecast| is_told(forecast.status)).collect();
        told.sort_by_key(|forecast| {
            (!is_open(forecast.status), forecast.recommended_on.is_none(), forecast.recommended_on)
        });
        told.into_iter().map(|forecast| self.forecast(forecast)).collect()
    }

    fn forecast(&self, forecast: &GroupForecast) -> PrintedForecast {
        let date = match forecast.recommended_on.filter(|_| is_open(forecast.status)) {
            Some(on) if !is_long_ago(on, self.told.today) => self.told.date(on),
            Some(_) if !forecast.is_by_decision() => self.told.language.text("print.now").to_owned(),
            _ => String::new(),
        };
        let status = match forecast.is_by_decision() {
            true => "forecast.decision",
            false => status_key(forecast.status),
        };
        PrintedForecast {
            group: vaccine_groups::name(&forecast.vaccine_group, self.told.language).to_owned(),
            status: self.told.language.text(status),
            refused: self.told.refused(forecast),
            date,
        }
    }
}

/// Whether more doses may come.
fn is_open(status: GroupStatus) -> bool {
    matches!(status, GroupStatus::Overdue | GroupStatus::Due | GroupStatus::UpToDate | GroupStatus::SeasonUnknown)
}
