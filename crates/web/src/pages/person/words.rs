//! By which keys of the message catalog a person's page names what the registry knows.

use model::{GroupForecast, GroupStatus, PatientObservation};
use registry::matches::DoseFact;

/// The part of the forecast in which a vaccine group stands.
pub(super) fn section_of(forecast: &GroupForecast) -> &'static str {
    match forecast.status {
        GroupStatus::Overdue | GroupStatus::Due if forecast.is_by_decision() => "decision",
        GroupStatus::Overdue => "overdue",
        GroupStatus::Due => "due",
        GroupStatus::UpToDate => "upcoming",
        GroupStatus::SeasonUnknown => "unknown",
        GroupStatus::Contraindicated => "contraindicated",
        _ => "complete",
    }
}

/// What the status of a vaccine group is called.
pub(crate) fn status_key(status: GroupStatus) -> &'static str {
    match status {
        GroupStatus::UpToDate => "group_status.up_to_date",
        GroupStatus::Due => "group_status.due",
        GroupStatus::Overdue => "group_status.overdue",
        GroupStatus::Complete => "group_status.complete",
        GroupStatus::Immune => "group_status.immune",
        GroupStatus::Contraindicated => "group_status.contraindicated",
        GroupStatus::AgedOut => "group_status.aged_out",
        GroupStatus::NotRecommended => "group_status.not_recommended",
        GroupStatus::SeasonUnknown => "group_status.season_unknown",
    }
}

/// What a fact of a dose is called; day and vaccine are always the leading report's.
pub(super) fn fact_text(fact: DoseFact) -> Option<&'static str> {
    Some(match fact {
        DoseFact::Day | DoseFact::Vaccine => return None,
        DoseFact::Package => "history.fact_package",
        DoseFact::Amount => "history.fact_amount",
        DoseFact::Route => "history.fact_route",
        DoseFact::GivenBy => "history.fact_given_by",
        DoseFact::GivenAt => "history.fact_given_at",
        DoseFact::OrderedBy => "history.fact_ordered_by",
        DoseFact::Funding => "history.fact_funding",
        DoseFact::Statements => "history.fact_statements",
        DoseFact::Reactions => "history.fact_reactions",
    })
}

/// What kind of fact an observation is.
pub(crate) fn fact_key(question: &str) -> &'static str {
    match question {
        PatientObservation::CONTRAINDICATION => "fact.contraindication",
        PatientObservation::IMMUNITY | PatientObservation::SEROLOGY => "fact.immunity",
        PatientObservation::REACTION => "fact.reaction",
        PatientObservation::INDICATION => "fact.indication",
        PatientObservation::NOTE => "fact.note",
        _ => "fact.other",
    }
}
