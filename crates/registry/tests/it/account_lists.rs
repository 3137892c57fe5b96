//! Lists of accounts: narrowed, a page at a time, and nothing beyond the reach of who asks.

use std::net::{IpAddr, Ipv4Addr};

use bluebonnet_registry::{AccountChange, AccountFilter, Credentials, FileAccounts, NewAccount, RegistryError};
use jiff::{SignedDuration, Timestamp};
use model::{AccountId, AccountKind, Caller, Role, Standing};

use crate::house::*;

fn add(house: &House, (username, full_name): (&str, &str), organization: &str, kind: AccountKind) {
    let new = NewAccount {
        id: AccountId(house.uuid()),
        organization_code: organization.into(),
        kind,
        username: username.into(),
        password: PASSWORD.into(),
        salt: [1; 16],
        full_name: full_name.into(),
        email: format!("{username}@example.org"),
        role: (kind == AccountKind::WebUser).then_some(Role::ViewOnly),
    };
    house.registry.add_account(&house.admission(), new).expect("the account is new");
}

fn administrator(house: &House, organization: &str, role: Role) -> Caller {
    Caller { standing: Standing::Person(role), account_id: Some(AccountId(house.uuid())), ..house.caller(organization) }
}

async fn listed(house: &House, caller: &Caller, filter: &AccountFilter, limit: usize) -> Vec<String> {
    let seen = house.registry.accounts_within_reach(&house.admission(), caller, filter, limit).await.expect("listed");
    seen.into_iter().map(|seen| seen.account.username).collect()
}

#[test]
fn accounts_are_listed_a_page_at_a_time_and_narrowed() {
    on_each_database(&example(), async |house| {
        let site = house.registry.find_organization(&house.admission(), "CLINIC-SITE").expect("it is there");
        for (account, organization) in [
            (("Ben", "Ben Baker"), "CLINIC"),
            (("carla", "Carla Cruz"), "CLINIC-SITE"),
            (("dora", "Dora Duarte"), "CLINIC"),
        ] {
            add(house, account, organization, AccountKind::WebUser);
        }
        add(house, ("zoe", "Zoe Zapata"), "PHARMACY", AccountKind::WebUser);
        let clinic = administrator(house, "CLINIC", Role::OrganizationAdministrator);
        let all = AccountFilter::default();

        let first = listed(house, &clinic, &all, 3).await;
        assert_eq!(first, ["Ben", "carla", "clinic-ehr"], "by user name, whatever the case; none of the pharmacy");
        let after = AccountFilter { after: first[2].clone(), ..all.clone() };
        assert_eq!(listed(house, &clinic, &after, 3).await, ["dora"]);

        let of_site = AccountFilter { organization_id: Some(site.id), ..all.clone() };
        assert_eq!(listed(house, &clinic, &of_site, 9).await, ["carla"]);
        let programs = AccountFilter { kind: Some(AccountKind::WebService), ..all.clone() };
        assert_eq!(listed(house, &clinic, &programs, 9).await, ["clinic-ehr"]);
        for text in ["CRUZ", "arla@EXAMPLE", "carl", "Cruz, Carla", "crúz  CAR"] {
            let filter = AccountFilter { text: text.into(), ..all.clone() };
            assert_eq!(listed(house, &clinic, &filter, 9).await, ["carla"], "{text}");
        }

        let admission = house.admission();
        let one = async |username| house.registry.account_within_reach(&admission, &clinic, username).await;
        let carla = one("CARLA").await.expect("allowed").expect("she is within reach");
        assert_eq!((carla.organization.id, carla.account.password_hash.as_str()), (site.id, ""));
        assert!(one("zoe").await.expect("allowed").is_none(), "an account of another organization");
        let nurse = administrator(house, "CLINIC", Role::ViewOnly);
        let refused = house.registry.account_within_reach(&admission, &nurse, "carla").await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { .. })), "{refused:?}");
    });
}

#[test]
fn a_review_lists_who_was_not_confirmed_lately() {
    on_each_database(&example(), async |house| {
        for account in [("ben", "Ben Baker"), ("dora", "Dora Duarte")] {
            add(house, account, "CLINIC", AccountKind::WebUser);
        }
        let clinic = administrator(house, "CLINIC", Role::OrganizationAdministrator);
        let people = AccountFilter { kind: Some(AccountKind::WebUser), ..AccountFilter::default() };
        let noon: Timestamp = NOON.parse().expect("a timestamp");
        let admission = house.admission();
        let confirming = house.registry.change_account(&admission, &clinic, "ben", AccountChange::Confirmed, noon);
        confirming.await.expect("it is done");
        let due_at = async |at: Timestamp| {
            let year = SignedDuration::from_hours(365 * 24);
            let filter = AccountFilter { unconfirmed_since: Some(at - year), ..people.clone() };
            listed(house, &clinic, &filter, 9).await
        };
        assert_eq!(due_at(noon).await, ["dora"]);
        assert_eq!(due_at(noon + SignedDuration::from_hours(366 * 24)).await, ["ben", "dora"]);

        let stopping = house.registry.change_account(&admission, &clinic, "dora", AccountChange::Active(false), noon);
        stopping.await.expect("it is done");
        let active = AccountFilter { is_active: Some(true), ..people.clone() };
        assert_eq!(listed(house, &clinic, &active, 9).await, ["ben"]);
    });
}

#[test]
fn the_last_use_of_a_program_is_seen_whichever_door_it_came_by() {
    on_each_database(&example(), async |house| {
        let (registry, admission) = (&house.registry, house.admission());
        add(house, ("files-only", ""), "CLINIC", AccountKind::WebService);
        let clinic = administrator(house, "CLINIC", Role::OrganizationAdministrator);
        let seen_at = async |username| {
            let seen = registry.account_within_reach(&admission, &clinic, username).await.expect("allowed");
            seen.expect("it is within reach").seen_at
        };
        let noon: Timestamp = NOON.parse().expect("a timestamp");
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let call = async |password, at| {
            let credentials = Credentials { username: "clinic-ehr", password, facility: "", source, at };
            registry.sign_in(&admission, credentials).await
        };
        let file_accounts = FileAccounts::new(registry.file_accounts(&admission).expect("they are read"), [3; 32]);
        let file_accounts = file_accounts.expect("passwords can be hashed");
        let written = || registry.write_account_uses(&admission, Some(&file_accounts)).expect("it is written");

        call("not the password", noon).await.expect_err("it is wrong");
        written();
        assert_eq!(seen_at("clinic-ehr").await, None, "who was turned away did not use it");

        call(PASSWORD, noon).await.expect("it is right");
        let by_file = noon + SignedDuration::from_mins(5);
        let sign_in = file_accounts.sign_in_with_password("files-only", PASSWORD, source, by_file);
        sign_in.await.expect("it is right");
        written();
        assert_eq!((seen_at("clinic-ehr").await, seen_at("files-only").await), (Some(noon), Some(by_file)));

        let later = noon + SignedDuration::from_hours(2);
        call(PASSWORD, later).await.expect("it is right");
        written();
        assert_eq!(seen_at("clinic-ehr").await, Some(later));
        let other = house.another_node();
        let credentials = Credentials { username: "clinic-ehr", password: PASSWORD, facility: "", source, at: noon };
        other.sign_in(&admission, credentials).await.expect("it is right");
        other.write_account_uses(&admission, None).expect("it is written");
        assert_eq!(seen_at("clinic-ehr").await, Some(later), "a node with a late clock takes nothing back");
    });
}
