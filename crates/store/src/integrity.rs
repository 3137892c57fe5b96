//! Whether what is stored is whole, and whether this program fits it: for `doctor`.

use crate::files::FileFilter;
use crate::messages::{MessageFilter, list_statement};
use crate::sets::{Expectation, SetRead, SetWrite};
use crate::{Database, StoreError};
use crate::{
    account_keys, account_uses, accounts, audit, consents, data_fixes, destruction, directory, door_passes,
    dose_reviews, exclusions, factors, file_messages, files, forecasts, maintenance, match_keys, merges, messages,
    migrations, names, notices, organizations, packed, passkey_ceremonies, patients, registrations, reviews, schedules,
    sessions, settings, subscriptions, sweeps, vaccinations,
};

/// What must not be there: a sentence, and the statement that counts it.
const ORPHANS: [(&str, &str); 10] = [
    (
        "reports of patients that do not exist",
        "
SELECT COUNT(*)
FROM patient_report
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = patient_report.patient_id)",
    ),
    (
        "vaccination reports of patients that do not exist",
        "
SELECT COUNT(*)
FROM vaccination_report
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = vaccination_report.patient_id)",
    ),
    (
        "primary reports beside another of their vaccination",
        // Person by person, as they are stored: over all vaccinations at once, a whole state's would be sorted in memory.
        "
SELECT CAST(COALESCE(SUM(surplus), 0) AS BIGINT)
FROM (
    SELECT COUNT(*) - COUNT(DISTINCT id) AS surplus
    FROM vaccination_event
    GROUP BY patient_id
) AS people",
    ),
    (
        "consents of patients that do not exist",
        "
SELECT COUNT(*)
FROM consent
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = consent.patient_id)",
    ),
    (
        "match keys of patients that do not exist",
        "
SELECT COUNT(*)
FROM match_key
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = match_key.patient_id)",
    ),
    (
        "patients merged into patients that do not exist",
        "
SELECT COUNT(*)
FROM patient
WHERE merged_into IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM patient AS survivor WHERE survivor.id = patient.merged_into)",
    ),
    (
        "possible matches of patients that do not exist",
        "
SELECT COUNT(*)
FROM patient_review
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = patient_review.patient_id)
    OR NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = patient_review.candidate_id)",
    ),
    (
        "merges of patients that do not exist",
        "
SELECT COUNT(*)
FROM merge
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = merge.survivor_id)
    OR NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = merge.retired_id)",
    ),
    (
        "exclusions without a key, or keys without an exclusion",
        "
SELECT (
    SELECT COUNT(*)
    FROM exclusion
    WHERE NOT EXISTS (SELECT 1 FROM exclusion_key WHERE exclusion_key.exclusion_id = exclusion.id)
) + (
    SELECT COUNT(*)
    FROM exclusion_key
    WHERE NOT EXISTS (SELECT 1 FROM exclusion WHERE exclusion.id = exclusion_key.exclusion_id)
)",
    ),
    (
        "accounts of organizations that do not exist",
        "
SELECT COUNT(*)
FROM account
WHERE NOT EXISTS (SELECT 1 FROM organization WHERE organization.id = account.organization_id)",
    ),
];

const SET_READS: [&SetRead; 15] = [
    &exclusions::READ_EXCLUSIONS,
    &sessions::READ_LAST_SEEN,
    &sessions::READ_INVITATIONS,
    &merges::READ_RETIRED,
    &reviews::READ_TOLD_APART,
    &forecasts::READ_FORECASTS,
    &forecasts::READ_DUE,
    &messages::READ_KNOWN_MESSAGES,
    &file_messages::READ_FILE_MESSAGES,
    &match_keys::READ_MATCH_KEYS,
    &patients::READ_PATIENTS,
    &patients::READ_PATIENT_REPORTS,
    &vaccinations::READ_VACCINATION_REPORTS,
    &consents::READ_CONSENTS,
    &vaccinations::READ_VACCINATION_EVENTS,
];

