//! Whose new files are. What root makes in the folder of another user is that user's, as SQLite does with the files beside
//! its own: the server runs as that user, and could not read it otherwise. Nobody but root can give files away.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

/// Root's number.
const ROOT: u32 = 0;

/// Makes a new file, for its owner alone.
///
/// # Errors
/// There is something of that name; or it cannot be made.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    give_to_owner_of_folder(&file, path)?;
    Ok(file)
}

/// Makes a new file in whose place nobody else's may be: what an attempt that broke off has left is removed first.
///
/// # Errors
/// It cannot be made.
pub(crate) fn create_anew(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => create(path),
    }
}

/// Makes a new file that is to take the place of another, with its rights, and its owner's unless that is root. Where that
/// one is not there, it is a new file as any other.
///
/// # Errors
/// It cannot be made; or it cannot be given to that owner.
pub(crate) fn create_for_place_of(path: &Path, replaced: &Path) -> io::Result<File> {
    let file = create_anew(path)?;
    let like_it = || -> io::Result<()> {
        let model = match fs::metadata(replaced) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        if model.uid() != ROOT {
            give(&file, &model)?;
        }
        file.set_permissions(Permissions::from_mode(model.mode() & 0o777))
    };
    like_it().inspect_err(|_| drop(fs::remove_file(path)))?;
    Ok(file)
}

/// Makes a new folder, for its owner alone.
///
/// # Errors
/// There is something of that name; or it cannot be made.
pub(crate) fn create_folder(path: &Path) -> io::Result<File> {
    DirBuilder::new().mode(0o700).create(path)?;
    let folder = File::open(path)?;
    give_to_owner_of_folder(&folder, path)?;
    Ok(folder)
}

fn give_to_owner_of_folder(made: &File, path: &Path) -> io::Result<()> {
    let folder = fs::metadata(folder_of(path))?;
    match made.metadata()?.uid() == ROOT && folder.uid() != ROOT {
        true => give(made, &folder),
        false => Ok(()),
    }
}

/// Gives a new file the owner and the group of another.
fn give(made: &File, model: &Metadata) -> io::Result<()> {
    let own = made.metadata()?;
    if (own.uid(), own.gid()) == (model.uid(), model.gid()) {
        return Ok(());
    }
    fchown(made, Some(model.uid()), Some(model.gid())).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => io::Error::new(
            error.kind(),
            format!(
                "it belongs to the user with the number {} and the group {}, and this program runs as {}: run it as that user",
                model.uid(),
                model.gid(),
                own.uid()
            ),
        ),
        _ => error,
    })
}

/// The folder that a file stands in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
