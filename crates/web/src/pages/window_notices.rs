//! What the notices of a window say: to whom, in which language, before anybody is told; and which were sent.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use model::{Audience, NoticePart};

use super::status::{composer, of_notices};
use super::window::find;
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "window_notices.html")]
struct NoticesView {
    page: Page,
    form: Form,
    id: String,
    times: String,
    audiences: Vec<Choice>,
    languages: Vec<Choice>,
    notice: NoticeView,
    /// Occasion and time of those that were made.
    made: Vec<(String, String)>,
}

struct NoticeView {
    language: String,
    subject: String,
    opening: Vec<String>,
    sections: Vec<(String, Vec<PartView>)>,
}

/// A part of a section: paragraph, list, or named addresses.
enum PartView {
    Paragraph(String),
    List(Vec<String>),
    Named(Vec<(String, String)>),
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows/{id}/notices", get(notices))
}

async fn notices(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    let language = signed_in.language();
    let audience = Audience::parse(&signed_in.parameter("audience")).unwrap_or(Audience::AllUsers);
    let written = Language::parse(&signed_in.parameter("language")).unwrap_or(language);
    let registry = signed_in.registry();
    let public_url = signed_in.web().settings.public_url.as_deref();
    let notice = registry.preview_notice(&signed_in.admission, &window, of_notices(written), audience, public_url);
    let made = registry.notices_of_window(&signed_in.admission, window.id)?;
    let mut form = Form::default();
    form.set("audience", audience.word());
    form.set("language", written.tag());
    let audience_name = |audience: Audience| {
        Choice::new(audience.word(), language.text(&format!("window.audience_{}", audience.word())))
    };
    let made = made
        .into_iter()
        .map(|(occasion, at)| (occasion_name(&occasion, language), dates::moment(registry, at, language)));
    show(&NoticesView {
        page: signed_in.page(language.text("window.notices")),
        form,
        id: window.id.to_string(),
        times: composer(registry, language).times(&window),
        audiences: Audience::ALL.map(audience_name).into(),
        languages: Language::ALL.map(|language| Choice::new(language.tag(), language.own_name())).into(),
        notice: NoticeView {
            language: notice.language,
            subject: notice.subject,
            opening: notice.opening,
            sections: notice.sections.into_iter().map(|section| (section.heading, parts(section.parts))).collect(),
        },
        made: made.collect(),
    })
}

fn parts(parts: Vec<NoticePart>) -> Vec<PartView> {
    let view = |part| match part {
        NoticePart::Paragraph(text) => PartView::Paragraph(text),
        NoticePart::List(lines) => PartView::List(lines),
        NoticePart::Contacts(contacts) => PartView::Named(contacts),
        NoticePart::Link(what, address) => PartView::Named(vec![(what, address)]),
    };
    parts.into_iter().map(view).collect()
}

/// The occasion of a key (`reminder_24h/0`) in words.
fn occasion_name(key: &str, language: Language) -> String {
    let word = key.split('/').next().unwrap_or_default();
    language.find_text(&format!("window.occasion_{word}")).unwrap_or(word).to_owned()
}
