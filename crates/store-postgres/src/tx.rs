//! A writer, and the transaction of a batch. The level is READ COMMITTED: whatever a decision depends
//! on is locked, or refused by a unique key when it is written.

use std::collections::BTreeSet;
use std::fmt;

use domain::deadline::{Deadline, Stands};
use domain::id::{AccountId, KeyId};
use domain::job::{Job, JobId};
use domain::table::Write;
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::failpoint::{AFTER_COMMIT, BEFORE_COMMIT};
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};

use rows::Stored as _;

use crate::connect::{Address, ClockOf, Options, Purpose};
use crate::errors::{Error, OpenError};
use crate::load::{Caches, Loaded, load};
use crate::reads::PostgresReads;
use crate::session::{Call, Done, Session, params};
use crate::statements::{
    BEGIN, CLOCK_NOW, DEADLINE_DUE, DEADLINE_NEXT, WRITER_LAST_INSTANT, WRITER_LOCK, WRITER_PUT,
};
use crate::write::Besides;
use crate::{open, spread, write};

/// Writers are expired this often.
const EXPIRE_PERIOD_MS: i64 = domain::time::DAY_MS;

/// One of the store's writers: a connection that belongs to one thread.
pub struct PostgresStore {
    address: Address,
    /// Its name in the table of writers.
    writer: String,
    /// Whether the store is spread by account, as it was when this was opened.
    is_spread: bool,
    /// No batch is earlier than this, whatever its account has written.
    floor: Option<Timestamp>,
    /// Whose row in the table of writers has the last batch.
    signs_for: AccountId,
    /// When writers were last expired.
    expired_at: Option<Timestamp>,
    session: Option<Session>,
    caches: Caches,
}

impl PostgresStore {
    /// Opens the store at `address`, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was changed.
    pub fn open(address: &str, options: &Options) -> Result<Self, OpenError> {
        let address = Address::new(address, options)?;
        open::prepare(&address)?;
        // Writers are named like keys: 128 bits, and made by the same mint.
        let writer = KeyId::from_raw(options.fresh).to_string().replace(KeyId::PREFIX, "wtr");
        let mut session = address.connect(Purpose::Write)?;
        let is_spread = options.as_if_spread || spread::is_spread(&mut session)?;
        let floor = open::enlist(&mut session, &writer, is_spread)?;
        // Once more, now that its name is there: whoever fills a store puts the migration marker and then looks
        // for names.
        open::check_whole(&mut session)?;
        let session = Some(session.with_failpoints(options.failpoints.clone()));
        let (signs_for, caches) = (AccountId::SYSTEM, Caches::default());
        Ok(Self { address, writer, is_spread, floor, signs_for, expired_at: None, session, caches })
    }

    /// Readers of the same store.
    #[must_use]
    pub fn reads(&self) -> PostgresReads {
        PostgresReads::of(self.address.clone())
    }

    /// Whether this program may still write: a newer one may have changed the schema since the store was
    /// opened.
    fn check_version(&mut self, store: u32) -> Result<(), Error> {
        let superseded = &self.address.options().superseded;
        let Some(why) = superseded.check(store, open::schema_version()) else { return Ok(()) };
        // Its transaction ends with it.
        self.session = None;
        Err(Error::Unavailable(why.to_owned()))
    }

    /// The connection, or a new one if it was lost: perhaps to another server.
    fn session(&mut self) -> Result<&mut Session, Error> {
        if !self.session.as_ref().is_some_and(Session::is_open) {
            self.session = None;
            self.caches.invalidate();
            let session = self.address.connect(Purpose::Write)?;
            let failpoints = self.address.options().failpoints.clone();
            self.session = Some(session.with_failpoints(failpoints));
        }
        let session = self.session.as_mut().expect("it was made");
        session.roll_back()?;
        Ok(session)
    }

