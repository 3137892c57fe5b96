//! Files and messages: the one list of everything received, whatever the door; what became of each, in plain words with
//! the fix; downloads; and having it processed again.

mod facts;
mod receipts;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{Channel, FileId, FileState, Right, Severity, Verdict};
use registry::{FindingInWords, MessageInWords, Received, ReceivedFilter, ReceivedKind, RegistryError, ResultKind};
use uuid::Uuid;

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show, show_as};
use crate::listings::{Cell, address_with};
use crate::organization_choice::{FIELD, OrganizationChoice, OrganizationField};
use crate::signed_in::SignedIn;

use facts::facts;
pub(crate) use facts::size_in_words;
use receipts::shown_receipt;

/// Lines of the list on a page.
const LINES_PER_PAGE: u32 = 50;
/// Messages of a file on a page.
const MESSAGES_PER_PAGE: u32 = 50;
/// The type of what was entered on a page.
const ENTRY: &str = "ENTRY";
/// The choice among the states that asks for what was not accepted.
const REJECTED: &str = "rejected";
/// Bytes of a download read at a time.
const DOWNLOAD_BYTES: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "files.html")]
struct FilesView {
    page: Page,
    form: Form,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    organizations: OrganizationField,
    lines: Vec<Line>,
    /// The address of the next page.
    older: Option<String>,
    is_narrowed: bool,
    may_send: bool,
}

/// One line of the list.
struct Line {
    receipt: String,
    name: String,
    number: String,
    organization: String,
    channel: &'static str,
    received: String,
    state: StateView,
    counts: [(&'static str, u64); 3],
}

/// How far something is, in a word and a picture.
struct StateView {
    text: String,
    icon: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "file.html")]
struct FileView {
    page: Page,
    form: Form,
    is_file: bool,
    receipt: String,
    state: StateView,
    /// The file is still on its way.
    is_on_the_way: bool,
    facts: Vec<(&'static str, Cell)>,
    counts: Vec<CountView>,
    findings: Vec<FindingView>,
    messages: Vec<MessageView>,
    older: Option<String>,
    results: Vec<(&'static str, String)>,
    may_repeat: bool,
    duplicate_of: Option<String>,
}

struct CountView {
    text: &'static str,
    count: String,
    address: String,
    is_current: bool,
}

struct MessageView {
    place: String,
    control_id: String,
    number: String,
    verdict: StateView,
    findings: Vec<FindingView>,
}

/// One finding, in plain words with the fix.
struct FindingView {
    severity: &'static str,
    icon: &'static str,
    class: &'static str,
    code: String,
    location: String,
    field: String,
    sentence: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/files", get(list))
        .route("/files/{receipt}", get(one))
        .route("/files/{receipt}/content", get(content))
        .route("/files/{receipt}/summary", get(summary))
        .route("/files/{receipt}/answers", get(answers))
        .route("/files/{receipt}/again", post(again))
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let organizations = OrganizationChoice::within_reach(&signed_in, Right::ReadFiles);
    let mut form = Form::default();
    for field in ["kind", "state", FIELD] {
        form.set(field, signed_in.parameter(field));
    }
    let sought = signed_in.parameter("receipt");
    if !sought.is_empty() {
        if let Some(found) = receipts::find(&signed_in, &sought).await? {
            return Ok(Redirect::to(&format!("/files/{}", found.receipt.simple())).into_response());
        }
        form.set("receipt", sought);
        form.refuse_with(language, "receipt", "files.receipt_unknown");
    }
    let organization_id = organizations.chosen(&mut form, language).map(|organization| organization.id);
    let filter = ReceivedFilter {
        kind: match signed_in.parameter("kind").as_str() {
            "file" => Some(ReceivedKind::File),
            "message" => Some(ReceivedKind::Message),
            _ => None,
        },
        state: FileState::parse(&signed_in.parameter("state")),
        is_rejected: signed_in.parameter("state") == REJECTED,
        organization_id,
        before: Uuid::parse_str(&signed_in.parameter("before")).ok(),
    };
    let (exchange, caller, admitted) = (signed_in.web().exchange.clone(), signed_in.caller.clone(), signed_in.admit()?);
    let asked = filter.clone();
    let reading =
        tokio::task::spawn_blocking(move || exchange.received(&admitted, &caller, &asked, LINES_PER_PAGE + 1));
    let mut received = reading.await??;
    if form.has_errors() {
        received.clear();
    }
    let has_older = received.len() > LINES_PER_PAGE as usize;
    received.truncate(LINES_PER_PAGE as usize);
    let last = received.last().filter(|_| has_older).map(|last| last.receipt);
    let older = last.map(|receipt| {
        let kept = form.fields().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        address_with("/files", kept.chain([("before", receipt.simple().to_string().as_str())]))
    });
    let state = |state: FileState| Choice::new(state.word(), language.text(&format!("files.state_{}", state.word())));
    let rejected = Choice::new(REJECTED, language.text("files.state_rejected"));
    let is_narrowed = filter != ReceivedFilter::default() || form.has_errors();
    show(&FilesView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text("files.title")) },
        kinds: ["file", "message"].map(|kind| Choice::new(kind, language.text(&format!("files.kind_{kind}")))).into(),
        states: FileState::ALL.map(state).into_iter().chain([rejected]).collect(),
        organizations: organizations.field(&form),
        lines: received.iter().map(|received| line(&signed_in, received)).collect(),
        older,
        is_narrowed,
        may_send: signed_in.may(Right::SendFiles),
        form,
    })
}

