//! What must hold for every history, and readers that nothing upsets.

use bluebonnet_forecast::facts::{AntigenFacts, ObservationCode, SkipConditionFacts};
use bluebonnet_forecast::import::{ImportFile, import};
use bluebonnet_forecast::{
    DoseStatus, GroupReport, History, HistoryDose, HistoryObservation, Language, Report, Request, Schedule, Workspace,
    cases, forecast, text,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use model::{Cvx, Sex};
use proptest::prelude::*;

fn report(schedule: &Schedule, history: &History, on: Date) -> Report {
    let mut workspace = Workspace::default();
    let found = forecast(schedule, history, on, &mut workspace);
    assert!(!found.explain(Language::Spanish).is_empty());
    found.report(Language::English)
}

fn any_vaccine() -> impl Strategy<Value = Cvx> {
    let known: Vec<Cvx> = Schedule::builtin().facts().vaccines.iter().map(|vaccine| vaccine.cvx).collect();
    prop_oneof![
        3 => proptest::sample::select(vec![8, 10, 20, 110, 120, 48, 133, 216, 116, 3, 94, 21, 83, 115, 9, 165, 114, 140]).prop_map(Cvx),
        1 => proptest::sample::select(known),
    ]
}

prop_compose! {
    fn any_history(most_doses: usize)(
        birth in 0..9_000_i32,
        sex in proptest::sample::select(vec![Sex::F, Sex::M, Sex::X, Sex::U]),
        doses in prop::collection::vec((-30..9_000_i32, any_vaccine()), 0..=most_doses),
        observations in prop::collection::vec(1..280_u16, 0..3),
    ) -> History {
        let mut history = History::new(date(1999, 12, 25).checked_add(birth.days()).expect("near"), sex);
        for (age, cvx) in doses {
            let day = history.birth_date.checked_add(age.days()).expect("near");
            history.doses.push(HistoryDose::new(day, cvx));
        }
        for code in observations {
            history.observations.push(HistoryObservation { code: ObservationCode(code), date: Some(history.birth_date) });
        }
        history
    }
}

const ON: Date = date(2026, 2, 1);

/// Whether the rules of an antigen name days of the calendar.
fn has_absolute_dates(antigen: &AntigenFacts) -> bool {
    let doses = || antigen.series.iter().flat_map(|series| &series.doses);
    let sets = || doses().flat_map(|dose| &dose.skips).flat_map(|skip| &skip.sets);
    let mut effects = doses()
        .flat_map(|dose| {
            let intervals = dose.intervals.iter().chain(&dose.allowable_intervals).map(|interval| interval.effect);
            dose.ages.iter().map(|age| age.effect).chain(intervals)
        })
        .chain(sets().map(|set| set.effect));
    let mut conditions = sets().flat_map(|set| &set.conditions);
    !antigen.immune_births.is_empty()
        || doses().any(|dose| dose.season.is_some())
        || effects.any(|effect| effect.effective.is_some() || effect.ceased.is_some())
        || conditions.any(|condition| match condition {
            SkipConditionFacts::Count(count) => count.since.is_some() || count.until.is_some(),
            _ => false,
        })
}

/// The vaccine groups whose rules name no day of the calendar.
fn groups_without_absolute_dates() -> Vec<String> {
    let facts = Schedule::builtin().facts();
    let dated =
        |name: &String| facts.antigens.iter().any(|antigen| antigen.name == *name && has_absolute_dates(antigen));
    let groups = facts.groups.iter().filter(|group| !group.antigens.iter().any(dated));
    groups.map(|group| group.name.clone()).collect()
}

/// Vaccine groups that a vaccine counts for.
fn groups_of(cvx: Cvx) -> Vec<String> {
    let facts = Schedule::builtin().facts();
    let vaccine = facts.vaccines.iter().find(|vaccine| vaccine.cvx == cvx).expect("a known vaccine");
    let has = |antigen: &String| vaccine.antigens.iter().any(|association| association.antigen == *antigen);
    facts.groups.iter().filter(|group| group.antigens.iter().any(has)).map(|group| group.name.clone()).collect()
}

fn is_live(cvx: Cvx) -> bool {
    let conflicts = &Schedule::builtin().facts().conflicts;
    conflicts.iter().any(|conflict| conflict.previous.contains(&cvx) || conflict.current.contains(&cvx))
}

fn shifted(date: Date, years: i32) -> Date {
    date.checked_add(years.years()).expect("near")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_doses_nothing_counts(history in any_history(0)) {
        let report = report(Schedule::builtin(), &history, ON);
        prop_assert!(report.doses.is_empty());
        prop_assert!(report.forecasts.iter().all(|forecast| forecast.dose_number.is_none_or(|number| number == 1)));
    }

    #[test]
    fn a_schedule_without_vaccines_never_finds_a_valid_dose(history in any_history(20)) {
        let vaccines = Schedule::builtin_texts().find(|(name, _)| *name == "vaccines.txt").expect("a file of ours").1;
        let only: String = vaccines.lines().filter(|line| line.ends_with("; antigen HepB") && line.matches(';').count() == 1).map(|line| format!("{line}\n")).collect();
        let rules = "group HepB; antigen HepB\nantigen HepB\nseries None\n  for everybody\n  protects HepB\n  choose group 1 All; default\n  dose 1\n    age minimum 0 days\n";
        let schedule = Schedule::parse([("vaccines", only.as_str()), ("rules", rules)]).expect("a schedule");
        let report = report(&schedule, &history, ON);
        let mut evaluations = report.doses.iter().flat_map(|dose| &dose.evaluations);
        prop_assert!(evaluations.all(|evaluation| evaluation.status != DoseStatus::Valid));
    }

    #[test]
    fn the_order_of_the_doses_changes_nothing(history in any_history(20), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..history.doses.len()).collect();
        order.sort_by_key(|place| (*place as u64 + 1).wrapping_mul(seed | 1));
        let doses = order.iter().map(|place| history.doses[*place].clone()).collect();
        let permuted = History { doses, ..history.clone() };
        let (before, after) = (report(Schedule::builtin(), &history, ON), report(Schedule::builtin(), &permuted, ON));
        prop_assert_eq!(&before.forecasts, &after.forecasts);
        for (place, dose) in order.iter().zip(&after.doses) {
            let twin = before.doses.iter().any(|other| other == dose);
            prop_assert!(twin, "{:?}", before.doses[*place]);
        }
    }

    #[test]
    fn four_years_later_everything_is_four_years_later(history in any_history(20)) {
        let mut later = history.clone();
        later.birth_date = shifted(history.birth_date, 4);
        later.doses.iter_mut().for_each(|dose| dose.date = shifted(dose.date, 4));
        later.observations.iter_mut().for_each(|known| known.date = known.date.map(|date| shifted(date, 4)));
        let before = report(Schedule::builtin(), &history, ON);
        let after = report(Schedule::builtin(), &later, shifted(ON, 4));
        for group in groups_without_absolute_dates() {
            let of = |report: &Report, years: i32| -> Vec<GroupReport> {
                let forecasts = report.forecasts.iter().filter(|forecast| forecast.vaccine_group == group).cloned();
                forecasts.map(|mut forecast| {
                    let dates = [&mut forecast.earliest, &mut forecast.recommended, &mut forecast.past_due, &mut forecast.latest];
                    dates.into_iter().for_each(|date| *date = date.map(|date| shifted(date, years)));
                    forecast.reasons.clear();
                    forecast
                }).collect()
            };
            prop_assert_eq!(of(&before, 4), of(&after, 0), "{}", group);
        }
    }

    #[test]
    fn a_dose_of_another_group_changes_nothing(history in any_history(12), cvx in any_vaccine(), age in 0..9_000_i32) {
        prop_assume!(!is_live(cvx));
        let mut more = history.clone();
        let day = history.birth_date.checked_add(age.days()).expect("near");
        more.doses.push(HistoryDose::new(day, cvx));
        let (before, after) = (report(Schedule::builtin(), &history, ON), report(Schedule::builtin(), &more, ON));
        let touched = groups_of(cvx);
        let of = |report: &Report| -> Vec<GroupReport> {
            report.forecasts.iter().filter(|forecast| !touched.contains(&forecast.vaccine_group)).cloned().collect()
        };
        prop_assert_eq!(of(&before), of(&after));
    }

    #[test]
    fn sixty_doses_are_read_and_a_used_workspace_changes_nothing(first in any_history(60), second in any_history(60)) {
        let mut workspace = Workspace::default();
        forecast(Schedule::builtin(), &first, ON, &mut workspace);
        let found = forecast(Schedule::builtin(), &second, ON, &mut workspace).report(Language::English);
        prop_assert_eq!(found, report(Schedule::builtin(), &second, ON));
    }

    #[test]
    fn a_valid_dose_is_never_younger_or_sooner_than_the_rules_allow(history in any_history(20)) {
        let report = report(Schedule::builtin(), &history, ON);
        for dose in &report.doses {
            for evaluation in &dose.evaluations {
                let counts = evaluation.reasons.first().is_some_and(|reason| reason.text.starts_with("Valid"));
                prop_assert_eq!(evaluation.status == DoseStatus::Valid, counts);
                prop_assert!(!evaluation.reasons.is_empty());
            }
        }
        for forecast in &report.forecasts {
            prop_assert!(!forecast.reasons.is_empty());
            prop_assert!(forecast.earliest <= forecast.recommended);
            prop_assert!(forecast.past_due.is_none() || forecast.past_due >= forecast.earliest);
        }
    }

    #[test]
    fn no_json_upsets_the_reader(text in "[ -~]{0,200}", birth in "[0-9-]{0,12}", code in "[ -~]{0,5}") {
        let _ = serde_json::from_str::<Request>(&text);
        let question = serde_json::json!({ "birth_date": birth, "sex": "F", "doses": [{ "date": "2025-02-28", "cvx": code }] });
        if let Ok(request) = serde_json::from_value::<Request>(question) {
            let _ = request.history();
        }
    }

    #[test]
    fn no_text_upsets_the_reader_of_schedules(place in 0..33_usize, line in 0..2_000_usize, noise in "[ -~]{0,40}") {
        let (name, known) = Schedule::builtin_texts().nth(place).expect("there are 33 files");
        let count = known.lines().count();
        let changed: Vec<&str> =
            known.lines().enumerate().map(|(number, text)| if number == line % count { noise.as_str() } else { text }).collect();
        let changed = changed.join("\n");
        let files = Schedule::builtin_texts().map(|(other, text)| (other, if other == name { changed.as_str() } else { text }));
        if let Ok(facts) = text::read(files) {
            let _ = Schedule::compile(facts);
        }
    }

    #[test]
    fn no_bytes_upset_the_import(bytes in prop::collection::vec(any::<u8>(), 0..300), inner in "[<>/a-zA-Z ]{0,200}") {
        let xml = format!("<antigenSupportingData><series>{inner}</series></antigenSupportingData>");
        for content in [bytes.as_slice(), xml.as_bytes()] {
            let imported = import("x", &[ImportFile { name: "x.xml", content }]);
            prop_assert!(imported.is_err());
        }
        let _ = cases::read_cases(&String::from_utf8_lossy(&bytes));
    }
}
