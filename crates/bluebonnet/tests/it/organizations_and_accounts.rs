//! Organizations and accounts are made, listed and stopped.

use crate::maintenance::until;
use crate::messages::vxu;
use crate::program::{Home, on_each_database};
use crate::soap;

#[test]
fn organizations_are_added_listed_and_deactivated() {
    on_each_database(|home| {
        home.settle();
        let listed = home.run(&["organization", "list", "--json"]).expect(0).json();
        assert_eq!(listed[1]["code"], "LAKE2001");
        assert_eq!(listed[1]["parent"], "LAKE2000");
        let taken = home.run(&["organization", "add", "lake2000", "Again", "--kind", "clinic"]).expect(1);
        assert!(taken.errors.contains("taken"), "{taken:?}");
        let orphan = ["organization", "add", "X1", "X", "--kind", "clinic", "--parent", "NOWHERE"];
        home.run(&orphan).expect(1);
        home.run(&["organization", "add", "X1", "X", "--kind", "castle"]).expect(2);
        home.run(&["organization", "deactivate", "LAKE2001"]).expect(0);
        let listed = home.run(&["organization", "list"]).expect(0);
        assert!(listed.output.contains("deactivated"), "{listed:?}");
        home.run(&["organization", "deactivate", "NOWHERE"]).expect(1);
    });
}

#[test]
fn what_a_stopped_organization_did_is_still_read_and_its_names_are_still_taken() {
    on_each_database(|home| {
        home.settle();
        home.run(&["organization", "activate", "LAKE2001"]).expect(0);
        let stopped = home.run(&["organization", "deactivate", "LAKE2000"]).expect(0);
        assert!(stopped.output.contains("sites go on until they are deactivated, too: LAKE2001"), "{stopped:?}");
        home.run(&["organization", "activate", "LAKE2000"]).expect(0);
        let stopped = home.run(&["organization", "deactivate", "LAKE2001"]).expect(0);
        assert!(!stopped.output.contains("sites"), "{stopped:?}");
        let audit = ["audit", "--organization", "lake2001", "--json"];
        let lines = home.run(&audit).expect(0);
        assert!(lines.output.contains("deactivated organization LAKE2001"), "{lines:?}");
        home.run(&["messages", "--organization", "LAKE2001"]).expect(0);
        home.run(&["file", "list", "--organization", "LAKE2001"]).expect(0);
        home.run(&["organization", "time-zone", "LAKE2001", "America/Denver"]).expect(0);
        for list in [&["audit"][..], &["messages"], &["file", "list"]] {
            let unknown = home.run(&[list, &["--organization", "NOWHERE"]].concat()).expect(1);
            assert!(unknown.errors.contains("no organization NOWHERE"), "{unknown:?}");
        }
    });
}

#[test]
fn names_that_are_none_and_trees_that_are_too_deep_are_refused() {
    on_each_database(|home| {
        home.settle();
        let long = "x".repeat(201);
        for name in ["", " ", "Evil\u{1b}[31m", &long] {
            let refused = home.run(&["organization", "add", "NAME1", name, "--kind", "clinic"]).expect(1);
            assert!(refused.errors.contains("name"), "{refused:?}");
        }
        for name in ["bad user", "bad\u{1b}[31muser", ""] {
            let refused = home.run(&["account", "add", name, "--organization", "LAKE2000"]).expect(1);
            assert!(refused.errors.contains("name") && !refused.errors.contains('\u{1b}'), "{refused:?}");
        }
        home.run(&["organization", "add", "DEEP1", "Deep", "--kind", "clinic"]).expect(0);
        for level in 2..=8 {
            let (code, parent) = (format!("DEEP{level}"), format!("DEEP{}", level - 1));
            home.run(&["organization", "add", &code, "Deep", "--kind", "clinic", "--parent", &parent]).expect(0);
        }
        let ninth = ["organization", "add", "DEEP9", "Deep", "--kind", "clinic", "--parent", "DEEP8"];
        let refused = home.run(&ninth).expect(1);
        assert!(refused.errors.contains("8 below each other"), "{refused:?}");
    });
}

#[test]
fn a_password_is_told_once_and_can_be_replaced() {
    on_each_database(|home| {
        home.settle();
        let first = home.add_account("lakeside");
        assert!(first.len() >= 15);
        let second = home.run(&["account", "password", "lakeside", "--json"]).expect(0).json();
        let second = second["password"].as_str().expect("the password is told").to_owned();
        assert_ne!(first, second);
        let chosen = "correct horse battery staple";
        let input = ["account", "add", "chosen", "--organization", "LAKE2000", "--password-stdin"];
        let added = home.run_with(&input, format!("{chosen}\n").as_bytes()).expect(0);
        assert!(!added.output.contains(chosen), "{added:?}");
        let short = ["account", "add", "short", "--organization", "LAKE2000", "--password-stdin"];
        home.run_with(&short, b"too short\n").expect(1);
        let listed = home.run(&["account", "list", "--json"]).expect(0);
        assert!(!listed.output.contains("argon2"), "{listed:?}");

        let server = home.serve(&[]);
        let status = |user: &str, password: &str| {
            soap::submit(server.address, user, password, "LAKE2000", &vxu("p-1")).expect("the server answers").status
        };
        assert_eq!(status("lakeside", &second), 200);
        assert_eq!(status("CHOSEN", chosen), 200);
        assert_ne!(status("lakeside", &first), 200);
    });
}