fn line(signed_in: &SignedIn, received: &Received) -> Line {
    let language = signed_in.language();
    let counts = received.counts;
    Line {
        receipt: received.receipt.simple().to_string(),
        name: shown_name(received, language),
        number: shown_receipt(received),
        organization: received.organization.clone(),
        channel: channel_name(received.channel, language),
        received: dates::moment(signed_in.registry(), received.received_at, language),
        state: outcome_view(received, language),
        counts: [
            ("files.verdict_accepted", counts.accepted),
            ("files.verdict_warned", counts.warned),
            ("files.verdict_rejected", counts.rejected),
        ],
    }
}

/// A file's name, or the type of a message: what was entered on a page is none that a sender would know.
fn shown_name(received: &Received, language: Language) -> String {
    match (received.kind, received.name.as_str()) {
        (ReceivedKind::Message, ENTRY) => language.text("files.entry").to_owned(),
        _ => received.name.clone(),
    }
}

fn channel_name(channel: Channel, language: Language) -> &'static str {
    language.find_text(&format!("files.door_{}", channel.word())).unwrap_or_default()
}

/// What became of something: of a single message the verdict, of a file how far it is, and whether all of it was accepted.
fn outcome_view(received: &Received, language: Language) -> StateView {
    match (received.verdict, received.state, received.counts.rejected) {
        (Some(verdict), FileState::Complete, _) => StateView {
            text: language.text(&format!("files.single_{}", verdict.word())).to_owned(),
            ..verdict_view(verdict, language)
        },
        (None, FileState::Complete, count @ 1..) => StateView {
            text: language.fill("files.complete_but", &[("count", &count.to_string())]),
            icon: "warning",
            class: "bb-state bb-state--warning",
        },
        _ => state_view(received.state, language),
    }
}

fn state_view(state: FileState, language: Language) -> StateView {
    let (icon, class) = match state {
        FileState::Queued => ("schedule", "bb-state"),
        FileState::Processing => ("autorenew", "bb-state"),
        FileState::Held => ("schedule", "bb-state bb-state--warning"),
        FileState::Complete => ("check_circle", "bb-state bb-state--good"),
        FileState::Exception => ("warning", "bb-state bb-state--warning"),
        FileState::Error => ("error", "bb-state bb-state--bad"),
    };
    StateView { text: language.text(&format!("files.state_{}", state.word())).to_owned(), icon, class }
}

fn verdict_view(verdict: Verdict, language: Language) -> StateView {
    let (icon, class) = match verdict {
        Verdict::Accepted => ("check_circle", "bb-state bb-state--good"),
        Verdict::Warned => ("warning", "bb-state bb-state--warning"),
        Verdict::Rejected => ("error", "bb-state bb-state--bad"),
    };
    StateView { text: language.text(&format!("files.message_{}", verdict.word())).to_owned(), icon, class }
}

