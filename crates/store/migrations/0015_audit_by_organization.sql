-- What the people and programs of an organization did, newest first, however much others did since. The account stands
-- in the index so that what one of many did is found without reading the lines of all.

CREATE INDEX audit_by_organization ON audit (organization_id, happened_at, account_id);
