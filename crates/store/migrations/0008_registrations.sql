-- How organizations come to the registry, and stay: registrations, agreements, reviews of who has access.

-- One row is one registration of an organization, or renewal of its agreement, from the first saved answer on. Its code
-- lets the applicant come back to it; only the hash is kept.
CREATE TABLE registration (
    id {uuid} NOT NULL PRIMARY KEY,
    code_hash {bytes} NOT NULL UNIQUE,
    state {key_text} NOT NULL,
    organization_id {uuid},
    answers {bytes},
    begun_at {instant} NOT NULL,
    changed_at {instant} NOT NULL,
    decided_at {instant},
    decided_by {uuid},
    note TEXT NOT NULL
) {clustered};

-- One row is the agreement of one organization that holds or held last.
CREATE TABLE agreement (
    organization_id {uuid} NOT NULL PRIMARY KEY,
    registration_id {uuid} NOT NULL,
    signed_by TEXT NOT NULL,
    begins_on {date} NOT NULL,
    ends_on {date} NOT NULL
) {clustered};

-- One row is the newest confirmation that one account is still needed.
CREATE TABLE access_review (
    account_id {uuid} NOT NULL PRIMARY KEY,
    reviewed_at {instant} NOT NULL,
    reviewed_by {uuid}
) {clustered};
