//! Find a person: one form, a short list, and why each of the list may be meant.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use model::{Address, Demographics, Identifier, PersonName, Right, Telecom, read_number};
use registry::{Agreement, FoundPerson, PeopleFound, says_enough};

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::people::PersonSummary;
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// The kinds of identifiers that people have at hand, by their HL7 type.
const IDENTIFIER_KINDS: [&str; 4] = [OWN_NUMBER, "MR", "MA", "SS"];
/// Letters of a name or a number that is looked for, at most.
const LETTERS_MAXIMUM: usize = 100;
/// The fields that people write into, beside the birth date.
const WRITTEN: [&str; 7] = ["family", "given", "phone", "zip", "mother", "identifier", "identifier_authority"];
/// That of the registry itself.
const OWN_NUMBER: &str = "SR";

#[derive(Template)]
#[template(path = "find.html")]
struct FindView {
    page: Page,
    form: Form,
    identifier_kinds: Vec<Choice>,
    results: Option<Results>,
    may_add: bool,
    has_ended: bool,
}

/// What a search found.
struct Results {
    token: String,
    heading: String,
    advice: &'static str,
    /// What leads on to adding somebody.
    add: &'static str,
    people: Vec<ResultRow>,
}

/// Somebody who may be meant.
struct ResultRow {
    address: String,
    who: PersonSummary,
    because: Vec<&'static str>,
    is_pending: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/find", get(form).post(search)).route("/find/{token}", get(results))
}

async fn form(signed_in: SignedIn) -> Result<Response, Failure> {
    if !signed_in.may(Right::FindPerson) {
        return Err(Failure::NotAllowed);
    }
    show(&view(&signed_in, Form::default(), None, false))
}

/// Keeps the search on the desk, so that its results have an address that tells nothing.
async fn search(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let mut form = Form::from(&posted);
    let asked = read(&posted, &mut form, signed_in.language());
    if asked.as_ref().and_then(|asked| asked.birth_date).is_some_and(|birth| birth > signed_in.today()) {
        form.refuse_with(signed_in.language(), "birth", "add.birth_in_future");
    }
    for field in WRITTEN.into_iter().filter(|field| posted.text(field).chars().count() > LETTERS_MAXIMUM) {
        form.refuse_with(signed_in.language(), field, "find.too_long");
    }
    if let Some(asked) = &asked
        && !says_enough(asked)
    {
        form.refuse_with(signed_in.language(), "family", "find.name_or_number");
    }
    if form.has_errors() {
        return show(&view(&signed_in, form, None, false));
    }
    let token = random_secret()[..24].to_owned();
    let at = signed_in.receipt().received_at;
    signed_in.desks().keep_search(signed_in.account_id(), token.clone(), form, at);
    Ok(Redirect::to(&format!("/find/{token}")).into_response())
}

async fn results(signed_in: SignedIn, Path(token): Path<String>) -> Result<Response, Failure> {
    let receipt = signed_in.receipt();
    let Some(form) = signed_in.desks().search(signed_in.account_id(), &token, receipt.received_at) else {
        return show(&view(&signed_in, Form::default(), None, true));
    };
    let asked = asked_for(&form, signed_in.language()).unwrap_or_default();
    let found = signed_in.registry().find_people(&signed_in.admission, &signed_in.caller, receipt, asked).await?;
    let results = told(&signed_in, token, found, receipt.today);
    show(&view(&signed_in, form, Some(results), false))
}

fn view(signed_in: &SignedIn, form: Form, results: Option<Results>, has_ended: bool) -> FindView {
    let language = signed_in.language();
    let kind = |code: &&str| Choice::new(*code, language.text(&format!("identifier.{}", code.to_lowercase())));
    FindView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text("find.title")) },
        form,
        identifier_kinds: IDENTIFIER_KINDS.iter().map(kind).collect(),
        may_add: signed_in.may(Right::AddPerson),
        results,
        has_ended,
    }
}

