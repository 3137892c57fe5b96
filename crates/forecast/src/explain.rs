//! The whole reasoning about one person, as text.

use std::fmt::Write;

use crate::forecast::Forecast;
use crate::report::{GroupReport, Report};
use crate::sentences::Language;
use crate::vaccine_groups::ForecastKind;
use crate::walk::{DoseStatus, SeriesRun, SeriesStatus};

/// The words of the frame around the sentences.
struct Words {
    seen_on: &'static str,
    doses: &'static str,
    before_birth: &'static str,
    unknown_vaccine: &'static str,
    not_evaluated: &'static str,
    forecasts: &'static str,
    risk: &'static str,
    dose: &'static str,
    earliest: &'static str,
    recommended: &'static str,
    past_due: &'static str,
    latest: &'static str,
    series: &'static str,
    skipped: &'static str,
}

const ENGLISH: Words = Words {
    seen_on: "as seen on",
    doses: "Doses",
    before_birth: "given before birth: a mistake in the data",
    unknown_vaccine: "the schedule does not know this vaccine",
    not_evaluated: "no series for this person uses this dose",
    forecasts: "Forecasts",
    risk: "at risk",
    dose: "dose",
    earliest: "earliest",
    recommended: "recommended",
    past_due: "past due after",
    latest: "latest",
    series: "Series",
    skipped: "skipped",
};

const SPANISH: Words = Words {
    seen_on: "a fecha de",
    doses: "Dosis",
    before_birth: "aplicada antes de nacer: un error en los datos",
    unknown_vaccine: "el esquema no conoce esta vacuna",
    not_evaluated: "ninguna serie para esta persona usa esta dosis",
    forecasts: "Pronósticos",
    risk: "por riesgo",
    dose: "dosis",
    earliest: "desde",
    recommended: "recomendada",
    past_due: "atrasada después del",
    latest: "hasta",
    series: "Serie",
    skipped: "omitida",
};

/// Adds a line; writing to a string cannot fail.
macro_rules! line {
    ($text:expr, $($argument:tt)*) => {
        writeln!($text, $($argument)*).expect("writing to a string cannot fail")
    };
}

impl Forecast<'_> {
    /// Every evaluation, every best series with its target doses, and every forecast, with reasons, as text.
    pub fn explain(&self, language: Language) -> String {
        let words = match language {
            Language::English => ENGLISH,
            Language::Spanish => SPANISH,
        };
        let report = self.report(language);
        let mut text = format!("{}, {} {}\n", report.schedule, words.seen_on, report.assessment_date);
        explain_doses(&mut text, &report, &words, language);
        for place in &self.workspace.best {
            self.explain_series(&mut text, &self.workspace.trail.runs[*place], &words, language);
        }
        line!(text, "\n{}", words.forecasts);
        for forecast in &report.forecasts {
            explain_forecast(&mut text, forecast, &words, language);
        }
        text
    }

    fn explain_series(&self, text: &mut String, run: &SeriesRun, words: &Words, language: Language) {
        let rule = self.schedule.series_rule(run.series);
        let antigen = &self.schedule.antigens[usize::from(rule.antigen)].name;
        line!(text, "\n{} {} ({antigen}): {}", words.series, rule.name, series_status(run.status, language));
        for step in run.steps.of(&self.workspace.trail.steps) {
            let outcome = match step.satisfied_by {
                Some(dose) => self.workspace.person.doses[usize::from(dose)].date.date().to_string(),
                None => words.skipped.to_owned(),
            };
            line!(text, "  {} {}: {outcome}", words.dose, step.target_number);
        }
    }
}

fn explain_doses(text: &mut String, report: &Report, words: &Words, language: Language) {
    line!(text, "\n{}", words.doses);
    for dose in &report.doses {
        line!(text, "  {} CVX {} {}", dose.date, dose.cvx, dose.vaccine.as_deref().unwrap_or(words.unknown_vaccine));
        if dose.is_before_birth {
            line!(text, "    {}", words.before_birth);
        }
        if dose.evaluations.is_empty() && dose.vaccine.is_some() {
            line!(text, "    {}", words.not_evaluated);
        }
        for evaluation in &dose.evaluations {
            let status = dose_status(evaluation.status, language);
            line!(text, "    {} - {}: {status}", evaluation.antigen, evaluation.series);
            for reason in &evaluation.reasons {
                line!(text, "      {} [{}]", reason.text, reason.rule);
            }
        }
    }
}

fn explain_forecast(text: &mut String, forecast: &GroupReport, words: &Words, language: Language) {
    let risk = if forecast.kind == ForecastKind::Risk { format!(" ({})", words.risk) } else { String::new() };
    let number = forecast.dose_number.map(|number| format!(", {} {number}", words.dose)).unwrap_or_default();
    let status = series_status(forecast.status, language);
    line!(text, "  {}{risk}: {status}{number}", forecast.vaccine_group);
    let dates = [
        (words.earliest, forecast.earliest),
        (words.recommended, forecast.recommended),
        (words.past_due, forecast.past_due),
        (words.latest, forecast.latest),
    ];
    let dates: Vec<String> =
        dates.iter().filter_map(|(word, date)| date.map(|date| format!("{word} {date}"))).collect();
    if !dates.is_empty() {
        line!(text, "    {}", dates.join(", "));
    }
    for reason in &forecast.reasons {
        line!(text, "    {} [{}]", reason.text, reason.rule);
    }
    for product in &forecast.products {
        line!(text, "    CVX {} {}", product.cvx, product.vaccine);
    }
}

fn series_status(status: SeriesStatus, language: Language) -> &'static str {
    let (english, spanish) = match status {
        SeriesStatus::NotComplete => ("not complete", "incompleta"),
        SeriesStatus::Complete => ("complete", "completa"),
        SeriesStatus::Immune => ("immune", "inmune"),
        SeriesStatus::Contraindicated => ("contraindicated", "contraindicada"),
        SeriesStatus::AgedOut => ("aged out", "edad superada"),
        SeriesStatus::NotRecommended => ("not recommended", "no recomendada"),
    };
    if language == Language::Spanish { spanish } else { english }
}

fn dose_status(status: DoseStatus, language: Language) -> &'static str {
    let (english, spanish) = match status {
        DoseStatus::Valid => ("valid", "válida"),
        DoseStatus::NotValid => ("not valid", "no válida"),
        DoseStatus::Extraneous => ("not needed", "no necesaria"),
        DoseStatus::Substandard => ("to be repeated", "por repetir"),
    };
    if language == Language::Spanish { spanish } else { english }
}
