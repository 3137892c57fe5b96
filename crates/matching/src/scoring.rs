//! From evidence to a score: the sum of what each fact says, in the manner of Fellegi and Sunter.
//!
//! Missing facts say nothing. What a household shares is one fact seen several times, so it is added up with a limit.

use crate::Policy;
use crate::evidence::{
    AddressAgreement, DateAgreement, Evidence, FoldedPerson, KinAgreement, NumberAgreement, PhoneAgreement,
};
use crate::frequencies::Frequencies;
use crate::identifiers::Trust;
use crate::names::{FamilyAgreement, FoldedName, GivenAgreement, MiddleAgreement};
use crate::weights::{Level, Weights};

/// What was found, and what it says in hundredths of a bit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) level: Level,
    pub(crate) hundredths: i32,
}

/// Facts that a pair can have at most.
const FACTS_MAXIMUM: usize = 20;

/// A score with what it is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score {
    pub(crate) hundredths: i32,
    /// The part of it that the household gave, after its limit.
    pub(crate) household: i32,
    found: [Found; FACTS_MAXIMUM],
    count: usize,
}

impl Score {
    /// What was found, fact by fact; the household's before its limit.
    pub(crate) fn found(&self) -> &[Found] {
        &self.found[..self.count]
    }

    fn note(&mut self, level: Level, hundredths: i32) {
        if self.count < FACTS_MAXIMUM {
            self.found[self.count] = Found { level, hundredths };
            self.count += 1;
        }
    }

    fn add(&mut self, level: Level, hundredths: i32) {
        self.note(level, hundredths);
        self.hundredths += hundredths;
    }
}

