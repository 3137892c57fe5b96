//! Which report is of which vaccination: each rule, each window, and what must hold of any set of reports.

use std::collections::BTreeSet;

use bluebonnet_matching::{DoseFact, DoseOutcome, DoseRule, DoseRules, Grouped, KnownDose, Vaccines, surviving};
use jiff::ToSpan;
use model::{
    Completion, Cvx, Dose, EntityId, InformationSource, OrganizationId, ReportVerdict, VaccinationReportId,
    VaccineGroupSet,
};
use proptest::prelude::*;
use uuid::Uuid;

/// `cvx day source completion lot id`, a dash for what is not said, and `mvx=`, `brand=`, `route=`, `order=` behind; the days are
/// counted from the first of May.
pub(crate) fn dose(line: &str) -> Dose {
    let (extra, words): (Vec<&str>, Vec<&str>) = line.split_whitespace().partition(|word| word.contains('='));
    let mut words = words.into_iter();
    let mut next = || words.next().filter(|word| *word != "-").map(str::to_owned);
    let extra = |name: &str| extra.iter().find_map(|word| word.strip_prefix(name)).map(str::to_owned);
    Dose {
        cvx: Cvx::parse(&next().expect("a vaccine")).expect("a CVX code"),
        administered_on: {
            let day: i32 = next().and_then(|day| day.parse().ok()).expect("a day");
            jiff::civil::date(2024, 5, 1) + (day - 1).days()
        },
        source: next().and_then(|code| InformationSource::parse(&code)).expect("a source"),
        completion: next().and_then(|code| Completion::parse(&code)).unwrap_or(Completion::Complete),
        lot_number: next(),
        order_id: next().map(|id| EntityId { id, authority: "EHR".into() }),
        placer_order_id: extra("order=").map(|id| EntityId { id, authority: "EHR".into() }),
        ndc: None,
        trade_name: extra("brand="),
        mvx: extra("mvx="),
        lot_expires_on: None,
        amount: None,
        amount_unit: None,
        refusal_reason: None,
        route: extra("route="),
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

/// HepB, DTaP, Hib, polio, MMR, influenza, varicella, rabies, COVID-19, HepA, typhoid: enough to tell families apart.
fn groups(cvx: Cvx) -> VaccineGroupSet {
    VaccineGroupSet(match cvx.0 {
        8 | 45 => 0b1,
        20 | 107 | 106 => 0b10,
        10 | 89 => 0b1000,
        110 => 0b1011,
        120 => 0b1110,
        48 | 49 | 17 => 0b100,
        3 => 0b1_0000,
        94 => 0b101_0000,
        150 | 88 | 149 => 0b10_0000,
        21 => 0b100_0000,
        90 | 175 => 0b1000_0000,
        213 | 208 => 0b1_0000_0000,
        104 => 0b10_0000_0001,
        25 => 0b100_0000_0000,
        _ => 0,
    })
}

fn is_unspecified(cvx: Cvx) -> bool {
    matches!(cvx.0, 45 | 107 | 89 | 17 | 88 | 90 | 213 | 999)
}

pub(crate) const VACCINES: Vaccines<'static> = Vaccines { groups: &groups, is_unspecified: &is_unspecified };

pub(crate) fn organization(n: u128) -> OrganizationId {
    OrganizationId(Uuid::from_u128(n))
}

pub(crate) fn report_id(n: u128) -> VaccinationReportId {
    VaccinationReportId(Uuid::from_u128(n))
}

pub(crate) fn known(n: u128, organization_id: u128, dose: &Dose) -> KnownDose<'_> {
    KnownDose {
        report_id: report_id(n),
        organization_id: organization(organization_id),
        dose,
        is_deleted: false,
        verdicts: &[],
    }
}

/// Reports from lines that begin with the number of their organization.
pub(crate) fn read(lines: &[&str]) -> Vec<(u128, Dose)> {
    let parts = lines.iter().map(|line| line.split_once(' ').expect("an organization and a dose"));
    parts.map(|(whose, line)| (whose.parse().expect("a number"), dose(line))).collect()
}

pub(crate) fn all(doses: &[(u128, Dose)]) -> Vec<KnownDose<'_>> {
    doses.iter().zip(1..).map(|((whose, dose), n)| known(n, *whose, dose)).collect()
}

