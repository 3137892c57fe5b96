//! What senders reported about a person, in the engine; and what pages are given.

use model::{DoseStatus, GroupStatus, PatientId};

use crate::house::*;

/// Facts about the person, under an order without a vaccine.
fn facts(observations: &str) -> String {
    format!("ORC|RE||9999^IIS\nRXA|0|1|20240401||998^No vaccine administered^CVX|999||||||||||||||NA\n{observations}")
}

async fn forecast_line(house: &House, person: &Person, group: &str) -> String {
    let answer = house.ask("CLINIC", "Z44", person).await;
    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("OBX")).collect();
    let start = lines.iter().rposition(|line| line.contains(&format!("^{group}^CVX|"))).expect("the group is forecast");
    lines[start..].iter().find(|line| line.contains("|30982-3^")).expect("a reason").to_string()
}

#[test]
fn allergies_immunity_and_contraindications_that_were_reported_reach_the_forecast() {
    let cases = [
        (
            "an allergy to a vaccine, beside the vaccine's type",
            facts(
                "OBX|1|CE|30945-0^Contraindication^LN|1|VXC20^allergy to previous dose of this vaccine^CDCPHINVS||||||F|||20240401\n\
                 OBX|2|CE|30956-7^Vaccine type^LN|1|10^IPV^CVX||||||F\n",
            ),
            "Polio",
            "Contraindicated: Severe allergic reaction after previous dose of Polio",
        ),
        (
            "an allergy to a vaccine, under a dose of it",
            told("10", "20240511", "D2")
                + "OBX|1|CE|30945-0^Contraindication^LN|1|VXC20^allergy to previous dose of this vaccine^CDCPHINVS||||||F|||20240511\n",
            "Polio",
            "Contraindicated: Severe allergic reaction after previous dose of Polio",
        ),
        (
            "anaphylaxis after a dose",
            told("10", "20240511", "D2") + "OBX|1|CE|31044-1^Reaction^LN|1|39579001^Anaphylaxis^SCT||||||F\n",
            "Polio",
            "Contraindicated: Severe allergic reaction after previous dose of Polio",
        ),
        (
            "an allergy to yeast",
            facts(
                "OBX|1|CE|30945-0^Contraindication^LN|1|VXC18^allergy to baker's yeast^CDCPHINVS||||||F|||20240401\n",
            ),
            "HepB",
            "Contraindicated: Hypersensitivity to yeast (110).",
        ),
        (
            "laboratory evidence of immunity",
            facts("OBX|1|CE|75505-8^Serologic evidence^LN|1|271511000^Hepatitis B immune^SCT||||||F|||20240401\n"),
            "HepB",
            "Immune: Laboratory Evidence of Immunity",
        ),
        (
            "chickenpox, as a doctor saw it",
            facts("OBX|1|CE|59784-9^Disease with presumed immunity^LN|1|38907003^Varicella^SCT||||||F|||20240401\n"),
            "Varicella",
            "Immune: Healthcare provider verified history",
        ),
    ];
    on_each_database(&example(), async |house| {
        let people = ["1", "2", "3", "4", "5", "6"].into_iter();
        for ((what, segments, group, expected), number) in cases.iter().zip(people) {
            let given_name: &'static str =
                ["Ana", "Berta", "Carla", "Dora", "Elena", "Flora"][number.parse::<usize>().expect("a number") - 1];
            let mrn: &'static str =
                ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6"][number.parse::<usize>().expect("a number") - 1];
            let person = Person { given: given_name, mrn, rest: "", ..MARIA.clone() };
            house.report("CLINIC", &person, segments).await;
            let reason = forecast_line(house, &person, group).await;
            assert!(reason.contains(expected), "{what}: {reason}");
        }
    });
}

#[test]
fn a_dose_is_told_with_its_number_among_those_that_are_needed() {
    on_each_database(&example(), async |house| {
        let teenager = Person { birth_date: "20120301", ..MARIA.clone() };
        house.report("CLINIC", &teenager, &(given("165", "20230401", "D1") + &given("165", "20231201", "D2"))).await;
        let answer = house.ask("CLINIC", "Z44", &teenager).await;
        let doses = answer.split("|998^").next().expect("doses come first");
        let told = |question: &str| -> Vec<&str> {
            let lines = doses.lines().filter(|line| line.contains(question));
            lines.filter_map(|line| line.split('|').nth(5)).collect()
        };
        assert_eq!((told("|30973-2^"), told("|59782-3^")), (vec!["1", "2"], vec!["2", "2"]), "{answer}");
        let reasons = told("|30982-3^");
        assert_eq!(reasons.last(), Some(&"Valid: counts as dose 2 of the series."), "{reasons:?}");
    });
}

#[test]
fn a_contraindication_that_is_over_forbids_nothing() {
    on_each_database(&example(), async |house| {
        let segments = facts(
            "OBX|1|CE|30945-0^Contraindication^LN|1|VXC18^allergy to baker's yeast^CDCPHINVS||||||F|||20240401\n\
             OBX|2|DT|30944-3^Date contraindication ended^LN|1|20250101||||||F\n",
        );
        house.report("CLINIC", &MARIA, &segments).await;
        let reason = forecast_line(house, &MARIA, "HepB").await;
        assert!(reason.contains("Can be given from"), "{reason}");
    });
}

