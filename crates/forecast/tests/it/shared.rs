//! Material that others have written, beside the repository.

use std::path::{Path, PathBuf};

/// The folder of shared material. Without it a test says that it skipped; where all tests must run it fails.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::disallowed_methods, reason = "a test asks where it runs")]
    let must_run = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!must_run, "{} is missing", folder.display());
    eprintln!("skipped: {} is missing", folder.display());
    None
}

/// The text of a shared file.
pub(crate) fn read(path: &str) -> Option<String> {
    folder().map(|folder| std::fs::read_to_string(folder.join(path)).expect("the file is there"))
}

/// The files of a shared folder: names and bytes.
pub(crate) fn read_folder(path: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let entries = std::fs::read_dir(folder()?.join(path)).expect("the folder is there");
    let files = entries.map(|entry| {
        let entry = entry.expect("the folder can be read");
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).expect("the file can be read"))
    });
    Some(files.collect())
}