/// The vaccinations of reports, each as the numbers of its reports, the leading one first: `1,3 2`; doubts behind: `?1-2`.
pub(crate) fn in_numbers(grouped: &Grouped) -> String {
    let number = |id: VaccinationReportId| id.0.as_u128().to_string();
    let mut vaccinations: Vec<String> = grouped
        .vaccinations
        .iter()
        .map(|found| found.reports.iter().map(|joined| number(joined.report_id)).collect::<Vec<_>>().join(","))
        .collect();
    vaccinations.sort();
    vaccinations.extend(grouped.unsure.iter().map(|pair| format!("?{}-{}", number(pair.one), number(pair.other))));
    vaccinations.join(" ")
}

fn grouped(lines: &[&str]) -> String {
    in_numbers(&DoseRules::builtin().group(&all(&read(lines)), VACCINES))
}

#[test]
fn each_rule_decides_what_its_sentence_says() {
    use DoseRule::*;
    let mut seen = BTreeSet::from([First, ReviewedSame, ReviewedDifferent, CombinationCovered, Chained]);
    for (one, other, expected) in [
        // What is no candidate at all.
        ("1 20 1 00 RE - -", "2 20 1 00 CP L1 -", NotGiven),
        ("1 998 1 00 NA - -", "1 998 1 00 NA - -", NotGiven),
        ("1 999 1 01 CP - -", "2 999 1 01 CP - -", UnknownVaccine),
        ("1 999 1 01 CP - -", "1 20 1 01 CP - -", UnknownVaccine),
        ("1 999 1 01 CP - 7", "1 999 1 01 CP - 7", OneSenderUnknown),
        ("1 999 1 01 CP - 7", "1 999 1 01 CP - 8", UnknownVaccine),
        ("1 20 1 00 CP - -", "2 03 1 00 CP - -", NoSharedGroup),
        ("1 20 1 00 CP - -", "2 20 25 01 CP - -", OutsideWindow),
        // The same sender's own ids.
        ("1 20 1 00 CP L1 7", "1 20 1 00 CP L2 7", OneSenderOrderId),
        ("1 20 1 00 CP L1 7", "1 20 9 01 CP - 7", OneSenderOrderIdOtherDay),
        ("1 20 1 00 CP L1 7", "1 20 1 00 CP L2 8", ToldApartBySender),
        ("1 20 1 00 CP - 7", "1 20 1 00 PA - 8", ToldApartBySender),
        ("1 110 1 00 CP L1 7", "1 08 1 00 CP L1 8", ToldApartBySender),
        ("1 48 1 01 CP - 7", "1 49 1 01 CP - 8", ToldApartBySender),
        ("1 20 1 00 CP L1 7", "1 20 1 00 CP L1 8", SameDayGiven),
        // Both given that day.
        ("1 20 1 00 CP L1 -", "2 20 1 00 CP l-1 -", SameDayGiven),
        ("1 20 1 00 CP L1 -", "2 20 1 00 CP - -", SameDayGiven),
        ("1 20 1 00 CP L1 -", "2 107 1 00 CP - -", SameDayGiven),
        ("1 110 1 00 CP - -", "2 08 1 00 CP - -", SameDayGiven),
        ("1 20 1 00 CP L1 -", "2 20 1 00 CP L2 -", TwoLotsOneProduct),
        ("1 20 1 00 CP L1 -", "2 107 1 00 CP L2 -", TwoLotsOneProduct),
        ("1 48 1 00 CP L1 -", "2 49 1 00 CP L2 -", TwoLotsTwoProducts),
        ("1 48 1 00 CP - -", "2 49 1 00 CP - -", TwoProducts),
        ("1 110 1 00 CP - -", "2 120 1 00 CP - -", TwoProducts),
        ("1 88 1 00 CP - - route=IM", "2 149 1 00 CP - - route=NS", PackageDiffers),
        ("1 20 1 00 CP - - mvx=PMC", "2 20 1 00 CP - - mvx=SKB", PackageDiffers),
        // One or both told of, the same day.
        ("1 20 1 00 CP L1 -", "2 107 1 01 CP - -", SameDayTold),
        ("1 20 1 01 CP L1 -", "2 20 1 00 CP L2 -", SameDayTold),
        ("1 48 1 01 CP - -", "2 49 1 00 CP - -", SameDayTold),
        ("1 110 1 01 CP - -", "2 08 1 00 CP - -", SameDayTold),
        ("1 110 1 01 CP - -", "2 120 1 00 CP - -", CombinationOverlaps),
        // Two days: two given doses are never one.
        ("1 20 1 00 CP - -", "2 20 2 00 CP - -", GivenOnTwoDays),
        ("1 20 1 00 CP L1 -", "2 20 2 00 CP L1 -", GivenOnTwoDaysOneLot),
        ("1 20 1 00 CP - 7", "1 20 2 00 CP - 8", GivenOnTwoDays),
        ("1 20 1 01 CP - -", "1 20 9 01 CP - -", OneSenderTwoDays),
        ("1 20 1 00 CP - -", "1 20 9 01 CP - -", OneSenderGivenAndTold),
        ("1 110 1 00 CP - -", "2 08 2 01 CP - -", CombinationOtherDay),
        ("1 20 1 00 CP L1 -", "2 20 2 01 CP L2 -", TwoLotsOtherDay),
        ("1 48 1 00 CP - -", "2 49 2 01 CP - -", ProductsOtherDay),
        ("1 20 1 00 CP - - mvx=PMC", "2 20 2 01 CP - - mvx=SKB", PackageOtherDay),
        ("1 20 1 00 CP L1 -", "2 107 20 01 CP L1 -", SameLotOtherDay),
        ("1 20 1 00 CP L1 -", "2 20 24 01 CP - -", GivenAndTold),
        ("1 20 1 00 CP L1 -", "2 107 3 01 CP - -", FamilyNear),
        ("1 20 1 00 CP L1 -", "2 107 4 01 CP - -", FamilyFar),
        ("1 20 1 01 CP - -", "2 20 2 02 CP - -", ToldNear),
        ("1 20 1 01 CP - -", "2 20 3 02 CP - -", ToldFar),
    ] {
        let doses = read(&[one, other]);
        let reports = all(&doses);
        let rules = DoseRules::builtin();
        let found = rules.compare(&reports[0], &reports[1], VACCINES);
        assert_eq!(found.rule, expected, "{one}  and  {other}");
        assert_eq!(found, rules.compare(&reports[1], &reports[0], VACCINES), "turned: {one}  and  {other}");
        seen.insert(expected);
    }
    assert_eq!(seen.len(), DoseRule::ALL.len(), "every rule has a case");
    let ids: BTreeSet<&str> = DoseRule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), DoseRule::ALL.len(), "every rule has an id of its own");
}

