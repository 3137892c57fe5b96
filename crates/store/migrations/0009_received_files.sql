-- Files: what was received through every door that takes them, and what became of the messages in each.

-- One row is one file that was received. Findings are about the file itself; counts are those of its messages.
CREATE TABLE received_file (
    id {uuid} NOT NULL PRIMARY KEY,
    organization_id {uuid} NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_at {instant} NOT NULL,
    size {integer} NOT NULL,
    content_hash {key_text} NOT NULL,
    head_hash {key_text} NOT NULL,
    node TEXT NOT NULL,
    state {key_text} NOT NULL,
    run {integer} NOT NULL,
    begun_at {instant},
    finished_at {instant},
    duplicate_of {uuid},
    accepted_count {integer} NOT NULL,
    warned_count {integer} NOT NULL,
    rejected_count {integer} NOT NULL,
    findings {bytes}
) {clustered_updated};

CREATE INDEX received_file_by_organization ON received_file (organization_id, id);

CREATE INDEX received_file_by_content ON received_file (content_hash);

CREATE INDEX received_file_by_beginning ON received_file (head_hash);

-- One row is one message of a file, by its place in it. Its id is made of both, so that a message decided twice is one;
-- message_id is the receipt under which it is logged, which is an earlier one's for a message that came before.
CREATE TABLE file_message (
    id {uuid} NOT NULL PRIMARY KEY,
    file_id {uuid} NOT NULL,
    ordinal {integer} NOT NULL,
    message_id {uuid} NOT NULL,
    verdict {key_text} NOT NULL,
    run {integer} NOT NULL,
    header {bytes}
) {clustered};

CREATE INDEX file_message_rejected ON file_message (id) WHERE verdict = 'rejected';

CREATE INDEX message_by_organization ON message (organization_id, id);
