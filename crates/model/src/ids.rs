//! Identifiers of stored things: UUID v7, made at the doors, each a type of its own.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.simple().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map($name)
            }
        }

        impl $name {
            /// The short form shown to people and sent in messages: 12 letters and digits (Crockford base 32,
            /// 60 bits folded from the id), because HL7 gives an identifier 15 characters (IG 1.5, CX.1).
            pub fn number(self) -> String {
                short_number(self.0)
            }
        }
    )+};
}

id! {
    /// An organization or one of its sites.
    OrganizationId;
    /// A web-service account or a person's sign-in.
    AccountId;
    /// A registration of an organization, or the renewal of its agreement.
    RegistrationId;
    /// A browser in which somebody signed in.
    SessionId;
    /// A second factor of an account.
    FactorId;
    /// A received message; also the receipt that its sender gets.
    MessageId;
    /// A received file; also the receipt that its sender gets.
    FileId;
    /// A person in the registry.
    PatientId;
    /// What one organization says about one person.
    PatientReportId;
    /// One vaccination, however many reports of it there are.
    VaccinationEventId;
    /// One report of one vaccination.
    VaccinationReportId;
    /// One merge of two records.
    MergeId;
    /// One consent given or withdrawn.
    ConsentId;
    /// Somebody who wants to be told.
    SubscriptionId;
    /// A batch of corrections.
    DataFixId;
    /// A maintenance window.
    WindowId;
}

fn short_number(id: Uuid) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits = id.as_u128();
    // Fold the 122 free bits of the id over the 60 that fit, so that ids made in one millisecond still differ.
    bits = (bits ^ (bits >> 61)).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) >> 68;
    (0..12).rev().map(|place| ALPHABET[(bits >> (place * 5)) as usize & 31] as char).collect()
}

/// A short number as people write it: in whatever case, with spaces or dashes, and with letters for the digits that look
/// like them (Crockford base 32: O is 0, I and L are 1).
pub fn read_number(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase);
    letters
        .map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_neighboring_ids_differ_and_fit_an_hl7_identifier() {
        let numbers: std::collections::HashSet<String> =
            (0..10_000u128).map(|n| PatientId(Uuid::from_u128((0x0192 << 112) + n)).number()).collect();
        assert_eq!(numbers.len(), 10_000);
        assert!(numbers.iter().all(|number| number.len() == 12));
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for written in ["9063ZKY7DG0Q", "9063-zky7-dg0q", " 9063 ZKY7 DGOQ "] {
            assert_eq!(read_number(written), "9063ZKY7DG0Q");
        }
        assert_eq!(read_number("iLl"), "111");
    }
}