#[test]
fn each_vaccine_has_its_window() {
    // The last day that is in, counted from the day given.
    for (cvx, last) in
        [("20", 23), ("150", 23), ("88", 23), ("208", 16), ("213", 16), ("175", 1), ("104", 2), ("25", 1)]
    {
        let outcome = |days: i32| {
            let doses = read(&[&format!("1 {cvx} 1 00 CP - -"), &format!("2 {cvx} {} 02 CP - -", 1 + days)]);
            let reports = all(&doses);
            DoseRules::builtin().compare(&reports[0], &reports[1], VACCINES)
        };
        assert_eq!(outcome(last).rule, DoseRule::GivenAndTold, "CVX {cvx}, {last} days");
        assert_eq!(outcome(-last).rule, DoseRule::GivenAndTold, "CVX {cvx}, {last} days before");
        assert_eq!(outcome(last + 1).rule, DoseRule::OutsideWindow, "CVX {cvx}, {} days", last + 1);
        assert_eq!(outcome(last).window_days, last as u32);
    }
}

#[test]
fn a_profile_may_have_its_own_windows() {
    let windows = |rows: &[(&str, u16)]| rows.iter().map(|(scope, days)| ((*scope).to_owned(), *days)).collect();
    let rules = DoseRules::builtin();
    assert_eq!(rules.clone().with(&windows(&[("group 90", 1)])).as_ref(), Ok(&rules), "as it was");
    let own = rules.clone().with(&windows(&[("default", 10), ("product 106", 3)])).expect("they can be read");
    assert!(own.version().starts_with("doses-2026-11+"), "{}", own.version());
    assert_eq!(DoseRules::parse(&own.to_text()).as_ref(), Ok(&own), "what is printed can be read");
    let doses = read(&["1 20 1 00 CP - -", "2 20 12 01 CP - -", "2 106 5 01 CP - -"]);
    let reports = all(&doses);
    assert_eq!(own.compare(&reports[0], &reports[1], VACCINES).rule, DoseRule::OutsideWindow);
    assert_eq!(own.compare(&reports[0], &reports[2], VACCINES).rule, DoseRule::OutsideWindow);
    for (scope, days) in [("group", 1), ("group x", 1), ("else", 1), ("default", 61)] {
        assert!(rules.clone().with(&windows(&[(scope, days)])).is_err(), "{scope} {days}");
    }
    assert!(DoseRules::parse("version x\ndefault 23").is_err(), "rows are missing");
}

