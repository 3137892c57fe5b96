//! From evidence and score to a verdict: the rules by which two statements are, may be, or are not about one person.
//!
//! A false merge harms more than a missed one. The score says how likely it is; above it stand what no score outweighs
//! (vetoes) and, under the careful policy, what a reviewer wants to see (doubts).

use crate::evidence::{AddressAgreement, DateAgreement, Evidence, KinAgreement, NumberAgreement, PhoneAgreement};
use crate::identifiers::Trust;
use crate::matcher::{Policy, Thresholds};
use crate::names::{FamilyAgreement, GivenAgreement, MiddleAgreement};
use crate::scoring::Score;

/// What two statements are to each other. Ordered: a greater one is a better match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Verdict {
    /// About two people.
    Different,
    /// About two people, one of whom has the identifier of the other.
    IdentifierOfAnother,
    /// Perhaps about one person.
    Possible,
    /// About one person.
    Same,
}

/// Judges a pair.
///
/// # Source
/// CMS patient matching v3.3 (suffix, multiple births, placeholders); CDC patient-level de-duplication 2013; the
/// expectations of AIRA's labeled pairs.
pub(crate) fn judge(
    evidence: &Evidence,
    score: &Score,
    is_own: bool,
    policy: Policy,
    thresholds: Thresholds,
) -> Verdict {
    let is_likely = score.hundredths >= thresholds.same;
    let is_plausible = score.hundredths >= thresholds.possible;
    if policy == Policy::Linkage {
        let is_likely = is_likely
            && (!has_name_and_date_alone(evidence, score) || score.hundredths >= thresholds.even)
            && !(thresholds.has_families && (may_be_family(evidence) || may_be_twins(evidence)));
        return match (is_likely, is_plausible) {
            (true, _) => Verdict::Same,
            (false, true) => Verdict::Possible,
            (false, false) => Verdict::Different,
        };
    }
    let is_same = !is_vetoed(evidence)
        && match evidence.identifier {
            Some((Trust::Personal, _)) if is_own => is_same_by_identifier(evidence),
            Some((Trust::Personal, _)) => {
                is_same_by_identifier(evidence) && is_borne_out(evidence) && !is_told_apart_at_home(evidence)
            }
            _ if policy == Policy::Weighed => is_likely && is_borne_out(evidence) && !is_told_apart(evidence),
            _ if policy == Policy::Strict => is_likely && is_borne_out_beside_home(evidence) && !is_doubtful(evidence),
            _ => is_likely && is_borne_out(evidence) && !is_doubtful(evidence),
        };
    if is_same {
        return Verdict::Same;
    }
    let is_possible = match evidence.given {
        GivenAgreement::Different => is_plausible && may_be_renamed(evidence),
        GivenAgreement::Unknown => {
            let is_borne_out = evidence.is_supported() || evidence.identifier.is_some();
            is_plausible && is_borne_out && !evidence.is_birth_order_conflicting
        }
        _ => is_plausible,
    };
    match evidence.identifier {
        Some(_) if is_possible || is_possible_by_identifier(evidence) => Verdict::Possible,
        Some(_) => Verdict::IdentifierOfAnother,
        None if is_possible => Verdict::Possible,
        None => Verdict::Different,
    }
}

/// Whether nothing but name and birth date agrees.
fn has_name_and_date_alone(evidence: &Evidence, score: &Score) -> bool {
    score.household <= 0
        && evidence.identifier.is_none()
        && evidence.social_security <= NumberAgreement::Unknown
        && evidence.medicaid <= NumberAgreement::Unknown
}

/// Whether two records may be of two people who live together: the first names or the birth dates are two, and no number of which
/// a person has one says that they are one person.
fn may_be_family(evidence: &Evidence) -> bool {
    let is_number_alike = [evidence.social_security, evidence.medicaid, evidence.birth_registration]
        .into_iter()
        .any(|number| number > NumberAgreement::Unknown);
    let is_one_of_two_told_apart = (evidence.given == GivenAgreement::Different && !evidence.is_half_swapped)
        || evidence.birth_date == DateAgreement::Different
        || evidence.is_birth_order_conflicting;
    is_one_of_two_told_apart && !is_number_alike && !evidence.is_personal_identifier_same()
}

/// What no score outweighs: the two are never merged without a reviewer.
fn is_vetoed(evidence: &Evidence) -> bool {
    let is_given_told_apart = evidence.given == GivenAgreement::Different
        || (evidence.given == GivenAgreement::Unknown && !evidence.is_personal_identifier_same());
    let is_sex_told_apart = evidence.is_sex_same == Some(false) && evidence.given != GivenAgreement::Same;
    evidence.is_suffix_conflicting
        || evidence.is_birth_order_conflicting
        || evidence.birth_registration == NumberAgreement::Different
        || is_given_told_apart
        || is_sex_told_apart
        || may_be_twins(evidence)
}

