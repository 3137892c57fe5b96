-- What a registry of a whole state is asked for all the time, found without reading the rest.

-- What the people and programs of an organization did, newest first, however much others did since. The account stands
-- in the index so that what one of many did is found without reading the lines of all.
CREATE INDEX audit_by_organization ON audit (organization_id, happened_at, account_id);

-- Notices that wait, each way by itself: tens of thousands of mails wait for their server at a time.
DROP INDEX notice_delivery_by_state;

CREATE INDEX notice_delivery_by_state ON notice_delivery (state, way, next_try_at);
