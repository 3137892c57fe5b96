//! Record doses: those given here and now, several at once, and those that somebody tells of. Answers are checked
//! before they are saved; what looks wrong is said, and nothing is blocked but what cannot be true.

mod check_doses;
mod drafts;
mod saved_doses;
mod take_back;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use model::{
    Action, CodeTables, Dose, GroupForecast, GroupStatus, Provider, VaccinationReportId, VaccinationStatement,
};
use registry::{Entry, OpenedRecord};

use self::check_doses::finish;
use self::saved_doses::saved;
use self::take_back::{restore, undo};
use super::person::{Alert, PersonHead, Told, open, own_report};
use crate::Web;
use crate::dates;
use crate::desk::Draft;
use crate::dose_form::{self, Common, Kind, ROWS_MAXIMUM};
use crate::dose_lists::{ChoiceGroup, Lists, Wanted};
use crate::entries::about;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// What of a row is remembered for the next dose of the same vaccine.
const STICKY_OF_ROW: [&str; 9] =
    ["lot", "maker", "expires_month", "expires_day", "expires_year", "route", "body_site", "amount", "funding"];
/// What of it is the lot's.
const LOT_OF_ROW: [&str; 4] = ["lot", "expires_month", "expires_day", "expires_year"];
/// What is remembered for the next dose of any vaccine.
const STICKY_OF_FORM: [&str; 3] = ["site", "vaccinator_given", "vaccinator_family"];

#[derive(Template)]
#[template(path = "record_doses.html")]
struct RecordView {
    page: Page,
    head: PersonHead,
    alerts: Vec<Alert>,
    form: Form,
    lists: Lists,
    rows: Vec<Row>,
    is_new: bool,
    can_add: bool,
    /// The dose that is corrected; empty when doses are recorded.
    report: String,
    /// That dose was taken back: saved again, it stands again.
    is_undone: bool,
    /// That it was filled in before and not saved, and the address of an empty one.
    taken_up: Option<(String, String)>,
}

/// The names of a row's fields.
struct Row {
    number: usize,
    vaccine: String,
    given: String,
    lot: String,
    maker: String,
    expires: String,
    route: String,
    body_site: String,
    amount: String,
    eligibility: String,
    funding: String,
    reaction: String,
}

impl Row {
    fn new(row: usize) -> Row {
        let named = |name: &str| format!("{name}_{row}");
        Row {
            number: row + 1,
            vaccine: named("vaccine"),
            given: named("given"),
            lot: named("lot"),
            maker: named("maker"),
            expires: named("expires"),
            route: named("route"),
            body_site: named("body_site"),
            amount: named("amount"),
            eligibility: named("eligibility"),
            funding: named("funding"),
            reaction: named("reaction"),
        }
    }
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/people/{id}/doses/new", get(form).post(record))
        .route("/people/{id}/doses/saved/{message}", get(saved))
        .route("/people/{id}/doses/{report}", get(correct_form).post(correct))
        .route("/people/{id}/doses/{report}/undo", post(undo))
        .route("/people/{id}/doses/{report}/restore", post(restore))
}

fn parameter<'q>(query: &'q [(String, String)], name: &str) -> &'q str {
    query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

