//! What speaks for and against two statements being about one person, fact by fact. Missing is neutral.

mod household;

use jiff::civil::Date;
use model::{Demographics, Sex};

use crate::identifiers::{self, Trust};
use crate::names::{FamilyAgreement, FoldedName, GivenAgreement, NameAgreement, best_agreement};

/// A person with folded names, so that many can be compared with one.
pub(crate) struct FoldedPerson<'a> {
    demographics: &'a Demographics,
    names: Vec<FoldedName>,
}

impl<'a> FoldedPerson<'a> {
    pub(crate) fn new(demographics: &'a Demographics) -> FoldedPerson<'a> {
        FoldedPerson { demographics, names: demographics.names.iter().map(FoldedName::new).collect() }
    }

    /// Place in the order of birth, as stated or as the placeholder name says.
    fn birth_order(&self) -> Option<u8> {
        self.demographics.birth_order.or_else(|| self.names.iter().find_map(|name| name.place_in_birth_order))
    }
}

/// How two dates of birth agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum DateAgreement {
    Different,
    /// One is missing.
    Unknown,
    /// One part differs, day and month are swapped, or they are neighbors.
    Close,
    Same,
}

/// What speaks for and against one person.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Evidence {
    /// Which of the stated identifiers both have, from 0.
    pub(crate) shared_identifiers: Vec<usize>,
    /// How far the best of them can be trusted, and what it is called.
    pub(crate) identifier: Option<(Trust, &'static str)>,
    pub(crate) given: GivenAgreement,
    pub(crate) family: FamilyAgreement,
    pub(crate) birth_date: DateAgreement,
    /// Two second names that differ.
    pub(crate) is_middle_conflicting: bool,
    /// Two suffixes that differ.
    pub(crate) is_suffix_conflicting: bool,
    /// Female and male.
    pub(crate) is_sex_conflicting: bool,
    /// Two places in the order of birth: twins.
    pub(crate) is_birth_order_conflicting: bool,
    /// Two numbers of which a person has one.
    pub(crate) is_number_conflicting: bool,
    /// Whether they share an address, phone or e-mail; `Some(false)` when both have an address and nothing is shared.
    pub(crate) is_home_same: Option<bool>,
    /// Whether they have the same mother, when both name her.
    pub(crate) is_mother_same: Option<bool>,
}

impl Evidence {
    /// Weighs two statements. `other_number` is the registry's own number of the other, when it is known.
    pub(crate) fn between(stated: &FoldedPerson<'_>, other: &FoldedPerson<'_>, other_number: Option<&str>) -> Evidence {
        let (one, two) = (stated.demographics, other.demographics);
        let shared_identifiers = shared_identifiers(one, two, other_number);
        let identifier = shared_identifiers
            .iter()
            .map(|&place| &one.identifiers[place].kind)
            .map(|kind| (identifiers::trust(kind), identifiers::kind_in_words(kind)))
            .max();
        let name = best_agreement(&stated.names, &other.names).unwrap_or(NameAgreement {
            given: GivenAgreement::Unknown,
            family: FamilyAgreement::Unknown,
            is_middle_compatible: true,
            is_suffix_compatible: true,
        });
        Evidence {
            is_number_conflicting: is_number_conflicting(one, two),
            shared_identifiers,
            identifier,
            given: name.given,
            family: name.family,
            birth_date: compare_dates(one.birth_date, two.birth_date),
            is_middle_conflicting: !name.is_middle_compatible,
            is_suffix_conflicting: !name.is_suffix_compatible,
            is_sex_conflicting: matches!(
                (one.sex, two.sex),
                (Some(Sex::F), Some(Sex::M)) | (Some(Sex::M), Some(Sex::F))
            ),
            is_birth_order_conflicting: matches!((stated.birth_order(), other.birth_order()), (Some(a), Some(b)) if a != b),
            is_home_same: household::is_home_same(one, two),
            is_mother_same: household::is_mother_same(one, two),
        }
    }

    /// Whether first name and all of the surname agree.
    pub(crate) fn is_name_same(&self) -> bool {
        self.given == GivenAgreement::Same && self.family == FamilyAgreement::Same
    }

    /// Whether something beside name and birth date speaks for one person: home, phone or mother.
    pub(crate) fn is_supported(&self) -> bool {
        self.is_home_same == Some(true) || self.is_mother_same == Some(true)
    }

    /// Whether something that one person cannot have two of differs.
    pub(crate) fn is_contradicted(&self) -> bool {
        self.is_suffix_conflicting || self.is_birth_order_conflicting || self.is_sex_conflicting
    }

    /// Whether something that can differ in one person differs, and nothing at home makes up for it.
    pub(crate) fn is_doubtful(&self) -> bool {
        let is_moved = self.is_home_same == Some(false) && self.is_mother_same != Some(true);
        self.is_home_same != Some(true)
            && (self.is_number_conflicting || self.is_mother_same == Some(false) || is_moved)
    }

