-- What is left of whoever is destroyed, as nothing of them may be kept any longer: that they took consent back, and when.

-- One row is one kind of consent that somebody took back who was destroyed since. The id is nobody's number.
CREATE TABLE exclusion (
    id {uuid} NOT NULL,
    kind {key_text} NOT NULL,
    withdrawn_on {date} NOT NULL,
    PRIMARY KEY (id, kind)
) {clustered};

-- One row is one key (a keyed hash of names, birth date, identifiers) by which such a person is known again.
CREATE TABLE exclusion_key (
    key {integer} NOT NULL,
    exclusion_id {uuid} NOT NULL,
    PRIMARY KEY (key, exclusion_id)
) {clustered};

-- When the content of a message was destroyed with the person whom it named; NULL while nothing was.
ALTER TABLE message ADD COLUMN destroyed_at {instant};
