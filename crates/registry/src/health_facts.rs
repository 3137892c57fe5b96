//! What is told of a person's health, and to whom. Who treats people reads it whole. Everybody else is told what a school
//! needs to know: to which diseases the person is immune, and which vaccines are contraindicated; not why, and nothing
//! that the forecast makes of it. Notes are read by all: who writes one is told so. The official record says no more, whoever
//! prints it: anybody may be handed it.

use std::collections::HashSet;

use forecast::{Forbidden, History, HistoryObservation, Schedule, Workspace, forecast};
use jiff::civil::Date;
use model::{
    Assessment, Caller, Coded, Cvx, GroupForecast, GroupStatus, OrganizationId, PatientObservation, PatientRecord,
    PatientReport, Reason, Right, Sex, VaccinationReport,
};

use crate::Registry;
use crate::assess::{Languages, assess, holds_on, observations, observations_of_reactions};

/// The section of the CDSi Logic Specification about contraindications.
const CONTRAINDICATIONS: &str = "7.3";

/// How much of a person's health is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HealthTold {
    /// All that is known.
    Whole,
    /// What a school needs, and what this organization said itself: it knows it, and takes it back.
    Needed { own: Option<OrganizationId> },
}

impl HealthTold {
    /// What the official record says.
    pub(crate) const ON_OFFICIAL_RECORD: HealthTold = HealthTold::Needed { own: None };

    fn is_whole_of(self, organization_id: OrganizationId) -> bool {
        match self {
            HealthTold::Whole => true,
            HealthTold::Needed { own } => own == Some(organization_id),
        }
    }
}

impl Registry {
    /// How much of people's health the caller is told.
    pub(crate) fn health_told(&self, caller: &Caller) -> HealthTold {
        if self.may_here(caller, Right::ReadHealthFacts) {
            return HealthTold::Whole;
        }
        HealthTold::Needed { own: self.may_here(caller, Right::ChangePerson).then_some(caller.organization_id) }
    }

    /// A record with as much of the person's health as is told.
    pub(crate) fn with_health_told(&self, mut record: PatientRecord, told: HealthTold, on: Date) -> PatientRecord {
        if told == HealthTold::Whole {
            return record;
        }
        let schedule = self.schedule();
        let needs = Needs { schedule: &schedule, record: &record, on };
        let needed: Vec<_> = record.reports.iter().map(|report| needs.of(report)).collect();
        for (report, needed) in record.reports.iter_mut().zip(needed) {
            if !told.is_whole_of(report.organization_id) {
                report.observations = needed;
            }
        }
        let mut said = HashSet::new();
        for report in &mut record.reports {
            report.observations.retain(|fact| {
                let PatientObservation { question, value, vaccine, until, .. } = fact;
                said.insert((question.clone(), value.code.clone(), value.text.clone(), *vaccine, *until))
            });
        }
        for report in record.vaccinations.iter_mut().filter(|report| !told.is_whole_of(report.organization_id)) {
            report.dose.reactions.clear();
            report.dose.observations.clear();
        }
        record
    }

    /// Which doses of a whole record count and what is due, as it is told: a forecast for a risk tells of the risk, and a
    /// reason of the condition.
    pub(crate) fn assess_as_told(
        &self,
        record: &PatientRecord,
        told: HealthTold,
        on: Date,
        languages: Languages,
    ) -> Option<Assessment> {
        let schedule = self.schedule();
        let whole = assess(&schedule, self.codes(), record, on, languages)?;
        if told == HealthTold::Whole {
            return Some(whole);
        }
        let is_forbidden = |group: &str| {
            let mut found = whole.forecasts.iter().filter(|forecast| forecast.vaccine_group == group);
            found.any(|forecast| forecast.status == GroupStatus::Contraindicated)
        };
        let mut known = record.clone();
        for report in &mut known.reports {
            report.observations.retain(|fact| !diseases(&schedule, fact).is_empty());
        }
        known.vaccinations.iter_mut().for_each(|report| report.dose.reactions.clear());
        let mut assessment = assess(&schedule, self.codes(), &known, on, languages)?;
        for forecast in assessment.forecasts.iter_mut().filter(|forecast| is_forbidden(&forecast.vaccine_group)) {
            *forecast = GroupForecast {
                vaccine_group: forecast.vaccine_group.clone(),
                group_cvx: forecast.group_cvx,
                is_for_risk: false,
                status: GroupStatus::Contraindicated,
                dose_number: None,
                earliest_on: None,
                recommended_on: None,
                past_due_on: None,
                latest_on: None,
                products: Vec::new(),
                reasons: vec![contraindication_recorded(languages)],
            };
        }
        Some(assessment)
    }

