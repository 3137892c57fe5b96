//! Roles, and what each may do: the types of the one table, `roles.toml`.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Table {
    roles: HashMap<Role, RoleRow>,
    rights: HashMap<Right, RightRow>,
}

#[derive(Deserialize)]
struct RoleRow {
    name: String,
    name_es: String,
    does: String,
    does_es: String,
    #[serde(default)]
    of_the_registry: bool,
}

#[derive(Deserialize)]
struct RightRow {
    does: String,
    does_es: String,
    may: HashMap<Role, Reach>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(include_str!("../roles.toml")).expect("roles.toml is part of the program"))
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "documented in roles.toml, sentence by sentence")]
        pub enum $name { $($variant,)+ }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant,)+];

            /// The word stored and typed.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<$name> {
                $name::ALL.into_iter().find(|known| known.word() == word)
            }
        }
    };
}

words! {
    /// What a person is to the registry. What each does stands in `roles.toml`.
    Role {
        RegistryAdministrator = "registry_administrator",
        RegistryAnalyst = "registry_analyst",
        HelpDesk = "help_desk",
        MaintenanceOperator = "maintenance_operator",
        OrganizationAdministrator = "organization_administrator",
        FullAccessClinician = "full_access_clinician",
        ViewOnly = "view_only",
        ReportsOnly = "reports_only",
        SchoolNurse = "school_nurse",
        ChildCareView = "child_care_view",
        DataExchangeContact = "data_exchange_contact",
    }
}

words! {
    /// What can be done by a person who signed in. What each is stands in `roles.toml`.
    Right {
        FindPerson = "find_person",
        ReadHealthFacts = "read_health_facts",
        AddPerson = "add_person",
        ChangePerson = "change_person",
        RecordDeath = "record_death",
        RecordDose = "record_dose",
        CorrectDose = "correct_dose",
        RecordConsent = "record_consent",
        DecideMatch = "decide_match",
        ReadReports = "read_reports",
        TryMessage = "try_message",
        ReadFiles = "read_files",
        SendFiles = "send_files",
        ChangeExchangeAccounts = "change_exchange_accounts",
        ReadOrganization = "read_organization",
        ChangeOrganization = "change_organization",
        ApproveRegistration = "approve_registration",
        ReadAccounts = "read_accounts",
        ChangeAccounts = "change_accounts",
        ReviewAccess = "review_access",
        ReadAudit = "read_audit",
        ReadAccessList = "read_access_list",
        OpenWithheld = "open_withheld",
        ReadOperations = "read_operations",
        ReadMaintenance = "read_maintenance",
        PlanMaintenance = "plan_maintenance",
        PassClosedDoor = "pass_closed_door",
        OwnAccount = "own_account",
    }
}

/// How an organization stands to the one that somebody acts for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Relation {
    /// It is the same.
    Same,
    /// It is a site below.
    Below,
    /// It stands above.
    Above,
    /// It has nothing to do with it.
    Other,
}

impl Relation {
    /// All of them.
    pub const ALL: [Relation; 4] = [Relation::Same, Relation::Below, Relation::Above, Relation::Other];
}

/// How far a right reaches from the organization that somebody acts for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// That organization alone.
    Own,
    /// It and the sites below it.
    Below,
    /// It, the sites below it and the organizations above it.
    Family,
    /// Every organization.
    All,
}

impl Reach {
    /// Whether an organization in this relation is within reach.
    pub fn covers(self, relation: Relation) -> bool {
        match self {
            Reach::Own => relation == Relation::Same,
            Reach::Below => matches!(relation, Relation::Same | Relation::Below),
            Reach::Family => relation != Relation::Other,
            Reach::All => true,
        }
    }
}

