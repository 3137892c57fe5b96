//! A notice written out: plain text, and HTML that every mail program shows.

use model::{Notice, NoticePart};

/// The width of a line of plain text.
const WIDTH: usize = 76;

/// The notice as plain text. `footer` stands below it.
pub fn plain_text(notice: &Notice, footer: &[String]) -> String {
    let mut text = String::new();
    for paragraph in &notice.opening {
        wrap(&mut text, "", paragraph);
        text.push('\n');
    }
    for section in &notice.sections {
        if !section.heading.is_empty() {
            text.push_str(&section.heading);
            text.push('\n');
            text.push_str(&"-".repeat(section.heading.chars().count()));
            text.push('\n');
        }
        for part in &section.parts {
            match part {
                NoticePart::Paragraph(paragraph) => wrap(&mut text, "", paragraph),
                NoticePart::List(items) => items.iter().for_each(|item| wrap(&mut text, "* ", item)),
                NoticePart::Contacts(contacts) => {
                    contacts.iter().for_each(|(what, address)| wrap(&mut text, "* ", &format!("{what} – {address}")));
                }
                NoticePart::Link(what, address) => text.push_str(&format!("{what}:\n{address}\n")),
            }
            text.push('\n');
        }
    }
    if !footer.is_empty() {
        text.push_str("--\n");
        footer.iter().for_each(|line| wrap(&mut text, "", line));
    }
    text
}

/// The notice as a whole HTML document, without script and without anything to load.
pub fn html(notice: &Notice, footer: &[String]) -> String {
    let mut body = format!("<h1 style=\"font-size:1.4em\">{}</h1>\n", escaped(&notice.subject));
    for paragraph in &notice.opening {
        body.push_str(&format!("<p>{}</p>\n", escaped(paragraph)));
    }
    for section in &notice.sections {
        if !section.heading.is_empty() {
            body.push_str(&format!("<h2 style=\"font-size:1.15em\">{}</h2>\n", escaped(&section.heading)));
        }
        section.parts.iter().for_each(|part| body.push_str(&html_part(part)));
    }
    if !footer.is_empty() {
        body.push_str("<hr>\n<p style=\"font-size:0.9em\">");
        let lines: Vec<String> = footer.iter().map(|line| linked(line)).collect();
        body.push_str(&lines.join("<br>\n"));
        body.push_str("</p>\n");
    }
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:40em;margin:1em auto;padding:0 1em\">\n\
         {body}</body>\n</html>\n",
        notice.language,
        escaped(&notice.subject),
    )
}

fn html_part(part: &NoticePart) -> String {
    match part {
        NoticePart::Paragraph(paragraph) => format!("<p>{}</p>\n", escaped(paragraph)),
        NoticePart::List(items) => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
        NoticePart::Contacts(contacts) => {
            let item = |(what, address): &(String, String)| {
                let address = escaped(address);
                format!("<li>{} – <a href=\"mailto:{address}\">{address}</a></li>\n", escaped(what))
            };
            format!("<ul>\n{}</ul>\n", contacts.iter().map(item).collect::<String>())
        }
        NoticePart::Link(what, address) => format!("<p>{}: {}</p>\n", escaped(what), linked(address)),
    }
}

/// An address as a link; other text as it is.
fn linked(text: &str) -> String {
    let escaped = escaped(text);
    if text.starts_with("https://") || text.starts_with("http://") {
        format!("<a href=\"{escaped}\">{escaped}</a>")
    } else {
        escaped
    }
}

/// Text for HTML and XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Adds a paragraph, its lines broken between words; lines after the first stand under the text of the first.
fn wrap(text: &mut String, mark: &str, paragraph: &str) {
    let indent = " ".repeat(mark.chars().count());
    let mut line = mark.to_owned();
    let mut is_begun = false;
    for word in paragraph.split_whitespace() {
        if is_begun && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line.clone_from(&indent);
            is_begun = false;
        }
        if is_begun {
            line.push(' ');
        }
        line.push_str(word);
        is_begun = true;
    }
    text.push_str(&line);
    text.push('\n');
}
