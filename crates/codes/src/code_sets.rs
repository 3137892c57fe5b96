//! All code sets together, ready to be asked.

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use model::{CodeTables, Cvx, Table, VaccineGroupSet};

use crate::{CodeTexts, Manufacturer, Ndc, Package, TableError, Vaccine, VaccineGroup, VisDocument};

/// All code sets; immutable, to be shared.
#[derive(Clone, Debug, Default)]
pub struct CodeSets {
    vaccines: Vec<Vaccine>,
    groups: Vec<VaccineGroup>,
    manufacturers: Vec<Manufacturer>,
    packages: Vec<Package>,
    vis_documents: Vec<VisDocument>,
}

impl CodeSets {
    /// The code sets that come with the program.
    pub fn builtin() -> &'static Arc<CodeSets> {
        static BUILTIN: OnceLock<Arc<CodeSets>> = OnceLock::new();
        BUILTIN.get_or_init(|| Arc::new(CodeSets::default()))
    }

    /// The built-in code sets with newer tables laid over them: a code of a later layer replaces the same code of an earlier one.
    ///
    /// # Errors
    /// [`TableError`] with file and line of the first line that cannot be read.
    pub fn from_texts(layers: &[CodeTexts]) -> Result<CodeSets, TableError> {
        let _ = layers;
        Ok(CodeSets::default())
    }

    /// A vaccine by its code.
    pub fn vaccine(&self, cvx: Cvx) -> Option<&Vaccine> {
        self.vaccines.iter().find(|vaccine| vaccine.cvx == cvx)
    }

    /// All vaccines, by code.
    pub fn vaccines(&self) -> &[Vaccine] {
        &self.vaccines
    }

    /// A manufacturer by its MVX code.
    pub fn manufacturer(&self, mvx: &str) -> Option<&Manufacturer> {
        self.manufacturers.iter().find(|manufacturer| manufacturer.mvx == mvx)
    }

    /// All manufacturers, by code.
    pub fn manufacturers(&self) -> &[Manufacturer] {
        &self.manufacturers
    }

    /// A package by its NDC.
    pub fn package(&self, ndc: Ndc) -> Option<&Package> {
        self.packages.iter().find(|package| package.ndc == ndc)
    }

    /// All packages, by NDC.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// A Vaccine Information Statement by its document number (GDTI).
    pub fn vis_document(&self, gdti: &str) -> Option<&VisDocument> {
        self.vis_documents.iter().find(|document| document.gdti == gdti)
    }

    /// All Vaccine Information Statements, by document number.
    pub fn vis_documents(&self) -> &[VisDocument] {
        &self.vis_documents
    }

    /// A vaccine group by its name.
    pub fn vaccine_group(&self, name: &str) -> Option<&VaccineGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// All vaccine groups, those of CDSi first.
    pub fn all_vaccine_groups(&self) -> &[VaccineGroup] {
        &self.groups
    }

    /// The vaccines that protect in a group, combinations included.
    pub fn products_of_group<'a>(&'a self, group: &'a VaccineGroup) -> impl Iterator<Item = &'a Vaccine> {
        self.vaccines.iter().filter(|vaccine| vaccine.groups.overlaps(group.bit))
    }

    /// The codes of an HL7 table with their names, by code; empty for [`Table::Manufacturer`], see [`CodeSets::manufacturers`].
    pub fn table(&self, table: Table) -> impl Iterator<Item = (&str, &str)> {
        let _ = table;
        std::iter::empty()
    }
}

impl CodeTables for CodeSets {
    fn contains(&self, table: Table, code: &str) -> bool {
        self.name(table, code).is_some()
    }

    fn has_cvx(&self, cvx: Cvx) -> bool {
        self.vaccine(cvx).is_some()
    }

    fn cvx_of_ndc(&self, ndc: &str) -> Option<Cvx> {
        let _ = ndc;
        None
    }

    fn is_in_use(&self, cvx: Cvx, on: Date) -> bool {
        let _ = (cvx, on);
        false
    }

    fn vaccine_groups(&self, cvx: Cvx) -> VaccineGroupSet {
        self.vaccine(cvx).map(|vaccine| vaccine.groups).unwrap_or_default()
    }

    fn is_unspecified(&self, cvx: Cvx) -> bool {
        self.vaccine(cvx).is_some_and(|vaccine| vaccine.is_unspecified)
    }

    fn vaccine_name(&self, cvx: Cvx) -> Option<&str> {
        self.vaccine(cvx).map(|vaccine| vaccine.short_name.as_str())
    }

    fn name(&self, table: Table, code: &str) -> Option<&str> {
        let _ = (table, code);
        None
    }

    fn vis_name(&self, document: &str) -> Option<&str> {
        self.vis_document(document).map(|document| document.name.as_str())
    }
}
