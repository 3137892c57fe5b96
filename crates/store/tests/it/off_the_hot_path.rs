//! Organizations, accounts, settings, the message log, copies: what people and programs ask besides the intake.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::{
    Account, AccountId, AccountKey, AccountKind, AuditAction, AuditEntry, LoggedMessage, Membership, MessageId,
    MessageState, Organization, OrganizationKind, PatientId, PatientStatus, Role, VaccinationReportId,
};
use store::{
    Changes, Database, DatabaseUrl, DoseReviewDecided, DoseReviewOpened, DoseReviewState, MessageFilter, ReviewDecided,
    ReviewDecision, ReviewOpened, StoreError,
};

use crate::batches::write;
use crate::databases::{on_each_database, open, places, postgres_place, sqlite_place};
use crate::people::{audit_entry, id, instant, message, message_id, new_person, organization_id, patient_id};

fn organization(number: u64, code: &str, aliases: &[&str]) -> Organization {
    Organization {
        id: organization_id(number),
        code: code.to_owned(),
        name: format!("Clinic {number}"),
        kind: OrganizationKind::Clinic,
        parent_id: None,
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        is_active: true,
    }
}

fn account(number: u64, username: &str) -> Account {
    Account {
        id: AccountId(id(20, number)),
        organization_id: organization_id(1),
        kind: AccountKind::WebService,
        username: username.to_owned(),
        password_hash: "first".to_owned(),
        full_name: String::new(),
        email: String::new(),
        role: None,
        is_active: true,
        language: None,
    }
}

#[test]
fn an_organization_is_found_by_code_or_alias_without_case() {
    on_each_database(|database| {
        database.insert_organization(&organization(1, "BURL6343", &["1.2.840.114350", "Burlésque"])).expect("writable");
        database.insert_organization(&organization(2, "GARZ1001", &[])).expect("writable");
        let found = |code: &str| {
            database.find_organization_by_code(code).expect("readable").map(|organization| organization.code)
        };
        for code in ["BURL6343", "burl6343", " Burl6343 ", "1.2.840.114350", "BURLÉSQUE"] {
            assert_eq!(found(code).as_deref(), Some("BURL6343"), "{code}");
        }
        assert_eq!(found("BURL"), None);
        let codes: Vec<_> =
            database.organizations().expect("readable").into_iter().map(|organization| organization.code).collect();
        assert_eq!(codes, ["BURL6343", "GARZ1001"]);
    });
}

#[test]
fn a_taken_code_or_alias_is_refused_and_nothing_of_it_kept() {
    on_each_database(|database| {
        database.insert_organization(&organization(1, "BURL6343", &["one"])).expect("writable");
        for taken in [organization(2, "burl6343", &[]), organization(3, "NEW", &["two", "ONE"])] {
            let result = database.insert_organization(&taken);
            assert!(result.is_err_and(|error| error.is_conflict()));
        }
        assert_eq!(database.organizations().expect("readable").len(), 1);
        let changed = Organization { is_active: false, ..organization(1, "BURL6344", &["two"]) };
        database.update_organization(&changed).expect("writable");
        assert_eq!(database.find_organization_by_code("two").expect("readable"), Some(changed));
        assert_eq!(database.find_organization_by_code("one").expect("readable"), None);
        assert!(database.update_organization(&organization(9, "X", &[])).is_err_and(|error| error.is_conflict()));
    });
}

#[test]
fn accounts_are_found_by_username_without_case_and_change_passwords() {
    on_each_database(|database| {
        database.insert_account(&account(1, "Clinic-A")).expect("writable");
        assert!(database.insert_account(&account(2, "clinic-a")).is_err_and(|error| error.is_conflict()));
        database.update_account_password(AccountId(id(20, 1)), "second").expect("writable");
        let found = database.find_account_by_username("CLINIC-a").expect("readable").expect("it is there");
        assert_eq!((found.password_hash.as_str(), found.username.as_str()), ("second", "Clinic-A"));
        let changed = Account { is_active: false, username: "clinic-b".to_owned(), ..account(1, "") };
        database.update_account(&changed).expect("writable");
        assert_eq!(database.accounts().expect("readable"), [changed]);
        let result = database.update_account_password(AccountId(id(20, 9)), "x");
        assert!(result.is_err_and(|error| error.is_conflict()));
    });
}

