//! A person on one page: who they are, what is due, what was given, and why each dose counts or does not.

mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use codes::CodeSets;
use jiff::civil::Date;
use model::{
    Assessment, CodeTables, DoseEvaluation, GroupForecast, InformationSource, PatientId, PatientObservation,
    PatientRecord, PatientReport, PatientStatus, Right, Table, VaccinationReport,
};
use registry::OpenedRecord;

use crate::Web;
use crate::dose_form::code_text;
use crate::evaluations::{self, WhyLine};
use crate::failures::Failure;
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::pages::client_status;
use crate::pages::consent::{ConsentBadge, badge};
use crate::people::{PersonSummary, age};
use crate::signed_in::SignedIn;
use crate::{dates, people};

pub(crate) use words::{fact_key, status_key};
use words::{fact_text, section_of};

#[derive(Template)]
#[template(path = "person.html")]
struct PersonView {
    page: Page,
    head: PersonHead,
    alerts: Vec<Alert>,
    forecast: Option<Forecast>,
    families: Vec<Family>,
    taken_back: Vec<TakenBack>,
    facts: Vec<Fact>,
    notes: Vec<Fact>,
    sources: Vec<Source>,
    client_status: String,
    may_record: bool,
    may_change: bool,
    may_consent: bool,
    may_decide: bool,
}

/// What every page about a person shows on top.
pub(crate) struct PersonHead {
    pub(crate) id: PatientId,
    pub(crate) number: String,
    pub(crate) who: PersonSummary,
    pub(crate) consent: ConsentBadge,
}

/// Something to know before anything is done.
struct Alert {
    heading: &'static str,
    text: String,
}

/// What is due, by how soon.
struct Forecast {
    schedule: String,
    sections: Vec<ForecastSection>,
}

struct ForecastSection {
    name: &'static str,
    heading: &'static str,
    icon: &'static str,
    rows: Vec<ForecastRow>,
}

struct ForecastRow {
    group: String,
    dose: String,
    when: String,
    status: &'static str,
    why: Vec<WhyLine>,
    products: String,
    can_record: bool,
}

/// The history in one vaccine family.
struct Family {
    name: String,
    doses: Vec<DoseRow>,
}

struct DoseRow {
    report: String,
    number: String,
    date: String,
    age: String,
    vaccine: String,
    details: String,
    validity: &'static str,
    icon: &'static str,
    class: &'static str,
    why: Vec<WhyLine>,
    reactions: String,
    source: String,
    reported: String,
    /// Who else reported the dose, and which facts are from them.
    also: Vec<String>,
    is_own: bool,
}

/// A dose that was undone; its owner may put it back.
struct TakenBack {
    report: String,
    text: String,
}

/// A fact about a person's health, with where it comes from.
struct Fact {
    kind: &'static str,
    text: String,
    period: String,
    source: String,
    question: String,
    code: String,
    is_own: bool,
}

/// What one organization says about who the person is.
struct Source {
    organization: String,
    reported: String,
    text: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/{id}", get(person))
}

async fn person(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let told = Told::of(&signed_in, &opened);
    let page = signed_in.page(&head.who.name);
    show(&PersonView {
        page,
        alerts: told.alerts(),
        forecast: opened.assessment.as_ref().map(|assessment| told.forecast(assessment)),
        families: told.families(),
        taken_back: told.taken_back(),
        facts: told.facts(false),
        notes: told.facts(true),
        sources: told.sources(),
        client_status: client_status::shown(&opened, signed_in.caller.organization_id, told.language),
        may_record: signed_in.may(Right::RecordDose),
        may_change: signed_in.may(Right::ChangePerson),
        may_consent: signed_in.may(Right::RecordConsent),
        may_decide: signed_in.may(Right::DecideMatch),
        head,
    })
}

/// Opens the record that an address names, and gives what stands on top of its pages.
///
/// # Errors
/// [`Failure::NotFound`] for an id of nobody, and for a record that may not be shown.
pub(crate) async fn open(signed_in: &SignedIn, id: &str) -> Result<(OpenedRecord, PersonHead), Failure> {
    let id: PatientId = id.parse().map_err(|_| Failure::NotFound)?;
    let receipt = signed_in.receipt();
    let opened = signed_in.registry().open_record(&signed_in.admission, &signed_in.caller, receipt, id).await?;
    let opened = opened.ok_or(Failure::NotFound)?;
    let patient = &opened.held.patient;
    let head = PersonHead {
        id: patient.id,
        number: patient.id.number(),
        who: PersonSummary::of(&patient.demographics, receipt.today, signed_in.language()),
        consent: badge(signed_in.registry().profile(), &opened.held, receipt.today, signed_in.language()),
    };
    Ok((opened, head))
}

