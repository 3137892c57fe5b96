-- What accounts tell of who has them: when a program signed in last, and which language a person is written to in.

-- One row is the account of a program, and when it signed in last, to the hour: one that nobody uses any more is one to stop.
CREATE TABLE account_use (
    account_id {uuid} NOT NULL PRIMARY KEY,
    used_at {instant} NOT NULL
) {clustered_updated};

-- The tag (BCP 47) of the language in which a person signed in last, and is written to; NULL until they did.
ALTER TABLE account ADD COLUMN language TEXT;
