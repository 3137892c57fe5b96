//! What a node without a database counted of those turned away: left in a file of the data folder, and taken over by a
//! node that has one.

use std::fs;
use std::path::Path;

use anyhow::Context;
use model::Refusals;
use uuid::Uuid;

const FOLDER: &str = "turned-away";

/// Leaves counts in a file of their own.
pub(crate) fn leave(data: &Path, id: Uuid, refusals: &[Refusals]) -> anyhow::Result<()> {
    if refusals.is_empty() {
        return Ok(());
    }
    let folder = data.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let new = folder.join(format!("{}.new", id.simple()));
    fs::write(&new, serde_json::to_vec(refusals)?)?;
    Ok(fs::rename(&new, new.with_extension("json"))?)
}

/// Takes over what was left, file by file; a file is gone once it is kept.
pub(crate) fn take(data: &Path, keep: impl Fn(&[Refusals]) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let Ok(files) = fs::read_dir(data.join(FOLDER)) else { return Ok(()) };
    for path in files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "json"))
    {
        // Whoever can rename it has it: two nodes do not count it twice.
        let mine = path.with_extension(format!("taken-{}", std::process::id()));
        if fs::rename(&path, &mine).is_err() {
            continue;
        }
        let text = fs::read(&mine)?;
        let refusals: Vec<Refusals> = serde_json::from_slice(&text).with_context(|| format!("{}", mine.display()))?;
        if let Err(error) = keep(&refusals) {
            fs::rename(&mine, &path)?;
            return Err(error);
        }
        fs::remove_file(&mine)?;
    }
    Ok(())
}
