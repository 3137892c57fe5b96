//! Consent under the Texas profile: nobody is kept without it, nobody is shown beyond it.

use crate::house::*;

#[test]
fn nothing_of_a_person_without_consent_is_kept_and_the_sender_is_told_how_to_affirm() {
    on_each_database(&texas(), async |house| {
        let answer = house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        assert_eq!(field(&answer, "MSA", 1), "AE");
        assert!(findings(&answer).contains(&"CLR-100"), "{answer}");
        assert!(answer.contains("PD1-12"), "the sentence says how to affirm: {answer}");
        assert_eq!(house.rows("patient"), 0);
        assert_eq!(house.rows("vaccination_report"), 0);
        let log = house.registry.messages(&house.admission(), &Default::default(), 10).expect("the log is read");
        let logged = house.registry.find_message(&house.admission(), log[0].id).expect("the log is read");
        let logged = logged.expect("the refusal is logged");
        assert_eq!(logged.original, None, "the bytes are not kept");
        let kept: Vec<&str> = logged.findings.iter().map(|finding| finding.value.as_str()).collect();
        assert!(kept.iter().any(|value| value.contains("PD1-12")), "how to affirm is told later, too: {kept:?}");
    });
}

#[test]
fn a_code_that_means_nothing_is_told_of() {
    on_each_database(&example(), async |house| {
        let mistyped = Person { pd1: "PD1||||||||||||Q|20240311\n", ..MARIA.clone() };
        let answer = house.report("CLINIC", &mistyped, "").await;
        assert_eq!(findings(&answer), ["IEE-110"], "{answer}");
        assert_eq!(field(&answer, "ERR", 2), "PD1^1^12");
    });
}

#[test]
fn what_to_do_about_a_missing_consent_fits_the_answer() {
    on_each_database(&texas(), async |house| {
        let answer = house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        assert_eq!(findings(&answer), ["CLR-100"], "nothing else is told of what was not kept: {answer}");
        assert!(field(&answer, "ERR", 8).ends_with("and send the message again."), "{answer}");
    });
}

#[test]
fn who_is_not_surely_known_is_told_why_consent_on_file_does_not_count() {
    on_each_database(&texas(), async |house| {
        let dose = given("08", "20240311", "D1");
        house.report("CLINIC", &Person { pd1: WITH_CONSENT, ..MARIA.clone() }, &dose).await;
        let unsure = Person { mrn: "M-201", sex: "M", rest: "||9 Elm^^Waco^TX^76701^USA^H", ..MARIA.clone() };
        let answer = house.report("PHARMACY", &unsure, &given("03", "20250401", "D7")).await;
        assert_eq!(findings(&answer), ["CLR-100", "IEE-202"], "{answer}");
        assert_eq!(house.rows("patient"), 1, "nothing was kept");
        let affirmed = Person { pd1: WITH_CONSENT, ..unsure };
        let answer = house.report("PHARMACY", &affirmed, &given("03", "20250401", "D7")).await;
        assert_eq!(findings(&answer), ["IEE-200", "IEE-107"], "{answer}");
    });
}

#[test]
fn an_affirmation_that_could_not_be_read_is_told_beside_the_refusal() {
    on_each_database(&texas(), async |house| {
        let told = |answer: &str| -> Vec<String> {
            let places = segments(answer, "ERR").into_iter().filter_map(|error| error.split('|').nth(2));
            findings(answer).into_iter().zip(places).map(|(code, place)| format!("{code} {place}")).collect()
        };
        let dose = given("08", "20240311", "D1");
        for (pd1, after, expected) in [
            ("PD1||||||||||||TXYY|20240311\n", "", ["CLR-100 ", "IEE-110 PD1^1^12"]),
            ("PD1||||||||||||N\n", "", ["CLR-100 ", "IEE-105 PD1^1^13"]),
            ("", WITH_CONSENT, ["CLR-100 ", "IEE-100 PD1^1"]),
        ] {
            let person = Person { pd1, ..MARIA.clone() };
            let answer = house.report("CLINIC", &person, &format!("{dose}{after}")).await;
            assert_eq!(told(&answer), expected, "{answer}");
        }
        let early = Person { pd1: "PD1||||||||||||TXY|20990101\n", ..MARIA.clone() };
        assert_eq!(told(&house.report("CLINIC", &early, &dose).await), ["CLR-106 PD1^1^13"]);
    });
}

