//! A small tree of an XML file, with the line that each element stands on.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Problem;

/// An element. Attributes are kept as they are written.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) line: usize,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    text: String,
}

impl Element {
    /// The text of the element itself, without white space around it and with single spaces in it.
    pub(super) fn text(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of this name.
    pub(super) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name; empty when there is none.
    pub(super) fn text_of(&self, name: &str) -> String {
        self.child(name).map(Element::text).unwrap_or_default()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Elements deeper than this are refused: no list of CDC comes near it.
const DEPTH_LIMIT: usize = 32;

/// Reads a file. A bare `&`, which CDC's files contain, stands for itself; a document type is refused.
pub(super) fn parse(text: &str) -> Result<Element, Problem> {
    let text = escape_bare_ampersands(text);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let mut lines = LineCounter { text: &text, offset: 0, line: 1 };
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let line = lines.line_at(reader.buffer_position());
        let event = reader.read_event().map_err(|error| Problem::new(line, format!("not well-formed XML: {error}")))?;
        let innermost = open.last_mut().expect("the root of all elements stays open");
        match event {
            Event::Start(start) => {
                let mut element = Element { name: start.local_name().as_ref().to_owned(), line, ..Element::default() };
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(|error| Problem::new(line, error.to_string()))?;
                    element.attributes.push((attribute.key.as_ref().to_owned(), attribute.value.into_owned()));
                }
                if open.len() >= DEPTH_LIMIT {
                    return Err(Problem::new(line, format!("elements stand more than {DEPTH_LIMIT} deep")));
                }
                open.push(element);
            }
            Event::End(_) => {
                let element = open.pop().expect("the reader checks that tags are paired");
                open.last_mut().expect("the root of all elements stays open").children.push(element);
            }
            Event::Text(text) => innermost.text.push_str(&text.xml10_content()),
            Event::CData(text) => innermost.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => innermost.text.push_str(&resolve(&reference, line)?),
            Event::DocType(_) => return Err(Problem::new(line, "a document type is not accepted")),
            Event::Eof => break,
            Event::Empty(_) => unreachable!("empty elements are expanded"),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let root = if open.len() == 1 { open.pop().and_then(|mut outer| outer.children.pop()) } else { None };
    root.ok_or_else(|| Problem::new(0, "the XML ends too early"))
}

fn resolve(reference: &quick_xml::events::BytesRef, line: usize) -> Result<String, Problem> {
    let name = reference.xml10_content();
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let known = quick_xml::escape::resolve_predefined_entity(&name);
    known.map(str::to_owned).ok_or_else(|| Problem::new(line, format!("\"&{name};\" is not known")))
}

fn escape_bare_ampersands(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut escaped = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let name = piece.split(';').next().filter(|name| piece.len() > name.len());
        let is_reference = name.is_some_and(|name| {
            let name = name.strip_prefix('#').unwrap_or(name);
            (1..=8).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        escaped.push_str(if is_reference { "&" } else { "&amp;" });
        escaped.push_str(piece);
    }
    escaped
}

/// Counts lines while a reader goes forward.
struct LineCounter<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn line_at(&mut self, position: u64) -> usize {
        let position = usize::try_from(position).unwrap_or(self.text.len()).min(self.text.len());
        let passed = &self.text.as_bytes()[self.offset..position];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.offset = position;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_know_their_text_and_line() {
        let root =
            parse("<a>\n <b k='v'>one &amp; <![CDATA[two]]> & three &#65;</b>\n <b/>\n</a>").expect("well-formed");
        let b = root.child("b").expect("a child");
        assert_eq!((b.text().as_str(), b.line, b.attribute("k")), ("one & two & three A", 2, Some("v")));
        assert_eq!(root.children_named("b").count(), 2);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["<a><b></a>", "<a>", "", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>&unheard;</a>"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"<a>".repeat(1000)).is_err());
    }
}
