//! Maintenance windows, whom they turned away, and the organizations whose clocks are not the registry's.

use jiff::{SignedDuration, Timestamp};
use model::{Channel, FileState, MaintenanceWindow, OrganizationId, Refusals, WindowId};

use crate::database::Connection;
use crate::messages::first_id_at;
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// Windows read at most, the latest first.
const WINDOWS_MAXIMUM: i64 = 1_000;

pub(crate) const INSERT_WINDOW: &str = "
INSERT INTO maintenance_window (id, version, state, starts_at, ends_at, document)
VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const UPDATE_WINDOW: &str = "
UPDATE maintenance_window
SET version = $2,
    state = $3,
    starts_at = $4,
    ends_at = $5,
    document = $6
WHERE id = $1 AND version = $7";

pub(crate) const LIST_WINDOWS: &str = "
SELECT document
FROM maintenance_window
ORDER BY starts_at DESC, id
LIMIT $1";

pub(crate) const FIND_WINDOW: &str = "
SELECT document
FROM maintenance_window
WHERE id = $1";

pub(crate) const ADD_REFUSALS: &str = "
INSERT INTO maintenance_refusal (window_id, channel, address, name, refusal_count, first_at, last_at, returned_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (window_id, channel, address, name) DO UPDATE
SET refusal_count = maintenance_refusal.refusal_count + excluded.refusal_count,
    last_at = excluded.last_at,
    returned_at = COALESCE(maintenance_refusal.returned_at, excluded.returned_at)";

pub(crate) const LIST_REFUSALS: &str = "
SELECT window_id, channel, address, name, refusal_count, first_at, last_at, returned_at
FROM maintenance_refusal
WHERE window_id = $1
ORDER BY refusal_count DESC, name, address";

/// What is counted since an instant may have older ids: a file has one of when it was taken. Files that waited for longer
/// are not counted, nor is what is processed again of older ones: all of them would be read for it.
const IDS_OLDER_AT_MOST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// Messages of files are logged under the instant at which their file was taken; see [`FILE_MESSAGES_SINCE`].
pub(crate) const MESSAGES_SINCE: &str = "
SELECT organization_id, channel, COUNT(*), MIN(received_at)
FROM message
WHERE id >= $2 AND received_at >= $1 AND channel <> 'file'
GROUP BY organization_id, channel";

/// The messages of a file are processed when the file is, however long it waited. Of one that is the same as an earlier
/// file nothing is.
pub(crate) const FILE_MESSAGES_SINCE: &str = "
SELECT organization_id,
    CAST(SUM(CASE WHEN duplicate_of IS NULL THEN accepted_count + warned_count + rejected_count ELSE 0 END) AS BIGINT),
    MIN(CASE WHEN received_at >= $1 THEN received_at END)
FROM received_file
WHERE id >= $2 AND (received_at >= $1 OR begun_at >= $1 OR finished_at >= $1)
GROUP BY organization_id";

pub(crate) const COUNT_FILES_OF_WINDOW: &str = "
SELECT state, COUNT(*), CAST(SUM(accepted_count + warned_count + rejected_count) AS BIGINT)
FROM received_file
WHERE received_at >= $1 AND received_at < $2
GROUP BY state
ORDER BY state";

pub(crate) const SET_TIME_ZONE: &str = "
INSERT INTO organization_time_zone (organization_id, time_zone)
VALUES ($1, $2)
ON CONFLICT (organization_id) DO UPDATE
SET time_zone = excluded.time_zone";

pub(crate) const LIST_TIME_ZONES: &str = "
SELECT organization_id, time_zone
FROM organization_time_zone
ORDER BY organization_id";

/// What one organization sent through one door since an instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentSince {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The door.
    pub channel: Channel,
    /// Its messages; those of files are counted as they are processed, through whichever door the files came.
    pub count: u64,
    /// When the first came; `None` when all of them came before, in files that were kept.
    pub first_at: Option<Timestamp>,
}

/// Files in one state that were taken in a stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FilesInState {
    /// The state.
    pub state: FileState,
    /// The files.
    pub files: u64,
    /// The messages of theirs that are answered.
    pub messages: u64,
}

impl Database {
    /// Keeps a new window.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one of this id.
    pub fn insert_window(&self, window: &MaintenanceWindow) -> Result<(), StoreError> {
        let document = document(window);
        let values = window_values(window, &document);
        self.write(|connection| connection.execute(INSERT_WINDOW, &values, "plan a maintenance window").map(drop))
    }

    /// Replaces a window by what became of it; its version must be one more than the stored one's.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed it meanwhile.
    pub fn update_window(&self, window: &MaintenanceWindow) -> Result<(), StoreError> {
        let document = document(window);
        let [id, version, state, starts_at, ends_at, document] = window_values(window, &document);
        let values = [id, version, state, starts_at, ends_at, document, Value::Integer(window.version - 1)];
        self.change_one(UPDATE_WINDOW, &values, "change a maintenance window")
    }

