//! The segments of a VXU, reduced to the fields that a registry uses. Fields of one value (dates, codes, numbers) are as sent.

use std::borrow::Cow;

use super::datatypes::{Ce, Cx, Ei, Hd, Xad, Xcn, Xpn, Xtn, decoded};
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
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Pid<'a> {
        let mut fields = message.cursor(segment);
        Pid {
            identifiers: fields.each(3, |parts| Cx::from_parts::<DECODES>(message, parts)),
            names: fields.each(5, |parts| Xpn::from_parts::<DECODES>(message, parts)),
            mother_maiden_name: Xpn::from_parts::<DECODES>(message, &fields.parts(6)),
            birth: fields.component(7),
            sex: fields.field(8),
            races: fields.each(10, |parts| Ce::from_parts::<DECODES>(message, parts)),
            addresses: fields.each(11, |parts| Xad::from_parts::<DECODES>(message, parts)),
            telecoms: fields.each(13, |parts| Xtn::from_parts::<DECODES>(message, parts)),
            language: Ce::from_parts::<DECODES>(message, &fields.parts(15)),
            ethnicity: Ce::from_parts::<DECODES>(message, &fields.parts(22)),
            multiple_birth: fields.field(24),
            birth_order: fields.field(25),
            death: fields.component(29),
            death_indicator: fields.field(30),
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
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Pd1<'a> {
        let mut fields = message.cursor(segment);
        Pd1 {
            publicity: Ce::from_parts::<DECODES>(message, &fields.parts(11)),
            protection: fields.field(12),
            protection_since: fields.field(13),
            registry_status: fields.field(16),
            registry_status_since: fields.field(17),
            publicity_since: fields.field(18),
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
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Nk1<'a> {
        let mut fields = message.cursor(segment);
        Nk1 {
            sequence: segment.sequence,
            name: Xpn::from_parts::<DECODES>(message, &fields.parts(2)),
            relationship: Ce::from_parts::<DECODES>(message, &fields.parts(3)),
            addresses: fields.each(4, |parts| Xad::from_parts::<DECODES>(message, parts)),
            telecoms: fields.each(5, |parts| Xtn::from_parts::<DECODES>(message, parts)),
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
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Orc<'a> {
        let mut fields = message.cursor(segment);
        Orc {
            sequence: segment.sequence,
            placer: Ei::from_parts::<DECODES>(message, &fields.parts(2)),
            filler: Ei::from_parts::<DECODES>(message, &fields.parts(3)),
            entered_by: Xcn::from_parts::<DECODES>(message, &fields.parts(10)),
            ordered_by: Xcn::from_parts::<DECODES>(message, &fields.parts(12)),
            entering_organization: Ce::from_parts::<DECODES>(message, &fields.parts(17)),
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
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Rxa<'a> {
        let mut fields = message.cursor(segment);
        Rxa {
            sequence: segment.sequence,
            administered: fields.component(3),
            administration_end: fields.component(4),
            vaccine: Ce::from_parts::<DECODES>(message, &fields.parts(5)),
            amount: fields.field(6),
            amount_unit: Ce::from_parts::<DECODES>(message, &fields.parts(7)),
            notes: fields.each(9, |parts| Ce::from_parts::<DECODES>(message, parts)),
            administered_by: Xcn::from_parts::<DECODES>(message, &fields.parts(10)),
            administered_at: Hd::from_component::<DECODES>(message, fields.parts::<4>(11).at(4)),
            lot_number: decoded::<DECODES>(message, fields.component(15)),
            lot_expiration: fields.component(16),
            manufacturer: Ce::from_parts::<DECODES>(message, &fields.parts(17)),
            refusal_reason: Ce::from_parts::<DECODES>(message, &fields.parts(18)),
            completion: fields.field(20),
            action: fields.field(21),
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
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Rxr<'a> {
        let mut fields = message.cursor(segment);
        Rxr {
            sequence: segment.sequence,
            route: Ce::from_parts::<DECODES>(message, &fields.parts(1)),
            body_site: Ce::from_parts::<DECODES>(message, &fields.parts(2)),
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
    /// OBX-11, HL70085.
    pub status: &'a str,
    /// OBX-14.
    pub observed: &'a str,
}

impl<'a> Obx<'a> {
    #[inline]
    pub(super) fn of<const DECODES: bool>(message: &Message<'a>, segment: &Segment<'a>) -> Obx<'a> {
        let mut fields = message.cursor(segment);
        Obx {
            sequence: segment.sequence,
            value_type: fields.field(2),
            question: Ce::from_parts::<DECODES>(message, &fields.parts(3)),
            group: fields.field(4),
            value: fields.field(5),
            status: fields.component(11),
            observed: fields.component(14),
        }
    }
}
