//! From a person's reports to their vaccinations: each has one report that leads, and those that are of the same dose.
//!
//! A report joins a vaccination when it is the same as the leading report, and nothing speaks against any other report
//! in it; so one cannot lead to the next, farther than a window. The best report leads.

use std::cmp::Reverse;

use model::{InformationSource, VaccinationEventId, VaccinationReportId};

use super::comparison::{Comparer, DoseComparison, DoseOutcome, DoseRule, Looked, is_complete};
use super::rules::DoseRules;
use super::{KnownDose, Vaccines};

/// A person's vaccinations, and what a reviewer has to decide.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Grouped {
    /// By day and id.
    pub vaccinations: Vec<Vaccination>,
    /// Vaccinations that may be one, sorted.
    pub unsure: Vec<UnsurePair>,
}

/// A vaccination: reports of one dose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vaccination {
    /// Its id: that of its oldest report.
    pub id: VaccinationEventId,
    /// Its reports, the leading one first, the better before the worse.
    pub reports: Vec<JoinedReport>,
}

impl Vaccination {
    /// The report that is shown.
    pub fn primary(&self) -> VaccinationReportId {
        self.reports[0].report_id
    }
}

/// A report in its vaccination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JoinedReport {
    /// Which.
    pub report_id: VaccinationReportId,
    /// Why it is there.
    pub rule: DoseRule,
    /// How far its day is from that of the report that it was compared with.
    pub days_apart: u32,
}

/// Two reports that lead vaccinations which may be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct UnsurePair {
    /// The one, by id the smaller.
    pub one: VaccinationReportId,
    /// The other.
    pub other: VaccinationReportId,
    /// Why it cannot be said.
    pub rule: DoseRule,
}

impl DoseRules {
    /// Puts a person's reports together. The order of the reports does not matter; deleted ones are in no vaccination.
    pub fn group(&self, reports: &[KnownDose<'_>], vaccines: Vaccines<'_>) -> Grouped {
        let comparer = self.comparer(vaccines);
        let standing = reports.iter().filter(|report| !report.is_deleted);
        let mut looked: Vec<Looked<'_>> = standing.map(|report| Looked::new(report, vaccines)).collect();
        looked.sort_by_cached_key(|report| Reverse(merit(report)));
        let mut grouping =
            Grouping { comparer: &comparer, looked: &looked, clusters: Vec::with_capacity(looked.len()) };
        for unit in units(&looked, &comparer) {
            grouping.place(unit);
        }
        let unsure = grouping.unsure();
        let mut vaccinations: Vec<(i32, Vaccination)> = grouping
            .clusters
            .iter()
            .map(|cluster| {
                let ids = cluster.members.iter().map(|member| looked[member.place].known.report_id);
                let oldest = ids.min().expect("a cluster has a member");
                let reports = cluster.members.iter().map(|member| JoinedReport {
                    report_id: looked[member.place].known.report_id,
                    rule: member.rule,
                    days_apart: member.days_apart,
                });
                (
                    looked[cluster.lead()].day,
                    Vaccination { id: VaccinationEventId(oldest.0), reports: reports.collect() },
                )
            })
            .collect();
        vaccinations.sort_by_key(|(day, vaccination)| (*day, vaccination.id));
        Grouped { vaccinations: vaccinations.into_iter().map(|(_, vaccination)| vaccination).collect(), unsure }
    }

    /// Compares two reports of one person. Their order does not matter.
    pub fn compare(&self, one: &KnownDose<'_>, other: &KnownDose<'_>, vaccines: Vaccines<'_>) -> DoseComparison {
        self.comparer(vaccines).compare(&Looked::new(one, vaccines), &Looked::new(other, vaccines))
    }

    fn comparer<'a>(&'a self, vaccines: Vaccines<'_>) -> Comparer<'a> {
        Comparer { windows: self.windows(vaccines.groups), rules: self }
    }
}

/// What makes a report the better one; the greatest leads. Everything but the last part is what it says and who says it,
/// so that the order of arrival decides only between reports of one sender that say the same.
///
/// # Source
/// MIROW (2006), resolution: administered before historical, the provider before others, specific before unspecified,
/// more complete before less.
fn merit<'a>(report: &Looked<'a>) -> impl Ord + use<'a> {
    let dose = report.dose();
    let facts = [
        dose.lot_number.is_some(),
        dose.ndc.is_some(),
        dose.mvx.is_some(),
        dose.route.is_some(),
        dose.administered_by.is_some(),
    ];
    let order_id = dose.order_id.as_ref().map(|id| (id.id.as_str(), id.authority.as_str()));
    (
        (source_rank(dose.source), is_complete(dose), !report.is_unspecified),
        (report.groups.0.count_ones(), facts[0], facts.iter().filter(|is_known| **is_known).count()),
        (dose.cvx, Reverse(report.day), &dose.lot_number, order_id),
        (Reverse(report.known.organization_id), Reverse(report.known.report_id)),
    )
}

