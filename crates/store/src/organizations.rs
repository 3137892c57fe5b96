//! Organizations, their sites and the names under which their messages arrive.

use model::{Organization, OrganizationId};

use crate::{Database, StoreError};

impl Database {
    /// Adds an organization.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its code or an alias is taken.
    pub fn insert_organization(&self, _organization: &Organization) -> Result<(), StoreError> {
        todo!()
    }

    /// Replaces what is known of an organization, its aliases included.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its code or an alias is taken, or when there is no such organization.
    pub fn update_organization(&self, _organization: &Organization) -> Result<(), StoreError> {
        todo!()
    }

    /// All organizations, by code.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        todo!()
    }

    /// The organization of that id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_organization(&self, _id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        todo!()
    }

    /// The organization of that code or alias, compared without case.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_organization_by_code(&self, _code: &str) -> Result<Option<Organization>, StoreError> {
        todo!()
    }
}
