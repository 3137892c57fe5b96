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

/// Whether a server can be started with these files.
pub(super) fn check(files: &TlsFiles) -> Result<(), ServeError> {
    read(files).map(drop)
}

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
        let mut followed = Followed::open(files)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(followed.current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let following = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                followed.look();
            }
        });
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

/// Certificate files, and what was last read from them.
struct Followed {
    files: TlsFiles,
    current: Arc<Current>,
    seen: [Option<SystemTime>; 2],
}

impl Followed {
    fn open(files: TlsFiles) -> Result<Followed, ServeError> {
        let seen = versions(&files);
        let current = Arc::new(Current(RwLock::new(Arc::new(read(&files)?))));
        Ok(Followed { files, current, seen })
    }

    /// Reads the files again if they have changed. Until both are right, the old certificate stays.
    fn look(&mut self) {
        let now = versions(&self.files);
        if now == self.seen {
            return;
        }
        match read(&self.files) {
            Ok(certificate) => {
                *self.current.0.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(certificate);
                self.seen = now;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn write(files: &TlsFiles, private_key: Option<&str>) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let own_key = made.signing_key.serialize_pem();
        std::fs::write(&files.certificates, made.cert.pem()).expect("written");
        std::fs::write(&files.private_key, private_key.unwrap_or(&own_key)).expect("written");
        made.cert.der().to_vec()
    }

    fn served(followed: &Followed) -> Vec<u8> {
        followed.current.0.read().expect("nobody panicked").cert[0].to_vec()
    }

    #[test]
    fn a_renewed_certificate_is_taken_up_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder for the certificate");
        let path = |name| folder.path().join(name);
        let files = TlsFiles { certificates: path("chain.pem"), private_key: path("key.pem") };
        let first = write(&files, None);
        let mut followed = Followed::open(files.clone()).expect("the certificate is right");
        assert_eq!(served(&followed), first);
        write(&files, Some("-----BEGIN PRIVATE"));
        followed.look();
        assert_eq!(served(&followed), first);
        let renewed = write(&files, None);
        followed.look();
        assert_eq!(served(&followed), renewed);
    }
}
