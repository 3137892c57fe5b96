//! The segments of a VXU, reduced to the fields that a registry uses. Dates, codes and numbers are as sent.

use std::borrow::Cow;

use super::datatypes::{Ce, Cx, Ei, Hd, Xad, Xcn, Xpn, Xtn};
use crate::er7::{Message, Segment};

/// PID: the person.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pid<'a> {
    /// PID-3, one for each repetition.
    pub identifiers: Vec<Cx<'a>>,
    /// PID-5, one for each repetition.
    pub names: Vec<Xpn<'a>>,
    /// PID-6.
    pub mother_maiden_name: Xpn<'a>,
    /// PID-7.
    pub birth: &'a str,
    /// PID-8.
    pub sex: &'a str,
    /// PID-10, one for each repetition.
    pub races: Vec<Ce<'a>>,
    /// PID-11, one for each repetition.
    pub addresses: Vec<Xad<'a>>,
    /// PID-13, one for each repetition.
    pub telecoms: Vec<Xtn<'a>>,
    /// PID-15.
    pub language: Ce<'a>,
    /// PID-22.
    pub ethnicity: Ce<'a>,
    /// PID-24.
    pub multiple_birth: &'a str,
    /// PID-25.
    pub birth_order: &'a str,
    /// PID-29.
    pub death: &'a str,
    /// PID-30.
    pub death_indicator: &'a str,
}

impl<'a> Pid<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Pid<'a> {
        let mut fields = segment.fields();
        Pid {
            identifiers: each(message, fields.at(3), Cx::of),
            names: each(message, fields.at(5), Xpn::of),
            mother_maiden_name: Xpn::of(message, first(message, fields.at(6))),
            birth: message.component(fields.at(7), 1),
            sex: fields.at(8),
            races: each(message, fields.at(10), Ce::of),
            addresses: each(message, fields.at(11), Xad::of),
            telecoms: each(message, fields.at(13), Xtn::of),
            language: Ce::of(message, first(message, fields.at(15))),
            ethnicity: Ce::of(message, first(message, fields.at(22))),
            multiple_birth: fields.at(24),
            birth_order: fields.at(25),
            death: message.component(fields.at(29), 1),
            death_indicator: fields.at(30),
        }
    }
}

/// PD1: more about the person.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pd1<'a> {
    /// PD1-11, HL70215.
    pub publicity: Ce<'a>,
    /// PD1-12.
    pub protection: &'a str,
    /// PD1-13.
    pub protection_since: &'a str,
    /// PD1-16, HL70441.
    pub registry_status: &'a str,
    /// PD1-17.
    pub registry_status_since: &'a str,
    /// PD1-18.
    pub publicity_since: &'a str,
}

impl<'a> Pd1<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Pd1<'a> {
        let mut fields = segment.fields();
        Pd1 {
            publicity: Ce::of(message, first(message, fields.at(11))),
            protection: fields.at(12),
            protection_since: fields.at(13),
            registry_status: fields.at(16),
            registry_status_since: fields.at(17),
            publicity_since: fields.at(18),
        }
    }
}

/// NK1: who answers for the person.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Nk1<'a> {
    /// Which NK1 of the message.
    pub sequence: u16,
    /// NK1-2, the first repetition.
    pub name: Xpn<'a>,
    /// NK1-3, HL70063.
    pub relationship: Ce<'a>,
    /// NK1-4, one for each repetition.
    pub addresses: Vec<Xad<'a>>,
    /// NK1-5, one for each repetition.
    pub telecoms: Vec<Xtn<'a>>,
}

impl<'a> Nk1<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Nk1<'a> {
        let mut fields = segment.fields();
        Nk1 {
            sequence: segment.sequence,
            name: Xpn::of(message, first(message, fields.at(2))),
            relationship: Ce::of(message, first(message, fields.at(3))),
            addresses: each(message, fields.at(4), Xad::of),
            telecoms: each(message, fields.at(5), Xtn::of),
        }
    }
}

/// ORC: the order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Orc<'a> {
    /// Which ORC of the message.
    pub sequence: u16,
    /// ORC-2.
    pub placer: Ei<'a>,
    /// ORC-3.
    pub filler: Ei<'a>,
    /// ORC-10.
    pub entered_by: Xcn<'a>,
    /// ORC-12.
    pub ordered_by: Xcn<'a>,
    /// ORC-17.
    pub entering_organization: Ce<'a>,
}

