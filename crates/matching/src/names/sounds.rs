//! How names sound, in Spanish or English, so that spellings that sound alike are known again.

/// How the beginning of a folded surname sounds, in Spanish or English: at most five letters. Spellings that sound
/// alike (Gonzales, Gonzalez; Baldez, Valdez; Jimenez, Ximenez, Gimenez) give the same.
pub(crate) fn sound(part: &str) -> impl Iterator<Item = u8> {
    hear::<5>(part)
}

/// Whether two folded names sound alike from beginning to end.
pub(crate) fn is_same_sound(one: &str, other: &str) -> bool {
    hear::<16>(one).eq(hear::<16>(other))
}

fn hear<const MOST: usize>(part: &str) -> impl Iterator<Item = u8> {
    let bytes = part.as_bytes();
    let mut sounds = [0u8; MOST];
    let mut length = 0;
    let mut position = 0;
    while position < bytes.len() && length < sounds.len() {
        let (heard, taken) = sound_at(&bytes[position..]);
        position += taken;
        if heard != 0 && (length == 0 || sounds[length - 1] != heard) {
            sounds[length] = heard;
            length += 1;
        }
    }
    sounds.into_iter().take(length)
}

/// The sound at the start of the text, 0 for a silent letter, and how many letters make it.
fn sound_at(text: &[u8]) -> (u8, usize) {
    let is_soft = |place: usize| matches!(text.get(place), Some(b'E' | b'I' | b'Y'));
    match text {
        [b'P', b'H', ..] => (b'F', 2),
        [b'C', b'H', ..] | [b'S', b'H', ..] => (b'X', 2),
        [b'Q', b'U', ..] => (b'K', 2),
        [b'G', b'U', ..] if is_soft(2) => (b'G', 2),
        [b'B', ..] => (b'V', 1),
        [b'C', ..] if is_soft(1) => (b'S', 1),
        [b'C' | b'Q', ..] => (b'K', 1),
        [b'Z', ..] => (b'S', 1),
        [b'G', ..] if is_soft(1) => (b'J', 1),
        [b'X', ..] => (b'J', 1),
        [b'N', b'B' | b'V' | b'P', ..] => (b'M', 1),
        [b'I', ..] => (b'Y', 1),
        [b'H', ..] => (0, 1),
        [letter, ..] => (*letter, 1),
        [] => (0, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surnames_that_sound_alike_share_a_key() {
        let heard = |text: &str| String::from_utf8(sound(text).collect()).expect("sounds are letters");
        for (one, other) in [
            ("GONZALES", "GONZALEZ"),
            ("VALDEZ", "BALDES"),
            ("JIMENEZ", "XIMENES"),
            ("GIMENEZ", "JIMENEZ"),
            ("HERNANDEZ", "ERNANDEZ"),
            ("CASTILLO", "CASTILO"),
            ("QUIROZ", "KIROS"),
            ("PHILLIPS", "FILIPS"),
            ("CERVANTES", "SERBANTEZ"),
        ] {
            assert_eq!(heard(one), heard(other));
        }
        for (one, other) in [("GARZA", "GARCIA"), ("LOPEZ", "LOERA"), ("MARTIN", "MORIN")] {
            assert_ne!(heard(one), heard(other));
        }
    }
}
