//! Evaluation and forecast of an answer (Z42): which doses count, and what is due when.

use model::{Assessment, DoseEvaluation, DoseStatus, GroupForecast, GroupStatus, PatientRecord, Reason};

use super::Answer;
use super::history::vaccinations;
use super::observations::{Numbers, Value};
use crate::acknowledgment::fitting;

/// The schedule of the United States (59779-9); which edition of it was used stands in the alternate code.
const ACIP: [&str; 3] = ["VXC16", "ACIP schedule", "CDCPHINVS"];
/// Sentences are cut to this.
const REASON_LENGTH_LIMIT: usize = 1_000;
/// CE.4 (HL7 IG 1.5, CE).
const SCHEDULE_LENGTH_LIMIT: usize = 50;

impl Answer<'_> {
    /// Z42: every vaccination with what it counts for, what is known of the person, and the forecast under one order without a
    /// vaccine.
    ///
    /// # Source
    /// HL7 IG 1.5, profile Z42 and chapter 6, evaluated history and forecast.
    pub(super) fn write_evaluated_history(&mut self, record: &PatientRecord, assessment: &Assessment) {
        for report in vaccinations(record) {
            self.write_order(report);
            let mut evaluations =
                assessment.evaluations.iter().filter(|found| found.event_id == report.event_id).peekable();
            if evaluations.peek().is_none() {
                self.write_vaccine_type(report.dose.cvx);
            }
            let mut numbers = Numbers::default();
            evaluations.for_each(|evaluation| self.write_evaluation(&mut numbers, evaluation, assessment));
        }
        self.write_person_observations(record);
        self.write_no_vaccine_order();
        let mut numbers = Numbers::default();
        if assessment.forecasts.is_empty() {
            self.write_note("No vaccine is forecast.");
        }
        assessment.forecasts.iter().for_each(|forecast| self.write_forecast(&mut numbers, forecast, assessment));
    }

    fn write_evaluation(&mut self, numbers: &mut Numbers, evaluation: &DoseEvaluation, assessment: &Assessment) {
        let on = Some(assessment.on);
        numbers.next_group();
        let group = evaluation.group_cvx.to_string();
        let name = Value::Code(&group, fitting(&evaluation.vaccine_group, 199), "CVX");
        self.write_observation(numbers, "30956-7", &name, on);
        let edition = fitting(&assessment.schedule, SCHEDULE_LENGTH_LIMIT);
        self.write_observation(numbers, "59779-9", &Value::CodeNamed(ACIP, edition), on);
        self.write_observation(numbers, "59780-7", &Value::Text(&evaluation.series), on);
        if let Some(number) = evaluation.dose_number {
            self.write_observation(numbers, "30973-2", &Value::Number(number), on);
        }
        if let Some(count) = evaluation.doses_in_series {
            self.write_observation(numbers, "59782-3", &Value::Number(count), on);
        }
        // Whether a dose counts of a season that the schedule does not hold, nobody knows: the reason says so.
        if evaluation.status != DoseStatus::SeasonUnknown {
            self.write_observation(numbers, "59781-5", &Value::YesOrNo(evaluation.is_valid()), on);
        }
        // One reason a dose, as the guide's examples have it: the most important one.
        self.write_reason(numbers, evaluation.reasons.get(..1).unwrap_or_default(), assessment);
    }

    fn write_forecast(&mut self, numbers: &mut Numbers, forecast: &GroupForecast, assessment: &Assessment) {
        let on = Some(assessment.on);
        numbers.next_group();
        let question = if forecast.earliest_on.is_some() { "30979-9" } else { "30956-7" };
        let group = forecast.group_cvx.to_string();
        let name = Value::Code(&group, fitting(&forecast.vaccine_group, 199), "CVX");
        self.write_observation(numbers, question, &name, on);
        let edition = fitting(&assessment.schedule, SCHEDULE_LENGTH_LIMIT);
        self.write_observation(numbers, "59779-9", &Value::CodeNamed(ACIP, edition), on);
        if let Some((code, text)) = status_answer(forecast.status) {
            self.write_observation(numbers, "59783-1", &Value::Code(code, text, "LN"), on);
        }
        if let Some(number) = forecast.dose_number {
            self.write_observation(numbers, "30973-2", &Value::Number(number), on);
        }
        let dates = [
            ("30981-5", forecast.earliest_on),
            ("30980-7", forecast.recommended_on),
            ("59778-1", forecast.past_due_on),
            ("59777-3", forecast.latest_on),
        ];
        for (question, date) in dates {
            if let Some(date) = date {
                self.write_observation(numbers, question, &Value::Date(date), on);
            }
        }
        self.write_reason(numbers, &forecast.reasons, assessment);
    }

    fn write_reason(&mut self, numbers: &mut Numbers, reasons: &[Reason], assessment: &Assessment) {
        let reasons = reasons.iter().map(|reason| reason.english.as_str()).collect::<Vec<_>>().join(" ");
        if !reasons.is_empty() {
            let text = Value::Text(fitting(&reasons, REASON_LENGTH_LIMIT));
            self.write_observation(numbers, "30982-3", &text, Some(assessment.on));
        }
    }
}

/// LOINC's answers to 59783-1. It has none for a person who is immune or must not be vaccinated, nor for what a
/// schedule does not know; the reason says so.
fn status_answer(status: GroupStatus) -> Option<(&'static str, &'static str)> {
    match status {
        GroupStatus::UpToDate | GroupStatus::Due => Some(("LA13422-3", "On schedule")),
        GroupStatus::Overdue => Some(("LA13423-1", "Overdue")),
        GroupStatus::Complete => Some(("LA13421-5", "Complete")),
        GroupStatus::AgedOut => Some(("LA13424-9", "Too old")),
        GroupStatus::Immune
        | GroupStatus::Contraindicated
        | GroupStatus::NotRecommended
        | GroupStatus::SeasonUnknown => None,
    }
}
