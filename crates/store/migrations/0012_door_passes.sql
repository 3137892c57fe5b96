-- Leaves to pass closed doors during maintenance.

-- One row is the leave of a person to pass the web application's closed door; it ends by itself.
CREATE TABLE door_pass (
    account_id {uuid} NOT NULL PRIMARY KEY,
    given_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    given_by TEXT NOT NULL,
    reason TEXT NOT NULL
) {table};