const SET_WRITES: [&SetWrite; 20] = [
    &exclusions::WRITE_EXCLUSIONS,
    &exclusions::WRITE_EXCLUSION_KEYS,
    &account_uses::WRITE_ACCOUNT_USES,
    &dose_reviews::OPEN_DOSE_REVIEWS,
    &dose_reviews::CLOSE_DOSE_REVIEWS,
    &forecasts::WRITE_FORECASTS,
    &forecasts::WRITE_DUE,
    &patients::ADD_PATIENTS,
    &patients::UPDATE_PATIENTS,
    &patients::WRITE_PATIENT_REPORTS,
    &vaccinations::WRITE_VACCINATION_REPORTS,
    &vaccinations::MARK_PRIMARY_REPORTS,
    &vaccinations::UNMARK_PRIMARY_REPORTS,
    &match_keys::WRITE_MATCH_KEYS,
    &consents::WRITE_CONSENTS,
    &messages::WRITE_MESSAGES,
    &file_messages::WRITE_FILE_MESSAGES,
    &reviews::OPEN_REVIEWS,
    &audit::APPEND_AUDIT,
    &data_fixes::MARK_DATA_FIX_STEPS,
];

const STATEMENTS: &[&str] = &[
    account_keys::INSERT_ACCOUNT_KEY,
    account_keys::LIST_ACCOUNT_KEYS,
    account_keys::DELETE_ACCOUNT_KEY,
    directory::CHANGE_DIRECTORY_VERSION,
    accounts::INSERT_ACCOUNT,
    accounts::UPDATE_ACCOUNT,
    accounts::UPDATE_PASSWORD,
    accounts::UPDATE_LANGUAGE,
    accounts::LIST_ACCOUNTS,
    accounts::FIND_ACCOUNT,
    factors::INSERT_FACTOR,
    factors::LIST_FACTORS,
    factors::USE_FACTOR,
    factors::USE_PASSKEY,
    passkey_ceremonies::SET_CEREMONY,
    passkey_ceremonies::FIND_CEREMONY,
    passkey_ceremonies::REMOVE_CEREMONY,
    passkey_ceremonies::REMOVE_OLD_CEREMONIES,
    factors::REMOVE_FACTOR,
    factors::REMOVE_FACTORS,
    factors::REMOVE_FACTORS_OF_KIND,
    audit::FIND_HEAD,
    audit::LIST_CHAINS,
    audit::LIST_CHAIN,
    audit::LIST_OF_PATIENT,
    maintenance::INSERT_WINDOW,
    maintenance::UPDATE_WINDOW,
    maintenance::LIST_WINDOWS,
    maintenance::FIND_WINDOW,
    maintenance::ADD_REFUSALS,
    maintenance::LIST_REFUSALS,
    maintenance::MESSAGES_SINCE,
    maintenance::FILE_MESSAGES_SINCE,
    maintenance::COUNT_FILES_OF_WINDOW,
    maintenance::SET_TIME_ZONE,
    maintenance::LIST_TIME_ZONES,
    forecasts::LIST_PEOPLE_AFTER,
    forecasts::COUNT_PEOPLE,
    forecasts::DELETE_FORECASTS,
    forecasts::DELETE_DUE,
    forecasts::COUNT_DUE,
    sweeps::COUNT_OVER_FULL_KEYS,
    messages::FIND_MESSAGE,
    messages::COUNT_MESSAGES,
    migrations::LIST_MIGRATIONS,
    organizations::INSERT_ORGANIZATION,
    organizations::UPDATE_ORGANIZATION,
    organizations::LIST_ORGANIZATIONS,
    organizations::FIND_ORGANIZATION,
    organizations::FIND_ORGANIZATION_ID,
    organizations::LIST_ALIASES,
    organizations::FIND_ALIASES,
    organizations::REMOVE_ALIASES,
    organizations::INSERT_ALIAS,
    merges::INSERT_MERGE,
    merges::INSERT_MERGE_PART,
    merges::UNDO_MERGE,
    merges::FIND_MERGE,
    merges::LIST_MERGES_OF,
    merges::LIST_MERGE_PARTS,
    merges::REMOVE_PATIENT_REPORTS,
    merges::REMOVE_VACCINATION_REPORTS,
    merges::REMOVE_CONSENTS,
    merges::REMOVE_MATCH_KEY,
    dose_reviews::LIST_DOSE_REVIEWS_OF,
    dose_reviews::DECIDE_DOSE_REVIEW,
    dose_reviews::FORGET_DOSE_REVIEW,
    dose_reviews::CLOSE_DOSE_REVIEWS_OF,
    reviews::LIST_REVIEWS_OF,
    reviews::LIST_DECISIONS_OF,
    reviews::DECIDE_REVIEW,
    sessions::INSERT_SESSION,
    sessions::UPDATE_SESSION,
    sessions::TOUCH_SESSION,
    sessions::FIND_SESSION,
    sessions::LIST_SESSIONS,
    sessions::REMOVE_SESSION,
    sessions::REMOVE_SESSIONS,
    sessions::REMOVE_OLD_SESSIONS,
    sessions::LIST_MEMBERSHIPS,
    sessions::SET_MEMBERSHIP,
    sessions::REMOVE_MEMBERSHIP,
    sessions::SET_INVITATION,
    sessions::FIND_INVITATION,
    sessions::REMOVE_INVITATION,
    schedules::WRITE_SCHEDULE,
    schedules::LIST_SCHEDULES,
    schedules::FIND_SCHEDULE,
    schedules::DELETE_SCHEDULE,
    registrations::SAVE_REGISTRATION,
    registrations::FIND_REGISTRATION,
    registrations::FIND_REGISTRATION_BY_CODE,
    registrations::LIST_REGISTRATIONS,
    registrations::SET_AGREEMENT,
    registrations::LIST_AGREEMENTS,
    registrations::SET_REVIEW,
    registrations::LIST_ACCESS_REVIEWS,
    subscriptions::PUT_SUBSCRIPTION,
    subscriptions::CHANGE_SUBSCRIPTION,
    subscriptions::REMOVE_SUBSCRIPTION,
    subscriptions::LIST_SUBSCRIPTIONS,
    subscriptions::FIND_SUBSCRIPTION,
    notices::INSERT_NOTICE,
    notices::INSERT_NOTICE_TEXT,
    notices::INSERT_DELIVERY,
    notices::LIST_NOTICES_OF_WINDOW,
    notices::FIND_NOTICE_TEXT,
    notices::LIST_DUE_DELIVERIES,
    notices::LIST_DELIVERIES,
    notices::COUNT_DELIVERIES,
    notices::BEGIN_DELIVERY,
    notices::END_DELIVERY,
    notices::SETTLE_DELIVERIES,
    notices::DROP_DELIVERIES,
    notices::DROP_ALL_OLDER_DELIVERIES,
    notices::DROP_OLDER_DELIVERIES,
    door_passes::SET_DOOR_PASS,
    door_passes::FIND_DOOR_PASS,
    door_passes::REMOVE_DOOR_PASS,
    data_fixes::INSERT_DATA_FIX,
    data_fixes::INSERT_DATA_FIX_STEP,
    data_fixes::CHANGE_DATA_FIX,
    data_fixes::LIST_DATA_FIXES,
    data_fixes::FIND_DATA_FIX,
    data_fixes::COUNT_DATA_FIX_STEPS,
    data_fixes::LIST_DATA_FIX_STEPS,
    data_fixes::FIND_REPORTS_OF_LOT,
    destruction::LIST_MESSAGES_ABOUT,
    destruction::DESTROY_MESSAGE,
    destruction::REMOVE_DOSE_REVIEWS_OF_REPORT,
    destruction::REMOVE_DATA_FIX_STEPS_OF_REPORT,
    destruction::REMOVE_PATIENT,
    destruction::LIST_KEYS_OF_NOBODY,
    settings::FIND_SETTING,
    settings::SET_SETTING,
    settings::REMOVE_SETTING,
    settings::LIST_SETTINGS,
];

