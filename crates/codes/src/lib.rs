//! What the codes of immunization messages mean, and when they were valid: vaccines (CVX), manufacturers (MVX), packages (NDC),
//! vaccine information statements, vaccine groups and the HL7 tables of the immunization guide.
//!
//! The facts stand in plain tables under `tables/`, one line a code, and are part of the program. An operator brings newer lists of
//! CDC with [`import`], which answers with tables of the same form; [`CodeSets::from_texts`] lays them over the built-in ones.
//!
//! Nothing here reads a file or a clock: texts come in as values.
//!
//! ```
//! use model::{CodeTables, Cvx, Table};
//!
//! let codes = bluebonnet_codes::CodeSets::builtin();
//! assert_eq!(codes.vaccine_name(Cvx(8)), Some("Hep B, adolescent or pediatric"));
//! assert_eq!(codes.cvx_of_ndc("49281-0400-10"), Some(Cvx(115)));
//! assert!(codes.contains(Table::Route, "C28161"));
//! assert!(codes.vaccine_groups(Cvx(110)).overlaps(codes.vaccine_groups(Cvx(8))));
//! ```

mod code_sets;
mod hl7_tables;
mod import;
mod manufacturers;
mod packages;
mod texts;
mod vaccine_groups;
mod vaccines;
mod vis_documents;
mod ways;

pub use code_sets::CodeSets;
pub use import::{Change, Difference, ImportError, ImportFile, ImportInput, Imported, Refusal, import};
pub use manufacturers::Manufacturer;
pub use packages::{Ndc, Package, PackageUnit};
pub use texts::{CodeSetKind, CodeTexts, TableError};
pub use vaccine_groups::VaccineGroup;
pub use vaccines::{Vaccine, VaccineStatus};
pub use vis_documents::VisDocument;
pub use ways::Way;
