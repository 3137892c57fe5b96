//! Vaccine groups: the families of vaccines that protect against one disease or one set of diseases.

use model::{Cvx, VaccineGroupSet};

use crate::TableError;
use crate::texts::{self, Row};

/// A vaccine group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VaccineGroup {
    /// Its name; CDSi's where CDSi knows it (`DTaP/Tdap/Td`, `MMR`, `HepB`).
    pub name: String,
    /// Its one bit.
    pub bit: VaccineGroupSet,
    /// The code that stands for the whole group: its unspecified formulation, or its best known vaccine; 999 where there is neither.
    pub representative: Cvx,
    /// CDSi evaluates and forecasts this group.
    pub is_forecast: bool,
    /// The antigens of the group, as CDSi names them.
    pub antigens: Vec<String>,
    /// What CDC's list of vaccine groups calls it, where that is another name.
    pub other_names: Vec<String>,
}

impl VaccineGroup {
    pub(crate) fn line(&self) -> String {
        let forecast = if self.is_forecast { "forecast" } else { "-" };
        let (antigens, other_names) = (texts::list(&self.antigens), texts::list(&self.other_names));
        format!("{} | {} | {forecast} | {antigens} | {other_names}", self.name, self.representative)
    }
}

/// The groups in use: the place of a group gives its bit.
#[derive(Clone, Debug, Default)]
pub(crate) struct VaccineGroups(pub(crate) Vec<VaccineGroup>);

impl VaccineGroups {
    /// A bit for each group, and no more bits than the set has.
    const LIMIT: usize = u64::BITS as usize;

    /// Adds the group of a line, or replaces the one of the same name.
    pub(crate) fn read(&mut self, row: &Row) -> Result<(), TableError> {
        let [name, representative, forecast, antigens, other_names] = row.columns()?;
        let known = self.0.iter().position(|group| group.name == name);
        let place = known.unwrap_or(self.0.len());
        if place >= VaccineGroups::LIMIT {
            return Err(row.error(format!("there can be {} vaccine groups", VaccineGroups::LIMIT)));
        }
        let group = VaccineGroup {
            name: name.to_owned(),
            bit: VaccineGroupSet(1 << place),
            representative: row.cvx(representative)?,
            is_forecast: forecast == "forecast",
            antigens: texts::items(antigens).map(str::to_owned).collect(),
            other_names: texts::items(other_names).map(str::to_owned).collect(),
        };
        match known {
            Some(place) => self.0[place] = group,
            None => self.0.push(group),
        }
        Ok(())
    }

    /// The set of these groups; the first name that is not known is the error.
    pub(crate) fn set<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<VaccineGroupSet, String> {
        let mut set = VaccineGroupSet::default();
        for name in names {
            let group = self.0.iter().find(|group| group.name == name).ok_or_else(|| name.to_owned())?;
            set.0 |= group.bit.0;
        }
        Ok(set)
    }
}
