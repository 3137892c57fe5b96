//! Manufacturers: the MVX code set.

use crate::TableError;
use crate::texts::Row;

/// A manufacturer of vaccines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manufacturer {
    /// Its MVX code.
    pub mvx: String,
    /// Its name.
    pub name: String,
    /// Whether it still makes vaccines under this name.
    pub is_active: bool,
}

impl Manufacturer {
    pub(crate) fn read(row: &Row) -> Result<Manufacturer, TableError> {
        let [mvx, status, name] = row.columns()?;
        if mvx.is_empty() || name.is_empty() {
            return Err(row.error("a manufacturer needs a code and a name"));
        }
        let is_active = match status {
            "active" => true,
            "inactive" => false,
            _ => return Err(row.error(format!("\"{status}\" is neither active nor inactive"))),
        };
        Ok(Manufacturer { mvx: mvx.to_owned(), name: name.to_owned(), is_active })
    }

    pub(crate) fn line(&self) -> String {
        let status = if self.is_active { "active" } else { "inactive" };
        format!("{} | {status} | {}", self.mvx, self.name)
    }
}
