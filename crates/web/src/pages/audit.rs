//! The audit trail: what an organization's people did, and a person's own access list.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use jiff::civil::Date;
use model::{AuditAction, OrganizationId, Right};
use registry::setup::AuditRecord;
use registry::{AuditFilter, AuditPlace};

use crate::Web;
use crate::audit_words::{self, sentence};
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show_as};
use crate::listings::{Cell, Filter, FilterField, Listing, Table, address_with};
use crate::organization_choice::{FIELD, OrganizationChoice, OrganizationField};
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

/// Fields that narrow the trail, as they stand in the address.
const NARROWED_BY: [&str; 5] = [FIELD, "user", "until_month", "until_day", "until_year"];

async fn of_organization(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    registry.authorize_here(caller, Right::ReadAudit)?;
    let given: Vec<(String, String)> =
        NARROWED_BY.iter().map(|name| ((*name).to_owned(), signed_in.parameter(name))).collect();
    let (posted, mut form) = (Posted::of(&given), Form::default());
    given.iter().for_each(|(name, value)| form.set(name, value));
    let organizations = OrganizationChoice::within_reach(&signed_in, Right::ReadAudit);
    let organization_id = organizations.chosen(&mut form, language).map(|organization| organization.id);
    let user = posted.text("user");
    let account_id = registry.find_account_id(admission, user);
    // Of an account that there is not nothing is found, as of one elsewhere: the page tells nobody which user names there are.
    let is_of_nobody = !user.is_empty() && account_id.is_none();
    let until = dates::read(&posted, &mut form, "until", language);
    let filter = AuditFilter {
        organization_id: organization_id.unwrap_or(caller.organization_id),
        account_id,
        before: until.and_then(|day| registry.end_of_day(day)),
        after: read_place(&signed_in.parameter("after")),
    };
    let mut lines = match form.has_errors() || is_of_nobody {
        true => Vec::new(),
        false => registry.audit_of_organization(admission, caller, filter, LINES_SHOWN as u32 + 1).await?,
    };
    let has_more = lines.len() > LINES_SHOWN;
    lines.truncate(LINES_SHOWN);
    if organization_id.is_none() && form.value(FIELD).is_empty() {
        form.set(FIELD, caller.organization_code.as_str());
    }
    let table = Table {
        caption: language.text("audit.lines").to_owned(),
        columns: ["at", "who", "what", "person"].map(|key| language.text(&format!("audit.{key}")).to_owned()).into(),
        rows: rows(&signed_in, &form, &lines),
        empty: language.text("audit.none").to_owned(),
    };
    let filter = Filter { fields: fields(language, organizations.field(&form)), form };
    let last = lines.last().filter(|_| has_more).map(place_in_words);
    let ways = [
        ("/audit/person", "audit.access_list", Right::ReadAccessList),
        ("/audit/withheld", "withheld.title", Right::OpenWithheld),
    ];
    let ways = ways.into_iter().filter(|(.., right)| registry.may_here(caller, *right));
    Listing {
        page: signed_in.page(language.text("audit.title")),
        intro: language.text("audit.intro").to_owned(),
        ways: ways.map(|(address, key, _)| (address.to_owned(), language.text(key).to_owned())).collect(),
        more: last.map(|last| filter.address_of_more("/audit", ("after", &last))),
        filter: Some(filter),
        tables: vec![table],
    }
    .show()
}

/// The lines as they are shown; who did something leads to what else they did.
fn rows(signed_in: &SignedIn, form: &Form, lines: &[AuditRecord]) -> Vec<Vec<Cell>> {
    let (language, registry) = (signed_in.language(), signed_in.registry());
    let name = |id| registry.account_name(&signed_in.admission, id);
    let who = |line: &AuditRecord| match line.entry.account_id.and_then(name) {
        Some(name) => {
            let address = address_with("/audit", [(FIELD, form.value(FIELD)), ("user", &name.username)]);
            Cell::link(&name.shown, address).with_note(&name.username)
        }
        None => Cell::text(language.text("audit.operator")),
    };
    let row = |line: &AuditRecord| {
        vec![
            Cell::text(dates::moment(registry, line.entry.at, language)),
            who(line),
            Cell::text(audit_words::action(line.entry.action, language))
                .with_note(sentence(&line.entry.detail, language)),
            Cell::text(line.entry.patient_id.map(|id| id.number()).unwrap_or_default()),
        ]
    };
    lines.iter().map(row).collect()
}

fn fields(language: Language, organization: OrganizationField) -> Vec<FilterField> {
    let text = |key: &str| language.text(key).to_owned();
    let mut fields = Vec::new();
    if organization.is_needed() {
        let label = text("accounts.organization");
        fields.push(FilterField::Organization { label, nothing: String::new(), field: organization });
    }
    fields.push(FilterField::Text { name: "user", label: text("accounts.user") });
    fields.push(FilterField::Date { name: "until", label: text("audit.until"), hint: text("audit.until_hint") });
    fields
}

/// A place in the trail, as it stands in an address.
fn place_in_words(line: &AuditRecord) -> String {
    let AuditPlace { at, chain, sequence } = line.place();
    format!("{}.{sequence}.{chain}", at.as_microsecond())
}

fn read_place(words: &str) -> Option<AuditPlace> {
    let mut parts = words.splitn(3, '.');
    let at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
    let sequence = parts.next()?.parse().ok()?;
    Some(AuditPlace { at, sequence, chain: parts.next()?.to_owned() })
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
    let organizations = registry.organizations(admission);
    let organizations: HashMap<OrganizationId, &str> =
        organizations.iter().map(|known| (known.id, known.name.as_str())).collect();
    let row = |(line, count): (&AuditRecord, u32)| {
        let account = line.entry.account_id.and_then(|id| registry.account_name(admission, id));
        AccessRow {
            at: dates::moment(registry, line.entry.at, language),
            who: account.map_or_else(|| language.text("audit.operator").to_owned(), |account| account.shown),
            organization: organizations.get(&line.entry.organization_id).copied().unwrap_or_default().to_owned(),
            what: audit_words::action(line.entry.action, language),
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
