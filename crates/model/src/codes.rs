//! Coded values, and the one question that readers of messages ask of the code tables.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A CVX vaccine code. Shown with at least two digits, as CDC writes it (`08`, `140`, `998`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cvx(pub u16);

impl Cvx {
    /// "No vaccine administered": the carrier of observations about the person.
    pub const NO_VACCINE: Cvx = Cvx(998);
    /// "Unknown vaccine or immune globulin": a real dose whose kind is not known.
    pub const UNKNOWN: Cvx = Cvx(999);

    /// Reads one to three digits; anything else is `None`.
    pub fn parse(text: &str) -> Option<Cvx> {
        let is_code = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| text.parse().map(Cvx).ok()).flatten()
    }
}

impl std::fmt::Display for Cvx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// A code with its text and coding system, as a sender gave it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Coded {
    /// The code itself.
    pub code: String,
    /// What the sender calls it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The coding system, by its HL7 table 0396 name (`CVX`, `SCT`, `HL70064`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub system: String,
}

/// The vaccine groups (families such as DTaP/Tdap/Td, MMR, HepB) that a vaccine protects in: one bit a group.
/// The bits are given by the code tables in use; they are never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct VaccineGroupSet(pub u64);

impl VaccineGroupSet {
    /// Whether the two share a group: the first condition for two reports to be of one vaccination.
    pub fn overlaps(self, other: VaccineGroupSet) -> bool {
        self.0 & other.0 != 0
    }
}

/// The code tables that a reader of messages asks about (HL7 user and CDC tables of IG 1.5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Table {
    /// HL70001 administrative sex.
    Sex,
    /// CDCREC race.
    Race,
    /// CDCREC ethnicity.
    Ethnicity,
    /// HL70063 relationship.
    Relationship,
    /// HL70064 dose-level eligibility.
    Eligibility,
    /// HL70162 and NCIT routes.
    Route,
    /// HL70163 body sites.
    BodySite,
    /// HL70190 address types.
    AddressType,
    /// HL70200 name types.
    NameType,
    /// HL70201 telecommunication uses.
    TelecomUse,
    /// HL70202 telecommunication equipment.
    TelecomEquipment,
    /// HL70203 identifier types.
    IdentifierType,
    /// HL70215 publicity codes.
    Publicity,
    /// HL70227 manufacturers (MVX).
    Manufacturer,
    /// HL70322 completion status.
    Completion,
    /// HL70323 action codes.
    ActionCode,
    /// HL70441 registry status.
    RegistryStatus,
    /// HL70136 yes or no.
    YesNo,
    /// NIP001 source of immunization information.
    InformationSource,
    /// NIP002 substance refusal reasons.
    RefusalReason,
    /// NIP003 observation identifiers (LOINC).
    ObservationIdentifier,
    /// CDCPHINVS funding sources (PHVS funding source).
    FundingSource,
    /// UCUM units of dose amounts.
    DoseUnit,
}

/// What readers of messages ask of the code tables. The `codes` crate answers.
pub trait CodeTables {
    /// Whether the table has this code, exactly as written.
    fn contains(&self, table: Table, code: &str) -> bool;
    /// Whether this is a CVX code at all (998 and 999 included).
    fn has_cvx(&self, cvx: Cvx) -> bool;
    /// The vaccine that an NDC (unit of use or of sale; 10 or 11 digits, with or without hyphens) contains.
    fn cvx_of_ndc(&self, ndc: &str) -> Option<Cvx>;
    /// Whether doses of this vaccine could be given on this day (licensed in the U.S. at the time).
    fn is_in_use(&self, cvx: Cvx, on: Date) -> bool;
    /// The vaccine groups that the vaccine protects in; empty for 998, 999 and unknown codes.
    fn vaccine_groups(&self, cvx: Cvx) -> VaccineGroupSet;
    /// Whether the code names a family rather than a product ("Hep B, unspecified formulation"; 999 too).
    fn is_unspecified(&self, cvx: Cvx) -> bool;
    /// CDC's short description of the vaccine.
    fn vaccine_name(&self, cvx: Cvx) -> Option<&str>;
    /// What a code of a table is called.
    fn name(&self, table: Table, code: &str) -> Option<&str>;
    /// The full vaccine name of a Vaccine Information Statement's bar code (GDTI), if known.
    fn vis_name(&self, document: &str) -> Option<&str>;
}
