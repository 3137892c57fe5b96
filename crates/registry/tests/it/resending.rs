//! Messages that come again: answered alike, stored once.

use crate::house::*;

#[test]
fn a_resent_message_gets_its_answer_again_to_the_byte() {
    on_each_database(&example(), async |house| {
        let message = vxu("C-1", &MARIA, &given("08", "20240311", "D1"));
        let first = house.send("CLINIC", &message).await;
        let second = house.send("CLINIC", &message).await;
        assert_eq!(first, second);
        assert_eq!(field(&first, "MSA", 1), "AA");
        assert_eq!(findings(&second), Vec::<&str>::new());
    });
}

#[test]
fn a_message_that_comes_with_other_segment_ends_is_the_same() {
    on_each_database(&example(), async |house| {
        let message = vxu("C-1", &MARIA, &given("08", "20240311", "D1")).replace('\n', "\r");
        let first = house.send("CLINIC", &message).await;
        assert_eq!(field(&first, "MSA", 1), "AA");
        for same in [message.trim_end().to_owned(), message.replace('\r', "\n"), message.replace('\r', "\r\n")] {
            assert_eq!(house.send("CLINIC", &same).await, first);
        }
    });
}

#[test]
fn a_control_id_used_for_another_message_is_processed_and_warned() {
    on_each_database(&example(), async |house| {
        house.send("CLINIC", &vxu("C-1", &MARIA, &given("08", "20240311", "D1"))).await;
        let other = house.send("CLINIC", &vxu("C-1", &MARIA, &given("110", "20240512", "D2"))).await;
        assert_eq!(findings(&other), ["IEE-106"], "{other}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 2);
        let elsewhere = house.send("PHARMACY", &vxu("C-1", &MARIA, &given("88", "20251001", "D3"))).await;
        assert_eq!(field(&elsewhere, "MSA", 1), "AA", "another sender has control ids of its own: {elsewhere}");
    });
}

#[test]
fn a_refused_message_with_a_used_control_id_is_answered_alike_each_time() {
    on_each_database(&example(), async |house| {
        house.send("CLINIC", &vxu("C-1", &MARIA, &given("08", "20240311", "D1"))).await;
        let impossible = vxu("C-1", &MARIA, &given("08", "20990101", "D2"));
        let first = house.send("CLINIC", &impossible).await;
        assert_eq!(findings(&first), ["IMR-124", "MER-105"], "only what refused it is told: {first}");
        assert_eq!(house.send("CLINIC", &impossible).await, first);
    });
}

#[test]
fn one_message_sent_a_hundred_times_at_once_makes_one_dose_and_a_hundred_equal_answers() {
    on_each_database(&example(), async |house| {
        let message = vxu("C-1", &MARIA, &given("08", "20240311", "D1"));
        let sends = (0..100).map(|_| house.send("CLINIC", &message));
        let answers = futures_util::future::join_all(sends).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 1);
        let log = house.registry.messages(&house.admission(), &Default::default(), 10).expect("the log is read");
        assert_eq!(log.iter().filter(|message| message.kind == "VXU").count(), 1);
    });
}

#[test]
fn headers_that_cannot_be_served_are_rejected_with_their_reason() {
    on_each_database(&example(), async |house| {
        for (from, to, code, finding) in [
            ("VXU^V04^VXU_V04", "ADT^A01^ADT_A01", "200", "MER-200"),
            ("VXU^V04^VXU_V04", "VXU^V99^VXU_V04", "201", "MER-201"),
            ("|P|2.5.1|", "|X|2.5.1|", "202", "MER-202"),
            ("|P|2.5.1|", "|P|2.3.1|", "203", "MER-203"),
        ] {
            let message = vxu(finding, &MARIA, &given("08", "20240311", "D1"));
            let answer = house.send("CLINIC", &message.replace(from, to)).await;
            assert_eq!(field(&answer, "MSA", 1), "AR", "{answer}");
            assert!(field(&answer, "ERR", 3).starts_with(code), "{answer}");
            assert_eq!(findings(&answer), [finding]);
        }
    });
}

