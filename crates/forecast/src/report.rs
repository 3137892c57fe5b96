//! What the engine found, spelled out: what the doors, the pages and the command line show.

use jiff::civil::Date;
use model::Cvx;
use serde::Serialize;

use crate::contraindication::forbidden_vaccines;
use crate::forecast::{Forecast, Workspace};
use crate::guidance::guidance;
use crate::reasons::Need;
use crate::schedule::AgeId;
use crate::sentences::{Explanation, Language, ReasonKind, Teller};
use crate::vaccine_groups::{ForecastKind, GroupForecast};
use crate::walk::{DoseStatus, Evaluation, SeriesRun, SeriesStatus, SeriesWalk};

/// Everything about one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The schedule that was used.
    pub schedule: String,
    /// The day as seen from which.
    pub assessment_date: Date,
    /// The doses, in the order of the history.
    pub doses: Vec<DoseReport>,
    /// The forecasts, in the schedule's order of vaccine groups.
    pub forecasts: Vec<GroupReport>,
}

/// One dose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DoseReport {
    /// Day of administration.
    pub date: Date,
    /// Vaccine.
    #[serde(serialize_with = "serialize_cvx")]
    pub cvx: Cvx,
    /// The schedule's name of the vaccine; `None` when it does not know it, and then nothing is evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vaccine: Option<String>,
    /// The dose was given before birth: a mistake in the data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_before_birth: bool,
    /// One for each antigen and best series.
    pub evaluations: Vec<EvaluationReport>,
}

/// What a best series made of a dose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EvaluationReport {
    /// The antigen.
    pub antigen: String,
    /// Its vaccine group.
    pub vaccine_group: String,
    /// Standard or risk.
    pub kind: ForecastKind,
    /// The series.
    pub series: String,
    /// How many doses the primary series takes for this person, boosters left out; `None` where every season begins anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doses_in_series: Option<u16>,
    /// The target dose that it was held against, from 1; `None` when none was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_dose: Option<u8>,
    /// Its number among the doses that the person needed of the series; `None` when none was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dose_number: Option<u16>,
    /// What became of it.
    pub status: DoseStatus,
    /// Why, most important first.
    pub reasons: Vec<Explanation>,
}

/// The forecast of a vaccine group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GroupReport {
    /// The vaccine group.
    pub vaccine_group: String,
    /// Standard or risk.
    pub kind: ForecastKind,
    /// What the group is to the person.
    pub status: SeriesStatus,
    /// The first day on which the next dose would count.
    pub earliest: Option<Date>,
    /// The day from which it is recommended.
    pub recommended: Option<Date>,
    /// The last day on which it is in time.
    pub past_due: Option<Date>,
    /// The last day on which it can be given.
    pub latest: Option<Date>,
    /// The number of the next dose.
    pub dose_number: Option<u16>,
    /// Vaccines to be given.
    pub products: Vec<ProductReport>,
    /// The series that it is made of.
    pub series: Vec<SeriesReport>,
    /// Why.
    pub reasons: Vec<Explanation>,
}

/// A best series of a vaccine group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SeriesReport {
    /// Its antigen.
    pub antigen: String,
    /// Its name.
    pub name: String,
    /// What it is to the person.
    pub status: SeriesStatus,
}

/// A vaccine to be given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProductReport {
    /// Its code.
    #[serde(serialize_with = "serialize_cvx")]
    pub cvx: Cvx,
    /// Its name.
    pub vaccine: String,
}

fn serialize_cvx<S: serde::Serializer>(cvx: &Cvx, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cvx)
}

impl<'a> Forecast<'a> {
    /// Spells everything out.
    pub fn report(&self, language: Language) -> Report {
        let teller =
            Teller { schedule: self.schedule, person: &self.workspace.person, history: self.history, language };
        Report {
            schedule: self.schedule.name.clone(),
            assessment_date: self.workspace.person.today.date(),
            doses: self.doses(&teller),
            forecasts: self.workspace.groups.forecasts.iter().map(|group| self.group(&teller, group)).collect(),
        }
    }

    fn doses(&self, teller: &Teller) -> Vec<DoseReport> {
        let doses = self.history.doses.iter().map(|dose| DoseReport {
            date: dose.date,
            cvx: dose.cvx,
            vaccine: self.schedule.vaccine_name(dose.cvx).map(str::to_owned),
            is_before_birth: dose.date < self.history.birth_date,
            evaluations: Vec::new(),
        });
        let mut doses: Vec<DoseReport> = doses.collect();
        for (place, count) in self.workspace.best.iter().zip(self.primary_counts()) {
            let run = &self.workspace.trail.runs[*place];
            for evaluation in self.workspace.trail.evaluations(run) {
                let dose = self.workspace.person.doses[usize::from(evaluation.dose)].place;
                let number = self.dose_number(run, evaluation, count.is_none());
                let found = self.evaluation(teller, run, evaluation, number);
                doses[usize::from(dose)].evaluations.push(EvaluationReport { doses_in_series: count, ..found });
            }
        }
        doses
    }

    /// Beside each best series, how many doses the primary series takes. Only who tells every dose asks for it.
    fn primary_counts(&self) -> Vec<Option<u16>> {
        let Workspace { person, trail, best, .. } = self.workspace;
        let mut trail = trail.clone();
        let count = |run: &usize| SeriesWalk::again(self.schedule, person, *run, &mut trail).primary_dose_count();
        best.iter().map(count).collect()
    }

