//! A history in, evaluations and forecasts out.

mod allocations;
mod cdc_cases;
mod dose_numbers;
mod guidance;
mod own_cases;
mod properties;
mod schedules;
mod shared;
