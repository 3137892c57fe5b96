//! Two reports of doses of one person: of one vaccination, of two, or for a reviewer. Each answer is a rule with a
//! sentence; of the rules below, the first that applies decides.
//!
//! # Source
//! MIROW, Vaccination Level De-duplication in IIS (2006): selection by date window and vaccine group, then evaluation.

use model::{Completion, Cvx, Dose, InformationSource, VaccineGroupSet};

use super::rules::{DoseRules, Windows};
use super::statements::{compare_lots, order_ids};
use super::{KnownDose, Vaccines};

/// What two reports are to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DoseOutcome {
    /// Of two vaccinations.
    Different,
    /// A reviewer decides; until then, of two.
    Unsure,
    /// Of one vaccination.
    Same,
}

/// Declares the rules with what each decides, its id and its sentence.
macro_rules! rules {
    ($($rule:ident $outcome:ident $id:literal $sentence:literal,)+) => {
        /// Why two reports are of one vaccination, of two, or for a reviewer.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum DoseRule {
            $(#[doc = $sentence] $rule,)+
        }

        impl DoseRule {
            /// All of them.
            pub const ALL: &[DoseRule] = &[$(DoseRule::$rule,)+];

            /// What the rule decides.
            pub fn outcome(self) -> DoseOutcome {
                match self {
                    $(DoseRule::$rule => DoseOutcome::$outcome,)+
                }
            }

            /// Its id: `D` and a number, for ever the same.
            pub fn id(self) -> &'static str {
                match self {
                    $(DoseRule::$rule => $id,)+
                }
            }

            /// The rule in words, without values of the data.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(DoseRule::$rule => $sentence,)+
                }
            }
        }
    };
}

rules! {
    ReviewedSame Same "D01" "a reviewer decided that they are of one dose",
    ReviewedDifferent Different "D02" "a reviewer decided that they are of two doses",
    NotGiven Different "D10" "one of them is no dose that was given",
    UnknownVaccine Different "D11" "the vaccine of one of them is not known",
    NoSharedGroup Different "D12" "they share no vaccine group",
    OutsideWindow Different "D13" "they are farther apart than the window of the vaccine",
    OneSenderOrderId Same "D20" "the same sender's id of the dose, the same day",
    OneSenderOrderIdOtherDay Unsure "D21" "the same sender's id of the dose, on two days",
    OneSenderUnknown Same "D22" "the same sender's unknown vaccine, the same day",
    ToldApartBySender Different "D23" "one sender tells them apart by its ids of the doses",
    TwoLotsTwoProducts Different "D30" "both were given that day, of two lots and products",
    TwoLotsOneProduct Unsure "D31" "both were given that day, one product, but two lots",
    TwoProducts Different "D32" "both were given that day, and are two products of which neither contains the other",
    PackageDiffers Unsure "D33" "both were given that day, but manufacturer or route differ",
    SameDayGiven Same "D34" "given the same day, of one vaccine group",
    SameDayTold Same "D40" "the same day and vaccine group; one of them was told of",
    CombinationOverlaps Unsure "D41" "the same day; one protects in a group that the other does not",
    CombinationCovered Same "D42" "the same day; all components of the combination were reported as given",
    GivenOnTwoDays Different "D50" "both were given, on two days",
    GivenOnTwoDaysOneLot Unsure "D51" "both were given, on two days within the window, of one lot",
    OneSenderTwoDays Different "D52" "one sender was told of both, on two days",
    OneSenderGivenAndTold Unsure "D53" "one sender gave one and was told of the other, on two days within the window",
    CombinationOtherDay Unsure "D54" "a combination and a component of it, on two days within the window",
    TwoLotsOtherDay Different "D55" "on two days, of two lots",
    ProductsOtherDay Unsure "D56" "on two days within the window, two products",
    PackageOtherDay Unsure "D57" "on two days within the window, and manufacturer or route differ",
    SameLotOtherDay Same "D58" "on two days within the window, of one lot; one of them was told of",
    GivenAndTold Same "D59" "one product, given and told of within the window",
    FamilyNear Same "D60" "given, and told of as a family of vaccines, days apart",
    FamilyFar Unsure "D61" "given, and told of as a family of vaccines, within the window",
    ToldNear Same "D62" "told of twice, a day apart",
    ToldFar Unsure "D63" "told of twice, on two days within the window",
    Chained Unsure "D64" "of one dose by themselves, but another report of the dose is beyond the window",
    First Same "D00" "the best report of the dose: given before told of, product before family",
}

/// Two reports compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoseComparison {
    /// What decided.
    pub rule: DoseRule,
    /// How far apart the two days are.
    pub days_apart: u32,
    /// The window of the two vaccines, in days.
    pub window_days: u32,
}

