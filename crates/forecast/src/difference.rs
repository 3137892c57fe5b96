//! What a new schedule changes, line by line of the text form, for a clinician to read.

use std::fmt;

use crate::facts::ScheduleFacts;
use crate::text::write;

/// One place that differs: its lines before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The file of the text form.
    pub file: String,
    /// What the lines belong to: `series HepB 3-dose series`, `dose 2`.
    pub within: String,
    /// Lines that go.
    pub removed: Vec<String>,
    /// Lines that come.
    pub added: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.within)?;
        self.removed.iter().try_for_each(|line| write!(f, "\n  - {line}"))?;
        self.added.iter().try_for_each(|line| write!(f, "\n  + {line}"))
    }
}

/// What `new` changes in `known`: section by section (a series and its doses, the list of vaccines), the lines that go and come.
/// Names of sources and of the schedule are not compared.
pub fn differences(known: &ScheduleFacts, new: &ScheduleFacts) -> Vec<Difference> {
    let (known, new) = (sections(known), sections(new));
    let mut differences = Vec::new();
    for section in &known {
        let same = new.iter().find(|other| other.key() == section.key());
        let lines = same.map_or(&[][..], |same| &same.lines);
        section.compare(lines, &mut differences);
    }
    for section in new.iter().filter(|section| !known.iter().any(|other| other.key() == section.key())) {
        let added = section.lines.clone();
        differences.push(Difference { removed: Vec::new(), added, ..section.header() });
    }
    differences
}

/// Lines that belong together.
struct Section {
    file: String,
    within: String,
    lines: Vec<String>,
}

impl Section {
    fn key(&self) -> (&str, &str) {
        (&self.file, &self.within)
    }

    fn header(&self) -> Difference {
        let (file, within) = (self.file.clone(), self.within.clone());
        Difference { file, within, removed: Vec::new(), added: Vec::new() }
    }

    fn compare(&self, new: &[String], differences: &mut Vec<Difference>) {
        let removed: Vec<String> = self.lines.iter().filter(|line| !new.contains(line)).cloned().collect();
        let added: Vec<String> = new.iter().filter(|line| !self.lines.contains(line)).cloned().collect();
        let is_reordered = removed.is_empty() && added.is_empty() && self.lines != new;
        if is_reordered {
            differences.push(Difference { removed: self.lines.clone(), added: new.to_vec(), ..self.header() });
        } else if !removed.is_empty() || !added.is_empty() {
            differences.push(Difference { removed, added, ..self.header() });
        }
    }
}

/// Cuts the text form into sections: an antigen's head, a series, a dose of a series.
fn sections(facts: &ScheduleFacts) -> Vec<Section> {
    let mut sections = Vec::new();
    for file in write(facts) {
        let (mut series, mut dose) = (String::new(), String::new());
        for line in file.text.lines() {
            let text = line.trim();
            if text.is_empty() || text.starts_with('#') || text.starts_with("source ") || text.starts_with("schedule ")
            {
                continue;
            }
            if line.starts_with("series ") {
                (series, dose) = (text.to_owned(), String::new());
            } else if line.starts_with("  dose ") {
                dose = format!(", {text}");
            }
            let within = if series.is_empty() { "general".to_owned() } else { format!("{series}{dose}") };
            match sections.last_mut() {
                Some(Section { file: known, within: last, lines }) if *known == file.name && *last == within => {
                    lines.push(text.to_owned());
                }
                _ => sections.push(Section { file: file.name.clone(), within, lines: vec![text.to_owned()] }),
            }
        }
    }
    sections
}