#[test]
fn consent_affirmed_anew_lifts_a_protection_and_consent_said_again_lifts_none() {
    on_each_database(&texas(), async |house| {
        let say = async |organization: &str, pd1: &'static str| {
            house.report(organization, &Person { pd1, ..MARIA.clone() }, &given("08", "20240311", "D1")).await
        };
        let is_shown = async || field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2) == "OK";
        say("CLINIC", WITH_CONSENT).await;
        assert!(is_shown().await);
        say("CLINIC", "PD1||||||||||||Y|20250101\n").await;
        assert!(!is_shown().await);
        say("CLINIC", WITH_CONSENT).await;
        assert!(!is_shown().await, "this consent was known before");
        say("PHARMACY", "PD1||||||||||||TXY|20241231\n").await;
        assert!(!is_shown().await, "this one is of a day before the protection");
        say("PHARMACY", "PD1||||||||||||TXY|20250601\n").await;
        assert!(is_shown().await);
        say("CLINIC", "PD1||||||||||||Y|20250701\n").await;
        assert!(!is_shown().await, "and is protected again");
    });
}

#[test]
fn affirmed_consent_lets_the_record_in() {
    on_each_database(&texas(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let consenting = Person { pd1: WITH_CONSENT, ..MARIA.clone() };
        let answer = house.report("CLINIC", &consenting, &given("08", "20240311", "D1")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        assert_eq!(findings(&answer), ["IEE-107"]);
        let later = house.report("PHARMACY", &MARIA, &given("110", "20240512", "D2")).await;
        assert_eq!(field(&later, "MSA", 1), "AA", "consent is on file now: {later}");
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        assert_eq!(segments(&history, "RXA").len(), 2, "{history}");
    });
}

#[test]
fn a_refused_message_is_processed_when_it_comes_again_after_consent() {
    on_each_database(&texas(), async |house| {
        let message = vxu("SAME-1", &MARIA, &given("08", "20240311", "D1"));
        let refused = house.send("CLINIC", &message).await;
        assert_eq!(house.send("CLINIC", &message).await, refused, "until then it is answered alike");
        house.report("PHARMACY", &Person { pd1: WITH_CONSENT, ..MARIA.clone() }, "").await;
        let accepted = house.send("CLINIC", &message).await;
        assert_eq!(field(&accepted, "MSA", 1), "AA", "{accepted}");
        let lines = house.rows("message");
        assert_eq!(house.send("CLINIC", &message).await, accepted, "and has this answer from then on");
        assert_eq!(house.rows("message"), lines);
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 1);
    });
}

#[test]
fn a_consent_must_fit_the_age_and_the_calendar() {
    on_each_database(&texas(), async |house| {
        for (pd1, code) in [
            ("PD1||||||||||||TXA|20240311\n", "CLR-101"),
            ("PD1||||||||||||TXY|20990101\n", "CLR-106"),
            ("PD1||||||||||||TXY|2024031X\n", "CLR-105"),
            ("PD1||||||||||||N\n", "CLR-100"),
            ("PD1||||||||||||Y|20240311\n", "CLR-100"),
        ] {
            let answer = house.report("CLINIC", &Person { pd1, ..MARIA.clone() }, "").await;
            assert!(findings(&answer).contains(&code), "{pd1}: {answer}");
            assert_eq!(house.rows("patient"), 0, "{pd1}");
        }
        let dated = Person { pd1: "PD1||||||||||||N|20240311\n", ..MARIA.clone() };
        let answer = house.report("CLINIC", &dated, "").await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
    });
}