    /// The number of a dose among those that the person needed: skipped target doses do not count (FORECASTDN-1). In a series that
    /// begins anew every season, what satisfied the same target dose before is of another season. `None` when none was left.
    fn dose_number(&self, run: &SeriesRun, evaluation: &Evaluation, begins_anew: bool) -> Option<u16> {
        let held_against = Some(evaluation.target_number).filter(|number| *number != 0)?;
        let before = run.steps.of(&self.workspace.trail.steps).iter();
        let before = before.filter(|step| step.satisfied_by.is_some_and(|dose| dose < evaluation.dose));
        let mut numbers: Vec<u8> = before.map(|step| step.target_number).collect();
        if begins_anew {
            numbers.retain(|number| *number < held_against);
            numbers.dedup();
        }
        u16::try_from(numbers.len() + 1).ok()
    }

    fn evaluation(
        &self,
        teller: &Teller,
        run: &SeriesRun,
        evaluation: &Evaluation,
        number: Option<u16>,
    ) -> EvaluationReport {
        let series = self.schedule.series_rule(run.series);
        let antigen = &self.schedule.antigens[usize::from(series.antigen)];
        let counts = number.filter(|_| evaluation.status == DoseStatus::Valid).map(|number| teller.counts(number));
        let reasons = evaluation.reasons.of(&self.workspace.trail.reasons).iter().map(|reason| teller.reason(reason));
        let mut reasons: Vec<Explanation> = counts.into_iter().chain(reasons).collect();
        reasons.sort_by_key(|reason| reason.kind == ReasonKind::Grace);
        EvaluationReport {
            antigen: antigen.name.clone(),
            vaccine_group: self.schedule.groups[usize::from(antigen.group)].name.clone(),
            kind: ForecastKind::of(series.kind),
            series: series.name.clone(),
            doses_in_series: None,
            target_dose: Some(evaluation.target_number).filter(|number| *number != 0),
            dose_number: number,
            status: evaluation.status,
            reasons,
        }
    }

    fn group(&self, teller: &Teller, group: &GroupForecast) -> GroupReport {
        let runs =
            || group.members.of(&self.workspace.groups.members).iter().map(|place| &self.workspace.trail.runs[*place]);
        let mut reasons = Vec::new();
        if let Some(dates) = &group.dates {
            reasons.push(teller.basis(&dates.earliest_by, dates.earliest.date(), false));
            if dates.recommended != dates.earliest {
                reasons.push(teller.basis(&dates.recommended_by, dates.recommended.date(), true));
            }
        } else if let Some(run) = runs().find(|run| run.status == group.status) {
            reasons.push(teller.need(&run.forecast.need));
        } else {
            reasons.push(teller.need(&Need::Complete));
        }
        reasons.extend(guidance(self, group, teller.language));
        GroupReport {
            vaccine_group: self.schedule.groups[usize::from(group.group)].name.clone(),
            kind: group.kind,
            status: group.status,
            earliest: group.dates.map(|dates| dates.earliest.date()),
            recommended: group.dates.map(|dates| dates.recommended.date()),
            past_due: group.dates.and_then(|dates| dates.past_due).map(|day| day.date()),
            latest: group.dates.and_then(|dates| dates.latest).map(|day| day.date()),
            dose_number: group.dose_number,
            products: self.products(runs().filter(|run| run.status == SeriesStatus::NotComplete)),
            series: runs().map(|run| self.series(run)).collect(),
            reasons,
        }
    }

    fn series(&self, run: &SeriesRun) -> SeriesReport {
        let rule = self.schedule.series_rule(run.series);
        let antigen = self.schedule.antigens[usize::from(rule.antigen)].name.clone();
        SeriesReport { antigen, name: rule.name.clone(), status: run.status }
    }

    /// FORECASTRECVAC-1: the vaccines that a target dose asks for, that are not forbidden, and whose ages fit the forecast.
    fn products<'r>(&self, runs: impl Iterator<Item = &'r SeriesRun>) -> Vec<ProductReport> {
        let person = &self.workspace.person;
        let mut products: Vec<ProductReport> = Vec::new();
        for run in runs {
            let (Some(target), Some(dates)) = (run.forecast.target, run.forecast.dates) else { continue };
            let antigen = &self.schedule.antigens[usize::from(self.schedule.series_rule(run.series).antigen)];
            let (forbidden, _) = forbidden_vaccines(self.schedule, person, antigen);
            let is_of_age = |from: AgeId, before: AgeId| {
                person.is_within(dates.earliest, from, before) || person.is_within(dates.recommended, from, before)
            };
            for row in self.schedule.target(target).preferable.of(&self.schedule.products) {
                if !row.is_recommended || !is_of_age(row.from, row.before) {
                    continue;
                }
                for vaccine in row.vaccines.iter().filter(|vaccine| !forbidden.contains(*vaccine)) {
                    let rule = &self.schedule.vaccines[usize::from(vaccine)];
                    let product = ProductReport { cvx: rule.cvx, vaccine: rule.name.clone() };
                    if !products.contains(&product) {
                        products.push(product);
                    }
                }
            }
        }
        products
    }
}
