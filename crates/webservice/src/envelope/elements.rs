//! Walks through the elements of a document, one after the other, within limits.

use std::borrow::Cow;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::{Error, NsReader, XmlVersion, errors::IllFormedError};

use super::characters::{find_forbidden, is_forbidden, is_name};
use super::{ExpandedName, Refusal};

/// Elements inside elements; signed WS-Security headers need a dozen.
const DEPTH_MAXIMUM: usize = 32;
/// Elements of one envelope.
const ELEMENTS_MAXIMUM: usize = 4096;
/// Attributes of one element.
const ATTRIBUTES_MAXIMUM: usize = 64;

/// An opened element.
pub(super) struct Element {
    pub(super) name: ExpandedName,
    /// Those in a namespace; others mean nothing here.
    attributes: Vec<(ExpandedName, String)>,
}

impl Element {
    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.name.namespace == namespace && self.name.name == name
    }

    /// The value of an attribute, without blanks around it.
    pub(super) fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        let wanted = |found: &ExpandedName| found.namespace == namespace && found.name == name;
        self.attributes.iter().find(|(found, _)| wanted(found)).map(|(_, value)| value.trim())
    }
}

/// What comes next in a document.
enum Node<'t> {
    Start(Element),
    End,
    Text(Cow<'t, str>),
    Finished,
}

/// The elements of one document.
pub(super) struct Elements<'t> {
    reader: NsReader<&'t [u8]>,
    depth: usize,
    count: usize,
    has_declaration: bool,
}

