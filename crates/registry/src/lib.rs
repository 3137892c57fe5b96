//! The path: everything that happens to a submission or a query, whatever the door it came through.
//!
//! `intake.rs` tells the story of a submission, `query.rs` that of a question, `messages.rs` how an HL7 message
//! becomes one of the two and how it is answered. Every public verb takes an [`Admission`] from the [`Gate`].

mod access_lists;
mod account_keys;
mod account_lists;
mod account_uses;
mod accounts;
mod administration;
mod assess;
mod authority;
mod backups;
mod consents;
mod consolidate;
mod data_fixes;
mod deliveries;
mod demonstrations;
mod destruction;
mod directory;
mod dose_reviews;
mod entries;
mod errors;
mod exchange;
mod exclusions;
mod fact_choices;
mod file_accounts;
mod files;
pub mod forecasts;
mod gate;
mod health_facts;
mod intake;
mod maintenance;
mod maintenance_notices;
mod matchers;
pub mod matches;
mod merges;
mod messages;
mod operations;
mod organization_contacts;
mod passkeys;
mod passwords;
mod patients;
mod people;
mod profile;
mod query;
mod registrations;
mod registry;
mod retention;
mod reviews;
mod rounds;
mod schedules;
mod second_factors;
mod sessions;
pub mod setup;
mod showing;
mod sign_ins;
mod subscriptions;
mod sweeps;
mod withheld;
mod workbench;

pub use account_keys::KEYS_PER_ACCOUNT_MAXIMUM;
pub use account_lists::{AccountFilter, AccountSeen, holds_words};
pub use accounts::{Credentials, NewAccount, SignInRefused};
pub use administration::{AccountChange, AccountName, NewPerson};
pub use backups::{BackupMade, BackupTested, Backups};
pub use consolidate::doses::{ExplainedDoses, ExplainedReport, ExplainedVaccination};
pub use data_fixes::{DataFixProgress, NewDataFix, STEPS_AT_ONCE};
pub use deliveries::Letter;
pub use destruction::Destruction;
pub use directory::NewOrganization;
pub use dose_reviews::{DosePair, DoseReviewDecision};
pub use entries::{Entry, Rehearsal};
pub use errors::RegistryError;
pub use exchange::{AcknowledgmentCount, Answers, FindingCount, LoadError, LoadOptions, LoadSummary, Loaded};
pub use fact_choices::HealthFact;
pub use file_accounts::{FileAccountList, FileAccountListError, FileAccounts};
pub use files::{
    Exchange, ExchangeSettings, FileUpload, FindingInWords, MessageInWords, Received, ReceivedFilter, ReceivedKind,
    ResultKind,
};
pub use forecast::spanish_observation;
pub use gate::{
    Admission, AnswerTimes, CHANGES_AT_OPENING, Closed, ClosedFor, Gate, IN_FLIGHT_MAXIMUM, KEPT_FOR_QUESTIONS, Pass,
    Purpose, RAMP_SECONDS, RETRY_SPREAD_SECONDS, RETRY_WHEN_OVERDUE_SECONDS, SENDERS_MAXIMUM, Sender,
};
pub use hl7::{AcknowledgmentCode, BatchItem, BatchReader};
pub use intake::{BATCH_MAXIMUM, Decision, FACTS_MAXIMUM, REPORTS_MAXIMUM, Rules, World, decide};
pub use maintenance::{
    AfterReport, COUNTED_WITHIN, FilesOfWindow, MaintenanceStatus, NewWindow, Outstanding, SenderReport,
    WINDOW_DAYS_MAXIMUM, WINDOW_TEXT_LENGTH_MAXIMUM, WindowOrder, maintenance_status, ordered,
};
pub use maintenance_notices::Recipients;
pub use matching::Agreement;
pub use messages::{MESSAGE_BYTES_MAXIMUM, MessageAnswer};
pub use notices;
pub use operations::{Condition, Diagnosis, Health};
pub use organization_contacts::ContactRefusal;
pub use passkeys::RelyingParty;
pub use passwords::{PASSWORD_LENGTH_MAXIMUM, PASSWORD_LENGTH_MINIMUM};
pub use people::{FoundPerson, OpenedRecord, PEOPLE_SHOWN_MAXIMUM, PeopleFound, says_enough};
pub use profile::{
    CarriedConsent, ClosedDoor, ClosedDoorTexts, ConsentKind, ConsentPolicy, ConsentRules, Contacts, DestructionRules,
    DisasterEvent, MatchingRules, Names, Profile, ProfileError, QueryRules,
};
pub use registrations::{ApprovalSeed, Approved};
pub use registry::{Options, Registry};
pub use retention::{DestructionReason, DueDestruction};
pub use reviews::{DecidedMatch, SideBySide};
pub use rounds::PEOPLE_PER_STEP;
pub use schedules::{KnownSchedule, NewSchedule};
pub use second_factors::{AuthenticatorKey, RECOVERY_CODE_COUNT, RecoveryCodes, SecondFactorReset};
pub use sessions::{NewSession, SessionError, SessionToken, SignedIn, Stage};
pub use sign_ins::SignInWait;
pub use store::{
    AuditFilter, AuditPlace, DestructionRound, DoseReview, DoseReviewState, DueCount, ForecastRound, Readiness,
    StoredDue, StoredForecast, Sweep,
};
pub use subscriptions::{Consent, NewSubscription};
pub use workbench::{Examination, Examined, ExaminedSegment, Verdict};