#[test]
fn every_change_of_the_directory_and_no_other_makes_its_stamp_another() {
    on_each_database(|database| {
        let (clinic, nora) = (organization(1, "BURL6343", &[]), account(1, "nora"));
        let membership =
            Membership { account_id: nora.id, organization_id: organization_id(1), role: Role::SchoolNurse };
        let stamp = || database.directory_version().expect("readable");
        let changes: [&dyn Fn() -> Result<(), StoreError>; 8] = [
            &|| database.insert_organization(&clinic),
            &|| database.update_organization(&organization(1, "BURL6343", &["one"])),
            &|| database.insert_account(&nora),
            &|| database.update_account(&Account { full_name: "Nora".to_owned(), ..nora.clone() }),
            &|| database.update_account_password(nora.id, "second"),
            &|| database.update_account_language(nora.id, "es"),
            &|| database.set_membership(&membership),
            &|| database.remove_membership(nora.id, organization_id(1)).map(drop),
        ];
        let mut seen = vec![stamp()];
        for (place, change) in changes.iter().enumerate() {
            change().expect("writable");
            assert!(!seen.contains(&stamp()), "after change {place}");
            seen.push(stamp());
        }
        assert!(database.insert_account(&account(2, "NORA")).is_err_and(|error| error.is_conflict()));
        assert!(database.update_account_password(AccountId(id(20, 9)), "x").is_err_and(|error| error.is_conflict()));
        database.set_setting("window", "open").expect("writable");
        assert_eq!(Some(&stamp()), seen.last(), "what was refused, and what is not of the directory");
    });
}

#[test]
fn a_public_key_is_added_once_listed_and_removed() {
    on_each_database(|database| {
        let key = AccountKey {
            account_id: AccountId(id(20, 1)),
            fingerprint: "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE".to_owned(),
            algorithm: "ssh-ed25519".to_owned(),
            public_key: "ssh-ed25519 AAAA".to_owned(),
            comment: "clinic's exporter".to_owned(),
            added_at: instant(1),
        };
        database.insert_account_key(&key).expect("writable");
        assert!(database.insert_account_key(&key).is_err_and(|error| error.is_conflict()));
        let of_another = AccountKey { account_id: AccountId(id(20, 2)), ..key.clone() };
        database.insert_account_key(&of_another).expect("writable");
        assert_eq!(database.account_keys().expect("readable"), [key.clone(), of_another.clone()]);
        database.delete_account_key(key.account_id, &key.fingerprint).expect("writable");
        assert!(database.delete_account_key(key.account_id, &key.fingerprint).is_err_and(|error| error.is_conflict()));
        assert_eq!(database.account_keys().expect("readable"), [of_another]);
    });
}

#[test]
fn settings_are_set_and_set_again() {
    on_each_database(|database| {
        assert_eq!(database.setting("window").expect("readable"), None);
        for value in ["open", "closed"] {
            database.set_setting("window", value).expect("writable");
        }
        database.set_setting("a", "").expect("writable");
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(database.settings().expect("readable"), pairs(&[("a", ""), ("window", "closed")]));
    });
}

#[test]
fn messages_since_an_instant_are_counted_by_state() {
    on_each_database(|database| {
        let noon = Timestamp::from_millisecond(1_790_000_000_000).expect("a near instant");
        let received = |seconds: i64, state| {
            let at = noon + SignedDuration::from_secs(seconds);
            let milliseconds = u64::try_from(at.as_millisecond()).expect("after 1970");
            let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &[seconds.unsigned_abs() as u8; 10]);
            LoggedMessage { id: MessageId(id.into_uuid()), received_at: at, state, ..message(1) }
        };
        let (accepted, rejected) = (MessageState::Accepted, MessageState::Rejected);
        let messages =
            vec![received(-1, accepted), received(0, accepted), received(1, accepted), received(-5, rejected)];
        let mut lane = database.lane(0).expect("a lane opens");
        write(&mut lane, &Changes { messages, ..Changes::default() }).expect("writable");
        let since = |at| {
            let counts = database.message_states_since(at).expect("readable");
            counts.into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>()
        };
        assert_eq!(since(noon), [(accepted, 2)]);
        assert_eq!(since(noon - SignedDuration::from_secs(5)), [(accepted, 3), (rejected, 1)]);
        assert_eq!(since(noon + SignedDuration::from_secs(2)), []);
    });
}

