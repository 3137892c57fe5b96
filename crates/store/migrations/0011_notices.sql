-- Notices: who wants them, what they said, whom they were told; and data fixes.

-- One row is somebody who wants to be told. Kinds and channels are words with commas between them; empty means all.
CREATE TABLE subscription (
    id {uuid} NOT NULL PRIMARY KEY,
    recipient_key {key_text} NOT NULL,
    audience {key_text} NOT NULL,
    way TEXT NOT NULL,
    address TEXT NOT NULL,
    kinds TEXT NOT NULL,
    channels TEXT NOT NULL,
    language TEXT NOT NULL,
    organization_id {uuid},
    secret TEXT NOT NULL,
    state {key_text} NOT NULL,
    created_at {instant} NOT NULL,
    changed_at {instant} NOT NULL,
    UNIQUE (recipient_key, audience)
) {table};

-- One row is a notice that was made: of a window on an occasion, or of a subscription under the nil window.
CREATE TABLE notice (
    window_id {uuid} NOT NULL,
    occasion {key_text} NOT NULL,
    made_at {instant} NOT NULL,
    PRIMARY KEY (window_id, occasion)
) {clustered};

-- One row is what a notice says to one audience in one language, as JSON.
CREATE TABLE notice_text (
    window_id {uuid} NOT NULL,
    occasion {key_text} NOT NULL,
    audience {key_text} NOT NULL,
    language {key_text} NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (window_id, occasion, audience, language)
) {clustered};

-- One row is a notice to one recipient, and what became of it. The key lets nobody get a notice twice.
CREATE TABLE notice_delivery (
    window_id {uuid} NOT NULL,
    occasion {key_text} NOT NULL,
    recipient_key {key_text} NOT NULL,
    subscription_id {uuid},
    audience TEXT NOT NULL,
    language TEXT NOT NULL,
    way TEXT NOT NULL,
    address TEXT NOT NULL,
    state {key_text} NOT NULL,
    try_count {integer} NOT NULL,
    next_try_at {instant} NOT NULL,
    changed_at {instant} NOT NULL,
    node TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (window_id, occasion, recipient_key)
) {table};

CREATE INDEX notice_delivery_by_state ON notice_delivery (state, next_try_at);

-- One row is a named batch of corrections. What it corrects is JSON.
CREATE TABLE data_fix (
    id {uuid} NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key {key_text} NOT NULL UNIQUE,
    correction TEXT NOT NULL,
    organization_id {uuid} NOT NULL,
    reason TEXT NOT NULL,
    planned_by TEXT NOT NULL,
    reviewed_by TEXT NOT NULL,
    state TEXT NOT NULL,
    planned_at {instant} NOT NULL,
    changed_at {instant} NOT NULL
) {table};

-- One row is one report that a data fix concerns, with the dose before and after, as JSON.
CREATE TABLE data_fix_step (
    fix_id {uuid} NOT NULL,
    patient_id {uuid} NOT NULL,
    report_id {uuid} NOT NULL,
    state {key_text} NOT NULL,
    dose_before TEXT NOT NULL,
    dose_after TEXT NOT NULL,
    changed_at {instant} NOT NULL,
    PRIMARY KEY (fix_id, patient_id, report_id)
) {table};

CREATE INDEX data_fix_step_by_state ON data_fix_step (fix_id, state, patient_id, report_id);
