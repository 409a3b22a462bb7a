//! Logs: to standard error, with colours on a terminal, as plain text in a pipe, or as JSON. Logging
//! never fails and never waits; see [`LogLines`].

mod escaped;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use server::config::{LogFormat, LogSettings};
use server::logs::LogLines;
use tracing_subscriber::EnvFilter;

use crate::flags::Failure;
use escaped::Escaped;

/// The end of the process waits so long for its log to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The log. What was logged is written before this is gone, if it can be.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) lines: LogLines,
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.flush(LAST_LINES);
    }
}

/// Starts logging.
pub(crate) fn start(settings: &LogSettings) -> Result<Log, Failure> {
    // Migrations tell their success at length; what goes wrong is an error of its own. The database's driver
    // logs every statement with its parameters, which are user ids and keys: only who names it gets that.
    let filter =
        EnvFilter::try_new(format!("refinery_core=warn,tokio_postgres=warn,{}", settings.filter))
            .map_err(|error| format!("the setting log.filter: {error}"))?;
    let log = Log { lines: LogLines::to(stderr())? };
    let (lines, format) = (log.lines.clone(), settings.format);
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Escaped::new(lines.clone(), format))
        // What it would print of them itself panics where it cannot be printed.
        .log_internal_errors(false)
        .with_target(false)
        .with_ansi(stderr().is_terminal());
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
    log_panics();
    Ok(log)
}

/// A panic is logged like anything else, by a thread that may wait for whoever reads the log.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
        let backtrace = backtrace.as_ref().map(tracing::field::display);
        tracing::error!(thread, %panic, backtrace, "a thread panicked");
    }));
}
