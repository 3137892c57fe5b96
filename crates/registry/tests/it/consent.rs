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
        let answer = house.report("CLINIC", &withdrawing, &given("110", "20240512", "D2")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        assert_eq!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2), "NF");
        assert_eq!(house.rows("vaccination_report"), 1, "the dose beside the withdrawal is not kept");
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
        assert!(is_shown().await, "and now it did");
    });
}
