//! The composite data types of the guide, reduced to the parts that a registry uses, with all escapes decoded.

use std::borrow::Cow;

use crate::acknowledgment::is_oid;
use crate::er7::{Message, Parts};

/// CE and CWE: a code with its text and coding system, twice.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ce<'a> {
    /// The code.
    pub code: Cow<'a, str>,
    /// What it is called.
    pub text: Cow<'a, str>,
    /// Its coding system, by HL7 table 0396.
    pub system: Cow<'a, str>,
    /// The same in another coding system.
    pub alternate_code: Cow<'a, str>,
    /// What that is called.
    pub alternate_text: Cow<'a, str>,
    /// That coding system.
    pub alternate_system: Cow<'a, str>,
}

impl<'a> Ce<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Ce<'a> {
        Ce::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 6>) -> Ce<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        Ce {
            code: text(1),
            text: text(2),
            system: text(3),
            alternate_code: text(4),
            alternate_text: text(5),
            alternate_system: text(6),
        }
    }

    /// Whether neither triplet has a code.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty() && self.alternate_code.is_empty()
    }
}

/// HD: who gave an identifier.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Hd<'a> {
    /// HD.1.
    pub namespace: Cow<'a, str>,
    /// HD.2, an OID.
    pub universal_id: Cow<'a, str>,
}

impl<'a> Hd<'a> {
    /// Reads one component that holds an HD in its subcomponents.
    pub fn of(message: &Message<'a>, component: &'a str) -> Hd<'a> {
        if component.is_empty() {
            return Hd::default();
        }
        Hd::from_component::<true>(message, component)
    }

    #[inline]
    pub(super) fn from_component<const DECODES: bool>(message: &Message<'a>, component: &'a str) -> Hd<'a> {
        let [namespace, universal_id] = message.first_two_subcomponents(component);
        Hd {
            namespace: decoded::<DECODES>(message, namespace),
            universal_id: decoded::<DECODES>(message, universal_id),
        }
    }

    /// The namespace, or the universal id when there is no namespace.
    pub fn name(&self) -> &str {
        if self.namespace.is_empty() { &self.universal_id } else { &self.namespace }
    }

    /// Each name that others may know it by: that one, and an OID beside a namespace.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let beside = Some(self.universal_id.trim()).filter(|id| !self.namespace.is_empty() && is_oid(id));
        std::iter::once(self.name().trim()).chain(beside)
    }
}

/// CX: an identifier.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cx<'a> {
    /// CX.1.
    pub value: Cow<'a, str>,
    /// CX.4.
    pub authority: Hd<'a>,
    /// CX.5, HL70203.
    pub kind: Cow<'a, str>,
}

impl<'a> Cx<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Cx<'a> {
        Cx::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 5>) -> Cx<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        let authority = Hd::from_component::<DECODES>(message, parts.at(4));
        Cx { value: text(1), authority, kind: text(5) }
    }
}

/// XPN: a name.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Xpn<'a> {
    /// XPN.1.1.
    pub family: Cow<'a, str>,
    /// XPN.2.
    pub given: Cow<'a, str>,
    /// XPN.3.
    pub middle: Cow<'a, str>,
    /// XPN.4.
    pub suffix: Cow<'a, str>,
    /// XPN.7, HL70200.
    pub kind: Cow<'a, str>,
}

impl<'a> Xpn<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xpn<'a> {
        Xpn::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 7>) -> Xpn<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        let family = decoded::<DECODES>(message, message.first_subcomponent(parts.at(1)));
        Xpn { family, given: text(2), middle: text(3), suffix: text(4), kind: text(7) }
    }
}

/// XAD: an address.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Xad<'a> {
    /// XAD.1.1.
    pub street: Cow<'a, str>,
    /// XAD.2.
    pub unit: Cow<'a, str>,
    /// XAD.3.
    pub city: Cow<'a, str>,
    /// XAD.4.
    pub state: Cow<'a, str>,
    /// XAD.5.
    pub zip: Cow<'a, str>,
    /// XAD.6.
    pub country: Cow<'a, str>,
    /// XAD.7, HL70190.
    pub kind: Cow<'a, str>,
    /// XAD.9.
    pub county: Cow<'a, str>,
}

impl<'a> Xad<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xad<'a> {
        Xad::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 9>) -> Xad<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        Xad {
            street: decoded::<DECODES>(message, message.first_subcomponent(parts.at(1))),
            unit: text(2),
            city: text(3),
            state: text(4),
            zip: text(5),
            country: text(6),
            kind: text(7),
            county: text(9),
        }
    }
}

/// XTN: a phone number or e-mail address.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Xtn<'a> {
    /// XTN.1, where old systems put the whole number.
    pub formatted: Cow<'a, str>,
    /// XTN.2, HL70201.
    pub usage: Cow<'a, str>,
    /// XTN.3, HL70202.
    pub equipment: Cow<'a, str>,
    /// XTN.4.
    pub email: Cow<'a, str>,
    /// XTN.5.
    pub country: Cow<'a, str>,
    /// XTN.6.
    pub area: Cow<'a, str>,
    /// XTN.7.
    pub local: Cow<'a, str>,
    /// XTN.12.
    pub unformatted: Cow<'a, str>,
}

impl<'a> Xtn<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xtn<'a> {
        Xtn::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 12>) -> Xtn<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        Xtn {
            formatted: text(1),
            usage: text(2),
            equipment: text(3),
            email: text(4),
            country: text(5),
            area: text(6),
            local: text(7),
            unformatted: text(12),
        }
    }
}

/// EI: an id and who gave it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ei<'a> {
    /// EI.1.
    pub id: Cow<'a, str>,
    /// EI.2 and EI.3.
    pub authority: Hd<'a>,
}

impl<'a> Ei<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Ei<'a> {
        Ei::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 3>) -> Ei<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        Ei { id: text(1), authority: Hd { namespace: text(2), universal_id: text(3) } }
    }
}

/// XCN: a clinician.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Xcn<'a> {
    /// XCN.1.
    pub id: Cow<'a, str>,
    /// XCN.2.1.
    pub family: Cow<'a, str>,
    /// XCN.3.
    pub given: Cow<'a, str>,
    /// XCN.9.
    pub authority: Hd<'a>,
}

impl<'a> Xcn<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xcn<'a> {
        Xcn::from_parts::<true>(message, &message.parts(repetition))
    }

    #[inline]
    pub(super) fn from_parts<const DECODES: bool>(message: &Message<'a>, parts: &Parts<'a, 9>) -> Xcn<'a> {
        let text = |number| decoded::<DECODES>(message, parts.at(number));
        let family = decoded::<DECODES>(message, message.first_subcomponent(parts.at(2)));
        let authority = Hd::from_component::<DECODES>(message, parts.at(9));
        Xcn { id: text(1), family, given: text(3), authority }
    }
}

/// A text as the message means it. Messages without any escape character, which is most of them, are read by code
/// that knows it.
#[inline]
pub(super) fn decoded<'a, const DECODES: bool>(message: &Message<'a>, raw: &'a str) -> Cow<'a, str> {
    if DECODES { message.decode(raw) } else { Cow::Borrowed(raw) }
}