/// One birth date, two first names that are alike, and nothing that twins do not share.
fn may_be_twins(evidence: &Evidence) -> bool {
    let is_alike = matches!(evidence.given, GivenAgreement::Similar | GivenAgreement::Initial | GivenAgreement::Second);
    let is_told_from_twin = evidence.is_personal_identifier_same()
        || evidence.is_crossed
        || (evidence.middle == MiddleAgreement::Same && evidence.given != GivenAgreement::Second)
        || evidence.social_security == NumberAgreement::Same;
    evidence.birth_date == DateAgreement::Same
        && is_alike
        && (evidence.is_multiple_birth || evidence.is_supported())
        && !is_told_from_twin
}

/// The sender's own number agrees: is it one person, or are they twins, or a number given twice?
fn is_same_by_identifier(evidence: &Evidence) -> bool {
    let is_middle_conflicting = evidence.middle == MiddleAgreement::Different;
    let is_surname_plausible = evidence.family != FamilyAgreement::Different
        || (evidence.is_supported() && !evidence.is_number_conflicting() && !is_middle_conflicting);
    match (evidence.birth_date, evidence.given) {
        (DateAgreement::Same, GivenAgreement::Same) => {
            is_surname_plausible && (evidence.is_home_same() || !is_middle_conflicting)
        }
        (DateAgreement::Same, _) => {
            is_surname_plausible && evidence.is_sex_same != Some(false) && !is_told_apart_at_home(evidence)
        }
        (DateAgreement::Different, _) => false,
        _ => evidence.is_name_same() && !is_middle_conflicting && !evidence.is_contradicted(),
    }
}

fn is_possible_by_identifier(evidence: &Evidence) -> bool {
    match evidence.birth_date {
        DateAgreement::Same => true,
        DateAgreement::Different => {
            evidence.given == GivenAgreement::Same && evidence.family >= FamilyAgreement::Similar
        }
        _ => evidence.given >= GivenAgreement::Unknown,
    }
}

/// Whether something that can differ in one person differs, and nothing at home makes up for it.
fn is_told_apart_at_home(evidence: &Evidence) -> bool {
    let is_moved = evidence.household.address == AddressAgreement::Different && evidence.is_mother_same() != Some(true);
    !evidence.is_home_same()
        && (evidence.is_number_conflicting() || evidence.is_mother_same() == Some(false) || is_moved)
}

/// Whether more than name, birth date and sex speaks for one person: strangers share those.
fn is_borne_out(evidence: &Evidence) -> bool {
    evidence.household.address >= AddressAgreement::Postcode || is_borne_out_beside_home(evidence)
}

/// Whether something beside name, birth date, sex and address speaks for one person.
fn is_borne_out_beside_home(evidence: &Evidence) -> bool {
    let household = &evidence.household;
    evidence.middle == MiddleAgreement::Same
        || evidence.birth_registration == NumberAgreement::Same
        || (evidence.social_security >= NumberAgreement::LastFour && evidence.medicaid == NumberAgreement::Same)
        || household.phone == PhoneAgreement::Same
        || household.maiden == KinAgreement::Same
        || household.mother == KinAgreement::Same
        || household.guardian >= KinAgreement::Part
}

/// Whether two second names differ, a move comes with another mother or guardian, or half a surname agrees and neither
/// phone, mother nor second name does.
fn is_told_apart(evidence: &Evidence) -> bool {
    let household = &evidence.household;
    let is_half_borne_out = household.phone == PhoneAgreement::Same
        || evidence.is_mother_same() == Some(true)
        || evidence.middle == MiddleAgreement::Same
        || evidence.social_security == NumberAgreement::Same;
    let is_kin_other = [household.maiden, household.mother, household.guardian].contains(&KinAgreement::Different);
    evidence.middle == MiddleAgreement::Different
        || (evidence.family == FamilyAgreement::Part && !is_half_borne_out)
        || (household.address == AddressAgreement::Different && is_kin_other && !evidence.is_home_same())
}

/// What a reviewer wants to see: one disagreement in what identifies, or a move that nothing else explains.
fn is_doubtful(evidence: &Evidence) -> bool {
    let household = &evidence.household;
    let is_moved = !matches!(household.address, AddressAgreement::Same | AddressAgreement::Unknown)
        && household.address < AddressAgreement::City
        || household.address == AddressAgreement::Similar;
    let is_reached = household.phone == PhoneAgreement::Same || evidence.is_personal_identifier_same();
    !evidence.is_name_same()
        || evidence.birth_date != DateAgreement::Same
        || evidence.is_sex_same == Some(false)
        || evidence.middle == MiddleAgreement::Different
        || (is_moved && !is_reached)
        || (evidence.is_number_conflicting() && !evidence.is_home_same())
}

/// Whether somebody with another first name may be the person: everything else agrees, the second name too.
fn may_be_renamed(evidence: &Evidence) -> bool {
    evidence.birth_date == DateAgreement::Same
        && (evidence.middle >= MiddleAgreement::Similar || evidence.household.guardian == KinAgreement::Same)
        && evidence.middle != MiddleAgreement::Different
        && evidence.is_supported()
        && !evidence.is_contradicted()
        && !evidence.is_multiple_birth
}
