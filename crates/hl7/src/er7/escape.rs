//! Escape sequences: delimiters inside text, line breaks, and control characters.

use std::borrow::Cow;

use super::Delimiters;

/// Decodes `\F\ \S\ \T\ \R\ \E\`, `\.br\` (a line break) and `\X..\` (bytes in hexadecimal); whatever else stands
/// between escape characters stays as it is.
///
/// # Source
/// HL7 v2.5.1, 2.7. The immunization guide (IG 1.5, FT and TX) allows only the delimiter escapes.
pub fn unescape(raw: &str, delimiters: Delimiters) -> Cow<'_, str> {
    let mark = char::from(delimiters.escape);
    if !raw.contains(mark) {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once(mark) {
        text.push_str(before);
        let decoded = after.split_once(mark).and_then(|(code, after)| Some((decode_code(code, delimiters)?, after)));
        match decoded {
            Some((decoded, after)) => {
                text.push_str(&decoded);
                rest = after;
            }
            None => {
                text.push(mark);
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn decode_code(code: &str, delimiters: Delimiters) -> Option<Cow<'static, str>> {
    let delimiter = match code {
        "F" => delimiters.field,
        "S" => delimiters.component,
        "T" => delimiters.subcomponent,
        "R" => delimiters.repetition,
        "E" => delimiters.escape,
        ".br" => b'\n',
        _ => return decode_hexadecimal(code.strip_prefix('X')?).map(Cow::Owned),
    };
    Some(Cow::Owned(char::from(delimiter).to_string()))
}

fn decode_hexadecimal(digits: &str) -> Option<String> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let bytes = (0..digits.len()).step_by(2).map(|start| u8::from_str_radix(&digits[start..start + 2], 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

/// Encodes a text so that `unescape` gives it back: delimiters and control characters become escape sequences.
pub fn escape(text: &str, delimiters: Delimiters) -> Cow<'_, str> {
    if !text.bytes().any(|byte| code_of(byte, delimiters).is_some() || byte.is_ascii_control()) {
        return Cow::Borrowed(text);
    }
    let mark = char::from(delimiters.escape);
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        let code = u8::try_from(character).ok().and_then(|byte| code_of(byte, delimiters));
        match code {
            Some(code) => {
                escaped.push(mark);
                escaped.push_str(code);
                escaped.push(mark);
            }
            None if character.is_ascii_control() => {
                escaped.push_str(&format!("{mark}X{:02X}{mark}", u32::from(character)));
            }
            None => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

fn code_of(byte: u8, delimiters: Delimiters) -> Option<&'static str> {
    match byte {
        _ if byte == delimiters.field => Some("F"),
        _ if byte == delimiters.component => Some("S"),
        _ if byte == delimiters.subcomponent => Some("T"),
        _ if byte == delimiters.repetition => Some("R"),
        _ if byte == delimiters.escape => Some("E"),
        b'\n' => Some(".br"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        let cases = [
            ("plain", "plain"),
            ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
            ("\\E\\F\\E\\", "\\F\\"),
            ("one\\.br\\two", "one\ntwo"),
            ("\\X0D0A\\", "\r\n"),
            ("C:\\temp\\x", "C:\\temp\\x"),
            ("\\H\\bold\\N\\", "\\H\\bold\\N\\"),
            ("half \\F", "half \\F"),
            ("a\\b\\F\\c", "a\\b|c"),
        ];
        for (raw, expected) in cases {
            assert_eq!(unescape(raw, Delimiters::STANDARD), expected, "{raw}");
        }
    }

    #[test]
    fn a_text_survives_escaping() {
        for text in ["", "Smith & Sons | ^~\\", "\r\n\t\u{1}", "\\.br\\", "\\X41\\", "né"] {
            let escaped = escape(text, Delimiters::STANDARD);
            assert!(!escaped.contains(['\r', '\n', '|', '^', '~', '&']), "{escaped}");
            assert_eq!(unescape(&escaped, Delimiters::STANDARD), text);
        }
    }
}
