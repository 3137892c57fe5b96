//! Which program serves a data folder: each role of a node is one program's there. Two programs with one role would each
//! process the files of the folder, keep windows, and answer whoever wants to take the ports over.
//!
//! A claim is a lock of the kernel's on a file: it ends with the program, however that ends. Who takes the ports over is
//! given the claims with them, so that nobody comes in between.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::ending::Failure;
use crate::handover::Named;
use crate::ownership;
use crate::roles::Role;

/// What the names of claims begin with among what is handed over.
const CLAIM: &str = "claim:";

/// The role of a claim among what is handed over.
pub(crate) fn role_of(name: &str) -> Option<&str> {
    name.strip_prefix(CLAIM)
}

/// The roles that this program has in a data folder.
#[derive(Default)]
pub(crate) struct Claims(Vec<Named<OwnedFd>>);

impl Claims {
    /// Parts the claims from the sockets, of what was handed over.
    pub(crate) fn part(given: Vec<Named<OwnedFd>>) -> (Claims, Vec<Named<OwnedFd>>) {
        let (claims, sockets) = given.into_iter().partition(|(name, _)| role_of(name).is_some());
        (Claims(claims), sockets)
    }

    /// Claims these roles of a data folder, beside those that were handed over.
    ///
    /// # Errors
    /// [`Failure::Refused`] when another program has one of them.
    pub(crate) fn claim(&mut self, data: &Path, roles: &[Role]) -> Result<(), Failure> {
        for role in roles.iter().filter(|role| **role != Role::Gate) {
            let value = role.to_possible_value().expect("no role is hidden");
            let name = format!("{CLAIM}{}", value.get_name());
            if self.0.iter().any(|(claimed, _)| *claimed == name) {
                continue;
            }
            let path = data.join(format!("serving-{}.lock", value.get_name()));
            let file = match ownership::create(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => File::options().write(true).open(&path),
                made => made,
            };
            let file = file.with_context(|| format!("cannot make or open {}", path.display()))?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => self.0.push((name, file.into())),
                Err(Errno::WOULDBLOCK) => return Err(is_served(data, value.get_name())),
                Err(error) => {
                    return Err(anyhow::Error::from(error).context(format!("cannot lock {}", path.display())).into());
                }
            }
        }
        Ok(())
    }

    /// Gives up what was handed over for roles that this program has not. A front keeps all: it holds the house.
    pub(crate) fn keep_only(&mut self, roles: &[Role]) {
        let is_own = |name: &str| {
            roles
                .iter()
                .any(|role| role.to_possible_value().is_some_and(|value| role_of(name) == Some(value.get_name())))
        };
        self.0.retain(|(name, _)| is_own(name));
    }

    /// Second handles, to hand over.
    pub(crate) fn handles(&self) -> Result<Vec<Named<OwnedFd>>, Failure> {
        let handle = |(name, claim): &Named<OwnedFd>| Ok((name.clone(), claim.as_fd().try_clone_to_owned()?));
        self.0.iter().map(handle).collect()
    }
}

fn is_served(data: &Path, role: &str) -> Failure {
    Failure::Refused(format!(
        "another program serves the data folder {} already (role {role}): stop it first, take its ports over with \
         --take-over, or give this one a folder of its own with --data",
        data.display()
    ))
}
