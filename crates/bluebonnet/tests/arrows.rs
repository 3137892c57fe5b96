//! Holds the workspace against the table of arrows in ARCHITECTURE.md: which crate may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What one row of the table allows.
#[derive(PartialEq, Eq, Debug, Default)]
struct Row {
    /// Crates of the workspace.
    may_use: BTreeSet<String>,
    /// Crates from outside; `None` where the table does not say.
    from_outside: Option<BTreeSet<String>>,
}

type Table = BTreeMap<String, Row>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reads the table whose head is `| crate | may use | from outside |`.
fn read_table(text: &str) -> Table {
    let cells = |line: &str| -> Vec<BTreeSet<String>> {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`').to_owned()))
            .map(|names| names.filter(|name| !name.is_empty()).collect())
            .collect()
    };
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate | may use | from outside |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(cells)
        .flat_map(|row| {
            let [crates, may_use, from_outside] = row.try_into().expect("a row of the table has three cells");
            let from_outside = Some(from_outside).filter(|names| !names.is_empty());
            crates
                .into_iter()
                .map(move |name| (name, Row { may_use: may_use.clone(), from_outside: from_outside.clone() }))
        })
        .collect()
}

/// The arrows of the workspace that the table lacks.
fn missing_arrows(table: &Table, metadata: &serde_json::Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().expect("cargo lists packages");
    let folder = |name: &str| name.strip_prefix("bluebonnet-").unwrap_or(name).to_owned();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut missing = Vec::new();
    for package in packages {
        let name = folder(package["name"].as_str().expect("a package has a name"));
        let Some(row) = table.get(&name) else {
            missing.push(format!("{name} has no row"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().expect("cargo lists dependencies");
        for dependency in dependencies.iter().filter(|dependency| dependency["kind"].is_null()) {
            let used = dependency["name"].as_str().expect("a dependency has a name");
            let is_allowed = match ours.contains(used) {
                true => row.may_use.contains(&folder(used)),
                false => row.from_outside.as_ref().is_none_or(|names| names.contains(used)),
            };
            if !is_allowed {
                missing.push(format!("{name} -> {}", folder(used)));
            }
        }
    }
    missing
}

#[test]
fn every_arrow_between_crates_is_in_the_table_of_the_architecture() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is read");
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata = serde_json::from_slice(&cargo.stdout).expect("cargo metadata is JSON");
    let missing = missing_arrows(&read_table(&page), &metadata);
    assert!(missing.is_empty(), "ARCHITECTURE.md lacks: {}", missing.join(", "));
}

#[test]
fn an_arrow_that_the_table_lacks_is_found() {
    let table = read_table(
        "| crate | may use | from outside |\n|---|---|---|\n| `model` | | `serde` |\n| `hl7`, `codes` | `model` | |\n",
    );
    assert_eq!(table.len(), 3);
    let metadata = serde_json::json!({ "packages": [
        { "name": "bluebonnet-model", "dependencies": [
            { "name": "serde", "kind": null }, { "name": "rusqlite", "kind": null },
            { "name": "proptest", "kind": "dev" }] },
        { "name": "bluebonnet-hl7", "dependencies": [
            { "name": "bluebonnet-model", "kind": null }, { "name": "memchr", "kind": null }] },
        { "name": "bluebonnet-codes", "dependencies": [{ "name": "bluebonnet-hl7", "kind": null }] },
        { "name": "bluebonnet-portal", "dependencies": [] },
    ]});
    assert_eq!(missing_arrows(&table, &metadata), ["model -> rusqlite", "codes -> hl7", "portal has no row"]);
}
