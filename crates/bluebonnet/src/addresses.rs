//! The addresses that a node is asked to listen at, as people write them.

use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;

use crate::ending::Failure;

/// What an address stands for: a name may be several.
///
/// # Errors
/// [`Failure::Usage`] for what is no address; or the name is not known here.
pub(crate) fn resolve(text: &str) -> Result<Vec<SocketAddr>, Failure> {
    match text.to_socket_addrs() {
        Ok(found) => Ok(found.collect()),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            Err(Failure::Usage(format!("{text:?} is no address to listen at: write HOST:PORT")))
        }
        Err(error) => Err(anyhow::Error::from(error)).context(format!("cannot listen at {text}"))?,
    }
}

/// Whether any free port is asked for.
pub(crate) fn is_any_port(found: &[SocketAddr]) -> bool {
    found.iter().all(|address| address.port() == 0)
}

/// Where the doors of a node are asked to listen in particular: not at any free port, nor where nobody said.
pub(crate) struct Asked(Vec<(&'static str, SocketAddr)>);

impl Asked {
    /// Reads what is asked for each door.
    ///
    /// # Errors
    /// Those of [`resolve`].
    pub(crate) fn read(doors: &[(&'static str, &[String])]) -> Result<Asked, Failure> {
        let mut asked = Vec::new();
        for (door, texts) in doors {
            for text in *texts {
                let found = resolve(text)?;
                asked.extend(found.into_iter().filter(|address| address.port() != 0).map(|address| (*door, address)));
            }
        }
        Ok(Asked(asked))
    }

    /// What is asked for one door.
    pub(crate) fn of(&self, door: &str) -> Vec<SocketAddr> {
        self.0.iter().filter(|(of, _)| *of == door).map(|(_, address)| *address).collect()
    }

    /// Whether somebody has an address that is asked for one of these doors.
    pub(crate) fn is_held(&self, doors: &[&str], addresses: impl Fn(&str) -> Vec<SocketAddr>) -> bool {
        doors.iter().any(|door| {
            let held = addresses(door);
            self.of(door).iter().any(|asked| held.contains(asked))
        })
    }
}
