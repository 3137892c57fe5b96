//! What is in a file: messages or rows, plain or packed.
//!
//! A packed file is read through once before anything of it is processed, so that a damaged one, or one that would
//! never end, is refused as a whole. Memory does not grow with the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;

use flate2::read::MultiGzDecoder;
use hl7::{BatchItem, BatchReader};
use model::{Finding, FindingKind};
use zip::ZipArchive;

use super::flat::{self, Row};

/// How many times its size a packed file may unpack to.
const RATIO_MAXIMUM: u64 = 50;
/// A small file may unpack to this much whatever its ratio: a few repeated messages pack very well.
const UNPACKED_BYTES_ALWAYS: u64 = 1 << 20;
/// Bytes that a packed file may unpack to at most.
const UNPACKED_BYTES_MAXIMUM: u64 = 100 << 30;
/// Files in a zip file.
const ENTRIES_MAXIMUM: usize = 1_000;
/// Bytes read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// One thing found in a file.
pub(super) enum Item {
    /// An HL7 message.
    Message(Vec<u8>),
    /// A row of a flat file.
    Row(Row),
    /// Something wrong with the file itself.
    Finding(Finding),
}

/// Takes what is found, and says whether to go on.
pub(super) type Take<'t> = dyn FnMut(Item) -> ControlFlow<()> + 't;

/// Why a file could not be read to its end.
#[derive(Debug)]
pub(super) enum Unread {
    /// What is in it cannot be used.
    Refused(Box<Finding>),
    /// The disk failed.
    Disk(io::Error),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::Disk(error)
    }
}

/// How a file is packed, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zip,
}

impl Packing {
    fn of(first: &[u8]) -> Packing {
        match first {
            [0x1F, 0x8B, ..] => Packing::Gzip,
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Packing::Zip,
            _ => Packing::None,
        }
    }
}

/// Reads a packed file through, without looking at what is in it.
///
/// # Errors
/// [`Unread::Refused`] when it is damaged or goes beyond a limit.
pub(super) fn check(file: &File, size: u64) -> Result<(), Unread> {
    let budget = size.saturating_mul(RATIO_MAXIMUM).clamp(UNPACKED_BYTES_ALWAYS, UNPACKED_BYTES_MAXIMUM);
    match packing(file)? {
        Packing::None => Ok(()),
        Packing::Gzip => {
            let mut first = FirstBytes::default();
            let unpacked = MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, file));
            read_through(unpacked, budget, &mut first).and_then(|_| first.check_nesting())
        }
        Packing::Zip => {
            let mut archive = open_zip(file)?;
            let mut left = budget;
            for number in 0..archive.len() {
                let entry = archive.by_index(number).map_err(|error| unpackable(&error.to_string()))?;
                let mut first = FirstBytes::default();
                left -= read_through(entry, left, &mut first)?;
                first.check_nesting()?;
            }
            Ok(())
        }
    }
}

/// Gives everything in a file, in its order.
///
/// # Errors
/// [`Unread::Refused`] when it cannot be used, [`Unread::Disk`] when it cannot be read.
pub(super) fn read(file: &File, name: &str, take: &mut Take<'_>) -> Result<(), Unread> {
    match packing(file)? {
        Packing::None => read_text(BufReader::with_capacity(BUFFER_BYTES, file), name, take).map(drop),
        Packing::Gzip => {
            let unpacked = MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, file));
            read_text(BufReader::with_capacity(BUFFER_BYTES, unpacked), name, take).map(drop)
        }
        Packing::Zip => {
            let mut archive = open_zip(file)?;
            for number in 0..archive.len() {
                let entry = archive.by_index(number).map_err(|error| unpackable(&error.to_string()))?;
                let entry_name = entry.name().map_err(|error| unpackable(&error.to_string()))?.into_owned();
                // Folders, and what macOS adds beside every file.
                if entry.is_dir() || entry_name.starts_with("__MACOSX/") {
                    continue;
                }
                // What is wrong with one of them is no reason to leave the others.
                let taken = match read_text(BufReader::with_capacity(BUFFER_BYTES, entry), &entry_name, take) {
                    Err(Unread::Refused(finding)) => {
                        let value = match finding.kind {
                            FindingKind::FileInUtf16 => entry_name,
                            _ => format!("{entry_name}: {}", finding.value),
                        };
                        take(Item::Finding(finding.naming(value)))
                    }
                    taken => taken?,
                };
                if taken.is_break() {
                    break;
                }
            }
            Ok(())
        }
    }
}

fn read_text(mut input: impl BufRead, name: &str, take: &mut Take<'_>) -> Result<ControlFlow<()>, Unread> {
    if is_utf16(input.fill_buf()?) {
        return Err(Unread::Refused(Box::new(Finding::new(FindingKind::FileInUtf16).naming(name))));
    }
    if flat::is_flat(name) {
        return flat::read(input, take);
    }
    for item in BatchReader::new(input) {
        let taken = match item? {
            BatchItem::Message(bytes) => take(Item::Message(bytes)),
            BatchItem::Finding(finding) => take(Item::Finding(finding)),
        };
        if taken.is_break() {
            return Ok(taken);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Whether a text begins as one in UTF-16 does: with its byte order mark, or with two letters of two bytes, of which one is 0.
fn is_utf16(first: &[u8]) -> bool {
    match first {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [0, one, 0, other, ..] | [one, 0, other, 0, ..] => *one != 0 && *other != 0,
        _ => false,
    }
}

fn packing(mut file: &File) -> Result<Packing, Unread> {
    let mut first = [0; 4];
    file.rewind()?;
    let mut count = 0;
    while count < first.len() {
        match file.read(&mut first[count..])? {
            0 => break,
            read => count += read,
        }
    }
    file.rewind()?;
    Ok(Packing::of(&first[..count]))
}

fn open_zip(file: &File) -> Result<ZipArchive<BufReader<&File>>, Unread> {
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unpackable(&error.to_string()))?;
    if archive.len() > ENTRIES_MAXIMUM {
        return Err(unpackable(&format!("it holds {} files, and {ENTRIES_MAXIMUM} may be", archive.len())));
    }
    Ok(archive)
}

/// Reads to the end and gives the number of bytes, which may not be more than the budget.
fn read_through(mut unpacked: impl Read, budget: u64, first: &mut FirstBytes) -> Result<u64, Unread> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut total = 0;
    loop {
        let count = match unpacked.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unpackable(&format!("it is damaged ({error})"))),
        };
        first.see(&buffer[..count]);
        total += count as u64;
        if total > budget {
            return Err(unpackable(&format!("it unpacks to more than {RATIO_MAXIMUM} times its size")));
        }
    }
}

/// The first bytes of what was unpacked, which say whether it is packed again.
#[derive(Default)]
struct FirstBytes(Vec<u8>);

impl FirstBytes {
    fn see(&mut self, bytes: &[u8]) {
        let wanted = 4_usize.saturating_sub(self.0.len());
        self.0.extend(bytes.iter().take(wanted));
    }

    fn check_nesting(&self) -> Result<(), Unread> {
        match Packing::of(&self.0) {
            Packing::None => Ok(()),
            _ => Err(unpackable("it holds a packed file")),
        }
    }
}

fn unpackable(reason: &str) -> Unread {
    Unread::Refused(Box::new(Finding::new(FindingKind::FileUnpackable).naming(reason)))
}