#[test]
fn a_minors_consent_keeps_but_no_longer_shows_the_grown_up() {
    on_each_database(&texas(), async |house| {
        let grown = Person { birth_date: "20060310", pd1: "PD1||||||||||||TXY|20100101\n", ..MARIA.clone() };
        let answer = house.report("CLINIC", &grown, &given("08", "20100311", "D1")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        assert_eq!(house.rows("patient"), 1, "the record is kept until 26");
        assert_eq!(field(&house.ask("CLINIC", "Z34", &grown).await, "QAK", 2), "NF", "but not shown from 18 on");
        let consenting = Person { pd1: "PD1||||||||||||TXA|20260101\n", ..grown.clone() };
        house.report("CLINIC", &consenting, "").await;
        assert_eq!(field(&house.ask("CLINIC", "Z34", &grown).await, "QAK", 2), "OK");
    });
}

#[test]
fn a_disaster_dose_is_kept_without_consent_and_no_other_dose_beside_it() {
    on_each_database(&texas(), async |house| {
        let adult = Person { birth_date: "19800101", ..MARIA.clone() };
        let doses = given("208", "20210301", "C1") + &given("88", "20201001", "F1");
        let answer = house.report("CLINIC", &adult, &doses).await;
        assert!(findings(&answer).contains(&"IMR-132"), "{answer}");
        assert_eq!(house.rows("vaccination_report"), 1);
        assert_eq!(field(&house.ask("CLINIC", "Z34", &adult).await, "QAK", 2), "NF");
    });
}

#[test]
fn a_protected_record_changes_no_list_of_candidates() {
    on_each_database(&example(), async |house| {
        let ask = async || house.ask("PHARMACY", "Z34", &Person { suffix: "", ..MARIA.clone() }).await;
        house
            .report("CLINIC", &Person { mrn: "M-300", suffix: "SR", ..MARIA.clone() }, &given("08", "20240311", "D1"))
            .await;
        let before = ask().await;
        let protected = Person { mrn: "M-301", suffix: "JR", pd1: "PD1||||||||||||Y|20240311\n", ..MARIA.clone() };
        house.report("CLINIC", &protected, &given("08", "20240311", "D2")).await;
        let after = ask().await;
        assert_eq!((field(&before, "QAK", 2), field(&after, "QAK", 2)), ("OK", "OK"), "{after}");
        assert_eq!(segments(&before, "PID"), segments(&after, "PID"), "one person, as if there were no other");
        assert_eq!(segments(&before, "RXA").len(), segments(&after, "RXA").len());
        // The control: without the protection there are two, and a list.
        let shown = Person { mrn: "M-302", suffix: "III", pd1: "", ..MARIA.clone() };
        house.report("CLINIC", &shown, &given("08", "20240311", "D3")).await;
        assert!(field(&ask().await, "MSH", 21).starts_with("Z31"));
    });
}

#[test]
fn a_protected_record_cannot_be_told_from_one_that_is_not_there() {
    on_each_database(&example(), async |house| {
        let protected = Person { pd1: "PD1||||||||||||Y|20240311\n", ..MARIA.clone() };
        let answer = house.report("CLINIC", &protected, &given("08", "20240311", "D1")).await;
        assert_eq!(findings(&answer), ["IEE-108"], "{answer}");
        let stranger = Person { family: "Nobody", ..MARIA.clone() };
        for profile in ["Z34", "Z44"] {
            let hidden = house.ask("PHARMACY", profile, &protected).await;
            let absent = house.ask("PHARMACY", profile, &stranger).await;
            assert_eq!(field(&hidden, "QAK", 2), "NF", "{hidden}");
            assert_eq!(segments(&hidden, "ERR"), segments(&absent, "ERR"));
            assert_eq!(hidden.lines().count(), absent.lines().count());
        }
    });
}

#[test]
fn withdrawn_consent_takes_the_record_out_of_every_answer() {
    let profile = texas() + "\n[consent.codes.OUT]\nkinds = [\"minor\", \"adult\"]\nstatus = \"withdrawn\"\n";
    on_each_database(&profile, async |house| {
        house.report("CLINIC", &Person { pd1: WITH_CONSENT, ..MARIA.clone() }, &given("08", "20240311", "D1")).await;
        assert_eq!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2), "OK");
        let withdrawing = Person { pd1: "PD1||||||||||||OUT|20251201\n", ..MARIA.clone() };
        // Without its vaccine information statement the dose would be stored with a finding of its own.
        let dose = given("110", "20240512", "D2");
        let (dose, _) = dose.split_once("OBX|2").expect("the information statement comes second");
        let answer = house.report("CLINIC", &withdrawing, dose).await;
        assert_eq!(field(&answer, "MSA", 1), "AE", "{answer}");
        assert_eq!(findings(&answer), ["IMR-132"], "nobody believes the dose stored: {answer}");
        assert_eq!(field(&answer, "ERR", 2), "RXA^1^5");
        assert_eq!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2), "NF");
        assert_eq!(house.rows("vaccination_report"), 1, "the dose beside the withdrawal is not kept");
        let alone = house.report("CLINIC", &withdrawing, "").await;
        assert_eq!((field(&alone, "MSA", 1), findings(&alone)), ("AA", vec![]), "{alone}");
        let after = house.report("CLINIC", &MARIA, &given("110", "20240512", "D2")).await;
        assert!(findings(&after).contains(&"CLR-107"), "{after}");
    });
}

