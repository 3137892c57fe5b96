//! The program, run as its operators run it, on both databases.

#[path = "../../../store/tests/it/postgres_cluster.rs"]
mod postgres_cluster;

mod backups;
mod codes;
mod command_line;
mod copying;
mod deciding_doses;
mod demonstrating;
mod destroying;
mod examining;
mod explaining;
mod files;
mod forecasting;
mod fronts;
mod loading;
mod maintenance;
mod matching;
mod messages;
mod older_schemas;
mod organizations_and_accounts;
mod profiles;
mod program;
mod restoring;
mod schedules;
mod second_factors;
mod serving;
mod soap;
mod stopping;
mod submitting;
mod subscriptions;
mod taking_over;
mod windows;
