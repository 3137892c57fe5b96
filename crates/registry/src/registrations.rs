//! How an organization comes to the registry: it fills in a registration, step by step, comes back to it with a code,
//! signs and sends it; the registry's office approves or refuses. A renewal goes the same way.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use model::{
    AccountId, AccountKind, Agreement, Caller, Organization, OrganizationId, OrganizationKind, Registration,
    RegistrationId, RegistrationState, Right, Role,
};

use crate::second_factors::{code_text, hash_of_code};
use crate::{Admission, NewAccount, NewOrganization, Registry, RegistryError};

/// How many years an agreement holds.
const AGREEMENT_YEARS: i32 = 2;
/// Registrations listed at most.
const LISTED_MAXIMUM: u32 = 200;
/// Letters of one answer at most, and answers at most.
const ANSWER_LENGTH_MAXIMUM: usize = 4_000;
const ANSWERS_MAXIMUM: usize = 60;

/// What comes of an approval.
#[derive(Clone, Debug)]
pub struct Approved {
    /// The organization.
    pub organization: Organization,
    /// For a new one, its administrator's user name and invitation code; shown once.
    pub administrator: Option<(String, String)>,
}

/// What the door makes for an approval: ids, salt and random bytes.
#[derive(Clone, Copy, Debug)]
pub struct ApprovalSeed {
    /// Of the organization.
    pub organization_id: OrganizationId,
    /// Of its administrator's account.
    pub account_id: AccountId,
    /// For the salt of a password that nobody knows.
    pub salt: [u8; 16],
    /// For that password.
    pub password: [u8; 20],
    /// For the invitation.
    pub invitation: [u8; 10],
}

impl Registry {
    /// Begins a registration, or for a caller with the right the renewal of their organization's agreement. Gives it
    /// and the code with which it is found again.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for a renewal by somebody who may not.
    pub async fn begin_registration(
        &self,
        _admission: &Admission,
        renewal: Option<(&Caller, OrganizationId)>,
        (id, random): (RegistrationId, [u8; 10]),
        at: Timestamp,
    ) -> Result<(Registration, String), RegistryError> {
        let mut answers = BTreeMap::new();
        if let Some((caller, organization)) = renewal {
            self.authorize(caller, Right::ChangeOrganization, organization)?;
            answers = self.blocking(move |registry| registry.answers_of_last_agreement(organization)).await?;
            if let Some(known) = self.directory().snapshot().organization(organization) {
                answers.insert("name".into(), known.name.clone());
                answers.insert("kind".into(), known.kind.word().into());
            }
        }
        let code = code_text(&random);
        let registration = Registration {
            id,
            code_hash: hash_of_code(&code),
            state: RegistrationState::Draft,
            organization_id: renewal.map(|(_, organization)| organization),
            answers,
            begun_at: at,
            changed_at: at,
            decided_at: None,
            decided_by: None,
            note: String::new(),
        };
        let kept = registration.clone();
        self.blocking(move |registry| Ok(registry.database().save_registration(&kept, RegistrationState::Draft)?))
            .await?;
        Ok((registration, code))
    }

    pub(crate) fn answers_of_last_agreement(
        &self,
        id: OrganizationId,
    ) -> Result<BTreeMap<String, String>, RegistryError> {
        let agreements = self.database().agreements()?;
        let last = agreements.into_iter().find(|agreement| agreement.organization_id == id);
        let Some(last) = last else { return Ok(BTreeMap::new()) };
        let mut answers = self.database().find_registration(last.registration_id)?.map(|last| last.answers);
        if let Some(answers) = &mut answers {
            answers.retain(|name, _| !name.starts_with("signer") && name != "agreed");
        }
        Ok(answers.unwrap_or_default())
    }

