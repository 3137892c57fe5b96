//! Where schedules are read from: folders and ZIP files with CDC's releases, folders and files with our own text.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use registry::forecasts::{self, ImportFile, ScheduleFacts};

use crate::ending::Failure;
use crate::place;

/// A schedule has no more files than this; 4.64 has 33.
const SCHEDULE_FILES_MAXIMUM: usize = 500;
/// Bytes of one file of a ZIP, unpacked; the largest of 4.64 has 1.6 MB.
const UNPACKED_BYTES_MAXIMUM: u64 = 32 << 20;
/// Folders within folders that are looked into: a release unpacked as it comes has `XML` beside other forms.
const FOLDER_DEPTH_MAXIMUM: usize = 3;

/// Reads a release of CDC's supporting data: a folder, or the ZIP as CDC publishes it.
pub(super) fn read_release(release: &Path, name: &str) -> Result<ScheduleFacts, Failure> {
    let files = if release.is_dir() {
        read_folder(release, "xml", FOLDER_DEPTH_MAXIMUM, place::read_bytes)?
    } else {
        unpack(release)?
    };
    let files: Vec<ImportFile> = files.iter().map(|(name, content)| ImportFile { name, content }).collect();
    forecasts::import(name, &files).map_err(refused)
}

/// Reads a schedule or local rules in our own text: folders and files.
pub(super) fn read_texts(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(read_folder(path, "txt", 0, place::read_text)?);
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, place::read_text(path)?));
        }
    }
    Ok(files)
}

/// The files of a folder, and of those in it so deep, with this ending, by name.
fn read_folder<T>(
    folder: &Path,
    ending: &str,
    depth: usize,
    read: fn(&Path) -> Result<T, Failure>,
) -> Result<Vec<(String, T)>, Failure> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| Failure::Refused(format!("{} cannot be read: {error}", folder.display())))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && depth > 0 {
            files.extend(read_folder(&path, ending, depth - 1, read)?);
        } else if has_ending(&path, ending) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, read(&path)?));
        }
        if files.len() > SCHEDULE_FILES_MAXIMUM {
            return Err(too_many(folder));
        }
    }
    files.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(files)
}

/// The XML files of a ZIP, wherever they stand in it, without the shadows that some systems add.
fn unpack(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let broken = |error: String| Failure::Refused(format!("{} cannot be unpacked: {error}", path.display()));
    let bytes = place::read_bytes(path)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    let mut files = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(|error| broken(error.to_string()))?;
        let within = PathBuf::from(entry.name().map_err(|error| broken(error.to_string()))?.replace('\\', "/"));
        let is_shadow = within.components().any(|part| part.as_os_str() == "__MACOSX");
        if !entry.is_file() || is_shadow || !has_ending(&within, "xml") {
            continue;
        }
        if files.len() == SCHEDULE_FILES_MAXIMUM {
            return Err(too_many(path));
        }
        let name = within.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut content = Vec::new();
        let read = entry.take(UNPACKED_BYTES_MAXIMUM + 1).read_to_end(&mut content);
        read.map_err(|error| broken(format!("{name}: {error}")))?;
        if content.len() as u64 > UNPACKED_BYTES_MAXIMUM {
            return Err(broken(format!("{name} has more than {UNPACKED_BYTES_MAXIMUM} bytes")));
        }
        files.push((name, content));
    }
    Ok(files)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

fn too_many(place: &Path) -> Failure {
    Failure::Refused(format!("{} has more than {SCHEDULE_FILES_MAXIMUM} files", place.display()))
}

pub(super) fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}
