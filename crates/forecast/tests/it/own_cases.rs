//! Cases of our own, in `tests/cases/*.txt`: rules that CDC's cases leave uncovered.
//!
//! `case` begins one; `born`, `seen`, `dose` and `observed` tell the history; `expect` says what must come out.

use bluebonnet_forecast::facts::ObservationCode;
use bluebonnet_forecast::{
    DoseReport, DoseStatus, ForecastKind, GroupReport, History, HistoryDose, HistoryObservation, Language, ReasonKind,
    Report, Schedule, SeriesStatus, Workspace, forecast,
};
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use model::{Cvx, Sex};

/// Cases on the schedule of the program, and those on a small one in which every rule stands alone.
const FILES: [(&str, &str, Option<&str>); 3] = [
    ("dates_and_doses.txt", include_str!("../cases/dates_and_doses.txt"), None),
    ("observations.txt", include_str!("../cases/observations.txt"), None),
    ("rules.txt", include_str!("../cases/rules.txt"), Some(include_str!("../cases/rules_schedule.txt"))),
];

struct OwnCase<'a> {
    place: String,
    history: History,
    seen: Date,
    expectations: Vec<&'a str>,
}

fn read_cases<'a>(file: &str, text: &'a str) -> Vec<OwnCase<'a>> {
    let mut cases: Vec<OwnCase> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (keyword, rest) = line.split_once(' ').expect("a keyword and more");
        if keyword == "case" {
            let history = History::new(Date::ZERO, Sex::U);
            cases.push(OwnCase {
                place: format!("{file}: {rest}"),
                history,
                seen: Date::ZERO,
                expectations: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a case comes first");
        let words: Vec<&str> = rest.split_whitespace().collect();
        match keyword {
            "born" => {
                case.history.birth_date = words[0].parse().expect("a date");
                case.history.sex = Sex::parse(words[1]).expect("a sex");
                case.history.birth_country = words.get(2).map(|country| (*country).to_owned());
            }
            "seen" => case.seen = words[0].parse().expect("a date"),
            "dose" => case.history.doses.push(read_dose(&words)),
            "observed" => case.history.observations.push(HistoryObservation {
                code: ObservationCode::parse(words[0]).expect("an observation"),
                date: words.get(1).map(|date| date.parse().expect("a date")),
            }),
            "expect" => case.expectations.push(rest),
            _ => panic!("{file}: {keyword} is not known"),
        }
    }
    cases
}

/// `2025-01-31 08 [MSD] [expired 2025-01-01] [repeat]`.
fn read_dose(words: &[&str]) -> HistoryDose {
    let date = words[0].parse().expect("a date");
    let mut dose = HistoryDose::new(date, Cvx::parse(words[1]).expect("a CVX code"));
    let mut words = words[2..].iter();
    while let Some(word) = words.next() {
        match *word {
            "expired" => dose.lot_expires_on = Some(words.next().expect("a date").parse().expect("a date")),
            "repeat" => dose.must_be_repeated = true,
            maker => dose.mvx = Some(maker.to_owned()),
        }
    }
    dose
}

/// What differs, if anything does.
fn check(case: &OwnCase, report: &Report, expectation: &str) -> Option<String> {
    let (subject, expected) = expectation.split_once(": ").expect("what, and how it is");
    let found = match subject.split_once(' ') {
        Some(("dose", dose)) => dose_in_words(report, dose),
        Some(("products", group)) => {
            of_group(report, group, |found| found.products.iter().map(|product| product.cvx.to_string()).collect())
        }
        Some(("reasons", group)) => {
            of_group(report, group, |found| found.reasons.iter().map(|reason| reason.text.clone()).collect())
        }
        Some(("series", group)) => {
            of_group(report, group, |found| found.series.iter().map(|series| series.name.clone()).collect())
        }
        _ => group_in_words(report, subject),
    };
    (found != expected).then(|| format!("{}\n    {subject}: {found}\n    not {expected}", case.place))
}

/// `1 Measles`: the status and the kinds of reasons, as in `not valid, too young`.
fn dose_in_words(report: &Report, subject: &str) -> String {
    let (number, antigen) = subject.split_once(' ').expect("a number and an antigen");
    let (antigen, kind) = kind(antigen);
    let dose = &report.doses[number.parse::<usize>().expect("a number") - 1];
    let Some(found) = dose.evaluations.iter().find(|found| found.antigen == antigen && found.kind == kind) else {
        return "not evaluated".to_owned();
    };
    let status = match found.status {
        DoseStatus::Valid => "valid",
        DoseStatus::NotValid => "not valid",
        DoseStatus::Extraneous => "extraneous",
        DoseStatus::Substandard => "sub-standard",
    };
    let reasons = found.reasons.iter().map(|reason| format!("{:?}", reason.kind)).filter(|kind| kind != "Counts");
    let reasons: String = reasons.map(|kind| format!(", {kind}")).collect();
    format!("{status}{reasons}")
}

/// The products or the series of a group.
fn of_group(report: &Report, subject: &str, names: impl Fn(&GroupReport) -> Vec<String>) -> String {
    let (group, kind) = kind(subject);
    let found = report.forecasts.iter().find(|found| found.vaccine_group == group && found.kind == kind);
    found.map_or("no forecast".to_owned(), |found| names(found).join(", "))
}

/// `MMR` or `MMR at risk`: status, number and dates.
fn group_in_words(report: &Report, subject: &str) -> String {
    let (group, kind) = kind(subject);
    let found = report.forecasts.iter().find(|found| found.vaccine_group == group && found.kind == kind);
    let Some(GroupReport { status, dose_number, earliest, recommended, past_due, latest, .. }) = found else {
        return "no forecast".to_owned();
    };
    let mut words = match status {
        SeriesStatus::NotComplete => "not complete",
        SeriesStatus::Complete => "complete",
        SeriesStatus::Immune => "immune",
        SeriesStatus::Contraindicated => "contraindicated",
        SeriesStatus::AgedOut => "aged out",
        SeriesStatus::NotRecommended => "not recommended",
    }
    .to_owned();
    if let Some(number) = dose_number {
        words.push_str(&format!(", dose {number}"));
    }
    for (name, date) in
        [("earliest", earliest), ("recommended", recommended), ("past due", past_due), ("latest", latest)]
    {
        if let Some(date) = date {
            words.push_str(&format!(", {name} {date}"));
        }
    }
    words
}

fn kind(subject: &str) -> (&str, ForecastKind) {
    match subject.strip_suffix(" at risk") {
        Some(name) => (name, ForecastKind::Risk),
        None => (subject, ForecastKind::Standard),
    }
}

/// Every case with what the engine says.
fn told() -> Vec<(OwnCase<'static>, Report)> {
    let mut workspace = Workspace::default();
    let mut told = Vec::new();
    for (file, text, schedule) in FILES {
        let schedule = match schedule {
            Some(text) => Arc::new(Schedule::parse([("rules_schedule.txt", text)]).expect("a schedule of ours")),
            None => Schedule::builtin().clone(),
        };
        for case in read_cases(file, text) {
            let report = forecast(&schedule, &case.history, case.seen, &mut workspace).report(Language::English);
            told.push((case, report));
        }
    }
    told
}

#[test]
fn every_case_of_our_own_comes_out_as_written() {
    let told = told();
    let differences = told
        .iter()
        .flat_map(|(case, report)| case.expectations.iter().filter_map(|expectation| check(case, report, expectation)));
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Each rule of the specification with the cases that hold it, in `tests/cases/coverage.txt`: `rule | case`.
#[test]
fn every_rule_has_a_case_that_holds_it() {
    let cases = told();
    let known =
        |title: &str| cases.iter().any(|(case, _)| case.place.split_once(": ").is_some_and(|(_, own)| own == title));
    let lines = include_str!("../cases/coverage.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut rules = Vec::new();
    for line in lines {
        let (rule, title) = line.split_once(" | ").expect("a rule and a case");
        assert!(known(title), "{rule}: there is no case \"{title}\"");
        rules.push(rule);
    }
    let told: BTreeSet<&str> = cases.iter().flat_map(|(_, report)| rules_of(report)).collect();
    let named: BTreeSet<&str> = rules_that_the_engine_names().collect();
    assert!(named.len() >= 15, "{named:?}");
    assert_eq!(named.difference(&told).collect::<Vec<_>>(), Vec::<&&str>::new(), "in no case's reasons");
    assert!(named.iter().all(|rule| rules.contains(rule)), "{named:?} are all to be in coverage.txt");
}

fn rules_of(report: &Report) -> impl Iterator<Item = &'static str> {
    let evaluations = report.doses.iter().flat_map(|dose| &dose.evaluations).flat_map(|found| &found.reasons);
    evaluations.chain(report.forecasts.iter().flat_map(|found| &found.reasons)).map(|reason| reason.rule)
}

/// The rules in the source of the sentences: `("6.3", ReasonKind::Inadvertent)`.
fn rules_that_the_engine_names() -> impl Iterator<Item = &'static str> {
    let source = include_str!("../../src/sentences.rs");
    source.match_indices("\", ReasonKind::").map(|(end, _)| {
        let begin = source[..end].rfind('"').expect("a word in quotes");
        &source[begin + 1..end]
    })
}

/// The sentences that people read, in both languages.
#[test]
fn reasons_are_told_with_their_numbers() {
    let mut history = History::new("2025-01-10".parse().expect("a date"), Sex::F);
    history.doses.push(HistoryDose::new("2025-07-10".parse().expect("a date"), Cvx(10)));
    history.doses.push(HistoryDose::new("2025-08-02".parse().expect("a date"), Cvx(10)));
    let mut workspace = Workspace::default();
    let on = "2025-08-02".parse().expect("a date");
    let found = forecast(Schedule::builtin(), &history, on, &mut workspace);
    let told = |language| {
        let report = found.report(language);
        report.doses[1].evaluations[0].reasons.iter().map(|reason| reason.text.clone()).collect::<Vec<_>>()
    };
    let english = "Not valid: given 23 days after the previous dose; the minimum is 28 (24 with grace).";
    let spanish = "No válida: se aplicó 23 días después de la dosis anterior; el mínimo es 28 (24 con gracia).";
    assert_eq!(told(Language::English), [english]);
    assert_eq!(told(Language::Spanish), [spanish]);
    let explained = found.explain(Language::English);
    assert!(
        explained.contains(english) && explained.contains("CALCDTINT-3") && explained.contains("cdsi-4.64"),
        "{explained}"
    );
}

/// A schedule that is older than the season says so: neither is the series complete for it, nor was a dose of it superfluous.
#[test]
fn what_lies_beyond_the_last_season_of_the_schedule_is_called_unknown() {
    let mut history = History::new("2002-01-28".parse().expect("a date"), Sex::F);
    history.doses.push(HistoryDose::new("2025-11-01".parse().expect("a date"), Cvx(140)));
    history.doses.push(HistoryDose::new("2026-11-24".parse().expect("a date"), Cvx(140)));
    let mut workspace = Workspace::default();
    let mut told = |on: &str| {
        let on = on.parse().expect("a date");
        let found = forecast(Schedule::builtin(), &history, on, &mut workspace).report(Language::English);
        let influenza =
            found.forecasts.into_iter().find(|row| row.vaccine_group == "Influenza").expect("for everybody");
        let of_dose = |dose: &DoseReport| dose.evaluations[0].reasons.first().map(|reason| reason.kind);
        (influenza.status, influenza.reasons[0].clone(), found.doses.iter().map(of_dose).collect::<Vec<_>>())
    };
    let (status, reason, doses) = told("2026-06-30");
    assert_eq!((status, reason.kind), (SeriesStatus::Complete, ReasonKind::NotNeeded));
    assert_eq!(doses[0], Some(ReasonKind::Counts));
    let (status, reason, doses) = told("2026-11-25");
    assert_eq!((status, reason.kind), (SeriesStatus::Complete, ReasonKind::SeasonOver));
    assert!(reason.text.contains("no season after 06/30/2026"), "{}", reason.text);
    assert_eq!(doses, [Some(ReasonKind::Counts), Some(ReasonKind::SeasonOver)]);
}
