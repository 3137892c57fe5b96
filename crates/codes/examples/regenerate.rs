//! Makes the built-in tables of CVX, MVX, NDC and VIS anew from their sources, for maintainers:
//!
//! ```text
//! cargo run -p bluebonnet-codes --example regenerate -- codebase.xml ScheduleSupportingData.xml
//! ```
//!
//! The sources are a codebase of the immunization community and the schedule of CDSi's supporting data; any list that
//! `bluebonnet codes import` reads may follow. `tables/corrections.txt` has the last word. `tables/vaccine_groups.txt` and
//! `tables/hl7_tables.txt` are kept by hand. Review the result with `git diff`.

use std::path::Path;
use std::{fs, io};

use bluebonnet_codes::{CodeSetKind, CodeSets, CodeTexts, ImportFile, ImportInput, import};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("tables");
    let mut base = CodeTexts::default();
    base.set(CodeSetKind::VaccineGroups, CodeTexts::builtin().text(CodeSetKind::VaccineGroups).to_owned());

    let mut paths: Vec<_> = std::env::args_os().skip(1).map(std::path::PathBuf::from).collect();
    paths.push(tables.join("corrections.txt"));
    let contents = paths.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let files: Vec<ImportFile> =
        names.iter().zip(&contents).map(|(name, content)| ImportFile { name, content }).collect();

    let groups_alone = CodeSets::from_layers(&[base])?;
    let imported = import(&ImportInput { files: &files, current: &groups_alone })?;
    for note in &imported.notes {
        println!("{note}");
    }
    let sources: Vec<_> = paths.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    for (kind, title, columns) in TABLES {
        let text = imported.texts.text(kind);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let head = format!("# {title}: {} codes. Made by `--example regenerate`;", lines.len());
        let text =
            format!("{head} do not edit.\n# Sources: {}.\n#\n# {columns}\n{}\n", sources.join(", "), lines.join("\n"));
        fs::write(tables.join(kind.file_name()), text)?;
        println!("{}: {} codes", kind.file_name(), lines.len());
    }
    Ok(())
}

const TABLES: [(CodeSetKind, &str, &str); 4] = [
    (
        CodeSetKind::Cvx,
        "Vaccines (CVX)",
        "code | status | groups | in use in the U.S. | flags | short name | full name",
    ),
    (CodeSetKind::Mvx, "Manufacturers (MVX)", "code | status | name"),
    (CodeSetKind::Ndc, "Packages (NDC)", "code | unit of use or of sale | CVX | MVX | sold | trade name"),
    (CodeSetKind::Vis, "Vaccine Information Statements", "document number (GDTI) | edition | CVX | title"),
];