/// Who knows best: who gave the dose; then another provider or registry, a written record, and at last memory.
fn source_rank(source: InformationSource) -> u8 {
    match source {
        InformationSource::Administered => 9,
        InformationSource::Historical(2) => 8,
        InformationSource::Historical(5) => 7,
        InformationSource::Historical(8) => 6,
        InformationSource::Historical(3) => 5,
        InformationSource::Historical(7) => 4,
        InformationSource::Historical(6) => 3,
        InformationSource::Historical(4) => 1,
        InformationSource::Historical(_) => 2,
    }
}

/// A report on its way into a vaccination: its place among the looked, and why it goes there.
#[derive(Clone, Copy)]
struct Member {
    place: usize,
    rule: DoseRule,
    days_apart: u32,
}

/// Reports of one dose, the leading one first.
struct Cluster {
    members: Vec<Member>,
}

impl Cluster {
    fn lead(&self) -> usize {
        self.members[0].place
    }
}

/// The reports that reviewers put together, each best first, the best of all first. Where one decision would put together
/// what another holds apart, it is left out.
fn units(looked: &[Looked<'_>], comparer: &Comparer<'_>) -> Vec<Cluster> {
    let mut units: Vec<Cluster> = (0..looked.len())
        .map(|place| Cluster { members: vec![Member { place, rule: DoseRule::First, days_apart: 0 }] })
        .collect();
    if looked.iter().all(|report| report.known.verdicts.iter().all(|verdict| !verdict.is_same)) {
        return units;
    }
    let rule = |one: usize, other: usize| comparer.compare(&looked[one], &looked[other]).rule;
    for one in 0..looked.len() {
        for other in one + 1..looked.len() {
            if rule(one, other) != DoseRule::ReviewedSame {
                continue;
            }
            let unit_of = |place| units.iter().position(|unit| unit.members.iter().any(|member| member.place == place));
            let (Some(at), Some(from)) = (unit_of(one), unit_of(other)) else { continue };
            let is_held_apart = units[at].members.iter().any(|left| {
                units[from].members.iter().any(|right| rule(left.place, right.place) == DoseRule::ReviewedDifferent)
            });
            if at == from || is_held_apart {
                continue;
            }
            let (at, from) = (at.min(from), at.max(from));
            let moved = units.remove(from);
            let joined = moved.members.into_iter().map(|member| Member {
                rule: DoseRule::ReviewedSame,
                days_apart: looked[member.place].days_from(&looked[units[at].lead()]),
                ..member
            });
            let joined: Vec<Member> = joined.collect();
            units[at].members.extend(joined);
            units[at].members.sort_by_key(|member| member.place);
        }
    }
    units
}

struct Grouping<'a> {
    comparer: &'a Comparer<'a>,
    looked: &'a [Looked<'a>],
    clusters: Vec<Cluster>,
}