    /// The registration of a code.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find_registration(
        &self,
        _admission: &Admission,
        code: &str,
    ) -> Result<Option<Registration>, RegistryError> {
        let hash = hash_of_code(code);
        self.blocking(move |registry| Ok(registry.database().find_registration_by_code(&hash)?)).await
    }

    /// Saves answers; with `is_sent` they are complete and signed, and the registry's office decides next.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when it was sent or decided already.
    pub async fn save_registration(
        &self,
        _admission: &Admission,
        mut registration: Registration,
        answers: BTreeMap<String, String>,
        is_sent: bool,
        at: Timestamp,
    ) -> Result<Registration, RegistryError> {
        let from = registration.state;
        if !matches!(from, RegistrationState::Draft | RegistrationState::Refused) {
            return Err(RegistryError::Refused("this registration was sent already".into()));
        }
        registration.answers.extend(answers.into_iter().map(|(name, mut answer)| {
            answer.truncate(answer.floor_char_boundary(ANSWER_LENGTH_MAXIMUM));
            (name, answer)
        }));
        if registration.answers.len() > ANSWERS_MAXIMUM {
            return Err(RegistryError::Refused("a registration has fewer answers".into()));
        }
        registration.changed_at = at;
        if is_sent {
            registration.state = RegistrationState::Submitted;
        }
        let kept = registration.clone();
        self.blocking(move |registry| Ok(registry.database().save_registration(&kept, from)?)).await?;
        Ok(registration)
    }

    /// The registrations in a state, for the registry's office.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn registrations(
        &self,
        _admission: &Admission,
        caller: &Caller,
        state: RegistrationState,
    ) -> Result<Vec<Registration>, RegistryError> {
        self.authorize_here(caller, Right::ApproveRegistration)?;
        self.blocking(move |registry| Ok(registry.database().registrations(state, LISTED_MAXIMUM)?)).await
    }

    /// One registration, for the registry's office.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn registration(
        &self,
        _admission: &Admission,
        caller: &Caller,
        id: RegistrationId,
    ) -> Result<Option<Registration>, RegistryError> {
        self.authorize_here(caller, Right::ApproveRegistration)?;
        self.blocking(move |registry| Ok(registry.database().find_registration(id)?)).await
    }

    /// Refuses a registration, with a reason that the applicant reads.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when it does not wait for a decision.
    pub async fn refuse_registration(
        &self,
        admission: &Admission,
        caller: &Caller,
        id: RegistrationId,
        note: &str,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let registration = self.require_submitted(admission, caller, id).await?;
        let decided = decided(registration, RegistrationState::Refused, caller, note, at);
        self.keep_decision(decided).await?;
        self.note_administration(caller, caller.organization_id, at, format!("refused registration {}", id.number()))
            .await
    }

    /// Approves a registration: the organization is added under this code, its agreement begins, and its administrator
    /// gets an account and an invitation. For a renewal the agreement begins anew.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when it does not wait for a decision or the code is
    /// taken.
    pub async fn approve_registration(
        &self,
        admission: &Admission,
        caller: &Caller,
        (id, code): (RegistrationId, &str),
        seed: ApprovalSeed,
        at: Timestamp,
    ) -> Result<Approved, RegistryError> {
        let registration = self.require_submitted(admission, caller, id).await?;
        let answer = |name: &str| registration.answers.get(name).cloned().unwrap_or_default();
        let (organization, administrator) = match registration.organization_id {
            Some(known) => {
                let snapshot = self.directory().snapshot();
                let known = snapshot.organization(known).cloned();
                (known.ok_or_else(|| RegistryError::Refused("the organization is gone".into()))?, None)
            }
            None => {
                let (organization, username) = self.add_registered(admission, &registration, code, seed)?;
                let code = self.invite(admission, caller, &username, seed.invitation, at).await?;
                (organization, Some((username, code)))
            }
        };
        let begins_on = self.today(at);
        let agreement = Agreement {
            organization_id: organization.id,
            registration_id: id,
            signed_by: answer("signer_name"),
            begins_on,
            ends_on: last_day(begins_on),
        };
        self.blocking(move |registry| Ok(registry.database().set_agreement(&agreement)?)).await?;
        let mut decided = decided(registration, RegistrationState::Approved, caller, "", at);
        decided.organization_id = Some(organization.id);
        self.keep_decision(decided).await?;
        let what = format!("approved registration {} of {}", id.number(), organization.code);
        self.note_administration(caller, organization.id, at, what).await?;
        Ok(Approved { organization, administrator })
    }

    fn add_registered(
        &self,
        admission: &Admission,
        registration: &Registration,
        code: &str,
        seed: ApprovalSeed,
    ) -> Result<(Organization, String), RegistryError> {
        let answer = |name: &str| registration.answers.get(name).map_or("", String::as_str).trim();
        let kind = OrganizationKind::parse(answer("kind")).unwrap_or(OrganizationKind::Clinic);
        if kind == OrganizationKind::Registry {
            return Err(RegistryError::Refused("the registry's own office does not register".into()));
        }
        let organization = self.add_organization(
            admission,
            NewOrganization {
                id: seed.organization_id,
                code: code.trim().to_uppercase(),
                name: answer("name").to_owned(),
                kind,
                parent_code: Some(answer("parent_code").to_owned()).filter(|code| !code.is_empty()),
                aliases: Vec::new(),
            },
        )?;
        let full_name = format!("{} {}", answer("first_name"), answer("last_name"));
        let username = self.free_username(answer("first_name"), answer("last_name"));
        self.add_account(
            admission,
            NewAccount {
                id: seed.account_id,
                organization_code: organization.code.clone(),
                kind: AccountKind::WebUser,
                username: username.clone(),
                password: unknown_password(&seed.password),
                salt: seed.salt,
                full_name,
                email: answer("email").to_owned(),
                role: Some(Role::OrganizationAdministrator),
            },
        )?;
        Ok((organization, username))
    }

    /// A user name that nobody has: the first letter and the family name, and a number where it is taken.
    pub(crate) fn free_username(&self, first_name: &str, last_name: &str) -> String {
        let letters = |name: &str| -> String {
            let plain = model::plain_letters(name).to_lowercase();
            plain.chars().filter(char::is_ascii_alphanumeric).collect()
        };
        let base: String = letters(first_name).chars().take(1).chain(letters(last_name).chars().take(24)).collect();
        let base = if base.is_empty() { "user".to_owned() } else { base };
        let snapshot = self.directory().snapshot();
        let numbered = (1..).map(|number| if number == 1 { base.clone() } else { format!("{base}{number}") });
        let is_free = |name: &String| snapshot.find_account(name).is_none();
        numbered.into_iter().find(is_free).expect("numbers do not end")
    }

    async fn require_submitted(
        &self,
        admission: &Admission,
        caller: &Caller,
        id: RegistrationId,
    ) -> Result<Registration, RegistryError> {
        let found = self.registration(admission, caller, id).await?;
        let found = found.filter(|registration| registration.state == RegistrationState::Submitted);
        found.ok_or_else(|| RegistryError::Refused("this registration does not wait for a decision".into()))
    }

    async fn keep_decision(&self, decided: Registration) -> Result<(), RegistryError> {
        self.blocking(move |registry| {
            Ok(registry.database().save_registration(&decided, RegistrationState::Submitted)?)
        })
        .await
    }

    /// The agreements of the organizations within the caller's reach.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn agreements(&self, _admission: &Admission, caller: &Caller) -> Result<Vec<Agreement>, RegistryError> {
        let mut agreements = self.blocking(|registry| Ok(registry.database().agreements()?)).await?;
        agreements.retain(|agreement| self.may(caller, Right::ReadOrganization, agreement.organization_id));
        Ok(agreements)
    }
}

/// A password of an account whose owner chooses one by invitation.
pub(crate) fn unknown_password(random: &[u8; 20]) -> String {
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decided(
    registration: Registration,
    state: RegistrationState,
    caller: &Caller,
    note: &str,
    at: Timestamp,
) -> Registration {
    let note = note.trim().to_owned();
    Registration { state, decided_at: Some(at), decided_by: caller.account_id, note, ..registration }
}

fn last_day(begins_on: Date) -> Date {
    begins_on.saturating_add(AGREEMENT_YEARS.years()).saturating_sub(1.day())
}
