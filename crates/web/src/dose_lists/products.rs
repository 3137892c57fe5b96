//! What products are called: trade names as the tables of packages have them, and each product once.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use codes::{CodeSets, Ndc, Package};
use model::{Cvx, Dose, plain_letters};

/// Trade names that a vaccine is shown with at most, where no product is chosen.
const NAMES_SHOWN_MAXIMUM: usize = 6;

/// The trade names of a vaccine's products, by their maker (MVX); of makers that still make vaccines.
///
/// Packages go and come again under new numbers, for longer than a code table stays the same: a name stands for a product as long
/// as there is its maker.
pub(super) fn by_maker(codes: &CodeSets, cvx: Cvx) -> BTreeMap<&str, Vec<&str>> {
    let is_made = |package: &&Package| codes.manufacturer(&package.mvx).is_none_or(|maker| maker.is_active);
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages(codes, cvx).filter(is_made) {
        take(names.entry(&package.mvx).or_default(), &package.trade_name);
    }
    names
}

/// The trade names under which a vaccine is or was given, whoever makes it.
pub(super) fn of_vaccine(codes: &CodeSets, cvx: Cvx) -> Vec<&str> {
    let mut names = Vec::new();
    packages(codes, cvx).for_each(|package| take(&mut names, &package.trade_name));
    names.sort_by_key(|name| name.to_lowercase());
    names.truncate(NAMES_SHOWN_MAXIMUM);
    names
}

/// The trade name of a dose: of its package, as it was chosen, or the only one that its maker gives to this vaccine.
pub(crate) fn trade_name<'a>(codes: &'a CodeSets, dose: &'a Dose) -> Option<&'a str> {
    let mut known = Ndc::candidates(dose.ndc.as_deref().unwrap_or_default()).filter_map(|ndc| codes.package(ndc));
    if let Some(package) = known.find(|package| package.cvx == dose.cvx) {
        return Some(&package.trade_name);
    }
    if let Some(chosen) = &dose.trade_name {
        return Some(chosen);
    }
    let mvx = dose.mvx.as_deref().filter(|mvx| !mvx.is_empty())?;
    let mut names = Vec::new();
    packages(codes, dose.cvx).filter(|package| package.mvx == mvx).for_each(|it| take(&mut names, &it.trade_name));
    match names.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// Whether a trade name is one of a vaccine's.
pub(crate) fn is_of_vaccine(codes: &CodeSets, cvx: Cvx, name: &str) -> bool {
    packages(codes, cvx).any(|package| package.trade_name == name)
}

fn packages(codes: &CodeSets, cvx: Cvx) -> impl Iterator<Item = &Package> {
    codes.packages().iter().filter(move |package| package.cvx == cvx)
}

/// Takes in a name. Packages of one product write its name in several ways: the fullest one is shown, of as full ones the one with
/// less between its words, and with small letters.
fn take<'a>(names: &mut Vec<&'a str>, name: &'a str) {
    let fullness = |name: &str| (plain_letters(name).len(), Reverse(name.len()), name.to_owned());
    let (alike, others): (Vec<&str>, Vec<&str>) = names.iter().partition(|known| is_one_product(known, name));
    *names = others;
    names.extend(alike.into_iter().chain([name]).max_by_key(|name| fullness(name)));
}

/// Whether two names of one vaccine and maker are one product's: but for case and punctuation, for words at the end that one of
/// them leaves out, or has in initials (`Fluzone HD`, `FLUZONE High-Dose`).
pub(crate) fn is_one_product(one: &str, other: &str) -> bool {
    let (one, other) = (plain_letters(one), plain_letters(other));
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split(' ').collect(), other.split(' ').collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let Some((last, before)) = short.split_last() else { return false };
    let initials: String = long[before.len()..].iter().filter_map(|word| word.chars().next()).collect();
    long.starts_with(&short) || (!before.is_empty() && long.starts_with(before) && initials == *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_one_products_are_one_and_others_are_not() {
        for (one, other, is_one) in [
            ("Fluzone HD", "FLUZONE High-Dose", true),
            ("Fluzone, High Dose", "FLUZONE High-Dose", true),
            ("FLUZONE", "Fluzone High Dose", true),
            ("Afluria", "Fluvirin", false),
            ("ACTHIB", "PENTACEL", false),
            ("PREVNAR 13", "Prevnar 20", false),
        ] {
            assert_eq!(is_one_product(one, other), is_one, "{one}, {other}");
            assert_eq!(is_one_product(other, one), is_one, "{other}, {one}");
        }
    }
}
