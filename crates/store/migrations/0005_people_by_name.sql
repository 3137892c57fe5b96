-- People are found by name alone, too, where no birth date is known.

CREATE INDEX patient_by_name ON patient (lower(family_name), lower(given_name));
