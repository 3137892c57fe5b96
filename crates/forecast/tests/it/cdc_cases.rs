//! CDC's own cases, but for those whose sheet is wrong: these stand, with the reason, in `tests/cases/known_defects.txt`.

use std::collections::BTreeMap;

use bluebonnet_forecast::Schedule;
use bluebonnet_forecast::cases::{CaseDifferences, check_cases};

use crate::shared;

/// What is wrong with a case, by its number.
fn known_defects() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("../cases/known_defects.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" | ").expect("a number, what differs, and why")).collect()
}

/// What a case differs in: `status, earliest`.
fn what_differs(case: &CaseDifferences) -> String {
    case.differences.iter().map(|difference| difference.what.as_str()).collect::<Vec<_>>().join(", ")
}

fn check(sheet: &str, case_count: usize) {
    let Some(text) = shared::read(&format!("data/cdsi/test-cases/{sheet}")) else { return };
    let check = check_cases(Schedule::builtin(), &text).expect("CDC's sheet");
    assert_eq!(check.case_count, case_count);
    let defects = known_defects();
    for case in &check.differing {
        let found = what_differs(case);
        let known = defects.get(case.id.as_str()).and_then(|defect| defect.split_once(" | "));
        assert_eq!(
            known.map(|(what, _)| what),
            Some(found.as_str()),
            "{} {}: {:#?}",
            case.id,
            case.name,
            case.differences
        );
    }
}

#[test]
fn every_healthy_case_comes_out_right() {
    check("healthy-4.45.csv", 765);
}

#[test]
fn every_case_with_an_underlying_condition_comes_out_right() {
    check("underlying-conditions-4.6.csv", 256);
}

#[test]
fn every_known_defect_is_still_one() {
    let mut differing = Vec::new();
    for sheet in ["healthy-4.45.csv", "underlying-conditions-4.6.csv"] {
        let Some(text) = shared::read(&format!("data/cdsi/test-cases/{sheet}")) else { return };
        differing.extend(check_cases(Schedule::builtin(), &text).expect("CDC's sheet").differing);
    }
    for id in known_defects().keys() {
        assert!(differing.iter().any(|case| case.id == *id), "{id} comes out right now: take it off the list");
    }
}