#[test]
fn reports_of_one_dose_make_one_vaccination() {
    for (lines, expected) in [
        // Given before told of, product before family, with a lot before without.
        (&["1 45 1 01 CP - -", "2 08 1 00 CP L1 -"][..], "2,1"),
        (&["1 107 1 02 CP - -", "2 20 1 02 CP - -", "3 20 1 04 CP - -"], "2,1,3"),
        (&["1 20 1 00 CP - -", "2 20 1 00 CP L1 -"], "2,1"),
        (&["1 20 1 00 PA L1 -", "2 20 1 00 CP - -"], "2,1"),
        // Two given doses of two days are two, and a dose told of goes to the nearer.
        (&["1 20 1 00 CP - -", "2 20 9 00 CP - -", "3 20 8 01 CP - -"], "1 2,3"),
        // No chain: 14 and 14 days make no 28.
        (&["1 20 1 01 CP - -", "2 20 15 00 CP - -", "3 20 29 01 CP - -"], "2,1 3 ?2-3"),
        (&["1 20 1 01 CP - -", "2 20 2 01 CP - -", "3 20 3 01 CP - -"], ""),
        // A combination and its components, whoever knows best.
        (&["1 110 1 00 CP L1 -", "2 20 1 01 CP - -", "2 08 1 01 CP - -", "2 10 1 01 CP - -"], "1,2,4,3"),
        (&["1 110 1 01 CP - -", "2 20 1 00 CP - -", "2 08 1 00 CP - -", "2 10 1 00 CP - -"], ""),
        (&["1 110 1 00 CP - -", "2 20 1 00 CP - a", "2 08 1 00 CP - b", "2 10 1 00 CP - c"], ""),
        (&["1 110 1 00 CP L1 -", "2 107 1 01 CP - -", "2 45 1 01 CP - -", "2 89 1 01 CP - -"], ""),
        // A component that nobody else reported is not lost.
        (&["1 110 1 01 CP - -", "2 20 1 00 CP - -", "2 08 1 00 CP - -"], "1 2 3 ?1-2 ?1-3"),
        (&["1 94 1 01 CP - -", "2 03 1 00 CP - -"], "1 2 ?1-2"),
        // A component on another day is for a reviewer.
        (&["1 110 1 00 CP L1 -", "2 08 2 01 CP - -"], "1 2 ?1-2"),
        // What a sender tells apart stays apart, whoever else reports it.
        (&["1 110 1 00 CP L1 7", "1 08 1 00 CP L2 8", "2 45 1 01 CP - -"], ""),
        (&["1 20 1 00 CP L1 -", "2 20 1 00 CP L2 -"], "1 2 ?1-2"),
        // Refusals are of no dose.
        (&["1 20 1 00 RE - -", "2 20 1 00 RE - -", "3 20 1 00 CP - -"], "1 2 3"),
    ] {
        let found = grouped(lines);
        match (expected, lines) {
            ("", [first, ..]) if first.contains("110 1 01") => assert_eq!(found.split(' ').count(), 3, "{found}"),
            ("", [first, ..]) if first.contains("20 1 01") => assert_eq!(found.matches(',').count(), 1, "{found}"),
            ("", [_, second, _]) if second.contains("L2 8") => assert_eq!(found, "1 2,3"),
            ("", _) => assert!(found.starts_with("1,") && !found.contains([' ', '?']), "{lines:?}: {found}"),
            _ => assert_eq!(found, expected, "{lines:?}"),
        }
    }
}

/// What two reports say of each other when a reviewer decided about them.
fn verdict(other: u128, is_same: bool, said: &Dose) -> Vec<ReportVerdict> {
    let (administered_on, cvx) = (said.administered_on, said.cvx);
    vec![ReportVerdict { other: report_id(other), is_same, administered_on, cvx }]
}

