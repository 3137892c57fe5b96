//! Doses that were refused: what is said of them.

use codes::CodeSets;
use model::{CodeTables, Completion, GroupForecast, Table, VaccinationReport};
use registry::OpenedRecord;

use crate::dates;
use crate::languages::Language;

/// Why a dose was refused; `None` where it was not, or nobody said.
pub(crate) fn reason(report: &VaccinationReport, codes: &CodeSets, language: Language) -> Option<String> {
    let said = report.dose.refusal_reason.as_ref().filter(|_| report.dose.completion == Completion::Refused)?;
    let known = language.find_text(&format!("refusal_reason.{}", said.code));
    let told = known.or_else(|| codes.name(Table::RefusalReason, &said.code));
    Some(told.map_or_else(|| said.text.clone(), str::to_owned)).filter(|text| !text.is_empty())
}

/// That a vaccine group was refused, when and why; `None` where it never was, or a dose was given since.
pub(crate) fn of_group(
    opened: &OpenedRecord,
    forecast: &GroupForecast,
    codes: &CodeSets,
    language: Language,
) -> Option<String> {
    let group = codes.vaccine_group(&forecast.vaccine_group)?;
    let of_group = opened.shown.vaccinations.iter().filter(|report| {
        codes.vaccine_groups(report.dose.cvx).overlaps(group.bit)
            && (report.dose.is_given() || report.dose.completion == Completion::Refused)
    });
    // Of one day, what was given counts.
    let newest = of_group.max_by_key(|report| (report.dose.administered_on, report.dose.is_given()));
    let refusal = newest.filter(|report| !report.dose.is_given())?;
    let date = dates::shown(refusal.dose.administered_on, language);
    let refused = language.fill("forecast.refused", &[("date", &date)]);
    Some(match reason(refusal, codes, language) {
        Some(reason) => format!("{refused} ({reason})"),
        None => refused,
    })
}
