//! What speaks for and against two statements being about one person, fact by fact. Missing is neutral.

mod dates;
mod household;
mod numbers;

use model::{Demographics, Sex};

pub(crate) use dates::{DateAgreement, is_stand_in};
pub(crate) use household::{AddressAgreement, FoldedHousehold, Household, KinAgreement, PhoneAgreement, phone_numbers};
pub(crate) use numbers::NumberAgreement;

use crate::identifiers::{self, Trust};
use crate::names::{
    FamilyAgreement, FoldedName, GivenAgreement, MiddleAgreement, NameAgreement, best_agreement, family_parts,
    is_like_surname,
};

/// A person with everything folded, so that many can be compared with one.
pub(crate) struct FoldedPerson<'a> {
    pub(crate) demographics: &'a Demographics,
    pub(crate) names: Vec<FoldedName>,
    pub(crate) household: FoldedHousehold<'a>,
}

impl<'a> FoldedPerson<'a> {
    pub(crate) fn new(demographics: &'a Demographics) -> FoldedPerson<'a> {
        FoldedPerson {
            demographics,
            names: demographics.names.iter().map(FoldedName::new).collect(),
            household: FoldedHousehold::new(demographics),
        }
    }

    /// Whether a surname of this person is spelled nearly as one of the other's, or sounds so.
    pub(crate) fn has_like_surname(&self, other: &FoldedPerson<'_>) -> bool {
        let parts = |person: &FoldedPerson<'_>| -> Vec<String> {
            person.names.iter().flat_map(FoldedName::family_parts).map(str::to_owned).collect()
        };
        let others = parts(other);
        parts(self).iter().any(|part| others.iter().any(|other| is_like_surname(part, other)))
    }

    /// Place in the order of birth, as stated or as the placeholder name says.
    fn birth_order(&self) -> Option<u8> {
        self.demographics.birth_order.or_else(|| self.names.iter().find_map(|name| name.place_in_birth_order))
    }

    /// Whether the surname is one that this person's mother had before marriage.
    fn has_maiden_name_of(&self, other: &FoldedPerson<'_>) -> bool {
        let Some(maiden) = self.household.maiden() else { return false };
        let parts = other.names.iter().flat_map(FoldedName::family_parts);
        parts.into_iter().any(|part| family_parts(maiden).any(|mothers| mothers == part))
    }
}

