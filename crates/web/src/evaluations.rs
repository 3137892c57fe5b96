//! Evaluations and forecasts in the visitor's language.

use codes::CodeSets;
use jiff::civil::Date;
use model::{
    Assessment, CodeTables, Completion, DoseEvaluation, DoseStatus, GroupForecast, GroupStatus, Reason,
    VaccinationReport,
};

use crate::languages::Language;

/// A reason, with the rule of CDSi that it rests on.
pub(crate) struct WhyLine {
    pub(crate) text: String,
    pub(crate) rule: &'static str,
}

/// Vaccines named for a forecast at most.
const PRODUCTS_SHOWN: usize = 4;

/// Reasons as the visitor reads them.
pub(crate) fn why(reasons: &[Reason], language: Language) -> Vec<WhyLine> {
    let text = |reason: &Reason| match (language, &reason.spanish) {
        (Language::Spanish, Some(spanish)) => spanish.clone(),
        _ => reason.english.clone(),
    };
    reasons.iter().map(|reason| WhyLine { text: text(reason), rule: reason.rule }).collect()
}

/// `1 of 3`. Empty for a dose that does not count, and where the series has no fixed length, or has been completed before:
/// there a number of all says nothing (the fifth of four).
pub(crate) fn number(evaluation: &DoseEvaluation, language: Language) -> String {
    let number = evaluation.dose_number.filter(|_| evaluation.is_valid());
    match (number, evaluation.doses_in_series) {
        (Some(number), Some(all)) if number <= all => {
            language.fill("history.dose_of", &[("number", &number.to_string()), ("all", &all.to_string())])
        }
        _ => String::new(),
    }
}

/// The vaccines that the schedule names for the next dose.
pub(crate) fn products(forecast: &GroupForecast, codes: &CodeSets) -> String {
    let names = forecast.products.iter().filter_map(|cvx| codes.vaccine_name(*cvx)).take(PRODUCTS_SHOWN);
    names.collect::<Vec<_>>().join("; ")
}

/// The day of a dose that does not count, where CDC's dates of the next one begin anew at it: the newest of its group. What was past
/// due before is then past due only after the next one may be given.
///
/// # Source
/// CDSi Logic Specification 4.6, FORECASTDTCAN-1 (the earliest date is not before that of the last dose, and intervals begin at doses
/// that are not valid, too) and FORECASTDT-6 (the past due date is not before the earliest).
pub(crate) fn begun_anew(
    forecast: &GroupForecast,
    assessment: &Assessment,
    doses: &[VaccinationReport],
) -> Option<Date> {
    let is_moved = forecast.past_due_on.is_some() && forecast.past_due_on == forecast.earliest_on;
    if !is_moved || !matches!(forecast.status, GroupStatus::Due | GroupStatus::UpToDate) {
        return None;
    }
    let of_group = assessment.evaluations.iter().filter(|found| found.vaccine_group == forecast.vaccine_group);
    let dated = of_group.filter_map(|found| {
        let dose = doses.iter().find(|report| report.event_id == found.event_id)?;
        Some((dose.dose.administered_on, found.status))
    });
    let dated: Vec<(Date, DoseStatus)> = dated.collect();
    let newest = dated.iter().map(|(on, _)| *on).max()?;
    let does_not_count = |status| matches!(status, DoseStatus::NotValid | DoseStatus::Substandard);
    dated.iter().all(|(on, status)| *on != newest || does_not_count(*status)).then_some(newest)
}

/// What is said of a dose, its icon and its class: never by color alone.
pub(crate) fn validity(
    report: &VaccinationReport,
    evaluation: Option<&DoseEvaluation>,
) -> (&'static str, &'static str, &'static str) {
    if report.dose.completion == Completion::Refused {
        return ("history.refused", "do_not_disturb", "bb-neutral");
    }
    if !report.dose.is_given() {
        return ("history.not_given", "do_not_disturb", "bb-neutral");
    }
    match evaluation.map(|found| found.status) {
        Some(DoseStatus::Valid) => ("history.valid", "check_circle", "bb-valid"),
        Some(DoseStatus::NotValid) => ("history.not_valid", "cancel", "bb-invalid"),
        Some(DoseStatus::Extraneous) => ("history.extra", "info", "bb-neutral"),
        Some(DoseStatus::Substandard) => ("history.substandard", "error", "bb-invalid"),
        Some(DoseStatus::SeasonUnknown) | None => ("history.not_evaluated", "remove", "bb-neutral"),
    }
}
