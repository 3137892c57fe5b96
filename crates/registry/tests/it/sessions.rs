//! People sign in: a password, a second factor, a session that changes its token and ends by itself.

use std::net::{IpAddr, Ipv4Addr};

use bluebonnet_registry::{
    AccountChange, AuthenticatorKey, Credentials, NewAccount, NewOrganization, NewSession, RegistryError, SessionError,
    SessionToken, SignInRefused, SignInWait, SignedIn, Stage,
};
use jiff::{SignedDuration, Timestamp};
use model::{
    AccountId, AccountKind, FactorId, OrganizationId, OrganizationKind, Relation, Right, Role, SessionId, Standing,
};

use crate::house::*;

fn noon() -> Timestamp {
    NOON.parse().expect("a timestamp")
}

fn minutes(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

fn token(number: u8) -> SessionToken {
    SessionToken::new([number; 32])
}

fn add_person(house: &House, username: &str, organization: &str, role: Role) {
    let new = NewAccount {
        id: AccountId(house.uuid()),
        organization_code: organization.into(),
        kind: AccountKind::WebUser,
        username: username.into(),
        password: PASSWORD.into(),
        salt: [1; 16],
        full_name: "Nora Nurse".into(),
        email: String::new(),
        role: Some(role),
    };
    house.registry.add_account(&house.admission(), new).expect("the account is new");
}

async fn begin(house: &House, username: &str, password: &str, number: u8, at: Timestamp) -> Result<(), SessionError> {
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let credentials = Credentials { username, password, facility: "", source, at };
    let new = NewSession { id: SessionId(house.uuid()), token: token(number), agent: "Firefox", language: "es" };
    house.registry.begin_session(&house.admission(), credentials, new).await.map(drop)
}

async fn resume(house: &House, number: u8, at: Timestamp) -> Result<SignedIn, SessionError> {
    house.registry.resume_session(&house.admission(), &token(number), at).await
}

/// Signs in and sets up an authenticator app; the session has token `number + 1` then.
async fn enroll(house: &House, username: &str, number: u8, at: Timestamp) -> AuthenticatorKey {
    begin(house, username, PASSWORD, number, at).await.expect("the password is right");
    let signed_in = resume(house, number, at).await.expect("the session holds");
    assert_eq!(signed_in.stage, Stage::EnrollmentDue);
    let key = AuthenticatorKey::of_session(&token(number));
    let (offered, code) = ((&token(number), FactorId(house.uuid())), key.code(at));
    let adding = house
        .registry
        .add_authenticator(&house.admission(), &signed_in, offered, ("phone", &code), token(number + 1), at)
        .await;
    adding.expect("the code is right");
    key
}

#[test]
fn a_session_opens_with_the_second_factor_and_gets_another_token() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::FullAccessClinician);
        let key = enroll(house, "nora", 1, noon()).await;
        assert!(matches!(resume(house, 1, noon()).await, Err(SessionError::Over)), "the first token opens nothing");
        begin(house, "Nora", PASSWORD, 3, minutes(1)).await.expect("the password is right");
        let half = resume(house, 3, minutes(1)).await.expect("it holds");
        assert_eq!((half.stage, half.caller()), (Stage::SecondFactorDue, None));
        let prove = async |code: &str, at| {
            house.registry.prove_with_code(&house.admission(), &half, code, token(4), at).await.map(drop)
        };
        assert!(matches!(prove("000000", minutes(1)).await, Err(SessionError::ProofWrong)));
        assert!(matches!(prove(&key.code(noon()), minutes(1)).await, Err(SessionError::ProofWrong)), "used before");
        prove(&key.code(minutes(1)), minutes(1)).await.expect("the code is right");
        let open = resume(house, 4, minutes(2)).await.expect("it holds");
        let caller = open.caller().expect("it is open");
        assert_eq!(caller.standing, Standing::Person(Role::FullAccessClinician));
        assert_eq!(caller.organization_code, "CLINIC");
        assert!(matches!(resume(house, 3, minutes(2)).await, Err(SessionError::Over)), "the old token opens nothing");
    });
}

