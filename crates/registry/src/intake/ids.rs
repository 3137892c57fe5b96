//! Ids of what a submission creates, derived from its receipt: nothing below the doors makes ids by chance, and a
//! submission decided twice gives the same ids.

use model::MessageId;
use uuid::Uuid;

/// What an id is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Patient = 1,
    PatientReport = 2,
    VaccinationReport = 3,
    Consent = 5,
    Merge = 6,
}

/// A UUID v7 of the receipt's millisecond, different for every purpose and ordinal of the receipt. Of one receipt and
/// purpose, ids sort by ordinal (up to 256 of them), so that what stands first in a message comes first for ever.
pub(crate) fn derive(message_id: MessageId, purpose: Purpose, ordinal: usize) -> Uuid {
    let receipt = message_id.0.as_u128();
    let mut mixed = receipt ^ ((purpose as u128) << 56) ^ ((ordinal as u128) << 64);
    for multiplier in [0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835_u128, 0xC2B2_AE3D_27D4_EB4F_1656_67B1_9E37_79F9] {
        mixed ^= mixed >> 67;
        mixed = mixed.wrapping_mul(multiplier);
    }
    mixed ^= mixed >> 67;
    // UUID v7: 48 bits of time, 4 of version, 12 that count, 2 of variant, 62 that are mixed.
    const TIME: u128 = !0 << 80;
    const MIXED: u128 = !0 >> 66;
    let count = ((purpose as u128) << 8) | (ordinal as u128 & 0xFF);
    Uuid::from_u128((receipt & TIME) | (7 << 76) | (count << 64) | (0b10 << 62) | (mixed & MIXED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_uuid_v7_of_the_same_millisecond_and_all_differ() {
        let receipts = (0..100u128).map(|n| MessageId(Uuid::from_u128((0x0192_3456_789A_7000 << 64) | (2 << 62) | n)));
        let mut seen = std::collections::HashSet::new();
        for receipt in receipts {
            for purpose in [Purpose::Patient, Purpose::VaccinationReport, Purpose::Consent] {
                for ordinal in 0..30 {
                    let id = derive(receipt, purpose, ordinal);
                    assert_eq!(id.get_version_num(), 7);
                    assert_eq!(id.as_u128() >> 80, receipt.0.as_u128() >> 80);
                    assert!(seen.insert(id));
                    assert!(ordinal == 0 || id > derive(receipt, purpose, ordinal - 1));
                }
            }
        }
    }
}
