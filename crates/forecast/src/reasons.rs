//! Why: the rules that decided, with their numbers.

use crate::days::Day;
use crate::facts::ObservationCode;
use crate::immunity::Immunity;
use crate::periods::Period;
use crate::schedule::AgeId;

/// What an interval is counted from. Doses are named by their place in the history as given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    Previous(u16),
    /// The number of the target dose, and the dose that satisfied it.
    TargetDose(u8, u16),
    Vaccine(u16),
    Observation(ObservationCode),
}

/// Why a dose was evaluated as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    LotExpired {
        on: Day,
    },
    MustBeRepeated,
    Inadvertent,
    TooYoung {
        minimum: AgeId,
        absolute: AgeId,
    },
    AgeWithGrace {
        minimum: AgeId,
        absolute: AgeId,
    },
    TooOld {
        maximum: AgeId,
    },
    TooSoon {
        origin: Origin,
        reference: Day,
        given: Day,
        minimum: Option<Period>,
        absolute: Option<Period>,
    },
    IntervalWithGrace {
        origin: Origin,
        reference: Day,
        given: Day,
        minimum: Option<Period>,
        absolute: Option<Period>,
    },
    AllowableInterval,
    Conflict {
        with: u16,
        on: Day,
        given: Day,
        end: Day,
    },
    VaccineOfAnotherAge,
    WrongVaccine,
    SeriesAlreadyComplete,
    /// Given when the last season that the schedule holds was over.
    AfterLastSeason(Day),
}

/// Why a dose is, or is not, needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    Needed,
    Complete,
    PastHistory,
    Immune(Immunity),
    Contraindicated(ObservationCode),
    SeasonOver(Day),
    TooOld(Day),
    NoDate,
}

/// What a forecast date comes from. Doses are named by their place in the history as given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Basis {
    Age(AgeId),
    Interval { period: Period, origin: Origin },
    Conflict(u16),
    Season,
    Inadvertent(u16),
    LastDose(u16),
}
