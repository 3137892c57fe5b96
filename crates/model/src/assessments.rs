//! What the forecast found for one person, as doors tell it: which doses count, and what is due when.

use jiff::civil::Date;

use crate::{Cvx, VaccinationEventId};

/// Evaluations and forecasts of one person, as seen on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assessment {
    /// The schedule that was used: `cdsi-4.64`.
    pub schedule: String,
    /// The day as seen from which.
    pub on: Date,
    /// One for each dose and vaccine group.
    pub evaluations: Vec<DoseEvaluation>,
    /// One for each vaccine group that concerns the person; the risk forecast where there is one besides the standard one.
    pub forecasts: Vec<GroupForecast>,
}

/// What a vaccination counts for in one vaccine group.
///
/// # Source
/// HL7 IG 1.5, profile Z42: 30956-7, 30973-2, 59782-3, 59781-5, 59780-7, 30982-3.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoseEvaluation {
    /// The vaccination.
    pub event_id: VaccinationEventId,
    /// The vaccine group.
    pub vaccine_group: String,
    /// The CVX code that stands for the group.
    pub group_cvx: Cvx,
    /// The series.
    pub series: String,
    /// The number of the dose among those that this person needed of the series; `None` when it needed none.
    pub dose_number: Option<u16>,
    /// How many doses the primary series takes for this person, without boosters; `None` for a series that has none.
    pub doses_in_series: Option<u16>,
    /// What became of the dose.
    pub status: DoseStatus,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
}

impl DoseEvaluation {
    /// Whether the dose counts.
    pub fn is_valid(&self) -> bool {
        self.status == DoseStatus::Valid
    }
}

/// What a series makes of a dose (CDSi: evaluation status).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DoseStatus {
    /// It counts.
    Valid,
    /// It must be given again.
    NotValid,
    /// It was not needed.
    Extraneous,
    /// It was spoiled or given in part, and must be given again.
    Substandard,
    /// It was given when the last season that the schedule holds was over: whether it counts is not known.
    SeasonUnknown,
}

impl GroupForecast {
    /// Whether the dose is one that may be given and need not: the schedule leaves it to the person and who treats them.
    pub fn is_by_decision(&self) -> bool {
        self.reasons.iter().any(|reason| reason.rule == Reason::GUIDANCE)
    }
}

/// A reason in words that a nurse understands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The rule or section of the CDSi Logic Specification that it rests on: `CALCDTINT-3`.
    pub rule: &'static str,
    /// In English.
    pub english: String,
    /// In Spanish; `None` where only English was asked for: messages have no other language.
    pub spanish: Option<String>,
}

impl Reason {
    /// The rule of reasons that tell what the schedule leaves to a decision.
    pub const GUIDANCE: &'static str = "FORECASTGUIDANCE-1";
}

/// What is due in one vaccine group.
///
/// # Source
/// HL7 IG 1.5, profile Z42: 30979-9 or 30956-7, 59783-1, 30981-5, 30980-7, 59778-1, 59777-3, 30982-3.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupForecast {
    /// The vaccine group.
    pub vaccine_group: String,
    /// The CVX code that stands for the group.
    pub group_cvx: Cvx,
    /// The forecast is for this person's risk, not the one for everybody of this age.
    pub is_for_risk: bool,
    /// How the person stands.
    pub status: GroupStatus,
    /// The number of the next dose.
    pub dose_number: Option<u16>,
    /// The first day on which it counts.
    pub earliest_on: Option<Date>,
    /// The day from which it is recommended.
    pub recommended_on: Option<Date>,
    /// The last day on which it is in time.
    pub past_due_on: Option<Date>,
    /// The last day on which it can be given.
    pub latest_on: Option<Date>,
    /// The vaccines that the schedule names; empty where it leaves the choice within the group.
    pub products: Vec<Cvx>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// How a person stands in a vaccine group (CDSi: patient series status, with the dates of the day).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GroupStatus {
    /// Nothing is due yet.
    UpToDate,
    /// A dose is recommended now.
    Due,
    /// A dose is late.
    Overdue,
    /// Nothing more is needed.
    Complete,
    /// The person is immune.
    Immune,
    /// Something forbids it.
    Contraindicated,
    /// The person is too old for it.
    AgedOut,
    /// The history makes it unnecessary.
    NotRecommended,
    /// The schedule ends before the day asked about: its last season is over, and it holds no newer one. Whether a dose is
    /// recommended is not known.
    SeasonUnknown,
}
