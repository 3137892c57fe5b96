//! Who takes part in the demonstration. Nobody here exists.

use model::{OrganizationKind, Role};

/// An organization to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrganizationPlan {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(super) kind: OrganizationKind,
    /// Its record system, MSH-3; empty when it sends nothing.
    pub(super) application: &'static str,
    /// The beginning of its user names.
    pub(super) short_name: &'static str,
    /// The people who sign in: name and role.
    pub(super) users: &'static [(&'static str, Role)],
    pub(super) sites: &'static [SitePlan],
}

/// A site to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct SitePlan {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
}

const fn site(code: &'static str, name: &'static str) -> SitePlan {
    SitePlan { code, name }
}

const ADMINISTRATOR: Role = Role::OrganizationAdministrator;
const CLINICIAN: Role = Role::FullAccessClinician;

/// Organizations of different kinds, and the registry's own office: together they have a person of every role.
pub(super) const ORGANIZATIONS: [OrganizationPlan; 6] = [
    OrganizationPlan {
        code: "BCHD1000",
        name: "Bluebonnet County Health Department",
        kind: OrganizationKind::HealthDepartment,
        application: "CountyHealth",
        short_name: "county",
        users: &[
            ("Rosa Delgado", ADMINISTRATOR),
            ("Harold Kim", CLINICIAN),
            ("Denise Porter", Role::ViewOnly),
            ("Olga Reyes", Role::ReportsOnly),
        ],
        sites: &[
            site("BCHD1001", "Bluebonnet County, Main Street Clinic"),
            site("BCHD1002", "Bluebonnet County, Mobile Clinic"),
        ],
    },
    OrganizationPlan {
        code: "LOAK2000",
        name: "Lone Oak Pharmacies",
        kind: OrganizationKind::Pharmacy,
        application: "OakRx",
        short_name: "loneoak",
        users: &[
            ("Marcus Hill", ADMINISTRATOR),
            ("Priya Raman", CLINICIAN),
            ("Devon Clarke", Role::DataExchangeContact),
        ],
        sites: &[
            site("LOAK2001", "Lone Oak Pharmacy, Courthouse Square"),
            site("LOAK2002", "Lone Oak Pharmacy, River Road"),
            site("LOAK2003", "Lone Oak Pharmacy, Airport"),
        ],
    },
    OrganizationPlan {
        code: "LCPG3000",
        name: "Little Creek Pediatric Group",
        kind: OrganizationKind::Clinic,
        application: "CreekChart",
        short_name: "littlecreek",
        users: &[("Amy Nguyen", ADMINISTRATOR), ("Carlos Medina", CLINICIAN), ("Beth Sowell", Role::ViewOnly)],
        sites: &[
            site("LCPG3001", "Little Creek Pediatrics, North"),
            site("LCPG3002", "Little Creek Pediatrics, South"),
        ],
    },
    OrganizationPlan {
        code: "CEDR4000",
        name: "Cedar Hollow School District",
        kind: OrganizationKind::School,
        application: "",
        short_name: "cedarhollow",
        users: &[("Gloria Tran", Role::SchoolNurse)],
        sites: &[],
    },
    OrganizationPlan {
        code: "SUNF5000",
        name: "Sunflower Child Care",
        kind: OrganizationKind::ChildCare,
        application: "",
        short_name: "sunflower",
        users: &[("Hannah Brooks", Role::ChildCareView)],
        sites: &[],
    },
    OrganizationPlan {
        code: "IISO9000",
        name: "Registry Office",
        kind: OrganizationKind::Registry,
        application: "",
        short_name: "registry",
        users: &[
            ("Joan Whitfield", Role::RegistryAdministrator),
            ("Samuel Ortiz", Role::RegistryAnalyst),
            ("Wendy Abara", Role::HelpDesk),
            ("Victor Lang", Role::MaintenanceOperator),
        ],
        sites: &[],
    },
];
