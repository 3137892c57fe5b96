//! All SQL of the registry: one schema, on SQLite and on PostgreSQL.
//!
//! Two ways in. [`Database`] serves everything off the hot path, one SQL text for both databases. A [`Lane`] runs the
//! batches of the intake: set-based reads and writes, many submissions in one transaction, written once per database.
//!
//! The API is synchronous. Call it from a thread that may block, never from inside an asynchronous task.

mod account_keys;
mod account_uses;
mod accounts;
mod audit;
mod audit_chain;
mod batch;
mod changes;
mod claims;
mod compression;
mod consents;
mod copy;
mod data_fixes;
mod database;
mod dialect;
mod directory;
mod door_passes;
mod dose_reviews;
mod doses;
mod error;
mod factors;
mod file_messages;
mod files;
mod forecasts;
mod integrity;
mod lane;
mod lifted_locks;
mod maintenance;
mod match_keys;
mod merges;
mod messages;
mod migrations;
mod names;
mod notices;
mod organizations;
mod packed;
mod passkey_ceremonies;
mod patients;
mod pool;
mod postgres;
mod postgres_server;
mod postgres_values;
mod registrations;
mod reviews;
mod row_counts;
mod schedules;
mod sessions;
mod sets;
mod settings;
mod sqlite;
mod statistics;
mod subscriptions;
mod sweeps;
mod tables;
mod turns;
mod vaccinations;
mod value;

pub use audit::{AuditChain, AuditFault, AuditFilter, AuditPlace, AuditRecord, AuditVerification};
pub use batch::{Batch, LookedUp, Reading};
pub use changes::{Changes, DoseReviewOpened, KnownMessage, PatientChange, ReviewOpened};
pub use data_fixes::StepCount;
pub use database::{Database, DatabaseUrl, Options, Readiness};
pub use dose_reviews::{DoseReview, DoseReviewDecided, DoseReviewState};
pub use error::StoreError;
pub use file_messages::MessageOfFile;
pub use files::FileFilter;
pub use forecasts::{DueCount, ForecastRound, StoredDue, StoredForecast};
pub use lane::{Claim, Lane};
pub use maintenance::{FilesInState, SentSince};
pub use match_keys::PEOPLE_PER_KEY_LIMIT;
pub use merges::Merge;
pub use messages::MessageFilter;
pub use migrations::Migrated;
pub use names::PEOPLE_PER_NAME_LIMIT;
pub use postgres::TakenServer;
pub use reviews::{ReviewDecided, ReviewDecision};
pub use schedules::{KeptSchedule, LoadedSchedule};
pub use sqlite::TakenFile;
pub use statistics::Statistics;
pub use sweeps::Sweep;
