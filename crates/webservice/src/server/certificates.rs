//! The server's certificate, read again when its files change: certificates are renewed every few weeks, and nobody
//! should have to restart a registry for that.

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{ServeError, TlsFiles};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// A certificate that follows its files. Stops following when dropped.
pub(super) struct Certificates {
    acceptor: TlsAcceptor,
    following: JoinHandle<()>,
}

impl Drop for Certificates {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Certificates {
    pub(super) fn open(files: TlsFiles) -> Result<Certificates, ServeError> {
        let current = Arc::new(Current(RwLock::new(Arc::new(read(&files)?))));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let following = tokio::spawn(follow(files, current));
        Ok(Certificates { acceptor: TlsAcceptor::from(Arc::new(config)), following })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone())
    }
}

/// Reads the files again whenever they have changed. Until both are right, the old certificate stays.
async fn follow(files: TlsFiles, current: Arc<Current>) {
    let mut seen = versions(&files);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let now = versions(&files);
        if now == seen {
            continue;
        }
        match read(&files) {
            Ok(certificate) => {
                *current.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(certificate);
                seen = now;
                tracing::info!("the certificate was renewed");
            }
            Err(error) => tracing::warn!(%error, "the certificate files have changed and cannot be used"),
        }
    }
}

fn versions(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    [&files.certificates, &files.private_key].map(|path| path.metadata().and_then(|file| file.modified()).ok())
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, ServeError> {
    let chain = CertificateDer::pem_file_iter(&files.certificates)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(&files.certificates, error))?;
    let key =
        PrivateKeyDer::from_pem_file(&files.private_key).map_err(|error| unreadable(&files.private_key, error))?;
    Ok(CertifiedKey::from_der(chain, key, &ring::default_provider())?)
}

fn unreadable(path: &Path, source: pem::Error) -> ServeError {
    ServeError::Certificate { path: path.to_owned(), source }
}