#[test]
fn a_session_ends_by_itself_when_idle_and_after_half_a_day() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        enroll(house, "nora", 1, noon()).await;
        assert!(resume(house, 2, minutes(14)).await.is_ok());
        assert!(house.registry.peek_session(&house.admission(), &token(2), minutes(28)).await.is_ok());
        assert!(matches!(resume(house, 2, minutes(29)).await, Err(SessionError::Over)), "looking is not using");
        enroll_again(house, 3).await;
        for minute in (0..720).step_by(10) {
            assert!(resume(house, 4, minutes(60 + minute)).await.is_ok(), "after {minute} minutes");
        }
        assert!(matches!(resume(house, 4, minutes(60 + 720)).await, Err(SessionError::Over)));
        let removed = house.registry.remove_old_sessions(&house.admission(), minutes(2000)).expect("the store answers");
        assert_eq!(removed, 2);
        let standing = Standing::Person(Role::OrganizationAdministrator);
        let administrator = model::Caller { standing, ..house.caller("CLINIC") };
        let listed = house
            .registry
            .accounts_within_reach(
                &house.admission(),
                &administrator,
                &bluebonnet_registry::AccountFilter::default(),
                9,
            )
            .await
            .expect("listed");
        let nora = listed.iter().find(|listed| listed.account.username == "nora").expect("she is one of them");
        assert_eq!(nora.seen_at, Some(minutes(60)), "her last sign-in is known after her sessions are over");
    });
}

async fn enroll_again(house: &House, number: u8) {
    begin(house, "nora", PASSWORD, number, minutes(60)).await.expect("the password is right");
    let half = resume(house, number, minutes(60)).await.expect("it holds");
    let key = AuthenticatorKey::of_session(&token(1));
    let code = key.code(minutes(60));
    let proving =
        house.registry.prove_with_code(&house.admission(), &half, &code, token(number + 1), minutes(60)).await;
    proving.expect("the code is right");
}

#[test]
fn wrong_passwords_make_a_person_wait_longer_and_longer() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        let standing = Standing::Person(Role::OrganizationAdministrator);
        let administrator = model::Caller { standing, ..house.caller("CLINIC") };
        let seen = |at| house.registry.sign_in_wait(&house.admission(), &administrator, "nora", at).expect("allowed");
        let wrong = async |at| begin(house, "nora", "wrong", 9, at).await.expect_err("the password is wrong");
        let mut at = noon();
        let mut waits = Vec::new();
        for _ in 0..2 {
            assert!(matches!(wrong(at).await, SessionError::Refused(SignInRefused::Wrong)));
        }
        assert_eq!(seen(at), None);
        for failure_count in 3..9 {
            assert!(matches!(wrong(at).await, SessionError::Refused(SignInRefused::Wrong)));
            let locked = begin(house, "nora", PASSWORD, 9, at).await;
            let Err(SessionError::Refused(SignInRefused::LockedOut { retry_after_seconds })) = locked else {
                panic!("{locked:?}")
            };
            let until = at + SignedDuration::from_secs(i64::from(retry_after_seconds) - 1);
            assert_eq!(seen(at), Some(SignInWait { failure_count, until }), "an administrator sees it");
            waits.push(retry_after_seconds);
            at += SignedDuration::from_secs(i64::from(retry_after_seconds));
        }
        assert_eq!(waits, [11, 61, 301, 901, 3601, 3601]);
        assert_eq!(seen(at), None);
        begin(house, "nora", PASSWORD, 9, at).await.expect("the wait is over");
    });
}