fn finding_view(finding: &FindingInWords, language: Language) -> FindingView {
    let (severity, icon, class) = match finding.severity {
        Severity::Error => ("workbench.error", "error", "bb-state bb-state--bad"),
        Severity::Warning => ("workbench.warning", "warning", "bb-state bb-state--warning"),
        Severity::Information => ("workbench.information", "info", "bb-state"),
    };
    FindingView {
        severity: language.text(severity),
        icon,
        class,
        code: finding.code.clone(),
        location: finding.location.clone(),
        field: finding.field.clone(),
        sentence: finding.sentence.clone(),
    }
}

/// What was received under a receipt, if this person may see it.
async fn find(signed_in: &SignedIn, receipt: &str) -> Result<Received, Failure> {
    receipts::find(signed_in, receipt).await?.ok_or(Failure::NotFound)
}

async fn one(signed_in: SignedIn, Path(receipt): Path<String>) -> Result<Response, Failure> {
    let received = find(&signed_in, &receipt).await?;
    received_page(&signed_in, received, Form::default(), StatusCode::OK).await
}

async fn received_page(
    signed_in: &SignedIn,
    received: Received,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let is_file = received.kind == ReceivedKind::File;
    let receipt = received.receipt.simple().to_string();
    let verdict = Verdict::parse(&signed_in.parameter("verdict"));
    let after = signed_in.parameter("after").parse().unwrap_or(0);
    let mut messages = if is_file { messages(signed_in, &received, verdict, after).await? } else { Vec::new() };
    let has_older = messages.len() > MESSAGES_PER_PAGE as usize;
    messages.truncate(MESSAGES_PER_PAGE as usize);
    let narrowed = verdict.map_or_else(String::new, |verdict| format!("&verdict={}", verdict.word()));
    let last = messages.last().filter(|_| has_older).map(|last| last.ordinal);
    let older = last.map(|ordinal| format!("/files/{receipt}?after={ordinal}{narrowed}"));
    let results = ["summary", "answers"].into_iter().zip(&received.results);
    let results = results.map(|(kind, name)| (kind, name.clone()));
    let target = received.organization_id;
    let mut page = signed_in.page(&shown_name(&received, language));
    page.is_in_error = form.has_errors();
    let view = FileView {
        page,
        form,
        is_file,
        state: outcome_view(&received, language),
        is_on_the_way: !received.state.is_finished(),
        facts: facts(signed_in, &received),
        counts: counts(&received, &receipt, verdict, language),
        findings: received.findings.iter().map(|finding| finding_view(finding, language)).collect(),
        messages: messages.iter().map(|message| message_view(message, language)).collect(),
        older,
        results: results.collect(),
        may_repeat: received.is_repeatable
            && (received.counts.rejected > 0 || received.state != FileState::Complete)
            && signed_in.registry().may(&signed_in.caller, Right::SendFiles, target),
        duplicate_of: received.duplicate_of.map(|id| id.to_string()),
        receipt,
    };
    Ok(show_as(status, &view))
}

async fn messages(
    signed_in: &SignedIn,
    received: &Received,
    verdict: Option<Verdict>,
    after: u32,
) -> Result<Vec<MessageInWords>, Failure> {
    let (exchange, caller, admitted) = (signed_in.web().exchange.clone(), signed_in.caller.clone(), signed_in.admit()?);
    let id = FileId(received.receipt);
    let reading = tokio::task::spawn_blocking(move || {
        exchange.messages_of(&admitted, &caller, id, verdict, after, MESSAGES_PER_PAGE + 1)
    });
    Ok(reading.await??)
}

