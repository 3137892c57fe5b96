//! The nouns of an immunization registry, as plain data: what every other crate speaks in.
//!
//! Nothing here reads a clock, a file or a database, and nothing here decides anything.

mod account_keys;
mod accounts;
mod assessments;
mod audit;
mod codes;
mod consents;
mod data_fixes;
mod demographics;
mod files;
mod findings;
mod ids;
mod letters;
mod maintenance;
mod messages;
mod notices;
mod numbers;
mod organizations;
mod page_corrections;
mod patients;
mod queries;
mod registrations;
mod roles;
mod sessions;
mod submissions;
mod subscriptions;
mod vaccinations;
mod wall_times;

pub use account_keys::AccountKey;
pub use accounts::{Account, AccountKind, Caller, Standing};
pub use assessments::{Assessment, DoseEvaluation, DoseStatus, GroupForecast, GroupStatus, Reason};
pub use audit::{AuditAction, AuditEntry};
pub use codes::{CodeTables, Coded, Cvx, Table, VaccineGroupSet};
pub use consents::{Consent, ConsentStatement, ConsentStatus};
pub use data_fixes::{Correction, DataFix, DataFixState, DataFixStep, DataFixStepState};
pub use demographics::{
    Address, ClearedFact, DatedCode, Demographics, Identifier, NextOfKin, PersonName, Protection, Settled, Sex, Telecom,
};
pub use files::{FileCounts, FileMessage, FilePosition, FileState, ReceivedFile, Verdict};
pub use findings::{Finding, FindingKind, FindingRule, Location, Segment, Severity};
pub use ids::{
    AccountId, ConsentId, DataFixId, FactorId, FileId, MergeId, MessageId, OrganizationId, PatientId, PatientReportId,
    RegistrationId, SessionId, SubscriptionId, VaccinationEventId, VaccinationReportId, WindowId, read_number,
};
pub use letters::plain_letters;
pub use maintenance::{
    ChannelModes, DoorPass, MaintenanceWindow, Mode, Refusals, WindowAction, WindowChange, WindowKind, WindowState,
};
pub use messages::{LoggedMessage, MessageIdentity, MessageState, standard_form};
pub use notices::{DeliveryState, HandOver, Notice, NoticeDelivery, NoticeMade, NoticePart, NoticeSection};
pub use numbers::{counted, counted_people, grouped};
pub use organizations::{Organization, OrganizationKind};
pub use page_corrections::{PageCorrection, PersonFact};
pub use patients::{Patient, PatientObservation, PatientRecord, PatientReport, PatientStatus, Retraction};
pub use queries::{Query, QueryKind, QueryOutcome, QueryStatus};
pub use registrations::{AccessReview, Agreement, Registration, RegistrationState};
pub use roles::{Reach, Relation, Right, Role};
pub use sessions::{Factor, FactorKind, Invitation, Membership, Session};
pub use submissions::{
    Channel, Disposition, Outcome, PatientStatement, Places, Receipt, Recurrence, Rest, Submission,
    VaccinationStatement,
};
pub use subscriptions::{Audience, NoticeKind, Subscription, SubscriptionState, SubscriptionWay, recipient_key};
pub use vaccinations::{
    Action, Completion, Dose, EntityId, Facility, InformationSource, Observation, ObservationValue, Provider,
    ReportVerdict, VaccinationEvent, VaccinationReport, Vis,
};
pub use wall_times::{
    Occurrence, WallTime, WallTimeError, clock_in_words, day_in_words, duration_in_words, letters_of_both,
    span_in_words, zone_letters,
};
