//! Reads CDC's release of CDSi supporting data (XML) as facts. What is not known is refused, with its file and line: a new element may
//! be a new rule. Sentences that explain rules are left behind.

mod antigen;
mod nodes;
mod release;
mod target_dose;
mod values;
mod xml;

use sha2::{Digest, Sha256};

use crate::facts::{ScheduleFacts, SourceFile};
use crate::text::antigen_file_name;

/// One file of a release.
#[derive(Clone, Copy, Debug)]
pub struct ImportFile<'a> {
    /// Its name, for messages and for the list of sources.
    pub name: &'a str,
    /// Its bytes, UTF-8.
    pub content: &'a [u8],
}

/// Why nothing was imported.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// Something was not understood.
    #[error("{file} line {line}: {reason}")]
    Refused {
        /// The file's name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The release needs exactly one file of the schedule as a whole, and files of antigens.
    #[error("{0}")]
    Incomplete(String),
}

/// Reads a release: `ScheduleSupportingData.xml` and a file for each antigen, in any order. Schema files (`.xsd`) are passed over.
///
/// # Errors
/// [`ImportError`] with the first place that is not understood; then nothing is imported.
pub fn import(name: &str, files: &[ImportFile]) -> Result<ScheduleFacts, ImportError> {
    let mut facts = ScheduleFacts { name: name.to_owned(), ..ScheduleFacts::default() };
    let mut releases = 0;
    let mut files: Vec<&ImportFile> = files.iter().filter(|file| !file.name.ends_with(".xsd")).collect();
    files.sort_by_key(|file| file.name);
    for file in files {
        facts.sources.push(SourceFile { sha256: sha256(file.content), name: file.name.to_owned() });
        let refused = |problem: values::Problem| ImportError::Refused {
            file: file.name.to_owned(),
            line: problem.line,
            reason: problem.reason,
        };
        let root = xml::parse(file.content).map_err(refused)?;
        match root.name.as_str() {
            "scheduleSupportingData" => {
                releases += 1;
                release::read(&root, &mut facts).map_err(refused)?;
            }
            "antigenSupportingData" => facts.antigens.push(antigen::read(&root).map_err(refused)?),
            other => return Err(refused(values::Problem::new(root.line, format!("<{other}> is not known")))),
        }
    }
    if releases != 1 || facts.antigens.is_empty() {
        let found = format!("{releases} files of the schedule and {} of antigens", facts.antigens.len());
        return Err(ImportError::Incomplete(format!(
            "one file of the schedule and files of antigens are needed, not {found}"
        )));
    }
    facts.antigens.sort_by_key(|antigen| antigen_file_name(&antigen.name));
    Ok(facts)
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