fn counts(received: &Received, receipt: &str, current: Option<Verdict>, language: Language) -> Vec<CountView> {
    let counts = received.counts;
    let all = CountView {
        text: language.text("files.all"),
        count: counts.messages().to_string(),
        address: format!("/files/{receipt}"),
        is_current: current.is_none(),
    };
    let of =
        [(Verdict::Accepted, counts.accepted), (Verdict::Warned, counts.warned), (Verdict::Rejected, counts.rejected)];
    let of = of.into_iter().map(|(verdict, count)| CountView {
        text: language.text(&format!("files.verdict_{}", verdict.word())),
        count: count.to_string(),
        address: format!("/files/{receipt}?verdict={}", verdict.word()),
        is_current: current == Some(verdict),
    });
    std::iter::once(all).chain(of).collect()
}

fn message_view(message: &MessageInWords, language: Language) -> MessageView {
    MessageView {
        place: message.ordinal.to_string(),
        number: message.receipt.to_string(),
        control_id: message.control_id.clone(),
        verdict: verdict_view(message.verdict, language),
        findings: message.findings.iter().map(|finding| finding_view(finding, language)).collect(),
    }
}

async fn content(signed_in: SignedIn, Path(receipt): Path<String>) -> Result<Response, Failure> {
    let id = FileId(find(&signed_in, &receipt).await?.receipt);
    let (exchange, now) = (&signed_in.web().exchange, signed_in.now());
    let found = exchange.download(&signed_in.admission, &signed_in.caller, id, now).await;
    download(&signed_in, &receipt, found).await
}

async fn summary(signed_in: SignedIn, Path(receipt): Path<String>) -> Result<Response, Failure> {
    result(signed_in, receipt, ResultKind::Summary).await
}

async fn answers(signed_in: SignedIn, Path(receipt): Path<String>) -> Result<Response, Failure> {
    result(signed_in, receipt, ResultKind::Answers).await
}

async fn result(signed_in: SignedIn, receipt: String, kind: ResultKind) -> Result<Response, Failure> {
    let id = FileId(find(&signed_in, &receipt).await?.receipt);
    let (exchange, now) = (&signed_in.web().exchange, signed_in.now());
    let found = exchange.download_result(&signed_in.admission, &signed_in.caller, id, kind, now).await;
    download(&signed_in, &receipt, found).await
}

/// A file for the browser to keep; what cannot be given is said on the page that it was asked for on.
async fn download(
    signed_in: &SignedIn,
    receipt: &str,
    found: Result<(String, std::fs::File), RegistryError>,
) -> Result<Response, Failure> {
    let (name, file) = match found {
        Ok(found) => found,
        Err(RegistryError::Refused(reason)) => {
            let mut form = Form::default();
            form.refuse("downloads", reason);
            let received = find(signed_in, receipt).await?;
            return received_page(signed_in, received, form, StatusCode::NOT_FOUND).await;
        }
        Err(error) => return Err(error.into()),
    };
    let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; DOWNLOAD_BYTES];
            let count = std::io::Read::read(&mut file, &mut piece)?;
            piece.truncate(count);
            Ok::<_, std::io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>(if piece.is_empty() { None } else { Some((piece, file)) })
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// `attachment` with the name twice (RFC 6266): for old browsers in plain letters, for others as it is.
fn attachment(name: &str) -> HeaderValue {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '~' | ' ');
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).expect("both names are plain letters")
}

async fn again(signed_in: SignedIn, Path(receipt): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    let received = find(&signed_in, &receipt).await?;
    let (exchange, now) = (&signed_in.web().exchange, signed_in.now());
    match exchange.process_again(&signed_in.admission, &signed_in.caller, received.receipt, now).await {
        Ok(()) => Ok(Redirect::to(&format!("/files/{}?done=file_again", received.receipt.simple())).into_response()),
        Err(RegistryError::Refused(reason)) => {
            let mut form = Form::default();
            form.refuse("again", reason);
            received_page(&signed_in, received, form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let header = attachment("a\"; filename=\"evil.exe\r\nSet-Cookie: x=1 año.hl7");
        let header = header.to_str().expect("plain letters");
        assert_eq!(header.matches('"').count(), 2, "{header}");
        assert!(!header.contains(['\r', '\n']), "{header}");
        assert!(header.ends_with("Set-Cookie%3A%20x%3D1%20a%C3%B1o.hl7"), "{header}");
    }
}