/// Adds up what the evidence says.
pub(crate) fn score(
    evidence: &Evidence,
    people: [&FoldedPerson<'_>; 2],
    weights: &Weights,
    frequencies: &Frequencies,
    policy: Policy,
) -> Score {
    let nothing = Found { level: Level::SexSame, hundredths: 0 };
    let mut score = Score { hundredths: 0, household: 0, found: [nothing; FACTS_MAXIMUM], count: 0 };
    add_names(&mut score, evidence, people, weights, frequencies);
    let plain = [
        middle(evidence.middle),
        suffix(evidence),
        birth_date(evidence),
        evidence.is_sex_same.map(|is_same| if is_same { Level::SexSame } else { Level::SexDifferent }),
        evidence.is_birth_order_conflicting.then_some(Level::OrderDifferent),
        evidence.is_multiple_birth.then_some(Level::MultipleBirth),
        number(evidence.social_security, SOCIAL_SECURITY),
        number(evidence.medicaid, MEDICAID),
        number(evidence.birth_registration, REGISTRATION),
        is_other_identifier_same(evidence).then_some(Level::IdentifierSame),
    ];
    for level in plain.into_iter().flatten() {
        score.add(level, weights.of(level));
    }
    add_household(&mut score, evidence, weights, policy);
    score
}

/// Identifiers that are not among the numbers counted by themselves.
fn is_other_identifier_same(evidence: &Evidence) -> bool {
    matches!(evidence.identifier, Some((Trust::Personal, words)) if words != crate::identifiers::BIRTH_REGISTRATION)
}

fn add_names(
    score: &mut Score,
    evidence: &Evidence,
    [stated, other]: [&FoldedPerson<'_>; 2],
    weights: &Weights,
    frequencies: &Frequencies,
) {
    let (name, other) = (stated.names.get(evidence.names.0), other.names.get(evidence.names.1));
    let given = match evidence.given {
        GivenAgreement::Different => Some(Level::GivenDifferent),
        GivenAgreement::Unknown => None,
        GivenAgreement::Initial => Some(Level::GivenInitial),
        GivenAgreement::Second => Some(Level::GivenSecond),
        GivenAgreement::Similar => Some(Level::GivenSimilar),
        GivenAgreement::Variant => Some(Level::GivenVariant),
        GivenAgreement::Same => Some(Level::GivenSame),
    };
    if let Some(level) = given {
        let given_share = |name: Option<&FoldedName>| {
            name.and_then(|name| name.given.parts().next()).map_or(0, |given| frequencies.given(given))
        };
        // Of two forms of a name the more common one counts, whichever was stated first.
        let share = || given_share(name).max(given_share(other));
        let bits = match level {
            Level::GivenSame => by_share(share(), weights.of(level), weights.of(Level::GivenCommon)),
            Level::GivenVariant | Level::GivenSimilar => by_share(share(), weights.of(level), weights.of(level) / 2),
            _ => weights.of(level),
        };
        score.add(level, bits);
    }
    let family = match evidence.family {
        FamilyAgreement::Different if evidence.is_maiden_link => Some(Level::FamilyMaiden),
        FamilyAgreement::Different => Some(Level::FamilyDifferent),
        FamilyAgreement::Unknown => None,
        FamilyAgreement::Similar => Some(Level::FamilySimilar),
        FamilyAgreement::Part => Some(Level::FamilyPart),
        FamilyAgreement::Same => Some(Level::FamilySame),
    };
    if let Some(level) = family {
        let bits = match level {
            Level::FamilySame | Level::FamilyPart => {
                let share = name.zip(other).map_or(0, |names| family_share(names, level, frequencies));
                by_share(share, weights.of(level), weights.of(Level::FamilyCommon))
            }
            _ => weights.of(level),
        };
        score.add(level, bits);
    }
    if evidence.is_family_double {
        score.add(Level::FamilySecond, weights.of(Level::FamilySecond));
    }
    if evidence.is_half_swapped {
        score.add(Level::NameHalfSwapped, weights.of(Level::NameHalfSwapped));
    }
    if evidence.is_swapped {
        score.add(Level::NameSwapped, weights.of(Level::NameSwapped));
    }
}

/// How common the surname is; of two that agree in part, the most common part that they share.
fn family_share((name, other): (&FoldedName, &FoldedName), level: Level, frequencies: &Frequencies) -> u32 {
    match level {
        Level::FamilyPart => {
            let is_shared = |part: &&str| other.family_parts().any(|theirs| theirs == *part);
            name.family_parts().filter(is_shared).map(|part| frequencies.family(part)).max().unwrap_or(0)
        }
        _ => frequencies.family(name.family.as_str()),
    }
}

/// What agreeing on a value says that so many of ten million have: never more than a rare one, nor less than a common.
fn by_share(per_ten_million: u32, rare: i32, common: i32) -> i32 {
    if per_ten_million == 0 {
        return rare;
    }
    let hundredths = (100.0 * (10_000_000.0 / f64::from(per_ten_million)).log2()) as i32;
    hundredths.clamp(common.min(rare), rare)
}

fn middle(agreement: MiddleAgreement) -> Option<Level> {
    match agreement {
        MiddleAgreement::Different => Some(Level::MiddleDifferent),
        MiddleAgreement::Unknown => None,
        MiddleAgreement::Similar => Some(Level::MiddleSimilar),
        MiddleAgreement::Same => Some(Level::MiddleSame),
    }
}

fn suffix(evidence: &Evidence) -> Option<Level> {
    if evidence.is_suffix_conflicting {
        Some(Level::SuffixDifferent)
    } else {
        evidence.is_suffix_same.then_some(Level::SuffixSame)
    }
}

fn birth_date(evidence: &Evidence) -> Option<Level> {
    match evidence.birth_date {
        DateAgreement::Different => Some(Level::DateDifferent),
        DateAgreement::Unknown => None,
        DateAgreement::OtherYear => Some(Level::DateOtherYear),
        DateAgreement::OtherPart => Some(Level::DateOtherPart),
        DateAgreement::Swapped => Some(Level::DateSwapped),
        DateAgreement::Neighbor => Some(Level::DateNeighbor),
        DateAgreement::Same if evidence.is_stand_in_date => Some(Level::DateStandIn),
        DateAgreement::Same => Some(Level::DateSame),
    }
}

/// The levels of one series of numbers: same, last four, similar, different.
type NumberLevels = [Level; 4];

const SOCIAL_SECURITY: NumberLevels = [
    Level::SocialSecuritySame,
    Level::SocialSecurityLastFour,
    Level::SocialSecuritySimilar,
    Level::SocialSecurityDifferent,
];
const MEDICAID: NumberLevels =
    [Level::MedicaidSame, Level::MedicaidSimilar, Level::MedicaidSimilar, Level::MedicaidDifferent];
const REGISTRATION: NumberLevels =
    [Level::RegistrationSame, Level::RegistrationSimilar, Level::RegistrationSimilar, Level::RegistrationDifferent];

fn number(agreement: NumberAgreement, [same, last_four, similar, different]: NumberLevels) -> Option<Level> {
    match agreement {
        NumberAgreement::Same => Some(same),
        NumberAgreement::LastFour => Some(last_four),
        NumberAgreement::Similar => Some(similar),
        NumberAgreement::Unknown => None,
        NumberAgreement::Different => Some(different),
    }
}

/// The best of what the household shares, a little for each further agreement, and all that speaks against it.
fn add_household(score: &mut Score, evidence: &Evidence, weights: &Weights, policy: Policy) {
    let household = &evidence.household;
    let kin = |agreement, [different, part, same]: [Level; 3]| match agreement {
        KinAgreement::Different => Some(different),
        KinAgreement::Unknown => None,
        KinAgreement::Part => Some(part),
        KinAgreement::Same => Some(same),
    };
    let levels = [
        match household.address {
            AddressAgreement::Different => Some(Level::AddressDifferent),
            AddressAgreement::Street => Some(Level::AddressStreet),
            AddressAgreement::Nearby => Some(Level::AddressNearby),
            AddressAgreement::Unknown => None,
            AddressAgreement::City => Some(Level::AddressCity),
            AddressAgreement::Zip => Some(Level::AddressZip),
            AddressAgreement::Postcode => Some(Level::AddressPostcode),
            AddressAgreement::Similar => Some(Level::AddressSimilar),
            AddressAgreement::Same => Some(Level::AddressSame),
        },
        match household.phone {
            PhoneAgreement::Different => Some(Level::PhoneDifferent),
            PhoneAgreement::Unknown => None,
            PhoneAgreement::Local => Some(Level::PhoneLocal),
            PhoneAgreement::Same => Some(Level::PhoneSame),
        },
        kin(household.maiden, [Level::MaidenDifferent, Level::MaidenPart, Level::MaidenSame]),
        kin(household.mother, [Level::MotherDifferent, Level::MotherPart, Level::MotherSame]),
        kin(household.guardian, [Level::GuardianDifferent, Level::GuardianPart, Level::GuardianSame]),
    ];
    let (mut best, mut agreeing, mut against) = (0, 0, 0);
    for level in levels.into_iter().flatten() {
        let bits = weights.of(level);
        score.note(level, bits);
        if bits > 0 {
            best = best.max(bits);
            agreeing += 1;
        } else {
            against += bits;
        }
    }
    let is_given_same = matches!(evidence.given, GivenAgreement::Same | GivenAgreement::Variant);
    let limit =
        if is_given_same || policy == Policy::Linkage { Level::HouseholdLimitSameGiven } else { Level::HouseholdLimit };
    let further = weights.of(Level::HouseholdFurther) * (agreeing - 1).max(0);
    score.household = best.min(weights.of(limit)) + further + against;
    score.hundredths += score.household;
}
