//! Evaluations and forecasts, for doors and commands.

pub use forecast::cases::{CaseCheck, CaseDifference, CaseDifferences, CaseError, check_cases};
pub use forecast::facts::ScheduleFacts;
pub use forecast::import::{ImportError, ImportFile, import};
pub use forecast::text::{TextFile, write};
pub use forecast::{
    Difference, Forecast, History, HistoryDose, HistoryObservation, Language, Report, Request, RequestError, Schedule,
    ScheduleError, Workspace, differences, forecast,
};
