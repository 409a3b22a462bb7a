//! A store whose next commits go as a test wants.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use domain::activity::{ActivityKind, Facts};
use domain::deadline::Deadline;
use domain::id::BookingId;
use domain::record::Answer;
use domain::table::Write;
use domain::{Command, Intent, Keys, Reject, Reply, Timestamp, World};
use engine::{Batch, BatchId, CommitError, Render, Store, StoreError, Tx};
use sim::memory::MemoryStore;
use sim::test_ports::TestRender;

/// How something goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A commit: another writer was faster.
    Conflict,
    /// A commit: nothing is written.
    NotWritten,
    /// A commit: it goes well.
    Well,
    /// A commit: it is written, and its answer is lost.
    LostAfter,
    /// A commit: it is written, its answer is lost, and then the store is away.
    LostAndAway,
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
    refused: BTreeSet<String>,
    unspeakable: BTreeSet<BookingId>,
    forgets: Option<fn(&mut Keys) -> bool>,
    forgot: bool,
    looked_for_due: u32,
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

    /// Whether it cannot say which deadline is next.
    pub(crate) fn forget_deadlines(&self, forgets: bool) {
        self.with(|state| state.forgets_deadlines = forgets);
    }

    /// Whether it never takes what the end of a hold writes.
    pub(crate) fn refuse_expiry(&self, refuses: bool) {
        self.with(|state| state.refuses_expiry = refuses);
    }

    /// It never takes a change of these: bookings, keys, or feeds by their account.
    pub(crate) fn refuse<T: ToString>(&self, things: &[T]) {
        self.with(|state| state.refused = things.iter().map(T::to_string).collect());
    }

    /// A decision about the end of these holds panics.
    pub(crate) fn panic_at(&self, holds: &[BookingId]) {
        self.with(|state| state.unspeakable = holds.iter().copied().collect());
    }

    /// One key of those that it is asked for is not answered, the one that this takes away.
    pub(crate) fn forget(&self, forgets: Option<fn(&mut Keys) -> bool>) {
        self.with(|state| state.forgets = forgets);
    }

    /// Whether a key was not answered.
    pub(crate) fn forgot(&self) -> bool {
        self.with(|state| state.forgot)
    }

    /// How often it was asked for holds that are due.
    pub(crate) fn looked_for_due(&self) -> u32 {
        self.with(|state| state.looked_for_due)
    }

    /// How often it was asked what became of a lost commit.
    pub(crate) fn settled(&self) -> u32 {
        self.with(|state| state.settled)
    }

    fn reach(&self) -> Result<(), StoreError> {
        if self.with(|state| state.away) { Err(away()) } else { Ok(()) }
    }
}

impl State {
    fn is_refused(&self, batch: &Batch<'_>) -> bool {
        let mut emitted = batch.emitted.iter().map(|emitted| &emitted.activity.resource);
        let mut records = batch.world.records.writes().filter_map(|write| match write {
            Write::Insert(key, _) | Write::Update(key, _) => Some(&key.key),
            Write::Delete(_) => None,
        });
        let mut feeds = batch.world.truncations.iter().map(|(account, _)| account.to_string());
        emitted.any(|it| self.refused.contains(it))
            || records.any(|it| self.refused.contains(it))
            || feeds.any(|it| self.refused.contains(&it))
    }
}

/// Renders, but for the end of some holds.
pub(crate) struct ScriptedRender(pub(crate) Script);

impl Render for ScriptedRender {
    fn answer(&self, intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer {
        if let Command::Expire(hold) = &intent.command {
            let is_unspeakable = self.0.with(|state| state.unspeakable.contains(hold));
            assert!(!is_unspeakable, "a decision panics");
        }
        TestRender.answer(intent, answer)
    }

    fn facts(&self, facts: &Facts) -> String {
        TestRender.facts(facts)
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
        let mut keys = keys.clone();
        let forgets = self.script.with(|state| state.forgets);
        if forgets.is_some_and(|forgets| forgets(&mut keys)) {
            self.script.with(|state| state.forgot = true);
        }
        self.inner.load(&keys, world)
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        self.script.with(|state| state.looked_for_due += 1);
        self.inner.due(now, limit)
    }

    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        let Self { inner, script } = *self;
        let expires =
            |emitted: &engine::ActivityRow| emitted.activity.kind == ActivityKind::BookingExpired;
        if script.with(|state| state.refuses_expiry) && batch.emitted.iter().any(expires) {
            return Err(CommitError::Refused("no hold ever ends".to_owned()));
        }
        if script.with(|state| state.is_refused(batch)) {
            return Err(CommitError::Refused("it never takes that row".to_owned()));
        }
        let lost = || CommitError::Unknown("its answer was lost".to_owned());
        match script.with(|state| state.turns.pop_front()) {
            None | Some(Turn::Well) => inner.commit(batch),
            Some(Turn::LostAndAway) => {
                script.be_away(true);
                inner.commit(batch).and_then(|()| Err(lost()))
            }
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
