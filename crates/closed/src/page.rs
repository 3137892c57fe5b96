//! The page of a closed door: one piece, no script, no asset, no database.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use registry::{Closed, Profile};

use crate::Form;

/// The page needs its own style and nothing else.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                                 frame-ancestors 'none'";

const STYLE: &str = "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7fb;color:#1b2333;\
font:1.0625rem/1.6 system-ui,sans-serif}main{max-width:36rem;margin:1.5rem;padding:2.5rem;background:#fff;\
border-top:.375rem solid #34508f;border-radius:.5rem;box-shadow:0 1px 3px #1b233326}h1{margin:0 0 1rem;\
font-size:1.75rem;line-height:1.25}section+section{margin-top:2rem;padding-top:2rem;border-top:1px solid #d9deea}\
section+section h1{font-size:1.25rem}p{margin:0 0 1rem}a{color:#2a4a91}footer{margin-top:2rem;font-size:.9375rem;\
color:#4a5468}@media(prefers-color-scheme:dark){body{background:#141a26;color:#e6e9f2}main{background:#1d2535;\
border-color:#8fa8e0}a{color:#a9bff0}footer{color:#b3bccd}section+section{border-color:#38435a}}";

/// What happened to a form that was sent. A browser sends it again when its answer is loaded again; it is taken while the
/// session lasts that it was made for.
const NOT_TAKEN: &str = "What you entered was not stored. If the registry opens again while you are still signed in, load this \
                         page again: your browser then offers to send it once more. Later it must be entered anew.";
const NOT_TAKEN_SPANISH: &str = "Lo que escribió no se ha guardado. Si el registro vuelve a abrir mientras su sesión siga abierta, \
                                 vuelva a cargar esta página: su navegador ofrece entonces enviarlo otra vez. Más tarde hay que \
                                 escribirlo de nuevo.";

/// The page: what the notices promise, in the visitor's language first, and whom to ask.
pub(crate) fn page(closed: &Closed, headers: &HeaderMap, profile: &Profile, form: Form) -> String {
    let door = &profile.closed_door;
    let not_taken = |words| (form == Form::SentForm).then_some(words);
    let mut sections = vec![section("en", &door.heading, &closed.sentence, not_taken(NOT_TAKEN))];
    let mut links = vec!["<a href=\"/status\" lang=\"en\">Status, and when it is planned to end</a>"];
    let (mut language, mut heading) = ("en", &door.heading);
    if let Some(spanish) = &door.spanish {
        sections.push(section("es", &spanish.heading, &spanish.sentence, not_taken(NOT_TAKEN_SPANISH)));
        links.push("<a href=\"/status\" lang=\"es\">Estado, y cuándo debe terminar</a>");
        if prefers_spanish(headers) {
            sections.reverse();
            links.reverse();
            (language, heading) = ("es", &spanish.heading);
        }
    }
    let body = format!(
        "{sections}<footer>\n<p>{links}</p>\n\
         <p>{full_name}<br>{web} · {exchange}</p>\n</footer>\n",
        sections = sections.concat(),
        links = links.join("<br>"),
        full_name = escaped(&profile.registry.name),
        web = escaped(&profile.contacts.web_application),
        exchange = escaped(&profile.contacts.data_exchange),
    );
    document(language, &format!("{heading} – {}", profile.registry.short_name), &body)
}

/// A whole document in the style of the closed door.
pub(crate) fn document(language: &str, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        title = escaped(title),
    )
}

fn section(language: &str, heading: &str, sentence: &str, more: Option<&str>) -> String {
    let (heading, sentence) = (escaped(heading), escaped(sentence));
    let more = more.map(|more| format!("<p>{}</p>\n", escaped(more))).unwrap_or_default();
    format!("<section lang=\"{language}\">\n<h1>{heading}</h1>\n<p>{sentence}</p>\n{more}</section>\n")
}

/// Whether Spanish comes before English in what the browser asks for.
pub(crate) fn prefers_spanish(headers: &HeaderMap) -> bool {
    let languages = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let place = |language: &str| {
        languages.split(',').position(|asked| {
            let tag = asked.split([';', '-']).next().unwrap_or_default().trim();
            tag.eq_ignore_ascii_case(language)
        })
    };
    match (place("es"), place("en")) {
        (Some(spanish), Some(english)) => spanish < english,
        (spanish, _) => spanish.is_some(),
    }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