fn told(signed_in: &SignedIn, token: String, found: PeopleFound, today: Date) -> Results {
    let language = signed_in.language();
    let (people, advice) = match found {
        PeopleFound::TooMany | PeopleFound::TooVague => {
            let heading = language.text("find.too_many_heading").to_owned();
            return Results {
                token,
                heading,
                advice: language.text("find.too_many_advice"),
                add: language.text("find.not_among_them"),
                people: Vec::new(),
            };
        }
        PeopleFound::People(people) if people.is_empty() => (people, language.text("find.nobody_advice")),
        PeopleFound::People(people) => (people, ""),
    };
    let heading = match people.len() {
        0 => language.text("find.nobody_heading").to_owned(),
        1 => language.text("find.one_heading").to_owned(),
        count => language.fill("find.several_heading", &[("count", &count.to_string())]),
    };
    let people: Vec<ResultRow> = people.into_iter().map(|person| row(person, today, language)).collect();
    let add = language.text(if people.is_empty() { "find.not_known" } else { "find.not_among_them" });
    Results { token, heading, advice, add, people }
}

fn row(person: FoundPerson, today: Date, language: Language) -> ResultRow {
    ResultRow {
        address: format!("/people/{}", person.patient_id),
        who: PersonSummary::of(&person.demographics, today, language),
        because: person.agreements.into_iter().map(|agreement| language.text(agreement_key(agreement))).collect(),
        is_pending: person.is_pending,
    }
}

fn agreement_key(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Identifier => "agreement.identifier",
        Agreement::Name => "agreement.name",
        Agreement::GivenName => "agreement.given_name",
        Agreement::SimilarGivenName => "agreement.similar_given_name",
        Agreement::FamilyName => "agreement.family_name",
        Agreement::SimilarFamilyName => "agreement.similar_family_name",
        Agreement::BirthDate => "agreement.birth_date",
        Agreement::CloseBirthDate => "agreement.close_birth_date",
        Agreement::Home => "agreement.home",
        Agreement::Mother => "agreement.mother",
    }
}

/// Whom a kept search is about.
pub(crate) fn asked_for(form: &Form, language: Language) -> Option<Demographics> {
    let mut again = form.clone();
    read(&Posted::of(form.fields()), &mut again, language)
}

/// Reads the form. `None` when the birth date is none, which the form is told.
fn read(posted: &Posted, form: &mut Form, language: Language) -> Option<Demographics> {
    let birth_date = dates::read_or_tell(posted, form, "birth", language, "find.birth_wrong");
    let mut asked = Demographics { birth_date, ..Demographics::default() };
    let name = PersonName {
        family: posted.text("family").to_owned(),
        given: posted.text("given").to_owned(),
        middle: posted.text("middle").to_owned(),
        ..PersonName::default()
    };
    if !name.family.is_empty() || !name.given.is_empty() {
        asked.names.push(name);
    }
    if !posted.text("phone").is_empty() {
        asked.telecoms.push(Telecom { value: posted.text("phone").to_owned(), ..Telecom::default() });
    }
    if !posted.text("zip").is_empty() {
        asked.addresses.push(Address { zip: posted.text("zip").to_owned(), ..Address::default() });
    }
    if !posted.text("mother").is_empty() {
        asked.mother_maiden_name =
            Some(PersonName { family: posted.text("mother").to_owned(), ..PersonName::default() });
    }
    let number = posted.text("identifier");
    if !number.is_empty() {
        let kind =
            IDENTIFIER_KINDS.into_iter().find(|kind| *kind == posted.text("identifier_kind")).unwrap_or(OWN_NUMBER);
        asked.identifiers.push(Identifier {
            kind: kind.to_owned(),
            value: if kind == OWN_NUMBER { read_number(number) } else { number.to_uppercase() },
            authority: posted.text("identifier_authority").to_owned(),
        });
    }
    (!form.has_error("birth")).then_some(asked)
}