impl DoseComparison {
    /// What they are to each other.
    pub fn outcome(&self) -> DoseOutcome {
        self.rule.outcome()
    }
}

/// A report with what is asked of it again and again.
pub(super) struct Looked<'a> {
    pub(super) known: &'a KnownDose<'a>,
    pub(super) groups: VaccineGroupSet,
    pub(super) is_unspecified: bool,
    /// Days since the beginning of the calendar.
    pub(super) day: i32,
}

impl<'a> Looked<'a> {
    pub(super) fn new(known: &'a KnownDose<'a>, vaccines: Vaccines<'_>) -> Looked<'a> {
        let cvx = known.dose.cvx;
        let epoch = jiff::civil::date(1, 1, 1);
        let day = (known.dose.administered_on - epoch).get_days();
        Looked { known, groups: (vaccines.groups)(cvx), is_unspecified: (vaccines.is_unspecified)(cvx), day }
    }

    pub(super) fn dose(&self) -> &'a Dose {
        self.known.dose
    }

    pub(super) fn is_administered(&self) -> bool {
        self.dose().source == InformationSource::Administered
    }

    pub(super) fn days_from(&self, other: &Looked<'_>) -> u32 {
        self.day.abs_diff(other.day)
    }

    /// Whether every group of the other is one of this.
    pub(super) fn contains(&self, other: &Looked<'_>) -> bool {
        other.groups.0 & !self.groups.0 == 0
    }
}

/// Compares pairs of reports by fixed rules.
pub(super) struct Comparer<'a> {
    pub(super) windows: Windows,
    pub(super) rules: &'a DoseRules,
}

impl Comparer<'_> {
    pub(super) fn compare(&self, one: &Looked<'_>, other: &Looked<'_>) -> DoseComparison {
        let shared = VaccineGroupSet(one.groups.0 & other.groups.0);
        let days_apart = one.days_from(other);
        let window_days = self.windows.days(shared, [one.dose().cvx, other.dose().cvx]);
        let rule = match verdict(one, other) {
            Some(rule) => rule,
            None => self.rule(one, other, shared, days_apart, window_days),
        };
        DoseComparison { rule, days_apart, window_days }
    }

    fn rule(&self, one: &Looked<'_>, other: &Looked<'_>, shared: VaccineGroupSet, days: u32, window: u32) -> DoseRule {
        let (dose, known) = (one.dose(), other.dose());
        if !dose.is_given() || !known.is_given() {
            return DoseRule::NotGiven;
        }
        let is_product_same = dose.cvx == known.cvx;
        if dose.cvx == Cvx::UNKNOWN || known.cvx == Cvx::UNKNOWN {
            let pair = Pair::of(one, other);
            let is_one = is_product_same && pair.is_own && !pair.are_ids_two && days == 0;
            return if is_one { DoseRule::OneSenderUnknown } else { DoseRule::UnknownVaccine };
        }
        if shared.0 == 0 && !is_product_same {
            return DoseRule::NoSharedGroup;
        }
        if days > window {
            return DoseRule::OutsideWindow;
        }
        let pair = Pair::of(one, other);
        match (pair.is_own && pair.is_order_id_same, days) {
            (true, 0) => DoseRule::OneSenderOrderId,
            (true, _) => DoseRule::OneSenderOrderIdOtherDay,
            (false, 0) => pair.on_one_day(),
            (false, _) => pair.on_two_days(days, self.rules),
        }
    }
}

/// What reviewers decided about the two. That they are one holds while both say the day and vaccine that they said then.
fn verdict(one: &Looked<'_>, other: &Looked<'_>) -> Option<DoseRule> {
    let (found, back) = (verdict_of(one, other)?, verdict_of(other, one)?);
    if !found.is_same || !back.is_same {
        return Some(DoseRule::ReviewedDifferent);
    }
    let still_says = |verdict: &model::ReportVerdict, dose: &Dose| {
        verdict.administered_on == dose.administered_on && verdict.cvx == dose.cvx
    };
    (still_says(found, one.dose()) && still_says(back, other.dose())).then_some(DoseRule::ReviewedSame)
}

fn verdict_of<'a>(one: &Looked<'a>, other: &Looked<'_>) -> Option<&'a model::ReportVerdict> {
    one.known.verdicts.iter().find(|verdict| verdict.other == other.known.report_id)
}

/// What two given doses that may be one have in common.
struct Pair {
    /// One organization reported both.
    is_own: bool,
    is_order_id_same: bool,
    /// Both have an id of the one sender's own, and the ids differ: the sender tells two doses apart.
    are_ids_two: bool,
    is_product_same: bool,
    /// Neither is a family.
    are_products: bool,
    /// Both protect in the same groups.
    are_groups_same: bool,
    is_one_contained: bool,
    /// How many of them were given by their reporters.
    administered: u8,
    is_completion_same: bool,
    /// Whether the lots are one; `None` when one is not known.
    is_lot_same: Option<bool>,
    is_package_other: bool,
}

