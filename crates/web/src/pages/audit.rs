//! The audit trail: what an organization's people did, and a person's own access list.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use model::{AuditAction, Right};
use registry::setup::AuditRecord;

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show_as};
use crate::listings::{Cell, Filter, FilterField, Listing, Table};
use crate::organization_choice::{FIELD, OrganizationChoice};
use crate::signed_in::SignedIn;

/// Lines on a page.
const LINES_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "access_list.html")]
struct AccessListView {
    page: Page,
    form: Form,
    number: String,
    rows: Vec<AccessRow>,
    is_searched: bool,
    /// Whether the visitor may read the whole trail, too.
    leads_back: bool,
}

/// What one person did with a record, once or several times in a row on one day.
struct AccessRow {
    at: String,
    who: String,
    organization: String,
    what: &'static str,
    count: u32,
    /// The reason that was given.
    why: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/audit", get(of_organization)).route("/audit/person", get(access_form).post(access_list))
}

fn action_name(action: AuditAction, signed_in: &SignedIn) -> &'static str {
    signed_in.language().text(&format!("audit.action_{}", action.word()))
}

async fn of_organization(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    registry.authorize_here(caller, Right::ReadAudit)?;
    let organizations = OrganizationChoice::within_reach(&signed_in, Right::ReadAudit);
    let mut form = Form::default();
    form.set(FIELD, signed_in.parameter(FIELD));
    let chosen = organizations.chosen(&mut form, language);
    let chosen = chosen.map_or(caller.organization_id, |organization| organization.id);
    let lines = match form.has_errors() {
        true => Vec::new(),
        false => registry.audit_of_organization(admission, caller, chosen, (None, LINES_SHOWN)).await?,
    };
    let accounts = registry.account_names(admission);
    let name = |line: &AuditRecord| {
        let known = line.entry.account_id.and_then(|id| accounts.get(&id).cloned());
        known.unwrap_or_else(|| language.text("audit.operator").to_owned())
    };
    let row = |line: &AuditRecord| {
        vec![
            Cell::text(dates::moment(registry, line.entry.at, language)),
            Cell::text(name(line)),
            Cell::text(action_name(line.entry.action, &signed_in)).with_note(line.entry.detail.clone()),
            Cell::text(line.entry.patient_id.map(|id| id.number()).unwrap_or_default()),
        ]
    };
    let table = Table {
        caption: language.text("audit.lines").to_owned(),
        columns: ["at", "who", "what", "person"].map(|key| language.text(&format!("audit.{key}")).to_owned()).into(),
        rows: lines.iter().map(row).collect(),
        empty: language.text("audit.none").to_owned(),
    };
    let field = organizations.field(&form);
    let label = language.text("accounts.organization").to_owned();
    let fields = vec![FilterField::Organization { label, nothing: String::new(), field }];
    let filter = Filter { form, fields };
    let ways = [
        ("/audit/person", "audit.access_list", Right::ReadAccessList),
        ("/audit/withheld", "withheld.title", Right::OpenWithheld),
    ];
    let ways = ways.into_iter().filter(|(.., right)| registry.may_here(caller, *right));
    Listing {
        page: signed_in.page(language.text("audit.title")),
        intro: language.text("audit.intro").to_owned(),
        ways: ways.map(|(address, key, _)| (address.to_owned(), language.text(key).to_owned())).collect(),
        filter: Some(filter),
        tables: vec![table],
        more: None,
    }
    .show()
}

async fn access_form(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::ReadAccessList)?;
    access_page(&signed_in, Form::default(), None, StatusCode::OK)
}

/// The number comes in a form, not in the address: addresses are kept in histories and logs.
async fn access_list(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    registry.authorize_here(caller, Right::ReadAccessList)?;
    let number = posted.text("number").to_owned();
    let (searching, admitted) = (registry.clone(), signed_in.admit()?);
    let found = tokio::task::spawn_blocking(move || searching.find_patient_number(&admitted, &number)).await??;
    let mut form = Form::from(&posted);
    let Some(patient) = found else {
        form.refuse_with(signed_in.language(), "number", "audit.number_unknown");
        return access_page(&signed_in, form, None, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let lines = registry.access_list(admission, caller, patient, LINES_SHOWN as u32, signed_in.now()).await?;
    access_page(&signed_in, form, Some((patient.number(), lines)), StatusCode::OK)
}

fn access_page(
    signed_in: &SignedIn,
    form: Form,
    found: Option<(String, Vec<AuditRecord>)>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let accounts = registry.account_names(admission);
    let organizations = registry.organizations(admission);
    let row = |(line, count): (&AuditRecord, u32)| {
        let organization = organizations.iter().find(|known| known.id == line.entry.organization_id);
        let account = line.entry.account_id.and_then(|id| accounts.get(&id).cloned());
        AccessRow {
            at: dates::moment(registry, line.entry.at, language),
            who: account.unwrap_or_else(|| language.text("audit.operator").to_owned()),
            organization: organization.map(|known| known.name.clone()).unwrap_or_default(),
            what: action_name(line.entry.action, signed_in),
            count,
            why: if line.entry.action == AuditAction::WithheldOpened {
                line.entry.detail.clone()
            } else {
                String::new()
            },
        }
    };
    let mut page = signed_in.page(language.text("audit.access_list"));
    page.is_in_error = form.has_errors();
    let (number, rows, is_searched) = match &found {
        Some((number, lines)) => {
            let day = |line: &AuditRecord| registry.today(line.entry.at);
            (number.clone(), in_a_row(lines, day).into_iter().map(row).collect(), true)
        }
        None => (String::new(), Vec::new(), false),
    };
    let leads_back = signed_in.may(Right::ReadAudit);
    Ok(show_as(status, &AccessListView { page, form, number, rows, is_searched, leads_back }))
}

/// The lines, those of one person who did the same several times in a row on one day as one: the newest, and how often.
fn in_a_row(lines: &[AuditRecord], day: impl Fn(&AuditRecord) -> Date) -> Vec<(&AuditRecord, u32)> {
    let said = |line: &AuditRecord| {
        let entry = &line.entry;
        (entry.account_id, entry.organization_id, entry.action, entry.detail.clone(), day(line))
    };
    let mut rows: Vec<(&AuditRecord, u32)> = Vec::new();
    for line in lines {
        match rows.last_mut().filter(|(newest, _)| said(newest) == said(line)) {
            Some((_, count)) => *count += 1,
            None => rows.push((line, 1)),
        }
    }
    rows
}
