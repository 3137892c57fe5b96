//! Which report is of which vaccination.

use bluebonnet_matching::{
    DoseDecision, KnownDose, ReportToChange, decide_dose, find_report_to_change, primary_report,
};
use model::{
    Completion, Cvx, Dose, EntityId, InformationSource, OrganizationId, VaccinationEventId, VaccinationReportId,
    VaccineGroupSet,
};
use proptest::prelude::*;
use uuid::Uuid;

/// `cvx day source completion lot id`: a dash for what is not said.
fn dose(line: &str) -> Dose {
    let mut words = line.split_whitespace();
    let mut next = || words.next().filter(|word| *word != "-").map(str::to_owned);
    Dose {
        cvx: Cvx::parse(&next().expect("a vaccine")).expect("a CVX code"),
        administered_on: format!("2024-05-{}", next().expect("a day")).parse().expect("a date"),
        source: next().and_then(|code| InformationSource::parse(&code)).expect("a source"),
        completion: next().and_then(|code| Completion::parse(&code)).unwrap_or(Completion::Complete),
        lot_number: next(),
        order_id: next().map(|id| EntityId { id, authority: "EHR".into() }),
        placer_order_id: None,
        ndc: None,
        mvx: None,
        lot_expires_on: None,
        amount: None,
        amount_unit: None,
        refusal_reason: None,
        route: None,
        body_site: None,
        administered_by: None,
        ordered_by: None,
        entered_by: None,
        administered_at: None,
        eligibility: None,
        funding_source: None,
        vis: Vec::new(),
        reactions: Vec::new(),
        observations: Vec::new(),
    }
}

/// HepB, DTaP, Hib, polio, MMR, influenza: enough to tell families apart.
fn groups(cvx: Cvx) -> VaccineGroupSet {
    VaccineGroupSet(match cvx.0 {
        8 | 45 => 0b1,
        20 | 107 => 0b10,
        10 | 89 => 0b1000,
        110 => 0b1011,
        120 => 0b1110,
        3 => 0b1_0000,
        150 | 88 => 0b10_0000,
        _ => 0,
    })
}

fn organization(n: u128) -> OrganizationId {
    OrganizationId(Uuid::from_u128(n))
}

fn known(n: u128, organization_id: u128, dose: &Dose) -> KnownDose<'_> {
    KnownDose {
        report_id: VaccinationReportId(Uuid::from_u128(n)),
        event_id: VaccinationEventId(Uuid::from_u128(n)),
        organization_id: organization(organization_id),
        dose,
        is_deleted: false,
    }
}

/// What a dose of organization 1 is, beside doses of organizations 1 (`own`) or 2 (`other`).
fn decide(incoming: &str, beside: &[(&str, &str)]) -> String {
    let doses: Vec<(u128, Dose)> =
        beside.iter().map(|(whose, line)| (if *whose == "own" { 1 } else { 2 }, dose(line))).collect();
    let known: Vec<KnownDose<'_>> = doses.iter().zip(1..).map(|((whose, dose), n)| known(n, *whose, dose)).collect();
    match decide_dose(&dose(incoming), organization(1), &known, &groups).decision {
        DoseDecision::SameReport(id) => format!("report {}", id.0.as_u128()),
        DoseDecision::SameEvent(id) => format!("event {}", id.0.as_u128()),
        DoseDecision::New => "new".to_owned(),
    }
}

#[test]
fn reports_are_told_to_be_of_one_vaccination_or_of_two() {
    for (incoming, beside, expected) in [
        // The sender's own id comes first.
        ("20 01 00 CP L1 7", ("own", "20 01 00 CP L1 7"), "report 1"),
        ("20 02 00 CP L1 7", ("own", "20 01 00 CP L1 7"), "report 1"),
        ("03 01 00 CP L1 7", ("own", "20 01 00 CP L1 7"), "report 1"),
        ("03 02 00 CP L1 7", ("own", "20 01 00 CP L1 7"), "new"),
        ("20 01 00 CP L1 7", ("other", "20 01 00 CP L1 7"), "event 1"),
        // The same sender without ids, or with new ones.
        ("20 01 00 CP L1 -", ("own", "20 01 00 CP L1 -"), "report 1"),
        ("20 01 00 CP L2 -", ("own", "20 01 00 CP L1 7"), "report 1"),
        ("20 01 00 CP L1 8", ("own", "20 01 00 CP L1 7"), "event 1"),
        ("20 01 00 CP L2 8", ("own", "20 01 00 CP L1 7"), "new"),
        ("110 01 00 CP L2 8", ("own", "08 01 00 CP L1 7"), "new"),
        ("110 01 01 CP - 8", ("own", "08 01 00 CP L1 7"), "event 1"),
        // The same day and vaccine group.
        ("20 01 00 CP L1 -", ("other", "20 01 00 CP L1 -"), "event 1"),
        ("20 01 00 CP L1 -", ("other", "107 01 01 CP - -"), "event 1"),
        ("110 01 00 CP L1 -", ("other", "45 01 01 CP - -"), "event 1"),
        ("20 01 00 CP L1 -", ("other", "20 01 00 CP L2 -"), "new"),
        ("20 01 01 CP L1 -", ("other", "20 01 00 CP L2 -"), "event 1"),
        ("20 01 00 CP - -", ("other", "20 01 00 CP L2 -"), "event 1"),
        ("20 02 00 CP L1 -", ("other", "20 01 00 CP L1 -"), "new"),
        ("20 01 00 CP L1 -", ("other", "03 01 00 CP L1 -"), "new"),
        // Refusals, and what is not a vaccination.
        ("20 01 00 RE - -", ("own", "20 01 00 CP L1 -"), "new"),
        ("20 01 00 CP L1 -", ("own", "20 01 00 RE - -"), "new"),
        ("20 01 00 RE - -", ("own", "20 01 00 RE - -"), "report 1"),
        ("20 01 00 RE - -", ("own", "20 02 00 RE - -"), "new"),
        ("20 01 00 RE - -", ("other", "20 01 00 RE - -"), "new"),
        ("998 01 00 NA - -", ("own", "998 01 00 NA - -"), "report 1"),
        ("998 01 00 NA - -", ("own", "999 01 01 CP - -"), "new"),
        // Unknown vaccines.
        ("999 01 01 CP - -", ("own", "999 01 01 CP - -"), "report 1"),
        ("999 01 01 CP - -", ("other", "999 01 01 CP - -"), "new"),
        ("999 01 01 CP - -", ("own", "20 01 01 CP - -"), "new"),
    ] {
        assert_eq!(decide(incoming, &[beside]), expected, "{incoming}  beside  {beside:?}");
    }
}