#[test]
fn the_message_log_is_listed_newest_first_page_by_page_and_filtered() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        let mut messages: Vec<_> = (1..=10).map(message).collect();
        messages[3].state = MessageState::Quarantined;
        messages[7].state = MessageState::Quarantined;
        messages[7].organization_id = organization_id(2);
        messages[8].kind = "QBP".to_owned();
        // Message 3 is about another person, and somebody was shown with that one as possibly meant.
        let shown =
            AuditEntry { action: AuditAction::CandidatesDisclosed, patient_id: Some(patient_id(5)), ..audit_entry(3) };
        let audit = (1..=10).map(audit_entry).chain([shown]).collect();
        write(&mut lane, &Changes { messages, audit, ..Changes::default() }).expect("writable");
        let list = |filter: MessageFilter, limit| -> Vec<_> {
            database.messages(&filter, limit).expect("readable").iter().map(|message| message.id).collect()
        };
        let ids = |numbers: &[u64]| numbers.iter().map(|number| message_id(*number)).collect::<Vec<_>>();
        assert_eq!(list(MessageFilter::default(), 3), ids(&[10, 9, 8]));
        assert_eq!(list(MessageFilter { before: Some(message_id(8)), ..Default::default() }, 3), ids(&[7, 6, 5]));
        let quarantined = MessageFilter { state: Some(MessageState::Quarantined), ..Default::default() };
        assert_eq!(list(quarantined.clone(), 9), ids(&[8, 4]));
        let of_two = MessageFilter { organization_id: Some(organization_id(2)), ..quarantined };
        assert_eq!(list(of_two, 9), ids(&[8]));
        assert_eq!(list(MessageFilter { kind: Some("QBP".to_owned()), ..Default::default() }, 9), ids(&[9]));
        assert_eq!(list(MessageFilter { patient_id: Some(patient_id(5)), ..Default::default() }, 9), ids(&[5]));
        let waiting = database.messages_waiting().expect("readable");
        assert_eq!(waiting, [(MessageState::Pending, 0), (MessageState::Quarantined, 2)]);
    });
}

#[test]
fn reviews_wait_oldest_first_and_are_opened_once() {
    on_each_database(|database| {
        let review = |number: u64, at: u64| ReviewOpened {
            patient_id: patient_id(number),
            candidate: patient_id(99),
            opened_at: instant(at),
            reason: "same name and birth date".to_owned(),
        };
        let mut lane = database.lane(0).expect("a lane opens");
        for number in [1, 2, 99] {
            write(&mut lane, &new_person(number)).expect("writable");
        }
        // About somebody who is not there, or not any more, nothing is asked.
        write(&mut lane, &Changes { reviews: vec![review(3, 5)], ..Changes::default() }).expect("writable");
        let reviews = vec![review(1, 20), review(2, 10)];
        write(&mut lane, &Changes { reviews, ..Changes::default() }).expect("writable");
        write(&mut lane, &Changes { reviews: vec![review(1, 30)], ..Changes::default() }).expect("writable");
        assert_eq!(database.open_reviews(None, 10, instant(0)).expect("readable"), [review(2, 10), review(1, 20)]);
        assert_eq!(database.open_reviews(None, 1, instant(0)).expect("readable").len(), 1);
        let of_one = |reporter| database.open_reviews(Some(&[reporter]), 10, instant(0)).expect("readable").len();
        let reporter = database.patient_records(&[patient_id(1)]).expect("readable")[0].reports[0].organization_id;
        assert_eq!((of_one(reporter), of_one(organization_id(4_444))), (2, 0));
        assert_eq!(database.open_reviews(Some(&[]), 10, instant(0)).expect("readable"), []);
    });
}