impl Database {
    /// What is broken, as sentences; empty when nothing is. Reads everything.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut broken = Vec::new();
            if let Some(check) = connection.dialect().check {
                let found = connection.query_as(check, &[], "check the pages of the database", |row| row.string(0))?;
                broken.extend(found.into_iter().filter(|sentence| sentence != "ok"));
            }
            for (what, sql) in ORPHANS {
                let counts = connection.query_as(sql, &[], &format!("count {what}"), |row| row.integer(0))?;
                broken.extend(counts.first().filter(|count| **count > 0).map(|count| format!("{count} {what}")));
            }
            Ok(broken)
        })
    }

    /// Whether a session that reads refuses to write, whatever it is told.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn readers_refuse_to_write(&self) -> Result<bool, StoreError> {
        let values = [crate::value::Value::text("written by a reader"), crate::value::Value::text("")];
        let written = self.read(|connection| {
            let written = connection.execute(settings::SET_SETTING, &values, "write as a reader");
            Ok(written.is_ok())
        })?;
        Ok(!written)
    }

    /// Prepares every statement of this program, to see whether it fits the database. Gives their number.
    ///
    /// # Errors
    /// The first statement that does not fit.
    pub fn check_statements(&self) -> Result<usize, StoreError> {
        const ATTEMPT: &str = "prepare every statement";
        let filter = MessageFilter {
            state: Some(model::MessageState::Accepted),
            organization_id: Some(model::OrganizationId(uuid::Uuid::nil())),
            patient_id: Some(model::PatientId(uuid::Uuid::nil())),
            kind: Some(String::new()),
            before: Some(model::MessageId(uuid::Uuid::nil())),
        };
        let file_filter = FileFilter {
            organizations: Some(vec![model::OrganizationId(uuid::Uuid::nil()); 2]),
            state: Some(model::FileState::Queued),
            is_rejected: true,
            before: Some(uuid::Uuid::nil()),
        };
        let audit_filter = audit::AuditFilter {
            organization_id: model::OrganizationId(uuid::Uuid::nil()),
            account_id: Some(model::AccountId(uuid::Uuid::nil())),
            before: Some(jiff::Timestamp::UNIX_EPOCH),
            after: Some(audit::AuditPlace { at: jiff::Timestamp::UNIX_EPOCH, chain: String::new(), sequence: 0 }),
        };
        self.read(|connection| {
            let mut statements: Vec<String> = STATEMENTS.iter().map(|&sql| sql.to_owned()).collect();
            statements.extend(ORPHANS.iter().map(|(_, sql)| (*sql).to_owned()));
            statements.push(list_statement(&filter, 1).0);
            statements.push(audit::list_statement(&audit_filter, 1).0);
            statements.push(files::list_files_statement(&file_filter, 1).0);
            statements.push(messages::list_single_statement(&file_filter, 1).0);
            statements.extend(names::find_statements("a b", "c").into_iter().map(|statement| statement.sql));
            let reporters = [model::OrganizationId(uuid::Uuid::nil())];
            statements.push(reviews::list_statement(Some(&reporters), 1, jiff::Timestamp::UNIX_EPOCH).0);
            statements.push(reviews::decisions_statement(Some(&reporters), 1).0);
            statements.push(dose_reviews::open_statement(Some(&reporters), 1, jiff::Timestamp::UNIX_EPOCH).0);
            statements.push(dose_reviews::decided_statement(Some(&reporters), 1).0);
            statements.extend(destruction::REMOVE_PERSON.iter().map(|&sql| sql.to_owned()));
            statements.extend(packed::statements());
            statements.extend(SET_READS.iter().map(|read| connection.read_text(read)));
            for expects in [Expectation::AllNew, Expectation::Any] {
                statements.extend(SET_WRITES.iter().map(|write| connection.write_text(write, expects)));
            }
            for sql in &statements {
                connection.prepare(sql, ATTEMPT)?;
            }
            Ok(statements.len())
        })
    }
}
