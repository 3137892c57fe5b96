//! The elements of the release, asked by name; elements that nobody expects are refused.

use super::values::Problem;
use super::xml::Element;

impl Element {
    /// Refuses children of other names.
    pub(super) fn expect_only(&self, names: &[&str]) -> Result<(), Problem> {
        match self.children.iter().find(|child| !names.contains(&child.name.as_str())) {
            None => Ok(()),
            Some(child) => Err(Problem::new(child.line, format!("<{}> is not known in <{}>", child.name, self.name))),
        }
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of this name that say something: `<interval/>` means "not specified".
    pub(super) fn filled<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name && !child.children.is_empty())
    }

    /// The texts of the children of this name that are not empty.
    pub(super) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Element, String)> {
        let children = self.children.iter().filter(move |child| child.name == name);
        children.map(|child| (child, child.text())).filter(|(_, text)| !is_absent(text))
    }

    /// The text of the child of this name, read; `None` when there is none. A second one is refused.
    pub(super) fn read<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let mut texts = self.texts(name);
        let Some((child, text)) = texts.next() else { return Ok(None) };
        if let Some((second, _)) = texts.next() {
            return Err(Problem::new(second.line, format!("a second <{name}> is not expected")));
        }
        read(&text).map(Some).ok_or_else(|| Problem::new(child.line, format!("<{name}> \"{text}\" is not known")))
    }

    /// The same, where there must be one.
    pub(super) fn require<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
        self.read(name, read)?.ok_or_else(|| Problem::new(self.line, format!("<{}> has no <{name}>", self.name)))
    }
}

fn is_absent(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("n/a")
}
