//! Linking a whole file: which of its records are of one person.
//!
//! The same comparisons as at the door, under wider keys, as everything is in memory. Pairs that reach the line are put
//! together, the surest first; two groups become one person only when their records agree on the whole, so that one
//! mistaken pair does not chain two people together.

use std::collections::HashMap;

use model::Demographics;

use crate::evidence::{DateAgreement, Evidence};
use crate::keys::linkage_keys;
use crate::names::GivenAgreement;
use crate::people::Folded;
use crate::{Matcher, Outcome};

/// Records that may share a key; a key of more says too little.
const RECORDS_PER_KEY_MAXIMUM: usize = 300;
/// A file has families when more than one in so many pairs at one address are plainly two people.
const FAMILIES_ONE_IN: usize = 20;

/// What linking a file found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Linked {
    /// Pairs of places that were compared.
    pub compared: Vec<(u32, u32)>,
    /// Pairs of places that are of one person by themselves.
    pub same: Vec<(u32, u32)>,
    /// Pairs that a reviewer would see.
    pub possible: Vec<(u32, u32)>,
    /// For each record the place of the first record of the same person.
    pub person: Vec<u32>,
}

/// Links the records of one file.
pub fn link(people: &[Demographics], matcher: &Matcher) -> Linked {
    let mut linked = Linked { compared: candidate_pairs(people), ..Linked::default() };
    let folded: Vec<Folded<'_>> = people.iter().map(Folded::new).collect();
    let mut matcher = matcher.clone();
    matcher.thresholds.has_families = has_families(&linked.compared, &folded);
    let matcher = &matcher;
    let mut scored = Vec::new();
    for &(one, other) in &linked.compared {
        match matcher.compare(&folded[one as usize], &folded[other as usize]) {
            (Outcome::Match, bits) => scored.push((bits, one, other)),
            (Outcome::PossibleMatch, _) => linked.possible.push((one, other)),
            (Outcome::NotAMatch, _) => {}
        }
    }
    scored.sort_by(|(bits, ..), (other, ..)| other.total_cmp(bits));
    let mut groups: Vec<Vec<u32>> = (0..people.len() as u32).map(|place| vec![place]).collect();
    let mut group_of: Vec<u32> = (0..people.len() as u32).collect();
    for &(_, one, other) in &scored {
        let (one, other) = (group_of[one as usize], group_of[other as usize]);
        if one != other && agree(&groups[one as usize], &groups[other as usize], &folded, matcher) {
            let (kept, joined) = (one.min(other), one.max(other));
            let moved = std::mem::take(&mut groups[joined as usize]);
            moved.iter().for_each(|place| group_of[*place as usize] = kept);
            groups[kept as usize].extend(moved);
        }
    }
    linked.person = group_of;
    linked.same = scored.into_iter().map(|(_, one, other)| (one, other)).collect();
    linked
}

/// Whether people live together in a file: of the pairs that share an address or a phone, so many are plainly two people. A file
/// in which nobody lives with anybody else, as test files are, says by an address alone who somebody is.
fn has_families(pairs: &[(u32, u32)], folded: &[Folded<'_>]) -> bool {
    let (mut at_home, mut two_people) = (0, 0);
    for &(one, other) in pairs {
        let evidence = Evidence::between(&folded[one as usize].0, &folded[other as usize].0, None);
        if evidence.is_home_same() {
            at_home += 1;
            let is_two = evidence.given == GivenAgreement::Different && evidence.birth_date == DateAgreement::Different;
            two_people += usize::from(is_two);
        }
    }
    two_people * FAMILIES_ONE_IN > at_home
}

/// Every pair of records that shares a key, once, in order.
pub fn candidate_pairs(people: &[Demographics]) -> Vec<(u32, u32)> {
    let mut by_key: HashMap<i64, Vec<u32>> = HashMap::new();
    for (place, person) in people.iter().enumerate() {
        for key in linkage_keys(person) {
            by_key.entry(key).or_default().push(place as u32);
        }
    }
    let mut pairs = Vec::new();
    for places in by_key.values().filter(|places| places.len() <= RECORDS_PER_KEY_MAXIMUM) {
        for (at, &one) in places.iter().enumerate() {
            pairs.extend(places[at + 1..].iter().map(|&other| (one.min(other), one.max(other))));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Whether the records of two groups agree on the whole: their scores are not below those that a reviewer would see.
fn agree(one: &[u32], other: &[u32], folded: &[Folded<'_>], matcher: &Matcher) -> bool {
    let pairs = one.iter().flat_map(|place| other.iter().map(move |theirs| (*place as usize, *theirs as usize)));
    let (mut sum, mut count) = (0.0, 0.0);
    for (place, theirs) in pairs {
        sum += matcher.compare(&folded[place], &folded[theirs]).1;
        count += 1.0;
    }
    sum / count * 100.0 >= f64::from(matcher.thresholds.possible)
}