async fn form(
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let kind = Kind::parse(parameter(&query, "kind"));
    let mut form = Form::default();
    form.set("kind", kind.word());
    form.set("rows", "1");
    form.set("once", random_secret());
    form.set("group", parameter(&query, "group"));
    form.set("source", parameter(&query, "source"));
    if let Some(empty) = drafts::begin_empty(&signed_in, &head, &form, "") {
        return Ok(empty);
    }
    if let Some(draft) = drafts::find(&signed_in, &head, &form, "") {
        return take_up(&signed_in, &opened, head, draft, "");
    }
    let receipt = signed_in.receipt();
    let sticky = |name: &str| signed_in.desks().sticky(signed_in.account_id(), name, receipt.received_at);
    if kind == Kind::New {
        dates::fill(&mut form, "given", receipt.today);
        for name in STICKY_OF_FORM {
            sticky(name).into_iter().for_each(|value| form.set(name, value));
        }
        if form.value("site").is_empty() {
            form.set("site", signed_in.caller.organization_code.clone());
        }
        let group = parameter(&query, "group");
        if let Some(vaccine) = sticky(&format!("{group}/vaccine")).filter(|_| !group.is_empty()) {
            for name in STICKY_OF_ROW {
                sticky(&format!("{vaccine}/{name}")).into_iter().for_each(|value| form.set(&row_field(name, 0), value));
            }
            // A lot that has expired is not proposed again.
            if dates::filled(&form, "expires_0").is_some_and(|expires_on| expires_on < receipt.today) {
                LOT_OF_ROW.into_iter().for_each(|name| form.set(&row_field(name, 0), ""));
            }
            form.set("vaccine_0", vaccine);
        } else if let Some(first) = first_recommended(&signed_in, &opened, kind, group) {
            form.set("vaccine_0", first);
        }
    }
    view(&signed_in, &opened, head, form, "")
}

/// `expires_month` of row 2 is `expires_2_month`.
fn row_field(name: &str, row: usize) -> String {
    match name.split_once('_').filter(|(field, _)| *field == "expires") {
        Some((field, part)) => format!("{field}_{row}_{part}"),
        None => format!("{name}_{row}"),
    }
}

/// The forecasts of what is due today.
fn due(opened: &OpenedRecord) -> impl Iterator<Item = &GroupForecast> {
    let forecasts = opened.assessment.iter().flat_map(|assessment| &assessment.forecasts);
    forecasts.filter(|forecast| matches!(forecast.status, GroupStatus::Due | GroupStatus::Overdue))
}

/// What stands first among the vaccines: what the forecast recommends today; then the group that the person page asked for, and
/// all that is due.
fn wanted(opened: &OpenedRecord, group: &str) -> Wanted {
    let asked = Some(group.to_owned()).filter(|group| !group.is_empty());
    Wanted {
        vaccines: due(opened).flat_map(|forecast| forecast.products.iter().copied()).collect(),
        groups: asked.into_iter().chain(due(opened).map(|forecast| forecast.vaccine_group.clone())).collect(),
    }
}

/// The first product that is recommended of a group; none is chosen beforehand when the forecast recommends none.
fn first_recommended(signed_in: &SignedIn, opened: &OpenedRecord, kind: Kind, group: &str) -> Option<String> {
    let (language, codes) = (signed_in.language(), signed_in.registry().codes());
    let of_group = due(opened).filter(|forecast| forecast.vaccine_group == group);
    let vaccines = of_group.flat_map(|forecast| forecast.products.iter().copied()).collect();
    let wanted = Wanted { vaccines, ..Wanted::default() };
    let lists = Lists::new(codes, kind, &wanted, Vec::new(), signed_in.today(), language);
    let heading = language.text("dose.recommended");
    let offered = lists.vaccines.into_iter().find(|group: &ChoiceGroup| group.label == heading)?;
    offered.choices.into_iter().next().map(|choice| choice.value)
}

fn view(
    signed_in: &SignedIn,
    opened: &OpenedRecord,
    head: PersonHead,
    form: Form,
    report: &str,
) -> Result<Response, Failure> {
    show(&record_view(signed_in, opened, head, form, report))
}

/// The form with what was filled in before and not saved.
fn take_up(
    signed_in: &SignedIn,
    opened: &OpenedRecord,
    head: PersonHead,
    draft: Draft,
    report: &str,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let time = dates::moment(signed_in.registry(), draft.filled_at, language);
    let mut view = record_view(signed_in, opened, head, draft.form, report);
    view.taken_up = Some((language.fill("dose.taken_up", &[("time", &time)]), drafts::address_of_empty(signed_in)));
    show(&view)
}

