//! What the people and programs of an organization did, however much others did since.

use bluebonnet_registry::{AuditFilter, RegistryError};
use jiff::{SignedDuration, Timestamp};
use model::{AccountId, AuditAction, AuditEntry, Caller, Right, Role, Standing};

use crate::house::*;

/// More lines than an hour of a whole state has.
const LINES_OF_OTHERS: i64 = 25_000;

#[test]
fn an_organization_finds_its_line_however_many_others_are_newer() {
    on_each_database(&example(), async |house| {
        let (clinic, pharmacy) = (house.caller("CLINIC"), house.caller("PHARMACY"));
        let noon: Timestamp = NOON.parse().expect("a timestamp");
        let line = |caller: &Caller, second: i64| AuditEntry {
            at: noon + SignedDuration::from_secs(second),
            account_id: None,
            organization_id: caller.organization_id,
            action: AuditAction::SearchWithoutResult,
            patient_id: None,
            message_id: None,
            detail: second.to_string(),
        };
        let of_others = (1..=LINES_OF_OTHERS).map(|second| line(&pharmacy, second));
        let lines: Vec<AuditEntry> = std::iter::once(line(&clinic, 0)).chain(of_others).collect();
        for some in lines.chunks(1_000) {
            house.database.append_audit(some).expect("writable");
        }
        let as_administrator = |caller: &Caller, role| Caller {
            standing: Standing::Person(role),
            account_id: Some(AccountId(house.uuid())),
            ..caller.clone()
        };
        let filter =
            AuditFilter { organization_id: clinic.organization_id, account_id: None, before: None, after: None };
        let (admission, administrator) = (house.admission(), Role::OrganizationAdministrator);
        let own = as_administrator(&clinic, administrator);
        let found = house.registry.audit_of_organization(&admission, &own, filter.clone(), 10).await;
        let found: Vec<AuditEntry> = found.expect("allowed").into_iter().map(|line| line.entry).collect();
        assert_eq!(found, [line(&clinic, 0)]);

        for stranger in [as_administrator(&pharmacy, administrator), as_administrator(&clinic, Role::ViewOnly)] {
            let refused = house.registry.audit_of_organization(&admission, &stranger, filter.clone(), 10).await;
            assert!(matches!(refused, Err(RegistryError::Forbidden { right: Right::ReadAudit })), "{refused:?}");
        }
    });
}