#[test]
fn an_administrator_ends_the_wait() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        for _ in 0..3 {
            begin(house, "nora", "wrong", 9, noon()).await.expect_err("the password is wrong");
        }
        let end = async |role| {
            let caller = model::Caller { standing: Standing::Person(role), ..house.caller("CLINIC") };
            let (admission, change) = (house.admission(), AccountChange::Unlocked);
            house.registry.change_account(&admission, &caller, "nora", change, noon()).await
        };
        assert!(matches!(end(Role::ViewOnly).await, Err(RegistryError::Forbidden { right: Right::ChangeAccounts })));
        begin(house, "nora", PASSWORD, 9, noon()).await.expect_err("she still waits");
        end(Role::OrganizationAdministrator).await.expect("may");
        begin(house, "nora", PASSWORD, 9, noon()).await.expect("the wait is over");
    });
}

#[test]
fn wrong_codes_lock_the_second_factor() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        let key = enroll(house, "nora", 1, noon()).await;
        begin(house, "nora", PASSWORD, 3, minutes(1)).await.expect("the password is right");
        let half = resume(house, 3, minutes(1)).await.expect("it holds");
        for _ in 0..5 {
            let proving =
                house.registry.prove_with_code(&house.admission(), &half, "12345", token(4), minutes(1)).await;
            assert!(matches!(proving, Err(SessionError::ProofWrong)));
        }
        let code = key.code(minutes(1));
        let proving = house.registry.prove_with_code(&house.admission(), &half, &code, token(4), minutes(1)).await;
        assert!(matches!(proving, Err(SessionError::Refused(SignInRefused::LockedOut { .. }))));
    });
}

#[test]
fn an_invitation_gives_a_new_password_and_a_new_beginning_once() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        add_person(house, "boss", "CLINIC", Role::OrganizationAdministrator);
        enroll(house, "nora", 1, noon()).await;
        enroll(house, "boss", 3, noon()).await;
        let boss = resume(house, 4, noon()).await.expect("it holds").caller().expect("it is open");
        let nora = resume(house, 2, noon()).await.expect("it holds").caller().expect("it is open");
        let registry = &house.registry;
        let refused = registry.invite(&house.admission(), &nora, "boss", [1; 10], noon()).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { right: Right::ChangeAccounts })));
        let code = registry.invite(&house.admission(), &boss, "nora", [1; 10], noon()).await.expect("may invite");
        let when = (IpAddr::V4(Ipv4Addr::LOCALHOST), minutes(1));
        let accept = async |code: &str, password: &str| {
            registry.accept_invitation(&house.admission(), code, password, [2; 16], when).await
        };
        assert!(matches!(accept("0000-0000-0000-0000", PASSWORD).await, Err(SessionError::ProofWrong)));
        assert!(matches!(accept(&code, "nora nurse nora nurse").await, Err(SessionError::Failed(_))));
        assert_eq!(accept(&code, "another horse, another staple").await.ok().as_deref(), Some("nora"));
        assert!(matches!(accept(&code, PASSWORD).await, Err(SessionError::ProofWrong)), "it works once");
        assert!(matches!(resume(house, 2, minutes(1)).await, Err(SessionError::Over)), "her sessions have ended");
        begin(house, "nora", "another horse, another staple", 7, minutes(1)).await.expect("the new password holds");
        assert_eq!(resume(house, 7, minutes(1)).await.expect("it holds").stage, Stage::EnrollmentDue);
    });
}

#[test]
fn a_person_acts_for_the_sites_below_and_for_organizations_they_belong_to() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::FullAccessClinician);
        let admission = house.admission();
        house.registry.set_membership(&admission, "nora", "PHARMACY", Some(Role::ViewOnly)).expect("both exist");
        enroll(house, "nora", 1, noon()).await;
        let signed_in = resume(house, 2, noon()).await.expect("it holds");
        let all: Vec<(String, Role)> = house
            .registry
            .may_act_for(&admission, &signed_in)
            .into_iter()
            .map(|(organization, role)| (organization.code, role))
            .collect();
        let (full, view) = (Role::FullAccessClinician, Role::ViewOnly);
        assert_eq!(all, [("CLINIC".into(), full), ("CLINIC-SITE".into(), full), ("PHARMACY".into(), view)]);
        let pharmacy = house.registry.find_organization(&admission, "PHARMACY").expect("it exists").id;
        let switching = house.registry.switch_organization(&admission, &signed_in, pharmacy, token(5), noon());
        switching.await.expect("she may act for it");
        let there = resume(house, 5, noon()).await.expect("it holds");
        assert_eq!((there.organization.code.as_str(), there.role), ("PHARMACY", view));
        house.registry.set_membership(&admission, "nora", "PHARMACY", None).expect("both exist");
        assert!(matches!(resume(house, 5, noon()).await, Err(SessionError::Over)), "she may not act for it any more");
    });
}