fn record_view(signed_in: &SignedIn, opened: &OpenedRecord, head: PersonHead, form: Form, report: &str) -> RecordView {
    let language = signed_in.language();
    let kind = Kind::parse(form.value("kind"));
    let today = signed_in.today();
    let wanted = wanted(opened, form.value("group"));
    let lists = Lists::new(signed_in.registry().codes(), kind, &wanted, sites(signed_in), today, language);
    let title = match (report.is_empty(), kind) {
        _ if !form.value("refused").is_empty() => language.text("dose.refusal_title"),
        (false, _) => language.text("dose.correct_title"),
        (true, Kind::New) => language.text("dose.new_title"),
        (true, Kind::Historical) => language.text("dose.historical_title"),
    };
    let rows = rows_of(&form);
    RecordView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(title) },
        head,
        alerts: Told::of(signed_in, opened).alerts(),
        lists,
        rows: (0..rows).map(Row::new).collect(),
        is_new: kind == Kind::New,
        can_add: report.is_empty() && rows < ROWS_MAXIMUM,
        report: report.to_owned(),
        is_undone: opened.held.vaccinations.iter().any(|known| known.is_deleted && known.id.to_string() == report),
        taken_up: None,
        form,
    }
}

fn rows_of(form: &Form) -> usize {
    form.value("rows").parse().unwrap_or(1).clamp(1, ROWS_MAXIMUM)
}

/// The organization that one acts for, and its sites.
fn sites(signed_in: &SignedIn) -> Vec<Choice> {
    let registry = signed_in.registry();
    let within = registry.own_sites(&signed_in.admission, &signed_in.caller);
    within.into_iter().map(|site| Choice::new(site.code, site.name)).collect()
}

async fn record(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let mut form = Form::from(&posted);
    drafts::keep(&signed_in, &head, &form, "");
    if posted.has("more") {
        form.set("rows", (rows_of(&form) + 1).min(ROWS_MAXIMUM).to_string());
        return view(&signed_in, &opened, head, form, "");
    }
    if posted.has("change") {
        return view(&signed_in, &opened, head, form, "");
    }
    let doses = read(&signed_in, &posted, &mut form);
    if form.has_errors() {
        return view(&signed_in, &opened, head, form, "");
    }
    let entry = entry(&opened, posted.text("once"), doses.into_iter().map(|dose| (dose, None)));
    finish(&signed_in, head, &posted, form, entry, "", false).await
}

fn read(signed_in: &SignedIn, posted: &Posted, form: &mut Form) -> Vec<Dose> {
    let registry = signed_in.registry();
    let common = Common {
        codes: registry.codes(),
        language: signed_in.language(),
        kind: Kind::parse(posted.text("kind")),
        today: signed_in.today(),
        entered_by: author(signed_in),
        authority: &registry.profile().registry.facility,
        once: posted.text("once").get(..24).unwrap_or_default(),
    };
    let rows = rows_of(form);
    dose_form::read(posted, form, &common, rows)
}

/// Who enters it: kept with the dose.
pub(crate) fn author(signed_in: &SignedIn) -> Provider {
    let name = signed_in.account_name();
    let (given, family) = name.rsplit_once(' ').unwrap_or(("", &name));
    Provider { given: given.to_owned(), family: family.to_owned(), ..Provider::default() }
}

/// An entry of doses: new ones, and those of the reports that are corrected.
fn entry(opened: &OpenedRecord, once: &str, doses: impl Iterator<Item = (Dose, Option<VaccinationReportId>)>) -> Entry {
    let statement = |(place, (dose, report)): (usize, (Dose, Option<VaccinationReportId>))| {
        let action = if report.is_some() { Action::Update } else { Action::Add };
        VaccinationStatement {
            order: place as u16 + 1,
            rxr: Some(place as u16 + 1),
            action,
            dose,
            is_source_stated: true,
            is_completion_stated: true,
            report,
            unusable: Vec::new(),
        }
    };
    Entry {
        once: once.to_owned(),
        patient: about(opened),
        vaccinations: doses.enumerate().map(statement).collect(),
        reason: String::new(),
    }
}

