//! A store whose next commits go as a test wants.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use domain::activity::ActivityKind;
use domain::id::BookingId;
use domain::record::IntentKey;
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::cleaning::{Found, Search};
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};
use sim::memory::MemoryStore;

/// How something goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A commit: another writer was faster.
    Conflict,
    /// A commit: nothing is written.
    NotWritten,
    /// A commit: it is written, and its answer is lost.
    LostAfter,
    /// A commit: it is not written, and its answer is lost.
    LostBefore,
    /// A commit: what is stored contradicts itself.
    Broken,
    /// A commit: a bug of the store.
    Panics,
}

/// What is to come; its clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    turns: VecDeque<Turn>,
    away: bool,
    forgets_deadlines: bool,
    refuses_expiry: bool,
    settled: u32,
}

impl Script {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next commits go like this, those after them well.
    pub(crate) fn next(&self, turns: &[Turn]) {
        self.with(|state| state.turns = turns.iter().cloned().collect());
    }

    /// Whether the store can be reached at all.
    pub(crate) fn be_away(&self, away: bool) {
        self.with(|state| state.away = away);
    }

    /// Whether it can not say which deadline is next.
    pub(crate) fn forget_deadlines(&self, forgets: bool) {
        self.with(|state| state.forgets_deadlines = forgets);
    }

    /// Whether it never takes what the end of a hold writes.
    pub(crate) fn refuse_expiry(&self, refuses: bool) {
        self.with(|state| state.refuses_expiry = refuses);
    }

    /// How often it was asked what became of a lost commit.
    pub(crate) fn settled(&self) -> u32 {
        self.with(|state| state.settled)
    }

    fn reach(&self) -> Result<(), StoreError> {
        if self.with(|state| state.away) { Err(away()) } else { Ok(()) }
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("it is away".to_owned())
}

/// A store in memory that follows a script.
pub(crate) struct ScriptedStore {
    inner: MemoryStore,
    script: Script,
}

impl ScriptedStore {
    pub(crate) const fn new(inner: MemoryStore, script: Script) -> Self {
        Self { inner, script }
    }
}

impl fmt::Debug for ScriptedStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ScriptedStore").field("script", &self.script).finish_non_exhaustive()
    }
}

impl Store for ScriptedStore {
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        self.script.reach()?;
        Ok(Box::new(ScriptedTx { inner: self.inner.begin()?, script: self.script.clone() }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        self.script.with(|state| state.settled += 1);
        self.script.reach()?;
        self.inner.was_committed(batch)
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.script.reach()?;
        if self.script.with(|state| state.forgets_deadlines) {
            return Err(away());
        }
        self.inner.next_deadline()
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.script.reach()?;
        Store::last_instant(&mut self.inner)
    }
}

struct ScriptedTx<'a> {
    inner: Box<dyn Tx + 'a>,
    script: Script,
}

impl Tx for ScriptedTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.inner.now(clock)
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.inner.load(keys, world)
    }

    fn due_holds(
        &mut self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<BookingId>>, StoreError> {
        self.inner.due_holds(now, limit)
    }

    fn due_records(&mut self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        self.inner.due_records(now, limit)
    }

    fn due_entries(&mut self, search: Search) -> Result<Found, StoreError> {
        self.inner.due_entries(search)
    }

    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        let Self { inner, script } = *self;
        let expires = |told: &engine::Told| told.activity.kind == ActivityKind::BookingExpired;
        if script.with(|state| state.refuses_expiry) && batch.told.iter().any(expires) {
            return Err(CommitError::Refused("no hold ever ends".to_owned()));
        }
        let lost = || CommitError::Unknown("its answer was lost".to_owned());
        match script.with(|state| state.turns.pop_front()) {
            None => inner.commit(batch),
            Some(Turn::Conflict) => Err(CommitError::Conflict("another was faster".to_owned())),
            Some(Turn::NotWritten) => Err(CommitError::NotWritten(away())),
            Some(Turn::LostAfter) => inner.commit(batch).and_then(|()| Err(lost())),
            Some(Turn::LostBefore) => Err(lost()),
            Some(Turn::Panics) => panic!("a bug of the store"),
            Some(Turn::Broken) => {
                Err(CommitError::NotWritten(StoreError::Broken("a row".to_owned())))
            }
        }
    }
}
