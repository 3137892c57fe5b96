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
        self.reach_of(caller, right).is_some_and(|reach| reach == Reach::All || reach.covers(relation()))
    }

    /// Whether the caller may do it as the organization that they act for.
    pub fn may_here(&self, caller: &Caller, right: Right) -> bool {
        self.reach_of(caller, right).is_some()
    }

    /// Whether the caller may do it whichever organization it is of.
    pub fn may_everywhere(&self, caller: &Caller, right: Right) -> bool {
        self.reach_of(caller, right) == Some(Reach::All)
    }

    /// Whether the caller may do it as the organization that they act for, or a refusal.
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

    fn reach_of(&self, caller: &Caller, right: Right) -> Option<Reach> {
        match caller.standing {
            Standing::Operator => Some(Reach::All),
            _ if right == Right::ReadHealthFacts && !self.treats(caller) => None,
            Standing::Person(role) => role.reach(right),
            Standing::Program if right == Right::ReadHealthFacts => Some(Reach::Own),
            // Programs send and ask; what they sent they may also look after.
            Standing::Program => matches!(right, Right::SendFiles | Right::ReadFiles).then_some(Reach::Below),
        }
    }

    /// Whether the organization that the caller acts for treats people, or looks after the registry.
    fn treats(&self, caller: &Caller) -> bool {
        let snapshot = self.directory().snapshot();
        snapshot.organization(caller.organization_id).is_some_and(|organization| organization.kind.treats())
    }
}