#[test]
fn what_a_reviewer_decided_holds() {
    let doses = read(&["1 20 1 00 CP - -", "2 20 9 00 CP - -", "3 20 1 01 CP - -", "4 20 60 01 CP - -"]);
    let decided = |pair: (usize, usize), is_same: bool, doses: &[(u128, Dose)]| {
        [verdict(pair.1 as u128 + 1, is_same, &doses[pair.0].1), verdict(pair.0 as u128 + 1, is_same, &doses[pair.1].1)]
    };
    let group = |pair: (usize, usize), said: &[Vec<ReportVerdict>; 2], doses: &[(u128, Dose)]| {
        let mut reports = all(doses);
        (reports[pair.0].verdicts, reports[pair.1].verdicts) = (&said[0], &said[1]);
        in_numbers(&DoseRules::builtin().group(&reports, VACCINES))
    };
    // Two given doses of two days, when somebody says that one of the days is a mistake.
    let said = decided((0, 1), true, &doses);
    assert_eq!(group((0, 1), &said, &doses), "1,2,3 4");
    // Corrected since: it was decided about other words.
    let mut corrected = doses.clone();
    corrected[1].1.administered_on = dose("20 12 00").administered_on;
    assert_eq!(group((0, 1), &said, &corrected), "1,3 2 4");
    // Two doses for ever, and nobody is asked again.
    let said = decided((0, 2), false, &doses);
    assert_eq!(group((0, 2), &said, &doses), "1 2,3 4");
    // One decision does not put together what another holds apart.
    let (apart, same) = (decided((0, 2), false, &doses), decided((1, 2), true, &doses));
    let mut reports = all(&doses);
    let both = [apart[1].clone(), same[1].clone()].concat();
    (reports[0].verdicts, reports[1].verdicts, reports[2].verdicts) = (&apart[0], &same[0], &both);
    assert_eq!(in_numbers(&DoseRules::builtin().group(&reports, VACCINES)), "1 2,3 4");
}

#[test]
fn each_fact_of_the_surviving_record_has_its_source() {
    let doses = read(&[
        "1 20 1 00 CP - - route=IM",
        "2 20 1 00 CP L1 - mvx=PMC",
        "3 20 2 01 CP L9 - route=PO",
        "4 107 1 01 CP L8 -",
    ]);
    let (dose, facts) = surviving(&all(&doses)).expect("there are reports");
    let source = |wanted| facts.iter().find(|fact| fact.fact == wanted).map(|fact| fact.report_id.0.as_u128());
    assert_eq!((dose.cvx, dose.lot_number.as_deref(), dose.mvx.as_deref()), (Cvx(20), Some("L1"), Some("PMC")));
    assert_eq!(dose.route.as_deref(), Some("IM"));
    let sources = [DoseFact::Day, DoseFact::Vaccine, DoseFact::Package, DoseFact::Route, DoseFact::Amount].map(source);
    assert_eq!(sources, [Some(1), Some(1), Some(2), Some(1), None]);
    // Of another day or product nothing is taken but reactions.
    let mut apart = [doses[0].clone(), doses[2].clone(), doses[3].clone()];
    apart[1].1.reactions.push(model::Coded { code: "39579001".into(), ..model::Coded::default() });
    let (dose, facts) = surviving(&all(&apart)).expect("there are reports");
    assert_eq!((dose.lot_number, dose.reactions.len()), (None, 1));
    assert!(facts.iter().any(|fact| fact.fact == DoseFact::Reactions && fact.report_id == report_id(2)));
    assert_eq!(surviving(&all(&apart[1..2])).expect("one is enough").0, apart[1].1, "alone it is kept whole");
    assert_eq!(surviving(&[]), None);
}

#[test]
fn a_brand_stays_with_its_maker_whoever_says_the_lot() {
    let brand = |lines: &[&str]| surviving(&all(&read(lines))).expect("there are reports").0.trade_name;
    let page = "1 113 1 00 CP - - mvx=PMC brand=TENIVAC";
    assert_eq!(brand(&[page, "2 113 1 00 CP L1 - mvx=PMC"]).as_deref(), Some("TENIVAC"));
    assert_eq!(brand(&[page, "2 113 1 00 CP L1 -"]).as_deref(), Some("TENIVAC"));
    assert_eq!(brand(&["1 113 1 00 CP - - brand=TENIVAC", "2 113 1 00 CP L1 - mvx=MBL"]), None, "another maker's");
}

const LINES: [&str; 22] = [
    "20 1 00 CP L1 7",
    "20 1 00 CP L2 8",
    "20 1 01 CP - -",
    "107 1 00 CP - -",
    "110 1 00 CP L1 -",
    "08 1 01 CP - -",
    "20 2 00 CP L1 9",
    "20 1 00 RE - -",
    "999 1 01 CP - -",
    "20 1 00 PA L1 -",
    "20 10 01 CP - -",
    "20 24 01 CP - -",
    "20 30 00 CP - 10",
    "45 3 02 CP - -",
    "110 1 01 CP - 11",
    "10 1 01 CP - -",
    "120 1 01 CP - -",
    "175 1 00 CP - -",
    "90 3 01 CP - -",
    "20 1 03 CP - 12 mvx=PMC",
    "08 20 01 CP - -",
    "110 15 01 CP - -",
];

