//! Bringing files and folders to the disk, in the order in which they must get there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::faults::{Faults, Point};

/// Makes a folder and those above it, for their owner alone: they hold health records.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Brings the entries of a folder to the disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes a file that is either there whole, and stays, or is not there at all. `new` is where it may be half.
pub(crate) fn write_whole(
    new: &Path,
    target: &Path,
    faults: &Faults,
    write: impl FnOnce(&mut io::BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let written = (|| {
        let mut output = io::BufWriter::with_capacity(64 * 1024, create(new)?);
        write(&mut output)?;
        output.flush()?;
        output.get_ref().sync_all()?;
        faults.pass(Point::Fsync)?;
        fs::rename(new, target)
    })();
    if let Err(error) = written {
        let _ = fs::remove_file(new);
        return Err(error);
    }
    faults.pass(Point::Rename)?;
    sync_folder(target.parent().unwrap_or(target))
}

/// Makes an empty file for its owner alone.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file that is only locked, and makes it where it is not there. Nothing is written: a disk that takes nothing
/// any more is no obstacle.
pub(crate) fn lock_file(path: &Path) -> io::Result<File> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path).and_then(|_| File::open(path)),
        opened => opened,
    }
}

/// Removes a file; one that is not there is removed already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
