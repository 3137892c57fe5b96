//! The built-in tables against the sources that they were made from, where those are at hand.

use std::path::PathBuf;

use bluebonnet_codes::{CodeSetKind, CodeSets, CodeTexts, ImportFile, ImportInput, import};
use model::{CodeTables, Cvx};

/// A file of the sources. Without it the test is skipped, but not in continuous integration.
#[expect(clippy::disallowed_methods, reason = "a test asks whether it runs in continuous integration")]
fn source(path: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    match std::fs::read(&path) {
        Ok(content) => Some(content),
        Err(error) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{}: {error}", path.display());
            println!("skipped: {}: {error}", path.display());
            None
        }
    }
}

const CODEBASE: &str = "codes/codebase-2025-01.xml";
const SCHEDULE: &str = "cdsi/supporting-data-4.64/ScheduleSupportingData.xml";

/// Groups alone: what the lists are laid over.
fn groups_alone() -> CodeTexts {
    let mut base = CodeTexts::default();
    base.set(CodeSetKind::VaccineGroups, CodeTexts::builtin().text(CodeSetKind::VaccineGroups).to_owned());
    base
}

fn imported(files: &[ImportFile]) -> CodeSets {
    let base = groups_alone();
    let groups_alone = CodeSets::from_layers(std::slice::from_ref(&base)).expect("our own table");
    let imported = import(&ImportInput { files, current: &groups_alone }).expect("the sources are understood");
    CodeSets::from_layers(&[base, imported.texts]).expect("an import gives tables of our own form")
}

#[test]
fn the_builtin_tables_are_those_that_the_sources_give() {
    let (Some(codebase), Some(schedule)) = (source(CODEBASE), source(SCHEDULE)) else { return };
    let corrections = include_bytes!("../../tables/corrections.txt");
    let files = [
        ImportFile { name: "codebase", content: &codebase },
        ImportFile { name: "schedule", content: &schedule },
        ImportFile { name: "corrections", content: corrections },
    ];
    let made = imported(&files);
    let builtin = CodeSets::builtin();
    assert_eq!(made.vaccines(), builtin.vaccines());
    assert_eq!(made.manufacturers(), builtin.manufacturers());
    assert_eq!(made.packages(), builtin.packages());
    assert_eq!(made.vis_documents(), builtin.vis_documents());
}

#[test]
fn importing_the_codebase_gives_the_facts_of_the_builtin_tables() {
    let Some(codebase) = source(CODEBASE) else { return };
    let made = imported(&[ImportFile { name: "codebase", content: &codebase }]);
    let builtin = CodeSets::builtin();
    assert_eq!((made.vaccines().len(), made.manufacturers().len(), made.vis_documents().len()), (247, 78, 132));
    for vaccine in made.vaccines() {
        let ours = builtin.vaccine(vaccine.cvx).expect("every code of the codebase is built in");
        assert_eq!(vaccine.full_name, ours.full_name, "CVX {}", vaccine.cvx);
        // CDSi knows the groups better: the codebase has none for bivalent OPV and the like.
        let is_part = vaccine.groups.0 & !ours.groups.0 == 0;
        let is_corrected = [29, 34, 71].contains(&vaccine.cvx.0);
        assert!(is_part || is_corrected, "CVX {}", vaccine.cvx);
    }
    let packages_of_two_vaccines: Vec<_> = made
        .packages()
        .iter()
        .filter(|package| builtin.package(package.ndc).is_none_or(|ours| ours.cvx != package.cvx))
        .map(|package| package.ndc.to_string())
        .collect();
    assert_eq!(packages_of_two_vaccines, ["00069-0411-01", "00069-0411-02", "00069-0411-10", "76420-0482-01"]);
    for document in made.vis_documents() {
        let ours = builtin.vis_document(&document.gdti).expect("every statement is built in");
        assert_eq!((document.edition_on, &document.vaccines), (ours.edition_on, &ours.vaccines));
    }
}

#[test]
fn the_groups_are_those_of_cdsi() {
    let Some(schedule) = source(SCHEDULE) else { return };
    let made = imported(&[ImportFile { name: "schedule", content: &schedule }]);
    let builtin = CodeSets::builtin();
    assert_eq!(made.vaccines().len(), 218);
    for vaccine in made.vaccines().iter().filter(|vaccine| vaccine.cvx != Cvx(121)) {
        assert_eq!(vaccine.groups, builtin.vaccine_groups(vaccine.cvx), "CVX {}", vaccine.cvx);
        assert_eq!(Some(vaccine.short_name.as_str()), builtin.vaccine_name(vaccine.cvx));
    }
    let text = String::from_utf8(schedule).expect("UTF-8");
    let section =
        text.split("<vaccineGroups>").nth(1).and_then(|rest| rest.split("</vaccineGroups>").next()).expect("groups");
    let names: Vec<&str> = section.split("<name>").skip(1).filter_map(|rest| rest.split("</name>").next()).collect();
    let ours: Vec<&str> = builtin
        .all_vaccine_groups()
        .iter()
        .filter(|group| group.is_forecast)
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ours);
}
