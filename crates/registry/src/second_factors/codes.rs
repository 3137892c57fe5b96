//! The codes of second factors: those of authenticator apps, and those that are written down.
//!
//! # Source
//! RFC 6238 (time-based one-time passwords); RFC 4648 and Crockford's base 32 (letters).

use jiff::Timestamp;
use model::FactorId;
use sha2::{Digest, Sha256};
use totp_rs::{Algorithm, Builder};

use crate::sessions::SessionToken;

/// Recovery codes given at a time.
pub const RECOVERY_CODE_COUNT: usize = 10;
/// Seconds for which a code of an app holds.
const STEP_SECONDS: u64 = 30;
/// Codes of so many steps before and after are accepted: clocks differ, and people type.
const STEPS_ALLOWED: i64 = 1;
/// The letters of codes that are read aloud and copied by hand (Crockford base 32).
const CODE_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The letters of an authenticator's key (RFC 4648).
const KEY_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The key that an authenticator app and the registry share.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthenticatorKey(pub(super) [u8; 20]);

impl AuthenticatorKey {
    /// Of random bytes.
    pub fn new(random: [u8; 20]) -> AuthenticatorKey {
        AuthenticatorKey(random)
    }

    /// The key that a session offers: the same until the session gets another token.
    pub fn of_session(token: &SessionToken) -> AuthenticatorKey {
        let derived = token.derive("authenticator key");
        AuthenticatorKey(std::array::from_fn(|place| derived[place]))
    }

    /// To be typed into an app: 32 letters and digits.
    pub fn text(&self) -> String {
        in_letters(&self.0, KEY_LETTERS)
    }

    /// What the QR code for an app holds.
    pub fn url(&self, issuer: &str, username: &str) -> String {
        let (issuer, username) = (percent_encoded(issuer), percent_encoded(username));
        format!("otpauth://totp/{issuer}:{username}?secret={}&issuer={issuer}", self.text())
    }

    /// The code of an instant.
    pub fn code(&self, at: Timestamp) -> String {
        code_of_step(&self.0, step(at))
    }
}

/// Nothing of it: it must not get into a log.
impl std::fmt::Debug for AuthenticatorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthenticatorKey(...)")
    }
}

/// Codes to write down, shown once; each opens a session one time.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes {
    pub(super) codes: Vec<(FactorId, String)>,
}

impl RecoveryCodes {
    /// Of random bytes and new ids.
    pub fn new(random: [(FactorId, [u8; 10]); RECOVERY_CODE_COUNT]) -> RecoveryCodes {
        RecoveryCodes { codes: random.into_iter().map(|(id, bytes)| (id, code_text(&bytes))).collect() }
    }

    /// As they are shown: `ABCD-EFGH-JKMN-PQRS`.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(|(_, text)| text.as_str())
    }
}

fn step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP_SECONDS as i64)
}

/// The newest step, later than `after`, whose code this is.
pub(super) fn matching_step(key: &[u8], code: &str, at: Timestamp, after: i64) -> Option<i64> {
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let now = step(at);
    // All are compared, and each as a whole: the time does not tell how much of a code was right.
    let matching = |step: &i64| {
        let right = code_of_step(key, *step);
        let difference = right.bytes().zip(code.bytes()).fold(0, |sum, (right, typed)| sum | (right ^ typed));
        (right.len() == code.len()) & (difference == 0)
    };
    let all: Vec<i64> = (now - STEPS_ALLOWED..=now + STEPS_ALLOWED).filter(matching).collect();
    all.into_iter().filter(|step| *step > after).max()
}

fn code_of_step(key: &[u8], step: i64) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(STEP_SECONDS)
        .with_secret(key.to_vec())
        .build_noncompliant();
    totp.generate(step as u64 * STEP_SECONDS).to_string()
}

pub(crate) fn code_text(random: &[u8; 10]) -> String {
    let letters = in_letters(random, CODE_LETTERS);
    [&letters[..4], &letters[4..8], &letters[8..12], &letters[12..]].join("-")
}

/// Read as it was meant: without hyphens, spaces and case, and with the letters that look like digits.
pub(crate) fn hash_of_code(code: &str) -> [u8; 32] {
    let read = |letter: char| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).map(read).collect();
    Sha256::digest(code).into()
}

/// Bytes as letters of five bits each.
fn in_letters(bytes: &[u8], letters: &[u8; 32]) -> String {
    let bit = |place: usize| bytes.get(place / 8).map_or(0, |byte| byte >> (7 - place % 8) & 1);
    let letter = |place: usize| (0..5).fold(0, |number, offset| number << 1 | bit(place * 5 + offset));
    (0..(bytes.len() * 8).div_ceil(5)).map(|place| char::from(letters[usize::from(letter(place))])).collect()
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
        let key = b"12345678901234567890";
        for (seconds, code) in [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")] {
            assert_eq!(code_of_step(key, seconds / 30), code);
        }
        assert_eq!(AuthenticatorKey(*key).text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_holds_a_step_before_and_after_and_only_once() {
        let key = b"12345678901234567890";
        let at = |second| Timestamp::from_second(second).expect("a time");
        let code = code_of_step(key, 100);
        for second in [2970, 3000, 3029, 3059] {
            assert_eq!(matching_step(key, &code, at(second), -1), Some(100), "{second}");
        }
        for (second, after) in [(2969, -1), (3060, -1), (3000, 100)] {
            assert_eq!(matching_step(key, &code, at(second), after), None, "{second} after {after}");
        }
        assert_eq!(matching_step(key, "", at(3000), -1), None);
    }

    #[test]
    fn a_recovery_code_is_read_as_it_was_meant() {
        let code = code_text(&[0, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF]);
        assert_eq!(code, "0123-4567-89AB-CDEF");
        assert_eq!(hash_of_code(&code), hash_of_code(" oi23 4567 89ab cdef"));
    }
}
