//! From evidence to a verdict: the rules by which two statements are, may be, or are not about one person.
//!
//! A false merge harms more than a missed one: a single contradiction in what identifies sends the pair to a reviewer,
//! and twins are told apart before anything else.

use crate::evidence::{DateAgreement, Evidence};
use crate::identifiers::Trust;
use crate::names::{FamilyAgreement, GivenAgreement};

/// What two statements are to each other. Ordered: a greater one is a better match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Verdict {
    /// About two people.
    Different,
    /// About two people, one of whom has the identifier of the other.
    IdentifierOfAnother,
    /// Perhaps about one person.
    Possible(Strength),
    /// About one person.
    Same(Strength),
}

/// How much speaks for it, so that of several the best can be chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Strength {
    /// Name and birth date.
    Name,
    /// And home, phone or mother.
    SupportedName,
    /// An identifier and one more.
    Identifier,
    /// An identifier, name and birth date.
    Everything,
}

/// Judges a pair.
///
/// # Source
/// CMS patient matching v3.3 (suffix, multiple births, placeholders); CDC patient-level de-duplication 2013; the
/// expectations of AIRA's labeled pairs.
pub(super) fn judge(evidence: &Evidence) -> Verdict {
    match evidence.identifier {
        Some((trust, _)) => judge_with_identifier(evidence, trust),
        None => judge_by_name(evidence),
    }
}

fn judge_with_identifier(evidence: &Evidence, trust: Trust) -> Verdict {
    let is_birth_date_same = evidence.birth_date == DateAgreement::Same;
    let strength =
        if is_birth_date_same && evidence.is_name_same() { Strength::Everything } else { Strength::Identifier };
    let is_same = match evidence.birth_date {
        DateAgreement::Same => is_same_by_birth_date(evidence, trust),
        DateAgreement::Close | DateAgreement::Unknown => {
            trust == Trust::Personal
                && evidence.is_name_same()
                && !evidence.is_middle_conflicting
                && !evidence.is_contradicted()
        }
        DateAgreement::Different => false,
    };
    let is_possible = match evidence.birth_date {
        DateAgreement::Same => true,
        DateAgreement::Close | DateAgreement::Unknown => evidence.given >= GivenAgreement::Unknown,
        DateAgreement::Different => {
            evidence.given == GivenAgreement::Same && evidence.family >= FamilyAgreement::Similar
        }
    };
    match (is_same, is_possible) {
        (true, _) => Verdict::Same(strength),
        (false, true) => Verdict::Possible(strength),
        (false, false) => Verdict::IdentifierOfAnother,
    }
}

/// An identifier and the birth date agree: is it one person, or are they twins, or strangers on a shared number?
fn is_same_by_birth_date(evidence: &Evidence, trust: Trust) -> bool {
    if evidence.is_suffix_conflicting || evidence.is_birth_order_conflicting {
        return false;
    }
    let is_surname_plausible = evidence.family != FamilyAgreement::Different
        || (evidence.is_supported() && !evidence.is_number_conflicting && !evidence.is_middle_conflicting);
    match (trust, evidence.given) {
        (Trust::Personal, GivenAgreement::Same) => {
            is_surname_plausible && (evidence.is_home_same == Some(true) || !evidence.is_middle_conflicting)
        }
        (Trust::Personal, GivenAgreement::Similar | GivenAgreement::Unknown) => {
            is_surname_plausible && !evidence.is_sex_conflicting && !evidence.is_doubtful()
        }
        (Trust::Shared, GivenAgreement::Same) => {
            is_surname_plausible && !evidence.is_middle_conflicting && !evidence.is_sex_conflicting
        }
        // Twins and strangers share numbers too: another first name is for a reviewer.
        (Trust::Shared, _) | (Trust::Personal, GivenAgreement::Different) => false,
    }
}

fn judge_by_name(evidence: &Evidence) -> Verdict {
    let strength = if evidence.is_supported() { Strength::SupportedName } else { Strength::Name };
    let is_birth_date_same = evidence.birth_date == DateAgreement::Same;
    let is_same = is_birth_date_same
        && !evidence.is_contradicted()
        && !evidence.is_middle_conflicting
        && evidence.given == GivenAgreement::Same
        && match evidence.family {
            FamilyAgreement::Same => !evidence.is_doubtful(),
            FamilyAgreement::Part => evidence.is_supported(),
            _ => false,
        };
    if is_same {
        Verdict::Same(strength)
    } else if is_birth_date_same && may_be_one_person(evidence) || may_be_mistyped_birth_date(evidence) {
        Verdict::Possible(strength)
    } else {
        Verdict::Different
    }
}

/// The birth date agrees, and not all of the name or of the other details.
fn may_be_one_person(evidence: &Evidence) -> bool {
    let is_family_alike = evidence.family >= FamilyAgreement::Similar;
    match evidence.given {
        GivenAgreement::Same => is_family_alike || (evidence.is_supported() && !evidence.is_contradicted()),
        GivenAgreement::Similar => {
            let is_family_likely =
                evidence.family >= FamilyAgreement::Part || (is_family_alike && evidence.is_supported());
            is_family_likely && !evidence.is_contradicted()
        }
        GivenAgreement::Unknown => {
            evidence.family >= FamilyAgreement::Part && evidence.is_supported() && !evidence.is_contradicted()
        }
        // Twins, unless an identifier says otherwise.
        GivenAgreement::Different => false,
    }
}

fn may_be_mistyped_birth_date(evidence: &Evidence) -> bool {
    matches!(evidence.birth_date, DateAgreement::Close | DateAgreement::Unknown)
        && evidence.is_name_same()
        && evidence.is_supported()
        && !evidence.is_contradicted()
}
