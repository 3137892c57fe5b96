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
/// Bytes of such a form at most: of six doses, every field filled in, it has a few thousand. A larger one is not kept.
const DRAFT_BYTES_MAXIMUM: usize = 64 * 1024;
/// How often all desks are looked at for forms that have lain there too long.
const CLEARED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Desks at most; beyond it those that are not used any more are cleared.
const DESKS_MAXIMUM: usize = 20_000;

/// All desks of a node.
#[derive(Default)]
pub(crate) struct Desks {
    desks: Mutex<AllDesks>,
}

#[derive(Default)]
struct AllDesks {
    of: HashMap<AccountId, Desk>,
    cleared_at: Option<Timestamp>,
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

impl Draft {
    fn is_fresh(&self, at: Timestamp) -> bool {
        at.duration_since(self.filled_at) < DRAFT_KEPT_FOR
    }
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
        let bytes: usize = form.fields().iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > DRAFT_BYTES_MAXIMUM {
            return;
        }
        self.with(account, at, |desk| {
            if desk.drafts.len() >= DRAFTS_MAXIMUM {
                desk.drafts.remove(0);
            }
            desk.drafts.push(Draft { key: key.to_owned(), form, filled_at: at });
        });
    }

    /// What was filled in lately and not saved.
    pub(crate) fn draft(&self, account: AccountId, key: &str, at: Timestamp) -> Option<Draft> {
        self.with(account, at, |desk| desk.drafts.iter().find(|draft| draft.key == key).cloned())
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
        desks.clear(at);
        let desk = desks.of.entry(account).or_default();
        if desk.used_at.is_some_and(|used_at| at.duration_since(used_at) >= KEPT_FOR) {
            *desk = Desk::default();
        }
        desk.drafts.retain(|draft| draft.is_fresh(at));
        desk.used_at = Some(at);
        work(desk)
    }
}

impl AllDesks {
    /// Takes off every desk, also of who does not come back, what has lain there too long.
    fn clear(&mut self, at: Timestamp) {
        if self.of.len() >= DESKS_MAXIMUM {
            self.of.retain(|_, desk| desk.used_at.is_some_and(|used_at| at.duration_since(used_at) < KEPT_FOR));
        }
        if self.cleared_at.is_none_or(|cleared_at| at.duration_since(cleared_at) >= CLEARED_EVERY) {
            self.of.values_mut().for_each(|desk| desk.drafts.retain(|draft| draft.is_fresh(at)));
            self.cleared_at = Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: Timestamp = Timestamp::constant(1_767_600_000, 0);

    fn form(letters: usize) -> Form {
        Form::of(vec![("lot_0".to_owned(), "x".repeat(letters))])
    }

    #[test]
    fn what_was_filled_in_goes_after_half_an_hour_also_from_the_desk_of_who_does_not_come_back() {
        let (desks, [nurse, other]) = (Desks::default(), [1, 2].map(|id| AccountId(uuid::Uuid::from_u128(id))));
        desks.keep_draft(nurse, "form", form(4), MONDAY);
        let in_time = MONDAY + SignedDuration::from_mins(29);
        assert!(desks.draft(nurse, "form", in_time).is_some(), "the control");
        let _ = desks.sticky(other, "site", in_time);
        let drafts = || desks.desks.lock().expect("nobody panicked").of[&nurse].drafts.len();
        assert_eq!(drafts(), 1, "the control");
        let _ = desks.sticky(other, "site", MONDAY + DRAFT_KEPT_FOR);
        assert_eq!(drafts(), 0);
    }

    #[test]
    fn no_form_is_kept_that_is_larger_than_any_that_people_fill_in() {
        let (desks, nurse) = (Desks::default(), AccountId(uuid::Uuid::from_u128(1)));
        desks.keep_draft(nurse, "form", form(DRAFT_BYTES_MAXIMUM - 10), MONDAY);
        assert!(desks.draft(nurse, "form", MONDAY).is_some(), "the control");
        desks.keep_draft(nurse, "form", form(DRAFT_BYTES_MAXIMUM), MONDAY);
        assert!(desks.draft(nurse, "form", MONDAY).is_none());
    }
}
