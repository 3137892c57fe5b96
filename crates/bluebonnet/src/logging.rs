//! Logs: structured, to standard error, without patient data. Receipts, codes and counts may be logged; names, birth
//! dates, identifiers and messages may not.

use std::io::IsTerminal;
use std::sync::OnceLock;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::world;

/// The form of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LogForm {
    /// One JSON object a line, for collectors.
    Json,
    /// For people.
    Text,
}

/// The form of the log that was begun.
static FORM: OnceLock<LogForm> = OnceLock::new();

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

/// Tells with what a command ended, in the log of one that is written for collectors. Gives whether that was so.
pub(crate) fn tell_failure(sentence: &str, exit_code: u8) -> bool {
    let is_told = FORM.get() == Some(&LogForm::Json) && tracing::enabled!(tracing::Level::ERROR);
    if is_told {
        tracing::error!(exit_code, "{sentence}");
    }
    is_told
}

fn begin(form: LogForm, filter: EnvFilter) {
    let begun = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // The first stays, as the log does.
    let _ = FORM.set(form);
    // Somebody else's log, in a test, is as good.
    let _ = match form {
        LogForm::Json => begun.json().flatten_event(true).try_init(),
        LogForm::Text => begun.try_init(),
    };
    world::warn_of_rehearsal();
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