    /// What agrees, in words: `medical record number, name and birth date`.
    pub(crate) fn agreement_in_words(&self) -> String {
        let name = match (self.given, self.family) {
            (GivenAgreement::Same, FamilyAgreement::Same) => Some("name"),
            (GivenAgreement::Same, _) => Some("first name"),
            (_, FamilyAgreement::Same) => Some("surname"),
            _ => None,
        };
        let facts = [
            self.identifier.map(|(_, words)| words),
            name,
            (self.birth_date == DateAgreement::Same).then_some("birth date"),
            (self.is_mother_same == Some(true)).then_some("mother"),
            (self.is_home_same == Some(true)).then_some("address or phone"),
        ];
        let mut words = String::with_capacity(64);
        let mut facts = facts.into_iter().flatten().peekable();
        while let Some(fact) = facts.next() {
            if !words.is_empty() {
                words.push_str(if facts.peek().is_some() { ", " } else { " and " });
            }
            words.push_str(fact);
        }
        words
    }

    /// What does not agree, in words, the gravest first.
    pub(crate) fn doubt_in_words(&self) -> Option<&'static str> {
        [
            (self.is_suffix_conflicting, "another suffix"),
            (self.is_birth_order_conflicting, "another place in the order of birth"),
            (self.birth_date == DateAgreement::Different, "another birth date"),
            (self.given == GivenAgreement::Different, "another first name"),
            (self.family == FamilyAgreement::Different, "another surname"),
            (self.is_sex_conflicting, "another sex"),
            (self.birth_date == DateAgreement::Close, "a birth date that differs in one part"),
            (self.given == GivenAgreement::Similar, "a first name that is only similar"),
            (self.given == GivenAgreement::Unknown, "a first name that is missing or a placeholder"),
            (self.family == FamilyAgreement::Similar, "a surname that is only similar"),
            (self.family == FamilyAgreement::Part, "a surname that agrees in part"),
            (self.family == FamilyAgreement::Unknown, "a surname that is missing or a placeholder"),
            (self.is_middle_conflicting, "another second name"),
            (self.is_number_conflicting, "another number of which a person has one"),
            (self.is_mother_same == Some(false), "another mother"),
            (self.is_home_same == Some(false), "another home"),
            (self.birth_date == DateAgreement::Unknown, "no birth date"),
        ]
        .into_iter()
        .find_map(|(holds, words)| holds.then_some(words))
    }
}

fn shared_identifiers(stated: &Demographics, other: &Demographics, other_number: Option<&str>) -> Vec<usize> {
    let is_shared = |identifier: &model::Identifier| {
        let is_own_number = identifier.kind == "SR"
            && other_number
                .is_some_and(|number| identifiers::significant(number).eq(identifiers::significant(&identifier.value)));
        is_own_number || other.identifiers.iter().any(|theirs| identifiers::is_same(identifier, theirs))
    };
    let places = stated.identifiers.iter().enumerate();
    places.filter(|(_, identifier)| is_shared(identifier)).map(|(place, _)| place).collect()
}

/// Whether both have a number of a series of which everybody has one, and the numbers differ.
fn is_number_conflicting(one: &Demographics, other: &Demographics) -> bool {
    let own = |person: &Demographics, kind: &str| {
        person.identifiers.iter().position(|identifier| identifier.kind == kind && !identifiers::is_dummy(identifier))
    };
    ["SS", "BR", "MA"].into_iter().any(|kind| match (own(one, kind), own(other, kind)) {
        (Some(a), Some(b)) => {
            let (a, b) = (&one.identifiers[a], &other.identifiers[b]);
            identifiers::is_same_series(a, b) && !identifiers::is_same(a, b)
        }
        _ => false,
    })
}

fn compare_dates(one: Option<Date>, other: Option<Date>) -> DateAgreement {
    let (Some(one), Some(other)) = (one, other) else { return DateAgreement::Unknown };
    if one == other {
        return DateAgreement::Same;
    }
    let is_month_and_day_same = one.month() == other.month() && one.day() == other.day();
    let years_apart = (one.year() - other.year()).abs();
    let is_close = match one.year() == other.year() {
        true => {
            one.month() == other.month()
                || one.day() == other.day()
                || (one.month() == other.day() && one.day() == other.month())
        }
        // A slip in the year: a neighbor, two swapped digits, another decade.
        false => is_month_and_day_same && matches!(years_apart, 1 | 2 | 9 | 10),
    };
    let is_neighbor = one.tomorrow().is_ok_and(|next| next == other) || other.tomorrow().is_ok_and(|next| next == one);
    if is_close || is_neighbor { DateAgreement::Close } else { DateAgreement::Different }
}
