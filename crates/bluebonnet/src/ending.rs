//! How a command ends: the exit codes, which scripts rely on.

use std::process::ExitCode;

use registry::setup::{SetupError, StoreError};
use registry::{LoadError, ProfileError, RegistryError};

use crate::logging;
use crate::tables::harmless;

/// For `--help`: what the exit codes mean.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  done, and something was found or refused: a message answered AE or AR, a registry that is not well, an order that
     cannot be followed
  2  the command line itself is wrong
  3  the machine failed: database, file or network; trying again later may help";

/// A command that came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// Nothing to object to.
    Well,
    /// Done, and something was found or refused; it has been printed.
    Findings,
}

impl Ending {
    /// Well, if that is so.
    pub(crate) fn well_if(is_well: bool) -> Ending {
        if is_well { Ending::Well } else { Ending::Findings }
    }
}

/// A command that could not be carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The order cannot be followed, and the sentence says why.
    Refused(String),
    /// The command line is wrong.
    Usage(String),
    /// The machine failed.
    Machine(anyhow::Error),
}

/// Prints what went wrong, and gives the exit code.
pub(crate) fn exit_code(result: Result<Ending, Failure>) -> ExitCode {
    let (sentence, code) = match result {
        Ok(Ending::Well) => return ExitCode::SUCCESS,
        Ok(Ending::Findings) => return ExitCode::from(1),
        Err(Failure::Refused(sentence)) => (sentence, 1),
        Err(Failure::Usage(sentence)) => (sentence, 2),
        // A reader that went away, as `head` does, is no failure.
        Err(Failure::Machine(error)) if is_broken_pipe(&error) => return ExitCode::SUCCESS,
        Err(Failure::Machine(error)) => (in_words(&error), 3),
    };
    if !logging::tell_failure(&sentence, code) {
        eprintln!("bluebonnet: {}", harmless(&sentence));
    }
    ExitCode::from(code)
}

/// The error and its causes, each once: many name theirs already.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().skip(1).map(ToString::to_string).fold(error.to_string(), |words, cause| {
        match words.contains(&cause) {
            true => words,
            false => format!("{words}: {cause}"),
        }
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Machine(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Machine(error.into())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::Machine(error.into())
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Failure {
        match error {
            RegistryError::Refused(sentence) => Failure::Refused(sentence),
            other => Failure::Machine(other.into()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::UrlInvalid { .. } => Failure::Usage(error.to_string()),
            StoreError::TargetNotEmpty { .. } | StoreError::CopyUnfinished { .. } | StoreError::SchemaTooNew { .. } => {
                Failure::Refused(error.to_string())
            }
            other => Failure::Machine(other.into()),
        }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Failure {
        Failure::Refused(error.to_string())
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Failure {
        match error {
            SetupError::Store(error) => error.into(),
            other => Failure::Refused(other.to_string()),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Failure {
        match error {
            LoadError::Registry { source: RegistryError::Refused(sentence), .. } => Failure::Refused(sentence),
            other => Failure::Machine(other.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_named_already_is_not_named_again() {
        let full =
            anyhow::anyhow!("the disk is full").context("the batch failed: the disk is full").context("not loaded");
        assert_eq!(in_words(&full), "not loaded: the batch failed: the disk is full");
    }
}
