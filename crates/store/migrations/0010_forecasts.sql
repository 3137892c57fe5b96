-- What the forecast found when it last went over everybody, for lists and reports that concern many people. The registry's answers
-- about one person are made anew, and never taken from here.

-- One row is one person's forecast as it was last made: which schedule, on which day, and how every vaccine group stood, packed.
CREATE TABLE patient_forecast (
    patient_id {uuid} NOT NULL PRIMARY KEY,
    patient_version {integer} NOT NULL,
    schedule TEXT NOT NULL,
    assessed_on {date} NOT NULL,
    valid_dose_count {small} NOT NULL,
    other_dose_count {small} NOT NULL,
    standings {bytes}
) {clustered_updated};

-- One row is one vaccine group in which one person needs a dose, with its dates.
CREATE TABLE patient_due (
    patient_id {uuid} NOT NULL,
    vaccine_group {key_text} NOT NULL,
    is_for_risk {boolean} NOT NULL,
    dose_number {small} NOT NULL,
    earliest_on {date} NOT NULL,
    recommended_on {date} NOT NULL,
    past_due_on {date},
    latest_on {date},
    PRIMARY KEY (patient_id, vaccine_group)
) {clustered};
