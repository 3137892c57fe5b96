//! How well does a known person answer a question about a person?

use model::Demographics;

use crate::Matcher;
use crate::evidence::{DateAgreement, Evidence, FoldedPerson};
use crate::identifiers::Trust;
use crate::names::{FamilyAgreement, GivenAgreement, MiddleAgreement};
use crate::people::Verdict;

/// How sure it is that the candidate is the person asked about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grade {
    /// It may be.
    Lower,
    /// It is.
    High,
}

/// One thing that speaks for a candidate, for people who choose among several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Agreement {
    /// A number of the person: the registry's own, or one that an organization or an agency gave.
    Identifier,
    /// First name and surname, or a name that the person had before.
    Name,
    /// The first name.
    GivenName,
    /// A first name that is short for the other, or spelled nearly so.
    SimilarGivenName,
    /// The surname.
    FamilyName,
    /// Half of the surname, or one spelled nearly so.
    SimilarFamilyName,
    /// The birth date.
    BirthDate,
    /// The birth date but for one part, or with day and month swapped.
    CloseBirthDate,
    /// An address, a phone number or an e-mail address.
    Home,
    /// The mother.
    Mother,
}

/// What speaks for a candidate, the strongest first; and whether something speaks against them.
pub fn agreements(asked: &Demographics, candidate: &Demographics) -> (Vec<Agreement>, bool) {
    let (asked, candidate) = (FoldedPerson::new(asked), FoldedPerson::new(candidate));
    let evidence = Evidence::between(&asked, &candidate, None);
    let mut found = Vec::new();
    let mut add = |speaks: bool, agreement| speaks.then(|| found.push(agreement));
    add(evidence.identifier.is_some(), Agreement::Identifier);
    if evidence.is_name_same() {
        add(true, Agreement::Name);
    } else {
        add(evidence.given == GivenAgreement::Same, Agreement::GivenName);
        let is_given_alike = evidence.given > GivenAgreement::Unknown && evidence.given != GivenAgreement::Same;
        add(is_given_alike, Agreement::SimilarGivenName);
        add(evidence.family == FamilyAgreement::Same, Agreement::FamilyName);
        let is_alike = match evidence.family {
            FamilyAgreement::Part | FamilyAgreement::Similar => true,
            FamilyAgreement::Different => asked.has_like_surname(&candidate),
            FamilyAgreement::Unknown | FamilyAgreement::Same => false,
        };
        add(is_alike, Agreement::SimilarFamilyName);
    }
    add(evidence.birth_date == DateAgreement::Same, Agreement::BirthDate);
    add(evidence.birth_date.is_close(), Agreement::CloseBirthDate);
    add(evidence.is_home_same(), Agreement::Home);
    add(evidence.is_mother_same() == Some(true), Agreement::Mother);
    let is_against = evidence.is_contradicted() || evidence.birth_date == DateAgreement::Different;
    (found, is_against)
}

impl Matcher {
    /// Grades a candidate for a query; `None`: not the person asked about.
    ///
    /// `candidate` is the known person with our own number among the identifiers (type SR). High: an identifier borne out
    /// by birth date or name, or name and birth date, with nothing against it, and together worth as many bits as a stranger
    /// hardly shares. Lower: a variant of the name, or a birth date that differs in one part, or an identifier alone; or whom the
    /// matcher would show to a reviewer.
    ///
    /// # Source
    /// HL7 IG 1.5, tables 7-2 and 11-2: a high-confidence match gets the history, a lower one a list of candidates.
    pub fn grade_for_query(&self, asked: &Demographics, candidate: &Demographics) -> Option<Grade> {
        let (asked_person, known) = (FoldedPerson::new(asked), FoldedPerson::new(candidate));
        let (verdict, evidence, score) = self.judge(&asked_person, &known, None, false);
        if is_high(&evidence) && score.hundredths >= self.thresholds.query_high {
            return Some(Grade::High);
        }
        let is_asked_by_identifier_alone = asked.names.is_empty() && asked.birth_date.is_none();
        let is_shown_to_reviewers = verdict >= Verdict::Possible && score.hundredths >= self.thresholds.possible;
        let is_lower = is_alike(&evidence)
            || is_identifier_plausible(&evidence, is_asked_by_identifier_alone)
            || is_shown_to_reviewers;
        is_lower.then_some(Grade::Lower)
    }
}

/// Whether name and birth date agree, or one of them with an identifier, and nothing speaks against it.
fn is_high(evidence: &Evidence) -> bool {
    let is_date_same = evidence.birth_date == DateAgreement::Same;
    let is_against = evidence.is_contradicted() || evidence.middle == MiddleAgreement::Different;
    let is_borne_out = match evidence.identifier {
        Some((Trust::Shared, _)) if is_date_same => {
            matches!(evidence.given, GivenAgreement::Same | GivenAgreement::Unknown)
        }
        Some(_) if is_date_same => evidence.given != GivenAgreement::Different,
        Some(_) => evidence.is_name_same() && evidence.birth_date != DateAgreement::Different,
        None => is_date_same && evidence.is_name_same(),
    };
    is_borne_out && !is_against
}

/// Whether name and birth date agree but for a variant or a slip.
fn is_alike(evidence: &Evidence) -> bool {
    let is_family_alike = evidence.family >= FamilyAgreement::Similar;
    let is_part = evidence.family >= FamilyAgreement::Part && !evidence.is_contradicted();
    match (evidence.given, evidence.birth_date) {
        (GivenAgreement::Same, DateAgreement::Same) => is_family_alike,
        (GivenAgreement::Different, _) => false,
        (GivenAgreement::Unknown, date) => is_part && date == DateAgreement::Same,
        (_, DateAgreement::Same) => is_family_alike && !evidence.is_contradicted(),
        (GivenAgreement::Same, date) => is_part && date != DateAgreement::Different,
        _ => false,
    }
}

fn is_identifier_plausible(evidence: &Evidence, is_asked_by_identifier_alone: bool) -> bool {
    evidence.identifier.is_some()
        && (is_asked_by_identifier_alone
            || evidence.birth_date == DateAgreement::Same
            || (evidence.given > GivenAgreement::Unknown && evidence.family >= FamilyAgreement::Similar))
}
