//! The sender's workbench: paste a message, see it taken apart, what was found, what would be stored, and the answer.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use model::{CodeTables, MessageState, Right, Severity, Standing};
use registry::Examined;

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "workbench.html")]
struct WorkbenchView {
    page: Page,
    form: Form,
    result: Option<ResultView>,
    hint: String,
}

/// What became of the message that was tried.
struct ResultView {
    verdict: &'static str,
    class: &'static str,
    tried_as: String,
    stored: Vec<String>,
    findings: Vec<FoundRow>,
    segments: Vec<SegmentRow>,
    answer: String,
}

struct FoundRow {
    code: String,
    severity: &'static str,
    icon: &'static str,
    place: String,
    text: String,
}

struct SegmentRow {
    name: String,
    fields: Vec<FieldRow>,
}

impl SegmentRow {
    fn has_marks(&self) -> bool {
        self.fields.iter().any(|field| field.is_marked)
    }
}

struct FieldRow {
    place: String,
    text: String,
    is_marked: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/workbench", get(form).post(examine))
}

async fn form(signed_in: SignedIn) -> Result<Response, Failure> {
    if !signed_in.may(Right::TryMessage) {
        return Err(Failure::NotAllowed);
    }
    view(&signed_in, Form::default(), None)
}

fn view(signed_in: &SignedIn, form: Form, result: Option<ResultView>) -> Result<Response, Failure> {
    let language = signed_in.language();
    let page = signed_in.page(language.text("workbench.title"));
    let is_of_the_registry = matches!(signed_in.caller.standing, Standing::Person(role) if role.is_of_the_registry());
    let hint = match is_of_the_registry {
        true => language.text("workbench.hint_any").to_owned(),
        false => language.fill("workbench.hint", &[("facility", &signed_in.caller.organization_code)]),
    };
    show(&WorkbenchView { page: Page { is_in_error: form.has_errors(), ..page }, hint, form, result })
}

async fn examine(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    // A form ends its lines with CR and LF, HL7 with CR.
    let text = posted.raw("message").trim().replace("\r\n", "\r").replace('\n', "\r");
    if text.is_empty() {
        form.refuse_with(language, "message", "workbench.missing");
        return view(&signed_in, form, None);
    }
    let (admission, caller) = (&signed_in.admission, &signed_in.caller);
    let examined =
        signed_in.registry().examine_message(admission, caller, signed_in.receipt(), text.into_bytes()).await?;
    let Some(examined) = examined else {
        form.refuse_with(language, "message", "workbench.not_hl7");
        return view(&signed_in, form, None);
    };
    let result = told(&signed_in, examined, language);
    view(&signed_in, form, Some(result))
}

fn told(signed_in: &SignedIn, examined: Examined, language: Language) -> ResultView {
    let (verdict, class) = match examined.verdict.as_ref().map(|verdict| verdict.disposition) {
        None => ("workbench.question", "usa-alert--info"),
        Some(MessageState::Accepted) => ("workbench.accepted", "usa-alert--success"),
        Some(MessageState::AcceptedWithFindings) => ("workbench.accepted_with_findings", "usa-alert--warning"),
        Some(MessageState::Pending) => ("workbench.pending", "usa-alert--warning"),
        Some(_) => ("workbench.rejected", "usa-alert--error"),
    };
    let findings = examined.findings.iter().map(|finding| {
        let (severity, icon) = match finding.severity() {
            Severity::Error => ("workbench.error", "error"),
            Severity::Warning => ("workbench.warning", "warning"),
            Severity::Information => ("workbench.information", "info"),
        };
        FoundRow {
            code: finding.rule().code.clone(),
            severity: language.text(severity),
            icon,
            place: finding.location.map(place).unwrap_or_default(),
            text: finding.sentence(),
        }
    });
    let marked: Vec<_> = examined.findings.iter().filter_map(|finding| finding.location).collect();
    let segments = examined.segments.iter().map(|segment| {
        let fields = segment.fields.iter().map(|(number, text)| FieldRow {
            place: format!("{}-{number}", segment.name),
            text: text.clone(),
            is_marked: marked.iter().any(|at| {
                at.segment.as_str() == segment.name && at.sequence == segment.sequence && at.field == *number
            }),
        });
        SegmentRow { name: format!("{} {}", segment.name, segment.sequence), fields: fields.collect() }
    });
    ResultView {
        verdict: language.text(verdict),
        class,
        tried_as: language.fill("workbench.tried_as", &[("facility", &examined.organization_code)]),
        stored: stored(signed_in, &examined, language),
        findings: findings.collect(),
        segments: segments.collect(),
        answer: examined.answer.trim_end().replace('\r', "\n"),
    }
}

/// What would be stored, in sentences.
fn stored(signed_in: &SignedIn, examined: &Examined, language: Language) -> Vec<String> {
    let Some(verdict) = &examined.verdict else { return Vec::new() };
    if matches!(verdict.disposition, MessageState::Rejected | MessageState::Quarantined) {
        return vec![language.text("workbench.stores_nothing").to_owned()];
    }
    let person = match (verdict.is_person_known, verdict.possible_match_count) {
        (true, _) => "workbench.person_known",
        (false, 0) => "workbench.person_new",
        (false, _) => "workbench.person_pending",
    };
    let codes = signed_in.registry().codes();
    let doses = verdict.doses.iter().map(|(on, cvx)| {
        format!("{} ({cvx}), {}", codes.vaccine_name(*cvx).unwrap_or("?"), dates::shown(*on, language))
    });
    std::iter::once(language.text(person).to_owned()).chain(doses).collect()
}

fn place(at: model::Location) -> String {
    match at.field {
        0 => format!("{} {}", at.segment.as_str(), at.sequence),
        field => format!("{}-{field} ({})", at.segment.as_str(), at.sequence),
    }
}
