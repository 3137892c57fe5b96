//! A person on one page: who they are, what is due, what was given, and why each dose counts or does not.

mod history;
mod replaced;
mod words;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use codes::CodeSets;
use jiff::ToSpan;
use jiff::civil::Date;
use model::{
    Assessment, CodeTables, GroupForecast, PatientId, PatientObservation, PatientRecord, PatientReport, PatientStatus,
    Right, VaccinationReport,
};
use registry::OpenedRecord;

use crate::Web;
use crate::evaluations::{self, WhyLine};
use crate::failures::Failure;
use crate::health_words::{self, Words};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::pages::client_status;
use crate::pages::consent::{ConsentBadge, badge, destruction};
use crate::people::PersonSummary;
use crate::signed_in::SignedIn;
use crate::{dates, people, refusals, vaccine_groups};

use words::section_of;
pub(crate) use words::{fact_key, status_key};

/// Years after which nobody is told by when a dose was due: it is recommended now.
const CATCH_UP_YEARS: i32 = 5;
/// Boosters come again and again; beyond so many doses their number says nothing.
const DOSES_COUNTED_MAXIMUM: u16 = 9;

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
    may_record_risks: bool,
    may_consent: bool,
    may_decide: bool,
}

/// What every page about a person shows on top.
pub(crate) struct PersonHead {
    pub(crate) id: PatientId,
    pub(crate) number: String,
    pub(crate) who: PersonSummary,
    pub(crate) consent: ConsentBadge,
    /// When something of the record must go, where that is near; empty otherwise.
    pub(crate) destruction: String,
}

/// Something to know before anything is done.
pub(super) struct Alert {
    pub(super) heading: &'static str,
    pub(super) parts: Vec<Words>,
}

impl Alert {
    pub(super) fn new(heading: &'static str, text: String) -> Alert {
        Alert { heading, parts: vec![Words::plain(text)] }
    }
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
    /// As the schedule calls it, for addresses.
    group: String,
    name: String,
    dose: String,
    when: String,
    status: &'static str,
    why: Vec<WhyLine>,
    products: String,
    refused: String,
    /// That it is not overdue any more, as a dose that does not count was given.
    begun_anew: Option<String>,
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
    reactions: Words,
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
pub(super) struct Fact {
    pub(super) kind: &'static str,
    pub(super) name: Words,
    pub(super) period: String,
    pub(super) source: String,
    question: String,
    code: String,
    /// The vaccine that it is about; empty where none was named.
    vaccine: String,
    pub(super) is_own: bool,
}

/// What one organization says about who the person is.
struct Source {
    organization: String,
    reported: String,
    text: String,
    /// What of its people's corrections its own system replaced.
    replaced: Option<String>,
}

/// Whether a date lies so far back that nobody was late since.
pub(super) fn is_long_ago(date: Date, today: Date) -> bool {
    date <= today.saturating_sub(CATCH_UP_YEARS.years())
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
        taken_back: if signed_in.may(Right::CorrectDose) { told.taken_back() } else { Vec::new() },
        facts: told.facts(|fact| fact.question != PatientObservation::NOTE),
        notes: told.facts(|fact| fact.question == PatientObservation::NOTE),
        sources: told.sources(),
        client_status: client_status::shown(&opened, signed_in.caller.organization_id, told.language),
        may_record: signed_in.may(Right::RecordDose),
        may_change: signed_in.may(Right::ChangePerson),
        may_record_risks: signed_in.may(Right::ReadHealthFacts),
        may_consent: signed_in.may(Right::RecordConsent),
        may_decide: signed_in.may(Right::DecideMatch),
        head,
    })
}

/// Opens the record that an address names, and gives what stands on top of its pages.
///
/// # Errors
/// [`Failure::NoRecord`] for an id of nobody, and for a record that may not be shown.
pub(crate) async fn open(signed_in: &SignedIn, id: &str) -> Result<(OpenedRecord, PersonHead), Failure> {
    let id: PatientId = id.parse().map_err(|_| Failure::NoRecord)?;
    let receipt = signed_in.receipt();
    let opened = signed_in.registry().open_record(&signed_in.admission, &signed_in.caller, receipt, id).await?;
    with_head(signed_in, opened)
}

