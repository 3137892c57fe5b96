//! Consent as the registry knows it: what was said, what holds, what it lets happen; affirmed, taken back, printed.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use model::{Consent, ConsentStatement, ConsentStatus, Finding, FindingKind, PatientRecord, PatientStatement, Right};
use registry::{ConsentKind, ConsentPolicy, DestructionReason, Entry, OpenedRecord, Profile};

use super::person::{PersonHead, open};
use crate::Web;
use crate::dates;
use crate::entries::about;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::people::{PersonSummary, age_in_years, birthday};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// So long ahead it is told that something of a record must go; of a withdrawal always.
const DAYS_TOLD_AHEAD: i32 = 90;

/// Consent in a few words, with an icon: on top of every page about a person.
pub(crate) struct ConsentBadge {
    pub(crate) text: String,
    pub(crate) icon: &'static str,
    pub(crate) class: &'static str,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentView {
    page: Page,
    head: PersonHead,
    form: Form,
    states: Vec<State>,
    given: Vec<Choice>,
    withdrawable: Vec<Choice>,
    policy: String,
    statement: String,
    may_record: bool,
}

/// One kind of consent, and how it stands.
struct State {
    kind: String,
    status: &'static str,
    icon: &'static str,
    since: String,
    by: String,
    effect: String,
}

#[derive(Template)]
#[template(path = "consent_withdraw.html")]
struct WithdrawView {
    page: Page,
    head: PersonHead,
    kind: String,
    kind_name: String,
    /// When the record will be destroyed; empty for never.
    destruction: String,
    form: Form,
}

#[derive(Template)]
#[template(path = "consent_form.html")]
struct FormView {
    page: Page,
    head: PersonHead,
    is_minor: bool,
    organization: String,
    printed: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/people/{id}/consent", get(consent).post(affirm))
        .route("/people/{id}/consent/withdraw", post(withdraw))
        .route("/people/{id}/consent/form/{language}", get(printed_form))
}

/// The name of a kind, in the visitor's language.
fn kind_name(profile: &Profile, kind: &str, language: Language) -> String {
    let known = || profile.consent.kinds.get(kind).map(|kind| kind.label.clone());
    match language.find_text(&format!("consent_kind.{kind}")) {
        Some(text) => text.to_owned(),
        None => known().unwrap_or_else(|| kind.to_owned()),
    }
}

/// The kinds of consent, the usual ones first: then those of few people, and last what covers only events.
fn kinds(profile: &Profile) -> Vec<(&String, &ConsentKind)> {
    let mut kinds: Vec<_> = profile.consent.kinds.iter().collect();
    kinds.sort_by_key(|(_, kind)| (kind.covers_events_only, kind.is_for_few));
    kinds
}

/// The kinds of consent that can be given at the age of somebody born on a day, as choices.
pub(crate) fn kind_choices(
    profile: &Profile,
    birth_date: Option<Date>,
    today: Date,
    language: Language,
) -> Vec<Choice> {
    let fits = |kind: &ConsentKind| birth_date.is_none_or(|birth| kind.is_given_at(age_in_years(birth, today)));
    let kinds = kinds(profile).into_iter().filter(|(_, kind)| fits(kind));
    let choice = |(name, kind): (&String, &ConsentKind)| {
        Choice::new(name.as_str(), kind_name(profile, name, language)).described(effect(kind, birth_date, language))
    };
    kinds.map(choice).collect()
}

fn newest(record: &PatientRecord) -> BTreeMap<&str, &Consent> {
    record.consents.iter().map(|consent| (consent.statement.kind.as_str(), consent)).collect()
}

