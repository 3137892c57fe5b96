//! Passwords: which are good enough, and how they are kept.
//!
//! # Source
//! NIST SP 800-63B-4, 3.1.1: length, a block list, no rules of composition, no change on a date.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::RegistryError;

/// Passwords shorter than this are refused (NIST SP 800-63B-4, 3.1.1.2: 15 for a password alone).
pub const PASSWORD_LENGTH_MINIMUM: usize = 15;
/// Passwords longer than this are refused: hashing has its price.
pub const PASSWORD_LENGTH_MAXIMUM: usize = 256;
/// Letters that must be left after everything guessable is taken out of a password.
const LETTERS_LEFT_MINIMUM: usize = 6;
/// Words shorter than this are not taken out: too many good passwords hold them by chance.
const WORD_LENGTH_MINIMUM: usize = 4;
/// Different characters that a password needs.
const DIFFERENT_CHARACTERS_MINIMUM: usize = 6;

/// Words that passwords are made of too often, one a line, longest first.
const BLOCK_LIST: &str = include_str!("../blocked_passwords.txt");

/// Refuses a password that is too short or too easy to guess for somebody with these names.
pub(crate) fn check_password(password: &str, names: &[&str]) -> Result<(), RegistryError> {
    let refuse = |reason: String| Err(RegistryError::Refused(reason));
    let length = password.chars().count();
    if length < PASSWORD_LENGTH_MINIMUM {
        return refuse(format!("a password needs at least {PASSWORD_LENGTH_MINIMUM} characters"));
    }
    if length > PASSWORD_LENGTH_MAXIMUM {
        return refuse(format!("a password has at most {PASSWORD_LENGTH_MAXIMUM} characters"));
    }
    if is_guessable(password, names) {
        return refuse(
            "this password is easy to guess: it is made of common words, repetitions, rows of keys, or your own names; \
             several words that have nothing to do with each other make a good one"
                .into(),
        );
    }
    Ok(())
}

fn is_guessable(password: &str, names: &[&str]) -> bool {
    let plain = folded(password);
    let mut different: Vec<char> = plain.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARACTERS_MINIMUM {
        return true;
    }
    let names = names.iter().flat_map(|name| name.split(|letter: char| !letter.is_alphanumeric())).map(folded);
    let mut words: Vec<String> = names.filter(|name| name.chars().count() >= WORD_LENGTH_MINIMUM).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.extend(BLOCK_LIST.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(folded));
    let left = words.iter().fold(plain, |left, word| left.replace(word.as_str(), " "));
    let left: String = left.split(' ').filter(|part| !is_row(part)).collect();
    let letters: std::collections::HashSet<(char, char)> = left.chars().zip(left.chars().skip(1)).collect();
    letters.len() + 1 < LETTERS_LEFT_MINIMUM
}

/// Without case, and with the usual stand-ins for letters undone: `P@ssw0rd` is `password`.
fn folded(text: &str) -> String {
    let fold = |letter: char| match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars()
        .flat_map(char::to_lowercase)
        .filter(|letter| letter.is_alphanumeric() || "!@$".contains(*letter))
        .map(fold)
        .collect()
}

/// Whether each character follows from the one before it by the same small step: `abcdef`, `fedcba`, `aaaaaa`.
fn is_row(text: &str) -> bool {
    let numbers: Vec<i64> = text.chars().map(|letter| i64::from(u32::from(letter))).collect();
    let mut steps = numbers.windows(2).map(|pair| pair[1] - pair[0]);
    let Some(first) = steps.next() else { return true };
    first.abs() <= 1 && steps.all(|step| step == first)
}

/// A password as it is kept: Argon2id in PHC form.
pub(crate) fn hash_password(password: &str, salt: &[u8; 16]) -> Result<String, RegistryError> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| RegistryError::Refused(format!("the password cannot be kept: {error}")))
}

/// Whether it is the password of this hash. Waits until one of the permits is free.
pub(crate) async fn verify_password(verifications: &Semaphore, password: &str, hash: String) -> bool {
    let _permit = verifications.acquire().await.expect("the semaphore is never closed");
    let password = password.to_owned();
    let verification = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    verification.await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::check_password;

    #[test]
    fn long_passwords_of_unrelated_words_are_taken_and_guessable_ones_are_not() {
        let names = ["county.harold", "Harold Kim", "Bluebonnet County Health Department"];
        for good in
            ["correct horse battery staple", "jvkqw-aemkz-rfhxd-pcynb", "tortuga lámpara nieve 9", "9f!Lq_zz7Wm#cc2"]
        {
            assert!(check_password(good, &names).is_ok(), "{good} is good");
        }
        for bad in [
            "fourteen chars",
            "passwordpassword",
            "P@ssw0rd2026P@ssw0rd",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "1234567890123456",
            "qwertyuiopasdfgh",
            "haroldharoldharold1",
            "bluebonnet-county-2026",
            "ImmTrac2ImmTrac2!",
            "welcome to texas 1",
        ] {
            assert!(check_password(bad, &names).is_err(), "{bad} is guessable");
        }
    }
}
