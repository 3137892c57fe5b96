//! Who a person is, as an organization says it: name, birth date, sex, address, phone, family.

mod early_doses;
mod former_names;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{ClearedFact, Demographics, OrganizationId, PatientStatement};
use registry::{Entry, OpenedRecord};

use super::person::{PersonHead, open};
use crate::Web;
use crate::dates;
use crate::entries::about;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show_as};
use crate::people::{full_name, phone, phone_of};
use crate::person_form::{self, KinFields, Known};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// What the name until now was, where it changes: never the person's, or theirs until now. Kept with what was entered.
const FORMER_NAME_WAS: [&str; 2] = [MISTAKE, "name"];
/// A name that was entered wrongly is removed.
const MISTAKE: &str = "mistake";

#[derive(Template)]
#[template(path = "person_details.html")]
struct DetailsView {
    page: Page,
    head: PersonHead,
    form: Form,
    sexes: Vec<Choice>,
    former_was: Vec<Choice>,
    relations: Vec<Choice>,
    kin: &'static [KinFields],
    /// Other names by which the organization knows the person.
    former_names: Vec<Choice>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/{id}/details", get(form).post(save))
}

/// What the organization says of the person; where it has said nothing yet, what is shown. Name, birth date and sex it
/// may have left to others, and said the rest.
fn said(opened: &OpenedRecord, signed_in: &SignedIn) -> Demographics {
    let shown = &opened.shown.patient.demographics;
    let own = opened.own_report(signed_in.caller.organization_id).map(|own| &own.demographics);
    let Some(own) = own.filter(|own| has_said_who(own)) else { return shown.clone() };
    let names = if own.names.is_empty() { &shown.names } else { &own.names };
    Demographics {
        names: names.clone(),
        birth_date: own.birth_date.or(shown.birth_date),
        sex: own.sex.or(shown.sex),
        ..own.clone()
    }
}

/// Whether a statement is of more than what entries of doses and facts name.
fn has_said_who(said: &Demographics) -> bool {
    let has_reach = !said.addresses.is_empty() || !said.telecoms.is_empty();
    let has_family = !said.next_of_kin.is_empty() || said.mother_maiden_name.is_some();
    !said.names.is_empty() || said.sex.is_some() || has_reach || has_family
}

async fn form(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let who = said(&opened, &signed_in);
    let mut form = Form::default();
    if let Some(name) = who.names.first() {
        for (field, value) in
            [("family", &name.family), ("given", &name.given), ("middle", &name.middle), ("suffix", &name.suffix)]
        {
            form.set(field, value);
        }
    }
    if let Some(birth) = who.birth_date {
        dates::fill(&mut form, "birth", birth);
    }
    form.set("sex", who.sex.map_or("U", |sex| sex.code()));
    if let Some(at) = who.addresses.first() {
        for (field, value) in [("street", &at.street), ("city", &at.city), ("state", &at.state), ("zip", &at.zip)] {
            form.set(field, value);
        }
    }
    if let Some(said) = phone_of(&who) {
        form.set("phone", phone(said));
    }
    if let Some(mother) = &who.mother_maiden_name {
        form.set("mother", &mother.family);
    }
    person_form::fill_kin(&mut form, &who.next_of_kin);
    page(&signed_in, &opened, head, form, StatusCode::OK)
}

fn page(
    signed_in: &SignedIn,
    opened: &OpenedRecord,
    head: PersonHead,
    mut form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    if form.value("once").is_empty() {
        form.set("once", random_secret());
    }
    let choice = |(value, key): (&str, &str)| Choice::new(value, language.text(key));
    let sexes = [("F", "person.female"), ("M", "person.male"), ("X", "person.other_sex"), ("U", "person.unknown_sex")];
    let was = |was: &str| Choice::new(was, language.text(&format!("details.former_was_{was}")));
    let title = format!("{} – {}", language.text("details.title"), head.who.name);
    let mut page = signed_in.page(&title);
    page.is_in_error = form.has_errors();
    let view = DetailsView {
        page,
        head,
        sexes: sexes.map(choice).into(),
        former_was: FORMER_NAME_WAS.map(was).into(),
        relations: person_form::relations(&form, language),
        kin: person_form::kin_rows(&form, 0),
        former_names: former_names::choices(opened, signed_in.caller.organization_id),
        form,
    };
    Ok(show_as(status, &view))
}

async fn save(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    if posted.has("change") {
        return page(&signed_in, &opened, head, form, StatusCode::OK);
    }
    let said = said(&opened, &signed_in);
    let known = Known { language, today: signed_in.today(), said: &said };
    let mut demographics = person_form::read(&posted, &mut form, &known);
    let name_was = if is_renamed(&demographics, &said) { posted.text("former_was") } else { "" };
    if is_renamed(&demographics, &said) && !FORMER_NAME_WAS.contains(&name_was) {
        form.refuse_with(language, "former_was", "details.former_was_missing");
    }
    if form.has_errors() {
        return page(&signed_in, &opened, head, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let is_born_anew = demographics.birth_date != said.birth_date;
    let early = early_doses::before(&opened, demographics.birth_date.filter(|_| is_born_anew));
    if !early.is_empty() && !posted.has("confirmed") {
        return early_doses::ask(&signed_in, head, &form, &early);
    }
    let organization = signed_in.caller.organization_id;
    let mut cleared = person_form::cleared(&demographics, &said);
    let kept = former_names::kept(&opened, organization, name_was == MISTAKE, &posted, &demographics);
    demographics.names.extend(kept.names);
    // What the form does not say any more, the organization does not say; its names are said anew, all of them.
    cleared.push(ClearedFact::Names);
    let is_still_said = kept.are_forgotten_ones_said_by_others || is_said_by_others(&opened, organization, &cleared);
    let patient = PatientStatement { cleared, demographics, ..about(&opened) };
    let entry =
        Entry { once: posted.text("once").to_owned(), patient, vaccinations: Vec::new(), reason: name_was.to_owned() };
    if signed_in.enter(entry, &mut form, person_form::field_of).await?.is_none() {
        return page(&signed_in, &opened, head, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Systems send what they hold: what is corrected here alone is gone with their next message.
    let has_system = signed_in.registry().has_system(&signed_in.admission, organization);
    let done = match (is_still_said, has_system || opened.is_told_by_system(organization)) {
        (false, false) => "details_saved",
        (false, true) => "details_saved_system",
        (true, false) => "details_saved_others",
        (true, true) => "details_saved_others_system",
    };
    Ok(Redirect::to(&format!("/people/{}?done={done}", head.id)).into_response())
}

/// Whether the person has another name in the form than the organization said until now.
fn is_renamed(who: &Demographics, said: &Demographics) -> bool {
    let name = |who: &Demographics| who.names.first().map(full_name);
    name(said).is_some_and(|until_now| name(who) != Some(until_now))
}

/// Whether other organizations say what this one says no more: it is shown still.
fn is_said_by_others(opened: &OpenedRecord, organization: OrganizationId, cleared: &[ClearedFact]) -> bool {
    let others = opened.held.reports.iter().filter(|report| report.organization_id != organization);
    let mut said = others.map(|report| &report.demographics);
    said.any(|said| {
        cleared.iter().any(|fact| match fact {
            ClearedFact::Addresses => !said.addresses.is_empty(),
            ClearedFact::Telecoms => !said.telecoms.is_empty(),
            ClearedFact::NextOfKin => !said.next_of_kin.is_empty(),
            ClearedFact::MotherMaidenName => said.mother_maiden_name.is_some(),
            _ => false,
        })
    })
}
