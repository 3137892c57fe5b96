//! Add a person: only after a search. Those who may be the same stand beside what was filled in, and that it is none
//! of them is recorded.

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use model::{Demographics, Finding, PatientStatement, Right};
use registry::{ConsentPolicy, Entry, PeopleFound};

use super::consent::{self, kind_choices};
use super::find::asked_for;
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show};
use crate::people::PersonSummary;
use crate::person_form;
use crate::person_form::{KinFields, Known};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// Rows for those who answer for a person, at least: both parents of a child.
const KIN_ROWS_MINIMUM: usize = 2;

#[derive(Template)]
#[template(path = "add_person.html")]
struct AddView {
    page: Page,
    form: Form,
    sexes: Vec<Choice>,
    relations: Vec<Choice>,
    kin: &'static [KinFields],
    consents: Vec<Choice>,
    needs_consent: bool,
    statement: String,
}

#[derive(Template)]
#[template(path = "add_person_matches.html")]
struct MatchesView {
    page: Page,
    entered: PersonSummary,
    matches: Vec<MatchColumn>,
    kept: Vec<(String, String)>,
}

/// Somebody who may be the same, beside what was filled in.
struct MatchColumn {
    address: String,
    who: PersonSummary,
    /// Which of the rows differ from what was filled in.
    differs: Vec<&'static str>,
}

impl MatchColumn {
    fn differs_in(&self, fact: &str) -> bool {
        self.differs.contains(&fact)
    }
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/new", post(add))
}

async fn add(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    if !signed_in.may(Right::AddPerson) {
        return Err(Failure::NotAllowed);
    }
    let token = posted.text("search");
    let receipt = signed_in.receipt();
    let Some(search) = signed_in.desks().search(signed_in.account_id(), token, receipt.received_at) else {
        return Ok(Redirect::to("/find?done=search_first").into_response());
    };
    if !posted.has("check") && !posted.has("none_of_these") {
        let mut form = if posted.has("change") { Form::from(&posted) } else { search };
        form.set("search", token);
        if form.value("once").is_empty() {
            form.set("once", random_secret());
        }
        return view(&signed_in, form);
    }
    let mut form = Form::from(&posted);
    let statement = read(&signed_in, &posted, &mut form);
    if form.has_errors() {
        return view(&signed_in, form);
    }
    if !posted.has("none_of_these") {
        let asked = Demographics { identifiers: Vec::new(), ..statement.demographics.clone() };
        let (admission, caller) = (&signed_in.admission, &signed_in.caller);
        let found = signed_in.registry().find_people(admission, caller, receipt, asked).await?;
        if let PeopleFound::People(people) = found
            && !people.is_empty()
        {
            return matches(&signed_in, &form, &statement.demographics, people);
        }
    }
    enter(signed_in, form, statement).await
}

fn view(signed_in: &SignedIn, form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    let registry = signed_in.registry();
    let organization = registry.organization_name(&signed_in.admission, signed_in.caller.organization_id);
    let birth_date = asked_for(&form, language).and_then(|asked| asked.birth_date);
    let choice = |(value, key): (&str, &str)| Choice::new(value, language.text(key));
    show(&AddView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text("add.title")) },
        sexes: [("F", "person.female"), ("M", "person.male"), ("X", "person.other_sex"), ("U", "person.unknown_sex")]
            .map(choice)
            .into(),
        relations: person_form::relations(&form, language),
        kin: person_form::kin_rows(&form, KIN_ROWS_MINIMUM),
        consents: kind_choices(registry.profile(), birth_date, signed_in.today(), language),
        needs_consent: registry.profile().consent.policy == ConsentPolicy::OptIn,
        statement: language.fill("consent.statement", &[("organization", &organization)]),
        form,
    })
}

fn read(signed_in: &SignedIn, posted: &Posted, form: &mut Form) -> PatientStatement {
    let language = signed_in.language();
    let said = Demographics::default();
    let who = person_form::read(posted, form, &Known { language, today: signed_in.today(), said: &said });
    // An opt-in registry needs consent before anything is kept.
    let needs_consent = signed_in.registry().profile().consent.policy == ConsentPolicy::OptIn;
    let consents = needs_consent.then(|| consent::read(signed_in, posted, form)).into_iter().collect();
    PatientStatement { demographics: who, consents, ..PatientStatement::default() }
}

fn matches(
    signed_in: &SignedIn,
    form: &Form,
    entered: &Demographics,
    people: Vec<registry::FoundPerson>,
) -> Result<Response, Failure> {
    let (today, language) = (signed_in.today(), signed_in.language());
    let own = PersonSummary::of(entered, today, language);
    let columns = people.into_iter().map(|person| {
        let who = PersonSummary::of(&person.demographics, today, language);
        let pairs = [
            ("name", &who.name, &own.name),
            ("birth_date", &who.birth_date, &own.birth_date),
            ("address", &who.address, &own.address),
            ("phone", &who.phone, &own.phone),
            ("mother", &who.mother, &own.mother),
        ];
        let mut differs: Vec<&'static str> = pairs
            .into_iter()
            .filter(|(_, theirs, ours)| !theirs.is_empty() && !ours.is_empty() && !theirs.eq_ignore_ascii_case(ours))
            .map(|(fact, ..)| fact)
            .collect();
        if who.sex != own.sex {
            differs.push("sex");
        }
        MatchColumn { address: format!("/people/{}", person.patient_id), who, differs }
    });
    let matches = columns.collect();
    let page = signed_in.page(language.text("add.matches_title"));
    show(&MatchesView { page, entered: own, matches, kept: form.answers() })
}

async fn enter(signed_in: SignedIn, mut form: Form, patient: PatientStatement) -> Result<Response, Failure> {
    let once = form.value("once").to_owned();
    let is_none_of_these = form.is("none_of_these", "yes");
    let entry = Entry { once, patient, vaccinations: Vec::new(), reason: String::new() };
    let field_of = |finding: &Finding| consent::field_of(finding).unwrap_or_else(|| person_form::field_of(finding));
    let outcome = signed_in.enter(entry, &mut form, field_of).await?;
    let Some(patient_id) = outcome.and_then(|outcome| outcome.patient_id) else {
        return view(&signed_in, form);
    };
    let done = if is_none_of_these { "person_added_none" } else { "person_added" };
    Ok(Redirect::to(&format!("/people/{patient_id}?done={done}")).into_response())
}
