//! A comparison in words: what agrees, what does not, and how much each says.

use model::Demographics;

use super::{Outcome, outcome};
use crate::Matcher;
use crate::evidence::{AddressAgreement, DateAgreement, Evidence, FoldedPerson, KinAgreement, PhoneAgreement};
use crate::names::{FamilyAgreement, GivenAgreement, MiddleAgreement};
use crate::weights::Level;

/// Why two people are one, may be, or are not, for a reviewer: it names values of both.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// What they are to each other.
    pub outcome: Outcome,
    /// The sum, in bits.
    pub score: f64,
    /// The score from which two are one person.
    pub same_from: f64,
    /// The score from which a reviewer should look.
    pub possible_from: f64,
    /// Weights and policy that decided.
    pub version: String,
    /// One sentence without values of the data.
    pub sentence: String,
    /// Fact by fact.
    pub reasons: Vec<Reason>,
}

/// One fact of an explanation.
#[derive(Clone, PartialEq, Debug)]
pub struct Reason {
    /// What was found, in words: `first names Jon and Jonathan are variants`.
    pub words: String,
    /// What it says, in bits: above zero for one person, below for two.
    pub bits: f64,
}

impl Matcher {
    /// Compares two people and says why.
    pub fn explain(&self, one: &Demographics, other: &Demographics) -> Explanation {
        let (folded, other_folded) = (FoldedPerson::new(one), FoldedPerson::new(other));
        let (verdict, evidence, score) = self.judge(&folded, &other_folded, None, false);
        let name = |person: &FoldedPerson<'_>, place: usize| {
            let name = person.names.get(place);
            name.map(|name| (name.given.as_str().to_owned(), name.family.as_str().to_owned())).unwrap_or_default()
        };
        let names = (name(&folded, evidence.names.0), name(&other_folded, evidence.names.1));
        let reasons = score.found().iter().map(|found| Reason {
            words: in_words(found.level, &names, &evidence),
            bits: f64::from(found.hundredths) / 100.0,
        });
        let agreement = agreement_in_words(&evidence);
        let sentence = match (outcome(verdict), doubt_in_words(&evidence)) {
            (Outcome::Match, _) => format!("same {agreement}"),
            (_, Some(doubt)) if !agreement.is_empty() => format!("same {agreement}, but {doubt}"),
            (_, Some(doubt)) => doubt.to_owned(),
            (_, None) => format!("same {agreement}, and nothing more"),
        };
        Explanation {
            outcome: outcome(verdict),
            score: f64::from(score.hundredths) / 100.0,
            same_from: f64::from(self.thresholds.same) / 100.0,
            possible_from: f64::from(self.thresholds.possible) / 100.0,
            version: self.version(),
            sentence,
            reasons: reasons.collect(),
        }
    }
}

type Name = (String, String);

