//! Numbers of a series of which everybody has one: Social Security, Medicaid, birth registration.

use model::{Demographics, Identifier};

use crate::identifiers::{is_dummy, is_same, is_same_series, significant};

/// How two numbers of one series agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum NumberAgreement {
    Different,
    /// One is missing.
    Unknown,
    /// The last four digits are all that one has, and they agree.
    LastFour,
    /// One digit differs, or two neighbors are swapped.
    Similar,
    Same,
}

/// How the numbers of these kinds agree, the best pair of them.
pub(super) fn compare(one: &Demographics, other: &Demographics, kinds: &[&str]) -> NumberAgreement {
    let own = |person: &'_ Demographics| -> Vec<usize> {
        let of_kind =
            person.identifiers.iter().enumerate().filter(|(_, identifier)| kinds.contains(&identifier.kind.as_str()));
        of_kind.filter(|(_, identifier)| !is_dummy(identifier) || is_last_four(identifier)).map(|(at, _)| at).collect()
    };
    let theirs = own(other);
    let mut best = NumberAgreement::Unknown;
    for place in own(one) {
        for &other_place in &theirs {
            let agreement = compare_numbers(&one.identifiers[place], &other.identifiers[other_place]);
            best = match best {
                NumberAgreement::Unknown => agreement,
                _ => best.max(agreement),
            };
        }
    }
    best
}

fn is_last_four(identifier: &Identifier) -> bool {
    identifier.kind == "SS" && significant(&identifier.value).count() == 4
}

fn compare_numbers(one: &Identifier, other: &Identifier) -> NumberAgreement {
    if is_last_four(one) || is_last_four(other) {
        let last = |identifier: &Identifier| -> Vec<u8> {
            let all: Vec<u8> = significant(&identifier.value).collect();
            all[all.len().saturating_sub(4)..].to_vec()
        };
        return if last(one) == last(other) { NumberAgreement::LastFour } else { NumberAgreement::Different };
    }
    if !is_same_series(one, other) {
        NumberAgreement::Unknown
    } else if is_same(one, other) {
        NumberAgreement::Same
    } else if is_one_digit_apart(one, other) {
        NumberAgreement::Similar
    } else {
        NumberAgreement::Different
    }
}

fn is_one_digit_apart(one: &Identifier, other: &Identifier) -> bool {
    let differing = |offset: usize| {
        let others = significant(&other.value).skip(offset);
        significant(&one.value).zip(others).filter(|(digit, theirs)| digit != theirs).count()
    };
    let (count, other_count) = (significant(&one.value).count(), significant(&other.value).count());
    if count != other_count || count < 6 {
        return false;
    }
    if differing(0) == 1 {
        return true;
    }
    let mut sorted: [Vec<u8>; 2] = [significant(&one.value).collect(), significant(&other.value).collect()];
    sorted.iter_mut().for_each(|digits| digits.sort_unstable());
    differing(0) == 2 && sorted[0] == sorted[1]
}
