-- Public keys of accounts, for the file door.

-- One row is one public key with which one account may sign in at the file door.
CREATE TABLE account_key (
    account_id {uuid} NOT NULL,
    fingerprint {key_text} NOT NULL,
    algorithm TEXT NOT NULL,
    public_key TEXT NOT NULL,
    comment TEXT NOT NULL,
    added_at {instant} NOT NULL,
    PRIMARY KEY (account_id, fingerprint)
) {clustered};
