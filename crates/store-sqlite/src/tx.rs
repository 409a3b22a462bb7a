//! The writer, and the transaction of a batch.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::deadline::{Deadline, Stands};
use domain::{Keys, Timestamp, World};
use engine::failpoint::{AFTER_COMMIT, BEFORE_COMMIT};
use engine::{Batch, BatchId, CommitError, Store, StoreError, Superseded, Tx};
use rows::Stored as _;
use rusqlite::named_params;

use crate::checkpoint::Wal;
use crate::dictionary::Dictionary;
use crate::errors::{Error, OpenError};
use crate::file::Watch;
use crate::hash_index::{self, Compactor, HashIndex, Memtable};
use crate::load::{Layouts, load};
use crate::lock::ServeLock;
use crate::open::{self, LAST_BATCH, LAST_INSTANT, Options};
use crate::reads::SqliteReads;
use crate::session::Session;
use crate::statements::{DEADLINE_DUE, DEADLINE_NEXT, META_PUT};
use crate::write_context::{TransactionCache, WriteContext};
use crate::{transfer, write};

/// The store's one writer.
pub struct SqliteStore {
    session: Session,
    layouts: Layouts,
    dictionary: Dictionary,
    index: HashIndex,
    compactor: Compactor,
    cache: TransactionCache,
    /// The caches may be wrong: a commit has failed, or is not known to have taken effect.
    stale: bool,
    data_version: i64,
    foreign_commits: u64,
    /// The batch that was committed last, if the caches are what it left.
    last_batch: Option<String>,
    /// Why nothing may be written any more.
    failed: Option<String>,
    path: PathBuf,
    watch: Watch,
    superseded: Superseded,
    busy_timeout: Duration,
    wal: Wal,
    _lock: Option<ServeLock>,
}

impl SqliteStore {
    /// Opens the store at `path`, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was changed.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let lock = options.lock.then(|| ServeLock::acquire(path)).transpose()?;
        let session = open::writer(path, &options, lock.as_ref())?;
        let index = hash_index::of_store(&session)?;
        let wal = Wal::of(&session, path, &options)?;
        Ok(Self {
            data_version: session.data_version()?,
            session,
            layouts: Layouts::default(),
            dictionary: Dictionary::default(),
            index,
            compactor: Compactor::new(options.memtable_max, options.read_budget),
            cache: TransactionCache::default(),
            // The memtable is built when the first transaction has begun.
            stale: true,
            foreign_commits: 0,
            last_batch: None,
            failed: None,
            path: path.to_owned(),
            watch: Watch::of(path),
            superseded: options.superseded.clone(),
            busy_timeout: options.busy_timeout,
            wal,
            _lock: lock,
        })
    }

    /// Readers of the same store.
    #[must_use]
    pub fn reads(&self) -> SqliteReads {
        SqliteReads::of(self.path.clone(), self.busy_timeout, self.index.clone())
    }

    /// How often another connection was found to have committed a batch: all caches were invalidated each
    /// time. Keys that are made or revoked are no batch.
    #[must_use]
    pub const fn foreign_commits(&self) -> u64 {
        self.foreign_commits
    }

    fn begin_write(&mut self) -> Result<(), Error> {
        if let Some(why) = &self.failed {
            return Err(Error::Failed(why.clone()));
        }
        self.session.roll_back()?;
        self.session.begin_write()?;
        let data_version = self.session.data_version()?;
        self.cache = TransactionCache::default();
        if data_version != self.data_version {
            self.check_version()?;
            // Whoever writes what is cached here writes a batch, and says which.
            if open::meta(&self.session, LAST_BATCH)? != self.last_batch {
                self.stale = true;
                self.foreign_commits = self.foreign_commits.saturating_add(1);
            }
            self.data_version = data_version;
        }
        if self.stale {
            self.reload_caches()?;
        }
        Ok(())
    }

    /// Invalidates all caches, and reads again what must be in memory.
    fn reload_caches(&mut self) -> Result<(), Error> {
        self.layouts.invalidate();
        self.dictionary.invalidate();
        self.compactor.reset();
        let memtable = Memtable::read(&self.session)?;
        *self.index.memtable_mut() = memtable;
        self.last_batch = open::meta(&self.session, LAST_BATCH)?;
        self.stale = false;
        Ok(())
    }

    fn context(&mut self) -> Contexts<'_> {
        let Self { session, dictionary, index, cache, layouts, .. } = self;
        Contexts { write: WriteContext::new(session, dictionary, index, cache), layouts }
    }

    /// Another program may have changed the tables so that this one must not write them any more, or
    /// moved the store away.
    fn check_version(&self) -> Result<(), Error> {
        let (store, program) = (open::min_writer_version(&self.session)?, open::schema_version());
        if let Some(why) = self.superseded.check(store, program) {
            return Err(Error::Unavailable(why.to_owned()));
        }
        transfer::check_here(&self.session)
    }

    /// Whether the files that are open are those that the next start will find.
    fn check_place(&self) -> Result<(), Error> {
        self.watch.check().map_err(Error::Unavailable)
    }

    fn last_instant(&self) -> Result<Option<Timestamp>, Error> {
        last_instant(&self.session)
    }

    fn next_deadline(&self) -> Result<Option<Timestamp>, Error> {
        let deadline = self
            .session
            .one(&DEADLINE_NEXT, named_params! {}, |row| rows::optional_instant(row, "due_at"))?;
        Ok(deadline.flatten())
    }
}

