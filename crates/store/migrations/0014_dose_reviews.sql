-- Doses that may be one, what reviewers decided about them, and who was found not to be the same as another.

-- What reviewers decided about a report and others, as JSON; NULL while nothing was.
ALTER TABLE vaccination_report ADD COLUMN verdicts {bytes};

-- Whether a reviewer found the person not to be the same as another: then review_decision says whom.
ALTER TABLE patient ADD COLUMN is_told_apart {boolean};

UPDATE patient
SET is_told_apart = TRUE
WHERE id IN (SELECT patient_id FROM review_decision WHERE decision = 'not_the_same')
    OR id IN (SELECT candidate_id FROM review_decision WHERE decision = 'not_the_same');

-- One row is two reports of doses of one person that may be of one dose, and what a reviewer decided about them.
CREATE TABLE dose_review (
    one_id {uuid} NOT NULL,
    other_id {uuid} NOT NULL,
    patient_id {uuid} NOT NULL,
    state {key_text} NOT NULL,
    opened_at {instant} NOT NULL,
    rule TEXT NOT NULL,
    decided_at {instant},
    account_id {uuid},
    organization_id {uuid},
    reason TEXT NOT NULL,
    PRIMARY KEY (one_id, other_id)
) {table};

CREATE INDEX dose_review_by_state ON dose_review (state, opened_at);

CREATE INDEX dose_review_by_patient ON dose_review (patient_id);
