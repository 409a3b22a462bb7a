//! A writer, and the transaction of a batch. The level is READ COMMITTED: whatever a decision depends
//! on is locked, or refused by a unique key when it is written.

use std::fmt;

use domain::id::{AccountId, BookingId, KeyId};
use domain::record::{IntentKey, Record};
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::cleaning::{Found, Search};
use engine::failpoint::{AFTER_COMMIT, BEFORE_COMMIT};
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};

use rows::Stored as _;

use crate::connect::{Address, ClockOf, Options, Purpose};
use crate::errors::{Error, OpenError};
use crate::load::{Loaded, Memory, load};
use crate::reads::PostgresReads;
use crate::session::{Call, Done, Session, params};
use crate::statements::{
    BEGIN, BOOKING_DUE, BOOKING_NEXT_DEADLINE, CLOCK_NOW, LOOK, LOOKED, RECORD_DUE,
    WRITER_LAST_INSTANT, WRITER_LOCK, WRITER_PUT,
};
use crate::{clean, open, write};

/// One of the store's writers: a connection that belongs to one thread.
pub struct PostgresStore {
    address: Address,
    /// Its name in the table of writers.
    writer: String,
    session: Option<Session>,
    memory: Memory,
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
        open::enlist(&mut session, &writer)?;
        // Once more, now that its name is there: whoever fills a store marks it and then looks for names.
        open::check_whole(&mut session)?;
        let session = Some(session.with_failpoints(options.failpoints.clone()));
        Ok(Self { address, writer, session, memory: Memory::default() })
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
            self.memory.forget();
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
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        let begun = self.ask(|session| {
            let clocks = [&CLOCK_NOW, &WRITER_LAST_INSTANT].map(|it| Call::new(it, Vec::new()));
            let calls = clocks.into_iter().chain([open::ask_min_writer_version()]).collect();
            match session.begin(&BEGIN, calls)?.as_slice() {
                [now, last, version] => {
                    Ok((clock(now)?, last_written(last)?, open::min_writer_version(version)?))
                }
                _ => Err(Error::Broken("a statement had no answer".to_owned())),
            }
        });
        let (clock, last, min_version) = begun?;
        self.check_version(min_version)?;
        self.memory.feeds.begin();
        Ok(Box::new(PostgresTx { store: self, clock, last, loaded: Loaded::default() }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        let writer = self.writer.clone();
        let last = self.ask(|session| {
            // A writer that has not written for long may have been forgotten. Then the lost transaction is
            // the one that inserts its row, which nobody else sees or can lock before it ends: inserting
            // the row as well waits for it.
            session.run(&[open::name_writer(&writer, None)])?;
            let params = params![AccountId::SYSTEM.to_string(), writer.clone()];
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
            let done = session.one(&BOOKING_NEXT_DEADLINE, Vec::new())?;
            done.rows.first().map(|row| rows::optional_instant(row, "expires_at")).transpose()
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
        let writer = self.store.writer.clone();
        let params = params![
            AccountId::SYSTEM.to_string(),
            writer,
            batch_text(batch.id),
            batch.now.as_millis()
        ];
        // All of it has succeeded before COMMIT is sent: so whoever looks after a lost COMMIT finds the
        // writer's row locked, or as the transaction left it.
        let last = Call::new(&WRITER_PUT, params);
        let PostgresStore { session, memory, .. } = &mut *self.store;
        let session = open_session(session)?;
        let written = write::batch(session, (&self.loaded, &mut memory.feeds), (batch, last));
        if written.is_err() {
            // Perhaps because something that was remembered is not so.
            memory.feeds.forget();
        }
        written?;
        session.fail_at(BEFORE_COMMIT)
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
        let PostgresStore { session, memory, .. } = &mut *self.store;
        let gone = || Error::Unavailable("the transaction's connection is gone".to_owned());
        let session = session.as_mut().ok_or_else(gone)?;
        let told = load(session, (&mut self.loaded, memory), (keys, world));
        if told.is_err() {
            // Perhaps because something that was remembered is not so.
            memory.feeds.forget();
        }
        if let Some((clock, last)) = told? {
            (self.clock, self.last) = (clock, last);
        }
        Ok(())
    }

    fn due_holds(
        &mut self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<BookingId>>, StoreError> {
        let params = params![now.as_millis(), rows_at_most(limit)];
        let session = Self::session(self.store)?;
        // What others are ending just now is passed over. What is found is not kept locked: it is
        // locked together with the other bookings of the batch, in the order of all writers.
        let mut done = session.run(&[
            Call::new(&LOOK, Vec::new()),
            Call::new(&BOOKING_DUE, params),
            Call::new(&LOOKED, Vec::new()),
        ])?;
        let due = done.swap_remove(1);
        let due = due.rows.iter().map(|row| Ok((rows::account(row)?, rows::parse(row, "id")?)));
        Ok(due.collect::<Result<_, Error>>()?)
    }

    fn due_records(&mut self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        let params = params![now.as_millis(), rows_at_most(limit)];
        let done = Self::session(self.store)?.one(&RECORD_DUE, params)?;
        Ok(done.rows.iter().map(Record::key).collect::<Result<_, Error>>()?)
    }

    fn due_entries(&mut self, search: Search) -> Result<Found, StoreError> {
        Ok(clean::due(Self::session(self.store)?, search)?)
    }

    fn commit(mut self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        self.write(batch)?;
        let session = Self::session(self.store)?;
        session.commit().map_err(Error::of_commit)?;
        self.store.memory.feeds.commit();

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