impl Pair {
    fn of(one: &Looked<'_>, other: &Looked<'_>) -> Pair {
        let (dose, known) = (one.dose(), other.dose());
        let is_own = one.known.organization_id == other.known.organization_id;
        let ids = order_ids(dose, known, is_own);
        let are_two = |one: &Option<String>, other: &Option<String>| {
            one.as_ref().zip(other.as_ref()).is_some_and(|(one, other)| !one.eq_ignore_ascii_case(other))
        };
        Pair {
            is_own,
            is_order_id_same: ids == Some(true),
            are_ids_two: is_own && ids == Some(false),
            is_product_same: dose.cvx == known.cvx,
            are_products: !one.is_unspecified && !other.is_unspecified,
            are_groups_same: one.groups == other.groups,
            is_one_contained: one.contains(other) || other.contains(one),
            administered: u8::from(one.is_administered()) + u8::from(other.is_administered()),
            is_completion_same: dose.completion == known.completion,
            is_lot_same: compare_lots(dose, known),
            is_package_other: are_two(&dose.mvx, &known.mvx) || are_two(&dose.route, &known.route),
        }
    }

    /// Two products: neither a family, nor a combination and its component.
    fn are_two_products(&self) -> bool {
        self.are_products && !self.is_product_same && (self.are_groups_same || !self.is_one_contained)
    }

    fn on_one_day(&self) -> DoseRule {
        let is_given_twice = self.administered == 2;
        let are_lots_two = self.is_lot_same == Some(false);
        let are_lots_of_two = are_lots_two && self.are_products && !self.is_product_same;
        let differs = !self.is_product_same || are_lots_two || !self.is_completion_same;
        let is_package_other = self.is_lot_same.is_none() && self.is_package_other;
        first([
            (is_given_twice && self.are_ids_two && differs, DoseRule::ToldApartBySender),
            (self.are_ids_two && self.are_two_products(), DoseRule::ToldApartBySender),
            (is_given_twice && are_lots_of_two, DoseRule::TwoLotsTwoProducts),
            (is_given_twice && are_lots_two, DoseRule::TwoLotsOneProduct),
            (is_given_twice && self.are_two_products(), DoseRule::TwoProducts),
            (is_given_twice && is_package_other, DoseRule::PackageDiffers),
            (!self.is_one_contained, DoseRule::CombinationOverlaps),
            (is_given_twice, DoseRule::SameDayGiven),
            (true, DoseRule::SameDayTold),
        ])
    }

    fn on_two_days(&self, days: u32, rules: &DoseRules) -> DoseRule {
        let is_given_twice = self.administered == 2;
        let is_told_twice = self.administered == 0;
        let is_lot_one = self.is_lot_same == Some(true);
        first([
            (is_given_twice && is_lot_one && self.is_product_same, DoseRule::GivenOnTwoDaysOneLot),
            (is_given_twice, DoseRule::GivenOnTwoDays),
            (is_told_twice && self.is_own, DoseRule::OneSenderTwoDays),
            (self.is_own, DoseRule::OneSenderGivenAndTold),
            (!self.are_groups_same, DoseRule::CombinationOtherDay),
            (self.is_lot_same == Some(false), DoseRule::TwoLotsOtherDay),
            (self.are_two_products(), DoseRule::ProductsOtherDay),
            (is_lot_one, DoseRule::SameLotOtherDay),
            (self.is_package_other, DoseRule::PackageOtherDay),
            (is_told_twice && days <= rules.near_told_days(), DoseRule::ToldNear),
            (is_told_twice, DoseRule::ToldFar),
            (self.is_product_same, DoseRule::GivenAndTold),
            (days <= rules.near_unspecified_days(), DoseRule::FamilyNear),
            (true, DoseRule::FamilyFar),
        ])
    }
}

/// The first rule that applies; the last always does.
fn first<const COUNT: usize>(rules: [(bool, DoseRule); COUNT]) -> DoseRule {
    let found = rules.into_iter().find(|(applies, _)| *applies);
    found.expect("the last rule always applies").1
}

/// Whether the two say the same kind of thing: both given, both refused, or both withheld.
pub(super) fn is_one_statement(dose: &Dose, known: &Dose) -> bool {
    dose.is_given() == known.is_given() && (dose.is_given() || dose.completion == known.completion)
}

/// Whether vaccine went in whole.
pub(super) fn is_complete(dose: &Dose) -> bool {
    dose.completion == Completion::Complete
}
