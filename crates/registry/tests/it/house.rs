//! A registry to test against: temporary, on SQLite or PostgreSQL, with three organizations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use bluebonnet_registry::{Admission, MessageAnswer, NewAccount, NewOrganization, Options, Profile, Registry};
use codes::CodeSets;
use jiff::Timestamp;
use model::{AccountId, AccountKind, Caller, Channel, MessageId, OrganizationId, OrganizationKind, Receipt};
use store::{AuditFilter, AuditRecord, Database, DatabaseUrl};
use uuid::Uuid;

#[path = "../../../store/tests/it/postgres_cluster.rs"]
mod postgres_cluster;

use postgres_cluster::{Availability, PostgresCluster};

/// 15 January 2026, 18:00 UTC: a Thursday noon in Texas.
pub(crate) const NOON: &str = "2026-01-15T18:00:00Z";

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A registry and everything that must outlive it.
pub(crate) struct House {
    pub(crate) registry: Registry,
    pub(crate) database: Database,
    url: DatabaseUrl,
    next: AtomicU64,
    _folder: Option<tempfile::TempDir>,
    _cluster: Option<Arc<PostgresCluster>>,
}

/// Runs a story on each database, under a profile.
pub(crate) fn on_each_database(profile: &str, story: impl AsyncFn(&House)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    let house = House::on_sqlite(profile);
    runtime.block_on(story(&house));
    drop(house);
    if let Some(house) = House::on_postgres(profile) {
        runtime.block_on(story(&house));
    }
}

pub(crate) fn texas() -> String {
    read_profile("texas.toml")
}

pub(crate) fn example() -> String {
    read_profile("example.toml")
}

fn read_profile(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles").join(name);
    std::fs::read_to_string(path).expect("the profiles are part of the project")
}

/// The server that the tests running now share; it stops when none of them needs it any more.
fn shared_cluster() -> Option<Arc<PostgresCluster>> {
    static SHARED: Mutex<Weak<PostgresCluster>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(cluster) = shared.upgrade() {
        return Some(cluster);
    }
    match PostgresCluster::start(&["fsync=off"]).expect("PostgreSQL starts") {
        Availability::Running(cluster) => {
            let cluster = Arc::new(cluster);
            *shared = Arc::downgrade(&cluster);
            Some(cluster)
        }
        Availability::NotInstalled(reason) => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}, but CI needs it");
            eprintln!("skipped on PostgreSQL: {reason}");
            None
        }
    }
}

impl House {
    fn on_sqlite(profile: &str) -> House {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        House::open(&url, profile, Some(folder), None)
    }

    fn on_postgres(profile: &str) -> Option<House> {
        let cluster = shared_cluster()?;
        let address = cluster.new_database().expect("the cluster makes a database");
        let url = DatabaseUrl::parse(&address).expect("the cluster's address is one");
        Some(House::open(&url, profile, None, Some(cluster)))
    }

    fn open(
        url: &DatabaseUrl,
        profile: &str,
        folder: Option<tempfile::TempDir>,
        cluster: Option<Arc<PostgresCluster>>,
    ) -> House {
        let database = Database::open(url, &store::Options::default()).expect("the database opens");
        database.migrate().expect("the schema is made");
        let profile = Profile::parse(profile).expect("the profile can be used");
        let options = Options { lanes: 2, secret: [3; 32] };
        let registry = Registry::open(database.clone(), profile, CodeSets::builtin().clone(), &options)
            .expect("the registry opens");
        let url = url.clone();
        let house = House { registry, database, url, next: AtomicU64::new(1), _folder: folder, _cluster: cluster };
        house.settle();
        house
    }

    /// A second registry on the same database, as another node has it.
    pub(crate) fn another_node(&self) -> Registry {
        let options = Options { lanes: 1, secret: [4; 32] };
        let profile = self.registry.profile().clone();
        Registry::open(self.database.clone(), profile, CodeSets::builtin().clone(), &options)
            .expect("the registry opens")
    }

    /// A node of its own on the same database: nothing but the database is between them.
    pub(crate) fn node_elsewhere(&self) -> Registry {
        let options = store::Options { node: "elsewhere".into(), ..store::Options::default() };
        let database = Database::open(&self.url, &options).expect("the database opens");
        let options = Options { lanes: 1, secret: [5; 32] };
        Registry::open(database, self.registry.profile().clone(), CodeSets::builtin().clone(), &options)
            .expect("the registry opens")
    }

    /// The bytes of the database's files, where it has files of its own.
    pub(crate) fn file_bytes(&self) -> Option<Vec<u8>> {
        let folder = self._folder.as_ref()?;
        let files = std::fs::read_dir(folder.path()).expect("the folder is there");
        let paths = files.map(|file| file.expect("a file").path());
        Some(paths.flat_map(|path| std::fs::read(path).expect("a file is read")).collect())
    }

    /// Adds an organization, or a site of one.
    pub(crate) fn add_organization(&self, code: &str, kind: OrganizationKind, parent: Option<&str>) {
        let new = NewOrganization {
            id: OrganizationId(self.uuid()),
            code: code.into(),
            name: code.to_lowercase(),
            kind,
            parent_code: parent.map(str::to_owned),
            aliases: Vec::new(),
        };
        self.registry.add_organization(&self.admission(), new).expect("the organization is new");
    }

