//! `bluebonnet completions`: completion of the command line in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::ending::{Ending, Failure};

/// Prints a completion script for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet completions bash > /etc/bash_completion.d/bluebonnet\n  bluebonnet completions zsh > ~/.zfunc/_bluebonnet"
)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Program::command(), "bluebonnet", &mut script);
        std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
        Ok(Ending::Well)
    }
}
