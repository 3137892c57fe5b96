//! Doses that were filled in and are not saved: going back in the browser, which keeps no page of ours, brings them back.

use crate::desk::Draft;
use crate::forms::Form;
use crate::pages::person::PersonHead;
use crate::signed_in::SignedIn;

/// The buttons of the form and of the page that checks it: no answers.
pub(super) const BUTTONS: [&str; 4] = ["check", "save", "more", "change"];

/// Which form it is: of a person, of new doses of a kind and what they were asked for with, or of a report.
fn key(head: &PersonHead, form: &Form, report: &str) -> String {
    format!("{}/{report}/{}/{}", head.id, form.value("kind"), form.value("group"))
}

/// Keeps what was filled in.
pub(super) fn keep(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) {
    let mut kept = Form::default();
    let answers = form.fields().iter().filter(|(name, _)| !BUTTONS.contains(&name.as_str()));
    answers.for_each(|(name, value)| kept.set(name, value.as_str()));
    let key = key(head, form, report);
    signed_in.desks().keep_draft(signed_in.account_id(), &key, kept, signed_in.now());
}

/// What was filled in for this form before, unless an empty one is wanted.
pub(super) fn find(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) -> Option<Draft> {
    if signed_in.parameter("empty") == "yes" {
        discard(signed_in, head, form, report);
    }
    let key = key(head, form, report);
    signed_in.desks().draft(signed_in.account_id(), &key, signed_in.now())
}

/// Takes off the desk what is saved.
pub(super) fn discard(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) {
    let key = key(head, form, report);
    signed_in.desks().drop_draft(signed_in.account_id(), &key, signed_in.now());
}
