//! The composite data types of the guide, reduced to the parts that a registry uses. Text has its escapes decoded;
//! codes and numbers are as sent.

use std::borrow::Cow;

use crate::er7::Message;

/// CE and CWE: a code with its text and coding system, twice.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ce<'a> {
    /// The code.
    pub code: Cow<'a, str>,
    /// What it is called.
    pub text: Cow<'a, str>,
    /// Its coding system, by HL7 table 0396.
    pub system: &'a str,
    /// The same in another coding system.
    pub alternate_code: Cow<'a, str>,
    /// What that is called.
    pub alternate_text: Cow<'a, str>,
    /// That coding system.
    pub alternate_system: &'a str,
}

impl<'a> Ce<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Ce<'a> {
        if repetition.is_empty() {
            return Ce::default();
        }
        let mut parts = message.components(repetition);
        Ce {
            code: message.decode(parts.at(1)),
            text: message.decode(parts.at(2)),
            system: parts.at(3),
            alternate_code: message.decode(parts.at(4)),
            alternate_text: message.decode(parts.at(5)),
            alternate_system: parts.at(6),
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
        let mut parts = message.subcomponents(component);
        Hd { namespace: message.decode(parts.at(1)), universal_id: message.decode(parts.at(2)) }
    }

    /// The namespace, or the universal id when there is no namespace.
    pub fn name(&self) -> &str {
        if self.namespace.is_empty() { &self.universal_id } else { &self.namespace }
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
    pub kind: &'a str,
}

impl<'a> Cx<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Cx<'a> {
        let mut parts = message.components(repetition);
        Cx { value: message.decode(parts.at(1)), authority: Hd::of(message, parts.at(4)), kind: parts.at(5) }
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
    pub kind: &'a str,
}

impl<'a> Xpn<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xpn<'a> {
        let mut parts = message.components(repetition);
        Xpn {
            family: message.decode(message.first_subcomponent(parts.at(1))),
            given: message.decode(parts.at(2)),
            middle: message.decode(parts.at(3)),
            suffix: message.decode(parts.at(4)),
            kind: parts.at(7),
        }
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
    pub state: &'a str,
    /// XAD.5.
    pub zip: &'a str,
    /// XAD.6.
    pub country: &'a str,
    /// XAD.7, HL70190.
    pub kind: &'a str,
    /// XAD.9.
    pub county: &'a str,
}

impl<'a> Xad<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xad<'a> {
        let mut parts = message.components(repetition);
        Xad {
            street: message.decode(message.first_subcomponent(parts.at(1))),
            unit: message.decode(parts.at(2)),
            city: message.decode(parts.at(3)),
            state: parts.at(4),
            zip: parts.at(5),
            country: parts.at(6),
            kind: parts.at(7),
            county: parts.at(9),
        }
    }
}

/// XTN: a phone number or e-mail address.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Xtn<'a> {
    /// XTN.1, where old systems put the whole number.
    pub formatted: Cow<'a, str>,
    /// XTN.2, HL70201.
    pub usage: &'a str,
    /// XTN.3, HL70202.
    pub equipment: &'a str,
    /// XTN.4.
    pub email: Cow<'a, str>,
    /// XTN.5.
    pub country: &'a str,
    /// XTN.6.
    pub area: &'a str,
    /// XTN.7.
    pub local: &'a str,
    /// XTN.12.
    pub unformatted: &'a str,
}

impl<'a> Xtn<'a> {
    /// Reads one repetition.
    pub fn of(message: &Message<'a>, repetition: &'a str) -> Xtn<'a> {
        let mut parts = message.components(repetition);
        Xtn {
            formatted: message.decode(parts.at(1)),
            usage: parts.at(2),
            equipment: parts.at(3),
            email: message.decode(parts.at(4)),
            country: parts.at(5),
            area: parts.at(6),
            local: parts.at(7),
            unformatted: parts.at(12),
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
        if repetition.is_empty() {
            return Ei::default();
        }
        let mut parts = message.components(repetition);
        Ei {
            id: message.decode(parts.at(1)),
            authority: Hd { namespace: message.decode(parts.at(2)), universal_id: message.decode(parts.at(3)) },
        }
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
        if repetition.is_empty() {
            return Xcn::default();
        }
        let mut parts = message.components(repetition);
        Xcn {
            id: message.decode(parts.at(1)),
            family: message.decode(message.first_subcomponent(parts.at(2))),
            given: message.decode(parts.at(3)),
            authority: Hd::of(message, parts.at(9)),
        }
    }
}