#[test]
fn lists_of_decisions_are_narrowed_to_organizations_before_they_are_cut() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        // Number 2 was merged into 3; only 3 is of the second organization.
        for number in [1, 2, 3] {
            let mut person = new_person(number);
            if number == 2 {
                person.patients[0].patient.status = PatientStatus::MergedInto(patient_id(3));
            }
            person.patient_reports[0].organization_id = organization_id(if number == 3 { 2 } else { 1 });
            write(&mut lane, &person).expect("writable");
        }
        let pair = |number: u64| DoseReviewOpened {
            one: VaccinationReportId(id(7, 2 * number)),
            other: VaccinationReportId(id(7, 2 * number + 1)),
            patient_id: patient_id(number),
            opened_at: instant(number),
            rule: "D61".to_owned(),
        };
        let dose_reviews = [1, 2].map(pair).to_vec();
        write(&mut lane, &Changes { dose_reviews, ..Changes::default() }).expect("writable");
        let open = |of: Option<u64>| -> Vec<PatientId> {
            let of = of.map(|number| [organization_id(number)]);
            let open = database.open_dose_reviews(of.as_ref().map(|of| of.as_slice()), 1, instant(0));
            open.expect("readable").iter().map(|review| review.opened.patient_id).collect()
        };
        assert_eq!((open(None), open(Some(2)), open(Some(9))), (vec![patient_id(1)], vec![patient_id(2)], vec![]));

        let mut decide = |number: u64, at: u64| {
            let dose = DoseReviewDecided {
                pair: DoseReviewOpened { opened_at: instant(at), ..pair(number) },
                state: DoseReviewState::Same,
                account_id: None,
                organization_id: organization_id(1),
                reason: String::new(),
            };
            let person = ReviewDecided {
                patient_id: patient_id(number),
                candidate: patient_id(99),
                decision: ReviewDecision::NotTheSame,
                decided_at: instant(at),
                account_id: None,
                organization_id: organization_id(1),
                reason: String::new(),
            };
            let written = lane.batch(&[], |batch| {
                batch.decide_dose_review(&dose)?;
                batch.decide_review(&person)
            });
            written.expect("writable");
        };
        decide(2, 10);
        decide(1, 20);
        let decided = |of: Option<u64>| {
            let of = of.map(|number| [organization_id(number)]);
            let of = of.as_ref().map(|of| of.as_slice());
            let doses = database.decided_dose_reviews(of, 1).expect("readable");
            let people = database.latest_review_decisions(of, 1).expect("readable");
            let doses: Vec<_> = doses.iter().map(|review| review.opened.patient_id).collect();
            assert_eq!(doses, people.iter().map(|decided| decided.patient_id).collect::<Vec<_>>());
            doses
        };
        assert_eq!((decided(None), decided(Some(2))), (vec![patient_id(1)], vec![patient_id(2)]));
        assert_eq!(decided(Some(9)), []);
    });
}

#[test]
fn statistics_count_the_rows() {
    on_each_database(|database| {
        write(&mut database.lane(0).expect("opens"), &new_person(1)).expect("writable");
        let statistics = database.statistics().expect("readable");
        let rows = |table: &str| statistics.tables.iter().find(|(name, _)| name == table).map(|(_, rows)| *rows);
        assert_eq!((rows("patient"), rows("vaccination_report"), rows("account")), (Some(1), Some(2), Some(0)));
        assert!(statistics.size_bytes > 10_000);
        assert!(statistics.database.starts_with("SQLite 3.") || statistics.database.starts_with("PostgreSQL 1"));
        database.ping(Duration::from_secs(5)).expect("it answers");
    });
}

#[test]
fn orphans_are_named() {
    for place in places() {
        let database = open(&place.url);
        database.migrate().expect("migrates");
        let mut changes = new_person(1);
        changes.patients.clear();
        changes.vaccination_reports.pop();
        let mut lane = database.lane(0).expect("opens");
        write(&mut lane, &changes).expect("writable");
        let mut doubled = new_person(2);
        let event_id = doubled.vaccination_events[0].id;
        doubled.vaccination_reports.iter_mut().for_each(|report| report.event_id = event_id);
        doubled.vaccination_events.pop();
        write(&mut lane, &doubled).expect("writable");
        place.run("UPDATE vaccination_report SET is_primary = TRUE WHERE is_primary = FALSE");
        assert_eq!(
            database.check_integrity().expect("readable"),
            [
                "1 reports of patients that do not exist",
                "1 vaccination reports of patients that do not exist",
                "1 primary reports beside another of their vaccination",
                "2 match keys of patients that do not exist",
            ]
        );
    }
}

#[test]
fn a_database_is_migrated_once_and_refused_when_newer() {
    for place in places() {
        let database = open(&place.url);
        assert_eq!(database.schema_version().expect("readable"), 0);
        let migrated = database.migrate().expect("migrates");
        assert_eq!((migrated.from, migrated.to), (0, Database::SCHEMA_VERSION));
        assert_eq!(migrated.applied.len() as i64, Database::SCHEMA_VERSION);
        assert_eq!(database.migrate().expect("nothing to do").applied, Vec::<String>::new());
        assert_eq!(database.schema_version().expect("readable"), Database::SCHEMA_VERSION);
        let newer = "INSERT INTO schema_migration (version, name, checksum, applied_at)
                     SELECT version + 41, name, checksum, applied_at FROM schema_migration WHERE version = 1";
        place.run(newer);
        for result in [database.migrate().map(drop), database.schema_version().map(drop)] {
            assert!(matches!(result, Err(StoreError::SchemaTooNew { found: 42, .. })), "{result:?}");
        }
    }
}

