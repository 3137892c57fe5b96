//! Of which day a dose is, whatever clock its sender writes.

use model::{Dose, MessageId, PatientRecord};

use crate::house::*;

/// A January evening in Texas, on which UTC has the next day already.
const EVENING: &str = "2026-01-16T02:30:00Z";

/// What would be stored of a message that the clinic sends at an instant; `None` when it would be refused.
fn stored(house: &House, at: &str, message: &str) -> Option<PatientRecord> {
    let admission = house.admission();
    let receipt = house.registry.receipt(&admission, MessageId(house.uuid()), at.parse().expect("a timestamp"));
    let message = message.replace('\n', "\r");
    let decision = house
        .registry
        .rehearse_message(&admission, &house.caller("CLINIC-SITE"), receipt, message.as_bytes())
        .expect("the database can be read")
        .expect("it is a report");
    decision.record
}

/// The dose that would be stored of one that was given at a moment as it stands in RXA-3.
fn dose_of(house: &House, at: &str, moment: &str) -> Option<Dose> {
    let message = vxu("C-1", &Person { pd1: WITH_CONSENT, ..MARIA }, &given("08", moment, "D1"));
    Some(stored(house, at, &message)?.vaccinations.pop()?.dose)
}

fn day_of(house: &House, at: &str, moment: &str) -> String {
    dose_of(house, at, moment).map_or("refused".into(), |dose| dose.administered_on.to_string())
}

#[test]
fn a_dose_is_of_the_day_that_it_was_where_it_was_given() {
    let cases = [
        ("20260116013000+0000", "2026-01-15", "sent at once by a system that writes UTC"),
        ("202601160130-0000", "2026-01-15", "without seconds"),
        ("20260116023000.4711+0000", "2026-01-15", "with a fraction"),
        ("20250710013000+0000", "2025-07-09", "in summer"),
        ("20260114063000+0000", "2026-01-14", "half past midnight"),
        ("20260114120000+0000", "2026-01-14", "in the morning"),
        ("20260114001500-1000", "2026-01-14", "from Hawaii, the same day"),
        ("20260113221500-1000", "2026-01-14", "from Hawaii, the day before"),
        ("20260114", "2026-01-14", "a day without a time"),
        ("20260114013000", "2026-01-14", "no offset"),
        ("20260114+0000", "2026-01-14", "an offset and no time"),
        ("20260114000000+0000", "2026-01-14", "midnight is how many write a day"),
        ("202601140000.0+0000", "2026-01-14", "midnight, too"),
        ("20260114233000-0600", "2026-01-14", "winter in Texas"),
        ("20260114003000-0500", "2026-01-14", "an offset that Texas has in summer"),
        ("20260114233000-0700", "2026-01-14", "winter in El Paso"),
        ("20260114013000+9900", "2026-01-14", "no offset that there is"),
        ("20260114253000+0000", "2026-01-14", "no time that there is"),
        ("20260117013000+0000", "refused", "tomorrow evening"),
        ("20260116", "refused", "a day that has begun nowhere in Texas"),
    ];
    on_each_database(&texas(), async |house| {
        for (moment, day, what) in cases {
            assert_eq!(day_of(house, EVENING, moment), day, "{what}: {moment}");
        }
    });
}

#[test]
fn an_organization_with_clocks_of_its_own_is_gone_by_these_and_so_are_its_sites() {
    on_each_database(&texas(), async |house| {
        let zone = |zone| house.registry.set_organization_time_zone(&house.admission(), "CLINIC", zone);
        zone("America/Los_Angeles").expect("there is the zone");
        assert_eq!(day_of(house, EVENING, "20260114073000+0000"), "2026-01-13");
        assert_eq!(day_of(house, EVENING, "20260114003000-0600"), "2026-01-13", "of a server in Texas");
        // An hour before midnight in Texas.
        let late = "2026-01-16T05:00:00Z";
        assert_eq!(day_of(house, late, "20260116"), "refused");
        zone("America/New_York").expect("there is the zone");
        assert_eq!(day_of(house, late, "20260116"), "2026-01-16", "it has begun there");
        assert_eq!(day_of(house, late, "20260116045900+0000"), "2026-01-15");
    });
}

#[test]
fn what_happened_at_a_moment_is_of_its_day_there_and_a_birth_date_stays_as_written() {
    on_each_database(&texas(), async |house| {
        let (utc, pd1) = ("20260116013000+0000", "PD1||||||||||||TXY|20260116013000+0000\n");
        let person = Person { birth_date: "20240310013000+0000", pd1, ..MARIA };
        let dose = given("08", utc, "D1").replace("|20200101|", "|20200101050000+0000|");
        let message = vxu("C-1", &person, &dose);
        let record = stored(house, EVENING, &message).expect("consent is of today");
        assert_eq!(record.consents[0].statement.effective_on.map(|day| day.to_string()), Some("2026-01-15".into()));
        let born = record.patient.demographics.birth_date.map(|day| day.to_string());
        assert_eq!(born, Some("2024-03-10".into()), "a birth date is no moment");
        let vis = &record.vaccinations[0].dose.vis[0];
        assert_eq!(vis.presented_on.map(|day| day.to_string()), Some("2026-01-15".into()));
        assert_eq!(vis.edition_on.map(|day| day.to_string()), Some("2020-01-01".into()));
        let died = message.replace("\nPD1|", "||||||||||||||||20260116013000+0000|Y\nPD1|");
        let record = stored(house, EVENING, &died).expect("it is taken in");
        assert_eq!(record.patient.demographics.death_date.map(|day| day.to_string()), Some("2026-01-15".into()));

        let pd1 = "PD1||||||||||||TXY|20251211\n";
        let newborn = Person { birth_date: "20251211013000+0000", pd1, ..MARIA };
        let hour_old = vxu("C-2", &newborn, &given("08", "20251211023000+0000", "D2"));
        let record = stored(house, EVENING, &hour_old).expect("it is not before the birth");
        assert_eq!(record.vaccinations[0].dose.administered_on.to_string(), "2025-12-11");
    });
}
