//! A person who lost every second factor and has nobody who could invite them: an operator takes the factors away.

use jiff::Timestamp;
use model::{
    Account, AccountKind, Audience, DeliveryState, NoticeDelivery, NoticeMade, SubscriptionWay, WindowId, recipient_key,
};
use notices::Language;
use uuid::Uuid;

use crate::{Admission, Registry, RegistryError};

/// What an operator is told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecondFactorReset {
    /// Whose second factors it were; without the password.
    pub account: Account,
    /// How many were removed, recovery codes among them.
    pub factors: u64,
    /// How many sessions ended.
    pub sessions: u64,
    /// Whether the person is told by mail as soon as a node hands mail over.
    pub is_told: bool,
}

impl Registry {
    /// Removes all second factors of a person, ends their sessions, lifts their locks, and has them told by mail where there
    /// is an address. Whoever knows the password sets up a new one at the next sign-in.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account, or it is that of a program.
    pub fn reset_second_factors(
        &self,
        admission: &Admission,
        username: &str,
        at: Timestamp,
    ) -> Result<SecondFactorReset, RegistryError> {
        let account = self.require_account(username)?;
        if account.kind != AccountKind::WebUser {
            let reason = format!("{} is the account of a program, which has no second factor", account.username);
            return Err(RegistryError::Refused(reason));
        }
        let factors = self.database().remove_factors_of(account.id)?;
        let sessions = self.database().remove_sessions_of(account.id)?;
        let account = self.lift_locks(admission, username, at)?;
        let is_told = !account.email.trim().is_empty();
        if is_told {
            self.tell_of_reset(&account, at)?;
        }
        Ok(SecondFactorReset { account, factors, sessions, is_told })
    }

    fn tell_of_reset(&self, account: &Account, at: Timestamp) -> Result<(), RegistryError> {
        let language = account.language.as_deref().and_then(Language::parse).unwrap_or(Language::English);
        let when = self.local_time(at).strftime("%Y-%m-%d %H:%M %Z").to_string();
        let text = self.composer(language, None).second_factor_reset(&account.username, &when);
        let (window_id, audience, way) = (WindowId(Uuid::nil()), Audience::AllUsers, SubscriptionWay::Email);
        let address = account.email.trim().to_owned();
        let occasion = format!("second_factor_reset/{}/{}", account.id, at.as_second());
        let delivery = NoticeDelivery {
            window_id,
            occasion: occasion.clone(),
            recipient_key: recipient_key(way, &address),
            subscription_id: None,
            audience,
            language: language.tag().to_owned(),
            way,
            address,
            state: DeliveryState::Waiting,
            try_count: 0,
            next_try_at: at,
            changed_at: at,
            node: String::new(),
            detail: String::new(),
        };
        let notice = NoticeMade { window_id, occasion, made_at: at, ends_window: false, texts: vec![(audience, text)] };
        self.database().insert_notice(&notice, &[delivery])?;
        Ok(())
    }
}
