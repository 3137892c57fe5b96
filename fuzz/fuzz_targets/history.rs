//! Questions as JSON, and CDC's case sheets: nothing panics, and the same history in another order gets the same forecasts.

#![no_main]

use forecast::{GroupReport, Language, Request, Schedule, Workspace, cases, forecast};
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = cases::check_cases(Schedule::builtin(), text);
    let Ok(request) = serde_json::from_str::<Request>(text) else { return };
    let Ok(mut history) = request.history() else { return };
    let on = request.assessment_date.unwrap_or(date(2026, 1, 15));
    let mut workspace = Workspace::default();
    let found = forecast(Schedule::builtin(), &history, on, &mut workspace);
    let _ = (found.explain(Language::English), found.report(Language::Spanish));
    let forecasts = found.report(Language::English).forecasts;
    history.doses.reverse();
    let again = forecast(Schedule::builtin(), &history, on, &mut workspace).report(Language::English).forecasts;
    let dates = |group: &GroupReport| (group.status, group.earliest, group.recommended, group.dose_number);
    assert!(forecasts.iter().map(dates).eq(again.iter().map(dates)) || history.doses.len() > 500);
});
