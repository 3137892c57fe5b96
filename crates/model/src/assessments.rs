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
    /// The number of the dose in the series; `None` when the series needed none.
    pub dose_number: Option<u8>,
    /// How many doses the series has.
    pub doses_in_series: u16,
    /// Whether it counts.
    pub is_valid: bool,
    /// Why, in words.
    pub reason: String,
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
    /// Why, in words.
    pub reason: String,
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
    /// The history or the season makes it unnecessary.
    NotRecommended,
}
