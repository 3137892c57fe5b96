//! A sender's own words: which of its reports a dose of its message says again, corrects or deletes.

use bluebonnet_matching::{
    DoseRules, DoseStatement, KnownDose, ReportToDelete, find_own_report, find_report_to_delete,
};
use model::{Action, Dose};

use crate::doses::{VACCINES, all, dose, in_numbers, known, organization, read, report_id};

/// Which of its own reports a dose of organization 1 says again.
fn own(incoming: &str, beside: &str) -> bool {
    let (doses, incoming) = (read(&[beside]), dose(incoming));
    find_own_report(stated(&incoming, Action::Add), &[], organization(1), &all(&doses), VACCINES).is_some()
}

fn stated(dose: &Dose, action: Action) -> DoseStatement<'_> {
    DoseStatement { dose, action, is_completion_stated: true }
}

#[test]
fn a_senders_own_report_is_found_by_its_ids_before_day_and_vaccine() {
    for (incoming, beside, expected) in [
        ("20 1 00 CP L1 7", "1 20 1 00 CP L1 7", true),
        ("20 2 00 CP L1 7", "1 20 1 00 CP L1 7", true),
        ("03 1 00 CP L1 7", "1 20 1 00 CP L1 7", true),
        ("03 2 00 CP L1 7", "1 20 1 00 CP L1 7", false),
        ("20 1 00 CP L1 7", "2 20 1 00 CP L1 7", false),
        ("20 1 00 CP L1 -", "1 20 1 00 CP L1 -", true),
        ("20 1 00 CP L2 -", "1 20 1 00 CP L1 7", true),
        ("20 1 00 CP L1 8", "1 20 1 00 CP L1 7", false),
        ("20 1 00 RE - -", "1 20 1 00 CP L1 -", false),
        ("20 1 00 RE - -", "1 20 1 00 RE - -", true),
        ("999 1 01 CP - -", "1 999 1 01 CP - -", true),
        // The id of the order, where that of the dose is missing; an order may stand for a series.
        ("107 1 00 CP - - order=5", "1 20 1 00 CP - 7 order=5", true),
        ("107 1 00 CP - 8 order=5", "1 20 1 00 CP - 7 order=5", false),
        ("20 29 00 CP - - order=5", "1 20 1 00 CP - - order=5", false),
        ("107 1 00 CP - - order=6", "1 20 1 00 CP - 7 order=5", false),
    ] {
        assert_eq!(own(incoming, beside), expected, "{incoming}  beside  {beside}");
    }
}

#[test]
fn a_deleted_dose_comes_back_only_when_its_owner_sends_it_again() {
    let deleted = dose("20 01 00 CP L1 7");
    let own = KnownDose { is_deleted: true, ..known(1, 1, &deleted) };
    let found = find_own_report(stated(&deleted, Action::Add), &[], organization(1), &[own], VACCINES);
    assert_eq!(found.map(|found| found.report_id), Some(own.report_id));
    let theirs = dose("20 01 01 CP - 9");
    let reports = [own, known(2, 2, &theirs)];
    assert_eq!(in_numbers(&DoseRules::builtin().group(&reports, VACCINES)), "2", "a deleted report is of no dose");
}

#[test]
fn a_correction_finds_the_senders_report_before_that_of_others() {
    let [by_id, by_content, foreign, refusal] =
        ["20 01 00 CP L1 7", "20 03 00 CP L1 -", "20 03 00 CP L1 -", "20 03 00 RE - -"].map(dose);
    let reports = [known(1, 1, &by_id), known(2, 1, &by_content), known(3, 2, &foreign), known(4, 1, &refusal)];
    let find = |line: &str, known: &[KnownDose<'_>]| {
        find_report_to_delete(stated(&dose(line), Action::Delete), &[], organization(1), known, VACCINES).map(|found| {
            match found {
                ReportToDelete::Owned(id) => ("owned", id.0.as_u128()),
                ReportToDelete::Foreign(id) => ("foreign", id.0.as_u128()),
            }
        })
    };
    assert_eq!(find("20 02 00 CP L1 7", &reports), Some(("owned", 1)));
    assert_eq!(find("107 03 00 CP - -", &reports), Some(("owned", 2)));
    assert_eq!(find("20 03 00 CP L1 -", &reports[2..3]), Some(("foreign", 3)));
    assert_eq!(find("20 03 00 RE - -", &reports), Some(("owned", 4)));
    assert_eq!(find("20 05 00 CP L1 -", &reports), None);
    assert_eq!(find("03 03 00 CP L1 -", &reports), None);
    let theirs = dose("20 03 00 CP L1 9");
    let theirs = [known(5, 2, &theirs)];
    assert_eq!(find("107 05 00 CP - 9", &theirs), Some(("foreign", 5)), "the id and the vaccine group");
    assert_eq!(find("03 05 00 CP - 9", &theirs), None, "an id alone names no dose of others");
}

