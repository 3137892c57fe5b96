//! Organizations: which codes they may have, and who may stop which.

use ::notices::Language;
use bluebonnet_registry::{Consent, ContactRefusal, NewOrganization, NewSubscription, RegistryError};
use model::{
    AccountId, Audience, Caller, OrganizationId, OrganizationKind, Role, Standing, SubscriptionId, SubscriptionWay,
};

use store::AuditFilter;

use crate::entries::{find, named, open};
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
fn a_message_names_a_site_by_another_name_whatever_has_to_be_escaped_in_it() {
    on_each_database(&example(), async |house| {
        let mut site = organization(house, "SMITH", OrganizationKind::Clinic);
        (site.parent_code, site.aliases) = (Some("CLINIC".into()), vec!["Smith & Sons".into()]);
        let site = house.registry.add_organization(&house.admission(), site).expect("the site is new");
        let message = vxu("S-1", &MARIA, &given("08", "20240311", "D1")).replace("|SENDER|", "|Smith \\T\\ Sons|");
        let answer = house.send("CLINIC", &message).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let record = open(house, "CLINIC", id).await.expect("shown");
        assert_eq!(record.held.vaccinations[0].organization_id, site.id);
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

fn contact(house: &House, address: &str, audience: Audience) -> NewSubscription {
    NewSubscription {
        id: SubscriptionId(house.uuid()),
        audience,
        way: SubscriptionWay::Email,
        address: address.into(),
        kinds: Vec::new(),
        channels: Vec::new(),
        language: Language::English,
        organization_id: None,
        secret: String::new(),
    }
}

#[test]
fn an_organization_has_its_contacts_told_and_takes_nobody_elses() {
    on_each_database(&example(), async |house| {
        let (registry, admission) = (&house.registry, house.admission());
        let at = NOON.parse().expect("a timestamp");
        let of = |code: &str, role| Caller { standing: Standing::Person(role), ..house.caller(code) };
        let clinic = of("CLINIC", Role::OrganizationAdministrator);
        let pharmacy = of("PHARMACY", Role::OrganizationAdministrator);
        let add = async |caller: &Caller, id, address: &str, audience| {
            let new = contact(house, address, audience);
            registry.add_organization_contact(&admission, caller, (id, new), at).await
        };
        let (own, other) = (clinic.organization_id, pharmacy.organization_id);
        let (it, vendor) = (Audience::ItContacts, Audience::EhrVendors);
        assert!(add(&clinic, own, "it@clinic.example", it).await.expect("allowed").is_ok());
        assert!(add(&clinic, own, "help@vendor.example", vendor).await.expect("allowed").is_ok());
        let refused = add(&pharmacy, other, "HELP@vendor.example", vendor).await.expect("allowed");
        assert_eq!(refused, Err(ContactRefusal::ToldAlready), "once for all its clinics");
        assert_eq!(add(&clinic, own, "nobody", it).await.expect("allowed"), Err(ContactRefusal::NoAddress));
        let foreign = add(&clinic, other, "it@pharmacy.example", it).await;
        assert!(matches!(foreign, Err(RegistryError::Forbidden { .. })), "{foreign:?}");
        let clerk = of("CLINIC", Role::ViewOnly);
        let forbidden = add(&clerk, own, "clerk@clinic.example", it).await;
        assert!(matches!(forbidden, Err(RegistryError::Forbidden { .. })), "{forbidden:?}");

        let listed = registry.organization_contacts(&admission, &clerk, own).await.expect("readable");
        let addresses: Vec<&str> = listed.iter().map(|known| known.address.as_str()).collect();
        assert_eq!(addresses, ["it@clinic.example", "help@vendor.example"]);
        let remove = async |caller: &Caller, id, contact| {
            registry.remove_organization_contact(&admission, caller, (id, contact), at).await
        };
        let theft = remove(&pharmacy, other, listed[0].id).await;
        assert!(matches!(theft, Err(RegistryError::Refused(_))), "{theft:?}");
        remove(&clinic, own, listed[0].id).await.expect("it is theirs");
        assert!(add(&clinic, own, "it@clinic.example", it).await.expect("allowed").is_ok(), "a mistake is mended");

        let ended = registry.subscribe(&admission, contact(house, "tired@clinic.example", it), Consent::Vouched, at);
        registry.end_subscription(&admission, ended.expect("kept").id, at).expect("its owner ends it");
        let again = add(&clinic, own, "tired@clinic.example", it).await.expect("allowed");
        assert_eq!(again, Err(ContactRefusal::Ended));

        let filter = AuditFilter { organization_id: own, account_id: None, before: None, after: None };
        let lines = house.database.audit_of_organization(&filter, 100).expect("the trail is read");
        let count = |what: &str| lines.iter().filter(|line| line.entry.detail.contains(what)).count();
        assert_eq!(count("added a contact for notices as it_contacts"), 2);
        assert_eq!(count("removed a contact for notices as it_contacts"), 1);
        assert_eq!(count("@"), 0, "addresses stand with the contacts alone");
    });
}
