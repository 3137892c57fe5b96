//! A small tree of an XML file, with the line that each element stands on.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::values::Problem;

/// An element; the release has no attributes that matter.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) children: Vec<Element>,
    text: String,
}

impl Element {
    /// The text of the element itself, without white space around it and with single spaces in it.
    pub(super) fn text(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Elements deeper than this are refused: no release comes near it.
const DEPTH_LIMIT: usize = 16;

/// Reads a file; a document type is refused.
pub(super) fn parse(content: &[u8]) -> Result<Element, Problem> {
    let text = std::str::from_utf8(content).map_err(|_| Problem::new(0, "the file is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut line, mut counted) = (1, 0);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
        line += text.as_bytes()[counted..position].iter().filter(|byte| **byte == b'\n').count();
        counted = position;
        let event = reader.read_event().map_err(|error| Problem::new(line, format!("not well-formed XML: {error}")))?;
        let innermost = open.last_mut().expect("the root of all elements stays open");
        match event {
            Event::Start(start) => {
                if open.len() >= DEPTH_LIMIT {
                    return Err(Problem::new(line, format!("elements stand more than {DEPTH_LIMIT} deep")));
                }
                open.push(Element { name: start.local_name().as_ref().to_owned(), line, ..Element::default() });
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
    root.ok_or_else(|| Problem::new(line, "the XML ends too early"))
}

fn resolve(reference: &quick_xml::events::BytesRef, line: usize) -> Result<String, Problem> {
    let name = reference.xml10_content();
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let known = quick_xml::escape::resolve_predefined_entity(&name);
    known.map(str::to_owned).ok_or_else(|| Problem::new(line, format!("\"&{name};\" is not known")))
}