    /// A clinic with one site, a pharmacy, and an account of each.
    fn settle(&self) {
        let admission = self.admission();
        for (code, kind, parent) in [
            ("CLINIC", OrganizationKind::Clinic, None),
            ("CLINIC-SITE", OrganizationKind::Clinic, Some("CLINIC")),
            ("PHARMACY", OrganizationKind::Pharmacy, None),
        ] {
            self.add_organization(code, kind, parent);
        }
        for (username, organization) in [("clinic-ehr", "CLINIC"), ("pharmacy-ehr", "PHARMACY")] {
            let new = NewAccount {
                id: AccountId(self.uuid()),
                organization_code: organization.into(),
                kind: AccountKind::WebService,
                username: username.into(),
                password: PASSWORD.into(),
                salt: [9; 16],
                full_name: String::new(),
                email: String::new(),
                role: None,
            };
            self.registry.add_account(&admission, new).expect("the account is new");
        }
    }

    pub(crate) fn admission(&self) -> Admission {
        self.registry.gate().admit(Channel::WebService).expect("the gate is open")
    }

    pub(crate) fn caller(&self, organization: &str) -> Caller {
        self.registry.operator(&self.admission(), organization).expect("the organization exists")
    }

    /// The newest line of the audit trail.
    pub(crate) fn newest_line(&self) -> AuditRecord {
        let organizations = self.registry.organizations(&self.admission()).into_iter();
        let newest = organizations.filter_map(|organization| {
            let filter = AuditFilter { organization_id: organization.id, account_id: None, before: None, after: None };
            self.database.audit_of_organization(&filter, 1).expect("the trail is read").pop()
        });
        newest.max_by_key(|line| line.entry.at).expect("somebody did something")
    }

    /// A UUID v7 that differs from all others of this house and grows with time.
    pub(crate) fn uuid(&self) -> Uuid {
        let number = u128::from(self.next.fetch_add(1, Ordering::Relaxed));
        Uuid::from_u128(((0x019B_C000_0000 + number) << 80) | (7 << 76) | (2 << 62) | number)
    }

    pub(crate) fn receipt(&self) -> Receipt {
        let message_id = MessageId(self.uuid());
        let seconds = self.next.load(Ordering::Relaxed) as i64;
        let noon: Timestamp = NOON.parse().expect("a timestamp");
        self.registry.receipt(&self.admission(), message_id, noon + jiff::SignedDuration::from_secs(seconds))
    }

    /// The instant of the next receipt.
    pub(crate) fn now(&self) -> Timestamp {
        self.receipt().received_at
    }

    /// The rows of a table.
    pub(crate) fn rows(&self, table: &str) -> u64 {
        let statistics = self.registry.statistics(&self.admission()).expect("the registry counts");
        statistics.tables.iter().find(|(name, _)| *name == table).map_or(0, |(_, count)| *count)
    }

    /// Sends text as it is; gives the HL7 answer, its segments ended by line feeds for reading.
    pub(crate) async fn send(&self, organization: &str, message: &str) -> String {
        self.send_under(organization, self.receipt(), message).await
    }

    /// Sends text as it is at an instant.
    pub(crate) async fn send_at(&self, at: &str, organization: &str, message: &str) -> String {
        let at = at.parse().expect("a timestamp");
        let receipt = self.registry.receipt(&self.admission(), MessageId(self.uuid()), at);
        self.send_under(organization, receipt, message).await
    }

    async fn send_under(&self, organization: &str, receipt: Receipt, message: &str) -> String {
        self.receive(&self.caller(organization), receipt, message).await
    }

    /// Sends text as it is, as somebody.
    pub(crate) async fn send_as(&self, caller: &Caller, message: &str) -> String {
        self.receive(caller, self.receipt(), message).await
    }

    async fn receive(&self, caller: &Caller, receipt: Receipt, message: &str) -> String {
        self.receive_at(&self.registry, caller, receipt, message).await
    }

    /// Sends text to a node.
    pub(crate) async fn send_to(&self, node: &Registry, organization: &str, message: &str) -> String {
        self.receive_at(node, &self.caller(organization), self.receipt(), message).await
    }

    async fn receive_at(&self, node: &Registry, caller: &Caller, receipt: Receipt, message: &str) -> String {
        let message = message.replace('\n', "\r").into_bytes();
        let admission = node.gate().admit(Channel::WebService).expect("the gate is open");
        let answer = node.receive_message(&admission, caller, receipt, message).await.expect("the registry serves");
        match answer {
            MessageAnswer::Hl7(text) => text.replace('\r', "\n"),
            other => panic!("no HL7 answer but {other:?}"),
        }
    }