#[test]
fn what_was_withdrawn_is_not_given_back_by_a_consent_that_is_said_again() {
    let profile = texas() + "\n[consent.codes.OUT]\nkinds = [\"minor\", \"adult\"]\nstatus = \"withdrawn\"\n";
    on_each_database(&profile, async |house| {
        let consenting = Person { pd1: WITH_CONSENT, ..MARIA.clone() };
        house.report("CLINIC", &consenting, &given("08", "20240311", "D1")).await;
        let withdrawing = Person { pd1: "PD1||||||||||||OUT|20251201\n", ..MARIA.clone() };
        house.report("PHARMACY", &withdrawing, "").await;
        // The clinic's system sends the old consent with every message; another's knows one of a day before.
        let older = Person { pd1: "PD1||||||||||||TXY|20250701\n", ..MARIA.clone() };
        for (organization, person) in [("CLINIC", &consenting), ("PHARMACY", &older)] {
            let answer = house.report(organization, person, &given("110", "20251202", "D2")).await;
            assert!(findings(&answer).contains(&"CLR-107"), "{answer}");
            assert_eq!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2), "NF");
        }
        let anew = Person { pd1: "PD1||||||||||||TXY|20251205\n", ..MARIA.clone() };
        let answer = house.report("CLINIC", &anew, &given("110", "20251202", "D2")).await;
        assert_eq!(findings(&answer), ["IEE-107"], "{answer}");
        let again = house.report("PHARMACY", &consenting, "").await;
        assert!(!findings(&again).contains(&"IEE-107"), "an old consent is no news: {again}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 2);
    });
}

#[test]
fn consent_to_keep_disaster_information_opens_no_record() {
    on_each_database(&texas(), async |house| {
        let grown = Person { birth_date: "20060310", pd1: "PD1||||||||||||TXY|20100101\n", ..MARIA.clone() };
        house.report("CLINIC", &grown, &given("08", "20100311", "D1")).await;
        let keeping = Person { pd1: "PD1||||||||||||TXD|20260101\n", ..grown.clone() };
        let answer = house.report("CLINIC", &keeping, &given("208", "20210301", "C1")).await;
        assert_eq!(findings(&answer), ["IEE-107"], "{answer}");
        assert_eq!(house.rows("vaccination_report"), 2);
        assert_eq!(field(&house.ask("CLINIC", "Z34", &grown).await, "QAK", 2), "NF");
    });
}

#[test]
fn a_record_stays_protected_when_another_sender_says_something_else() {
    on_each_database(&example(), async |house| {
        let open = Person { pd1: "PD1||||||||||||N|20240311\n", ..MARIA.clone() };
        house.report("CLINIC", &open, &given("08", "20240311", "D1")).await;
        let protected = Person { pd1: "PD1||||||||||||Y|20250101\n", ..MARIA.clone() };
        house.report("PHARMACY", &protected, "").await;
        let is_shown = async || field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2) == "OK";
        assert!(!is_shown().await);
        let moved = Person { rest: "||5 New St^^Austin^TX^78701^USA^H", ..MARIA.clone() };
        house.report("CLINIC", &moved, "").await;
        assert!(!is_shown().await, "the clinic said nothing of protection");
        house.report("CLINIC", &open, "").await;
        assert!(!is_shown().await, "and says now what it said before the record was protected");
        house.report("CLINIC", &Person { pd1: "PD1||||||||||||N|20250102\n", ..MARIA.clone() }, "").await;
        assert!(is_shown().await, "since the next day it may be shown");
    });
}

/// Whether anybody is given the record of Maria.
async fn is_shown(house: &House) -> bool {
    field(&house.ask("CLINIC-SITE", "Z34", &MARIA).await, "QAK", 2) == "OK"
}

