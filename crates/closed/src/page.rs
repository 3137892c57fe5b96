//! The page of a closed door: one piece, no script, no asset, no database.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use jiff::Timestamp;
use registry::notices::Language;
use registry::{Closed, ClosedFor, Profile};

use crate::{Behind, Form};

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

/// What leads on from the page: when it is planned to end; and in a window, which lasts, what is done by hand meanwhile.
struct Ways {
    language: &'static str,
    status: &'static str,
    downtime_form: &'static str,
}

const WAYS: Ways = Ways {
    language: "en",
    status: "Status, and when it is planned to end",
    downtime_form: "A form to print: write down by hand what cannot wait, and enter it when the registry is back",
};
const WAYS_SPANISH: Ways = Ways {
    language: "es",
    status: "Estado, y cuándo debe terminar",
    downtime_form: "Un formulario para imprimir: anote a mano lo que no pueda esperar y regístrelo cuando el registro vuelva",
};

impl Ways {
    fn links(&self, closed: &Closed, behind: Behind) -> String {
        let link = |to: &str, text: &str| format!("<a href=\"{to}\" lang=\"{}\">{text}</a>", self.language);
        match (closed.why, behind) {
            (ClosedFor::Maintenance, Behind::Pages) => {
                format!("{}<br>{}", link("/status", self.status), link("/downtime-form", self.downtime_form))
            }
            (ClosedFor::Maintenance | ClosedFor::Capacity | ClosedFor::Absence, _) => link("/status", self.status),
        }
    }
}

/// The page: what the notices promise, in the visitor's language first, and whom to ask.
pub(crate) fn page(closed: &Closed, headers: &HeaderMap, profile: &Profile, form: Form, behind: Behind) -> String {
    let door = &profile.closed_door;
    let more = |language, not_taken| {
        let until = closed.until.map(|end| planned_end(end, language, profile));
        [until.as_deref(), (form == Form::SentForm).then_some(not_taken)].into_iter().flatten().map(paragraph).collect()
    };
    let mut sections = vec![section("en", &door.heading, &closed.sentence, more(Language::English, NOT_TAKEN))];
    let mut links = vec![WAYS.links(closed, behind)];
    let (mut language, mut heading) = ("en", &door.heading);
    if let Some(spanish) = &door.spanish {
        sections.push(section("es", &spanish.heading, &spanish.sentence, more(Language::Spanish, NOT_TAKEN_SPANISH)));
        links.push(WAYS_SPANISH.links(closed, behind));
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

fn section(language: &str, heading: &str, sentence: &str, more: String) -> String {
    let (heading, sentence) = (escaped(heading), paragraph(sentence));
    format!("<section lang=\"{language}\">\n<h1>{heading}</h1>\n{sentence}{more}</section>\n")
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// When a window is planned to end, on the jurisdiction's clocks.
fn planned_end(end: Timestamp, language: Language, profile: &Profile) -> String {
    let moment = language.moment(&end.to_zoned(profile.time_zone()), str::to_owned);
    match language {
        Language::English => format!("Planned end: {moment}."),
        Language::Spanish => format!("Debe terminar a {moment}."),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile::parse(include_str!("../../../profiles/texas.toml")).expect("the profile is good")
    }

    fn page_of(why: ClosedFor, until: Option<Timestamp>, behind: Behind) -> String {
        let profile = profile();
        let closed = Closed { sentence: profile.closed_door.sentence.clone(), retry_after_seconds: 77, until, why };
        page(&closed, &HeaderMap::new(), &profile, Form::Page, behind)
    }

    #[test]
    fn in_a_window_the_page_leads_to_the_form_for_what_cannot_wait() {
        let in_window = page_of(ClosedFor::Maintenance, None, Behind::Pages);
        assert_eq!(in_window.matches("href=\"/downtime-form\"").count(), 2, "in both languages: {in_window}");
        assert!(in_window.contains(&profile().closed_door.sentence), "the sentence is as it was");
        // Who is turned away for a moment has nothing to write down, and a front has no such page.
        let others = [
            (ClosedFor::Capacity, Behind::Pages),
            (ClosedFor::Absence, Behind::Pages),
            (ClosedFor::Maintenance, Behind::Nobody),
        ];
        for (why, behind) in others {
            let told = page_of(why, None, behind);
            assert!(told.contains("href=\"/status\"") && !told.contains("/downtime-form"), "{told}");
        }
    }

    #[test]
    fn the_page_says_when_the_window_is_planned_to_end() {
        let end = "2024-06-01T10:00:00Z".parse().expect("an instant");
        let told = page_of(ClosedFor::Maintenance, Some(end), Behind::Pages);
        assert!(told.contains("<p>Planned end: 5:00 a.m. Saturday, June 1, 2024 (CT).</p>"), "{told}");
        assert!(told.contains("<p>Debe terminar a las 5:00 a. m. del sábado 1 de junio de 2024 (CT).</p>"), "{told}");
        assert!(!page_of(ClosedFor::Maintenance, None, Behind::Pages).contains("Planned end"));
    }
}
