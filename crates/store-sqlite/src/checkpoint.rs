//! Carrying pages over from the log into the database file.
//!
//! SQLite does this by itself after a commit, but says nothing when it fails. A failed fsync must be
//! heard of: the pages may be lost, a second one would claim that they are not, and the log, which
//! still has them, would be overwritten. Here it is heard of, and the store stops.

use crate::errors::Error;
use crate::session::Session;

/// Pages in the log that are not in the database file yet, before they are carried over: 16 MiB.
const PAGES_MAX: i64 = 4_096;

/// Carries over what is in the log, if that is much.
pub(crate) fn after_commit(session: &Session) -> Result<(), Error> {
    let (logged, carried) = session.log_pages()?;
    if logged.saturating_sub(carried) < PAGES_MAX {
        return Ok(());
    }
    session.checkpoint()
}
