//! Failpoints of the whole process, for crash tests: `BOOKONCE_FAILPOINT=before_commit@40` ends the
//! process, as a power cut would, when it comes by that place for the 40th time.

use std::sync::atomic::{AtomicU64, Ordering};

use engine::failpoint::Failpoints;

/// What the environment asks for.
pub(crate) fn from_environment() -> Result<Failpoints, String> {
    #[expect(clippy::disallowed_methods, reason = "no setting: it must not stand in a file")]
    let Ok(text) = std::env::var("BOOKONCE_FAILPOINT") else { return Ok(Failpoints::default()) };
    let (name, times) = text.split_once('@').unwrap_or((&text, "1"));
    let times: u64 = times
        .parse()
        .map_err(|_| format!("BOOKONCE_FAILPOINT={text}: after the @ must stand a number"))?;
    let (name, passed) = (name.to_owned(), AtomicU64::new(0));
    tracing::warn!(name, times, "a failpoint is set: the process will end there");
    Ok(Failpoints::new(move |place| {
        if place == name && passed.fetch_add(1, Ordering::SeqCst) + 1 == times {
            std::process::abort();
        }
        false
    }))
}
