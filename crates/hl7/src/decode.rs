//! Bytes to text: byte order mark, MLLP framing, and the character set that MSH-18 names.

use std::borrow::Cow;

use model::{Finding, FindingKind, Location};

/// A message as text.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded<'a> {
    /// The text; borrowed unless characters had to be converted.
    pub text: Cow<'a, str>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const MLLP_START: u8 = 0x0B;
const MLLP_END: u8 = 0x1C;
const CHARACTER_SET: Location = Location::field("MSH", 1, 18);

/// Reads the bytes of one message as text. Whatever they are, text comes out.
///
/// # Source
/// HL7 v2.5.1, MSH-18 and table 0211; the immunization guide has no default. Bytes that are UTF-8 are read so whatever
/// MSH-18 says: a web service's text has been converted on its way, and in Latin-1 no name looks like UTF-8.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let bytes = without_framing(bytes);
    let name = character_set_name(bytes);
    let found = |kind: FindingKind| vec![Finding::new(kind).at(CHARACTER_SET).naming(String::from_utf8_lossy(name))];
    let text = std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(latin1(bytes)), Cow::Borrowed);
    let findings = match (CharacterSet::named(name), &text) {
        (None, _) => found(FindingKind::CharacterSetUnknown),
        (Some(CharacterSet::Utf8), Cow::Owned(_)) => found(FindingKind::CharactersReplaced),
        _ => Vec::new(),
    };
    Decoded { text, findings }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CharacterSet {
    Unsaid,
    Utf8,
    Latin1,
}

impl CharacterSet {
    fn named(name: &[u8]) -> Option<CharacterSet> {
        match name.to_ascii_uppercase().as_slice() {
            b"" | b"\"\"" => Some(CharacterSet::Unsaid),
            b"UNICODE UTF-8" | b"UNICODE" | b"UTF-8" | b"UTF8" | b"ASCII" => Some(CharacterSet::Utf8),
            b"8859/1" | b"ISO-8859-1" | b"8859/15" => Some(CharacterSet::Latin1),
            _ => None,
        }
    }
}

fn without_framing(bytes: &[u8]) -> &[u8] {
    let is_framing = |byte: &u8| matches!(*byte, MLLP_START | MLLP_END) || byte.is_ascii_whitespace();
    let mut rest = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    while let Some((_, after)) = rest.split_first().filter(|(first, _)| is_framing(first)) {
        rest = after;
    }
    rest = rest.strip_prefix(BYTE_ORDER_MARK).unwrap_or(rest);
    while let Some((_, before)) = rest
        .split_last()
        .filter(|(last, _)| matches!(**last, MLLP_START | MLLP_END) || **last == b'\n' || **last == b'\r')
    {
        rest = before;
    }
    rest
}

/// MSH-18, its first repetition; read from the bytes, because it says how to read them.
fn character_set_name(bytes: &[u8]) -> &[u8] {
    if !bytes.starts_with(b"MSH") {
        return b"";
    }
    let Some(separator) = bytes.get(3) else { return b"" };
    let end = memchr::memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
    let field = bytes[..end].split(|byte| byte == separator).nth(17).unwrap_or_default();
    field.split(|byte| *byte == b'~').next().unwrap_or_default()
}

/// Latin-1, with the printable characters of Windows-1252 where Latin-1 has only control characters: what senders
/// mean who say the one and send the other.
fn latin1(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(
            |byte| if (0x80..0xA0).contains(byte) { WINDOWS_1252[usize::from(byte - 0x80)] } else { char::from(*byte) },
        )
        .collect()
}

const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn message(character_set: &str, name: &[u8]) -> Vec<u8> {
        let mut bytes =
            format!("MSH|^~\\&|A|B|C|D|2024||VXU^V04|1|P|2.5.1||||||{character_set}\rPID|1||||").into_bytes();
        bytes.extend_from_slice(name);
        bytes
    }

    #[test]
    fn characters_are_read_as_the_header_says() {
        use FindingKind::{CharacterSetUnknown, CharactersReplaced};
        let cases: [(&str, &[u8], &str, &[FindingKind]); 10] = [
            ("", "Peña".as_bytes(), "Peña", &[]),
            ("", b"Pe\xF1a", "Peña", &[]),
            ("UNICODE UTF-8", "Peña".as_bytes(), "Peña", &[]),
            ("UNICODE UTF-8", b"Pe\xF1a", "Peña", &[CharactersReplaced]),
            ("ASCII", b"Pe\xF1a", "Peña", &[CharactersReplaced]),
            ("8859/1", b"Pe\xF1a", "Peña", &[]),
            ("8859/1", b"O\x92Neil", "O’Neil", &[]),
            ("8859/1", "Muñoz".as_bytes(), "Muñoz", &[]),
            ("8859/1~UNICODE", b"Ann", "Ann", &[]),
            ("KLINGON", b"Ann", "Ann", &[CharacterSetUnknown]),
        ];
        for (character_set, name, expected, findings) in cases {
            let bytes = message(character_set, name);
            let decoded = decode(&bytes);
            assert!(decoded.text.ends_with(expected), "{}", decoded.text);
            let kinds: Vec<FindingKind> = decoded.findings.iter().map(|finding| finding.kind).collect();
            assert_eq!(kinds, findings, "{character_set}");
        }
    }

    #[test]
    fn framing_is_taken_off() {
        for bytes in
            [&b"\xEF\xBB\xBFMSH|x\r"[..], b"\x0BMSH|x\r\x1C\r", b"\r\n MSH|x\r\n\r\n", b"\x0B\xEF\xBB\xBFMSH|x\x1C"]
        {
            assert_eq!(decode(bytes).text, "MSH|x");
        }
        assert_eq!(decode(b"").text, "");
        assert_eq!(decode(b"\x0B\x1C\r").text, "");
    }
}
