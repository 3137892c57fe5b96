//! A web service to talk to: its registry is real and temporary, on SQLite, with two organizations.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use model::{AccountId, AccountKind, Channel, OrganizationId, OrganizationKind};
use registry::setup::{Database, DatabaseOptions, DatabaseUrl, load_code_sets};
use registry::{NewAccount, NewOrganization, Options, Profile, Registry};
use tower::ServiceExt;
use uuid::Uuid;
use webservice::{Settings, WebService, router};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const BODY_BYTES_MAXIMUM: usize = 64 * 1024;

pub(crate) struct House {
    pub(crate) registry: Registry,
    router: Router,
    _folder: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer within the envelope, with its carriage returns.
    pub(crate) fn answer(&self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/soap+xml; charset=utf-8");
        let (_, answer) = self.body.split_once("<return>").expect("an answer is returned");
        let (answer, _) = answer.split_once("</return>").expect("the answer ends");
        answer.replace("&#xD;", "\r").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
    }
}

impl House {
    pub(crate) fn new() -> House {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        let database = Database::open(&url, &DatabaseOptions::default()).expect("the database opens");
        database.migrate().expect("the schema is made");
        let profile = Profile::parse(include_str!("../../../../profiles/example.toml")).expect("the profile is right");
        let codes = load_code_sets(&database).expect("the code tables are right");
        let registry = Registry::open(database, profile, codes, &Options { lanes: 1, secret: [3; 32] })
            .expect("the registry opens");
        settle(&registry);
        let settings = Settings { body_bytes_maximum: BODY_BYTES_MAXIMUM, ..Settings::default() };
        let router = router(WebService::new(registry.clone(), settings));
        House { registry, router, _folder: folder }
    }

    pub(crate) async fn post(&self, envelope: impl Into<Body>) -> Reply {
        let request = Request::post("/webservice").header("content-type", "application/soap+xml; charset=utf-8");
        self.send(request.body(envelope.into()).expect("a request")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).header("host", "iis.example.org:8080");
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("a router always answers");
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("the body is at hand");
        let body = String::from_utf8(body.into()).expect("the body is UTF-8");
        Reply { status: head.status, headers: head.headers, body }
    }
}

/// A clinic with an account, and a pharmacy.
fn settle(registry: &Registry) {
    let admission = registry.gate().admit(Channel::WebService).expect("the gate is open");
    for (number, code) in [(1, "CLINIC"), (2, "PHARMACY")] {
        let new = NewOrganization {
            id: OrganizationId(uuid(number)),
            code: code.into(),
            name: code.to_lowercase(),
            kind: OrganizationKind::Clinic,
            parent_code: None,
            aliases: Vec::new(),
        };
        registry.add_organization(&admission, new).expect("the organization is new");
    }
    let new = NewAccount {
        id: AccountId(uuid(3)),
        organization_code: "CLINIC".into(),
        kind: AccountKind::WebService,
        username: "clinic-ehr".into(),
        password: PASSWORD.into(),
        salt: [9; 16],
        full_name: String::new(),
        email: String::new(),
        role: None,
    };
    registry.add_account(&admission, new).expect("the account is new");
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128((0x019B_C000_0000 << 80) | (7 << 76) | (2 << 62) | number)
}

pub(crate) fn envelope(body: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:urn=\"urn:cdc:iisb:2011\">\
        <soap:Header/><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
}

pub(crate) fn connectivity_test(text: &str) -> String {
    envelope(&format!("<urn:connectivityTest><urn:echoBack>{text}</urn:echoBack></urn:connectivityTest>"))
}

pub(crate) fn submit_as(username: &str, password: &str, facility: &str, message: &str) -> String {
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
    envelope(&format!(
        "<urn:submitSingleMessage><urn:username>{username}</urn:username><urn:password>{password}</urn:password>\
        <urn:facilityID>{facility}</urn:facilityID><urn:hl7Message>{message}</urn:hl7Message></urn:submitSingleMessage>"
    ))
}

pub(crate) fn submit(message: &str) -> String {
    submit_as("clinic-ehr", PASSWORD, "CLINIC", message)
}

/// A report of one dose.
pub(crate) const VXU: &str = "MSH|^~\\&|EHR|CLINIC|IIS|REG|20260115120000-0600||VXU^V04^VXU_V04|M1|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS\r\
    PID|1||M-100^^^EHR^MR||Garza^Maria^^^^^L||20240310|F\r\
    ORC|RE||D-1^EHR\r\
    RXA|0|1|20250310||03^MMR^CVX|999|||01^Historical^NIP001|||||||||||CP|A\r";
