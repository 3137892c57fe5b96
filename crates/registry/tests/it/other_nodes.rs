//! What one node changes of organizations and accounts, another takes up.

use std::net::{IpAddr, Ipv4Addr};

use bluebonnet_registry::{Credentials, NewAccount, Registry, SignInRefused};
use model::{AccountId, AccountKind, Channel, OrganizationKind};

use crate::house::*;

async fn sign_in(registry: &Registry, username: &str, password: &str) -> Result<String, SignInRefused> {
    let admission = registry.gate().admit(Channel::WebService).expect("the gate is open");
    let at = NOON.parse().expect("a timestamp");
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let credentials = Credentials { username, password, facility: "", source, at };
    registry.sign_in(&admission, credentials).await.map(|caller| caller.organization_code)
}

/// A report of somebody who shares nothing but the birth date with those of other rounds.
fn report_of(round: u8, birth_date: &'static str) -> String {
    let letter = char::from(b'a' + round);
    let (mrn, family) = (format!("|R-{round}00"), format!("Q{letter}{letter}v{letter}"));
    let message = vxu(&format!("C{round}-{birth_date}"), &Person { birth_date, rest: "", ..MARIA }, "");
    message.replace("|M-100", &mrn).replace("Garza^Maria", &format!("{family}^{letter}x{letter}"))
}

#[test]
fn two_nodes_that_get_one_number_with_two_birth_dates_at_once_decide_one_after_the_other() {
    on_each_database(&example(), async |house| {
        let other = house.node_elsewhere();
        let both_told = |answers: [String; 2]| {
            let mut told: Vec<String> = answers.iter().flat_map(|answer| findings(answer)).map(str::to_owned).collect();
            told.sort_unstable();
            told
        };
        let first = house.send_to(&house.registry, "CLINIC", &report_of(0, "20240310")).await;
        let second = house.send_to(&other, "CLINIC", &report_of(0, "20231129")).await;
        let in_turn = both_told([first, second]);
        let records_in_turn = house.rows("patient");
        for round in 1..20 {
            let (here, there) = (report_of(round, "20240310"), report_of(round, "20231129"));
            let (here, there) =
                tokio::join!(house.send_to(&house.registry, "CLINIC", &here), house.send_to(&other, "CLINIC", &there),);
            assert_eq!(both_told([here, there]), in_turn, "round {round}");
            assert_eq!(house.rows("patient"), records_in_turn * u64::from(round + 1), "round {round}");
        }
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn another_node_takes_up_organizations_accounts_and_passwords() {
    on_each_database(&example(), async |house| {
        let (other, admission) = (house.another_node(), house.admission());
        house.add_organization("SCHOOL", OrganizationKind::School, None);
        let program = NewAccount {
            id: AccountId(house.uuid()),
            organization_code: "SCHOOL".into(),
            kind: AccountKind::WebService,
            username: "school-sis".into(),
            password: PASSWORD.into(),
            salt: [1; 16],
            full_name: String::new(),
            email: String::new(),
            role: None,
        };
        house.registry.add_account(&admission, program).expect("the account is new");
        assert_eq!(sign_in(&other, "school-sis", PASSWORD).await, Err(SignInRefused::Unknown), "before it looks");
        other.refresh().expect("the database is read");
        assert_eq!(sign_in(&other, "school-sis", PASSWORD).await, Ok("SCHOOL".into()));

        let another = "a longer horse with a staple";
        house.registry.set_password(&admission, "school-sis", another, [2; 16]).expect("it is changed");
        other.refresh().expect("the database is read");
        assert_eq!(sign_in(&other, "school-sis", another).await, Ok("SCHOOL".into()));
        assert_eq!(sign_in(&other, "school-sis", PASSWORD).await, Err(SignInRefused::Wrong));

        house.registry.set_account_active(&admission, "school-sis", false).expect("it is changed");
        other.refresh().expect("the database is read");
        assert_eq!(sign_in(&other, "school-sis", another).await, Err(SignInRefused::Unknown));
    });
}
