//! What fails when. One plan serves the store, the engine's failpoints, and a store's statements.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::record::IntentKey;
use engine::failpoint::Failpoints;
use engine::{CommitError, StoreError};

use crate::rng::Rng;

/// Conflicts in a row at most: more than the engine repeats a batch.
const CONFLICTS_MAX: u64 = 12;
/// Questions after a lost acknowledgement that stay open at most: more than the engine asks.
const DEAF_MAX: u64 = 14;

/// How often what fails, in thousandths of the times it is done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// A transaction does not begin.
    pub begin: u64,
    /// Rows cannot be read.
    pub load: u64,
    /// A commit writes nothing and says so.
    pub lost_write: u64,
    /// Another writer is faster, a few times in a row.
    pub conflict: u64,
    /// A commit's answer is lost; half of them took effect.
    pub unknown: u64,
    /// The process dies before or after a commit.
    pub crash: u64,
    /// The engine stops between two of its steps.
    pub engine: u64,
    /// One of the store's own statements fails, and half of the times the process dies with it.
    pub statement: u64,
}

impl Rates {
    /// Nothing fails.
    pub const CALM: Self = Self {
        begin: 0,
        load: 0,
        lost_write: 0,
        conflict: 0,
        unknown: 0,
        crash: 0,
        engine: 0,
        statement: 0,
    };
    /// Everything fails now and then, at the boundary of the store.
    pub const STORMY: Self = Self {
        begin: 15,
        load: 10,
        lost_write: 30,
        conflict: 30,
        unknown: 60,
        crash: 40,
        engine: 8,
        statement: 0,
    };
    /// The store fails, or the process dies, between any two statements.
    pub const STATEMENTS: Self = Self { statement: 4, ..Self::CALM };
}

/// A plan of faults; its clones share it.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rng: Rng,
    rates: Rates,
    on: bool,
    /// The process is dead: nothing works until it is restarted.
    crashed: bool,
    conflicts: u64,
    deaf: u64,
    refused: BTreeSet<IntentKey>,
    injected: BTreeMap<&'static str, u64>,
}

/// What becomes of a commit.
pub(super) struct AtCommit {
    /// It takes effect.
    pub(super) works: bool,
    /// What is heard of it; `None` for what the store says.
    pub(super) error: Option<CommitError>,
    /// The process dies after it.
    pub(super) dies: bool,
}

impl AtCommit {
    const WORKS: Self = Self { works: true, error: None, dies: false };

    const fn fails(error: CommitError) -> Self {
        Self { works: false, error: Some(error), dies: false }
    }
}

impl Faults {
    /// Faults by chance from `rng`; they begin once they are turned on.
    #[must_use]
    pub fn new(rng: Rng, rates: Rates) -> Self {
        Self(Arc::new(Mutex::new(State {
            rng,
            rates,
            on: false,
            crashed: false,
            conflicts: 0,
            deaf: 0,
            refused: BTreeSet::new(),
            injected: BTreeMap::new(),
        })))
    }

    /// Lets things fail from now on, or lets everything work.
    pub fn turn(&self, on: bool) {
        let mut state = self.state();
        state.on = on;
        if !on {
            (state.conflicts, state.deaf) = (0, 0);
            state.refused.clear();
        }
    }

    /// Whether the process has died.
    #[must_use]
    pub fn has_crashed(&self) -> bool {
        self.state().crashed
    }

    /// The process lives again.
    pub fn restart(&self) {
        let mut state = self.state();
        state.crashed = false;
        (state.conflicts, state.deaf) = (0, 0);
    }

    /// No commit with a new record of this key is taken, until [`forgive`](Self::forgive).
    pub fn refuse(&self, key: IntentKey) {
        self.state().refused.insert(key);
    }

    /// Every row is taken again.
    pub fn forgive(&self) {
        self.state().refused.clear();
    }

    /// How often what has failed.
    #[must_use]
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.state().injected.clone()
    }

    /// The same plan between the steps of the engine.
    #[must_use]
    pub fn steps(&self) -> Failpoints {
        let faults = self.clone();
        Failpoints::new(move |_step| faults.at_step())
    }

    /// The same plan between the statements of a store.
    #[must_use]
    pub fn statements(&self) -> Failpoints {
        let faults = self.clone();
        Failpoints::new(move |_statement| faults.at_statement())
    }

    pub(super) fn refuses(&self, key: &IntentKey) -> bool {
        let mut state = self.state();
        let refuses = state.refused.contains(key);
        if refuses {
            state.count("refused");
        }
        refuses
    }

    pub(super) fn at_begin(&self) -> Result<(), StoreError> {
        let rates = self.state().rates;
        self.works("begin", rates.begin)
    }

    pub(super) fn at_load(&self) -> Result<(), StoreError> {
        let rates = self.state().rates;
        self.works("load", rates.load)
    }

    fn works(&self, what: &'static str, per_mille: u64) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.crashed {
            return Err(dead());
        }
        if state.fails(what, per_mille) { Err(away(what)) } else { Ok(()) }
    }

    /// Whether a lost commit's fate can be learnt now.
    pub(super) fn at_settle(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.crashed {
            return Err(dead());
        }
        match state.deaf.checked_sub(1) {
            Some(left) => {
                state.deaf = left;
                Err(away("settle"))
            }
            None => Ok(()),
        }
    }

    pub(super) fn at_commit(&self) -> AtCommit {
        let mut state = self.state();
        if state.crashed {
            return AtCommit::fails(CommitError::NotWritten(dead()));
        }
        let rates = state.rates;
        if state.conflicts == 0 && state.fails("conflict", rates.conflict) {
            state.conflicts = state.rng.below(CONFLICTS_MAX).saturating_add(1);
        }
        if let Some(left) = state.conflicts.checked_sub(1) {
            state.conflicts = left;
            return AtCommit::fails(CommitError::Conflict("another was faster".to_owned()));
        }
        if state.fails("lost_write", rates.lost_write) {
            return AtCommit::fails(CommitError::NotWritten(away("lost_write")));
        }
        // Half of those whose answer is lost take effect all the same.
        if state.fails("unknown", rates.unknown) {
            state.deaf = state.rng.below(DEAF_MAX);
            let error = Some(CommitError::Unknown("its answer was lost".to_owned()));
            return AtCommit { works: state.rng.chance(500), error, dies: false };
        }
        if state.fails("crash", rates.crash) {
            let error = Some(CommitError::Unknown("the process died".to_owned()));
            return AtCommit { works: state.rng.chance(500), error, dies: true };
        }
        AtCommit::WORKS
    }

    /// The process dies now.
    pub(super) fn die(&self) {
        self.state().crashed = true;
    }

    fn at_step(&self) -> bool {
        let mut state = self.state();
        let rate = state.rates.engine;
        state.crashed || state.fails("engine", rate)
    }

    fn at_statement(&self) -> bool {
        let mut state = self.state();
        let rate = state.rates.statement;
        if !state.crashed && state.fails("statement", rate) {
            state.crashed = state.rng.chance(500);
            return true;
        }
        state.crashed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fails(&mut self, what: &'static str, per_mille: u64) -> bool {
        let fails = self.on && per_mille > 0 && self.rng.chance(per_mille);
        if fails {
            self.count(what);
        }
        fails
    }

    fn count(&mut self, what: &'static str) {
        let count = self.injected.entry(what).or_default();
        *count = count.saturating_add(1);
    }
}

fn away(what: &str) -> StoreError {
    StoreError::Unavailable(format!("fault: {what}"))
}

fn dead() -> StoreError {
    StoreError::Failed("the process has died".to_owned())
}
