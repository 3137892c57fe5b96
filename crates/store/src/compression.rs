//! Compresses what repeats itself: messages as received, and the documents of people, doses and findings.
//!
//! Both are mostly words that every one of them has (segments and code systems; the names of facts). With those in a
//! trained dictionary, a message of 3.4 KB takes 0.4 to 0.6 KB and a document a quarter to a third of itself, in one to five
//! microseconds: far less than it takes a database to write the larger row.
//!
//! Four bytes at the end of a packed value are its checksum, so that damage on the disk is noticed. The first byte says
//! with which dictionary it was packed, so that later ones can be added. A dictionary that has been released is never
//! changed. `cargo run --release -p bluebonnet-store --example train_dictionaries` makes them from synthetic messages and
//! people.

use std::cell::RefCell;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{CParameter, get_frame_content_size};

/// Higher levels gain a few percent and cost more; measured on messages of 3.4 KB.
const MESSAGE_LEVEL: i32 = 1;
/// On documents of 0.4 KB as fast as the first, and a little smaller; higher levels take twice as long and more.
const DOCUMENT_LEVEL: i32 = 3;
/// Nothing that was packed is larger: what claims to be is broken, not large.
const SIZE_LIMIT_BYTES: u64 = 256 << 20;
/// The first byte of what is stored as it is, because it would not shrink.
const PLAIN: u8 = 0;

const MESSAGES: &[u8] = include_bytes!("../dictionaries/1-messages.zstd-dictionary");
const JSON_DOCUMENTS: &[u8] = include_bytes!("../dictionaries/2-documents.zstd-dictionary");
const DOCUMENTS: &[u8] = include_bytes!("../dictionaries/3-documents.zstd-dictionary");

/// The dictionaries; the number is the first byte of what is packed with one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dictionary {
    /// HL7 v2 messages.
    Messages = 1,
    /// Documents in MessagePack.
    Documents = 3,
}

/// The first byte of documents in JSON, as earlier versions packed them.
const JSON_DOCUMENTS_NUMBER: u8 = 2;

/// A dictionary ready for use.
struct Prepared {
    encoder: EncoderDictionary<'static>,
    decoder: DecoderDictionary<'static>,
}

static PREPARED_MESSAGES: LazyLock<Prepared> = LazyLock::new(|| Prepared::new(MESSAGES, MESSAGE_LEVEL));
static PREPARED_JSON_DOCUMENTS: LazyLock<Prepared> = LazyLock::new(|| Prepared::new(JSON_DOCUMENTS, DOCUMENT_LEVEL));
static PREPARED_DOCUMENTS: LazyLock<Prepared> = LazyLock::new(|| Prepared::new(DOCUMENTS, DOCUMENT_LEVEL));

thread_local! {
    static MESSAGE_COMPRESSOR: RefCell<Compressor<'static>> = RefCell::new(PREPARED_MESSAGES.compressor());
    static DOCUMENT_COMPRESSOR: RefCell<Compressor<'static>> = RefCell::new(PREPARED_DOCUMENTS.compressor());
    static MESSAGE_DECOMPRESSOR: RefCell<Decompressor<'static>> = RefCell::new(PREPARED_MESSAGES.decompressor());
    static JSON_DOCUMENT_DECOMPRESSOR: RefCell<Decompressor<'static>> =
        RefCell::new(PREPARED_JSON_DOCUMENTS.decompressor());
    static DOCUMENT_DECOMPRESSOR: RefCell<Decompressor<'static>> = RefCell::new(PREPARED_DOCUMENTS.decompressor());
}

/// Packs bytes with a dictionary.
pub(crate) fn pack(dictionary: Dictionary, bytes: &[u8]) -> Vec<u8> {
    let compressor = match dictionary {
        Dictionary::Messages => &MESSAGE_COMPRESSOR,
        Dictionary::Documents => &DOCUMENT_COMPRESSOR,
    };
    let mut packed = vec![PLAIN; 1 + zstd::zstd_safe::compress_bound(bytes.len())];
    let compressed = compressor.with_borrow_mut(|compressor| compressor.compress_to_buffer(bytes, &mut packed[1..]));
    match compressed {
        Ok(size) if size < bytes.len() => {
            packed[0] = dictionary as u8;
            packed.truncate(1 + size);
        }
        Ok(_) | Err(_) => {
            packed.truncate(1);
            packed.extend_from_slice(bytes);
        }
    }
    packed
}

