-- Signed-in people: for whom they act, in which browsers they are signed in, how they prove who they are.

-- One row is one organization that a person may act for besides the account's own, and in which role.
CREATE TABLE membership (
    account_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (account_id, organization_id)
) {clustered};

-- One row is one browser in which somebody signed in; of its token only the hash is kept.
CREATE TABLE session (
    id {uuid} NOT NULL PRIMARY KEY,
    token_hash {bytes} NOT NULL UNIQUE,
    account_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    started_at {instant} NOT NULL,
    seen_at {instant} NOT NULL,
    proved_at {instant},
    source TEXT NOT NULL,
    agent TEXT NOT NULL
) {clustered};

CREATE INDEX session_by_account ON session (account_id);

-- One row is one second factor of an account: an authenticator app, a passkey, or one recovery code.
CREATE TABLE sign_in_factor (
    account_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    secret {bytes} NOT NULL,
    counter {integer} NOT NULL,
    created_at {instant} NOT NULL,
    used_at {instant},
    PRIMARY KEY (account_id, id)
) {clustered};

-- One row is one code, not used yet, that lets a new or locked-out person choose a password.
CREATE TABLE invitation (
    account_id {uuid} NOT NULL PRIMARY KEY,
    code_hash {bytes} NOT NULL UNIQUE,
    issued_by {uuid},
    issued_at {instant} NOT NULL,
    expires_at {instant} NOT NULL
) {clustered};
