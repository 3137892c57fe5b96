//! What is known of something received: when and through which door it came, whose it is, how large.

use model::Right;
use registry::{Received, ReceivedKind};

use super::{channel_name, shown_receipt};
use crate::dates;
use crate::languages::Language;
use crate::listings::Cell;
use crate::signed_in::SignedIn;

/// What is known of something received, by the keys of the message catalog; what is not known is left out.
pub(super) fn facts(signed_in: &SignedIn, received: &Received) -> Vec<(&'static str, Cell)> {
    let language = signed_in.language();
    let time = |at| dates::moment(signed_in.registry(), at, language);
    let facts = [
        ("files.control_id", Cell::text(received.control_id.clone())),
        ("files.receipt", receipt(received)),
        ("files.organization", organization(signed_in, received)),
        ("files.door", Cell::text(channel_name(received.channel, language))),
        ("files.account", Cell::text(received.account.clone())),
        ("files.received", Cell::text(time(received.received_at))),
        ("files.finished", Cell::text(received.finished_at.map(time).unwrap_or_default())),
        ("files.size", Cell::text(received.size.map(|size| size_in_words(size, language)).unwrap_or_default())),
        ("files.destroyed", Cell::text(received.destroyed_at.map(time).unwrap_or_default())),
        ("files.run", Cell::text(if received.run > 1 { received.run.to_string() } else { String::new() })),
    ];
    facts.into_iter().filter(|(_, value)| !value.text.is_empty()).collect()
}

/// The receipt; of a file in its long form, too, which programs and the command line print.
fn receipt(received: &Received) -> Cell {
    let cell = Cell::text(shown_receipt(received));
    match received.kind {
        ReceivedKind::File => cell.with_note(received.receipt.simple().to_string()),
        ReceivedKind::Message => cell,
    }
}

/// Whose it is, with the way to its page for those who may open it.
fn organization(signed_in: &SignedIn, received: &Received) -> Cell {
    let (registry, id, code) = (signed_in.registry(), received.organization_id, &received.organization);
    let name = registry.organization_name(&signed_in.admission, id);
    let cell = match registry.may(&signed_in.caller, Right::ReadOrganization, id) {
        true => Cell::link(name, format!("/organizations/{code}")),
        false => Cell::text(name),
    };
    cell.with_note(code)
}

/// `512 bytes`, `2.1 MB`.
pub(crate) fn size_in_words(size: u64, language: Language) -> String {
    let tenths = |unit: u64| format!("{}.{}", size / unit, size % unit * 10 / unit);
    match size {
        0..1_000 => format!("{size} {}", language.text("files.bytes")),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_words() {
        let said = [512, 2_140, 3_000_000, 20_000_000_000].map(|size| size_in_words(size, Language::English));
        assert_eq!(said, ["512 bytes", "2.1 kB", "3.0 MB", "20.0 GB"]);
    }
}
