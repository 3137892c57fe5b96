//! A record through the forecast: which doses count, and what is due, as doors tell it.

use codes::CodeSets;
use forecast::{
    DoseReport, DoseStatus, EvaluationReport, ForecastKind, GroupReport, History, HistoryDose, HistoryObservation,
    Language, Schedule, SeriesStatus, Workspace,
};
use jiff::civil::Date;
use model::{
    Assessment, Completion, Cvx, DoseEvaluation, GroupForecast, GroupStatus, PatientRecord, Sex, VaccinationEventId,
    VaccinationReport,
};

/// Evaluates and forecasts a record as it is shown, as seen on a day. `None` where the birth date is not known.
pub(crate) fn assess(schedule: &Schedule, codes: &CodeSets, record: &PatientRecord, on: Date) -> Option<Assessment> {
    let (history, events) = history(schedule, record, on)?;
    let mut workspace = Workspace::default();
    let report = forecast::forecast(schedule, &history, on, &mut workspace).report(Language::English);
    let group_cvx = |group: &str| codes.vaccine_group(group).map_or(Cvx::UNKNOWN, |group| group.representative);
    let evaluations = events.iter().zip(&report.doses).flat_map(|(event_id, dose)| {
        let by_group = best_of_each_group(dose);
        by_group.into_iter().map(|found| evaluation(*event_id, found, group_cvx(&found.vaccine_group)))
    });
    let evaluations = evaluations.collect();
    let has_risk = |group: &str| {
        report.forecasts.iter().any(|other| other.vaccine_group == group && other.kind == ForecastKind::Risk)
    };
    let told =
        report.forecasts.iter().filter(|found| found.kind == ForecastKind::Risk || !has_risk(&found.vaccine_group));
    let forecasts = told.map(|found| group_forecast(found, group_cvx(&found.vaccine_group), on)).collect();
    Some(Assessment { schedule: report.schedule, on, evaluations, forecasts })
}

/// The doses given and the observations that the schedule knows; beside each dose, whose vaccination it is.
fn history(schedule: &Schedule, record: &PatientRecord, on: Date) -> Option<(History, Vec<VaccinationEventId>)> {
    let demographics = &record.patient.demographics;
    let mut history = History::new(demographics.birth_date?, demographics.sex.unwrap_or(Sex::U));
    let given = |report: &&VaccinationReport| !report.is_deleted && report.dose.is_given();
    let mut events = Vec::new();
    for report in record.vaccinations.iter().filter(given) {
        events.push(report.event_id);
        history.doses.push(HistoryDose {
            date: report.dose.administered_on,
            cvx: report.dose.cvx,
            mvx: report.dose.mvx.clone(),
            lot_expires_on: report.dose.lot_expires_on,
            must_be_repeated: report.dose.completion == Completion::Partial,
        });
    }
    for fact in record.reports.iter().flat_map(|report| &report.observations) {
        let system = if fact.value.system == "SCT" { "SNOMED" } else { fact.value.system.as_str() };
        let is_over = fact.until.is_some_and(|until| until < on);
        let code = schedule.observation_of(system, &fact.value.code).filter(|_| !is_over);
        history.observations.extend(code.map(|code| HistoryObservation { code, date: fact.since }));
    }
    Some((history, events))
}

/// For each vaccine group of a dose, the evaluation in which it did best.
fn best_of_each_group(dose: &DoseReport) -> Vec<&EvaluationReport> {
    let mut best: Vec<&EvaluationReport> = Vec::new();
    for found in &dose.evaluations {
        match best.iter_mut().find(|known| known.vaccine_group == found.vaccine_group) {
            Some(known) if known.status != DoseStatus::Valid && found.status == DoseStatus::Valid => *known = found,
            Some(_) => {}
            None => best.push(found),
        }
    }
    best
}

fn evaluation(event_id: VaccinationEventId, found: &EvaluationReport, group_cvx: Cvx) -> DoseEvaluation {
    DoseEvaluation {
        event_id,
        vaccine_group: found.vaccine_group.clone(),
        group_cvx,
        series: found.series.clone(),
        dose_number: found.target_dose,
        doses_in_series: u16::try_from(found.doses_in_series).unwrap_or(u16::MAX),
        is_valid: found.status == DoseStatus::Valid,
        reason: found.reasons.first().map(|reason| reason.text.clone()).unwrap_or_default(),
    }
}

fn group_forecast(found: &GroupReport, group_cvx: Cvx, on: Date) -> GroupForecast {
    GroupForecast {
        vaccine_group: found.vaccine_group.clone(),
        group_cvx,
        status: status(found, on),
        dose_number: found.dose_number,
        earliest_on: found.earliest,
        recommended_on: found.recommended,
        past_due_on: found.past_due,
        latest_on: found.latest,
        reason: found.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" "),
    }
}

fn status(found: &GroupReport, on: Date) -> GroupStatus {
    match found.status {
        SeriesStatus::NotComplete if found.past_due.is_some_and(|past_due| past_due < on) => GroupStatus::Overdue,
        SeriesStatus::NotComplete if found.recommended.is_some_and(|recommended| recommended <= on) => GroupStatus::Due,
        SeriesStatus::NotComplete => GroupStatus::UpToDate,
        SeriesStatus::Complete => GroupStatus::Complete,
        SeriesStatus::Immune => GroupStatus::Immune,
        SeriesStatus::Contraindicated => GroupStatus::Contraindicated,
        SeriesStatus::AgedOut => GroupStatus::AgedOut,
        SeriesStatus::NotRecommended => GroupStatus::NotRecommended,
    }
}
