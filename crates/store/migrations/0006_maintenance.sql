-- Maintenance windows, whom they turned away, and whose clocks differ.

-- One row is one maintenance window. The document is the whole of it, as JSON; the columns repeat what is searched for.
CREATE TABLE maintenance_window (
    id {uuid} NOT NULL PRIMARY KEY,
    version {integer} NOT NULL,
    state {key_text} NOT NULL,
    starts_at {instant} NOT NULL,
    ends_at {instant} NOT NULL,
    document TEXT NOT NULL
) {clustered};

-- One row is how often one sender was turned away at one door during one maintenance window.
CREATE TABLE maintenance_refusal (
    window_id {uuid} NOT NULL,
    channel {key_text} NOT NULL,
    address {key_text} NOT NULL,
    name {key_text} NOT NULL,
    refusal_count {integer} NOT NULL,
    first_at {instant} NOT NULL,
    last_at {instant} NOT NULL,
    returned_at {instant},
    PRIMARY KEY (window_id, channel, address, name)
) {clustered};

-- One row is an organization whose clocks are not the registry's; its sites go by the same.
CREATE TABLE organization_time_zone (
    organization_id {uuid} NOT NULL PRIMARY KEY,
    time_zone TEXT NOT NULL
) {clustered};
