//! Somebody who has signed in, as pages take them: whoever has not is sent to sign in, and whose role does not open the
//! page is refused.

use std::ops::Deref;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use model::{AccountId, Caller, Right};
use registry::{Admission, Registry};

use crate::access;
use crate::desk::Desks;
use crate::failures::Failure;
use crate::visits::Visitor;

/// A visitor who may call the registry.
pub(crate) struct SignedIn {
    /// The visitor.
    pub(crate) visitor: Visitor,
    /// Who is asking, for the verbs of the registry.
    pub(crate) caller: Caller,
    /// The right to call it.
    pub(crate) admission: Admission,
}

impl SignedIn {
    /// The registry.
    pub(crate) fn registry(&self) -> &Registry {
        &self.visitor.web().registry
    }

    /// What lies on the desks.
    pub(crate) fn desks(&self) -> &Desks {
        &self.visitor.web().desks
    }

    /// Whose desk it is.
    pub(crate) fn account_id(&self) -> AccountId {
        self.caller.account_id.expect("people who sign in have an account")
    }

    /// Sends somebody who proved too long ago who they are to prove it again: before a sensitive change.
    pub(crate) fn require_fresh(&self) -> Result<(), Failure> {
        let (session, _) = self.visitor.session().ok_or(Failure::NotSignedIn)?;
        if session.is_fresh(self.visitor.now()) { Ok(()) } else { Err(Failure::ProofStale) }
    }

    /// Whether a page should offer something; the registry asks again when it is done.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.registry().may_here(&self.caller, right)
    }
}

impl Deref for SignedIn {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<SignedIn, Failure> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let caller = visitor.caller().ok_or(Failure::NotSignedIn)?;
        let admission = visitor.admit()?;
        let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        if !access::is_open(&visitor.web().registry, &caller, path, &parts.method) {
            return Err(Failure::NotAllowed);
        }
        Ok(SignedIn { visitor, caller, admission })
    }
}