/// The same, as the official record says it.
///
/// # Errors
/// As those of [`open`].
pub(crate) async fn open_official(signed_in: &SignedIn, id: &str) -> Result<(OpenedRecord, PersonHead), Failure> {
    let id: PatientId = id.parse().map_err(|_| Failure::NoRecord)?;
    let (admission, caller) = (&signed_in.admission, &signed_in.caller);
    let opened = signed_in.registry().open_official_record(admission, caller, signed_in.receipt(), id).await?;
    with_head(signed_in, opened)
}

fn with_head(signed_in: &SignedIn, opened: Option<OpenedRecord>) -> Result<(OpenedRecord, PersonHead), Failure> {
    let opened = opened.ok_or(Failure::NoRecord)?;
    let (today, language) = (signed_in.today(), signed_in.language());
    let patient = &opened.held.patient;
    let head = PersonHead {
        id: patient.id,
        number: patient.id.number(),
        who: PersonSummary::of(&patient.demographics, today, language),
        consent: badge(signed_in.registry().profile(), &opened.held, today, language),
        destruction: destruction(signed_in, &opened.held),
    };
    Ok((opened, head))
}

/// The parts of the page, out of one opened record.
pub(super) struct Told<'a> {
    signed_in: &'a SignedIn,
    pub(super) opened: &'a OpenedRecord,
    pub(super) language: Language,
    pub(super) today: Date,
}

