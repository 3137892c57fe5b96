//! Questions: the guide's decision table, and who is written down as having asked.

use crate::house::*;

#[test]
fn nobody_found_is_answered_so() {
    on_each_database(&example(), async |house| {
        for profile in ["Z34", "Z44"] {
            let answer = house.ask("CLINIC", profile, &MARIA).await;
            assert_eq!(field(&answer, "MSA", 1), "AA");
            assert_eq!(field(&answer, "QAK", 2), "NF");
            assert!(field(&answer, "MSH", 21).starts_with("Z33"), "{answer}");
        }
    });
}

#[test]
fn an_evaluated_history_says_what_counts_and_what_is_due() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let answer = house.ask("CLINIC", "Z44", &MARIA).await;
        assert!(field(&answer, "MSH", 21).starts_with("Z42"), "{answer}");
        assert!(findings(&answer).is_empty(), "{answer}");
        let has = |parts: &[&str]| {
            answer.lines().any(|line| line.starts_with("OBX") && parts.iter().all(|part| line.contains(part)))
        };
        assert!(has(&["|59781-5^", "|Y|"]), "the birth dose is valid: {answer}");
        assert!(has(&["|59780-7^", "|HepB 3-dose series|"]), "{answer}");
        assert!(has(&["|30981-5^", "|20240408|"]), "the second is due four weeks later: {answer}");
        assert!(has(&["|30982-3^", "4 weeks after the previous dose"]), "{answer}");
        assert!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "MSH", 21).starts_with("Z32"));
    });
}

#[test]
fn several_who_may_be_meant_are_listed_for_one_question_and_never_for_the_other() {
    on_each_database(&example(), async |house| {
        for (mrn, suffix) in [("M-300", "SR"), ("M-301", "JR")] {
            house.report("CLINIC", &Person { mrn, suffix, ..MARIA.clone() }, &given("08", "20240311", mrn)).await;
        }
        let vague = Person { suffix: "", ..MARIA.clone() };
        let list = house.ask("CLINIC", "Z34", &vague).await;
        assert!(field(&list, "MSH", 21).starts_with("Z31"), "{list}");
        assert_eq!(segments(&list, "PID").len(), 2);
        assert!(segments(&list, "RXA").is_empty(), "a list shows no doses");
        let none = house.ask("CLINIC", "Z44", &vague).await;
        assert_eq!(field(&none, "QAK", 2), "NF", "{none}");
    });
}

#[test]
fn an_asker_is_given_its_own_numbers_of_a_person_and_not_those_of_others() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, "").await;
        house.report("PHARMACY", &Person { mrn: "P-9", ..MARIA.clone() }, "").await;
        let unnumbered = Person { mrn: "", ..MARIA.clone() };
        for (asker, own) in [("CLINIC", "M-100"), ("PHARMACY", "P-9")] {
            let answer = house.ask(asker, "Z34", &unnumbered).await;
            let identifiers = field(&answer, "PID", 3).to_owned();
            let told: Vec<&str> = identifiers.split('~').map(|it| it.split('^').next().unwrap_or_default()).collect();
            assert_eq!(told[1..], [own], "the registry's number, and its own: {identifiers}");
            assert!(identifiers.contains("^SR"), "{identifiers}");
        }
        let question = qbp("Q-N", "Z34", &MARIA).replace("||Garza^", "|M-100^^^EHR^MR|Garza^");
        let named = house.send("PHARMACY", &question).await;
        assert!(field(&named, "PID", 3).contains("M-100"), "who asks with a number is told that it is right: {named}");
    });
}

#[test]
fn an_asker_is_told_its_own_status_of_a_person() {
    on_each_database(&example(), async |house| {
        let pd1 = "PD1||||||||||||N|20260110|||I|20260110\n";
        house.report("CLINIC", &Person { pd1, ..MARIA.clone() }, "").await;
        house.report("PHARMACY", &Person { mrn: "P-9", ..MARIA.clone() }, "").await;
        assert_eq!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "PD1", 16), "I");
        assert_eq!(field(&house.ask("PHARMACY", "Z34", &MARIA).await, "PD1", 16), "");
    });
}

#[test]
fn a_question_that_names_too_little_is_an_error() {
    on_each_database(&example(), async |house| {
        let nobody = Person { given: "", birth_date: "", sex: "", ..MARIA.clone() };
        let answer = house.ask("CLINIC", "Z34", &nobody).await;
        assert_eq!(field(&answer, "MSA", 1), "AE", "{answer}");
        assert_eq!(field(&answer, "QAK", 2), "AE");
    });
}

#[test]
fn who_asked_about_whom_is_kept() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.ask("PHARMACY", "Z34", &MARIA).await;
        let newest = house.newest_line();
        assert_eq!(newest.entry.action, model::AuditAction::RecordDisclosed);
        assert_eq!(newest.entry.organization_id, house.caller("PHARMACY").organization_id);
        let patient_id = newest.entry.patient_id.expect("the person is named");
        let trail = house.registry.audit_of_patient(&house.admission(), patient_id, 10).expect("the trail is read");
        assert_eq!(trail.len(), 2, "added by the clinic, shown to the pharmacy");
        let verification = house.database.verify_audit_chains().expect("the chains are walked");
        assert_eq!(verification.faults, []);
    });
}

