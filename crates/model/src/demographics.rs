//! Who a person is: as one message states it, as one organization reports it, as the registry shows it.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Coded, PageCorrection};

/// What is known about who a person is. Empty lists and `None` mean "not said".
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Demographics {
    /// Identifiers with their type and authority (PID-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Names; the first is the legal name, the others are aliases (PID-5).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<PersonName>,
    /// The mother's name before marriage (PID-6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mother_maiden_name: Option<PersonName>,
    /// Birth date (PID-7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// Administrative sex (PID-8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// CDCREC race codes (PID-10).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub races: Vec<String>,
    /// CDCREC ethnicity code (PID-22).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// Addresses, the preferred one first (PID-11).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Phones and e-mail (PID-13).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub telecoms: Vec<Telecom>,
    /// Primary language (PID-15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Coded>,
    /// Whether the person is one of a multiple birth (PID-24).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_birth: Option<bool>,
    /// Place in the order of birth, from 1 (PID-25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_order: Option<u8>,
    /// Whether the person has died (PID-30).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_deceased: Option<bool>,
    /// Day of death (PID-29).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub death_date: Option<Date>,
    /// Mother, father, guardian and others (NK1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_of_kin: Vec<NextOfKin>,
    /// Whether reminders may be sent: HL70215 code and its date (PD1-11, PD1-18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publicity: Option<DatedCode>,
    /// Whether the record may be shared (PD1-12, PD1-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
    /// In a report: when its organization said so of protection, or said it again after others had opened the record. Without
    /// it the protection is as old as the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection_said_at: Option<Timestamp>,
    /// In a report of the registry's own organization: what of who the person is its staff corrected.
    #[serde(skip_serializing_if = "Settled::is_nothing")]
    pub settled: Settled,
    /// In a report: what its organization's people corrected on a page, until its system says so, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub page_corrections: Vec<PageCorrection>,
    /// The reporting organization's own status of the person: HL70441 code and its date (PD1-16, PD1-17).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_status: Option<DatedCode>,
}

/// When somebody of the registry's own staff corrected who a person is; each fact by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settled {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Timestamp>,
    /// The birth date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Timestamp>,
    /// The sex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Timestamp>,
}

impl Settled {
    /// Whether nobody corrected anything.
    pub fn is_nothing(&self) -> bool {
        *self == Settled::default()
    }
}

/// Administrative sex, HL70001 as the immunization guide restricts it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
    /// Another sex than female or male (X in later guides).
    X,
    /// Unknown or undifferentiated.
    U,
}

impl Sex {
    /// The HL70001 letter.
    pub fn code(self) -> &'static str {
        match self {
            Sex::F => "F",
            Sex::M => "M",
            Sex::X => "X",
            Sex::U => "U",
        }
    }

    /// Reads an HL70001 letter.
    pub fn parse(code: &str) -> Option<Sex> {
        [Sex::F, Sex::M, Sex::X, Sex::U].into_iter().find(|sex| sex.code() == code)
    }
}

/// A name: HL7 XPN, reduced to what identifies.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonName {
    /// Family name, all of it ("de la Cruz Garza").
    #[serde(skip_serializing_if = "String::is_empty")]
    pub family: String,
    /// First given name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub given: String,
    /// Further given names or initials.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub middle: String,
    /// Jr, III.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// HL70200 name type: `L` legal, `A` alias, `M` maiden, `B` birth ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// An identifier with its namespace: HL7 CX.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Identifier {
    /// HL70203 type: `MR`, `SS`, `MA`, `SR` (this registry's own number) ...
    pub kind: String,
    /// The identifier itself.
    pub value: String,
    /// Who gave it: a namespace or a universal id (CX.4). Where both were sent, the number stands there once under each.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authority: String,
}

/// A postal address: HL7 XAD.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Street and number.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub street: String,
    /// Apartment, unit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// City.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub city: String,
    /// State or province.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// ZIP or postal code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub zip: String,
    /// ISO 3166 country.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// County or parish code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub county: String,
    /// HL70190 address type: `H` home, `P` permanent, `BDL` birth delivery location ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// A phone number or e-mail address: HL7 XTN.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Telecom {
    /// Digits of a phone number, or an e-mail address. A number with its country's `+` in front, or with an extension behind a
    /// word, stands as people wrote it.
    pub value: String,
    /// HL70201 use: `PRN` primary, `NET` e-mail ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub usage: String,
    /// HL70202 equipment: `PH`, `CP`, `X.400` ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub equipment: String,
}

impl Telecom {
    /// Whether this is an e-mail address.
    pub fn is_email(&self) -> bool {
        self.usage == "NET" || self.value.contains('@')
    }

    /// The digits of a phone number as people write it, whatever sets them apart; an extension behind a word is none of them.
    pub fn digits_of(number: &str) -> Cow<'_, str> {
        let number = number.split(char::is_alphabetic).next().unwrap_or_default();
        match number.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Cow::Borrowed(number),
            false => number.chars().filter(char::is_ascii_digit).collect(),
        }
    }
}

/// A person who answers for another: HL7 NK1.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NextOfKin {
    /// Their name.
    pub name: PersonName,
    /// HL70063 relationship: `MTH`, `FTH`, `GRD`, `SEL` ...
    pub relationship: String,
    /// Their address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Their phones and e-mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub telecoms: Vec<Telecom>,
}

/// A code and the day from which it holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DatedCode {
    /// The code.
    pub code: String,
    /// The day from which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
}

/// The protection indicator: whether the record may be shared with others.
///
/// # Source
/// HL7 IG 1.5, PD1-12: `Y` protected (do not share), `N` sharing is all right, empty never asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Protection {
    /// True: do not share.
    pub is_protected: bool,
    /// The day from which it holds (PD1-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
}

/// A fact that a sender asks to delete with `""` (IG 1.5, chapter 3: empty means no change), or a person by emptying its
/// field on a page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClearedFact {
    /// PID-5: names said before that are not said again; only pages ask for it.
    Names,
    /// PID-6.
    MotherMaidenName,
    /// PID-10.
    Races,
    /// PID-11.
    Addresses,
    /// PID-13.
    Telecoms,
    /// NK1; only pages ask for it.
    NextOfKin,
    /// PID-15.
    Language,
    /// PID-22.
    Ethnicity,
    /// PID-24 and PID-25.
    MultipleBirth,
    /// PID-29 and PID-30.
    Death,
    /// PD1-11.
    Publicity,
    /// PD1-12.
    Protection,
    /// PD1-16.
    RegistryStatus,
}
