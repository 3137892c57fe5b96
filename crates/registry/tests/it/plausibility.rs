//! What can be true together: each rule with a message that breaks it, and each with one that a reader has found
//! fault with already, which is told once.

use model::{MessageId, MessageState};

use crate::house::*;

/// A message, what must be told of it, and how many of its doses are kept.
struct Case {
    name: &'static str,
    message: String,
    told: &'static [&'static str],
    /// `None`: the message is refused.
    kept: Option<usize>,
}

fn case(name: &'static str, message: String, told: &'static [&'static str], kept: Option<usize>) -> Case {
    Case { name, message, told, kept }
}

/// Checks every case under a profile by what a submission of it would change and be answered.
fn check(profile: &str, cases: &[Case]) {
    on_each_database(profile, async |house| {
        let failures: Vec<String> = cases.iter().filter_map(|case| difference(house, case)).collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    });
}

fn difference(house: &House, case: &Case) -> Option<String> {
    let admission = house.admission();
    let noon = NOON.parse().expect("a timestamp");
    let receipt = house.registry.receipt(&admission, MessageId(house.uuid()), noon);
    let message = case.message.replace('\n', "\r");
    let decision = house
        .registry
        .rehearse_message(&admission, &house.caller("CLINIC"), receipt, message.as_bytes())
        .expect("the database can be read")
        .expect("the case is a report");
    let noted = decision.outcome.findings.iter().filter(|finding| finding.rule().code != NO_DOSE_CAME);
    let told: Vec<String> = noted.map(describe).collect();
    let is_refused = decision.outcome.disposition == MessageState::Rejected;
    let kept = decision.record.filter(|_| !is_refused).map(|record| record.vaccinations.len());
    (told != case.told || kept != case.kept)
        .then(|| format!("{}\n  expected {:?} {:?}\n  found    {told:?} {kept:?}", case.name, case.told, case.kept))
}

fn describe(finding: &model::Finding) -> String {
    let code = &finding.rule().code;
    finding.location.map_or_else(|| code.clone(), |location| format!("{code} at {location}"))
}

/// A report of Maria with this after her sex, from PID-9 on.
fn said(rest: &'static str) -> String {
    vxu("C-1", &Person { rest, ..MARIA }, "")
}

fn born(birth_date: &'static str) -> String {
    vxu("C-1", &Person { birth_date, ..MARIA }, "")
}

fn doses(segments: &str) -> String {
    vxu("C-1", &MARIA, segments)
}

/// One dose that the clinic gave, after a change of its text.
fn changed(from: &str, to: &str) -> String {
    let dose = given("08", "20240311", "D1");
    assert!(dose.contains(from), "{from}");
    doses(&dose.replace(from, to))
}

/// One dose that the clinic gave, without the segments that begin so.
fn without(segments: &[&str]) -> String {
    let dose = given("08", "20240311", "D1");
    let is_kept = |line: &&str| !segments.iter().any(|segment| line.starts_with(segment));
    doses(&dose.lines().filter(is_kept).map(|line| format!("{line}\n")).collect::<String>())
}

fn refused(reason: &str) -> String {
    doses(&REFUSAL.replace("00^Parental decision^NIP002", reason))
}

const DECEASED: Person = Person { rest: "||||||||||||||||||||20240501|Y", ..MARIA };
const REFUSAL: &str = "ORC|RE||9999^EHR\n\
     RXA|0|1|20250401||03^MMR^CVX|999||||||||||||00^Parental decision^NIP002||RE|A\n";
const KIN: &str = "NK1|1|Garza^Ana^^^^^L|MTH^Mother^HL70063\n";
const ORDER: &str = "ORC|RE||D1^EHR\n";

#[test]
fn people_who_cannot_be_as_they_are_told() {
    check(
        &example(),
        &[
            case("everything is right", said(MARIA.rest), &[], Some(0)),
            case("birth in the future", born("20260116"), &["CLR-113 at PID^1^7"], None),
            case("birth today", born("20260115"), &[], Some(0)),
            case("birth before 1890", born("18891231"), &["CLR-113 at PID^1^7"], None),
            case(
                "a placeholder for a name",
                vxu("C-1", &Person { given: "Baby Girl", ..MARIA }, ""),
                &["IEE-403 at PID^1^5"],
                Some(0),
            ),
            case("death before birth", said("||||||||||||||||||||20240309|Y"), &["IEE-405 at PID^1^29"], Some(0)),
            case("death in the future", said("||||||||||||||||||||20260116|Y"), &["IEE-114 at PID^1^29"], Some(0)),
            case("death of the living", said("||||||||||||||||||||20250101|N"), &["IEE-114 at PID^1^29"], Some(0)),
            case("a twin without a place", said("|||||||||||||||Y"), &["IEE-406 at PID^1^25"], Some(0)),
            case("a twin of an unreadable place", said("|||||||||||||||Y|last"), &["IEE-111 at PID^1^25"], Some(0)),
            case("nobody answers for a child", said("").replace(KIN, ""), &["IEE-519 at NK1^1"], Some(0)),
            case("nobody answers for an adult", born("20080115").replace(KIN, ""), &[], Some(0)),
            case(
                "one who answers for herself by another name",
                said("").replace("MTH^Mother", "SEL^Self"),
                &["IEE-409 at NK1^1^3"],
                Some(0),
            ),
            case("a number that is none", said("||||^PRN^PH^^^999^9999999"), &["IEE-413 at PID^1^13^1"], Some(0)),
            case(
                "somebody unreadable answers for a child",
                said("").replace("MTH^Mother", "QQQ^Aunt"),
                &["IEE-520 at NK1^1^3^1^1"],
                Some(0),
            ),
        ],
    );
}

#[test]
fn doses_of_days_that_cannot_be() {
    let told = told("08", "20240512", "D2");
    check(
        &example(),
        &[
            case("a dose today", doses(&given("08", "20260115", "D1")), &[], Some(1)),
            case("a dose on the day of birth", doses(&given("08", "20240310", "D1")), &[], Some(1)),
            case(
                "a dose in the future beside a good one",
                doses(&(told.clone() + &given("08", "20260116", "D1"))),
                &["IMR-124 at RXA^2^3"],
                Some(1),
            ),
            case(
                "a dose before birth beside a good one",
                doses(&(given("08", "20240309", "D1") + &told)),
                &["IMR-125 at RXA^1^3"],
                Some(1),
            ),
            case(
                "only doses that cannot be",
                doses(&(given("08", "20240309", "D1") + &given("110", "20270301", "D2"))),
                &["IMR-125 at RXA^1^3", "IMR-124 at RXA^2^3", "MER-105"],
                None,
            ),
            case("a dose after death", vxu("C-1", &DECEASED, &told), &["IEE-123 at RXA^1^3"], Some(1)),
            case("a refusal after death is no dose", vxu("C-1", &DECEASED, REFUSAL), &[], Some(1)),
            case("a lot that had expired", changed("20270101", "20240310"), &["IEE-124 at RXA^1^16"], Some(1)),
            case("a lot in its last month", changed("20270101", "202403"), &[], Some(1)),
            case(
                "a vaccine out of use",
                doses(&given("02", "20240311", "D1")),
                &["IEE-122 at RXA^1^5", "IEE-540 at RXR^1^1"],
                Some(1),
            ),
            case("a vaccine of elsewhere", doses(&self::told("02", "20240311", "D1")), &[], Some(1)),
        ],
    );
}

#[test]
fn what_a_dose_given_must_say() {
    check(
        &example(),
        &[
            case("no lot", changed("|LD1|", "||"), &["IEE-125 at RXA^1^15"], Some(1)),
            case("no manufacturer", changed("MSD^Merck^MVX", ""), &["IEE-126 at RXA^1^17"], Some(1)),
            case("an unknown manufacturer", changed("MSD^", "ACME^"), &["IEE-127 at RXA^1^17^1^1"], Some(1)),
            case("no eligibility", without(&["OBX|1"]), &["IEE-128 at RXA^1"], Some(1)),
            case("an unknown eligibility", changed("|V01^", "|V99^"), &["IEE-110 at OBX^1^5^1^1"], Some(1)),
            case("an empty eligibility", changed("V01^Not eligible^HL70064", ""), &["IEE-133 at OBX^1^5"], Some(1)),
            case("no statement", without(&["OBX|2", "OBX|3", "OBX|4"]), &["IEE-129 at RXA^1"], Some(1)),
            case(
                "an unreadable statement",
                without(&["OBX|2", "OBX|3"]).replace("LN|2|20240311", "LN|2|March"),
                &["IEE-133 at OBX^2^5^1^1"],
                Some(1),
            ),
            case(
                "a vaccine that has no statement",
                without(&["OBX|2", "OBX|3", "OBX|4"]).replace("08^vaccine", "86^immune globulin"),
                &[],
                Some(1),
            ),
            case("nothing is missing from a dose told of", doses(&told("08", "20240311", "D1")), &[], Some(1)),
            case("a refusal", refused("00^Parental decision^NIP002"), &[], Some(1)),
            case("a refusal without a reason", refused(""), &["IEE-130 at RXA^1^18"], Some(1)),
            case("a refusal of an unknown reason", refused("77^x^NIP002"), &["IEE-110 at RXA^1^18^1^1"], Some(1)),
            case(
                "a dose to delete is only named, and makes nobody known",
                without(&["OBX"]).replace("|LD1|20270101|MSD^Merck^MVX|||CP|A", "||||||CP|D"),
                &["IEE-594 at RXA^1"],
                None,
            ),
        ],
    );
}

#[test]
fn a_program_for_children_does_not_pay_for_adults() {
    let born = |birth_date| {
        let dose = given("08", "20240311", "D1").replace("V01^Not eligible", "V02^Medicaid");
        vxu("C-1", &Person { birth_date, ..MARIA }, &dose)
    };
    check(
        &example(),
        &[
            case("the day before the 19th birthday", born("20050312"), &[], Some(1)),
            case("the 19th birthday", born("20050311"), &["IEE-539 at RXA^1"], Some(1)),
        ],
    );
}

#[test]
fn vaccine_route_and_body_site_go_together() {
    let by_mouth = |cvx: &str, site: &str| {
        let dose = given(cvx, "20240520", "D1").replace("C28161^Intramuscular^NCIT", "C38288^Oral^NCIT");
        doses(&dose.replace("LT^Left Thigh^HL70163", site))
    };
    let injected = doses(&given("119", "20240520", "D1"));
    let second = doses(&(told("03", "20250401", "D1") + &given("119", "20240520", "D2")));
    let unknown_route = given("08", "20240520", "D2").replace("C28161^Intramuscular^NCIT", "XX^somehow^NCIT");
    let behind = doses(&(told("03", "20990401", "D1") + &unknown_route));
    check(
        &example(),
        &[
            case("swallowed, as it should be", by_mouth("119", ""), &[], Some(1)),
            case(
                "swallowed into the thigh",
                by_mouth("119", "LT^Left Thigh^HL70163"),
                &["IEE-541 at RXR^1^2"],
                Some(1),
            ),
            case("swallowed, and it is for injection", by_mouth("08", ""), &["IEE-540 at RXR^1^1"], Some(1)),
            case("injected, and it is to be swallowed", injected, &["IEE-540 at RXR^1^1"], Some(1)),
            case("a vaccine of which it is not known", by_mouth("122", ""), &[], Some(1)),
            case("the first RXR, of the second dose", second, &["IEE-540 at RXR^1^1"], Some(2)),
            case(
                "the first RXR, behind a dose that is dropped",
                behind,
                &["IMR-124 at RXA^1^3", "IEE-570 at RXR^1^1^1^1"],
                Some(1),
            ),
        ],
    );
}

#[test]
fn one_fault_is_told_once() {
    check(
        &example(),
        &[
            case(
                "an unknown vaccine",
                changed("RXA|0|1|20240311||08^", "RXA|0|1|20240311||777^"),
                &["IMR-121 at RXA^1^5^1^1", "MER-105"],
                None,
            ),
            case("an order lost", changed(ORDER, ""), &["IMR-100 at RXA^1", "MER-105"], None),
        ],
    );
    let texan = |pd1: &'static str| vxu("C-1", &Person { pd1, ..MARIA }, "");
    check(
        &texas(),
        &[case(
            "a date of consent that is none",
            texan("PD1||||||||||||TXY|yesterday\n"),
            &["CLR-105 at PD1^1^13"],
            None,
        )],
    );
}
