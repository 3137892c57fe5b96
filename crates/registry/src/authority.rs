//! Who may do what to which organization: asked by every verb, by the one table `model/roles.toml`.

use model::{Caller, Organization, OrganizationId, Reach, Right, Standing};

use crate::{Admission, Registry, RegistryError};

impl Registry {
    /// Refuses what the caller's role does not allow towards an organization.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub fn authorize(&self, caller: &Caller, right: Right, target: OrganizationId) -> Result<(), RegistryError> {
        if self.may(caller, right, target) { Ok(()) } else { Err(RegistryError::Forbidden { right }) }
    }

    /// Whether the caller may do it to this organization.
    pub fn may(&self, caller: &Caller, right: Right, target: OrganizationId) -> bool {
        let relation = || self.directory().snapshot().relation(caller.organization_id, target);
        reach_of(caller, right).is_some_and(|reach| reach == Reach::All || reach.covers(relation()))
    }

    /// Whether the caller may do it as the organization that they act for.
    pub fn may_here(&self, caller: &Caller, right: Right) -> bool {
        reach_of(caller, right).is_some()
    }

    /// The same, or a refusal.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub fn authorize_here(&self, caller: &Caller, right: Right) -> Result<(), RegistryError> {
        self.authorize(caller, right, caller.organization_id)
    }

    /// The organizations to which the caller may do it, by code.
    pub fn within_reach(&self, admission: &Admission, caller: &Caller, right: Right) -> Vec<Organization> {
        let mut all = self.organizations(admission);
        all.retain(|organization| self.may(caller, right, organization.id));
        all
    }
}

fn reach_of(caller: &Caller, right: Right) -> Option<Reach> {
    match caller.standing {
        Standing::Operator => Some(Reach::All),
        Standing::Person(role) => role.reach(right),
        // Programs send and ask; what they sent they may also look after.
        Standing::Program => matches!(right, Right::SendFiles | Right::ReadFiles).then_some(Reach::Below),
    }
}
