//! Doses that were filled in and are not saved: going back in the browser, which keeps no page of ours, brings
//! back what was sent of them, to be checked or for one more row.

use axum::response::{IntoResponse, Redirect, Response};

use crate::desk::Draft;
use crate::forms::Form;
use crate::pages::person::PersonHead;
use crate::signed_in::SignedIn;

/// The parameter of an address by which an empty form is begun.
const EMPTY: &str = "empty";

/// Which form it is: of a person, of new doses of a kind and what they were asked for with, or of a report.
fn key(head: &PersonHead, form: &Form, report: &str) -> String {
    format!("{}/{report}/{}/{}", head.id, form.value("kind"), form.value("group"))
}

/// Keeps what was filled in.
pub(super) fn keep(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) {
    let key = key(head, form, report);
    signed_in.desks().keep_draft(signed_in.account_id(), &key, Form::of(form.answers()), signed_in.now());
}

/// What was filled in for this form before.
pub(super) fn find(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) -> Option<Draft> {
    let key = key(head, form, report);
    signed_in.desks().draft(signed_in.account_id(), &key, signed_in.now())
}

/// The address of the form itself, with one more parameter.
fn address(signed_in: &SignedIn, more: Option<(&str, &str)>) -> String {
    let told = ["kind", "group", "source"].map(|name| signed_in.parameters(name).into_iter().map(move |it| (name, it)));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(told.into_iter().flatten().filter(|(_, value)| !value.is_empty())).extend_pairs(more);
    match query.finish() {
        query if query.is_empty() => signed_in.path().to_owned(),
        query => format!("{}?{query}", signed_in.path()),
    }
}

/// Where an empty form is begun, and what was filled in goes.
pub(super) fn address_of_empty(signed_in: &SignedIn) -> String {
    address(signed_in, Some((EMPTY, "yes")))
}

/// Begins an empty form where that is wanted. It has the address of every other: going back to it is not to begin it again.
pub(super) fn begin_empty(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) -> Option<Response> {
    (signed_in.parameter(EMPTY) == "yes").then(|| {
        discard(signed_in, head, form, report);
        Redirect::to(&address(signed_in, None)).into_response()
    })
}

/// Takes off the desk what is saved, taken back, or not wanted any more.
pub(super) fn discard(signed_in: &SignedIn, head: &PersonHead, form: &Form, report: &str) {
    let key = key(head, form, report);
    signed_in.desks().drop_draft(signed_in.account_id(), &key, signed_in.now());
}
