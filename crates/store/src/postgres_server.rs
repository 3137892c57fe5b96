//! Which PostgreSQL server a URL means, and how its certificate is checked.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// The parameter of a URL that names the file of the certificates to trust, as libpq calls it.
const ROOT_CERTIFICATE: &str = "sslrootcert=";

/// A server, and how to reach it.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) config: Config,
    /// `None`: without TLS.
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads `postgres://user:password@host:port/name?sslrootcert=FILE`. With `sslrootcert`, TLS is required and the
    /// server's certificate and name are checked against that file's certificates; without, the connection is not
    /// encrypted.
    ///
    /// # Errors
    /// [`StoreError::UrlInvalid`] when it cannot be read, or asks for TLS without saying whom to trust.
    pub(crate) fn parse(url: &str) -> Result<Server, StoreError> {
        let invalid = |reason: String| StoreError::UrlInvalid { url: crate::database::without_password(url), reason };
        let (url_for_driver, root_certificate) = split_root_certificate(url);
        let mut config: Config =
            url_for_driver.parse().map_err(|error: tokio_postgres::Error| invalid(error.to_string()))?;
        let tls = match root_certificate {
            Some(path) => {
                config.ssl_mode(SslMode::Require);
                Some(connector(Path::new(path)).map_err(|reason| invalid(format!("{path}: {reason}")))?)
            }
            None if config.get_ssl_mode() == SslMode::Require => {
                return Err(invalid("sslmode=require needs sslrootcert=FILE, the certificates to trust".to_owned()));
            }
            None => None,
        };
        Ok(Server { config, tls })
    }

    /// Connects, and drives the connection whenever the runtime runs.
    pub(crate) async fn connect(&self, runtime: &Runtime) -> Result<Client, tokio_postgres::Error> {
        match &self.tls {
            Some(tls) => drive(&self.config, tls.clone(), runtime).await,
            None => drive(&self.config, NoTls, runtime).await,
        }
    }
}

async fn drive<T>(config: &Config, tls: T, runtime: &Runtime) -> Result<Client, tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    runtime.spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "the connection to PostgreSQL ended");
        }
    });
    Ok(client)
}

/// The URL without the parameter that the driver does not know, and that parameter.
fn split_root_certificate(url: &str) -> (String, Option<&str>) {
    let Some((address, parameters)) = url.split_once('?') else { return (url.to_owned(), None) };
    let path = parameters.split('&').find_map(|parameter| parameter.strip_prefix(ROOT_CERTIFICATE));
    let others: Vec<&str> =
        parameters.split('&').filter(|parameter| !parameter.starts_with(ROOT_CERTIFICATE)).collect();
    match others.is_empty() {
        true => (address.to_owned(), path),
        false => (format!("{address}?{}", others.join("&")), path),
    }
}

fn connector(root_certificates: &Path) -> Result<MakeRustlsConnect, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(root_certificates)? {
        roots.add(certificate?)?;
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