#[test]
fn a_page_is_given_every_dose_and_group_in_both_languages_and_that_is_written_down() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &(given("10", "20240511", "D1") + &given("10", "20240601", "D2"))).await;
        let patient_id = house.newest_line().entry.patient_id.expect("a person");
        let (at, on) = (NOON.parse().expect("a timestamp"), jiff::civil::date(2024, 7, 1));
        let caller = house.caller("PHARMACY");
        let assess = async |id| house.registry.assess_patient(&house.admission(), &caller, id, at, on).await;
        let found = assess(patient_id).await.expect("the registry serves").expect("she is shown");
        assert_eq!((found.schedule.as_str(), found.on), ("cdsi-4.64", on));
        let statuses: Vec<_> = found.evaluations.iter().map(|dose| (dose.status, dose.doses_in_series)).collect();
        assert_eq!(statuses, [(DoseStatus::Valid, Some(4)), (DoseStatus::NotValid, Some(4))]);
        let reason = &found.evaluations[1].reasons[0];
        assert_eq!(reason.rule, "CALCDTINT-3");
        assert_eq!(
            reason.english,
            "Not valid: given 21 days after the previous dose; the minimum is 28 (24 with grace)."
        );
        assert_eq!(
            reason.spanish.as_deref(),
            Some("No válida: se aplicó 21 días después de la dosis anterior; el mínimo es 28 (24 con gracia).")
        );
        let polio = found.forecasts.iter().find(|group| group.vaccine_group == "Polio").expect("due");
        assert_eq!((polio.status, polio.dose_number, polio.is_for_risk), (GroupStatus::UpToDate, Some(2), false));
        let spanish = polio.reasons[0].spanish.as_deref().unwrap_or_default();
        assert!(spanish.starts_with("Se puede aplicar desde el 29 jun 2024"), "{polio:?}");

        let trail = house.registry.audit_of_patient(&house.admission(), patient_id, 10).expect("the trail is read");
        let seen = trail.iter().find(|line| line.entry.organization_id == caller.organization_id).expect("it is noted");
        assert_eq!((seen.entry.action, seen.entry.at), (model::AuditAction::RecordDisclosed, at));
        let nobody = assess(PatientId(house.uuid())).await.expect("the registry serves");
        assert_eq!(nobody, None);
    });
}

#[test]
fn nobody_is_told_of_a_record_that_may_not_be_shown() {
    on_each_database(&texas(), async |house| {
        let consenting = Person { pd1: WITH_CONSENT, ..MARIA.clone() };
        house.report("CLINIC", &consenting, &given("10", "20240511", "D1")).await;
        let patient_id = house.newest_line().entry.patient_id.expect("a person");
        let assess = async |at: &str| {
            let at: jiff::Timestamp = at.parse().expect("a timestamp");
            let on = house.registry.today(at);
            house.registry.assess_patient(&house.admission(), &house.caller("CLINIC"), patient_id, at, on).await
        };
        assert!(assess(NOON).await.expect("the registry serves").is_some());
        let grown_up = assess("2060-01-15T18:00:00Z").await.expect("the registry serves");
        assert_eq!(grown_up, None, "the consent of a child ends");
    });
}

/// CDSi calls influenza complete or not recommended when the last season of the schedule is over; whoever asks is told that it is
/// not known.
#[test]
fn a_season_that_the_schedule_lacks_is_told_as_unknown() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("150", "20240611", "D1")).await;
        let patient_id = house.newest_line().entry.patient_id.expect("a person");
        let (at, caller) = (NOON.parse().expect("a timestamp"), house.caller("CLINIC"));
        let influenza = async |on| {
            let found = house.registry.assess_patient(&house.admission(), &caller, patient_id, at, on).await;
            let found = found.expect("the registry serves").expect("she is shown");
            found.forecasts.into_iter().find(|group| group.vaccine_group == "Influenza").expect("for everybody").status
        };
        assert_ne!(influenza(jiff::civil::date(2026, 6, 30)).await, GroupStatus::SeasonUnknown, "its last day");
        assert_eq!(influenza(jiff::civil::date(2026, 7, 1)).await, GroupStatus::SeasonUnknown);
    });
}

/// Neither right nor wrong: the question whether the dose counts (59781-5) stays unanswered, and the reason says why.
#[test]
fn a_dose_of_a_season_that_the_schedule_lacks_is_not_called_valid_or_invalid() {
    const AFTER_THE_LAST_SEASON: &str = "2026-11-25T18:00:00Z";
    on_each_database(&example(), async |house| {
        let grown_up = Person { birth_date: "20020128", ..MARIA.clone() };
        let doses = given("140", "20251101", "F1") + &given("140", "20261124", "F2");
        house.send_at(AFTER_THE_LAST_SEASON, "CLINIC", &vxu("S1", &grown_up, &doses)).await;
        let answer = house.send_at(AFTER_THE_LAST_SEASON, "CLINIC", &qbp("S2", "Z44", &grown_up)).await;
        let of_dose = |order_id: &str| -> Vec<&str> {
            let order = answer.split("ORC|").find(|order| order.contains(order_id)).expect("the dose is told");
            order.lines().filter(|line| line.starts_with("OBX")).collect()
        };
        let asks = |lines: &[&str], question: &str, answer: &str| {
            lines.iter().any(|line| line.contains(question) && line.contains(answer))
        };
        let (known, unknown) = (of_dose("F1"), of_dose("F2"));
        assert!(asks(&known, "|59781-5^", "|Y|"), "{known:?}");
        assert!(!asks(&unknown, "|59781-5^", ""), "{unknown:?}");
        assert!(asks(&unknown, "|30982-3^", "the schedule in use holds no later season"), "{unknown:?}");
    });
}
