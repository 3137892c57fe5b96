//! Code tables of a handful of codes: enough for these tests, and of this crate's own.

use jiff::civil::Date;
use model::{CodeTables, Cvx, Table, VaccineGroupSet};

/// The tables.
pub(crate) struct SmallTables;

/// Vaccine, name, group bit, whether it names a family.
const VACCINES: &[(u16, &str, u64, bool)] = &[
    (3, "MMR", 1 << 1, false),
    (8, "Hep B, adolescent or pediatric", 1 << 2, false),
    (20, "DTaP", 1 << 3, false),
    (21, "varicella", 1 << 4, false),
    (43, "Hep B, adult", 1 << 2, false),
    (45, "Hep B, unspecified formulation", 1 << 2, true),
    (48, "Hib (PRP-T)", 1 << 5, false),
    (94, "MMRV", 1 << 1 | 1 << 4, false),
    (110, "DTaP-Hep B-IPV", 1 << 2 | 1 << 3 | 1 << 6, false),
    (115, "Tdap", 1 << 3, false),
    (133, "Pneumococcal conjugate PCV 13", 1 << 7, false),
    (140, "Influenza, seasonal, injectable, preservative free", 1 << 8, false),
    (141, "Influenza, seasonal, injectable", 1 << 8, false),
    (152, "Pneumococcal Conjugate, unspecified formulation", 1 << 7, true),
    (998, "no vaccine administered", 0, false),
    (999, "unknown", 0, true),
];

const PACKAGES: &[(&str, u16)] = &[
    ("58160-0820-11", 8),
    ("58160-0820-01", 8),
    ("58160-0811-52", 110),
    ("00006-4171-01", 94),
    ("49281-0400-10", 115),
];

fn codes(table: Table) -> &'static [(&'static str, &'static str)] {
    match table {
        Table::Sex => &[("F", "Female"), ("M", "Male"), ("U", "Unknown")],
        Table::Race => &[
            ("1002-5", "American Indian or Alaska Native"),
            ("2028-9", "Asian"),
            ("2054-5", "Black or African American"),
            ("2106-3", "White"),
            ("2131-1", "Other Race"),
        ],
        Table::Ethnicity => &[("2135-2", "Hispanic or Latino"), ("2186-5", "Not Hispanic or Latino")],
        Table::Relationship => {
            &[("MTH", "Mother"), ("FTH", "Father"), ("GRD", "Guardian"), ("SEL", "Self"), ("PAR", "Parent")]
        }
        Table::Eligibility => &[
            ("V01", "Not VFC eligible"),
            ("V02", "VFC eligible - Medicaid"),
            ("V04", "VFC eligible - American Indian"),
            ("TXA01", "Texas adult safety net"),
        ],
        Table::Route => &[
            ("C28161", "Intramuscular"),
            ("C38299", "Subcutaneous"),
            ("C38284", "Nasal"),
            ("IM", "Intramuscular"),
            ("SC", "Subcutaneous"),
            ("OTH", "Other"),
        ],
        Table::BodySite => {
            &[("LT", "Left Thigh"), ("LD", "Left Deltoid"), ("RD", "Right Deltoid"), ("RT", "Right Thigh")]
        }
        Table::AddressType => &[("H", "Home"), ("P", "Permanent"), ("L", "Legal"), ("M", "Mailing"), ("BDL", "Birth")],
        Table::NameType => &[("L", "Legal"), ("A", "Alias"), ("M", "Maiden"), ("B", "Birth"), ("U", "Unspecified")],
        Table::TelecomUse => &[("PRN", "Primary"), ("NET", "E-mail"), ("WPN", "Work"), ("ORN", "Other")],
        Table::TelecomEquipment => &[("PH", "Telephone"), ("CP", "Cell"), ("X.400", "E-mail"), ("Internet", "E-mail")],
        Table::IdentifierType => &[
            ("MR", "Medical record"),
            ("SR", "State registry"),
            ("SS", "Social security"),
            ("MA", "Medicaid"),
            ("PI", "Patient internal"),
            ("PT", "Patient external"),
            ("BR", "Birth registry"),
        ],
        Table::Publicity => &[
            ("01", "No reminder/recall"),
            ("02", "Reminder/recall - any method"),
            ("03", "Reminder/recall - no calls"),
            ("08", "Reminder/recall - to provider"),
        ],
        Table::Manufacturer => {
            &[("SKB", "GlaxoSmithKline"), ("MSD", "Merck"), ("PMC", "Sanofi Pasteur"), ("UNK", "Unknown manufacturer")]
        }
        Table::Completion => &[("CP", "Complete"), ("PA", "Partial"), ("RE", "Refused"), ("NA", "Not Administered")],
        Table::ActionCode => &[("A", "Add"), ("U", "Update"), ("D", "Delete")],
        Table::RegistryStatus => &[("A", "Active"), ("I", "Inactive"), ("M", "Moved"), ("P", "Permanently inactive")],
        Table::YesNo => &[("Y", "Yes"), ("N", "No")],
        Table::InformationSource => {
            &[("00", "New immunization record"), ("01", "Historical, unspecified"), ("07", "School record")]
        }
        Table::RefusalReason => &[("00", "Parental decision"), ("02", "Other"), ("03", "Patient decision")],
        Table::ObservationIdentifier => &[
            ("64994-7", "Vaccine funding program eligibility category"),
            ("30963-3", "Vaccine funding source"),
            ("30956-7", "Vaccine type"),
            ("31044-1", "Reaction"),
            ("30945-0", "Vaccination contraindication"),
            ("59784-9", "Disease with presumed immunity"),
            ("69764-9", "Document type"),
            ("29768-9", "VIS edition date"),
            ("29769-7", "VIS presentation date"),
        ],
        Table::FundingSource => &[("PHC70", "Private"), ("VXC50", "Public"), ("VXC51", "Public VFC")],
        Table::DoseUnit => &[("mL", "milliliter"), ("[iU]", "international unit")],
    }
}

