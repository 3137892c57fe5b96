//! PostgreSQL over TLS: only a server whose certificate is trusted is spoken to.

use std::path::Path;

use store::{Database, DatabaseUrl, Options, StoreError};

use crate::postgres_cluster::{Availability, PostgresCluster};

fn open(url: &str, root_certificates: Option<&Path>) -> Result<Database, StoreError> {
    let url = match root_certificates {
        Some(path) => format!("{url}?sslrootcert={}&application_name=test", path.display()),
        None => url.to_owned(),
    };
    Database::open(&DatabaseUrl::Postgres(url), &Options::default())
}

#[test]
fn a_server_is_trusted_by_the_certificate_that_the_url_names() {
    let certificate = || rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (trusted, other) = (certificate(), certificate());
    let settings = ["ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"];
    let files = [("server.crt", &*trusted.cert.pem()), ("server.key", &*trusted.signing_key.serialize_pem())];
    let cluster = match PostgresCluster::start_with_files(&settings, &files).expect("the server starts") {
        Availability::Running(cluster) => cluster,
        Availability::NotInstalled(reason) => return println!("skipped: {reason}"),
    };
    let url = cluster.new_database().expect("a new database");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("the file can be written");
        path
    };

    let database = open(&url, Some(&file("trusted.pem", &trusted.cert.pem()))).expect("the certificate is trusted");
    database.migrate().expect("migrates");
    assert!(open(&url, Some(&file("other.pem", &other.cert.pem()))).is_err(), "another certificate is not trusted");
    let by_another_name = url.replace("127.0.0.1", "localhost");
    assert!(open(&by_another_name, Some(&folder.path().join("trusted.pem"))).is_err(), "the name is checked");
    let missing = open(&url, Some(&folder.path().join("missing.pem"))).err();
    assert!(matches!(missing, Some(StoreError::UrlInvalid { .. })), "{missing:?}");
    let trusting_anyone = open(&format!("{url}?sslmode=require"), None).err();
    assert!(matches!(trusting_anyone, Some(StoreError::UrlInvalid { .. })), "{trusting_anyone:?}");
}
