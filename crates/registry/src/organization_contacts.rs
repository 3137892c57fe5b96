//! Whom an organization has told of maintenance besides its accounts: its IT contacts, the maker of its record system, who
//! looks after its exchange. They are subscriptions that belong to it; whoever looks after the organization vouches for
//! their addresses. And what it said of itself when it registered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Caller, OrganizationId, Right, Subscription, SubscriptionId, SubscriptionState};

use crate::{Admission, Consent, NewSubscription, Registry, RegistryError};

/// Contacts of one organization at most.
const CONTACTS_MAXIMUM: usize = 50;

/// Why an address is not added to those that an organization has told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContactRefusal {
    /// It can be no address.
    NoAddress,
    /// It is told already: a maker of record systems once for all its clinics.
    ToldAlready,
    /// Its owner ended the subscription, and can alone begin it again.
    Ended,
    /// There are too many.
    TooMany,
}

impl Registry {
    /// What an organization answered when its agreement was made, by the names of the form's fields; empty when it has none.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn registered_answers(
        &self,
        _admission: &Admission,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<BTreeMap<String, String>, RegistryError> {
        self.authorize(caller, Right::ReadOrganization, id)?;
        self.blocking(move |registry| registry.answers_of_last_agreement(id)).await
    }

    /// Whom an organization has told, by audience and address; also who has not confirmed yet.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn organization_contacts(
        &self,
        admission: &Admission,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<Vec<Subscription>, RegistryError> {
        self.authorize(caller, Right::ReadOrganization, id)?;
        let admitted = self.gate().admit(admission.channel()).map_err(|_| RegistryError::Stopping)?;
        let mut contacts = self.blocking(move |registry| registry.subscriptions(&admitted)).await?;
        contacts.retain(|known| known.organization_id == Some(id) && known.state != SubscriptionState::Ended);
        contacts.sort_by(|left, right| (left.audience, &left.address).cmp(&(right.audience, &right.address)));
        Ok(contacts)
    }

    /// Has an address told for an organization. Gives why not when that cannot be.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn add_organization_contact(
        &self,
        admission: &Admission,
        caller: &Caller,
        (id, new): (OrganizationId, NewSubscription),
        at: Timestamp,
    ) -> Result<Result<(), ContactRefusal>, RegistryError> {
        self.authorize(caller, Right::ChangeOrganization, id)?;
        let new = NewSubscription { organization_id: Some(id), ..new };
        let audience = new.audience;
        let admitted = self.gate().admit(admission.channel()).map_err(|_| RegistryError::Stopping)?;
        let adding = self.blocking(move |registry| {
            let known = registry.subscriptions(&admitted)?;
            if let Some(refusal) = refusal(&known, &new) {
                return Ok(Err(refusal));
            }
            match registry.subscribe(&admitted, new, Consent::Vouched, at) {
                Ok(_) => Ok(Ok(())),
                Err(RegistryError::Refused(_)) => Ok(Err(ContactRefusal::NoAddress)),
                Err(error) => Err(error),
            }
        });
        let added = adding.await?;
        if added.is_ok() {
            let what = format!("added a contact for notices as {}", audience.word());
            self.note_administration(caller, id, at, what).await?;
        }
        Ok(added)
    }

    /// Has an address told no longer for an organization.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when it is none of the organization's contacts.
    pub async fn remove_organization_contact(
        &self,
        admission: &Admission,
        caller: &Caller,
        (id, contact): (OrganizationId, SubscriptionId),
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        self.authorize(caller, Right::ChangeOrganization, id)?;
        let contacts = self.organization_contacts(admission, caller, id).await?;
        let found = contacts.into_iter().find(|known| known.id == contact);
        let found = found.ok_or_else(|| RegistryError::Refused("it is no contact of this organization".into()))?;
        // What waits for it goes with it. It is not ended: that is its owner's word, and would hold for their account, too.
        self.blocking(move |registry| {
            registry.database().remove_subscription(contact)?;
            Ok(registry.database().drop_deliveries(contact, at)?)
        })
        .await?;
        let what = format!("removed a contact for notices as {}", found.audience.word());
        self.note_administration(caller, id, at, what).await
    }
}

fn refusal(known: &[Subscription], new: &NewSubscription) -> Option<ContactRefusal> {
    let key = model::recipient_key(new.way, &new.address);
    let same = known.iter().find(|known| known.recipient_key() == key && known.audience == new.audience);
    match same.map(|same| same.state) {
        Some(SubscriptionState::Confirmed) => return Some(ContactRefusal::ToldAlready),
        Some(SubscriptionState::Ended) => return Some(ContactRefusal::Ended),
        Some(SubscriptionState::Pending) | None => {}
    }
    let is_own =
        |known: &&Subscription| known.organization_id == new.organization_id && known.state != SubscriptionState::Ended;
    (known.iter().filter(is_own).count() >= CONTACTS_MAXIMUM).then_some(ContactRefusal::TooMany)
}
