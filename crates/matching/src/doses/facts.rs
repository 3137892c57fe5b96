//! The surviving record of a vaccination: each fact with the report that it is from.

use model::{Dose, VaccinationReportId};

use super::KnownDose;

/// A fact of a dose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DoseFact {
    /// The day.
    Day,
    /// The vaccine.
    Vaccine,
    /// NDC, manufacturer, lot and its expiration: of one package, so from one report.
    Package,
    /// Amount and unit.
    Amount,
    /// Route and body site.
    Route,
    /// Who gave it.
    GivenBy,
    /// Where it was given.
    GivenAt,
    /// Who ordered it.
    OrderedBy,
    /// Eligibility and who paid.
    Funding,
    /// Information statements.
    Statements,
    /// Reactions: those of every report.
    Reactions,
}

impl DoseFact {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            DoseFact::Day => "day",
            DoseFact::Vaccine => "vaccine",
            DoseFact::Package => "package",
            DoseFact::Amount => "amount",
            DoseFact::Route => "route",
            DoseFact::GivenBy => "given by",
            DoseFact::GivenAt => "given at",
            DoseFact::OrderedBy => "ordered by",
            DoseFact::Funding => "funding",
            DoseFact::Statements => "statements",
            DoseFact::Reactions => "reactions",
        }
    }
}

/// Where a fact is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FactSource {
    /// Which fact.
    pub fact: DoseFact,
    /// The report that states it.
    pub report_id: VaccinationReportId,
}

/// The surviving dose of a vaccination, from its reports, the best first.
///
/// The leading report decides; a fact that it lacks is taken from the next that speaks of the same day and product.
/// Reactions of all count: what one sender saw must not be lost for another's better record.
///
/// # Source
/// MIROW, Consolidating Demographic Records and Vaccination Event Records (2017): field by field, with the source kept.
pub fn surviving(reports: &[KnownDose<'_>]) -> Option<(Dose, Vec<FactSource>)> {
    let (lead, rest) = reports.split_first()?;
    let mut survivor = Survivor { dose: lead.dose.clone(), sources: Vec::new() };
    survivor.note(DoseFact::Day, lead);
    survivor.note(DoseFact::Vaccine, lead);
    let speaks_of_same = |other: &&KnownDose<'_>| {
        other.dose.administered_on == lead.dose.administered_on && other.dose.cvx == lead.dose.cvx
    };
    let alike: Vec<&KnownDose<'_>> = std::iter::once(lead).chain(rest.iter().filter(speaks_of_same)).collect();
    survivor.take_package(&alike);
    for (fact, states, take) in FACTS {
        if let Some(report) = alike.iter().find(|report| states(report.dose)) {
            take(&mut survivor.dose, report.dose);
            survivor.note(*fact, report);
        }
    }
    survivor.take_reactions(reports);
    Some((survivor.dose, survivor.sources))
}

/// A fact, whether a report states it, and how it is taken over.
type Taken = (DoseFact, fn(&Dose) -> bool, fn(&mut Dose, &Dose));

const FACTS: &[Taken] = &[
    (
        DoseFact::Amount,
        |dose| dose.amount.is_some(),
        |to, from| {
            to.amount.clone_from(&from.amount);
            to.amount_unit.clone_from(&from.amount_unit);
        },
    ),
    (
        DoseFact::Route,
        |dose| dose.route.is_some() || dose.body_site.is_some(),
        |to, from| {
            to.route.clone_from(&from.route);
            to.body_site.clone_from(&from.body_site);
        },
    ),
    (
        DoseFact::GivenBy,
        |dose| dose.administered_by.is_some(),
        |to, from| {
            to.administered_by.clone_from(&from.administered_by);
        },
    ),
    (
        DoseFact::GivenAt,
        |dose| dose.administered_at.is_some(),
        |to, from| {
            to.administered_at.clone_from(&from.administered_at);
        },
    ),
    (DoseFact::OrderedBy, |dose| dose.ordered_by.is_some(), |to, from| to.ordered_by.clone_from(&from.ordered_by)),
    (
        DoseFact::Funding,
        |dose| dose.eligibility.is_some() || dose.funding_source.is_some(),
        |to, from| {
            to.eligibility.clone_from(&from.eligibility);
            to.funding_source.clone_from(&from.funding_source);
        },
    ),
    (DoseFact::Statements, |dose| !dose.vis.is_empty(), |to, from| to.vis.clone_from(&from.vis)),
];

struct Survivor {
    dose: Dose,
    sources: Vec<FactSource>,
}

impl Survivor {
    fn note(&mut self, fact: DoseFact, report: &KnownDose<'_>) {
        self.sources.push(FactSource { fact, report_id: report.report_id });
    }

    /// The package of the first report that names one by lot or NDC, unless another manufacturer is better known.
    fn take_package(&mut self, alike: &[&KnownDose<'_>]) {
        let is_named = |dose: &Dose| dose.lot_number.is_some() || dose.ndc.is_some();
        let known = self.dose.mvx.clone();
        let fits = |dose: &Dose| known.is_none() || dose.mvx.is_none() || dose.mvx == known;
        let named = alike.iter().find(|report| is_named(report.dose) && fits(report.dose));
        let Some(report) = named.or_else(|| alike.iter().find(|report| report.dose.mvx.is_some())) else { return };
        let from = report.dose;
        // A trade name is its maker's.
        let trade_name = self.dose.trade_name.take().filter(|_| from.mvx.is_none() || from.mvx == known);
        self.dose.trade_name = from.trade_name.clone().or(trade_name);
        self.dose.mvx = from.mvx.clone().or(known);
        self.dose.ndc.clone_from(&from.ndc);
        self.dose.lot_number.clone_from(&from.lot_number);
        self.dose.lot_expires_on = from.lot_expires_on;
        self.note(DoseFact::Package, report);
    }

    fn take_reactions(&mut self, reports: &[KnownDose<'_>]) {
        for report in reports.iter().filter(|report| !report.dose.reactions.is_empty()) {
            for reaction in &report.dose.reactions {
                if self.dose.reactions.iter().all(|known| known.code != reaction.code) {
                    self.dose.reactions.push(reaction.clone());
                }
            }
            self.note(DoseFact::Reactions, report);
        }
    }
}
