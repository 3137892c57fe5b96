//! Logs: structured, to standard error, without patient data. Receipts, codes and counts may be logged; names, birth
//! dates, identifiers and messages may not.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

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
    /// What is logged: a level, or levels by module such as `info,registry=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", env = "BLUEBONNET_LOG_FILTER", value_parser = check_filter)]
    log_filter: String,
}

/// Refuses a filter of which a part is no level: a misspelt one would be taken for a module, and silence the log.
fn check_filter(text: &str) -> Result<String, String> {
    for part in text.split(',').filter(|part| !part.contains('[')) {
        let level = part.rsplit('=').next().unwrap_or_default();
        if level.is_empty() || level.parse::<LevelFilter>().is_err() {
            let how = "write error, warn, info, debug, trace or off, alone or as MODULE=LEVEL";
            return Err(format!("{part:?} has no level: {how}"));
        }
    }
    EnvFilter::try_new(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
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

#[cfg(test)]
mod tests {
    use super::check_filter;

    #[test]
    fn a_misspelt_level_is_refused() {
        for text in ["info", "WARN", "off", "info,registry=debug", "warn,sftp::tree=trace", "info,[request]=debug"] {
            assert!(check_filter(text).is_ok(), "{text}");
        }
        for text in ["warning", "inof", "", "registry", "info,registry=loud", "blah=blah=x"] {
            assert!(check_filter(text).is_err(), "{text}");
        }
    }
}
