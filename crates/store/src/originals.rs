//! Messages as received, compressed with a dictionary of what every message repeats.
//!
//! A message of 3 KB is mostly names of segments, code systems and authorities; with those in a trained dictionary it shrinks
//! to a fraction. Each row names the dictionary it was written with, so that later ones can be added: a dictionary that has
//! been released is never changed. `cargo run -p bluebonnet-store --example train_dictionary` makes one from synthetic
//! messages.

use std::sync::LazyLock;

use zstd::bulk;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::StoreError;

/// The dictionary that new rows are written with.
pub(crate) const NEWEST_DICTIONARY: i64 = 1;
/// Higher levels gain a few percent and cost a multiple; measured on messages of 3 KB.
const LEVEL: i32 = 1;
/// No message is larger: what claims to be is broken, not large.
const ORIGINAL_LIMIT_BYTES: u64 = 256 << 20;

const DICTIONARY_1: &[u8] = include_bytes!("../dictionaries/original-1.zstd-dictionary");
static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static DECODER_1: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

/// Compresses originals, one after the other.
pub(crate) struct Compressor {
    compressor: bulk::Compressor<'static>,
}

impl Compressor {
    pub(crate) fn new() -> Result<Compressor, StoreError> {
        let compressor = bulk::Compressor::with_prepared_dictionary(&ENCODER).map_err(refused)?;
        Ok(Compressor { compressor })
    }

    pub(crate) fn compress(&mut self, original: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.compressor.compress(original).map_err(refused)
    }
}

/// The original again.
pub(crate) fn decompress(dictionary: i64, compressed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let invalid = |reason: String| StoreError::ContentInvalid { what: "the original of a message".to_owned(), reason };
    let decoder = match dictionary {
        1 => &*DECODER_1,
        _ => return Err(invalid(format!("dictionary {dictionary} is not known to this program"))),
    };
    let size = match zstd::zstd_safe::get_frame_content_size(compressed) {
        Ok(Some(size)) if size <= ORIGINAL_LIMIT_BYTES => size,
        _ => return Err(invalid("its size is missing or too large".to_owned())),
    };
    let size = usize::try_from(size).map_err(|error| invalid(error.to_string()))?;
    let mut decompressor =
        bulk::Decompressor::with_prepared_dictionary(decoder).map_err(|error| invalid(error.to_string()))?;
    decompressor.decompress(compressed, size).map_err(|error| invalid(error.to_string()))
}

fn refused(error: std::io::Error) -> StoreError {
    StoreError::Refused { attempted: "compress the original of a message".to_owned(), source: Box::new(error) }
}
