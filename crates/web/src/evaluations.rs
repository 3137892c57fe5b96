//! Evaluations and forecasts in the visitor's language.

use codes::CodeSets;
use model::{CodeTables, Completion, DoseEvaluation, DoseStatus, GroupForecast, Reason, VaccinationReport};

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
/// there the schedule's own numbers of its steps say nothing to people (every influenza dose is number 2).
pub(crate) fn number(evaluation: &DoseEvaluation, language: Language) -> String {
    let number = evaluation.dose_number.filter(|_| evaluation.is_valid());
    match (number, evaluation.doses_in_series) {
        (Some(number), Some(all)) if u16::from(number) <= all => {
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