#[test]
fn a_message_in_anothers_name_is_refused() {
    on_each_database(&example(), async |house| {
        let foreign = vxu("C-1", &MARIA, &given("08", "20240311", "D1")).replace("|SENDER|", "|PHARMACY|");
        let answer = house.send("CLINIC", &foreign).await;
        assert_eq!(findings(&answer), ["MER-104"], "{answer}");
        let own_site = vxu("C-2", &MARIA, &given("08", "20240311", "D1")).replace("|SENDER|", "|CLINIC-SITE|");
        assert_eq!(field(&house.send("CLINIC", &own_site).await, "MSA", 1), "AA");
        let log = house.registry.messages(&house.admission(), &Default::default(), 1).expect("the log is read");
        assert_eq!(log[0].organization_id, house.caller("CLINIC-SITE").organization_id, "it counts for the site");
    });
}

#[test]
fn a_site_names_the_organizations_above_it_as_responsible_and_stays_the_sender() {
    on_each_database(&example(), async |house| {
        let kind = model::OrganizationKind::Clinic;
        house.add_organization("CHAIN", kind, None);
        house.add_organization("BRANCH", kind, Some("CHAIN"));
        house.add_organization("BRANCH-SITE", kind, Some("BRANCH"));
        let message = |control_id: &str, facility: &str, responsible: &str| {
            let message = vxu(control_id, &MARIA, &given("08", "20240311", "D1"));
            let message = message.replace("|SENDER|", &format!("|{facility}|"));
            message.replace("^CDCPHINVS\nPID", &format!("^CDCPHINVS|{responsible}\nPID"))
        };
        for (control_id, account, facility, responsible, stored_for) in [
            ("C-1", "BRANCH-SITE", "BRANCH-SITE", "BRANCH", "BRANCH-SITE"),
            ("C-2", "BRANCH-SITE", "SENDER", "CHAIN", "BRANCH-SITE"),
            ("C-3", "BRANCH", "BRANCH-SITE", "CHAIN", "BRANCH-SITE"),
            ("C-4", "BRANCH", "SENDER", "BRANCH-SITE", "BRANCH-SITE"),
        ] {
            let answer = house.send(account, &message(control_id, facility, responsible)).await;
            assert_eq!(field(&answer, "MSA", 1), "AA", "{control_id}: {answer}");
            let log = house.registry.messages(&house.admission(), &Default::default(), 1).expect("the log is read");
            assert_eq!(log[0].organization_id, house.caller(stored_for).organization_id, "{control_id}");
        }
        for (control_id, account, facility, responsible) in [
            ("R-1", "BRANCH-SITE", "BRANCH-SITE", "PHARMACY"),
            ("R-2", "BRANCH", "PHARMACY", "CHAIN"),
            ("R-3", "CLINIC", "SENDER", "CHAIN"),
            ("R-4", "BRANCH-SITE", "BRANCH", "BRANCH"),
        ] {
            let answer = house.send(account, &message(control_id, facility, responsible)).await;
            assert_eq!(findings(&answer), ["MER-104"], "{control_id}: {answer}");
        }
    });
}

#[test]
fn two_messages_at_once_about_one_number_and_two_birth_dates_make_one_person() {
    on_each_database(&example(), async |house| {
        let names = ["Abbott Wren", "Baeza Luz", "Cantu Omar", "Duarte Inez", "Flores Hugo", "Guerra Kai", "Huang Mei"];
        let mut messages = Vec::new();
        for (number, name) in names.into_iter().enumerate() {
            let (family, given_name) = name.split_once(' ').expect("two names");
            for day in [20, 21, 20, 21] {
                let person = Person {
                    mrn: format!("M-{number}").leak(),
                    family,
                    given: given_name,
                    birth_date: format!("20240{}{day}", number + 1).leak(),
                    rest: format!("|2106-3^White^CDCREC|{number}{number} Elm St^^Laredo^TX^78040^USA^H").leak(),
                    ..MARIA.clone()
                };
                let dose = given("08", "20241012", &format!("D{number}"));
                messages.push(vxu(&format!("C-{}", messages.len()), &person, &dose));
            }
        }
        futures_util::future::join_all(messages.iter().map(|message| house.send("CLINIC", message))).await;
        assert_eq!(house.rows("patient"), names.len() as u64, "the first of a number is seen by the others");
    });
}