/// The parts of the page, out of one opened record.
pub(super) struct Told<'a> {
    signed_in: &'a SignedIn,
    opened: &'a OpenedRecord,
    language: Language,
    today: Date,
}

impl<'a> Told<'a> {
    pub(super) fn of(signed_in: &'a SignedIn, opened: &'a OpenedRecord) -> Told<'a> {
        Told { signed_in, opened, language: signed_in.language(), today: signed_in.today() }
    }

    fn codes(&self) -> &CodeSets {
        self.signed_in.registry().codes()
    }

    fn organization(&self, id: model::OrganizationId) -> String {
        self.signed_in.registry().organization_name(&self.signed_in.admission, id)
    }

    pub(super) fn date(&self, date: Date) -> String {
        dates::shown(date, self.language)
    }

    fn alerts(&self) -> Vec<Alert> {
        let language = self.language;
        let mut alerts = Vec::new();
        if self.opened.is_withheld {
            let text = language.text("withheld.opened").to_owned();
            alerts.push(Alert { heading: language.text("withheld.heading"), text });
        }
        let record = &self.opened.shown;
        if record.patient.status == PatientStatus::Pending {
            let text = language.text("person.pending_text").to_owned();
            alerts.push(Alert { heading: language.text("person.pending_heading"), text });
        }
        if record.patient.demographics.is_deceased == Some(true) {
            let on = record.patient.demographics.death_date.map(|date| self.date(date)).unwrap_or_default();
            alerts.push(Alert { heading: language.text("person.deceased"), text: on });
        }
        let forbids = |fact: &&PatientObservation| {
            fact.question == PatientObservation::CONTRAINDICATION && fact.until.is_none_or(|until| until >= self.today)
        };
        let observations = record.reports.iter().flat_map(|report| &report.observations);
        let named: Vec<String> = observations.filter(forbids).map(|fact| self.fact_name(fact)).collect();
        if !named.is_empty() {
            alerts.push(Alert { heading: language.text("fact.contraindication"), text: named.join("; ") });
        }
        let reactions: Vec<String> =
            record.vaccinations.iter().filter_map(|report| self.reaction_alert(report)).collect();
        if !reactions.is_empty() {
            alerts.push(Alert { heading: language.text("person.reactions"), text: reactions.join("; ") });
        }
        alerts
    }

    fn reaction_alert(&self, report: &VaccinationReport) -> Option<String> {
        let reactions = self.reactions(report);
        (!reactions.is_empty())
            .then(|| format!("{} ({}, {})", reactions, self.vaccine(report), self.date(report.dose.administered_on)))
    }

    fn forecast(&self, assessment: &Assessment) -> Forecast {
        let sections = [
            ("overdue", "forecast.overdue", "warning"),
            ("due", "forecast.due", "event"),
            ("upcoming", "forecast.upcoming", "schedule"),
            ("unknown", "forecast.unknown", "help"),
            ("complete", "forecast.complete", "check_circle"),
        ];
        let sections = sections.into_iter().map(|(name, heading, icon)| {
            let mut found: Vec<&GroupForecast> =
                assessment.forecasts.iter().filter(|forecast| section_of(forecast) == name).collect();
            found.sort_by_key(|forecast| (forecast.recommended_on, forecast.vaccine_group.clone()));
            let rows = found.into_iter().map(|forecast| self.forecast_row(forecast, name)).collect();
            ForecastSection { name, heading: self.language.text(heading), icon, rows }
        });
        // What the schedule does not know is a part of its own only where there is such a thing.
        let told = sections.filter(|section| section.name != "unknown" || !section.rows.is_empty());
        Forecast { schedule: assessment.schedule.clone(), sections: told.collect() }
    }

    fn forecast_row(&self, forecast: &GroupForecast, section: &str) -> ForecastRow {
        let language = self.language;
        let since = |key: &str, date: Option<Date>| date.map(|date| language.fill(key, &[("date", &self.date(date))]));
        let when = match section {
            "overdue" => since("forecast.overdue_since", forecast.past_due_on.or(forecast.recommended_on)),
            "due" => since("forecast.due_since", forecast.recommended_on),
            "upcoming" => match (forecast.earliest_on, forecast.recommended_on) {
                (Some(earliest), Some(recommended)) if earliest < recommended => Some(language.fill(
                    "forecast.from_earliest",
                    &[("date", &self.date(recommended)), ("earliest", &self.date(earliest))],
                )),
                (_, recommended) => since("forecast.from", recommended),
            },
            _ => None,
        };
        ForecastRow {
            group: forecast.vaccine_group.clone(),
            dose: forecast
                .dose_number
                .map(|number| language.fill("forecast.dose", &[("number", &number.to_string())]))
                .unwrap_or_default(),
            when: when.unwrap_or_default(),
            status: language.text(status_key(forecast.status)),
            why: evaluations::why(&forecast.reasons, language),
            products: evaluations::products(forecast, self.codes()),
            can_record: matches!(section, "overdue" | "due") && self.signed_in.may(Right::RecordDose),
        }
    }

    /// The shown doses by vaccine family: a combined vaccine stands in each of its families.
    fn families(&self) -> Vec<Family> {
        let mut families: BTreeMap<String, Vec<DoseRow>> = BTreeMap::new();
        for report in self.opened.shown.vaccinations.iter().rev() {
            let found = self.opened.assessment.iter().flat_map(|assessment| &assessment.evaluations);
            let evaluations: Vec<&DoseEvaluation> = found.filter(|found| found.event_id == report.event_id).collect();
            for group in self.groups(report, &evaluations) {
                let evaluation = evaluations.iter().find(|found| found.vaccine_group == group).copied();
                families.entry(group).or_default().push(self.dose_row(report, evaluation));
            }
        }
        families.into_iter().map(|(name, doses)| Family { name, doses }).collect()
    }

    fn groups(&self, report: &VaccinationReport, evaluations: &[&DoseEvaluation]) -> Vec<String> {
        let mut groups: Vec<String> = evaluations.iter().map(|found| found.vaccine_group.clone()).collect();
        if groups.is_empty() {
            let set = self.codes().vaccine_groups(report.dose.cvx);
            groups.extend(self.codes().groups_of(set).map(|group| group.name.clone()));
        }
        if groups.is_empty() {
            groups.push(self.language.text("person.other_vaccines").to_owned());
        }
        groups
    }

    fn dose_row(&self, report: &VaccinationReport, evaluation: Option<&DoseEvaluation>) -> DoseRow {
        let (dose, language) = (&report.dose, self.language);
        let (validity, icon, class) = evaluations::validity(report, evaluation);
        let birth = self.opened.shown.patient.demographics.birth_date;
        DoseRow {
            report: report.id.to_string(),
            number: evaluation.map(|found| evaluations::number(found, language)).unwrap_or_default(),
            date: self.date(dose.administered_on),
            age: birth.map(|birth| age(birth, dose.administered_on, language)).unwrap_or_default(),
            vaccine: self.vaccine(report),
            details: self.details(report),
            validity: language.text(validity),
            icon,
            class,
            why: evaluation.map(|found| evaluations::why(&found.reasons, language)).unwrap_or_default(),
            reactions: self.reactions(report),
            source: self.source(report),
            reported: self.instant(report.received_at),
            also: self.also(report),
            is_own: report.organization_id == self.signed_in.caller.organization_id
                && self.signed_in.may(Right::CorrectDose),
        }
    }

    pub(super) fn vaccine(&self, report: &VaccinationReport) -> String {
        let name = self.codes().vaccine_name(report.dose.cvx).unwrap_or("?");
        format!("{name} ({})", report.dose.cvx)
    }

    pub(super) fn details(&self, report: &VaccinationReport) -> String {
        let (dose, language) = (&report.dose, self.language);
        let codes = self.codes();
        let maker = dose.mvx.as_deref().map(|mvx| codes.manufacturer(mvx).map_or(mvx, |maker| maker.name.as_str()));
        let lot = dose.lot_number.as_deref().map(|lot| language.fill("history.lot", &[("lot", lot)]));
        let named = |table, code: &Option<String>| Some(code_text(codes, table, code.as_deref()?, language).to_owned());
        let by = dose.administered_by.as_ref().map(|by| format!("{} {}", by.given, by.family).trim().to_owned());
        let by = by.filter(|by| !by.is_empty()).map(|by| language.fill("history.given_by", &[("who", &by)]));
        let parts = [
            maker.map(str::to_owned),
            lot,
            named(Table::Route, &dose.route),
            named(Table::BodySite, &dose.body_site),
            by,
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    fn reactions(&self, report: &VaccinationReport) -> String {
        let named = report.dose.reactions.iter().map(|reaction| {
            let is_named = !reaction.text.is_empty();
            if is_named { reaction.text.clone() } else { reaction.code.clone() }
        });
        named.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn source(&self, report: &VaccinationReport) -> String {
        let organization = self.organization(report.organization_id);
        let key = match report.dose.source {
            InformationSource::Administered => "history.given_at",
            InformationSource::Historical(_) => "history.reported_by",
        };
        self.language.fill(key, &[("organization", &organization)])
    }

    /// Who else reported a dose, and which of the facts shown are from them.
    fn also(&self, report: &VaccinationReport) -> Vec<String> {
        let Some(found) = self.opened.doses.iter().find(|found| found.shown.id == report.id) else {
            return Vec::new();
        };
        let name = |id| {
            let joined = found.reports.iter().find(|joined| joined.report.id == id)?;
            Some(self.organization(joined.report.organization_id))
        };
        let mut lines: Vec<String> = found.reports[1..]
            .iter()
            .map(|joined| self.organization(joined.report.organization_id))
            .map(|organization| self.language.fill("history.also_reported_by", &[("organization", &organization)]))
            .collect();
        let foreign = found.facts.iter().filter(|fact| fact.report_id != report.id);
        lines.extend(foreign.filter_map(|fact| {
            let (word, organization) = (self.language.text(fact_text(fact.fact)?), name(fact.report_id)?);
            Some(self.language.fill("history.fact_of", &[("fact", word), ("organization", &organization)]))
        }));
        lines.dedup();
        lines
    }

    fn instant(&self, instant: jiff::Timestamp) -> String {
        self.date(self.signed_in.registry().today(instant))
    }

    fn taken_back(&self) -> Vec<TakenBack> {
        let own = self.signed_in.caller.organization_id;
        let is_own = |report: &&VaccinationReport| report.is_deleted && report.organization_id == own;
        let rows = self.opened.held.vaccinations.iter().filter(is_own).map(|report| TakenBack {
            report: report.id.to_string(),
            text: format!("{}, {}", self.vaccine(report), self.date(report.dose.administered_on)),
        });
        rows.collect()
    }

    fn facts(&self, are_notes: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        for report in &self.opened.shown.reports {
            let wanted =
                report.observations.iter().filter(|fact| (fact.question == PatientObservation::NOTE) == are_notes);
            facts.extend(wanted.map(|fact| self.fact(report, fact)));
        }
        facts
    }

    fn fact(&self, report: &PatientReport, fact: &PatientObservation) -> Fact {
        let period = match (fact.since, fact.until) {
            (Some(since), Some(until)) => format!("{} – {}", self.date(since), self.date(until)),
            (Some(since), None) => self.date(since),
            (None, Some(until)) => format!("– {}", self.date(until)),
            (None, None) => String::new(),
        };
        let source = format!("{}, {}", self.organization(report.organization_id), self.instant(report.received_at));
        Fact {
            kind: self.language.text(fact_key(&fact.question)),
            text: self.fact_name(fact),
            period,
            source,
            question: fact.question.clone(),
            code: fact.value.code.clone(),
            is_own: report.organization_id == self.signed_in.caller.organization_id
                && self.signed_in.may(Right::ChangePerson),
        }
    }

    fn fact_name(&self, fact: &PatientObservation) -> String {
        let known = || self.signed_in.registry().health_facts().into_iter().find(|known| known.code == fact.value.code);
        match fact.value.text.as_str() {
            "" => known().map_or_else(|| fact.value.code.clone(), |known| known.name),
            text => text.to_owned(),
        }
    }

    fn sources(&self) -> Vec<Source> {
        let rows = self.opened.shown.reports.iter().map(|report| {
            let who = &report.demographics;
            let name = who.names.first().map(people::full_name);
            let address = who.addresses.first().map(people::full_address);
            let parts = [name, who.birth_date.map(|birth| self.date(birth)), address];
            let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            Source {
                organization: self.organization(report.organization_id),
                reported: self.instant(report.received_at),
                text: parts.join(" · "),
            }
        });
        rows.collect()
    }
}

/// The record's own doses, for pages that change one.
pub(crate) fn own_report<'r>(
    record: &'r PatientRecord,
    signed_in: &SignedIn,
    id: &str,
) -> Result<&'r VaccinationReport, Failure> {
    let own = signed_in.caller.organization_id;
    let found = record.vaccinations.iter().find(|report| report.id.to_string() == id);
    found.filter(|report| report.organization_id == own).ok_or(Failure::NotFound)
}
