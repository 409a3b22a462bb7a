//! Checkpoints: pages of the WAL are copied into the database file.
//!
//! SQLite does this by itself after a commit, but says nothing when it fails. Here a failed write or
//! fsync is noticed: the WAL still has everything, and the store promises nothing more on that disk.
//!
//! The checkpointer, a thread of its own, does this while the writer writes on, so that nobody waits for it. It
//! never quite catches up with a writer that is busy; what is left, which is little, the writer checkpoints
//! itself, so that the WAL can be reset.

mod checkpointer;

use std::path::Path;
use std::time::Duration;

use crate::errors::Error;
use crate::open::Options;
use crate::session::{Session, WalPages};
use checkpointer::Checkpointer;

/// Pages in the WAL, not in the database file yet, before the writer checkpoints them itself: 64 MiB with pages
/// of 8 KiB.
/// More of them are less work, because a page that changes often is copied once; and a longer stall.
pub(crate) const WAL_PAGES_MAX: u32 = 8_192;
/// The thread begins at this part of it, …
const BEGIN_PART: i64 = 4;
/// … and the writer takes the rest if that is no more than this part, once the WAL is long.
const REST_PART: i64 = 16;

/// The WAL's file keeps room for so many times that, for the next pages.
const WAL_FILE_SHARE: i64 = 2;

/// The writer waits so long for those who read from the WAL. A reader that takes longer, such as a
/// check of the whole store, makes the WAL grow instead.
const READERS_TIMEOUT: Duration = Duration::from_millis(100);

/// The WAL, as the writer knows it.
#[derive(Debug)]
pub(crate) struct Wal {
    checkpointer: Checkpointer,
    /// The writer checkpoints it when so many pages wait for that.
    pages_max: i64,
    /// Pages that it had when readers were last waited for.
    waited_at: i64,
    /// How long the connection waits for others.
    busy_timeout: Duration,
}

impl Wal {
    /// The WAL of the store at `path`, which `session` writes.
    ///
    /// # Errors
    /// [`Error`] when there can be no checkpointer or no connection for it.
    pub(crate) fn of(session: &Session, path: &Path, options: &Options) -> Result<Self, Error> {
        let (pages_max, busy_timeout) = (i64::from(options.wal_pages_max), options.busy_timeout);
        // What a long reader has made it grow by is given back when it is reset.
        session.limit_wal(pages_max.saturating_mul(WAL_FILE_SHARE))?;
        let checkpointer = Checkpointer::start(path, options)?;
        Ok(Self { checkpointer, pages_max, waited_at: 0, busy_timeout })
    }

    /// Has the WAL checkpointed, if it is long.
    ///
    /// SQLite resets the WAL, and writes it from its beginning again, at a moment when all of it is checkpointed and
    /// nobody reads from it. Where one reader follows another there is no such moment, and the WAL
    /// would grow for ever: so one is made.
    pub(crate) fn after_commit(&mut self, session: &Session) -> Result<(), Error> {
        self.checkpointer.check()?;
        let WalPages { logged, checkpointed } = session.wal_pages()?;
        if logged < self.waited_at {
            self.waited_at = 0;
        }
        let waiting = logged.saturating_sub(checkpointed);
        let is_rest = waiting > 0 && waiting <= self.pages_max / REST_PART;
        if waiting > self.pages_max {
            let _alone = self.checkpointer.hold();
            session.checkpoint()?;
        } else if logged > self.pages_max && is_rest {
            if let Some(_alone) = self.checkpointer.try_hold() {
                session.checkpoint()?;
            }
        } else if waiting > self.pages_max / BEGIN_PART {
            self.checkpointer.ask();
        }
        if logged.saturating_sub(self.waited_at) > self.pages_max.saturating_mul(2) {
            self.waited_at = logged;
            let _alone = self.checkpointer.hold();
            session.truncate_wal(READERS_TIMEOUT, self.busy_timeout)?;
        }
        Ok(())
    }
}
