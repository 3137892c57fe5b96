//! What lies on somebody's desk while they work: searches, doses that are filled in and not saved yet, and what the last
//! dose was recorded with. It is kept in memory, for a while, so that no address of a page has to carry what belongs to a
//! person, and so that going back in the browser, which keeps none of our pages, loses nothing.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use model::AccountId;

use crate::forms::Form;

/// How long it lies there unused.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(12);
/// Searches of one person at most; beyond it the oldest goes.
const SEARCHES_MAXIMUM: usize = 20;
/// How long a form that was filled in and not saved is offered again.
const DRAFT_KEPT_FOR: SignedDuration = SignedDuration::from_mins(30);
/// Forms of one person that are filled in and not saved, at most; beyond it the oldest goes.
const DRAFTS_MAXIMUM: usize = 5;
/// Desks at most; beyond it those that are not used any more are cleared.
const DESKS_MAXIMUM: usize = 20_000;

/// All desks of a node.
#[derive(Default)]
pub(crate) struct Desks {
    desks: Mutex<HashMap<AccountId, Desk>>,
}

#[derive(Default)]
struct Desk {
    searches: Vec<(String, Form)>,
    drafts: Vec<Draft>,
    sticky: HashMap<String, String>,
    used_at: Option<Timestamp>,
}

/// A form that was filled in and is not saved yet.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Which form, and about whom.
    key: String,
    /// What was filled in.
    pub(crate) form: Form,
    /// When it was last sent.
    pub(crate) filled_at: Timestamp,
}

impl Desks {
    /// Keeps a search under a token of the page's.
    pub(crate) fn keep_search(&self, account: AccountId, token: String, search: Form, at: Timestamp) {
        self.with(account, at, |desk| {
            if desk.searches.len() >= SEARCHES_MAXIMUM {
                desk.searches.remove(0);
            }
            desk.searches.push((token, search));
        });
    }

    /// The search of this token, if this person made it lately on this node.
    pub(crate) fn search(&self, account: AccountId, token: &str, at: Timestamp) -> Option<Form> {
        self.with(account, at, |desk| {
            desk.searches.iter().find(|(known, _)| known == token).map(|(_, search)| search.clone())
        })
    }

    /// Keeps a form that is filled in and not saved; what was kept of the same before goes.
    pub(crate) fn keep_draft(&self, account: AccountId, key: &str, form: Form, at: Timestamp) {
        self.drop_draft(account, key, at);
        self.with(account, at, |desk| {
            if desk.drafts.len() >= DRAFTS_MAXIMUM {
                desk.drafts.remove(0);
            }
            desk.drafts.push(Draft { key: key.to_owned(), form, filled_at: at });
        });
    }

    /// What was filled in lately and not saved.
    pub(crate) fn draft(&self, account: AccountId, key: &str, at: Timestamp) -> Option<Draft> {
        let is_fresh = |draft: &&Draft| draft.key == key && at.duration_since(draft.filled_at) < DRAFT_KEPT_FOR;
        self.with(account, at, |desk| desk.drafts.iter().find(is_fresh).cloned())
    }

    /// Takes a form that was filled in off the desk: it is saved, or not wanted any more.
    pub(crate) fn drop_draft(&self, account: AccountId, key: &str, at: Timestamp) {
        self.with(account, at, |desk| desk.drafts.retain(|draft| draft.key != key));
    }

    /// Remembers values for the next form: site, vaccinator, and by vaccine what it was recorded with.
    pub(crate) fn stick(&self, account: AccountId, values: impl IntoIterator<Item = (String, String)>, at: Timestamp) {
        self.with(account, at, |desk| desk.sticky.extend(values));
    }

    /// A value that was remembered.
    pub(crate) fn sticky(&self, account: AccountId, name: &str, at: Timestamp) -> Option<String> {
        self.with(account, at, |desk| desk.sticky.get(name).cloned())
    }

    fn with<T>(&self, account: AccountId, at: Timestamp, work: impl FnOnce(&mut Desk) -> T) -> T {
        let mut desks = self.desks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if desks.len() >= DESKS_MAXIMUM {
            desks.retain(|_, desk| desk.used_at.is_some_and(|used_at| at.duration_since(used_at) < KEPT_FOR));
        }
        let desk = desks.entry(account).or_default();
        if desk.used_at.is_some_and(|used_at| at.duration_since(used_at) >= KEPT_FOR) {
            *desk = Desk::default();
        }
        desk.used_at = Some(at);
        work(desk)
    }
}