/// Keeps for the next form what usually stays the same: site and vaccinator; and by vaccine its lot, route and site.
fn remember(signed_in: &SignedIn, form: &Form) {
    if Kind::parse(form.value("kind")) != Kind::New {
        return;
    }
    let codes = signed_in.registry().codes();
    let mut kept: Vec<(String, String)> =
        STICKY_OF_FORM.iter().map(|name| ((*name).to_owned(), form.value(name).to_owned())).collect();
    for row in 0..rows_of(form) {
        let vaccine = form.value(&format!("vaccine_{row}")).to_owned();
        let Some((cvx, _)) = dose_form::chosen(&vaccine) else { continue };
        for group in codes.groups_of(codes.vaccine_groups(cvx)) {
            kept.push((format!("{}/vaccine", group.name), vaccine.clone()));
        }
        for name in STICKY_OF_ROW {
            kept.push((format!("{vaccine}/{name}"), form.value(&row_field(name, row)).to_owned()));
        }
    }
    signed_in.desks().stick(signed_in.account_id(), kept, signed_in.receipt().received_at);
}

async fn correct_form(signed_in: SignedIn, Path((id, report)): Path<(String, String)>) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let form = reported(&signed_in, &own_report(&opened.held, &signed_in, &report)?.dose);
    if let Some(empty) = drafts::begin_empty(&signed_in, &head, &form, &report) {
        return Ok(empty);
    }
    if let Some(draft) = drafts::find(&signed_in, &head, &form, &report) {
        return take_up(&signed_in, &opened, head, draft, &report);
    }
    view(&signed_in, &opened, head, form, &report)
}

/// The form of a dose as it was reported.
fn reported(signed_in: &SignedIn, dose: &Dose) -> Form {
    let kind = Kind::of(dose.source);
    let (codes, today, language) = (signed_in.registry().codes(), signed_in.today(), signed_in.language());
    let lists = Lists::new(codes, kind, &Wanted::default(), sites(signed_in), today, language);
    let mut form = Form::default();
    if !dose.is_given() {
        // Of a refusal there is nothing to correct: it is taken back, and recorded anew.
        form.set("refused", "yes");
    }
    form.set("kind", kind.word());
    form.set("rows", "1");
    form.set("once", random_secret());
    dose_form::fill(&mut form, dose, kind, &lists);
    form
}

async fn correct(
    signed_in: SignedIn,
    Path((id, report)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let known = own_report(&opened.held, &signed_in, &report)?.clone();
    let mut form = Form::from(&posted);
    drafts::keep(&signed_in, &head, &form, &report);
    if posted.has("change") {
        return view(&signed_in, &opened, head, form, &report);
    }
    let mut doses = read(&signed_in, &posted, &mut form);
    if form.has_errors() {
        return view(&signed_in, &opened, head, form, &report);
    }
    for dose in &mut doses {
        // What the form does not show stays as it was said.
        dose.order_id = known.dose.order_id.clone();
        dose.placer_order_id = known.dose.placer_order_id.clone();
        dose.ordered_by = known.dose.ordered_by.clone();
        dose.completion = known.dose.completion;
        dose.refusal_reason = known.dose.refusal_reason.clone();
        dose.observations = known.dose.observations.clone();
        if known.dose.cvx == dose.cvx {
            dose.ndc = known.dose.ndc.clone();
            dose.mvx = dose.mvx.take().or_else(|| known.dose.mvx.clone());
        }
        if !known.dose.vis.is_empty() && !dose.vis.is_empty() {
            dose.vis = known.dose.vis.clone();
        }
    }
    let entry = entry(&opened, posted.text("once"), doses.into_iter().map(|dose| (dose, Some(known.id))));
    finish(&signed_in, head, &posted, form, entry, &report, known.is_deleted).await
}
