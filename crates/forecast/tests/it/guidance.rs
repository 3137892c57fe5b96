//! What the schedule leaves to a decision is said, and only there.

use bluebonnet_forecast::facts::ObservationCode;
use bluebonnet_forecast::{
    ForecastKind, History, HistoryObservation, Language, ReasonKind, Schedule, Workspace, forecast,
};
use jiff::civil::{Date, date};
use model::Sex;

/// What is said of a decision about a group, in English and Spanish.
fn guidance(born: Date, observed: Option<u16>, group: &str) -> Vec<String> {
    let mut history = History::new(born, Sex::F);
    history.observations.extend(observed.map(|code| HistoryObservation { code: ObservationCode(code), date: None }));
    let mut workspace = Workspace::default();
    let found = forecast(Schedule::builtin(), &history, date(2025, 4, 24), &mut workspace);
    let mut said = Vec::new();
    for language in [Language::English, Language::Spanish] {
        let report = found.report(language);
        let risk = report.forecasts.iter().find(|it| it.vaccine_group == group && it.kind == ForecastKind::Risk);
        let told = risk.or_else(|| report.forecasts.iter().find(|it| it.vaccine_group == group)).expect("forecast");
        let reasons = told.reasons.iter().filter(|reason| reason.kind == ReasonKind::Guidance);
        said.extend(reasons.map(|reason| reason.text.clone()));
    }
    said
}

#[test]
fn what_may_be_given_and_need_not_is_said_to_be_so() {
    let diabetes = 14;
    for (born, observed, group, is_said) in [
        (date(1960, 3, 30), None, "HepB", true),
        (date(1965, 4, 24), None, "HepB", true),
        (date(1965, 4, 25), None, "HepB", false),
        (date(1960, 3, 30), Some(diabetes), "HepB", false),
        (date(1995, 4, 24), None, "HPV", true),
        (date(2009, 4, 24), None, "HPV", false),
        (date(2008, 4, 24), None, "Meningococcal B", true),
        (date(2020, 4, 24), None, "Meningococcal B", false),
    ] {
        let said = guidance(born, observed, group);
        assert_eq!(said.len(), if is_said { 2 } else { 0 }, "{group}, born {born}, {observed:?}: {said:?}");
    }
}
