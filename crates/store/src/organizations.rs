//! Organizations, their sites and the names under which their messages arrive.

use std::collections::HashMap;

use model::{Organization, OrganizationId, OrganizationKind};

use crate::accounts::key;
use crate::database::Connection;
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_ORGANIZATION: &str = "
INSERT INTO organization (id, code, code_key, name, kind, parent_id, is_active)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const UPDATE_ORGANIZATION: &str = "
UPDATE organization
SET code = $2,
    code_key = $3,
    name = $4,
    kind = $5,
    parent_id = $6,
    is_active = $7
WHERE id = $1";

pub(crate) const LIST_ORGANIZATIONS: &str = "
SELECT id, code, name, kind, parent_id, is_active
FROM organization
ORDER BY code_key";

pub(crate) const FIND_ORGANIZATION: &str = "
SELECT id, code, name, kind, parent_id, is_active
FROM organization
WHERE id = $1";

/// By code, or else by alias.
pub(crate) const FIND_ORGANIZATION_ID: &str = "
SELECT id, 0 AS rank
FROM organization
WHERE code_key = $1
UNION ALL
SELECT organization_id, 1 AS rank
FROM organization_alias
WHERE alias_key = $1
ORDER BY rank
LIMIT 1";

pub(crate) const LIST_ALIASES: &str = "
SELECT organization_id, alias
FROM organization_alias
ORDER BY organization_id, place";

pub(crate) const FIND_ALIASES: &str = "
SELECT organization_id, alias
FROM organization_alias
WHERE organization_id = $1
ORDER BY place";

pub(crate) const REMOVE_ALIASES: &str = "
DELETE FROM organization_alias
WHERE organization_id = $1";

pub(crate) const INSERT_ALIAS: &str = "
INSERT INTO organization_alias (alias_key, alias, organization_id, place)
VALUES ($1, $2, $3, $4)";

impl Database {
    /// Adds an organization.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its code or an alias is taken.
    pub fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        let code_key = key(&organization.code);
        let values = organization_values(organization, &code_key);
        self.write_directory(|connection| {
            connection.execute(INSERT_ORGANIZATION, &values, "add an organization")?;
            insert_aliases(connection, organization)
        })
    }

    /// Replaces what is known of an organization, its aliases included.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its code or an alias is taken, or when there is no such organization.
    pub fn update_organization(&self, organization: &Organization) -> Result<(), StoreError> {
        const ATTEMPT: &str = "change an organization";
        let code_key = key(&organization.code);
        let values = organization_values(organization, &code_key);
        self.write_directory(|connection| {
            if connection.execute(UPDATE_ORGANIZATION, &values, ATTEMPT)? != 1 {
                return Err(StoreError::Conflict { attempted: ATTEMPT.to_owned() });
            }
            connection.execute(REMOVE_ALIASES, &[Value::Uuid(organization.id.0)], ATTEMPT)?;
            insert_aliases(connection, organization)
        })
    }

    /// All organizations, by code.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        self.read(|connection| read_organizations(connection, LIST_ORGANIZATIONS, LIST_ALIASES, &[]))
    }

    /// The organization of that id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        let values = [Value::Uuid(id.0)];
        let found = self.read(|connection| read_organizations(connection, FIND_ORGANIZATION, FIND_ALIASES, &values))?;
        Ok(found.into_iter().next())
    }

    /// The organization of that code or else of that alias, compared without case.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_organization_by_code(&self, code: &str) -> Result<Option<Organization>, StoreError> {
        let code_key = key(code);
        let values = [Value::text(&code_key)];
        let ids = self.read(|connection| {
            connection.query_as(FIND_ORGANIZATION_ID, &values, "find an organization", |row| row.uuid(0))
        })?;
        ids.first().map_or(Ok(None), |id| self.find_organization(OrganizationId(*id)))
    }
}

fn insert_aliases(connection: &mut Connection, organization: &Organization) -> Result<(), StoreError> {
    for (place, alias) in (0..).zip(&organization.aliases) {
        let alias_key = key(alias);
        let id = Value::Uuid(organization.id.0);
        let values = [Value::text(&alias_key), Value::text(alias), id, Value::Integer(place)];
        connection.execute(INSERT_ALIAS, &values, "add an alias of an organization")?;
    }
    Ok(())
}

fn read_organizations(
    connection: &mut Connection,
    organizations: &str,
    aliases: &str,
    values: &[Value<'_>],
) -> Result<Vec<Organization>, StoreError> {
    let mut found = connection.query_as(organizations, values, "read organizations", read_organization)?;
    let read_alias = |row: &dyn Columns| Ok((OrganizationId(row.uuid(0)?), row.string(1)?));
    let mut aliases_of: HashMap<OrganizationId, Vec<String>> = HashMap::new();
    for (id, alias) in connection.query_as(aliases, values, "read aliases of organizations", read_alias)? {
        aliases_of.entry(id).or_default().push(alias);
    }
    for organization in &mut found {
        organization.aliases = aliases_of.remove(&organization.id).unwrap_or_default();
    }
    Ok(found)
}

fn read_organization(row: &dyn Columns) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: OrganizationId(row.uuid(0)?),
        code: row.string(1)?,
        name: row.string(2)?,
        kind: row.word(3, OrganizationKind::parse)?,
        parent_id: row.optional_uuid(4)?.map(OrganizationId),
        is_active: row.boolean(5)?,
        aliases: Vec::new(),
    })
}

fn organization_values<'a>(organization: &'a Organization, code_key: &'a str) -> [Value<'a>; 7] {
    [
        Value::Uuid(organization.id.0),
        Value::text(&organization.code),
        Value::text(code_key),
        Value::text(&organization.name),
        Value::text(organization.kind.word()),
        Value::optional(organization.parent_id, |id| Value::Uuid(id.0)),
        Value::boolean(organization.is_active),
    ]
}
