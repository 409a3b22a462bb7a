//! Carrying pages over from the log into the database file.
//!
//! SQLite does this by itself after a commit, but says nothing when it fails. Here a failed write or
//! fsync is heard of: the log still has everything, and the store promises nothing more on that disk.

use std::time::Duration;

use crate::errors::Error;
use crate::session::Session;

/// Pages in the log, not in the database file yet, before they are carried over: 64 MiB. More of them
/// are less work, because a page that changes often is carried over once; and a longer stall.
pub(crate) const LOG_PAGES_MAX: u32 = 16_384;

/// The log's file keeps room for so many times that, for the next pages.
const LOG_FILE_SHARE: i64 = 2;

/// The writer waits so long for those who read from the log. A reader that takes longer, such as a
/// check of the whole store, makes the log grow instead.
const READERS_PATIENCE: Duration = Duration::from_millis(100);

/// The log, as the writer knows it.
#[derive(Debug)]
pub(crate) struct Log {
    /// It is carried over when so many pages wait for that.
    pages_max: i64,
    /// Pages that it had when readers were last waited for.
    waited_at: i64,
    /// How long the connection waits for others.
    busy_timeout: Duration,
}

impl Log {
    pub(crate) fn of(
        session: &Session,
        (pages_max, busy_timeout): (u32, Duration),
    ) -> Result<Self, Error> {
        let pages_max = i64::from(pages_max);
        // What a long reader has made it grow by is given back when it begins anew.
        session.limit_log(pages_max.saturating_mul(LOG_FILE_SHARE))?;
        Ok(Self { pages_max, waited_at: 0, busy_timeout })
    }

    /// Carries over what is in the log, if that is much.
    ///
    /// SQLite writes the log from its beginning again at a moment when all of it is carried over and
    /// nobody reads from it. Where one reader follows another there is no such moment, and the log
    /// would grow for ever: so one is made.
    pub(crate) fn after_commit(&mut self, session: &Session) -> Result<(), Error> {
        let (logged, carried) = session.log_pages()?;
        if logged < self.waited_at {
            self.waited_at = 0;
        }
        if logged.saturating_sub(carried) > self.pages_max {
            session.checkpoint()?;
        }
        if logged.saturating_sub(self.waited_at) > self.pages_max.saturating_mul(2) {
            self.waited_at = logged;
            session.empty_log(READERS_PATIENCE, self.busy_timeout)?;
        }
        Ok(())
    }
}