/// Consent in a few words: the kind that lets the record be shown.
pub(crate) fn badge(profile: &Profile, record: &PatientRecord, today: Date, language: Language) -> ConsentBadge {
    let named = |text: String, icon, class| ConsentBadge { text, icon, class };
    match profile.consent.policy {
        ConsentPolicy::Mandatory => {
            return named(language.text("consent.mandatory").to_owned(), "info", "bb-badge--neutral");
        }
        ConsentPolicy::OptOut => {
            return named(language.text("consent.not_objected").to_owned(), "check_circle", "bb-badge--good");
        }
        ConsentPolicy::OptIn => {}
    }
    let birth_date = record.patient.demographics.birth_date;
    let age = birth_date.map(|birth| age_in_years(birth, today));
    let granted = newest(record).into_iter().filter(|(_, consent)| consent.statement.status == ConsentStatus::Granted);
    let shown: Vec<(&str, &ConsentKind)> = granted
        .filter_map(|(name, _)| Some((name, profile.consent.kinds.get(name)?)))
        .filter(|(_, kind)| !kind.covers_events_only)
        .filter(|(_, kind)| kind.shown_before_age.is_none_or(|limit| age.is_some_and(|age| age < i16::from(limit))))
        .collect();
    let Some((name, kind)) = shown.first() else {
        return named(language.text("consent.none").to_owned(), "warning", "bb-badge--warning");
    };
    let text = kind_name(profile, name, language);
    match birth_date.zip(kind.shown_before_age).map(|(birth, limit)| birthday(birth, limit)) {
        Some(until) => {
            let until = dates::shown(until, language);
            named(
                language.fill("consent.badge_until", &[("kind", &text), ("date", &until)]),
                "check_circle",
                "bb-badge--good",
            )
        }
        None => named(text, "check_circle", "bb-badge--good"),
    }
}

/// When something of a record must go, in a sentence; empty while that is far away, as the table of consents tells then.
pub(crate) fn destruction(signed_in: &SignedIn, record: &PatientRecord) -> String {
    let due = signed_in.registry().due_destruction(&signed_in.admission, record);
    let near = due.filter(|due| {
        let is_near = signed_in.today().until(due.on).is_ok_and(|until| until.get_days() <= DAYS_TOLD_AHEAD);
        due.reason == DestructionReason::Withdrawn || is_near
    });
    near.map(|due| {
        let text = if due.is_whole { "consent.destroyed_on" } else { "consent.doses_destroyed_on" };
        let date = dates::shown(due.on, signed_in.language());
        signed_in.language().fill(text, &[("date", &date)])
    })
    .unwrap_or_default()
}

async fn consent(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let mut form = Form::default();
    form.set("once", random_secret());
    dates::fill(&mut form, "signed", signed_in.today());
    view(&signed_in, &opened.held, head, form)
}

fn view(signed_in: &SignedIn, record: &PatientRecord, head: PersonHead, form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    let profile = signed_in.registry().profile();
    let today = signed_in.today();
    let newest = newest(record);
    let birth_date = record.patient.demographics.birth_date;
    let states = kinds(profile).into_iter().map(|(name, kind)| {
        let known = newest.get(name.as_str()).copied();
        state(signed_in, name, kind, known, birth_date, today)
    });
    let is_granted =
        |name: &str| newest.get(name).is_some_and(|consent| consent.statement.status == ConsentStatus::Granted);
    let withdrawable = kinds(profile).into_iter().map(|(name, _)| name).filter(|name| is_granted(name));
    let organization = signed_in.registry().organization_name(&signed_in.admission, signed_in.caller.organization_id);
    let policy = match profile.consent.policy {
        ConsentPolicy::OptIn => "consent.policy_opt_in",
        ConsentPolicy::OptOut => "consent.policy_opt_out",
        ConsentPolicy::Mandatory => "consent.policy_mandatory",
    };
    let title = format!("{} – {}", language.text("consent.title"), head.who.name);
    show(&ConsentView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(&title) },
        states: states.collect(),
        given: kind_choices(profile, birth_date, today, language),
        withdrawable: withdrawable.map(|name| Choice::new(name.clone(), kind_name(profile, name, language))).collect(),
        policy: language.text(policy).to_owned(),
        statement: language.fill("consent.statement", &[("organization", &organization)]),
        may_record: signed_in.may(Right::RecordConsent),
        head,
        form,
    })
}

