//! Organizations and their sites: a tree, in which a parent answers for those below.

use serde::{Deserialize, Serialize};

use crate::OrganizationId;

/// An organization, or a site of one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// The code it sends as facility and is known by (`BURL6343`); unique, compared without case.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: OrganizationKind,
    /// The organization it is a site of.
    pub parent_id: Option<OrganizationId>,
    /// Other names under which its messages arrive (OIDs, old import codes).
    pub aliases: Vec<String>,
    /// Whether it may send and ask.
    pub is_active: bool,
}

/// What an organization is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationKind {
    /// A private or public clinic.
    Clinic,
    /// A hospital.
    Hospital,
    /// A pharmacy or chain of them.
    Pharmacy,
    /// A local or regional health department.
    HealthDepartment,
    /// A federally qualified or rural health center.
    HealthCenter,
    /// A school or school district.
    School,
    /// A child-care facility.
    ChildCare,
    /// A health plan.
    HealthPlan,
    /// A health information exchange.
    HealthInformationExchange,
    /// The registry itself.
    Registry,
}

impl OrganizationKind {
    /// All kinds, for pick lists and parsing.
    pub const ALL: [OrganizationKind; 10] = [
        OrganizationKind::Clinic,
        OrganizationKind::Hospital,
        OrganizationKind::Pharmacy,
        OrganizationKind::HealthDepartment,
        OrganizationKind::HealthCenter,
        OrganizationKind::School,
        OrganizationKind::ChildCare,
        OrganizationKind::HealthPlan,
        OrganizationKind::HealthInformationExchange,
        OrganizationKind::Registry,
    ];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            OrganizationKind::Clinic => "clinic",
            OrganizationKind::Hospital => "hospital",
            OrganizationKind::Pharmacy => "pharmacy",
            OrganizationKind::HealthDepartment => "health_department",
            OrganizationKind::HealthCenter => "health_center",
            OrganizationKind::School => "school",
            OrganizationKind::ChildCare => "child_care",
            OrganizationKind::HealthPlan => "health_plan",
            OrganizationKind::HealthInformationExchange => "health_information_exchange",
            OrganizationKind::Registry => "registry",
        }
    }

    /// Whether its people treat people, carry what those who treat them need, or look after the registry itself.
    pub fn treats(self) -> bool {
        match self {
            OrganizationKind::School | OrganizationKind::ChildCare | OrganizationKind::HealthPlan => false,
            OrganizationKind::Clinic
            | OrganizationKind::Hospital
            | OrganizationKind::Pharmacy
            | OrganizationKind::HealthDepartment
            | OrganizationKind::HealthCenter
            | OrganizationKind::HealthInformationExchange
            | OrganizationKind::Registry => true,
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<OrganizationKind> {
        OrganizationKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