#[test]
fn of_several_the_one_most_alike_is_chosen() {
    let beside = [("other", "45 01 01 CP - -"), ("other", "110 01 00 CP L1 -"), ("own", "110 01 00 CP L1 9")];
    assert_eq!(decide("110 01 00 CP L1 9", &beside), "report 3");
    assert_eq!(decide("110 01 00 CP L1 8", &beside), "event 3");
    assert_eq!(decide("110 01 00 CP L1 8", &beside[..2]), "event 2");
}

#[test]
fn a_deleted_dose_comes_back_only_when_its_owner_sends_it_again() {
    let deleted = dose("20 01 00 CP L1 7");
    let theirs = KnownDose { is_deleted: true, ..known(1, 2, &deleted) };
    let own = KnownDose { organization_id: organization(1), ..theirs };
    let decide = |known: KnownDose<'_>| decide_dose(&deleted, organization(1), &[known], &groups).decision;
    assert_eq!(decide(theirs), DoseDecision::New);
    assert_eq!(decide(own), DoseDecision::SameReport(own.report_id));
}

#[test]
fn a_correction_finds_the_senders_report_before_that_of_others() {
    let [by_id, by_content, foreign, refusal] =
        ["20 01 00 CP L1 7", "20 03 00 CP L1 -", "20 03 00 CP L1 -", "20 03 00 RE - -"].map(dose);
    let reports = [known(1, 1, &by_id), known(2, 1, &by_content), known(3, 2, &foreign), known(4, 1, &refusal)];
    let find = |line: &str, known: &[KnownDose<'_>]| {
        find_report_to_change(&dose(line), organization(1), known, &groups).map(|found| match found {
            ReportToChange::Owned(id) => ("owned", id.0.as_u128()),
            ReportToChange::Foreign(id) => ("foreign", id.0.as_u128()),
        })
    };
    assert_eq!(find("20 02 00 CP L1 7", &reports), Some(("owned", 1)));
    assert_eq!(find("107 03 00 CP - -", &reports), Some(("owned", 2)));
    assert_eq!(find("20 03 00 CP L1 -", &reports[2..3]), Some(("foreign", 3)));
    assert_eq!(find("20 03 00 RE - -", &reports), Some(("owned", 4)));
    assert_eq!(find("20 05 00 CP L1 -", &reports), None);
    assert_eq!(find("03 03 00 CP L1 -", &reports), None);
}

#[test]
fn the_best_report_speaks_for_the_vaccination() {
    let lines = [
        "89 01 01 CP - -",
        "10 01 01 CP - -",
        "10 01 00 PA L1 -",
        "89 01 00 CP L1 -",
        "10 01 00 CP - -",
        "10 01 00 CP L1 -",
        "10 01 00 CP L1 -",
    ];
    let doses = lines.map(dose);
    let reports: Vec<KnownDose<'_>> = doses.iter().zip(1..).map(|(dose, n)| known(n, 1, dose)).collect();
    for count in 1..=reports.len() {
        let primary = primary_report(&reports[..count], &|cvx| cvx == Cvx(89), &groups);
        assert_eq!(primary.map(|id| id.0.as_u128()), Some(count as u128), "{}", lines[count - 1]);
    }
    let deleted = [KnownDose { is_deleted: true, ..reports[0] }];
    assert_eq!(primary_report(&deleted, &|_| false, &groups), None);
}

proptest! {
    #[test]
    fn the_order_of_the_known_doses_does_not_matter(
        picks in prop::collection::vec((0usize..10, 1u128..3, any::<bool>()), 1..6),
        turn in 0usize..6,
    ) {
        let lines = [
            "20 01 00 CP L1 7", "20 01 00 CP L2 8", "20 01 01 CP - -", "107 01 00 CP - -", "110 01 00 CP L1 -",
            "08 01 01 CP - -", "20 02 00 CP L1 7", "20 01 00 RE - -", "999 01 01 CP - -", "20 01 00 PA L1 -",
        ];
        let doses: Vec<Dose> = lines.iter().map(|line| dose(line)).collect();
        let mut reports: Vec<KnownDose<'_>> = picks
            .iter()
            .zip(1..)
            .map(|((pick, whose, is_deleted), n)| KnownDose { is_deleted: *is_deleted, ..known(n, *whose, &doses[*pick]) })
            .collect();
        let decide = |reports: &[KnownDose<'_>]| {
            doses.iter().map(|dose| decide_dose(dose, organization(1), reports, &groups)).collect::<Vec<_>>()
        };
        let (decided, primary) = (decide(&reports), primary_report(&reports, &|_| false, &groups));
        let turn = turn % reports.len();
        reports.rotate_left(turn);
        prop_assert_eq!(decide(&reports), decided);
        prop_assert_eq!(primary_report(&reports, &|_| false, &groups), primary);
    }
}