#[test]
fn a_question_by_the_registrys_own_number_finds_its_person() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        let identifiers: Vec<&str> = field(&history, "PID", 3).split('~').collect();
        let own = identifiers.iter().find(|identifier| identifier.ends_with("^SR")).expect("the number is given");
        // By itself a number is borne out by nothing: it gives a list of one, or nobody, and the asker is told.
        for (profile, beside, expected) in [
            ("Z34", "Garza^Maria^^^^^L||20240310|F", ("Z32", "OK", "")),
            ("Z34", "||20240310", ("Z32", "OK", "")),
            ("Z44", "||20240310", ("Z42", "OK", "")),
            ("Z34", "", ("Z31", "OK", "IEE-141")),
            ("Z44", "", ("Z33", "NF", "IEE-141")),
        ] {
            let question = format!(
                "MSH|^~\\&|EHR|SENDER|IIS|REG|20260115120000-0600||QBP^Q11^QBP_Q11|N1|P|2.5.1|||ER|AL|||||{profile}^CDCPHINVS\n\
                 QPD|{profile}^Request^CDCPHINVS|t1|{own}|{beside}\nRCP|I|5^RD&Records&HL70126\n"
            );
            let answer = house.send("CLINIC", &question).await;
            let given = &field(&answer, "MSH", 21)[..3];
            assert_eq!((given, field(&answer, "QAK", 2), findings(&answer).concat().as_str()), expected, "{answer}");
        }
    });
}

#[test]
fn whose_name_and_birth_date_were_corrected_is_found_by_the_new_ones() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let renamed = Person { family: "Whitfield", ..MARIA.clone() };
        // Neither the sound of the surname nor the day of birth is as it was.
        let corrected = Person { birth_date: "20240309", ..renamed.clone() };
        assert_eq!(field(&house.ask("CLINIC", "Z34", &corrected).await, "QAK", 2), "NF");
        for said in [&renamed, &corrected] {
            house.report("CLINIC", said, &given("08", "20240311", "D1")).await;
        }
        assert_eq!(house.rows("patient"), 1, "her number is known");
        let answer = house.ask("CLINIC", "Z34", &corrected).await;
        assert!(field(&answer, "MSH", 21).starts_with("Z32"), "{answer}");
        assert_eq!(segments(&answer, "RXA").len(), 1);
    });
}

/// QPD-3 with the birth date.
fn by_number(control_id: &str, number: &str) -> String {
    format!(
        "MSH|^~\\&|EHR|SENDER|IIS|REG|20260115120000-0600||QBP^Q11^QBP_Q11|{control_id}|P|2.5.1|||ER|AL|||||Z34^CDCPHINVS\n\
         QPD|Z34^Request Immunization History^CDCPHINVS|t1|{number}|||20240310\nRCP|I|5^RD&Records&HL70126\n"
    )
}

#[test]
fn a_number_is_found_by_either_name_of_who_gave_it() {
    on_each_database(&example(), async |house| {
        let both = "M-100^^^EHR&1.2.840.99.7&ISO^MR";
        let message = vxu("B1", &MARIA, &given("08", "20240311", "D1")).replace("M-100^^^EHR^MR", both);
        let answer = house.send("CLINIC", &message).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        for (number, (asker, asked, told)) in [
            ("CLINIC", "M-100^^^&1.2.840.99.7&ISO^MR", both),
            ("CLINIC", "M-100^^^EHR^MR", both),
            ("CLINIC", both, both),
            ("PHARMACY", both, both),
            ("PHARMACY", "M-100^^^&1.2.840.99.7&ISO^MR", "M-100^^^&1.2.840.99.7&ISO^MR"),
            ("PHARMACY", "M-100^^^EHR^MR", "M-100^^^EHR^MR"),
        ]
        .into_iter()
        .enumerate()
        {
            let history = house.send(asker, &by_number(&format!("N{number}"), asked)).await;
            assert!(field(&history, "MSH", 21).starts_with("Z32"), "{asker} {asked}: {history}");
            let numbers: Vec<&str> = field(&history, "PID", 3).split('~').skip(1).collect();
            assert_eq!(numbers, [told], "{asker} {asked}: {history}");
        }
        // With one of the two names it is the same chart.
        for (control_id, authority) in [("B2", "&1.2.840.99.7&ISO"), ("B3", "EHR")] {
            let message = vxu(control_id, &MARIA, "").replace("^^^EHR^MR", &format!("^^^{authority}^MR"));
            house.send("CLINIC", &message).await;
            let history = house.send("CLINIC", &by_number(control_id, both)).await;
            assert_eq!(field(&history, "PID", 3).split('~').nth(1), Some(both), "{history}");
        }
        assert_eq!(house.rows("patient_report"), 1);
    });
}
