//! Carrying pages over from the log into the database file.
//!
//! SQLite does this by itself after a commit, but says nothing when it fails. Here a failed write or
//! fsync is heard of: the log still has everything, and the store promises nothing more on that disk.

use crate::errors::Error;
use crate::session::Session;

/// Pages in the log, not in the database file yet, before they are carried over: 64 MiB. More of them
/// are less work, because a page that changes often is carried over once; and a longer stall.
pub(crate) const LOG_PAGES_MAX: u32 = 16_384;

/// Carries over what is in the log, if it is more than `pages_max`.
pub(crate) fn after_commit(session: &Session, pages_max: u32) -> Result<(), Error> {
    let (logged, carried) = session.log_pages()?;
    if logged.saturating_sub(carried) <= i64::from(pages_max) {
        return Ok(());
    }
    session.checkpoint()
}