impl CodeTables for SmallTables {
    fn contains(&self, table: Table, code: &str) -> bool {
        self.name(table, code).is_some()
    }

    fn has_cvx(&self, cvx: Cvx) -> bool {
        self.vaccine_name(cvx).is_some()
    }

    fn cvx_of_ndc(&self, ndc: &str) -> Option<Cvx> {
        PACKAGES.iter().find(|(known, _)| *known == ndc).map(|(_, cvx)| Cvx(*cvx))
    }

    fn is_in_use(&self, cvx: Cvx, on: Date) -> bool {
        cvx != Cvx(133) || on.year() >= 2010
    }

    fn vaccine_groups(&self, cvx: Cvx) -> VaccineGroupSet {
        VaccineGroupSet(VACCINES.iter().find(|(code, ..)| Cvx(*code) == cvx).map_or(0, |(_, _, groups, _)| *groups))
    }

    fn is_unspecified(&self, cvx: Cvx) -> bool {
        VACCINES.iter().any(|(code, _, _, is_unspecified)| Cvx(*code) == cvx && *is_unspecified)
    }

    fn vaccine_name(&self, cvx: Cvx) -> Option<&str> {
        VACCINES.iter().find(|(code, ..)| Cvx(*code) == cvx).map(|(_, name, ..)| *name)
    }

    fn name(&self, table: Table, code: &str) -> Option<&str> {
        codes(table).iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
    }

    fn vis_name(&self, document: &str) -> Option<&str> {
        (document == "253088698300005911120202").then_some("Hepatitis B VIS")
    }
}

/// Tables that know every code: for messages whose codes these tests do not list.
pub(crate) struct AllTables;

impl CodeTables for AllTables {
    fn contains(&self, _table: Table, code: &str) -> bool {
        !code.is_empty()
    }

    fn has_cvx(&self, _cvx: Cvx) -> bool {
        true
    }

    fn cvx_of_ndc(&self, _ndc: &str) -> Option<Cvx> {
        Some(Cvx::UNKNOWN)
    }

    fn is_in_use(&self, _cvx: Cvx, _on: Date) -> bool {
        true
    }

    fn vaccine_groups(&self, _cvx: Cvx) -> VaccineGroupSet {
        VaccineGroupSet(1)
    }

    fn is_unspecified(&self, _cvx: Cvx) -> bool {
        true
    }

    fn vaccine_name(&self, _cvx: Cvx) -> Option<&str> {
        Some("vaccine")
    }

    fn name(&self, _table: Table, code: &str) -> Option<&str> {
        (!code.is_empty()).then_some("name")
    }

    fn vis_name(&self, _document: &str) -> Option<&str> {
        Some("statement")
    }
}
