//! Logs: to standard error, with colours on a terminal, as plain text in a pipe, or as JSON.

use std::io::{IsTerminal as _, stderr};

use server::config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

use crate::flags::Failure;

/// Starts logging.
pub(crate) fn start(settings: &LogSettings) -> Result<(), Failure> {
    // Migrations tell their success at length; what goes wrong is an error of its own.
    let filter = EnvFilter::try_new(format!("refinery_core=warn,{}", settings.filter))
        .map_err(|error| format!("the setting log.filter: {error}"))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_target(false)
        .with_ansi(stderr().is_terminal());
    match settings.format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
    Ok(())
}
