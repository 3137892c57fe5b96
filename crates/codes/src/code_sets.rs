//! All code sets together, ready to be asked.

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use model::{CodeTables, Cvx, Table, VaccineGroupSet};

use crate::hl7_tables::Hl7Tables;
use crate::texts::Row;
use crate::vaccine_groups::VaccineGroups;
use crate::{CodeSetKind, CodeTexts, Manufacturer, Ndc, Package, TableError, Vaccine, VaccineGroup, VisDocument};

/// All code sets; immutable, to be shared. Every list is sorted by its code, and no lookup allocates.
#[derive(Clone, Debug, Default)]
pub struct CodeSets {
    groups: VaccineGroups,
    vaccines: Vec<Vaccine>,
    /// For each CVX code the place of its vaccine and one more; 0 for a code that is not known.
    places: Vec<u16>,
    manufacturers: Vec<Manufacturer>,
    packages: Vec<Package>,
    vis_documents: Vec<VisDocument>,
    hl7_tables: Hl7Tables,
}

impl CodeSets {
    /// The code sets that come with the program; read once.
    pub fn builtin() -> &'static Arc<CodeSets> {
        static BUILTIN: OnceLock<Arc<CodeSets>> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let sets = CodeSets::from_layers(&[CodeTexts::builtin()]);
            Arc::new(sets.expect("our own tables are read by a test"))
        })
    }

    /// The built-in code sets with newer tables laid over them.
    ///
    /// # Errors
    /// [`TableError`] with file and line of the first line that cannot be read.
    pub fn from_texts(newer: &[CodeTexts]) -> Result<CodeSets, TableError> {
        let mut layers = vec![CodeTexts::builtin()];
        layers.extend_from_slice(newer);
        CodeSets::from_layers(&layers)
    }

    /// The code sets of these tables and of no others: a code of a later layer replaces the same code of an earlier one.
    ///
    /// # Errors
    /// [`TableError`] with file and line of the first line that cannot be read.
    pub fn from_layers(layers: &[CodeTexts]) -> Result<CodeSets, TableError> {
        let mut sets = CodeSets::default();
        for row in layers.iter().flat_map(|layer| layer.rows(CodeSetKind::VaccineGroups)) {
            sets.groups.read(&row)?;
        }
        let groups = &sets.groups;
        sets.vaccines = read_all(layers, CodeSetKind::Cvx, |row| Vaccine::read(row, groups), |vaccine| vaccine.cvx)?;
        sets.manufacturers = read_all(layers, CodeSetKind::Mvx, Manufacturer::read, |maker| maker.mvx.clone())?;
        sets.packages = read_all(layers, CodeSetKind::Ndc, Package::read, |package| package.ndc)?;
        sets.vis_documents = read_all(layers, CodeSetKind::Vis, VisDocument::read, |document| document.gdti.clone())?;
        for row in layers.iter().flat_map(|layer| layer.rows(CodeSetKind::Hl7Tables)) {
            sets.hl7_tables.read(&row)?;
        }
        let size = sets.vaccines.last().map_or(0, |vaccine| usize::from(vaccine.cvx.0) + 1);
        sets.places = vec![0; size];
        for (place, vaccine) in sets.vaccines.iter().enumerate() {
            let place = u16::try_from(place + 1).expect("a CVX code has three digits");
            sets.places[usize::from(vaccine.cvx.0)] = place;
        }
        Ok(sets)
    }

    /// A vaccine by its code.
    pub fn vaccine(&self, cvx: Cvx) -> Option<&Vaccine> {
        let place = self.places.get(usize::from(cvx.0))?;
        self.vaccines.get(usize::from(*place).checked_sub(1)?)
    }

    /// All vaccines, by code.
    pub fn vaccines(&self) -> &[Vaccine] {
        &self.vaccines
    }

    /// A manufacturer by its MVX code.
    pub fn manufacturer(&self, mvx: &str) -> Option<&Manufacturer> {
        let place = self.manufacturers.binary_search_by(|known| known.mvx.as_str().cmp(mvx)).ok()?;
        Some(&self.manufacturers[place])
    }

    /// All manufacturers, by code.
    pub fn manufacturers(&self) -> &[Manufacturer] {
        &self.manufacturers
    }

    /// A package by its NDC.
    pub fn package(&self, ndc: Ndc) -> Option<&Package> {
        let place = self.packages.binary_search_by_key(&ndc, |known| known.ndc).ok()?;
        Some(&self.packages[place])
    }

    /// All packages, by NDC.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// A Vaccine Information Statement by its document number (GDTI).
    pub fn vis_document(&self, gdti: &str) -> Option<&VisDocument> {
        let place = self.vis_documents.binary_search_by(|known| known.gdti.as_str().cmp(gdti)).ok()?;
        Some(&self.vis_documents[place])
    }

    /// All Vaccine Information Statements, by document number.
    pub fn vis_documents(&self) -> &[VisDocument] {
        &self.vis_documents
    }

    /// A vaccine group by its name.
    pub fn vaccine_group(&self, name: &str) -> Option<&VaccineGroup> {
        self.all_vaccine_groups().iter().find(|group| group.name == name)
    }

    /// All vaccine groups, those of CDSi first.
    pub fn all_vaccine_groups(&self) -> &[VaccineGroup] {
        &self.groups.0
    }

    /// The vaccine groups of a set, as [`CodeTables::vaccine_groups`] gives it.
    pub fn groups_of(&self, set: VaccineGroupSet) -> impl Iterator<Item = &VaccineGroup> {
        self.all_vaccine_groups().iter().filter(move |group| group.bit.overlaps(set))
    }

    /// The vaccines that protect in a group, combinations and unspecified formulations included.
    pub fn products_of_group<'a>(&'a self, group: &'a VaccineGroup) -> impl Iterator<Item = &'a Vaccine> {
        self.vaccines.iter().filter(|vaccine| vaccine.groups.overlaps(group.bit))
    }

    /// The codes of an HL7 table with their names, by code; none for [`Table::Manufacturer`], see [`CodeSets::manufacturers`].
    pub fn table(&self, table: Table) -> impl Iterator<Item = (&str, &str)> {
        self.hl7_tables.codes(table)
    }

    /// Every code of a table with the line that says everything about it.
    pub(crate) fn lines(&self, kind: CodeSetKind) -> Vec<(String, String)> {
        let groups = self.all_vaccine_groups();
        match kind {
            CodeSetKind::VaccineGroups => groups.iter().map(|group| (group.name.clone(), group.line())).collect(),
            CodeSetKind::Cvx => self.vaccines.iter().map(|known| (known.cvx.to_string(), known.line(groups))).collect(),
            CodeSetKind::Mvx => self.manufacturers.iter().map(|known| (known.mvx.clone(), known.line())).collect(),
            CodeSetKind::Ndc => self.packages.iter().map(|known| (known.ndc.to_string(), known.line())).collect(),
            CodeSetKind::Vis => self.vis_documents.iter().map(|known| (known.gdti.clone(), known.line())).collect(),
            CodeSetKind::Hl7Tables => self.hl7_tables.lines().collect(),
        }
    }
}

