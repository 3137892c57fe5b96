-- Passkeys that are being added or shown.

-- One row is what the registry has asked a session's browser to sign with a passkey, until it is answered once.
CREATE TABLE passkey_ceremony (
    session_id {uuid} NOT NULL PRIMARY KEY,
    begun_at {instant} NOT NULL,
    state TEXT NOT NULL
) {table};