impl<'t> Elements<'t> {
    pub(super) fn of(text: &'t str) -> Elements<'t> {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_comments = true;
        Elements { reader, depth: 0, count: 0, has_declaration: false }
    }

    /// Opens the root element.
    pub(super) fn root(&mut self) -> Result<Element, Refusal> {
        match self.next_markup()? {
            Node::Start(element) => Ok(element),
            _ => Err(self.refuse("there is no XML element")),
        }
    }

    /// Opens the next child of the element that is open; `None` at its end.
    pub(super) fn next_child(&mut self) -> Result<Option<Element>, Refusal> {
        match self.next_markup()? {
            Node::Start(element) => Ok(Some(element)),
            _ => Ok(None),
        }
    }

    /// Passes over the rest of the open element.
    pub(super) fn skip(&mut self) -> Result<(), Refusal> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// The text of the open element; `None` if it has children.
    pub(super) fn text(&mut self) -> Result<Option<String>, Refusal> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Node::Text(part) => text.push_str(&part),
                Node::Start(_) => return Ok(None),
                Node::End | Node::Finished => return Ok(Some(text)),
            }
        }
    }

    /// Makes sure that nothing comes after the root.
    pub(super) fn finish(&mut self) -> Result<(), Refusal> {
        match self.next_markup()? {
            Node::Finished => Ok(()),
            _ => Err(self.refuse("there is more after the end of the envelope")),
        }
    }

    /// The next start, end or finish; text between elements may only be white space.
    fn next_markup(&mut self) -> Result<Node<'t>, Refusal> {
        loop {
            match self.next()? {
                Node::Text(text) if is_white_space(&text) => {}
                Node::Text(_) => return Err(self.refuse("there is text where only elements may be")),
                markup => return Ok(markup),
            }
        }
    }

    fn next(&mut self) -> Result<Node<'t>, Refusal> {
        loop {
            let event = self.reader.read_event().map_err(|error| self.refuse_xml(&error))?;
            match event {
                Event::Start(start) => return self.open(&start).map(Node::Start),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Node::End);
                }
                Event::Text(text) if text.contains("]]>") => return Err(self.refuse("]]> must be written ]]&gt;")),
                Event::Text(text) => return Ok(Node::Text(text.xml10_content())),
                Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 => {
                    return Err(self.refuse("there is text outside the root element"));
                }
                Event::CData(text) => return Ok(Node::Text(text.xml10_content())),
                Event::GeneralRef(reference) => return self.resolve(&reference).map(Node::Text),
                Event::Decl(_) if self.count == 0 && !self.has_declaration => self.has_declaration = true,
                Event::Comment(_) => {}
                Event::Eof if self.depth == 0 => return Ok(Node::Finished),
                Event::Eof => return Err(self.refuse("it ends before the envelope does")),
                Event::DocType(_) => return Err(self.refuse("a document type declaration (DOCTYPE) is not allowed")),
                Event::Decl(_) | Event::PI(_) => return Err(self.refuse("a processing instruction is not allowed")),
                Event::Empty(_) => return Err(self.refuse("an empty element was not expanded")),
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Element, Refusal> {
        self.depth += 1;
        self.count += 1;
        if self.depth > DEPTH_MAXIMUM {
            return Err(self.refuse(&format!("elements are nested more than {DEPTH_MAXIMUM} deep")));
        }
        if self.count > ELEMENTS_MAXIMUM {
            return Err(self.refuse(&format!("there are more than {ELEMENTS_MAXIMUM} elements")));
        }
        let name = self.expand(start.name(), Kind::Element)?;
        Ok(Element { name, attributes: self.attributes(start)? })
    }

    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<(ExpandedName, String)>, Refusal> {
        // Counted first, because looking for duplicates compares every attribute with every other.
        if start.attributes().with_checks(false).count() > ATTRIBUTES_MAXIMUM {
            return Err(self.refuse(&format!("an element has more than {ATTRIBUTES_MAXIMUM} attributes")));
        }
        let mut attributes: Vec<(ExpandedName, String)> = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| self.refuse_xml(&error.into()))?;
            let value = self.attribute_value(&attribute)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let name = self.expand(attribute.key, Kind::Attribute)?;
            if name.namespace.is_empty() {
                continue;
            }
            if attributes.iter().any(|(other, _)| *other == name) {
                return Err(self.refuse("an element has the same attribute twice"));
            }
            attributes.push((name, value));
        }
        Ok(attributes)
    }

    fn attribute_value(&self, attribute: &Attribute<'_>) -> Result<String, Refusal> {
        if attribute.value.contains('<') {
            return Err(self.refuse("in an attribute, < must be written &lt;"));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| self.refuse_xml(&error))?;
        match find_forbidden(&value) {
            Some(_) => Err(self.refuse("an attribute refers to a character that XML does not allow")),
            None => Ok(value.into_owned()),
        }
    }

    fn expand(&self, name: QName<'_>, kind: Kind) -> Result<ExpandedName, Refusal> {
        let resolver = self.reader.resolver();
        let (namespace, local) = match kind {
            Kind::Element => resolver.resolve_element(name),
            Kind::Attribute => resolver.resolve_attribute(name),
        };
        let local = local.into_inner();
        if !is_name(local) || name.prefix().is_some_and(|prefix| !is_name(prefix.into_inner())) {
            return Err(self.refuse("an element or attribute has a name that XML does not allow"));
        }
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.into_inner(),
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(prefix) => {
                return Err(self.refuse(&format!("the prefix {prefix} is not declared")));
            }
        };
        Ok(ExpandedName { namespace: namespace.to_owned(), name: local.to_owned() })
    }

    fn resolve(&self, reference: &BytesRef<'_>) -> Result<Cow<'t, str>, Refusal> {
        match reference.resolve_char_ref().map_err(|error| self.refuse_xml(&error))? {
            Some('\r') => Ok(Cow::Borrowed("\r")),
            Some(character) if is_forbidden(character) => {
                Err(self.refuse("there is a reference to a character that XML does not allow"))
            }
            Some(character) => Ok(Cow::Owned(character.to_string())),
            None => match quick_xml::escape::resolve_predefined_entity(reference) {
                Some(text) => Ok(Cow::Borrowed(text)),
                None => Err(self.refuse(UNESCAPED_AMPERSAND)),
            },
        }
    }

    fn refuse_xml(&self, error: &Error) -> Refusal {
        match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => self.refuse(UNESCAPED_AMPERSAND),
            error => self.refuse(&error.to_string()),
        }
    }

    fn refuse(&self, sentence: &str) -> Refusal {
        let position = self.reader.error_position().max(self.reader.buffer_position());
        Refusal::Unreadable(format!("{sentence} (near byte {position})"))
    }
}

/// Whether a name without a prefix belongs to the default namespace.
enum Kind {
    Element,
    Attribute,
}

const UNESCAPED_AMPERSAND: &str = "an ampersand must be written &amp; in XML (MSH-2 becomes ^~\\&amp;), \
    and the only entities are amp, lt, gt, quot and apos";

fn is_white_space(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}
