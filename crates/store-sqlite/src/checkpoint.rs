//! Carrying pages over from the log into the database file.
//!
//! SQLite does this by itself after a commit, but says nothing when it fails. Here a failed write or
//! fsync is heard of: the log still has everything, and the store promises nothing more on that disk.
//!
//! A thread of its own carries pages over while the writer writes on, so that nobody waits for it. It
//! never quite catches up with a writer that is busy; what is left, which is little, the writer carries over
//! itself, so that the log can begin anew.

mod carrier;

use std::path::Path;
use std::time::Duration;

use crate::errors::Error;
use crate::open::Options;
use crate::session::Session;
use carrier::Carrier;

/// Pages in the log, not in the database file yet, before the writer carries them over itself: 64 MiB with pages
/// of 8 KiB.
/// More of them are less work, because a page that changes often is carried over once; and a longer stall.
pub(crate) const LOG_PAGES_MAX: u32 = 8_192;
/// The thread begins at this part of it, …
const BEGIN_PART: i64 = 4;
/// … and the writer takes the rest if that is no more than this part, once the log is long.
const REST_PART: i64 = 16;

/// The log's file keeps room for so many times that, for the next pages.
const LOG_FILE_SHARE: i64 = 2;

/// The writer waits so long for those who read from the log. A reader that takes longer, such as a
/// check of the whole store, makes the log grow instead.
const READERS_PATIENCE: Duration = Duration::from_millis(100);

/// The log, as the writer knows it.
#[derive(Debug)]
pub(crate) struct Log {
    carrier: Carrier,
    /// It is carried over by the writer when so many pages wait for that.
    pages_max: i64,
    /// Pages that it had when readers were last waited for.
    waited_at: i64,
    /// How long the connection waits for others.
    busy_timeout: Duration,
}

impl Log {
    /// The log of the store at `path`, which `session` writes.
    ///
    /// # Errors
    /// [`Error`] when there can be no thread or no connection for it.
    pub(crate) fn of(session: &Session, path: &Path, options: &Options) -> Result<Self, Error> {
        let (pages_max, busy_timeout) = (i64::from(options.log_pages_max), options.busy_timeout);
        // What a long reader has made it grow by is given back when it begins anew.
        session.limit_log(pages_max.saturating_mul(LOG_FILE_SHARE))?;
        let carrier = Carrier::start(path, options)?;
        Ok(Self { carrier, pages_max, waited_at: 0, busy_timeout })
    }

    /// Has the log carried over, if it is long.
    ///
    /// SQLite writes the log from its beginning again at a moment when all of it is carried over and
    /// nobody reads from it. Where one reader follows another there is no such moment, and the log
    /// would grow for ever: so one is made.
    pub(crate) fn after_commit(&mut self, session: &Session) -> Result<(), Error> {
        self.carrier.check()?;
        let (logged, carried) = session.log_pages()?;
        if logged < self.waited_at {
            self.waited_at = 0;
        }
        let waiting = logged.saturating_sub(carried);
        let is_rest = waiting > 0 && waiting <= self.pages_max / REST_PART;
        if waiting > self.pages_max {
            let _alone = self.carrier.hold();
            session.checkpoint()?;
        } else if logged > self.pages_max && is_rest {
            if let Some(_alone) = self.carrier.try_hold() {
                session.checkpoint()?;
            }
        } else if waiting > self.pages_max / BEGIN_PART {
            self.carrier.ask();
        }
        if logged.saturating_sub(self.waited_at) > self.pages_max.saturating_mul(2) {
            self.waited_at = logged;
            let _alone = self.carrier.hold();
            session.empty_log(READERS_PATIENCE, self.busy_timeout)?;
        }
        Ok(())
    }
}