/// The bytes again.
///
/// # Errors
/// Why they cannot be had.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let (dictionary, compressed) = packed.split_first().ok_or("it is empty")?;
    let decompressor = match *dictionary {
        PLAIN => return Ok(compressed.to_vec()),
        number if number == Dictionary::Messages as u8 => &MESSAGE_DECOMPRESSOR,
        JSON_DOCUMENTS_NUMBER => &JSON_DOCUMENT_DECOMPRESSOR,
        number if number == Dictionary::Documents as u8 => &DOCUMENT_DECOMPRESSOR,
        number => return Err(format!("it was packed with dictionary {number}, which this program does not know")),
    };
    let size = match get_frame_content_size(compressed) {
        Ok(Some(size)) if size <= SIZE_LIMIT_BYTES => size,
        _ => return Err("its size is missing or too large".to_owned()),
    };
    let size = usize::try_from(size).map_err(|error| error.to_string())?;
    decompressor
        .with_borrow_mut(|decompressor| decompressor.decompress(compressed, size))
        .map_err(|error| format!("it cannot be unpacked: {error}"))
}

impl Prepared {
    fn new(dictionary: &[u8], level: i32) -> Prepared {
        Prepared { encoder: EncoderDictionary::copy(dictionary, level), decoder: DecoderDictionary::copy(dictionary) }
    }

    fn compressor(&'static self) -> Compressor<'static> {
        let mut compressor = Compressor::with_prepared_dictionary(&self.encoder).expect("the dictionary is our own");
        // The first byte names the dictionary already.
        compressor.set_parameter(CParameter::DictIdFlag(false)).expect("the parameter exists");
        // SQLite keeps none for its pages: a bit that flips on the disk would be another day or vaccine, and nobody would know.
        compressor.set_parameter(CParameter::ChecksumFlag(true)).expect("the parameter exists");
        compressor
    }

    fn decompressor(&'static self) -> Decompressor<'static> {
        Decompressor::with_prepared_dictionary(&self.decoder).expect("the dictionary is our own")
    }
}

#[cfg(test)]
mod tests {
    use super::{Dictionary, pack, unpack};

    #[test]
    fn whatever_is_packed_is_unpacked_again() {
        let long = b"MSH|^~\\&|EHR|CLINIC|".repeat(5_000);
        let noise: Vec<u8> = (0..10_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for dictionary in [Dictionary::Messages, Dictionary::Documents] {
            for bytes in [&b""[..], b"\0", b"{}", &long, &noise] {
                assert_eq!(unpack(&pack(dictionary, bytes)).as_deref(), Ok(bytes));
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let message = b"MSH|^~\\&|EHR|CLINIC|RXA|0|1|20250801||03^MMR^CVX|0.5|mL|20250802||10^IPV^CVX|".repeat(3);
        for dictionary in [Dictionary::Messages, Dictionary::Documents] {
            let packed = pack(dictionary, &message);
            for (place, bit) in (1..packed.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
                let mut damaged = packed.clone();
                damaged[place] ^= 1 << bit;
                // A few bits say nothing.
                let is_harmless = unpack(&damaged).map_or(true, |bytes| bytes == message);
                assert!(is_harmless, "bit {bit} of byte {place} of {}", packed.len());
            }
        }
    }

    #[test]
    fn broken_bytes_are_refused() {
        let mut cut = pack(Dictionary::Messages, &b"MSH|^~\\&|EHR|CLINIC|".repeat(50));
        cut.truncate(cut.len() - 3);
        for broken in [&b""[..], &cut, b"\x01", b"\x02nonsense", b"\xFFwhatever"] {
            assert!(unpack(broken).is_err(), "{broken:?}");
        }
    }
}
