//! What comes from the world: the time, new ids, randomness. Everything else takes them as values.

use std::fmt::Write;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use model::MessageId;
use uuid::Uuid;

/// The letters of a password: none is mistaken for another when it is read aloud or copied by hand.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyzACDEFHKLM";
/// Letters of a password, five bits each: 100 bits.
const PASSWORD_LENGTH: usize = 20;
/// Letters between two hyphens.
const PASSWORD_GROUP: usize = 5;

/// The setting that makes the clock run otherwise in a rehearsal.
const REHEARSAL_CLOCK: &str = "BLUEBONNET_REHEARSAL_CLOCK";

/// The time; in a rehearsal, the time that is rehearsed.
#[expect(clippy::disallowed_methods, reason = "the program reads the clock for everything below it")]
pub(crate) fn now() -> Timestamp {
    let real = Timestamp::now();
    rehearsal().map_or(real, |rehearsal| rehearsal.shown_at(real))
}

/// Refuses a clock for rehearsals that cannot be read: the program would go by the time of day, and nobody notice.
///
/// # Errors
/// What it must be like.
pub(crate) fn check_rehearsal() -> Result<(), String> {
    match rehearsal_setting() {
        Some(text) if Rehearsal::parse(&text).is_none() => Err(format!(
            "{REHEARSAL_CLOCK}={text:?} is no clock for rehearsals: write SHOWN,REAL,SPEED, two instants and how many times \
             as fast, as 2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,600"
        )),
        _ => Ok(()),
    }
}

/// Says that the clock is one for rehearsals.
pub(crate) fn warn_of_rehearsal() {
    if rehearsal().is_some() {
        let shown = now();
        tracing::warn!(%shown, setting = REHEARSAL_CLOCK, "the clock is one for rehearsals: this is no way to run a registry");
    }
}

fn rehearsal() -> Option<&'static Rehearsal> {
    static REHEARSAL: OnceLock<Option<Rehearsal>> = OnceLock::new();
    REHEARSAL.get_or_init(|| rehearsal_setting().and_then(|text| Rehearsal::parse(&text))).as_ref()
}

fn rehearsal_setting() -> Option<String> {
    std::env::var_os(REHEARSAL_CLOCK).map(|text| text.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
}

/// A clock for rehearsals: at the real instant it shows another, and from there on it runs so many times as fast.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Rehearsal {
    shown: Timestamp,
    real: Timestamp,
    speed: f64,
}

impl Rehearsal {
    /// Reads `shown,real,speed`: `2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,600`.
    fn parse(text: &str) -> Option<Rehearsal> {
        let mut parts = text.split(',');
        let (shown, real, speed) = (parts.next()?, parts.next()?, parts.next()?);
        let speed = speed.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed >= 0.0)?;
        let is_all = parts.next().is_none();
        is_all.then_some(Rehearsal { shown: shown.parse().ok()?, real: real.parse().ok()?, speed })
    }

    fn shown_at(&self, real: Timestamp) -> Timestamp {
        let passed = real.duration_since(self.real).as_secs_f64() * self.speed;
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or(SignedDuration::ZERO);
        self.shown.checked_add(passed).unwrap_or(self.shown)
    }
}

/// A failure that whoever started the program wants to happen, for tests of what it leaves.
#[expect(clippy::disallowed_methods, reason = "the program reads the environment for everything below it")]
pub(crate) fn planned_failure() -> Option<String> {
    std::env::var("BLUEBONNET_FAILPOINT").ok().filter(|text| !text.is_empty())
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
    fn a_rehearsed_clock_runs_from_where_it_is_set() {
        let rehearsal = Rehearsal::parse("2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,600").expect("readable");
        let real: Timestamp = "2026-11-25T17:00:01.5Z".parse().expect("readable");
        assert_eq!(rehearsal.shown_at(real).to_string(), "2024-06-01T00:05:00Z");
        for junk in [
            "tomorrow",
            "2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,fast",
            "2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,-1",
        ] {
            assert_eq!(Rehearsal::parse(junk), None, "{junk}");
        }
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let password = random_password();
        assert_eq!(password.len(), 23);
        assert_ne!(password, random_password());
    }
}
