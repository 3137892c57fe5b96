-- The first schema. One text for both databases: the words in braces are types and clauses that differ
-- (src/migrations.rs), and the comment above a table is also its comment in PostgreSQL.
--
-- Ids are UUID v7, made at the doors, so that new rows stand together. Rows of one person are keyed by the person
-- first, so that a person's whole record is a few neighboring pages. Instants are kept to the microsecond. No foreign
-- keys: the intake writes a person and all that belongs to them in one transaction, and `doctor` looks for orphans.
-- Demographics, observations, details and findings are JSON documents, packed (src/compression.rs); so is the original
-- of a message.

-- One row is one migration that has run.
CREATE TABLE schema_migration (
    version {integer} NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum {bytes} NOT NULL,
    applied_at {instant} NOT NULL
) {table};

-- One row is one organization, or a site of one.
CREATE TABLE organization (
    id {uuid} NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    code_key {key_text} NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent_id {uuid},
    is_active {boolean} NOT NULL
) {clustered};

-- One row is another name under which messages of an organization arrive.
CREATE TABLE organization_alias (
    alias_key {key_text} NOT NULL PRIMARY KEY,
    alias TEXT NOT NULL,
    organization_id {uuid} NOT NULL,
    place {integer} NOT NULL
) {clustered};

-- One row is the account of a program or of a person.
CREATE TABLE account (
    id {uuid} NOT NULL PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    username TEXT NOT NULL,
    username_key {key_text} NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    full_name TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    is_active {boolean} NOT NULL
) {clustered};

-- One row is one setting that operators change while the registry runs.
CREATE TABLE setting (
    key {key_text} NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {clustered};

-- One row is one person as the registry shows them. The columns from family_name on repeat what searches and reports
-- need of the demographics.
CREATE TABLE patient (
    id {uuid} NOT NULL PRIMARY KEY,
    version {integer} NOT NULL,
    status TEXT NOT NULL,
    merged_into {uuid},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    family_name TEXT,
    given_name TEXT,
    birth_date {date},
    sex TEXT,
    zip TEXT,
    county TEXT,
    is_deceased {boolean},
    is_protected {boolean},
    demographics {bytes}
) {clustered_updated};

-- One row is what one organization says about one person.
CREATE TABLE patient_report (
    patient_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    received_at {instant} NOT NULL,
    demographics {bytes},
    observations {bytes},
    PRIMARY KEY (patient_id, id)
) {clustered_updated};

-- One row is one reported dose. Reports of one vaccination share an event id, and one of them, the primary, is what is
-- shown. Source is the NIP001 number; details are what the columns do not hold.
CREATE TABLE vaccination_report (
    patient_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    event_id {uuid} NOT NULL,
    organization_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    received_at {instant} NOT NULL,
    is_primary {boolean},
    is_deleted {boolean} NOT NULL,
    administered_on {date} NOT NULL,
    cvx {small} NOT NULL,
    source {small} NOT NULL,
    completion TEXT NOT NULL,
    mvx TEXT,
    lot_number TEXT,
    order_id TEXT,
    order_authority TEXT,
    details {bytes},
    PRIMARY KEY (patient_id, id)
) {clustered};

-- One row is one vaccination, shown by way of its primary report.
CREATE VIEW vaccination_event AS
SELECT patient_id, event_id AS id, id AS primary_report_id
FROM vaccination_report
WHERE is_primary;

-- One row is one key (a hash of names, dates, identifiers) under which one person is found.
CREATE TABLE match_key (
    key {integer} NOT NULL,
    patient_id {uuid} NOT NULL,
    PRIMARY KEY (key, patient_id)
) {clustered};

-- One row is one consent given or withdrawn; the newest of a kind holds.
CREATE TABLE consent (
    patient_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    effective_on {date},
    organization_id {uuid} NOT NULL,
    message_id {uuid} NOT NULL,
    recorded_at {instant} NOT NULL,
    PRIMARY KEY (patient_id, id)
) {clustered};

-- One row is one message as it arrived, and what became of it. Original is NULL when nothing of it may be kept.
CREATE TABLE message (
    id {uuid} NOT NULL PRIMARY KEY,
    received_at {instant} NOT NULL,
    channel TEXT NOT NULL,
    organization_id {uuid} NOT NULL,
    control_hash {integer} NOT NULL,
    content_hash {bytes} NOT NULL,
    kind TEXT NOT NULL,
    state {key_text} NOT NULL,
    patient_id {uuid},
    findings {bytes},
    original {bytes}
) {table};

CREATE INDEX message_by_control_hash ON message (control_hash);

CREATE INDEX message_by_state ON message (state, id);

-- One row is a pair of records that may be of one person, waiting for a reviewer.
CREATE TABLE patient_review (
    patient_id {uuid} NOT NULL,
    candidate_id {uuid} NOT NULL,
    opened_at {instant} NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (patient_id, candidate_id)
) {clustered};

-- One row is one line of the audit trail. Its hash covers the line and the hash of the line before it in the chain.
CREATE TABLE audit (
    chain {key_text} NOT NULL,
    sequence {integer} NOT NULL,
    happened_at {instant} NOT NULL,
    account_id {uuid},
    organization_id {uuid} NOT NULL,
    action TEXT NOT NULL,
    patient_id {uuid},
    message_id {uuid},
    detail TEXT NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (chain, sequence)
) {clustered};

CREATE INDEX audit_by_patient ON audit (patient_id) WHERE patient_id IS NOT NULL;
