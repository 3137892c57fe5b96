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
        assert_eq!(sign_in(&other, "school-sis", PASSWORD).await, Err(SignInRefused::Wrong), "before it looks");
        other.refresh().expect("the database is read");
        assert_eq!(sign_in(&other, "school-sis", PASSWORD).await, Ok("SCHOOL".into()));

        let another = "a longer horse with a staple";
        house.registry.set_password(&admission, "school-sis", another, [2; 16]).expect("it is changed");
        other.refresh().expect("the database is read");
        assert_eq!(sign_in(&other, "school-sis", another).await, Ok("SCHOOL".into()));
        assert_eq!(sign_in(&other, "school-sis", PASSWORD).await, Err(SignInRefused::Wrong));

        house.registry.set_account_active(&admission, "school-sis", false).expect("it is changed");
        other.refresh().expect("the database is read");
        assert_eq!(sign_in(&other, "school-sis", another).await, Err(SignInRefused::Wrong));
    });
}
