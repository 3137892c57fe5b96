//! The Atom feed (RFC 4287): one entry for each window, updated with it.

use jiff::Timestamp;
use model::MaintenanceWindow;

use crate::board::{BoardWindow, is_public};
use crate::render::escaped;
use crate::{Board, Composer};

/// The feed. `url` is where the public pages are; empty when nobody said.
pub fn atom_feed(board: &Board, windows: &[MaintenanceWindow], composer: &Composer, url: &str) -> String {
    let url = url.trim_end_matches('/');
    let shown = board.current.iter().chain(&board.upcoming).chain(&board.past);
    let entries: String = shown.map(|window| entry(window, windows, composer, url)).collect();
    let updated = windows.iter().filter(|window| is_public(window)).filter_map(MaintenanceWindow::changed_at).max();
    let updated = updated.unwrap_or(Timestamp::UNIX_EPOCH);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{language}\">\n\
         <id>urn:bluebonnet:status:{id}</id>\n<title>{title}</title>\n<updated>{updated}</updated>\n\
         <author><name>{title}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{url}/status.atom\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{url}/status\"/>\n{entries}</feed>\n",
        language = composer.language().tag(),
        id = urn_part(&board.registry),
        title = escaped(&board.registry),
    )
}

fn entry(window: &BoardWindow, windows: &[MaintenanceWindow], composer: &Composer, url: &str) -> String {
    let Some(record) = windows.iter().find(|record| record.id.to_string() == window.id) else { return String::new() };
    let occasion = crate::compose_for_feed(record, composer);
    let published = record.announced_at().or(record.started_at).unwrap_or(record.starts_at);
    format!(
        "<entry>\n<id>urn:uuid:{id}</id>\n<title>{title}</title>\n<published>{published}</published>\n\
         <updated>{updated}</updated>\n<category term=\"{kind}\"/>\n<category term=\"{state}\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{url}/status#{anchor}\"/>\n\
         <content type=\"text\">{text}</content>\n</entry>\n",
        id = record.id.0.hyphenated(),
        title = escaped(&occasion.subject),
        updated = record.changed_at().unwrap_or(published),
        kind = window.kind,
        state = window.state,
        anchor = window.id,
        text = escaped(&crate::plain_text(&occasion, &[])),
    )
}

/// Letters, digits and hyphens of a name.
fn urn_part(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect()
}
