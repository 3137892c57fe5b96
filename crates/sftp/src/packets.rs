//! Packets of the SFTP protocol, version 3, cut out of the bytes of a channel and put together again.
//!
//! # Source
//! draft-ietf-secsh-filexfer-02, section 3.

use bytes::{Buf, Bytes, BytesMut};
use russh_sftp::protocol::Packet;

use crate::limits::PACKET_BYTES_MAXIMUM;
use crate::refusals::Refusal;

/// The packet types that a client sends: INIT, the requests, EXTENDED.
const INIT: u8 = 1;
const FIRST_REQUEST: u8 = 3;
const LAST_REQUEST: u8 = 20;
const EXTENDED: u8 = 200;

/// What a client sent.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A packet that says something.
    Request(Packet),
    /// One that does not; the answer goes under its request id.
    Refused { id: u32, refusal: Refusal },
}

/// A client that does not speak the protocol: nothing can be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum ProtocolBroken {
    #[error("a packet of {0} bytes")]
    Length(u32),
    #[error("a packet without a request id")]
    NoRequestId,
}

/// Bytes that arrived and are not a whole packet yet.
#[derive(Default)]
pub(crate) struct Incomings {
    bytes: BytesMut,
}

impl Incomings {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole packet, if it is there.
    pub(crate) fn next(&mut self) -> Result<Option<Incoming>, ProtocolBroken> {
        let Some(head) = self.bytes.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*head);
        if length == 0 || length as usize > PACKET_BYTES_MAXIMUM {
            return Err(ProtocolBroken::Length(length));
        }
        if self.bytes.len() - 4 < length as usize {
            return Ok(None);
        }
        self.bytes.advance(4);
        read(self.bytes.split_to(length as usize).freeze()).map(Some)
    }
}

fn read(mut packet: Bytes) -> Result<Incoming, ProtocolBroken> {
    let kind = packet[0];
    if kind == INIT {
        return match Packet::try_from(&mut packet) {
            Ok(init) => Ok(Incoming::Request(init)),
            Err(_) => Err(ProtocolBroken::NoRequestId),
        };
    }
    let id = packet.get(1..5).and_then(<[u8]>::first_chunk).ok_or(ProtocolBroken::NoRequestId)?;
    let id = u32::from_be_bytes(*id);
    if !(FIRST_REQUEST..=LAST_REQUEST).contains(&kind) && kind != EXTENDED {
        let refusal = Refusal::unsupported(format!("there is no request of type {kind}"));
        return Ok(Incoming::Refused { id, refusal });
    }
    Ok(match Packet::try_from(&mut packet) {
        Ok(request) => Incoming::Request(request),
        Err(_) => {
            Incoming::Refused { id, refusal: Refusal::unreadable("the request breaks off or contradicts itself") }
        }
    })
}

/// An answer as bytes.
pub(crate) fn write(answer: Packet) -> Bytes {
    Bytes::try_from(answer).expect("answers are shorter than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(packet: &[u8]) -> Vec<u8> {
        [&(packet.len() as u32).to_be_bytes()[..], packet].concat()
    }

    #[test]
    fn a_packet_is_found_wherever_the_pieces_end() {
        let stat = framed(b"\x11\x00\x00\x00\x07\x00\x00\x00\x06/inbox");
        for size in 1..=stat.len() {
            let mut incomings = Incomings::default();
            let mut found = Vec::new();
            for piece in stat.chunks(size) {
                incomings.push(piece);
                found.extend(incomings.next().expect("the protocol is kept"));
            }
            assert!(
                matches!(&found[..], [Incoming::Request(Packet::Stat(stat))] if stat.path == "/inbox" && stat.id == 7)
            );
        }
    }

    #[test]
    fn what_says_nothing_is_refused_under_its_own_id() {
        let refused: [&[u8]; 6] = [
            b"\x11\x00\x00\x00\x07",
            b"\x11\x00\x00\x00\x07\xff\xff\xff\xff/inbox",
            b"\x06\x00\x00\x00\x07\x00\x00\x00\x011\x00",
            b"\x67\x00\x00\x00\x07\x00\x00\x00\x00",
            b"\x68\x00\x00\x00\x07\xff\xff\xff\xff",
            b"\xff\x00\x00\x00\x07",
        ];
        for packet in refused {
            let mut incomings = Incomings::default();
            incomings.push(&framed(packet));
            let incoming = incomings.next().expect("the protocol is kept");
            assert!(matches!(incoming, Some(Incoming::Refused { id: 7, .. })), "{packet:?}: {incoming:?}");
        }
    }

    #[test]
    fn a_length_that_nobody_sends_ends_the_session() {
        for bytes in
            [&b"\x00\x00\x00\x00"[..], b"\xff\xff\xff\xff", b"\x00\x04\x00\x01", b"\x00\x00\x00\x03\x04\x00\x00"]
        {
            let mut incomings = Incomings::default();
            incomings.push(bytes);
            assert!(incomings.next().is_err(), "{bytes:?}");
        }
    }
}