#[test]
fn a_lock_after_wrong_passwords_is_lifted_by_an_operator_or_with_another_password() {
    on_each_database(|home| {
        home.settle();
        let password = home.add_account("lakeside");
        let server = home.serve(&[]);
        let is_let_in = |password: &str| {
            let answer = soap::submit(server.address, "lakeside", password, "LAKE2000", &vxu("l-1"));
            !answer.expect("the server answers").body.contains("SecurityFault")
        };
        let lock = |password: &str| {
            for number in 0..5 {
                assert!(!is_let_in(&format!("not the password {number}")));
            }
            assert!(!is_let_in(password), "it is locked");
        };
        lock(&password);
        let unlocked = home.run(&["account", "unlock", "LAKESIDE"]).expect(0);
        assert!(unlocked.output.contains("unlocked lakeside"), "{unlocked:?}");
        until("the node takes it up", || is_let_in(&password));
        lock(&password);
        let another = home.run(&["account", "password", "lakeside", "--json"]).expect(0).json();
        until("the node takes it up", || is_let_in(another["password"].as_str().expect("it is told")));
        let refused = home.run(&["account", "unlock", "nobody"]).expect(1);
        assert!(refused.errors.contains("there is no account nobody"), "{refused:?}");
    });
}

#[test]
fn a_deactivated_account_is_not_let_in() {
    let home = Home::on_sqlite();
    home.settle();
    let password = home.add_account("lakeside");
    home.run(&["account", "deactivate", "lakeside"]).expect(0);
    let server = home.serve(&[]);
    let answer = soap::submit(server.address, "lakeside", &password, "LAKE2000", &vxu("d-1"));
    let answer = answer.expect("the server answers");
    assert!(answer.body.contains("SecurityFault"), "{answer:?}");
}

#[test]
fn an_address_that_mail_cannot_reach_is_refused() {
    let home = Home::on_sqlite();
    home.settle();
    let add = ["account", "add", "lakeside", "--organization", "LAKE2000", "--email"];
    let refused = home.run(&[&add[..], &["nobody"]].concat()).expect(1);
    assert!(refused.errors.contains("nobody"), "{}", refused.errors);
    home.run(&[&add[..], &["it@lakeside.example"]].concat()).expect(0);
}

#[test]
fn what_operators_change_is_in_the_audit_trail() {
    let home = Home::on_sqlite();
    home.settle();
    let lines = || home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"]["audit"].as_u64();
    let before = lines().expect("the table is counted");
    home.add_account("lakeside");
    home.run(&["account", "password", "lakeside"]).expect(0);
    home.run(&["account", "unlock", "lakeside"]).expect(0);
    home.run(&["account", "deactivate", "lakeside"]).expect(0);
    assert_eq!(lines(), Some(before + 4));
    let told = home.run(&["audit", "--organization", "LAKE2000"]).expect(0);
    assert!(told.output.contains("deactivated account lakeside"), "{told:?}");
    assert!(!home.run(&["audit", "--registry"]).expect(0).output.contains("lakeside"));
    home.run(&["audit", "--organization", "NOWHERE"]).expect(1);
    home.run(&["audit"]).expect(2);
}

#[test]
fn commands_at_the_same_time_do_not_disturb_each_other() {
    on_each_database(|home| {
        home.settle();
        std::thread::scope(|scope| {
            for number in 0..6 {
                scope.spawn(move || home.add_account(&format!("user-{number}")));
            }
        });
        let report = home.run(&["doctor", "--json"]).expect(0).json();
        assert_eq!(report["database"]["rows"]["account"], 6, "{report}");
        assert_eq!(report["database"]["rows"]["audit"], 2 + 6, "{report}");
    });
}

#[test]
fn a_password_that_was_set_is_told_whatever_fails_afterwards() {
    let home = Home::on_sqlite();
    home.settle();
    home.add_account("lake-ehr");
    let database = rusqlite::Connection::open(home.path("registry.db")).expect("it is a database");
    let no_line = "CREATE TRIGGER no_line BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no line'); END";
    database.execute_batch(no_line).expect("it is a statement");
    for arguments in
        [&["account", "password", "lake-ehr"][..], &["account", "add", "lake-second", "--organization", "LAKE2000"]]
    {
        let failed = home.run(arguments);
        assert_ne!(failed.code, 0, "{failed:?}");
        assert!(failed.output.contains("password: "), "{failed:?}");
    }
}