/// What a transaction loads and writes with.
struct Contexts<'a> {
    write: WriteContext<'a>,
    layouts: &'a mut Layouts,
}

/// The latest committed instant.
pub(crate) fn last_instant(session: &Session) -> Result<Option<Timestamp>, Error> {
    let Some(text) = open::meta(session, LAST_INSTANT)? else { return Ok(None) };
    let millis = text.parse().map_err(|_| Error::Broken(format!("{LAST_INSTANT} has {text:?}")))?;
    Ok(Some(Timestamp::from_millis(millis)))
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Intents of a batch. A commit takes well under a millisecond, so larger batches would save little; of
/// smaller ones, some are answered and asked again while others are written.
const SQLITE_BATCH_MAX: usize = 128;

impl Store for SqliteStore {
    fn batch_max(&self) -> usize {
        SQLITE_BATCH_MAX
    }

    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        let begun = self.begin_write();
        // Made first, so that its end rolls back what was begun.
        let tx = Box::new(SqliteTx { store: self });
        begun?;
        Ok(tx)
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        self.check_place()?;
        // A transaction of this connection that is still open was not committed.
        self.session.roll_back()?;
        let last = open::meta(&self.session, LAST_BATCH)?;
        Ok(last == Some(batch_text(batch)))
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(Self::next_deadline(self)?)
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(Self::last_instant(self)?)
    }
}

fn batch_text(BatchId(id): BatchId) -> String {
    format!("{id:032x}")
}

/// A transaction. It ends with COMMIT, or with the end of this value.
struct SqliteTx<'a> {
    store: &'a mut SqliteStore,
}

impl Drop for SqliteTx<'_> {
    fn drop(&mut self) {
        // If it cannot be rolled back now, the next one tries again and reports it.
        let _reported_later = self.store.session.roll_back().is_ok();
        self.store.dictionary.roll_back();
    }
}

impl SqliteTx<'_> {
    /// Writes the batch, and commits it.
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let mut context = self.store.context().write;
        write::batch(&mut context, batch)?;
        let entries = std::mem::take(&mut context.entries);
        drop(context);
        let SqliteStore { session, compactor, index, dictionary, stale, watch, last_batch, .. } =
            &mut *self.store;
        let step = if entries.is_empty() {
            None
        } else {
            Some(compactor.write(session, &index.memtable(), &entries)?)
        };
        let last = last_instant(session)?;
        if last.is_some_and(|last| batch.now < last) {
            return Err(Error::Broken(format!("a batch at {:?} comes after {last:?}", batch.now)));
        }
        let (now, id) = (batch.now.as_millis().to_string(), batch_text(batch.id));
        for (key, value) in [(LAST_INSTANT, &now), (LAST_BATCH, &id)] {
            session.execute_one(&META_PUT, named_params! {":key": key, ":value": value})?;
        }
        session.fail_at(BEFORE_COMMIT)?;
        watch.check().map_err(Error::Unavailable)?;
        *stale = true;
        session.commit()?;
        // From here on it is written, whatever else happens.
        dictionary.commit();
        if let Some(step) = step {
            compactor.publish(&mut index.memtable_mut(), &entries, step);
        }
        *last_batch = Some(id);
        *stale = false;
        Ok(())
    }
}

impl Tx for SqliteTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        let last = self.store.last_instant()?;
        Ok(last.map_or(clock, |last| last.max(clock)))
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        let Contexts { write: mut context, layouts } = self.store.context();
        Ok(load(&mut context, layouts, (keys, world))?)
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        let params = named_params! {":now": now.as_millis(), ":limit": rows_at_most(limit)};
        Ok(self.store.session.all(&DEADLINE_DUE, params, |row| Stands::key(row))?)
    }

    fn commit(mut self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        self.write(batch)?;
        if self.store.session.fails_at(AFTER_COMMIT) {
            return Err(CommitError::Unknown(format!("failpoint {AFTER_COMMIT}")));
        }
        // What was moved away before it was committed may be in no file that anybody finds again.
        if let Err(why) = self.store.watch.check() {
            return Err(CommitError::Unknown(why));
        }
        let SqliteStore { session, wal, failed, .. } = &mut *self.store;
        if let Err(error) = wal.after_commit(session)
            && let StoreError::Failed(why) = StoreError::from(error)
        {
            *failed = Some(why);
        }
        Ok(())
    }
}

/// A limit as SQLite counts.
pub(crate) fn rows_at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