    /// What speaks against a dose, as it is told.
    pub(crate) fn contraindications_told(&self, found: Vec<Reason>, told: HealthTold) -> Vec<Reason> {
        if told == HealthTold::Whole || found.is_empty() {
            return found;
        }
        vec![contraindication_recorded(Languages::All)]
    }
}

/// That something speaks against a vaccine, and not what.
fn contraindication_recorded(languages: Languages) -> Reason {
    let spanish = "Hay una contraindicación registrada para esta vacuna.";
    Reason {
        rule: CONTRAINDICATIONS,
        english: "A contraindication to this vaccine is recorded.".to_owned(),
        spanish: (languages == Languages::All).then(|| spanish.to_owned()),
    }
}

/// What a school needs to know of one record.
struct Needs<'a> {
    schedule: &'a Schedule,
    record: &'a PatientRecord,
    on: Date,
}

impl Needs<'_> {
    /// Of what an organization said, of the person and of the doses it reported.
    fn of(&self, said: &PatientReport) -> Vec<PatientObservation> {
        let facts = said.observations.iter().flat_map(|fact| self.of_fact(fact, said));
        let is_given = |report: &&VaccinationReport| !report.is_deleted && report.dose.is_given();
        let doses = self.record.vaccinations.iter().filter(is_given);
        let doses = doses.filter(|report| report.organization_id == said.organization_id);
        let reactions = doses.flat_map(|report| {
            let meant = observations_of_reactions(self.schedule, &report.dose);
            self.contraindications(meant, None)
        });
        facts.chain(reactions).collect()
    }

    fn of_fact(&self, fact: &PatientObservation, said: &PatientReport) -> Vec<PatientObservation> {
        let says_immune =
            [PatientObservation::IMMUNITY, PatientObservation::SEROLOGY].contains(&fact.question.as_str());
        let diseases = diseases(self.schedule, fact);
        if fact.question == PatientObservation::NOTE {
            vec![fact.clone()]
        } else if says_immune && !diseases.is_empty() {
            // The name that was sent may say more than the disease.
            let value = Coded { text: diseases.join(", "), ..fact.value.clone() };
            vec![PatientObservation { value, ..fact.clone() }]
        } else if fact.until.is_some() || holds_on(self.schedule, fact, said, self.on) {
            self.contraindications(observations(self.schedule, fact), fact.until)
        } else {
            Vec::new()
        }
    }

    /// That vaccines are contraindicated by what was observed, whatever it was reported as.
    fn contraindications(&self, observed: Vec<HistoryObservation>, until: Option<Date>) -> Vec<PatientObservation> {
        let who = &self.record.patient.demographics;
        let Some(birth_date) = who.birth_date.filter(|_| !observed.is_empty()) else { return Vec::new() };
        let history = History { observations: observed, ..History::new(birth_date, who.sex.unwrap_or(Sex::U)) };
        let mut workspace = Workspace::default();
        let forbidden = forecast(self.schedule, &history, self.on, &mut workspace).forbidden();
        let told = |(name, vaccine): (&str, Option<Cvx>)| PatientObservation {
            question: PatientObservation::CONTRAINDICATION.to_owned(),
            value: Coded { text: name.to_owned(), ..Coded::default() },
            vaccine,
            since: None,
            observed_on: None,
            first_said_on: None,
            until,
        };
        let named = |what: Forbidden| match what {
            Forbidden::Group(name) | Forbidden::Antigen(name) => told((name, None)),
            Forbidden::Vaccine(cvx) => told((self.schedule.vaccine_name(cvx).unwrap_or_default(), Some(cvx))),
        };
        forbidden.into_iter().map(named).collect()
    }
}

/// The diseases to which a fact says that the person is immune, as the schedule names them.
fn diseases(schedule: &Schedule, fact: &PatientObservation) -> Vec<String> {
    let observed = observations(schedule, fact);
    let says = |code| observed.iter().any(|observation| observation.code == code);
    let immune = schedule.facts().antigens.iter().filter(|antigen| antigen.immune_if.iter().copied().any(says));
    immune.map(|antigen| antigen.name.clone()).collect()
}
