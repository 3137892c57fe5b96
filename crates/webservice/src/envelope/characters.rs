//! From bytes to characters, and which characters XML allows.

use std::borrow::Cow;

use super::Refusal;

/// Bytes searched for the encoding of the XML declaration.
const DECLARATION_BYTES: usize = 256;

/// What windows-1252 means by the bytes 0x80 to 0x9F. Senders who say ISO-8859-1 mean it too
/// (WHATWG Encoding Standard, 4.2).
const WINDOWS_1252_HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// Where ISO-8859-15 differs from ISO-8859-1 (ISO/IEC 8859-15:1999).
const LATIN_9: [(u8, char); 8] =
    [(0xA4, '€'), (0xA6, 'Š'), (0xA8, 'š'), (0xB4, 'Ž'), (0xB8, 'ž'), (0xBC, 'Œ'), (0xBD, 'œ'), (0xBE, 'Ÿ')];

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16LittleEndian,
    Utf16BigEndian,
    SingleByte,
    Latin9,
}

/// Decodes a document in UTF-8, UTF-16, ISO-8859-1, ISO-8859-15 or windows-1252, and refuses characters that XML does not allow.
pub(super) fn decode<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, str>, Refusal> {
    let (encoding, bytes) = encoding_of(bytes, charset)?;
    let text = match encoding {
        Encoding::Utf8 => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|error| {
            let position = error.valid_up_to();
            Refusal::Unreadable(format!("the envelope is not UTF-8, as it should be (at byte {position})"))
        })?),
        Encoding::Utf16LittleEndian => Cow::Owned(decode_utf16(bytes, u16::from_le_bytes)?),
        Encoding::Utf16BigEndian => Cow::Owned(decode_utf16(bytes, u16::from_be_bytes)?),
        Encoding::SingleByte => Cow::Owned(bytes.iter().map(|&byte| decode_single_byte(byte)).collect()),
        Encoding::Latin9 => Cow::Owned(bytes.iter().map(|&byte| decode_latin_9(byte)).collect()),
    };
    match find_forbidden(&text) {
        Some(position) => Err(Refusal::Unreadable(format!(
            "there is a control character that XML does not allow (at byte {position})"
        ))),
        None => Ok(text),
    }
}

/// The encoding, and the bytes after the byte-order mark.
fn encoding_of<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<(Encoding, &'b [u8]), Refusal> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return Ok((Encoding::Utf8, rest)),
        [0xFF, 0xFE, rest @ ..] => return Ok((Encoding::Utf16LittleEndian, rest)),
        [0xFE, 0xFF, rest @ ..] => return Ok((Encoding::Utf16BigEndian, rest)),
        [b'<', 0, ..] => return Ok((Encoding::Utf16LittleEndian, bytes)),
        [0, b'<', ..] => return Ok((Encoding::Utf16BigEndian, bytes)),
        _ => {}
    }
    let label = charset.or_else(|| declared_encoding(bytes)).unwrap_or("utf-8").trim().to_ascii_lowercase();
    let encoding = match label.as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" | "" => Encoding::Utf8,
        "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "windows-1252" | "cp1252" => Encoding::SingleByte,
        "iso-8859-15" | "iso8859-15" | "iso_8859-15" | "latin9" | "latin-9" => Encoding::Latin9,
        "utf-16" | "utf-16be" => Encoding::Utf16BigEndian,
        "utf-16le" => Encoding::Utf16LittleEndian,
        _ => {
            return Err(Refusal::Unreadable(
                "the character set is not one of those read here: UTF-8, UTF-16, ISO-8859-1, ISO-8859-15, windows-1252"
                    .into(),
            ));
        }
    };
    Ok((encoding, bytes))
}

/// What the XML declaration says: `<?xml version="1.0" encoding="..."?>`.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let start = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let start = &start[..start.iter().position(|byte| !byte.is_ascii()).unwrap_or(start.len())];
    let declaration = std::str::from_utf8(start).ok()?.trim_start().strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Refusal> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(Refusal::Unreadable("the envelope is not UTF-16, as it claims to be".into())),
    }
}

fn decode_single_byte(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252_HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn decode_latin_9(byte: u8) -> char {
    let own = LATIN_9.iter().find(|(known, _)| *known == byte);
    own.map_or_else(|| decode_single_byte(byte), |(_, character)| *character)
}

/// Where the first character is that XML does not allow (XML 1.0, 2.2).
pub(super) fn find_forbidden(text: &str) -> Option<usize> {
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    // Almost every text has none: looking at all bytes without stopping is many times faster than looking for one.
    // 0xEF is how U+FFFE and U+FFFF begin.
    let may_be_forbidden = text.bytes().fold(false, |found, byte| found | is_control(byte) | (byte == 0xEF));
    if !may_be_forbidden {
        return None;
    }
    text.find(is_forbidden)
}

/// Whether XML has no place for this character, not even as a reference.
pub(super) fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether this is a name without a prefix (Namespaces in XML 1.0, NCName).
pub(super) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(starts_name) && characters.all(|character| {
        starts_name(character)
            || matches!(character, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
    })
}

fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}