/// What speaks for and against one person.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Evidence {
    /// Which of the stated identifiers both have, from 0.
    pub(crate) shared_identifiers: Vec<usize>,
    /// How far the best of them can be trusted, and what it is called.
    pub(crate) identifier: Option<(Trust, &'static str)>,
    /// Social Security numbers, or national numbers of another country.
    pub(crate) social_security: NumberAgreement,
    /// Medicaid numbers.
    pub(crate) medicaid: NumberAgreement,
    /// Birth registration numbers.
    pub(crate) birth_registration: NumberAgreement,
    pub(crate) given: GivenAgreement,
    pub(crate) family: FamilyAgreement,
    pub(crate) middle: MiddleAgreement,
    /// First name and surname stand in each other's place.
    pub(crate) is_swapped: bool,
    /// The first name of one is the surname of the other, and the other two differ.
    pub(crate) is_half_swapped: bool,
    /// Two surnames agree, not one.
    pub(crate) is_family_double: bool,
    /// First and second name stand in each other's place.
    pub(crate) is_crossed: bool,
    /// The surname of one is the other's mother's name before marriage.
    pub(crate) is_maiden_link: bool,
    /// Which names of the two agree best.
    pub(crate) names: (usize, usize),
    pub(crate) birth_date: DateAgreement,
    /// The birth date is the first of January, as is typed when only the year is known.
    pub(crate) is_stand_in_date: bool,
    /// Whether two suffixes are one.
    pub(crate) is_suffix_same: bool,
    /// Two suffixes that differ.
    pub(crate) is_suffix_conflicting: bool,
    /// Female and male: one; both the same: the other.
    pub(crate) is_sex_same: Option<bool>,
    /// Two places in the order of birth: twins.
    pub(crate) is_birth_order_conflicting: bool,
    /// Both say that they are of a multiple birth.
    pub(crate) is_multiple_birth: bool,
    pub(crate) household: Household,
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
        let (name, names) = best_agreement(&stated.names, &other.names).unwrap_or((UNNAMED, (0, 0)));
        let is_family_open = matches!(name.family, FamilyAgreement::Different | FamilyAgreement::Similar);
        Evidence {
            shared_identifiers,
            identifier,
            social_security: numbers::compare(one, two, &["SS", "NI"]),
            medicaid: numbers::compare(one, two, &["MA"]),
            birth_registration: numbers::compare(one, two, &["BR"]),
            given: name.given,
            family: name.family,
            middle: name.middle,
            is_swapped: name.is_swapped,
            is_half_swapped: name.is_half_swapped,
            is_family_double: name.is_family_double,
            is_crossed: name.is_crossed,
            is_maiden_link: is_family_open && (stated.has_maiden_name_of(other) || other.has_maiden_name_of(stated)),
            names,
            birth_date: dates::compare_dates(one.birth_date, two.birth_date),
            is_stand_in_date: is_stand_in(one.birth_date) || is_stand_in(two.birth_date),
            is_suffix_same: name.is_suffix_same,
            is_suffix_conflicting: !name.is_suffix_compatible,
            is_sex_same: compare_sex(one.sex, two.sex),
            is_birth_order_conflicting: matches!((stated.birth_order(), other.birth_order()), (Some(a), Some(b)) if a != b),
            is_multiple_birth: one.multiple_birth == Some(true) && two.multiple_birth == Some(true),
            household: stated.household.compare(&other.household),
        }
    }

    /// Whether first name and all of the surname agree, each in its place.
    pub(crate) fn is_name_same(&self) -> bool {
        self.given == GivenAgreement::Same && self.family == FamilyAgreement::Same && !self.is_swapped
    }

    /// Whether an identifier that one authority gives to one person agrees.
    pub(crate) fn is_personal_identifier_same(&self) -> bool {
        matches!(self.identifier, Some((Trust::Personal, _)))
    }

    /// Whether they can be found at one place: address or phone.
    pub(crate) fn is_home_same(&self) -> bool {
        self.household.address == AddressAgreement::Same || self.household.phone == PhoneAgreement::Same
    }

    /// Whether they have the same mother, when both name her.
    pub(crate) fn is_mother_same(&self) -> Option<bool> {
        match (self.household.maiden, self.household.mother) {
            (KinAgreement::Different, _) | (_, KinAgreement::Different) => Some(false),
            (KinAgreement::Unknown, KinAgreement::Unknown) => None,
            _ => Some(true),
        }
    }

    /// Whether something beside name and birth date speaks for one person: home, phone or mother.
    pub(crate) fn is_supported(&self) -> bool {
        self.is_home_same() || self.is_mother_same() == Some(true)
    }

    /// Whether something that one person cannot have two of differs.
    pub(crate) fn is_contradicted(&self) -> bool {
        self.is_suffix_conflicting || self.is_birth_order_conflicting || self.is_sex_same == Some(false)
    }

    /// Whether two numbers differ of which a person has one.
    pub(crate) fn is_number_conflicting(&self) -> bool {
        [self.social_security, self.medicaid, self.birth_registration].contains(&NumberAgreement::Different)
    }
}

const UNNAMED: NameAgreement = NameAgreement {
    given: GivenAgreement::Unknown,
    family: FamilyAgreement::Unknown,
    middle: MiddleAgreement::Unknown,
    is_suffix_compatible: true,
    is_suffix_same: false,
    is_swapped: false,
    is_half_swapped: false,
    is_family_double: false,
    is_crossed: false,
};

fn compare_sex(one: Option<Sex>, other: Option<Sex>) -> Option<bool> {
    match (one?, other?) {
        (Sex::F, Sex::F) | (Sex::M, Sex::M) => Some(true),
        (Sex::F, Sex::M) | (Sex::M, Sex::F) => Some(false),
        _ => None,
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