    /// Does what changes nothing; once more on a new connection if the old one was lost unnoticed.
    fn ask<T>(&mut self, ask: impl Fn(&mut Session) -> Result<T, Error>) -> Result<T, Error> {
        match self.session().and_then(&ask) {
            Err(error) if error.is_lost() => self.session().and_then(ask),
            answer => answer,
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresStore").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl Store for PostgresStore {
    fn wants_one_account(&self) -> bool {
        self.is_spread
    }

    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        let (is_spread, floor) = (self.is_spread, self.floor);
        let begun = self.ask(|session| {
            let mut calls = vec![Call::new(&CLOCK_NOW, Vec::new()), open::ask_min_writer_version()];
            if !is_spread {
                calls.insert(1, Call::new(&WRITER_LAST_INSTANT, Vec::new()));
            }
            match session.begin(&BEGIN, calls)?.as_slice() {
                // Whose writers are to be asked is not known yet.
                [now, version] => Ok((clock(now)?, floor, open::min_writer_version(version)?)),
                [now, last, version] => {
                    Ok((clock(now)?, last_written(last)?, open::min_writer_version(version)?))
                }
                _ => Err(Error::Broken("a statement had no answer".to_owned())),
            }
        });
        let (clock, last, min_version) = begun?;
        self.check_version(min_version)?;
        self.caches.feeds.begin();
        Ok(Box::new(PostgresTx { store: self, clock, last, loaded: Loaded::default() }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        let (account, writer) = (self.signs_for, self.writer.clone());
        let last = self.ask(|session| {
            // A writer that has not written for the account before has no row yet, and one that has not
            // written for long may have expired. Then the lost transaction is the one that inserts its row, which nobody else sees or can lock before it ends: inserting
            // the row as well waits for it.
            session.run(&[open::name_writer(account, &writer, None)])?;
            let params = params![account.to_string(), writer.clone()];
            let done = session.one(&WRITER_LOCK, params)?;
            let last = done.rows.first().map(|row| rows::get::<Option<String>, _>(row, "batch_id"));
            Ok(last.transpose()?.flatten())
        });
        match last {
            Ok(last) => Ok(last == Some(batch_text(batch))),
            // A lost transaction that is not over yet is asked for again.
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let deadline = self.ask(|session| {
            let done = session.one(&DEADLINE_NEXT, Vec::new())?;
            done.rows.first().map(|row| rows::optional_instant(row, "due_at")).transpose()
        });
        Ok(deadline?.flatten())
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.ask(open::last_instant)?)
    }
}

/// What the database's clock says, and the latest instant that any writer committed.
pub(crate) type Instants = (Timestamp, Option<Timestamp>);

/// The answer to [`CLOCK_NOW`].
pub(crate) fn clock(done: &Done) -> Result<Timestamp, Error> {
    let absent = || Error::Broken("the database does not say what time it is".to_owned());
    rows::instant(done.rows.first().ok_or_else(absent)?, "millis")
}

/// The answer to [`WRITER_LAST_INSTANT`].
pub(crate) fn last_written(done: &Done) -> Result<Option<Timestamp>, Error> {
    let last = done.rows.first().map(|row| rows::optional_instant(row, "last_instant"));
    Ok(last.transpose()?.flatten())
}

fn batch_text(BatchId(id): BatchId) -> String {
    format!("{id:032x}")
}

/// A transaction. It ends with COMMIT, or with the end of this value.
struct PostgresTx<'a> {
    store: &'a mut PostgresStore,
    clock: Timestamp,
    last: Option<Timestamp>,
    loaded: Loaded,
}

impl Drop for PostgresTx<'_> {
    fn drop(&mut self) {
        let Some(session) = &mut self.store.session else { return };
        if session.roll_back().is_err() || !session.is_open() {
            // The server ends the transaction with its connection: at once, and not when the store is
            // next used, so that nobody waits for what it has locked.
            self.store.session = None;
        }
    }
}

impl PostgresTx<'_> {
    /// The connection on which the transaction was begun.
    fn session(store: &mut PostgresStore) -> Result<&mut Session, Error> {
        open_session(&mut store.session)
    }

