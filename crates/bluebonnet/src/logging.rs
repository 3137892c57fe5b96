//! Logs: structured, to standard error, without patient data. Receipts, codes and counts may be logged; names, birth
//! dates, identifiers and messages may not.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// The form of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LogForm {
    /// One JSON object a line, for collectors.
    Json,
    /// For people.
    Text,
}

/// Settings of the log.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Logging {
    /// The form of the log on standard error
    #[arg(long, value_enum, default_value = "text", env = "BLUEBONNET_LOG")]
    log: LogForm,
    /// What is logged: a level, or levels by module such as `info,bluebonnet_registry=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "BLUEBONNET_LOG_FILTER")]
    log_filter: String,
}

impl Logging {
    /// Begins to log.
    pub(crate) fn begin(&self) {
        begin(self.log, EnvFilter::new(&self.log_filter));
    }
}

/// Begins to log what a command other than a server must tell: warnings.
pub(crate) fn begin_quietly() {
    begin(LogForm::Text, EnvFilter::new("warn"));
}

fn begin(form: LogForm, filter: EnvFilter) {
    let begun = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Somebody else's log, in a test, is as good.
    let _ = match form {
        LogForm::Json => begun.json().flatten_event(true).try_init(),
        LogForm::Text => begun.try_init(),
    };
}