    /// Sends a report of a person with these segments after PID; the control id is new.
    pub(crate) async fn report(&self, organization: &str, person: &Person, segments: &str) -> String {
        let control_id = format!("R{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.send(organization, &vxu(&control_id, person, segments)).await
    }

    /// Asks for a person's history by name, birth date and sex.
    pub(crate) async fn ask(&self, organization: &str, profile: &str, person: &Person) -> String {
        let control_id = format!("Q{}", self.next.fetch_add(1, Ordering::Relaxed));
        self.send(organization, &qbp(&control_id, profile, person)).await
    }
}

/// Whom a test is about.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) mrn: &'static str,
    pub(crate) family: &'static str,
    pub(crate) given: &'static str,
    pub(crate) suffix: &'static str,
    pub(crate) birth_date: &'static str,
    pub(crate) sex: &'static str,
    /// PID fields from 9 on, as `|11=value` pairs would be clumsy: the text after PID-8.
    pub(crate) rest: &'static str,
    /// PD1, whole; empty for none.
    pub(crate) pd1: &'static str,
}

pub(crate) const MARIA: Person = Person {
    mrn: "M-100",
    family: "Garza",
    given: "Maria",
    suffix: "",
    birth_date: "20240310",
    sex: "F",
    rest: "|2106-3^White^CDCREC|12 Live Oak St^^Laredo^TX^78040^USA^H||^PRN^PH^^^956^5550142",
    pd1: "",
};

pub(crate) const WITH_CONSENT: &str = "PD1||||||||||||TXY|20240311\n";

pub(crate) fn vxu(control_id: &str, person: &Person, segments: &str) -> String {
    let Person { mrn, family, given, suffix, birth_date, sex, rest, pd1 } = person;
    format!(
        "MSH|^~\\&|EHR|SENDER|IIS|REG|20260115120000-0600||VXU^V04^VXU_V04|{control_id}|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS\n\
         PID|1||{mrn}^^^EHR^MR||{family}^{given}^^{suffix}^^^L||{birth_date}|{sex}|{rest}\n\
         {pd1}NK1|1|Garza^Ana^^^^^L|MTH^Mother^HL70063\n{segments}"
    )
}

pub(crate) fn qbp(control_id: &str, profile: &str, person: &Person) -> String {
    let name = if profile == "Z44" { "Request Evaluated History and Forecast" } else { "Request Immunization History" };
    let Person { family, given, suffix, birth_date, sex, .. } = person;
    format!(
        "MSH|^~\\&|EHR|SENDER|IIS|REG|20260115120000-0600||QBP^Q11^QBP_Q11|{control_id}|P|2.5.1|||ER|AL|||||{profile}^CDCPHINVS\n\
         QPD|{profile}^{name}^CDCPHINVS|tag-{control_id}||{family}^{given}^^{suffix}^^^L||{birth_date}|{sex}\n\
         RCP|I|5^RD&Records&HL70126\n"
    )
}

/// A dose that the sender gave: CVX, date, its own order id.
pub(crate) fn given(cvx: &str, on: &str, order_id: &str) -> String {
    format!(
        "ORC|RE||{order_id}^EHR\n\
         RXA|0|1|{on}||{cvx}^vaccine^CVX|0.5|mL^mL^UCUM||00^New immunization record^NIP001||||||L{order_id}|20270101|MSD^Merck^MVX|||CP|A\n\
         RXR|C28161^Intramuscular^NCIT|LT^Left Thigh^HL70163\n\
         OBX|1|CE|64994-7^Eligibility^LN|1|V01^Not eligible^HL70064||||||F|||{on}|||VXC40^per immunization^CDCPHINVS\n\
         OBX|2|CE|30956-7^Vaccine type^LN|2|{cvx}^vaccine^CVX||||||F\n\
         OBX|3|TS|29768-9^Date published^LN|2|20200101||||||F\n\
         OBX|4|TS|29769-7^Date presented^LN|2|{on}||||||F\n"
    )
}

/// A dose that the sender was told of.
pub(crate) fn told(cvx: &str, on: &str, order_id: &str) -> String {
    format!("ORC|RE||{order_id}^EHR\nRXA|0|1|{on}||{cvx}^vaccine^CVX|999|||01^Historical^NIP001|||||||||||CP|A\n")
}

/// Segments of one kind.
pub(crate) fn segments<'a>(message: &'a str, kind: &str) -> Vec<&'a str> {
    message.lines().filter(|line| line.starts_with(kind)).collect()
}

/// A field of the first segment of a kind; MSH counts as HL7 counts it.
pub(crate) fn field<'a>(message: &'a str, kind: &str, number: usize) -> &'a str {
    let number = if kind == "MSH" { number - 1 } else { number };
    segments(message, kind).first().and_then(|segment| segment.split('|').nth(number)).unwrap_or_default()
}

/// What every message about a person alone is told: no dose came.
pub(crate) const NO_DOSE_CAME: &str = "IEE-142";

/// The registry's codes of the findings of an answer (`IEE-513`), without that: it is none about the person.
pub(crate) fn findings(message: &str) -> Vec<&str> {
    all_findings(message).into_iter().filter(|code| *code != NO_DOSE_CAME).collect()
}

/// All of them.
pub(crate) fn all_findings(message: &str) -> Vec<&str> {
    let texts = segments(message, "ERR").into_iter().filter_map(|segment| segment.split('|').nth(8));
    texts.filter_map(|text| text.split("::").next()).collect()
}