#[test]
fn a_record_is_protected_again_by_who_says_so_again_and_not_opened_by_who_repeats_that_it_was_open() {
    on_each_database(&example(), async |house| {
        let protected = Person { pd1: "PD1||||||||||||Y|20240311\n", ..MARIA.clone() };
        let open = Person { pd1: "PD1||||||||||||N|20240312\n", ..MARIA.clone() };
        let moved = "||5 New St^^Austin^TX^78701^USA^H";
        house.report("CLINIC", &protected, &given("08", "20240311", "D1")).await;
        assert!(!is_shown(house).await);
        house.report("PHARMACY", &open, "").await;
        assert!(is_shown(house).await, "open since the day after");
        let again = async || {
            let answer = house.report("CLINIC", &protected, "").await;
            assert_eq!(findings(&answer), ["IEE-108"], "{answer}");
            assert!(!is_shown(house).await, "as its sender was told");
        };
        again().await;
        house.report("PHARMACY", &Person { pd1: "PD1||||||||||||N|20240313\n", ..MARIA.clone() }, "").await;
        assert!(is_shown(house).await, "open since another day");
        house.report("CLINIC", &Person { pd1: "", rest: moved, ..MARIA.clone() }, "").await;
        assert!(is_shown(house).await, "the clinic said nothing of protection");
        house.report("PHARMACY", &open, "").await;
        again().await;
        for rest in [MARIA.rest, moved, MARIA.rest] {
            let answer = house.report("PHARMACY", &Person { rest, ..open.clone() }, "").await;
            assert!(!findings(&answer).contains(&"IEE-108"), "what another asked for is told to nobody: {answer}");
            assert!(!is_shown(house).await, "the pharmacy said so before");
        }
        house.report("PHARMACY", &Person { pd1: "PD1||||||||||||N|20260110\n", ..MARIA.clone() }, "").await;
        assert!(is_shown(house).await);
    });
}

#[test]
fn what_one_protected_another_opens_only_with_the_day_from_which_it_is_open() {
    on_each_database(&example(), async |house| {
        let said = |pd1| Person { pd1, ..MARIA.clone() };
        house.report("CLINIC", &said("PD1||||||||||||Y|20240311\n"), &given("08", "20240311", "D1")).await;
        for (pd1, opens) in [
            ("PD1||||||||||||N\n", false),
            ("PD1||||||||||||N|20240310\n", false),
            ("PD1||||||||||||N|20240311\n", true),
        ] {
            house.report("PHARMACY", &said(pd1), "").await;
            assert_eq!(is_shown(house).await, opens, "{pd1}");
        }
        // Protection without a day holds from the day on which it was asked for, by the clocks of Texas.
        let undated = vxu("UNDATED", &said("PD1||||||||||||Y\n"), "");
        house.send_at("2026-01-16T03:00:00Z", "CLINIC", &undated).await;
        assert!(!is_shown(house).await);
        for (pd1, opens) in [("PD1||||||||||||N|20260114\n", false), ("PD1||||||||||||N|20260115\n", true)] {
            let message = vxu(pd1.trim_end().rsplit('|').next().expect("a day"), &said(pd1), "");
            house.send_at("2026-01-16T12:00:00Z", "PHARMACY", &message).await;
            assert_eq!(is_shown(house).await, opens, "{pd1}");
        }
        house.report("CLINIC", &said("PD1||||||||||||N\n"), "").await;
        assert!(is_shown(house).await, "who protected it opens it without a day");
    });
}

const OUT: &str = "\n[consent.codes.OUT]\nkinds = [\"minor\", \"adult\"]\nstatus = \"withdrawn\"\n";

#[test]
fn a_withdrawal_without_a_day_counts_from_the_day_on_which_it_came() {
    on_each_database(&(texas() + OUT), async |house| {
        let said = |pd1| Person { pd1, ..MARIA.clone() };
        house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        // In Texas it is still the fifteenth.
        house.send_at("2026-01-16T03:00:00Z", "PHARMACY", &vxu("OUT", &said("PD1||||||||||||OUT\n"), "")).await;
        assert!(!is_shown(house).await);
        for (pd1, gives_back) in [
            ("PD1||||||||||||TXY|20240401\n", false),
            ("PD1||||||||||||TXY|20260114\n", false),
            ("PD1||||||||||||TXY|20260115\n", true),
        ] {
            let message = vxu(pd1.trim_end().rsplit('|').next().expect("a day"), &said(pd1), "");
            let answer = house.send_at("2026-01-16T12:00:00Z", "CLINIC-SITE", &message).await;
            assert_eq!(findings(&answer), [if gives_back { "IEE-107" } else { "CLR-107" }], "{pd1}: {answer}");
            assert_eq!(is_shown(house).await, gives_back, "{pd1}");
        }
    });
}