type Picked = Vec<(usize, u128, bool)>;

/// Reports of three organizations, each line at most once an organization: what a sender says twice it says once.
fn picked() -> impl Strategy<Value = Picked> {
    let pick = (0..LINES.len(), 1u128..4, prop::bool::weighted(0.1));
    prop::collection::vec(pick, 1..9).prop_map(|mut picked| {
        picked.sort_unstable();
        picked.dedup_by_key(|(line, whose, _)| (*line, *whose));
        picked
    })
}

/// The vaccinations as sets of what was said, whatever the ids are.
fn said(grouped: &Grouped, picked: &Picked, ids: &[u128]) -> Vec<Vec<(usize, u128)>> {
    let of = |id: VaccinationReportId| {
        let place = ids.iter().position(|known| report_id(*known) == id).expect("a known report");
        (picked[place].0, picked[place].1)
    };
    let mut all: Vec<Vec<(usize, u128)>> = grouped
        .vaccinations
        .iter()
        .map(|found| found.reports.iter().map(|joined| of(joined.report_id)).collect())
        .collect();
    all.sort();
    let doubts = grouped.unsure.iter().map(|pair| {
        let mut both = vec![of(pair.one), of(pair.other)];
        both.sort_unstable();
        both
    });
    let mut doubts: Vec<_> = doubts.collect();
    doubts.sort();
    [all, doubts].concat()
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(picked in picked(), turn in 0usize..9, step in 1usize..9) {
        let doses: Vec<Dose> = picked.iter().map(|(line, ..)| dose(LINES[*line])).collect();
        let rules = DoseRules::builtin();
        let group = |ids: &[u128]| {
            let reports: Vec<KnownDose<'_>> = picked.iter().zip(&doses).zip(ids)
                .map(|(((_, whose, is_deleted), dose), id)| KnownDose { is_deleted: *is_deleted, ..known(*id, *whose, dose) })
                .collect();
            let mut turned = reports.clone();
            turned.rotate_left(turn % reports.len());
            let found = rules.group(&reports, VACCINES);
            assert_eq!(found, rules.group(&turned, VACCINES), "the order of the list");
            said(&found, &picked, ids)
        };
        let count = picked.len() as u128;
        let straight: Vec<u128> = (1..=count).collect();
        let prime = [1, 7, 11, 13, 17, 19, 23, 29, 31][step % 9];
        let shuffled: Vec<u128> = (1..=count).map(|n| (n * prime) % 37 + 1).collect();
        prop_assert_eq!(group(&straight), group(&shuffled));
    }

    #[test]
    fn no_vaccination_spans_more_than_a_window_nor_two_days_of_given_doses(picked in picked()) {
        let doses: Vec<(u128, Dose)> = picked.iter().map(|(line, whose, _)| (*whose, dose(LINES[*line]))).collect();
        let reports = all(&doses);
        let rules = DoseRules::builtin();
        let found = rules.group(&reports, VACCINES);
        let count: usize = found.vaccinations.iter().map(|vaccination| vaccination.reports.len()).sum();
        prop_assert_eq!(count, reports.len(), "each report is of one vaccination");
        let of = |id: VaccinationReportId| reports.iter().find(|report| report.report_id == id).expect("known");
        for vaccination in &found.vaccinations {
            let members: Vec<&KnownDose<'_>> = vaccination.reports.iter().map(|joined| of(joined.report_id)).collect();
            let lead = members[0].dose;
            for (at, one) in members.iter().enumerate() {
                for other in &members[at + 1..] {
                    let comparison = rules.compare(one, other, VACCINES);
                    prop_assert!(comparison.days_apart <= comparison.window_days);
                    let both_given = [one, other].iter().all(|report| report.dose.source == InformationSource::Administered);
                    prop_assert!(!both_given || comparison.days_apart == 0);
                }
                let is_covered = vaccination.reports[at].rule == DoseRule::CombinationCovered;
                prop_assert!(is_covered || groups(one.dose.cvx).0 & !groups(lead.cvx).0 == 0, "a group would be lost");
            }
        }
        for pair in &found.unsure {
            prop_assert!(rules.compare(of(pair.one), of(pair.other), VACCINES).outcome() != DoseOutcome::Different);
        }
    }
}