fn state(
    signed_in: &SignedIn,
    name: &str,
    kind: &ConsentKind,
    known: Option<&Consent>,
    birth_date: Option<Date>,
    today: Date,
) -> State {
    let language = signed_in.language();
    let is_over =
        |limit: Option<u8>| birth_date.zip(limit).is_some_and(|(birth, limit)| birthday(birth, limit) <= today);
    let (status, icon) = match known.map(|consent| consent.statement.status) {
        None => ("consent.never", "remove"),
        Some(ConsentStatus::Withdrawn) => ("consent.withdrawn", "cancel"),
        Some(ConsentStatus::Granted) if is_over(kind.kept_before_age) => ("consent.ended", "cancel"),
        Some(ConsentStatus::Granted) if is_over(kind.shown_before_age) => ("consent.waiting", "schedule"),
        Some(ConsentStatus::Granted) => ("consent.granted", "check_circle"),
    };
    let organization = |consent: &Consent| {
        let name = signed_in.registry().organization_name(&signed_in.admission, consent.organization_id);
        let recorded = dates::shown(signed_in.registry().today(consent.recorded_at), language);
        format!("{name}, {recorded}")
    };
    State {
        kind: kind_name(signed_in.registry().profile(), name, language),
        status: language.text(status),
        icon,
        since: known
            .and_then(|consent| consent.statement.effective_on)
            .map(|date| dates::shown(date, language))
            .unwrap_or_default(),
        by: known.map(organization).unwrap_or_default(),
        effect: effect(kind, birth_date, language),
    }
}

/// What a kind of consent lets happen, and until when.
fn effect(kind: &ConsentKind, birth_date: Option<Date>, language: Language) -> String {
    let until = |limit: Option<u8>| birth_date.zip(limit).map(|(birth, limit)| birthday(birth, limit));
    let date = |date: Date| dates::shown(date, language);
    if kind.covers_events_only {
        return language.text("consent.effect_events").to_owned();
    }
    if birth_date.is_none()
        && let Some(shown) = kind.shown_before_age
    {
        let kept = kind.kept_before_age.unwrap_or(shown).to_string();
        return language.fill("consent.effect_by_age", &[("shown", &shown.to_string()), ("kept", &kept)]);
    }
    match (until(kind.shown_before_age), until(kind.kept_before_age)) {
        (None, None) => language.text("consent.effect_always").to_owned(),
        (Some(shown), None) => language.fill("consent.effect_shown_until", &[("shown", &date(shown))]),
        (shown, Some(kept)) => {
            language.fill("consent.effect_until", &[("shown", &date(shown.unwrap_or(kept))), ("kept", &date(kept))])
        }
    }
}

/// The consent that a form affirms; what is wrong with it the form is told.
pub(crate) fn read(signed_in: &SignedIn, posted: &Posted, form: &mut Form) -> ConsentStatement {
    let language = signed_in.language();
    let kind = posted.text("consent").to_owned();
    if !signed_in.registry().profile().consent.kinds.contains_key(&kind) {
        form.refuse_with(language, "consent", "consent.choose");
    }
    let signed_on = dates::read(posted, form, "signed", language);
    if signed_on.is_none() && !form.has_error("signed") {
        form.refuse_with(language, "signed", "consent.date_missing");
    }
    if !posted.has("affirmed") {
        form.refuse_with(language, "affirmed", "consent.affirm_missing");
    }
    ConsentStatement { kind, status: ConsentStatus::Granted, effective_on: signed_on }
}

/// The field of the affirmed consent that a finding is about, if it is about one.
pub(crate) fn field_of(finding: &Finding) -> Option<&'static str> {
    match finding.kind {
        FindingKind::ConsentDateInvalid | FindingKind::ConsentDateInFuture => Some("signed"),
        FindingKind::ConsentUnfitForAge => Some("consent"),
        _ => None,
    }
}

async fn affirm(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let mut form = Form::from(&posted);
    let statement = read(&signed_in, &posted, &mut form);
    if form.has_errors() {
        return view(&signed_in, &opened.held, head, form);
    }
    let entry = entry(&opened, statement, posted.text("once"));
    let field_of = |finding: &Finding| field_of(finding).unwrap_or_default();
    if signed_in.enter(entry, &mut form, field_of).await?.is_none() {
        return view(&signed_in, &opened.held, head, form);
    }
    Ok(Redirect::to(&format!("/people/{}?done=consent_saved", head.id)).into_response())
}

