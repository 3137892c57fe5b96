//! Who knocks: accounts of programs and of people.

use serde::{Deserialize, Serialize};

use crate::{AccountId, OrganizationId, Role};

/// A credential holder of an organization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Where it belongs.
    pub organization_id: OrganizationId,
    /// Program or person.
    pub kind: AccountKind,
    /// Unique, compared without case.
    pub username: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// A person's name; empty for programs.
    pub full_name: String,
    /// Where to reach the person, or the contact of the program.
    pub email: String,
    /// What a person is to the registry; `None` for programs.
    pub role: Option<Role>,
    /// Whether it may be used.
    pub is_active: bool,
    /// The tag (BCP 47) of the language in which a person signed in last: that of their mail. `None` until they did.
    pub language: Option<String>,
}

/// Whether a program or a person signs in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A program, at the web service.
    WebService,
    /// A person, at the web application.
    WebUser,
}

impl AccountKind {
    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            AccountKind::WebService => "web_service",
            AccountKind::WebUser => "web_user",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<AccountKind> {
        [AccountKind::WebService, AccountKind::WebUser].into_iter().find(|kind| kind.word() == word)
    }
}

/// Who is asking, after their credentials were checked: the account, and the organization it speaks for in this call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The account; `None` for the operator at the command line.
    pub account_id: Option<AccountId>,
    /// What the audit shows.
    pub username: String,
    /// The organization spoken for: the account's own, or a site below it.
    pub organization_id: OrganizationId,
    /// That organization's code.
    pub organization_code: String,
    /// What the caller is: this decides what they may do.
    pub standing: Standing,
}

/// What a caller is to the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The operator at the command line of the machine, who may do everything.
    Operator,
    /// A program, which sends and asks, and administers nothing.
    Program,
    /// A person who signed in, in this role.
    Person(Role),
}
