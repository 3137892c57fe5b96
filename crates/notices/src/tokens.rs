//! Signed links: they name a subscription by its id, say what they are for, and cannot be made by others. No address
//! and nothing personal stands in them.

use hmac::{Hmac, KeyInit, Mac};
use model::SubscriptionId;
use sha2::Sha256;
use uuid::Uuid;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 16;

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To say that a subscription is meant.
    Confirm,
    /// To end it.
    End,
}

/// The token of a link: 64 hexadecimal digits.
pub fn sign(secret: &[u8; 32], purpose: Purpose, id: SubscriptionId) -> String {
    let signature = mac(secret, purpose, id).finalize().into_bytes();
    let bytes = id.0.as_bytes().iter().chain(&signature[..SIGNATURE_BYTES]);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// The subscription that a token is for; `None` when nobody of ours made it.
pub fn read(secret: &[u8; 32], purpose: Purpose, token: &str) -> Option<SubscriptionId> {
    let bytes = bytes(token).filter(|bytes| bytes.len() == 16 + SIGNATURE_BYTES)?;
    let id = SubscriptionId(Uuid::from_slice(&bytes[..16]).ok()?);
    // Compared in a time that tells nothing of where they differ.
    mac(secret, purpose, id).verify_truncated_left(&bytes[16..]).ok()?;
    Some(id)
}

/// The signature of a webhook's body: HMAC-SHA256 over `id.timestamp.body`, in hexadecimal digits.
pub fn sign_body(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(secret: &[u8; 32], purpose: Purpose, id: SubscriptionId) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(match purpose {
        Purpose::Confirm => b"confirm subscription ",
        Purpose::End => b"end the subscription ",
    });
    mac.update(id.0.as_bytes());
    mac
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_purpose_and_its_subscription_only() {
        let (secret, id) = ([7; 32], SubscriptionId(Uuid::from_u128(5)));
        let token = sign(&secret, Purpose::End, id);
        assert_eq!(read(&secret, Purpose::End, &token), Some(id));
        assert_eq!(read(&secret, Purpose::Confirm, &token), None);
        assert_eq!(read(&[8; 32], Purpose::End, &token), None);
        for place in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[place] = if other[place] == b'0' { b'1' } else { b'0' };
            assert_eq!(read(&secret, Purpose::End, &String::from_utf8_lossy(&other)), None, "digit {place}");
        }
        for broken in ["", "ab", "é", &token[..62], "zz"] {
            assert_eq!(read(&secret, Purpose::End, broken), None);
        }
    }
}
