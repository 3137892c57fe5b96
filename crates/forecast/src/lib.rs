//! Which doses count, and what is due when, and why: CDC's CDSi logic on CDC's schedule.
//!
//! A pure function of history, schedule and date. One file for each chapter of the CDSi Logic Specification 4.6; the schedule is data.

mod best_series;
pub mod cases;
mod conditional_skip;
mod contraindication;
mod days;
mod difference;
mod evaluate_dose;
mod explain;
pub mod facts;
mod forecast;
mod forecast_dates;
mod guidance;
mod history;
mod immunity;
pub mod import;
mod observation_names;
mod organize_history;
mod periods;
mod primary_series;
mod reasons;
mod relevant_series;
mod report;
mod request;
mod schedule;
mod select_patient_series;
mod sentences;
mod standings;
pub mod text;
mod vaccine_groups;
mod validate;
mod walk;

pub use contraindication::Forbidden;
pub use difference::{Difference, differences};
pub use forecast::{Forecast, Workspace, forecast};
pub use history::{History, HistoryDose, HistoryObservation};
pub use observation_names::spanish_observation;
pub use periods::Period;
pub use report::{DoseReport, EvaluationReport, GroupReport, ProductReport, Report, SeriesReport};
pub use request::{Code, Request, RequestDose, RequestError, RequestObservation};
pub use schedule::{CompileError, Schedule, ScheduleError};
pub use sentences::{Explanation, Language, ReasonKind};
pub use standings::Standing;
pub use vaccine_groups::ForecastKind;
pub use walk::{DoseStatus, SeriesStatus};