    /// The windows, the latest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn windows(&self) -> Result<Vec<MaintenanceWindow>, StoreError> {
        let values = [Value::Integer(WINDOWS_MAXIMUM)];
        self.read(|connection| connection.query_as(LIST_WINDOWS, &values, "list maintenance windows", read_window))
    }

    /// The window of this id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_window(&self, id: WindowId) -> Result<Option<MaintenanceWindow>, StoreError> {
        let values = [Value::Uuid(id.0)];
        let found = self
            .read(|connection| connection.query_as(FIND_WINDOW, &values, "find a maintenance window", read_window))?;
        Ok(found.into_iter().next())
    }

    /// Adds to the count of those turned away.
    ///
    /// # Errors
    /// The database cannot be written; nothing was added.
    pub fn add_refusals(&self, refusals: &[Refusals]) -> Result<(), StoreError> {
        self.write(|connection| refusals.iter().try_for_each(|refusals| add_refusals(connection, refusals)))
    }

    /// Who was turned away in a window, the most often first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn refusals(&self, id: WindowId) -> Result<Vec<Refusals>, StoreError> {
        let values = [Value::Uuid(id.0)];
        self.read(|connection| connection.query_as(LIST_REFUSALS, &values, "list those turned away", read_refusals))
    }

    /// Whose messages came, or were processed out of files, since an instant, and how many.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages_since(&self, since: Timestamp) -> Result<Vec<SentSince>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(SentSince {
                organization_id: OrganizationId(row.uuid(0)?),
                channel: row.word(1, Channel::parse)?,
                count: row.number(2)?,
                first_at: row.optional_instant(3)?,
            })
        };
        let of_files = |row: &dyn Columns| {
            Ok(SentSince {
                organization_id: OrganizationId(row.uuid(0)?),
                channel: Channel::File,
                count: row.number(1)?,
                first_at: row.optional_instant(2)?,
            })
        };
        let values = [Value::instant(since), Value::Uuid(first_id_at(since - IDS_OLDER_AT_MOST))];
        self.read(|connection| {
            let mut sent = connection.query_as(MESSAGES_SINCE, &values, "count messages since", read)?;
            sent.extend(connection.query_as(
                FILE_MESSAGES_SINCE,
                &values,
                "count messages of files since",
                of_files,
            )?);
            Ok(sent)
        })
    }

    /// The files that were taken from one instant to before another, by how far they are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn files_of_window(&self, from: Timestamp, to: Timestamp) -> Result<Vec<FilesInState>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(FilesInState { state: row.word(0, FileState::parse)?, files: row.number(1)?, messages: row.number(2)? })
        };
        let values = [Value::instant(from), Value::instant(to)];
        self.read(|connection| connection.query_as(COUNT_FILES_OF_WINDOW, &values, "count the files of a window", read))
    }

    /// Says by which clocks an organization goes.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_organization_time_zone(&self, id: OrganizationId, time_zone: &str) -> Result<(), StoreError> {
        let values = [Value::Uuid(id.0), Value::text(time_zone)];
        self.write_directory(|connection| connection.execute(SET_TIME_ZONE, &values, "set a time zone").map(drop))
    }

    /// The organizations whose clocks are not the registry's.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn organization_time_zones(&self) -> Result<Vec<(OrganizationId, String)>, StoreError> {
        let read = |row: &dyn Columns| Ok((OrganizationId(row.uuid(0)?), row.string(1)?));
        self.read(|connection| connection.query_as(LIST_TIME_ZONES, &[], "list time zones", read))
    }
}

fn document(window: &MaintenanceWindow) -> String {
    serde_json::to_string(window).expect("a window is plain data")
}

fn window_values<'a>(window: &'a MaintenanceWindow, document: &'a str) -> [Value<'a>; 6] {
    [
        Value::Uuid(window.id.0),
        Value::Integer(window.version),
        Value::text(window.state.word()),
        Value::instant(window.starts_at),
        Value::instant(window.ends_at),
        Value::text(document),
    ]
}

fn read_window(row: &dyn Columns) -> Result<MaintenanceWindow, StoreError> {
    serde_json::from_str(&row.text(0)?).map_err(|error| StoreError::ContentInvalid {
        what: "a maintenance window".to_owned(),
        reason: error.to_string(),
    })
}

fn add_refusals(connection: &mut Connection, refusals: &Refusals) -> Result<(), StoreError> {
    let values = [
        Value::Uuid(refusals.window_id.0),
        Value::text(refusals.channel.word()),
        Value::text(&refusals.address),
        Value::text(&refusals.name),
        Value::Integer(i64::try_from(refusals.count).unwrap_or(i64::MAX)),
        Value::instant(refusals.first_at),
        Value::instant(refusals.last_at),
        Value::optional(refusals.returned_at, Value::instant),
    ];
    connection.execute(ADD_REFUSALS, &values, "count those turned away").map(drop)
}

fn read_refusals(row: &dyn Columns) -> Result<Refusals, StoreError> {
    Ok(Refusals {
        window_id: WindowId(row.uuid(0)?),
        channel: row.word(1, Channel::parse)?,
        address: row.string(2)?,
        name: row.string(3)?,
        count: row.number(4)?,
        first_at: row.instant(5)?,
        last_at: row.instant(6)?,
        returned_at: row.optional_instant(7)?,
    })
}