    fn write(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let expires = self.expires(batch);
        let PostgresStore { session, caches, writer, is_spread, signs_for, .. } = &mut *self.store;
        let session = open_session(session)?;
        let last = |accounts: &BTreeSet<AccountId>| {
            // On a store that is spread the row lies with what is written; what is about several accounts
            // is signed for by the store's own.
            let mut accounts = accounts.iter().copied();
            *signs_for = match (accounts.next(), accounts.next()) {
                (Some(account), None) if *is_spread => account,
                _ => AccountId::SYSTEM,
            };
            let (account, now) = (signs_for.to_string(), batch.now.as_millis());
            Call::new(&WRITER_PUT, params![account, writer.clone(), batch_text(batch.id), now])
        };
        // All of it has succeeded before COMMIT is sent: so whoever looks after a lost COMMIT finds the
        // writer's row locked, or as the transaction left it.
        let besides = Besides { expires, last };
        let written = write::batch(session, &self.loaded, &mut caches.feeds, batch, besides);
        if written.is_err() {
            // Perhaps because something that was cached is not so.
            caches.feeds.invalidate();
        }
        written?;
        self.store.expired_at = expires.or(self.store.expired_at);
        Self::session(self.store)?.fail_at(BEFORE_COMMIT)
    }

    /// Whether writers are expired with the batch: now and then, with what is done for a job of the store's
    /// own.
    fn expires(&self, batch: &Batch<'_>) -> Option<Timestamp> {
        let is_of_store = |write: Write<'_, Of<JobId>, Job>| match write {
            Write::Insert((account, _), _) | Write::Update((account, _), _) => {
                *account == AccountId::SYSTEM
            }
            Write::Delete(_) => false,
        };
        let is_of_store = batch.world.jobs.writes().any(is_of_store);
        let is_due = |at: Timestamp| batch.now.millis_since(at) >= EXPIRE_PERIOD_MS;
        (is_of_store && self.store.expired_at.is_none_or(is_due)).then_some(batch.now)
    }
}

fn open_session(session: &mut Option<Session>) -> Result<&mut Session, Error> {
    let gone = || Error::Unavailable("the transaction's connection is gone".to_owned());
    session.as_mut().filter(|session| session.is_open()).ok_or_else(gone)
}

impl Tx for PostgresTx<'_> {
    /// The database's clock, and never less than what another batch has committed by then: read when the
    /// transaction began, and again once it had its locks. So whoever waited for a rival decides at a
    /// later instant than the rival did.
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        let now = match self.store.address.options().clock {
            ClockOf::Database => self.clock,
            ClockOf::Engine => clock,
        };
        Ok(self.last.map_or(now, |last| last.max(now)))
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        let PostgresStore { session, caches, is_spread, floor, .. } = &mut *self.store;
        let gone = || Error::Unavailable("the transaction's connection is gone".to_owned());
        let session = session.as_mut().ok_or_else(gone)?;
        self.loaded.by_account = *is_spread;
        let instants = load(session, (&mut self.loaded, caches), (keys, world));
        if instants.is_err() {
            // Perhaps because something that was cached is not so.
            caches.feeds.invalidate();
        }
        if let Some((clock, last)) = instants? {
            (self.clock, self.last) = (clock, last.max(*floor));
        }
        Ok(())
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        let params = params![now.as_millis(), rows_at_most(limit)];
        let done = Self::session(self.store)?.one(&DEADLINE_DUE, params)?;
        Ok(done.rows.iter().map(Stands::key).collect::<Result<_, Error>>()?)
    }

    fn commit(mut self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        self.write(batch)?;
        let session = Self::session(self.store)?;
        session.commit().map_err(Error::of_commit)?;
        self.store.caches.feeds.commit();

        // From here on it is written, whatever else happens.
        match Self::session(self.store).and_then(|session| session.fail_at(AFTER_COMMIT)) {
            Ok(()) => Ok(()),
            Err(error) => Err(CommitError::Unknown(error.to_string())),
        }
    }
}

/// A limit as PostgreSQL counts.
pub(crate) fn rows_at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