fn entry(opened: &OpenedRecord, statement: ConsentStatement, once: &str) -> Entry {
    let patient = PatientStatement { consents: vec![statement], ..about(opened) };
    Entry { once: once.to_owned(), patient, vaccinations: Vec::new(), reason: String::new() }
}

/// Says what taking consent back does, and does it when that was read.
async fn withdraw(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let language = signed_in.language();
    let profile = signed_in.registry().profile();
    let kind = posted.text("consent").to_owned();
    if !profile.consent.kinds.contains_key(&kind) {
        return Err(Failure::FormUnreadable);
    }
    let mut form = Form::from(&posted);
    if !posted.has("confirmed") {
        form.set("once", random_secret());
        dates::fill(&mut form, "withdrawn", signed_in.today());
        return withdraw_view(&signed_in, &opened.held, head, kind, form);
    }
    let effective_on = dates::read(&posted, &mut form, "withdrawn", language);
    if effective_on.is_none() && !form.has_error("withdrawn") {
        form.refuse_with(language, "withdrawn", "consent.withdrawn_on_missing");
    }
    if effective_on.is_some_and(|day| day > signed_in.today()) {
        form.refuse_with(language, "withdrawn", "consent.withdrawn_on_in_future");
    }
    let given = opened.held.consents.iter().map(|consent| &consent.statement);
    let mut given = given.filter(|given| given.kind == kind && given.status == ConsentStatus::Granted);
    let given_on = given.next_back().and_then(|given| given.effective_on);
    if effective_on.zip(given_on).is_some_and(|(withdrawn, given)| withdrawn < given) {
        form.refuse_with(language, "withdrawn", "consent.withdrawn_on_before");
    }
    if form.has_errors() {
        return withdraw_view(&signed_in, &opened.held, head, kind, form);
    }
    let statement = ConsentStatement { kind: kind.clone(), status: ConsentStatus::Withdrawn, effective_on };
    let entry = entry(&opened, statement, posted.text("once"));
    // What is wrong with a withdrawal is its day.
    match signed_in.enter(entry, &mut form, |_| "withdrawn").await? {
        Some(_) => Ok(Redirect::to("/find?done=consent_withdrawn").into_response()),
        None => withdraw_view(&signed_in, &opened.held, head, kind, form),
    }
}

fn withdraw_view(
    signed_in: &SignedIn,
    record: &PatientRecord,
    head: PersonHead,
    kind: String,
    form: Form,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let page = Page { is_in_error: form.has_errors(), ..signed_in.page(language.text("consent.withdraw_title")) };
    let kind_name = kind_name(signed_in.registry().profile(), &kind, language);
    let at = signed_in.receipt().received_at;
    let due = signed_in.registry().due_destruction_after(&signed_in.admission, record, &kind, at);
    let destruction = due.map(|due| {
        let text = if due.is_whole { "consent.withdraw_destroyed" } else { "consent.withdraw_doses_destroyed" };
        language.fill(text, &[("date", &dates::shown(due.on, language))])
    });
    let destruction = destruction.unwrap_or_default();
    show(&WithdrawView { page, head, kind, kind_name, destruction, form })
}

/// The form to sign, filled in as far as the registry knows the person.
async fn printed_form(signed_in: SignedIn, Path((id, language)): Path<(String, String)>) -> Result<Response, Failure> {
    let language = Language::parse(&language).ok_or(Failure::NotFound)?;
    let (opened, mut head) = open(&signed_in, &id).await?;
    let today = signed_in.today();
    let birth_date = opened.held.patient.demographics.birth_date;
    head.who = PersonSummary::of(&opened.held.patient.demographics, today, language);
    let page = Page { language, ..signed_in.page(language.text("consent_form.title")) };
    show(&FormView {
        page,
        head,
        is_minor: birth_date.is_some_and(|birth| age_in_years(birth, today) < 18),
        organization: signed_in.registry().organization_name(&signed_in.admission, signed_in.caller.organization_id),
        printed: dates::shown(today, language),
    })
}