fn in_words(
    level: Level,
    ((given, family), (other_given, other_family)): &(Name, Name),
    evidence: &Evidence,
) -> String {
    let firsts = |what: &str| format!("first names {given} and {other_given} {what}");
    let families = |what: &str| format!("surnames {family} and {other_family} {what}");
    let words = match level {
        Level::GivenSame | Level::GivenCommon => return format!("same first name {given}"),
        Level::GivenVariant => return firsts("are variants"),
        Level::GivenSimilar => return firsts("are alike"),
        Level::GivenSecond => return firsts("agree with a second name"),
        Level::GivenInitial => return firsts("agree in the initial"),
        Level::GivenDifferent => return firsts("differ"),
        Level::FamilySame | Level::FamilyCommon => return format!("same surname {family}"),
        Level::FamilyPart => return families("agree in part"),
        Level::FamilySimilar => return families("are alike"),
        Level::FamilyMaiden => return families("differ, and one is a mother's name before marriage"),
        Level::FamilyDifferent => return families("differ"),
        Level::IdentifierSame => {
            return format!("same {}", evidence.identifier.map_or("identifier", |(_, words)| words));
        }
        Level::FamilySecond => "same second surname",
        Level::NameHalfSwapped => "the first name of one is the surname of the other",
        Level::NameSwapped => "first name and surname are swapped",
        Level::MiddleSame => "same second name",
        Level::MiddleSimilar => "second names are alike",
        Level::MiddleDifferent => "second names differ",
        Level::SuffixSame => "same suffix",
        Level::SuffixDifferent => "suffixes differ",
        Level::DateSame => "same birth date",
        Level::DateStandIn => "same birth date, but the first of January",
        Level::DateNeighbor => "birth dates are one day apart",
        Level::DateSwapped => "day and month of birth are swapped",
        Level::DateOtherPart => "day or month of birth differs",
        Level::DateOtherYear => "one digit of the birth year differs",
        Level::DateDifferent => "birth dates differ",
        Level::SexSame => "same sex",
        Level::SexDifferent => "sex differs",
        Level::OrderDifferent => "places in the order of birth differ",
        Level::MultipleBirth => "both are of a multiple birth",
        Level::AddressSame => "same address",
        Level::AddressSimilar => "house number or street differs by a letter or digit",
        Level::AddressPostcode => "same postal code",
        Level::AddressZip => "same ZIP code, a street is missing",
        Level::AddressCity => "same city, a street is missing",
        Level::AddressNearby => "another street in the same place",
        Level::AddressStreet => "another house of the same street",
        Level::AddressDifferent => "addresses differ",
        Level::PhoneSame => "same phone or e-mail",
        Level::PhoneLocal => "same phone but for the area code",
        Level::PhoneDifferent => "phones differ",
        Level::MaidenSame => "same mother's name before marriage",
        Level::MaidenPart => "mother's names before marriage are alike",
        Level::MaidenDifferent => "mother's names before marriage differ",
        Level::MotherSame => "same mother's first name",
        Level::MotherPart => "mother's first names are alike",
        Level::MotherDifferent => "mother's first names differ",
        Level::GuardianSame => "same guardian",
        Level::GuardianPart => "guardian's names agree in part",
        Level::GuardianDifferent => "guardians differ",
        Level::SocialSecuritySame => "same Social Security number",
        Level::SocialSecurityLastFour => "same last four digits of the Social Security number",
        Level::SocialSecuritySimilar => "one digit of the Social Security number differs",
        Level::SocialSecurityDifferent => "Social Security numbers differ",
        Level::MedicaidSame => "same Medicaid number",
        Level::MedicaidSimilar => "one digit of the Medicaid number differs",
        Level::MedicaidDifferent => "Medicaid numbers differ",
        Level::RegistrationSame => "same birth registration number",
        Level::RegistrationSimilar => "one digit of the birth registration number differs",
        Level::RegistrationDifferent => "birth registration numbers differ",
        Level::HouseholdFurther | Level::HouseholdLimit | Level::HouseholdLimitSameGiven => "household",
    };
    words.to_owned()
}

/// What agrees, in words: `medical record number, name and birth date`.
pub(super) fn agreement_in_words(evidence: &Evidence) -> String {
    let name = match (evidence.given, evidence.family) {
        (GivenAgreement::Same, FamilyAgreement::Same) => Some("name"),
        (GivenAgreement::Same, _) => Some("first name"),
        (_, FamilyAgreement::Same) => Some("surname"),
        _ => None,
    };
    let facts = [
        evidence.identifier.map(|(_, words)| words),
        name,
        (evidence.birth_date == DateAgreement::Same).then_some("birth date"),
        (evidence.is_mother_same() == Some(true)).then_some("mother"),
        evidence.is_home_same().then_some("address or phone"),
        (evidence.household.guardian == KinAgreement::Same).then_some("guardian"),
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
pub(super) fn doubt_in_words(evidence: &Evidence) -> Option<&'static str> {
    let household = &evidence.household;
    [
        (evidence.is_suffix_conflicting, "another suffix"),
        (evidence.is_birth_order_conflicting, "another place in the order of birth"),
        (evidence.birth_date == DateAgreement::Different, "another birth date"),
        (evidence.given == GivenAgreement::Different, "another first name"),
        (evidence.is_swapped, "first name and surname in each other's place"),
        (evidence.family == FamilyAgreement::Different, "another surname"),
        (evidence.is_sex_same == Some(false), "another sex"),
        (evidence.birth_date == DateAgreement::Swapped, "a birth date with day and month swapped"),
        (evidence.birth_date.is_close(), "a birth date that differs in one part"),
        (evidence.given == GivenAgreement::Variant, "a first name that is a variant"),
        (evidence.given == GivenAgreement::Unknown, "a first name that is missing or a placeholder"),
        (evidence.given < GivenAgreement::Same, "a first name that is only similar"),
        (evidence.family == FamilyAgreement::Similar, "a surname that is only similar"),
        (evidence.family == FamilyAgreement::Part, "a surname that agrees in part"),
        (evidence.family == FamilyAgreement::Unknown, "a surname that is missing or a placeholder"),
        (evidence.middle == MiddleAgreement::Different, "another second name"),
        (evidence.is_number_conflicting(), "another number of which a person has one"),
        (evidence.is_mother_same() == Some(false), "another mother"),
        (household.address == AddressAgreement::Similar, "an address that is only similar"),
        (household.address < AddressAgreement::Unknown, "another home"),
        (household.phone == PhoneAgreement::Different, "another phone"),
        (evidence.birth_date == DateAgreement::Unknown, "no birth date"),
    ]
    .into_iter()
    .find_map(|(holds, words)| holds.then_some(words))
}
