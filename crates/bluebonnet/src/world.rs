//! What comes from the world: the time, new ids, randomness. Everything else takes them as values.

use std::fmt::Write;

use jiff::Timestamp;
use model::MessageId;
use uuid::Uuid;

/// The letters of a password: none is mistaken for another when it is read aloud or copied by hand.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyzACDEFHKLM";
/// Letters of a password, five bits each: 100 bits.
const PASSWORD_LENGTH: usize = 20;
/// Letters between two hyphens.
const PASSWORD_GROUP: usize = 5;

/// The time.
#[expect(clippy::disallowed_methods, reason = "the program reads the clock for everything below it")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A new id.
#[expect(clippy::disallowed_methods, reason = "the program makes ids for everything below it")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// The receipt id and the time of a message that arrives now.
pub(crate) fn stamp() -> (MessageId, Timestamp) {
    (MessageId(new_id()), now())
}

/// Random bytes, fit for secrets.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes[..]);
    bytes
}

/// A password of 100 random bits, in groups that can be read aloud.
pub(crate) fn random_password() -> String {
    let bytes: [u8; PASSWORD_LENGTH] = random_bytes();
    let mut password = String::with_capacity(PASSWORD_LENGTH + PASSWORD_LENGTH / PASSWORD_GROUP);
    for (place, byte) in bytes.into_iter().enumerate() {
        if place > 0 && place % PASSWORD_GROUP == 0 {
            password.push('-');
        }
        password.push(char::from(PASSWORD_LETTERS[usize::from(byte) % PASSWORD_LETTERS.len()]));
    }
    password
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_differ() {
        let password = random_password();
        assert_eq!(password.len(), 23);
        assert_ne!(password, random_password());
    }
}