impl<'a> Told<'a> {
    pub(super) fn of(signed_in: &'a SignedIn, opened: &'a OpenedRecord) -> Told<'a> {
        Told { signed_in, opened, language: signed_in.language(), today: signed_in.today() }
    }

    pub(super) fn codes(&self) -> &CodeSets {
        self.signed_in.registry().codes()
    }

    fn organization(&self, id: model::OrganizationId) -> String {
        self.signed_in.registry().organization_name(&self.signed_in.admission, id)
    }

    pub(super) fn date(&self, date: Date) -> String {
        dates::shown(date, self.language)
    }

    pub(super) fn alerts(&self) -> Vec<Alert> {
        let language = self.language;
        let mut alerts = Vec::new();
        if self.opened.is_withheld {
            let text = language.text("withheld.opened").to_owned();
            alerts.push(Alert::new(language.text("withheld.heading"), text));
        }
        if let Some(said) = self.opened.said_otherwise(self.signed_in.caller.organization_id) {
            let who = PersonSummary::of(said, self.today, language);
            let said = [who.name, who.birth_date, who.sex.to_owned()].join(", ");
            let text = language.fill("person.said_otherwise_text", &[("said", &said)]);
            alerts.push(Alert::new(language.text("person.said_otherwise"), text));
        }
        alerts.extend(self.replaced_alert());
        let record = &self.opened.shown;
        if record.patient.status == PatientStatus::Pending {
            let text = language.text("person.pending_text").to_owned();
            alerts.push(Alert::new(language.text("person.pending_heading"), text));
        }
        if let Some(text) = self.death() {
            alerts.push(Alert::new(language.text("person.deceased"), text));
        }
        let forbids = |fact: &&PatientObservation| {
            self.signed_in.registry().is_contraindication(fact) && fact.until.is_none_or(|until| until >= self.today)
        };
        let observations = record.reports.iter().flat_map(|report| &report.observations);
        let named: Vec<Words> = observations.filter(forbids).map(|fact| self.fact_name(fact)).collect();
        if !named.is_empty() {
            alerts.push(Alert { heading: language.text("fact.contraindication"), parts: named });
        }
        let reactions: Vec<Words> =
            record.vaccinations.iter().filter_map(|report| self.reaction_alert(report)).collect();
        if !reactions.is_empty() {
            alerts.push(Alert { heading: language.text("person.reactions"), parts: reactions });
        }
        alerts
    }

    /// When the person died, where that is known, and who said so; `None` for who lives.
    pub(super) fn death(&self) -> Option<String> {
        let who = &self.opened.shown.patient.demographics;
        who.is_deceased.filter(|is_deceased| *is_deceased)?;
        // The newest report stands first.
        let said = self.opened.shown.reports.iter().find(|report| report.demographics.is_deceased.is_some())?;
        let (organization, reported) = (self.organization(said.organization_id), self.instant(said.received_at));
        let values = [("organization", organization.as_str()), ("reported", &reported)];
        let by = self.language.fill("person.death_said_by", &values);
        Some(who.death_date.map_or(by.clone(), |date| format!("{}. {by}", self.date(date))))
    }

    fn reaction_alert(&self, report: &VaccinationReport) -> Option<Words> {
        let reactions = Some(self.reactions(report)).filter(|reactions| !reactions.is_empty())?;
        let (vaccine, date) = (self.vaccine(report), self.date(report.dose.administered_on));
        Some(reactions.within(|reactions| format!("{reactions} ({vaccine}, {date})")))
    }

    fn forecast(&self, assessment: &Assessment) -> Forecast {
        let sections = [
            ("overdue", "forecast.overdue", "warning"),
            ("due", "forecast.due", "event"),
            ("decision", "forecast.decision", "groups"),
            ("upcoming", "forecast.upcoming", "schedule"),
            ("unknown", "forecast.unknown", "help"),
            ("contraindicated", "forecast.contraindicated", "do_not_disturb"),
            ("complete", "forecast.complete", "check_circle"),
        ];
        let sections = sections.into_iter().map(|(name, heading, icon)| {
            let mut found: Vec<&GroupForecast> =
                assessment.forecasts.iter().filter(|forecast| section_of(forecast) == name).collect();
            found.sort_by_key(|forecast| (forecast.recommended_on, forecast.vaccine_group.clone()));
            let rows = found.into_iter().map(|forecast| self.forecast_row(forecast, name)).collect();
            ForecastSection { name, heading: self.language.text(heading), icon, rows }
        });
        // These are parts of their own only where there is such a thing.
        let is_rare = |name: &str| matches!(name, "decision" | "unknown" | "contraindicated");
        let told = sections.filter(|section| !is_rare(section.name) || !section.rows.is_empty());
        Forecast { schedule: assessment.schedule.clone(), sections: told.collect() }
    }

    fn forecast_row(&self, forecast: &GroupForecast, section: &str) -> ForecastRow {
        let language = self.language;
        let since = |key: &str, date: Option<Date>| date.map(|date| language.fill(key, &[("date", &self.date(date))]));
        let when = match section {
            "overdue" => {
                let due_by = forecast.past_due_on.or(forecast.recommended_on);
                match due_by.filter(|date| is_long_ago(*date, self.today)) {
                    Some(_) => Some(language.text("forecast.catch_up").to_owned()),
                    None => since("forecast.overdue_since", due_by),
                }
            }
            "decision" => Some(language.text("forecast.may_be_given").to_owned()),
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
            name: vaccine_groups::name(&forecast.vaccine_group, language).to_owned(),
            dose: forecast
                .dose_number
                .filter(|number| *number <= DOSES_COUNTED_MAXIMUM)
                .map(|number| language.fill("forecast.dose", &[("number", &number.to_string())]))
                .unwrap_or_default(),
            when: when.unwrap_or_default(),
            status: language.text(status_key(forecast.status)),
            why: evaluations::why(&forecast.reasons, language),
            products: evaluations::products(forecast, self.codes()),
            refused: self.refused(forecast),
            begun_anew: self.begun_anew(forecast),
            can_record: matches!(section, "overdue" | "due" | "decision" | "unknown")
                && self.signed_in.may(Right::RecordDose),
        }
    }

    /// That a vaccine group was refused, when and why; empty where it was not.
    pub(super) fn refused(&self, forecast: &GroupForecast) -> String {
        refusals::of_group(self.opened, forecast, self.codes(), self.language).unwrap_or_default()
    }

    /// Why something is not overdue although it was: by CDC's logic a dose that does not count moves the dates of the next one.
    fn begun_anew(&self, forecast: &GroupForecast) -> Option<String> {
        let assessment = self.opened.assessment.as_ref()?;
        let given_on = evaluations::begun_anew(forecast, assessment, &self.opened.shown.vaccinations)?;
        let (given, earliest) = (self.date(given_on), self.date(forecast.earliest_on?));
        Some(self.language.fill("forecast.begun_anew", &[("given", &given), ("earliest", &earliest)]))
    }

    fn instant(&self, instant: jiff::Timestamp) -> String {
        self.date(self.signed_in.registry().today(instant))
    }

    /// The facts that are wanted, each with who reported it.
    pub(super) fn facts(&self, is_wanted: impl Fn(&PatientObservation) -> bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        for report in &self.opened.shown.reports {
            let wanted = report.observations.iter().filter(|fact| is_wanted(fact));
            facts.extend(wanted.map(|fact| self.fact(report, fact)));
        }
        facts
    }

    fn fact(&self, report: &PatientReport, fact: &PatientObservation) -> Fact {
        let period = match (fact.day(), fact.until) {
            (Some(since), Some(until)) => format!("{} – {}", self.date(since), self.date(until)),
            (Some(since), None) => self.date(since),
            (None, Some(until)) => format!("– {}", self.date(until)),
            (None, None) => String::new(),
        };
        let source = format!("{}, {}", self.organization(report.organization_id), self.instant(report.received_at));
        Fact {
            kind: self.language.text(fact_key(&fact.question)),
            name: self.fact_name(fact),
            period,
            source,
            question: fact.question.clone(),
            code: fact.value.code.clone(),
            vaccine: fact.vaccine.map(|cvx| cvx.to_string()).unwrap_or_default(),
            is_own: report.organization_id == self.signed_in.caller.organization_id
                && self.signed_in.may(Right::ChangePerson),
        }
    }

    /// An allergy to "this vaccine" says nothing without it.
    fn fact_name(&self, fact: &PatientObservation) -> Words {
        let name = health_words::fact(fact, || self.signed_in.registry().health_facts(), self.language);
        let Some(cvx) = fact.vaccine else { return name };
        let vaccine = self.codes().vaccine_name(cvx).unwrap_or("?");
        name.within(|name| format!("{name}: {vaccine} ({cvx})"))
    }

    fn death_in_words(&self, is_deceased: bool, on: Option<Date>) -> String {
        match (is_deceased, on) {
            (true, Some(on)) => format!("{} {}", self.language.text("person.deceased"), self.date(on)),
            (true, None) => self.language.text("person.deceased").to_owned(),
            (false, _) => self.language.text("person.not_deceased").to_owned(),
        }
    }

    fn sources(&self) -> Vec<Source> {
        let rows = self.opened.shown.reports.iter().map(|report| {
            let who = &report.demographics;
            let name = who.names.first().map(people::full_name);
            let address = who.addresses.first().map(people::full_address);
            let phone = people::phone_of(who).map(people::phone);
            let death = who.is_deceased.map(|is_deceased| self.death_in_words(is_deceased, who.death_date));
            let parts = [name, who.birth_date.map(|birth| self.date(birth)), address, phone, death];
            let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            Source {
                organization: self.organization(report.organization_id),
                reported: self.instant(report.received_at),
                text: parts.join(" · "),
                replaced: self.replaced_in_words(report, "person.replaced_source"),
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn long_ago_is_five_years_to_the_day() {
        let today = date(2026, 1, 15);
        assert!(is_long_ago(date(2021, 1, 15), today));
        assert!(!is_long_ago(date(2021, 1, 16), today));
        assert!(!is_long_ago(date(2021, 12, 31), today), "four years and two weeks");
    }
}
