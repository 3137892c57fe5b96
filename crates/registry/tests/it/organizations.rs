//! Organizations: which codes they may have, and who may stop which.

use bluebonnet_registry::{NewOrganization, RegistryError};
use model::{AccountId, Caller, OrganizationId, OrganizationKind, Role, Standing};

use crate::house::*;

fn organization(house: &House, code: &str, kind: OrganizationKind) -> NewOrganization {
    let (id, name) = (OrganizationId(house.uuid()), format!("Named {code}"));
    NewOrganization { id, code: code.into(), name, kind, parent_code: None, aliases: Vec::new() }
}

#[test]
fn a_code_fits_into_messages_and_addresses() {
    on_each_database(&example(), async |house| {
        let add = |code: &str| {
            house.registry.add_organization(&house.admission(), organization(house, code, OrganizationKind::Clinic))
        };
        for code in ["LCPG-30.04", "2.16.840.1", "niño_1", "X"] {
            assert_eq!(add(code).expect("a good code").code, code);
        }
        let long = "X".repeat(41);
        for code in ["", " ", "LCPG 3004", "A|B^C", "A?B#C", "A/B", "..", ".a", "-a", "a\nb", &long] {
            assert!(matches!(add(code), Err(RegistryError::Refused(_))), "{code:?}");
        }
    });
}

#[test]
fn nobody_stops_the_office_that_could_start_it_again() {
    on_each_database(&example(), async |house| {
        let (registry, admission) = (&house.registry, house.admission());
        for code in ["OFFICE", "OFFICE2"] {
            let office = organization(house, code, OrganizationKind::Registry);
            registry.add_organization(&admission, office).expect("the organization is new");
        }
        let office = house.caller("OFFICE");
        let caller = Caller {
            standing: Standing::Person(Role::RegistryAdministrator),
            account_id: Some(AccountId(house.uuid())),
            ..office
        };
        let at = NOON.parse().expect("a timestamp");
        for code in ["OFFICE", "office2"] {
            let refused = registry.change_organization_state(&admission, &caller, (code, false), at).await;
            assert!(matches!(refused, Err(RegistryError::Refused(_))), "{code}: {refused:?}");
            assert!(registry.find_organization(&admission, code).is_some(), "it goes on");
        }
        for is_active in [false, true] {
            let changed = registry.change_organization_state(&admission, &caller, ("PHARMACY", is_active), at).await;
            changed.expect("the office may");
            assert_eq!(registry.find_organization(&admission, "PHARMACY").is_some(), is_active);
        }
    });
}
