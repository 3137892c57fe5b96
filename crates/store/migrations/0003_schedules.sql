-- Immunization schedules that operators load besides the one of the program. Which one is in use is a setting.

-- One row is one immunization schedule in the project's text form, or local rules to be laid over one.
CREATE TABLE schedule (
    name {key_text} NOT NULL PRIMARY KEY,
    is_local {boolean} NOT NULL,
    loaded_at {instant} NOT NULL,
    hash {bytes} NOT NULL,
    files {bytes}
) {table};