impl Grouping<'_> {
    /// Puts a unit into the vaccination that its best report is most like, or makes one of it.
    fn place(&mut self, mut unit: Cluster) {
        let best = &self.looked[unit.lead()];
        let fits = self.clusters.iter().enumerate().filter_map(|(at, cluster)| {
            let found = self.joins(&unit, cluster)?;
            let lead = &self.looked[cluster.lead()];
            let is_product_same = lead.dose().cvx == best.dose().cvx;
            Some(((found.days_apart, !is_product_same, lead.groups.0.count_ones(), at), found))
        });
        let Some(((.., at), found)) = fits.min_by_key(|(order, _)| *order) else {
            return self.clusters.push(unit);
        };
        let first = &mut unit.members[0];
        (first.rule, first.days_apart) = (found.rule, found.days_apart);
        self.clusters[at].members.append(&mut unit.members);
    }

    /// Whether a unit is of the dose of a cluster: its best report is the same as the leading one, protects in no group
    /// that the dose does not, and nothing speaks against any two of them.
    fn joins(&self, unit: &Cluster, cluster: &Cluster) -> Option<DoseComparison> {
        let (best, lead) = (&self.looked[unit.lead()], &self.looked[cluster.lead()]);
        if best.days_from(lead) > self.comparer.windows.longest {
            return None;
        }
        let mut found = self.comparer.compare(best, lead);
        let is_held = lead.contains(best) || found.rule == DoseRule::OneSenderOrderId;
        if found.outcome() == DoseOutcome::Same && !is_held || found.rule == DoseRule::CombinationOverlaps {
            if !self.is_covered(best, lead) {
                return None;
            }
            found.rule = DoseRule::CombinationCovered;
        }
        let is_free = unit
            .members
            .iter()
            .all(|left| cluster.members.iter().all(|right| self.may_stand_together(left.place, right.place)));
        (found.outcome() == DoseOutcome::Same && is_free).then_some(found)
    }

    fn may_stand_together(&self, one: usize, other: usize) -> bool {
        let found = self.comparer.compare(&self.looked[one], &self.looked[other]);
        found.outcome() != DoseOutcome::Different || found.rule == DoseRule::NoSharedGroup
    }

    /// Whether the components of a combination were all reported that day, each of them better known than it is. The
    /// combination then says nothing new.
    fn is_covered(&self, combination: &Looked<'_>, component: &Looked<'_>) -> bool {
        let leads = self.clusters.iter().map(|cluster| &self.looked[cluster.lead()]);
        let parts = leads.filter(|lead| {
            lead.day == combination.day
                && combination.contains(lead)
                && self.comparer.compare(combination, lead).outcome() == DoseOutcome::Same
        });
        let covered = parts.fold(0, |covered, part| covered | part.groups.0);
        combination.contains(component) && combination.groups.0 & !covered == 0
    }

    /// The vaccinations whose leading reports may be of one dose, and that no reviewer holds apart.
    fn unsure(&self) -> Vec<UnsurePair> {
        let mut unsure = Vec::new();
        for (at, cluster) in self.clusters.iter().enumerate() {
            let one = &self.looked[cluster.lead()];
            for other_cluster in &self.clusters[at + 1..] {
                let other = &self.looked[other_cluster.lead()];
                if one.days_from(other) > self.comparer.windows.longest {
                    continue;
                }
                let found = self.comparer.compare(one, other);
                let rule = match found.outcome() {
                    DoseOutcome::Unsure => found.rule,
                    DoseOutcome::Same if !one.contains(other) => DoseRule::CombinationOverlaps,
                    DoseOutcome::Same if self.has(cluster, other_cluster, DoseRule::OutsideWindow) => DoseRule::Chained,
                    _ => continue,
                };
                if !self.has(cluster, other_cluster, DoseRule::ReviewedDifferent) {
                    let ids = [one.known.report_id, other.known.report_id];
                    unsure.push(UnsurePair { one: ids[0].min(ids[1]), other: ids[0].max(ids[1]), rule });
                }
            }
        }
        unsure.sort_unstable();
        unsure
    }

    /// Whether the rule decides about any two reports of the two vaccinations.
    fn has(&self, one: &Cluster, other: &Cluster, rule: DoseRule) -> bool {
        let decides = |left: &Member, right: &Member| {
            self.comparer.compare(&self.looked[left.place], &self.looked[right.place]).rule == rule
        };
        one.members.iter().any(|left| other.members.iter().any(|right| decides(left, right)))
    }
}
