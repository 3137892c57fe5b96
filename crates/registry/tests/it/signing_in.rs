//! Signing in: right passwords are cheap after the first, wrong ones lock, facilities stay in the family.

use std::net::{IpAddr, Ipv4Addr};

use bluebonnet_registry::{Credentials, NewAccount, SignInRefused};

use crate::house::*;

fn credentials<'a>(username: &'a str, password: &'a str, facility: &'a str) -> Credentials<'a> {
    let at = NOON.parse().expect("a timestamp");
    Credentials { username, password, facility, source: IpAddr::V4(Ipv4Addr::LOCALHOST), at }
}

#[test]
fn an_account_speaks_for_its_organization_and_the_sites_below() {
    on_each_database(&example(), async |house| {
        let sign_in = async |facility| {
            house.registry.sign_in(&house.admission(), credentials("Clinic-EHR", PASSWORD, facility)).await
        };
        assert_eq!(sign_in("").await.map(|caller| caller.organization_code), Ok("CLINIC".into()));
        assert_eq!(sign_in("clinic-site").await.map(|caller| caller.organization_code), Ok("CLINIC-SITE".into()));
        assert_eq!(sign_in("PHARMACY").await, Err(SignInRefused::FacilityNotAllowed));
        assert_eq!(sign_in("NOWHERE").await, Err(SignInRefused::FacilityNotAllowed));
    });
}

#[test]
fn the_account_of_a_person_does_not_open_the_web_service() {
    on_each_database(&example(), async |house| {
        let new = NewAccount {
            id: model::AccountId(house.uuid()),
            organization_code: "CLINIC".into(),
            kind: model::AccountKind::WebUser,
            username: "nurse".into(),
            password: PASSWORD.into(),
            salt: [1; 16],
            full_name: "Nora Nurse".into(),
            email: String::new(),
            role: Some(model::Role::FullAccessClinician),
        };
        house.registry.add_account(&house.admission(), new).expect("the account is new");
        let refused = house.registry.sign_in(&house.admission(), credentials("nurse", PASSWORD, "")).await;
        assert_eq!(refused, Err(SignInRefused::Unknown));
    });
}

#[test]
fn wrong_passwords_lock_the_account_where_they_came_from_and_nowhere_else() {
    on_each_database(&example(), async |house| {
        for number in 0..5 {
            let password = format!("wrong {number}");
            let wrong = house.registry.sign_in(&house.admission(), credentials("clinic-ehr", &password, "")).await;
            assert_eq!(wrong, Err(SignInRefused::Wrong));
        }
        let right = credentials("clinic-ehr", PASSWORD, "");
        let locked = house.registry.sign_in(&house.admission(), right).await;
        assert!(matches!(locked, Err(SignInRefused::LockedOut { retry_after_seconds: 890..=901 })), "{locked:?}");
        let elsewhere = Credentials { source: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), ..right };
        assert!(house.registry.sign_in(&house.admission(), elsewhere).await.is_ok());
        let later = Credentials { at: right.at + jiff::SignedDuration::from_mins(16), ..right };
        assert!(house.registry.sign_in(&house.admission(), later).await.is_ok());
    });
}

/// One system of a clinic still has the old password, and repeats it with every message; another has the new one.
#[test]
fn a_system_that_repeats_an_old_password_locks_out_no_other() {
    on_each_database(&example(), async |house| {
        let old = credentials("clinic-ehr", PASSWORD, "");
        assert!(house.registry.sign_in(&house.admission(), old).await.is_ok());
        let new = "another horse, another staple";
        house.registry.set_password(&house.admission(), "clinic-ehr", new, [5; 16]).expect("the account exists");
        for minute in 0..40 {
            let at = old.at + jiff::SignedDuration::from_mins(minute);
            let repeated = house.registry.sign_in(&house.admission(), Credentials { at, ..old }).await;
            assert_eq!(repeated, Err(SignInRefused::Wrong), "minute {minute}");
            let right = Credentials { at, ..credentials("clinic-ehr", new, "") };
            assert!(house.registry.sign_in(&house.admission(), right).await.is_ok(), "minute {minute}");
        }
        let at = old.at + jiff::SignedDuration::from_mins(40);
        for number in 0..5 {
            let guess = format!("guess {number}");
            let guessed = Credentials { at, ..credentials("clinic-ehr", &guess, "") };
            assert_eq!(house.registry.sign_in(&house.admission(), guessed).await, Err(SignInRefused::Wrong));
        }
        let right = Credentials { at, ..credentials("clinic-ehr", new, "") };
        let locked = house.registry.sign_in(&house.admission(), right).await;
        assert!(matches!(locked, Err(SignInRefused::LockedOut { .. })), "other passwords are guesses: {locked:?}");
        house.registry.set_password(&house.admission(), "clinic-ehr", PASSWORD, [6; 16]).expect("the account exists");
        let later = Credentials { at: at + jiff::SignedDuration::from_mins(16), ..old };
        assert!(house.registry.sign_in(&house.admission(), later).await.is_ok(), "it is right again");
    });
}

#[test]
fn a_new_password_ends_the_old_one_at_once() {
    on_each_database(&example(), async |house| {
        let old = credentials("clinic-ehr", PASSWORD, "");
        assert!(house.registry.sign_in(&house.admission(), old).await.is_ok());
        let new = "another horse, another staple";
        house.registry.set_password(&house.admission(), "clinic-ehr", new, [5; 16]).expect("the account exists");
        assert_eq!(house.registry.sign_in(&house.admission(), old).await, Err(SignInRefused::Wrong));
        assert!(house.registry.sign_in(&house.admission(), credentials("clinic-ehr", new, "")).await.is_ok());
        house.registry.set_account_active(&house.admission(), "clinic-ehr", false).expect("the account exists");
        let inactive = house.registry.sign_in(&house.admission(), credentials("clinic-ehr", new, "")).await;
        assert_eq!(inactive, Err(SignInRefused::Unknown));
    });
}