#[test]
fn a_registry_copied_there_and_back_is_the_same() {
    let (from, back) = (sqlite_place(), sqlite_place());
    let Some(over) = postgres_place() else { return };
    let databases = [&from, &over, &back].map(|place| {
        let database = open(&place.url);
        database.migrate().expect("migrates");
        database
    });
    let people = fill(&databases[0]);
    let mut heard = Vec::new();
    let copied = databases[0].copy_to(&databases[1], &mut |table, rows| heard.push((table.to_owned(), rows)));
    let copied = copied.expect("SQLite to PostgreSQL");
    assert!(heard.contains(&("patient".to_owned(), people)) && heard.contains(&("message".to_owned(), people)));
    assert_eq!(databases[1].copy_to(&databases[2], &mut |_, _| ()).expect("PostgreSQL to SQLite"), copied);

    let ids: Vec<_> = (1..=people).map(patient_id).collect();
    let expected = databases[0].patient_records(&ids).expect("readable");
    assert_eq!(expected.len() as u64, people);
    for database in &databases[1..] {
        assert_eq!(database.patient_records(&ids).expect("readable"), expected);
        assert_eq!(database.find_message(message_id(3)).expect("readable"), Some(message(3)));
        assert_eq!(database.organizations().expect("readable"), databases[0].organizations().expect("readable"));
        assert_eq!(database.accounts().expect("readable"), databases[0].accounts().expect("readable"));
        assert_eq!(
            database.open_reviews(None, 9, instant(0)).expect("readable"),
            databases[0].open_reviews(None, 9, instant(0)).expect("readable")
        );
        let verification = database.verify_audit_chains().expect("readable");
        assert_eq!(verification, databases[0].verify_audit_chains().expect("readable"));
        assert_eq!(
            database.statistics().expect("readable").tables,
            databases[0].statistics().expect("readable").tables
        );
        assert_eq!(database.check_integrity().expect("readable"), Vec::<String>::new());
    }
    let again = databases[0].copy_to(&databases[2], &mut |_, _| ());
    assert!(matches!(again, Err(StoreError::TargetNotEmpty { .. })), "{again:?}");
}

/// More people than one page of a copy holds, and a little of everything else.
fn fill(database: &Database) -> u64 {
    let people = 1_203;
    database.insert_organization(&organization(1, "BURL6343", &["b", "a"])).expect("writable");
    database.insert_account(&account(1, "clinic-a")).expect("writable");
    database.set_setting("window", "open").expect("writable");
    database.append_audit(&[audit_entry(7)]).expect("writable");
    let mut lane = database.lane(0).expect("a lane opens");
    lane.batch::<_, StoreError>(&[], |batch| {
        for number in 1..=people {
            let mut changes = new_person(number);
            if number == 5 {
                changes.reviews.push(ReviewOpened {
                    patient_id: patient_id(5),
                    candidate: patient_id(6),
                    opened_at: instant(5),
                    reason: "alike".to_owned(),
                });
            }
            batch.write(&changes)?;
        }
        Ok(())
    })
    .expect("writable");
    people
}

#[test]
fn a_url_names_a_file_or_a_server_and_hides_its_password() {
    let parsed = |text: &str| DatabaseUrl::parse(text).map(|url| url.to_string()).map_err(|error| error.to_string());
    assert_eq!(parsed("data/registry.db").as_deref(), Ok("data/registry.db"));
    assert_eq!(parsed("sqlite:///var/lib/registry.db").as_deref(), Ok("/var/lib/registry.db"));
    assert_eq!(parsed("postgres://me:secret@host/db").as_deref(), Ok("postgres://me@host/db"));
    assert!(matches!(DatabaseUrl::parse("postgresql://host/db"), Ok(DatabaseUrl::Postgres(_))));
    for text in ["", "mysql://me:secret@host/db"] {
        let error = parsed(text).expect_err("no database");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn locks_that_two_nodes_lift_at_the_same_time_are_all_noted() {
    for place in places() {
        let nodes = [open(&place.url), open(&place.url)];
        nodes[0].migrate().expect("an empty database can be migrated");
        let (at, together) = (instant(1), std::sync::Barrier::new(nodes.len()));
        for round in 0..50_u64 {
            let accounts = [0, 1].map(|node| AccountId(id(21, 2 * round + node)));
            std::thread::scope(|scope| {
                for (node, account) in nodes.iter().zip(accounts) {
                    let together = &together;
                    scope.spawn(move || {
                        together.wait();
                        node.lift_locks(account, at, Timestamp::UNIX_EPOCH).expect("writable");
                    });
                }
            });
            let noted = nodes[0].lifted_locks().expect("readable");
            assert_eq!(noted.len() as u64, 2 * (round + 1), "{} in round {round}: {noted:?}", place.url);
        }
    }
}