impl Role {
    fn row(self) -> &'static RoleRow {
        table().roles.get(&self).expect("a test holds roles.toml against the roles")
    }

    /// Its name for people, in English or Spanish.
    pub fn name(self, is_spanish: bool) -> &'static str {
        if is_spanish { &self.row().name_es } else { &self.row().name }
    }

    /// What it does, as a sentence, in English or Spanish.
    pub fn does(self, is_spanish: bool) -> &'static str {
        if is_spanish { &self.row().does_es } else { &self.row().does }
    }

    /// Whether only the registry's own office has it.
    pub fn is_of_the_registry(self) -> bool {
        self.row().of_the_registry
    }

    /// How far this role reaches with a right; `None` when it may not do it at all.
    pub fn reach(self, right: Right) -> Option<Reach> {
        right.row().may.get(&self).copied()
    }

    /// Whether this role may do it to an organization in this relation.
    pub fn may(self, right: Right, relation: Relation) -> bool {
        self.reach(right).is_some_and(|reach| reach.covers(relation))
    }
}

impl Right {
    fn row(self) -> &'static RightRow {
        table().rights.get(&self).expect("a test holds roles.toml against the rights")
    }

    /// What it is, in English or Spanish.
    pub fn does(self, is_spanish: bool) -> &'static str {
        if is_spanish { &self.row().does_es } else { &self.row().does }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_role_and_every_action() {
        for role in Role::ALL {
            assert!(!role.name(false).is_empty() && !role.does(true).is_empty());
            assert_eq!(serde_json::to_value(role).expect("a word"), role.word());
            assert!(Right::ALL.into_iter().any(|right| role.reach(right).is_some()), "{role:?} may do nothing");
        }
        for right in Right::ALL {
            assert!(!right.does(false).is_empty() && !right.does(true).is_empty());
            assert_eq!(serde_json::to_value(right).expect("a word"), right.word());
            assert!(!right.row().may.is_empty(), "nobody may {right:?}");
        }
        assert_eq!((table().roles.len(), table().rights.len()), (Role::ALL.len(), Right::ALL.len()));
    }

    #[test]
    fn only_roles_of_the_registry_reach_every_organization() {
        for role in Role::ALL.into_iter().filter(|role| !role.is_of_the_registry()) {
            for right in Right::ALL {
                assert!(!role.may(right, Relation::Other), "{role:?} may {right:?} anywhere");
            }
        }
    }

    #[test]
    fn each_reach_covers_its_relations_and_no_other() {
        let covered = |reach: Reach| Relation::ALL.map(|relation| reach.covers(relation));
        assert_eq!(covered(Reach::Own), [true, false, false, false]);
        assert_eq!(covered(Reach::Below), [true, true, false, false]);
        assert_eq!(covered(Reach::Family), [true, true, true, false]);
        assert_eq!(covered(Reach::All), [true; 4]);
    }

    #[test]
    fn the_documentation_shows_the_table_as_it_is() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/using/roles.md");
        let page = std::fs::read_to_string(path).expect("docs/using/roles.md is part of the project");
        let wanted = as_page_tables();
        assert!(page.contains(&wanted), "docs/using/roles.md should contain:\n{wanted}");
    }

    fn as_page_tables() -> String {
        let mut text = "| role | what it does |\n|---|---|\n".to_owned();
        for role in Role::ALL {
            text.push_str(&format!("| {} | {} |\n", role.name(false), role.does(false)));
        }
        text.push_str("\n| right |");
        Role::ALL.iter().for_each(|role| text.push_str(&format!(" {} |", role.name(false))));
        text.push_str(&format!("\n|---{}|\n", "|---".repeat(Role::ALL.len())));
        for right in Right::ALL {
            text.push_str(&format!("| {} |", right.does(false)));
            for role in Role::ALL {
                let reach = role.reach(right).map_or("", |reach| match reach {
                    Reach::Own => "own",
                    Reach::Below => "below",
                    Reach::Family => "family",
                    Reach::All => "all",
                });
                text.push_str(&format!(" {reach} |"));
            }
            text.push('\n');
        }
        text
    }
}
