//! How pages describe accounts: roles, how an account stands, and the wait after wrong passwords.

use jiff::{SignedDuration, Timestamp};
use model::{AccountKind, Role};
use registry::AccountSeen;

use crate::dates;
use crate::failures::Failure;
use crate::forms::Choice;
use crate::languages::Language;
use crate::signed_in::SignedIn;

fn is_spanish(language: Language) -> bool {
    language == Language::Spanish
}

/// What a role is called; who has none is a program.
pub(crate) fn role_name(role: Option<Role>, language: Language) -> String {
    role.map_or_else(|| language.text("accounts.program").to_owned(), |role| role.name(is_spanish(language)).to_owned())
}

/// How an account stands: a person who never came in is told apart, and whether they still can by an invitation.
pub(super) fn state_key(seen: &AccountSeen, now: Timestamp) -> &'static str {
    match (seen.account.is_active, seen.account.kind, seen.seen_at) {
        (false, ..) => "accounts.stopped",
        (true, AccountKind::WebUser, None) if seen.invited_until.is_some_and(|until| now < until) => "accounts.not_yet",
        (true, AccountKind::WebUser, None) => "accounts.never_in",
        (true, ..) => "accounts.active",
    }
}

/// Until when nobody gets in after wrong passwords, and that it ends by itself; empty where that is not so.
pub(super) fn wait_text(signed_in: &SignedIn, username: &str) -> Result<String, Failure> {
    let (registry, language) = (signed_in.registry(), signed_in.language());
    let wait = registry.sign_in_wait(&signed_in.admission, &signed_in.caller, username, signed_in.now())?;
    let Some(wait) = wait else { return Ok(String::new()) };
    // A page tells minutes: the last one has to be over.
    let until = dates::moment(registry, wait.until + SignedDuration::from_secs(59), language);
    Ok(language.fill("accounts.waits_until", &[("time", &until), ("count", &wait.failure_count.to_string())]))
}

/// The roles that may be given in an organization of this kind.
pub(super) fn roles(is_registry: bool, language: Language) -> Vec<Choice> {
    let roles = Role::ALL.into_iter().filter(|role| is_registry || !role.is_of_the_registry());
    let choice = |role: Role| {
        Choice::new(role.word(), role.name(is_spanish(language))).described(role.does(is_spanish(language)))
    };
    roles.map(choice).collect()
}
