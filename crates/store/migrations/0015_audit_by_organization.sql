-- What the people and programs of an organization did, newest first, however much others did since.

CREATE INDEX audit_by_organization ON audit (organization_id, happened_at);
