//! Record doses: those given here and now, several at once, and those that somebody tells of. Answers are checked
//! before they are saved; what looks wrong is said, and nothing is blocked but what cannot be true.

mod beginnings;
mod check_doses;
mod drafts;
mod saved_doses;
mod take_back;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::{get, post};
use model::{Action, Dose, GroupForecast, GroupStatus, Provider, VaccinationReportId, VaccinationStatement};
use registry::{Entry, OpenedRecord};

use self::beginnings::remember;
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
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::vaccine_groups;
use crate::visits::random_secret;

/// What stands between the vaccine groups of a form.
const GROUPS_APART: &str = ",";

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
    /// What may be ticked for a row each.
    several: Vec<Choice>,
}

/// The names of a row's fields.
struct Row {
    /// Which of the rows it is, and for which vaccine group.
    legend: String,
    /// The name of that group, which stands first in its list; empty where none was asked for.
    group: String,
    asked: String,
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
    fn new(row: usize, form: &Form, language: Language) -> Row {
        let named = |name: &str| format!("{name}_{row}");
        let vaccine = match rows_of(form) {
            1 => language.text("dose.vaccine").to_owned(),
            _ => language.fill("dose.vaccine_number", &[("number", &(row + 1).to_string())]),
        };
        let group = Some(form.value(&named("asked"))).filter(|group| !group.is_empty());
        let group = group.map_or("", |group| vaccine_groups::name(group, language));
        Row {
            legend: if group.is_empty() { vaccine } else { format!("{vaccine}: {group}") },
            group: group.to_owned(),
            asked: named("asked"),
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

    /// The list of vaccines, with those first that the row was asked for.
    fn ordered<'l>(&self, groups: &'l [ChoiceGroup]) -> Vec<&'l ChoiceGroup> {
        let (asked, others): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.label == self.group);
        asked.into_iter().chain(others).collect()
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

fn parameter<'q>(query: &'q [(String, String)], name: &'q str) -> &'q str {
    values(query, name).next().unwrap_or_default()
}

fn values<'q>(query: &'q [(String, String)], name: &'q str) -> impl Iterator<Item = &'q str> {
    query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
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
    let groups: Vec<String> = values(&query, "group").filter(|group| !group.is_empty()).map(str::to_owned).collect();
    form.set("group", groups.join(GROUPS_APART));
    form.set("source", parameter(&query, "source"));
    if let Some(empty) = drafts::begin_empty(&signed_in, &head, &form, "") {
        return Ok(empty);
    }
    if let Some(draft) = drafts::find(&signed_in, &head, &form, "") {
        return take_up(&signed_in, &opened, head, draft, "");
    }
    if kind == Kind::New {
        beginnings::begin(&signed_in, &opened, &mut form, &groups);
    }
    let is_any = kind == Kind::New && groups.is_empty();
    let several = if is_any { several(&signed_in, &opened) } else { Vec::new() };
    show(&RecordView { several, ..record_view(&signed_in, &opened, head, form, "") })
}

/// The vaccine groups that are due, or in season for all that the schedule knows, to be ticked for a row each; nothing where there is
/// but one.
fn several(signed_in: &SignedIn, opened: &OpenedRecord) -> Vec<Choice> {
    let choice = |forecast: &GroupForecast| {
        let group = &forecast.vaccine_group;
        Choice::new(group, vaccine_groups::name(group, signed_in.language()))
    };
    let forecasts = opened.assessment.iter().flat_map(|assessment| &assessment.forecasts);
    let in_season = forecasts.filter(|forecast| forecast.status == GroupStatus::SeasonUnknown);
    Some(due(opened).chain(in_season).map(choice).collect::<Vec<_>>()).filter(|all| all.len() > 1).unwrap_or_default()
}

/// The forecasts of what is due today.
fn due(opened: &OpenedRecord) -> impl Iterator<Item = &GroupForecast> {
    let forecasts = opened.assessment.iter().flat_map(|assessment| &assessment.forecasts);
    forecasts.filter(|forecast| matches!(forecast.status, GroupStatus::Due | GroupStatus::Overdue))
}

/// What stands first among the vaccines: what the forecast recommends today; then the groups that were asked for, and all that is
/// due.
fn wanted(opened: &OpenedRecord, groups: &str) -> Wanted {
    let asked = groups.split(GROUPS_APART).filter(|group| !group.is_empty()).map(str::to_owned);
    Wanted {
        vaccines: due(opened).flat_map(|forecast| forecast.products.iter().copied()).collect(),
        groups: asked.chain(due(opened).map(|forecast| forecast.vaccine_group.clone())).collect(),
    }
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
        rows: (0..rows).map(|row| Row::new(row, &form, language)).collect(),
        is_new: kind == Kind::New,
        can_add: report.is_empty() && rows < ROWS_MAXIMUM,
        report: report.to_owned(),
        is_undone: opened.held.vaccinations.iter().any(|known| known.is_deleted && known.id.to_string() == report),
        taken_up: None,
        several: Vec::new(),
        form,
    }
}

/// The rows of which something was asked for or filled in, and no vaccine chosen: they are left out.
fn left_out(form: &Form, language: Language) -> Vec<String> {
    let is_filled = |row: &Row| {
        let others = [&row.asked, &row.lot, &row.maker, &row.route, &row.body_site, &row.amount, &row.eligibility];
        others.into_iter().any(|field| !form.value(field).is_empty())
    };
    let rows = (0..rows_of(form)).map(|row| Row::new(row, form, language));
    let empty = rows.filter(|row| dose_form::chosen(form.value(&row.vaccine)).is_none());
    empty.filter(is_filled).map(|row| row.legend).collect()
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
    dose_form::fill(&mut form, dose, kind, &lists, codes);
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
    let shown = reported(&signed_in, &known.dose);
    let is_choice_kept = ["vaccine_0", "maker_0"].into_iter().all(|field| shown.value(field) == form.value(field));
    for dose in &mut doses {
        // What the form does not show stays as it was said.
        dose.order_id = known.dose.order_id.clone();
        dose.placer_order_id = known.dose.placer_order_id.clone();
        dose.ordered_by = known.dose.ordered_by.clone();
        dose.completion = known.dose.completion;
        dose.refusal_reason = known.dose.refusal_reason.clone();
        dose.observations = known.dose.observations.clone();
        if is_choice_kept || dose_form::is_of_same_product(signed_in.registry().codes(), &known.dose, dose) {
            dose.ndc = known.dose.ndc.clone();
            dose.trade_name = dose.trade_name.take().or_else(|| known.dose.trade_name.clone());
            dose.mvx = dose.mvx.take().or_else(|| known.dose.mvx.clone());
        }
        if !known.dose.vis.is_empty() && !dose.vis.is_empty() {
            dose.vis = known.dose.vis.clone();
        }
    }
    let entry = entry(&opened, posted.text("once"), doses.into_iter().map(|dose| (dose, Some(known.id))));
    finish(&signed_in, head, &posted, form, entry, &report, known.is_deleted).await
}