/// Reads one table of all layers, sorted by code. A code that stands twice in one layer is an error; that of a later layer wins.
fn read_all<T, K: Ord + PartialEq>(
    layers: &[CodeTexts],
    kind: CodeSetKind,
    read: impl Fn(&Row) -> Result<T, TableError>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, TableError> {
    let mut all: Vec<T> = Vec::new();
    for layer in layers {
        let mut entries = Vec::new();
        for row in layer.rows(kind) {
            entries.push((row.line, read(&row)?));
        }
        entries.sort_by_cached_key(|(_, entry)| key(entry));
        if let Some(pair) = entries.windows(2).find(|pair| key(&pair[0].1) == key(&pair[1].1)) {
            let reason = format!("the code stands in line {} too", pair[0].0);
            return Err(TableError { file: kind.file_name().to_owned(), line: pair[1].0, reason });
        }
        all.retain(|known| entries.binary_search_by_key(&key(known), |(_, entry)| key(entry)).is_err());
        all.extend(entries.into_iter().map(|(_, entry)| entry));
    }
    all.sort_by_cached_key(key);
    Ok(all)
}

impl CodeTables for CodeSets {
    fn contains(&self, table: Table, code: &str) -> bool {
        self.name(table, code).is_some()
    }

    fn has_cvx(&self, cvx: Cvx) -> bool {
        self.vaccine(cvx).is_some()
    }

    fn cvx_of_ndc(&self, ndc: &str) -> Option<Cvx> {
        let mut readings = Ndc::candidates(ndc).filter_map(|ndc| self.package(ndc)).map(|package| package.cvx);
        let cvx = readings.next()?;
        readings.all(|other| other == cvx).then_some(cvx)
    }

    fn is_in_use(&self, cvx: Cvx, on: Date) -> bool {
        self.vaccine(cvx).is_some_and(|vaccine| vaccine.is_in_use(on))
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
        match table {
            Table::Manufacturer => self.manufacturer(code).map(|maker| maker.name.as_str()),
            _ => self.hl7_tables.name(table, code),
        }
    }

    fn vis_name(&self, document: &str) -> Option<&str> {
        self.vis_document(document).map(|document| document.name.as_str())
    }
}