/// Which report each dose of a message means: 0 is a new one. `x` before a known line is one that was deleted.
fn meant(known_lines: &[&str], message: &[(Action, &str)]) -> Vec<u128> {
    let doses = read(&known_lines.iter().map(|line| line.trim_start_matches('x')).collect::<Vec<_>>());
    let known: Vec<KnownDose<'_>> = all(&doses)
        .into_iter()
        .zip(known_lines)
        .map(|(report, line)| KnownDose { is_deleted: line.starts_with('x'), ..report })
        .collect();
    let said: Vec<(Action, Dose)> = message.iter().map(|(action, line)| (*action, dose(line))).collect();
    let said: Vec<DoseStatement<'_>> = said.iter().map(|(action, dose)| stated(dose, *action)).collect();
    let report_of = |statement: &DoseStatement<'_>| match statement.action {
        Action::Delete => match find_report_to_delete(*statement, &said, organization(1), &known, VACCINES) {
            Some(ReportToDelete::Owned(id)) => id.0.as_u128(),
            Some(ReportToDelete::Foreign(_)) | None => 0,
        },
        _ => find_own_report(*statement, &said, organization(1), &known, VACCINES)
            .map_or(0, |found| found.report_id.0.as_u128()),
    };
    said.iter().map(report_of).collect()
}

#[test]
fn an_id_that_several_doses_bear_is_that_of_a_visit() {
    use Action::{Add, Delete, Update};
    let visit = ["1 20 1 00 CP - 7", "1 03 1 00 CP - 7", "1 10 1 00 CP - 7"];
    let of = |number: usize| &visit[..number];
    // Said again, in any order; a further dose of the visit, together with the others or alone.
    assert_eq!(meant(of(2), &[(Add, "03 1 00 CP - 7"), (Add, "20 1 00 CP - 7")]), [2, 1]);
    assert_eq!(meant(of(2), &[(Add, "10 1 00 CP - 7"), (Add, "03 1 00 CP - 7"), (Add, "20 1 00 CP - 7")]), [0, 2, 1]);
    assert_eq!(meant(of(1), &[(Add, "10 1 00 CP - 7"), (Add, "20 1 00 CP - 7")]), [0, 1]);
    assert_eq!(meant(of(2), &[(Add, "10 1 00 CP - 7")]), [0]);
    assert_eq!(meant(of(2), &[(Add, "20 60 00 CP - 7")]), [0], "another day is another visit");
    // The vaccine corrected within its group; but not where another dose of the message, or two doses, may be meant.
    assert_eq!(meant(of(2), &[(Add, "107 1 00 CP - 7")]), [1]);
    assert_eq!(meant(of(2), &[(Add, "107 1 00 CP - 7"), (Add, "20 1 00 CP - 7")]), [0, 1]);
    assert_eq!(meant(of(3), &[(Add, "110 1 00 CP - 7")]), [0], "DTaP and polio are both in it");
    // The day corrected by an update; without one it is another dose.
    assert_eq!(meant(of(2), &[(Update, "20 2 00 CP - 7")]), [1]);
    assert_eq!(meant(of(2), &[(Update, "10 2 00 CP - 7")]), [0]);
    // An update of a dose whose id nobody shares: both may be corrected.
    assert_eq!(meant(of(1), &[(Update, "03 2 00 CP - 7")]), [1]);
    assert_eq!(meant(&["1 20 1 00 CP - 7", "x1 03 1 00 CP - 7"], &[(Update, "10 2 00 CP - 7")]), [1]);
    // A deletion takes the dose that it names, once.
    assert_eq!(meant(of(3), &[(Delete, "03 1 00 CP - 7")]), [2]);
    let gone = ["1 20 1 00 CP - 7", "x1 03 1 00 CP - 7", "1 10 1 00 CP - 7"];
    assert_eq!(meant(&gone, &[(Delete, "03 1 00 CP - 7")]), [0]);
    assert_eq!(meant(&gone[..2], &[(Delete, "03 1 00 CP - 7")]), [0]);
    assert_eq!(meant(of(2), &[(Delete, "21 1 00 CP - 7")]), [0]);
    assert_eq!(meant(&["1 110 1 00 CP - -", "x1 10 1 00 CP - -"], &[(Delete, "10 1 00 CP - -")]), [0]);
    assert_eq!(meant(&["x1 20 1 00 CP - 7"], &[(Delete, "20 2 00 CP - 7")]), [0]);
    // One dose deleted and another put in its place: neither takes the other, however often both are sent.
    let replaced = [(Delete, "20 1 00 CP - 7"), (Add, "107 1 00 CP - 7")];
    assert_eq!(meant(of(1), &replaced), [1, 0]);
    assert_eq!(meant(&["x1 20 1 00 CP - 7", "1 107 1 00 CP - 7"], &replaced), [0, 2]);
}

#[test]
fn what_need_not_say_what_became_of_a_dose_speaks_of_a_refusal_too() {
    let refusal = dose("20 1 00 RE - -");
    let known = [known(1, 1, &refusal)];
    let silent = dose("20 1 00 CP - -");
    for (action, is_completion_stated, expected) in
        [(Action::Update, false, true), (Action::Update, true, false), (Action::Add, false, false)]
    {
        let statement = DoseStatement { dose: &silent, action, is_completion_stated };
        let found = find_own_report(statement, &[statement], organization(1), &known, VACCINES);
        assert_eq!(found.is_some(), expected, "{action:?} {is_completion_stated}");
    }
    let deletion = DoseStatement { dose: &silent, action: Action::Delete, is_completion_stated: false };
    let found = find_report_to_delete(deletion, &[deletion], organization(1), &known, VACCINES);
    assert_eq!(found, Some(ReportToDelete::Owned(report_id(1))));
}