impl<'a> Orc<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Orc<'a> {
        let mut fields = segment.fields();
        Orc {
            sequence: segment.sequence,
            placer: Ei::of(message, first(message, fields.at(2))),
            filler: Ei::of(message, first(message, fields.at(3))),
            entered_by: Xcn::of(message, first(message, fields.at(10))),
            ordered_by: Xcn::of(message, first(message, fields.at(12))),
            entering_organization: Ce::of(message, first(message, fields.at(17))),
        }
    }
}

/// RXA: the dose.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rxa<'a> {
    /// Which RXA of the message.
    pub sequence: u16,
    /// RXA-3.
    pub administered: &'a str,
    /// RXA-4.
    pub administration_end: &'a str,
    /// RXA-5.
    pub vaccine: Ce<'a>,
    /// RXA-6.
    pub amount: &'a str,
    /// RXA-7.
    pub amount_unit: Ce<'a>,
    /// RXA-9, one for each repetition.
    pub notes: Vec<Ce<'a>>,
    /// RXA-10.
    pub administered_by: Xcn<'a>,
    /// RXA-11.4.
    pub administered_at: Hd<'a>,
    /// RXA-15, the first repetition.
    pub lot_number: Cow<'a, str>,
    /// RXA-16.
    pub lot_expiration: &'a str,
    /// RXA-17, MVX.
    pub manufacturer: Ce<'a>,
    /// RXA-18, NIP002, the first repetition.
    pub refusal_reason: Ce<'a>,
    /// RXA-20, HL70322.
    pub completion: &'a str,
    /// RXA-21, HL70323.
    pub action: &'a str,
}

impl<'a> Rxa<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Rxa<'a> {
        let mut fields = segment.fields();
        Rxa {
            sequence: segment.sequence,
            administered: message.component(fields.at(3), 1),
            administration_end: message.component(fields.at(4), 1),
            vaccine: Ce::of(message, first(message, fields.at(5))),
            amount: fields.at(6),
            amount_unit: Ce::of(message, first(message, fields.at(7))),
            notes: each(message, fields.at(9), Ce::of),
            administered_by: Xcn::of(message, first(message, fields.at(10))),
            administered_at: Hd::of(message, message.component(fields.at(11), 4)),
            lot_number: message.decode(first(message, fields.at(15))),
            lot_expiration: message.component(fields.at(16), 1),
            manufacturer: Ce::of(message, first(message, fields.at(17))),
            refusal_reason: Ce::of(message, first(message, fields.at(18))),
            completion: fields.at(20),
            action: fields.at(21),
        }
    }
}

/// RXR: how and where on the body.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rxr<'a> {
    /// Which RXR of the message.
    pub sequence: u16,
    /// RXR-1.
    pub route: Ce<'a>,
    /// RXR-2, HL70163.
    pub body_site: Ce<'a>,
}

impl<'a> Rxr<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Rxr<'a> {
        let mut fields = segment.fields();
        Rxr {
            sequence: segment.sequence,
            route: Ce::of(message, first(message, fields.at(1))),
            body_site: Ce::of(message, first(message, fields.at(2))),
        }
    }
}

/// OBX: an observation.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Obx<'a> {
    /// Which OBX of the message.
    pub sequence: u16,
    /// OBX-2, HL70125.
    pub value_type: &'a str,
    /// OBX-3, LOINC.
    pub question: Ce<'a>,
    /// OBX-4.
    pub group: &'a str,
    /// OBX-5 as sent: what it is depends on OBX-2.
    pub value: &'a str,
    /// OBX-14.
    pub observed: &'a str,
}

impl<'a> Obx<'a> {
    pub(super) fn of(message: &Message<'a>, segment: &Segment<'a>) -> Obx<'a> {
        let mut fields = segment.fields();
        Obx {
            sequence: segment.sequence,
            value_type: fields.at(2),
            question: Ce::of(message, first(message, fields.at(3))),
            group: fields.at(4),
            value: fields.at(5),
            observed: message.component(fields.at(14), 1),
        }
    }
}

fn first<'a>(message: &Message<'a>, field: &'a str) -> &'a str {
    message.repetitions(field).at(1)
}

fn each<'a, T>(message: &Message<'a>, field: &'a str, read: impl Fn(&Message<'a>, &'a str) -> T) -> Vec<T> {
    message.repetitions(field).map(|repetition| read(message, repetition)).collect()
}