#[test]
fn every_right_is_given_to_exactly_the_roles_and_relations_of_the_table() {
    on_each_database(&example(), async |house| {
        let registry = &house.registry;
        let target = |code| registry.find_organization(&house.admission(), code).expect("it exists").id;
        let relations = [
            ("CLINIC", "CLINIC", Relation::Same),
            ("CLINIC", "CLINIC-SITE", Relation::Below),
            ("CLINIC-SITE", "CLINIC", Relation::Above),
            ("CLINIC", "PHARMACY", Relation::Other),
            ("PHARMACY", "CLINIC-SITE", Relation::Other),
        ];
        for (from, to, relation) in relations {
            for role in Role::ALL {
                let caller = model::Caller { standing: Standing::Person(role), ..house.caller(from) };
                for right in Right::ALL {
                    let expected = role.may(right, relation);
                    assert_eq!(registry.may(&caller, right, target(to)), expected, "{role:?} {right:?} {relation:?}");
                    assert_eq!(registry.authorize(&caller, right, target(to)).is_ok(), expected);
                }
            }
        }
        let operator = house.caller("CLINIC");
        let program = model::Caller { standing: Standing::Program, ..operator.clone() };
        for right in Right::ALL {
            assert!(registry.may(&operator, right, target("PHARMACY")));
            let is_its_own = matches!(right, Right::SendFiles | Right::ReadFiles | Right::ReadHealthFacts);
            assert_eq!(registry.may(&program, right, target("CLINIC")), is_its_own, "{right:?}");
        }
    });
}

#[test]
fn accounts_have_roles_that_fit_them() {
    on_each_database(&example(), async |house| {
        let add = |kind, role| {
            let new = NewAccount {
                id: AccountId(house.uuid()),
                organization_code: "CLINIC".into(),
                kind,
                username: "someone".into(),
                password: PASSWORD.into(),
                salt: [1; 16],
                full_name: String::new(),
                email: String::new(),
                role,
            };
            house.registry.add_account(&house.admission(), new)
        };
        assert!(add(AccountKind::WebUser, None).is_err(), "a person needs a role");
        assert!(add(AccountKind::WebService, Some(Role::ViewOnly)).is_err(), "a program has none");
        assert!(add(AccountKind::WebUser, Some(Role::HelpDesk)).is_err(), "a clinic has no help desk of the registry");
        assert!(add(AccountKind::WebUser, Some(Role::SchoolNurse)).is_ok());
    });
}

