-- Merges of records, what each of them moved, and what reviewers decided about possible matches.

-- One row is one merge of two records of one person. Undone_at is NULL while it holds.
CREATE TABLE merge (
    id {uuid} NOT NULL PRIMARY KEY,
    survivor_id {uuid} NOT NULL,
    retired_id {uuid} NOT NULL,
    merged_at {instant} NOT NULL,
    account_id {uuid},
    organization_id {uuid} NOT NULL,
    reason TEXT NOT NULL,
    undone_at {instant}
) {table};

CREATE INDEX merge_by_survivor ON merge (survivor_id);

CREATE INDEX merge_by_retired ON merge (retired_id);

-- One row is one report, dose or consent that a merge moved. Event_id is the vaccination that a dose belonged to before.
CREATE TABLE merge_part (
    merge_id {uuid} NOT NULL,
    part_id {uuid} NOT NULL,
    event_id {uuid},
    PRIMARY KEY (merge_id, part_id)
) {clustered};

-- One row is what a reviewer decided about two records that may be of one person.
CREATE TABLE review_decision (
    patient_id {uuid} NOT NULL,
    candidate_id {uuid} NOT NULL,
    decision TEXT NOT NULL,
    decided_at {instant} NOT NULL,
    account_id {uuid},
    organization_id {uuid} NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (patient_id, candidate_id)
) {clustered};