#[test]
fn an_old_withdrawal_takes_no_newer_consent_back() {
    on_each_database(&(texas() + OUT), async |house| {
        let said = |pd1| Person { pd1, ..MARIA.clone() };
        let (out, anew) = (said("PD1||||||||||||OUT|20251201\n"), said("PD1||||||||||||TXY|20251205\n"));
        house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &out, "").await;
        assert!(!is_shown(house).await);
        house.report("CLINIC", &anew, "").await;
        assert!(is_shown(house).await);
        for organization in ["PHARMACY", "CLINIC-SITE"] {
            let answer = house.report(organization, &out, &given("110", "20251202", organization)).await;
            assert!(findings(&answer).contains(&"IEE-115"), "it is told: {answer}");
            assert!(is_shown(house).await, "{organization} repeats what is overtaken");
        }
        assert_eq!(house.rows("vaccination_report"), 3, "the doses are kept under the newer consent");
        // Not to be mistaken for it: withdrawals of that day, of a later one, and of today.
        for (organization, pd1, again) in [
            ("PHARMACY", "PD1||||||||||||OUT|20251205\n", "PD1||||||||||||TXY|20251206\n"),
            ("CLINIC-SITE", "PD1||||||||||||OUT|20251207\n", "PD1||||||||||||TXY|20251207\n"),
            ("PHARMACY", "PD1||||||||||||OUT\n", "PD1||||||||||||TXY|20260115\n"),
        ] {
            let answer = house.report(organization, &said(pd1), "").await;
            assert_eq!(findings(&answer), [""; 0], "{pd1}: {answer}");
            assert!(!is_shown(house).await, "{pd1}");
            house.report("CLINIC", &anew, "").await;
            assert!(!is_shown(house).await, "{pd1}: the consent of before");
            house.report("CLINIC", &said(again), "").await;
            assert!(is_shown(house).await, "{pd1}: consent anew");
        }
    });
}

#[test]
fn each_withdrawal_is_kept_and_consent_is_given_back_only_after_the_last() {
    on_each_database(&(texas() + OUT), async |house| {
        let said = |pd1| Person { pd1, ..MARIA.clone() };
        house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &said("PD1||||||||||||OUT|20251201\n"), "").await;
        let recorded = house.rows("consent");
        house.report("CLINIC-SITE", &said("PD1||||||||||||OUT|20251110\n"), "").await;
        assert!(house.rows("consent") > recorded, "what the site was told is kept, too");
        let recorded = house.rows("consent");
        let again = house.report("CLINIC-SITE", &said("PD1||||||||||||OUT|20251110\n"), "").await;
        assert_eq!((field(&again, "MSA", 1), house.rows("consent")), ("AA", recorded), "once: {again}");
        house.report("CLINIC", &said("PD1||||||||||||TXY|20251120\n"), "").await;
        assert!(!is_shown(house).await, "between the two");
        house.report("CLINIC", &said("PD1||||||||||||TXY|20251202\n"), "").await;
        assert!(is_shown(house).await);
    });
}

#[test]
fn a_withdrawal_lifts_no_protection() {
    on_each_database(&(texas() + OUT), async |house| {
        let say = async |organization: &str, pd1: &'static str| {
            house.report(organization, &Person { pd1, ..MARIA.clone() }, "").await
        };
        say("CLINIC", "PD1||||||||||||TXY|20251205\n").await;
        say("CLINIC", "PD1||||||||||||Y|20250101\n").await;
        assert!(!is_shown(house).await);
        // Overtaken by the consent of December; it is kept of what nobody has consented to.
        let answer = say("PHARMACY", "PD1||||||||||||OUT|20251201\n").await;
        assert!(findings(&answer).contains(&"IEE-115"), "the control: {answer}");
        assert!(!is_shown(house).await);
    });
}

#[test]
fn a_misspelt_name_brings_nobody_back_by_a_consent_of_before_the_withdrawal() {
    on_each_database(&(texas() + OUT), async |house| {
        let said = |pd1| Person { pd1, ..MARIA.clone() };
        house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        house.report("CLINIC", &said("PD1||||||||||||OUT|20251201\n"), "").await;
        let mistyped = |pd1| Person { mrn: "P-9", given: "Mariah", pd1, ..MARIA.clone() };
        for before in [WITH_CONSENT, "PD1||||||||||||TXY|20251130\n"] {
            let answer = house.report("PHARMACY", &mistyped(before), &given("110", "20240512", "D2")).await;
            assert_eq!(
                findings(&answer),
                ["CLR-100"],
                "that somebody is withdrawn, or there at all, is not told: {answer}"
            );
            assert_eq!((house.rows("patient"), house.rows("patient_review")), (1, 0), "{before}");
        }
        let since = mistyped("PD1||||||||||||TXY|20251202\n");
        let answer = house.report("PHARMACY", &since, &given("110", "20240512", "D2")).await;
        assert_eq!(findings(&answer), ["IEE-200", "IEE-107"], "{answer}");
        assert_eq!((house.rows("patient"), house.rows("patient_review")), (2, 1), "a consent of its own");
    });
}