#[test]
fn a_closed_door_is_passed_with_a_role_a_fresh_proof_and_a_reason() {
    on_each_database(&example(), async |house| {
        let registry = &house.registry;
        let new = NewOrganization {
            id: OrganizationId(house.uuid()),
            code: "REGISTRY".into(),
            name: "The registry".into(),
            kind: OrganizationKind::Registry,
            parent_code: None,
            aliases: Vec::new(),
        };
        registry.add_organization(&house.admission(), new).expect("the organization is new");
        add_person(house, "olga", "REGISTRY", Role::MaintenanceOperator);
        add_person(house, "nora", "CLINIC", Role::FullAccessClinician);
        enroll(house, "olga", 1, noon()).await;
        enroll(house, "nora", 3, noon()).await;
        let (olga, nora) = (resume(house, 2, noon()).await, resume(house, 4, noon()).await);
        let (olga, nora) = (olga.expect("she is signed in"), nora.expect("she is signed in"));
        let take = async |who: &SignedIn, reason: &str, at| {
            registry.take_pass(&house.admission(), who, reason, at).await.map(|pass| pass.expires_at)
        };
        let forbidden = take(&nora, "look at the release", minutes(1)).await;
        assert!(matches!(forbidden, Err(SessionError::Failed(RegistryError::Forbidden { .. }))), "{forbidden:?}");
        let without_reason = take(&olga, " x ", minutes(1)).await;
        assert!(matches!(without_reason, Err(SessionError::Failed(RegistryError::Refused(_)))));
        let stale = take(&olga, "look at the release", minutes(11)).await;
        assert!(matches!(stale, Err(SessionError::ProofStale)));
        let pass_at = async |who: &SignedIn, at| {
            registry.pass_of(&house.admission(), who, at).await.expect("the store answers").is_some()
        };
        assert!(!pass_at(&olga, minutes(1)).await);
        assert_eq!(take(&olga, "look at the release", minutes(1)).await.expect("she may"), minutes(61));
        assert!(pass_at(&olga, minutes(60)).await && !pass_at(&olga, minutes(61)).await);
        assert!(!pass_at(&nora, minutes(2)).await, "only who has one passes");

        let give = async |username: &str| {
            registry
                .give_pass(&house.admission(), &house.caller("CLINIC"), username, "look at the release", minutes(70))
                .await
        };
        assert!(give("nora").await.is_err() && give("nobody").await.is_err());
        give("olga").await.expect("she may plan maintenance");
        assert!(pass_at(&olga, minutes(71)).await);
        let back =
            registry.return_pass(&house.admission(), &house.caller("CLINIC"), olga.account.id, minutes(72)).await;
        back.expect("the store answers");
        assert!(!pass_at(&olga, minutes(73)).await);
    });
}

#[test]
fn whose_second_factors_were_reset_sets_up_a_new_one_with_the_password() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        add_person(house, "otto", "CLINIC", Role::ViewOnly);
        enroll(house, "nora", 1, noon()).await;
        enroll(house, "otto", 5, noon()).await;
        let reset = house.registry.reset_second_factors(&house.admission(), "Nora", minutes(1)).expect("she is known");
        assert_eq!((reset.factors, reset.sessions, reset.is_told), (1, 1, false));
        assert!(matches!(resume(house, 2, minutes(2)).await, Err(SessionError::Over)), "her session is over");
        assert!(resume(house, 6, minutes(2)).await.is_ok(), "and nobody else's");
        begin(house, "nora", PASSWORD, 3, minutes(3)).await.expect("the password is right");
        assert_eq!(resume(house, 3, minutes(3)).await.expect("it holds").stage, Stage::EnrollmentDue);
        let program = house.registry.reset_second_factors(&house.admission(), "clinic-ehr", minutes(4));
        assert!(matches!(program, Err(RegistryError::Refused(_))), "{program:?}");
    });
}

#[test]
fn an_account_that_is_stopped_or_given_another_password_by_an_operator_has_no_session_any_more() {
    on_each_database(&example(), async |house| {
        add_person(house, "nora", "CLINIC", Role::ViewOnly);
        enroll(house, "nora", 1, noon()).await;
        for is_active in [false, true] {
            house.registry.set_account_active(&house.admission(), "nora", is_active).expect("she is known");
        }
        assert!(matches!(resume(house, 2, minutes(1)).await, Err(SessionError::Over)), "it does not come back");
        add_person(house, "otto", "CLINIC", Role::ViewOnly);
        enroll(house, "otto", 5, noon()).await;
        let another = "a longer horse with a staple";
        house.registry.set_password(&house.admission(), "otto", another, [2; 16]).expect("he is known");
        assert!(matches!(resume(house, 6, minutes(1)).await, Err(SessionError::Over)));
    });
}
