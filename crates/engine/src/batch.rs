//! A batch: load what its intents name, decide them one by one, write everything in one commit.

mod attempt;

pub(crate) use attempt::{panic_text, system};

use std::sync::Arc;

use domain::record::Answer;
use domain::{Actor, Intent, Reply, Timestamp};

use crate::error::{ExecuteError, Fault, StoreError};
use crate::shell::{BatchReport, Shell};
use crate::store::{BatchId, Store};
use attempt::{Attempt, Trouble};

/// Intents that are decided together at most.
pub const BATCH_MAX: usize = 1024;
/// Holds that a batch ends at most, besides its intents.
pub const EXPIRE_MAX: usize = 512;
/// How often a batch is decided again after another writer was faster.
pub const CONFLICT_REPEATS_MAX: usize = 10;
/// How often the store is asked what became of a batch whose commit is unknown.
pub const SETTLE_ATTEMPTS_MAX: usize = 10;

/// What an intent leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The key was answered before; these are the same bytes.
    Replayed(Arc<Answer>),
    /// It was decided now.
    Decided(Arc<Answer>, After),
    /// The fields did not pass their checks, and the key has no earlier answer.
    Malformed,
    /// Deciding or storing it failed by a fault of ours. Nothing was written.
    Failed(String),
}

/// What is left of a decision besides its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// The answer is in the record of the key, committed: it is what the key replays from now on.
    pub is_kept: bool,
    /// What the answer does not say, for those who need it.
    pub reply: Option<Box<Reply>>,
}

impl Outcome {
    /// The outcome, or that it failed.
    ///
    /// # Errors
    /// [`Fault::Internal`] for [`Outcome::Failed`].
    pub fn or_fault(self) -> Result<Self, Fault> {
        match self {
            Self::Failed(what) => Err(Fault::Internal(what)),
            Self::Replayed(_) | Self::Decided(..) | Self::Malformed => Ok(self),
        }
    }
}

/// A batch that was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// What each intent led to, in order.
    pub outcomes: Vec<Outcome>,
    /// The batch's instant.
    pub now: Timestamp,
    /// Holds that it ended.
    pub expired: usize,
    /// The earliest deadline among the holds that it made.
    pub next_deadline: Option<Timestamp>,
}

/// What a batch does besides its intents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chores {
    /// First end holds whose deadline has passed, up to [`EXPIRE_MAX`].
    pub expire: bool,
    /// Write how often keys were seen. Not with each batch: replays must not cost a commit.
    pub sightings: bool,
}

/// Carries out a batch: its outcomes are committed when this returns.
///
/// One intent that panics, or whose rows the store will never take, fails alone. A commit that another
/// writer beat is decided again; one whose answer was lost is settled by asking the store for it.
///
/// # Errors
/// [`ExecuteError::Unavailable`] when nothing is known to be written;
/// [`ExecuteError::Fatal`] when the process must stop.
pub fn execute(
    store: &mut dyn Store,
    shell: &mut Shell,
    intents: &[Intent],
    chores: Chores,
) -> Result<Executed, ExecuteError> {
    let started = shell.clock.micros();
    let attempt = settle_conflicts(store, shell, (intents, chores));
    let done = match attempt {
        Ok(done) => done,
        Err(Trouble::Store(error)) => return Err(error.into()),
        Err(Trouble::Conflict(why) | Trouble::Unsettled(why)) => {
            return Err(ExecuteError::Unavailable(why));
        }
        Err(Trouble::Refused(why)) => return bisect(store, shell, (intents, chores), &why),
    };
    let micros = shell.clock.micros().saturating_sub(started);
    let of_clients = intents.iter().filter(|intent| intent.actor != Actor::System).count();
    let report = BatchReport { micros, intents: of_clients, ..done.report };
    shell.observer.batch(&report);
    Ok(done.executed)
}

fn settle_conflicts(
    store: &mut dyn Store,
    shell: &mut Shell,
    (intents, chores): (&[Intent], Chores),
) -> Result<Attempt, Trouble> {
    let mut repeats = 0;
    loop {
        let batch = BatchId(fresh(shell));
        match attempt::attempt(store, shell, (batch, intents, chores)) {
            Err(Trouble::Conflict(why)) if repeats < CONFLICT_REPEATS_MAX => {
                shell.observer.repeated(&why);
            }
            Err(Trouble::Unsettled(why)) if repeats < CONFLICT_REPEATS_MAX => {
                shell.observer.store_error(&why);
            }
            done => return done,
        }
        repeats = repeats.saturating_add(1);
    }
}

fn fresh(shell: &mut Shell) -> u128 {
    let random = (shell.random)();
    shell.mint.next(shell.clock.now(), random)
}

/// One of the intents has a row that the store will never take. Each half is carried out on its own,
/// until the one to blame stands alone.
fn bisect(
    store: &mut dyn Store,
    shell: &mut Shell,
    (intents, chores): (&[Intent], Chores),
    why: &str,
) -> Result<Executed, ExecuteError> {
    shell.observer.store_error(why);
    if intents.is_empty() {
        return Err(ExecuteError::Unavailable(why.to_owned()));
    }
    if chores != Chores::default() {
        // Or it is a hold's that ended with the batch: then no intent is to blame.
        return execute(store, shell, intents, Chores::default());
    }
    if intents.len() == 1 {
        let outcomes = intents.iter().map(|_| Outcome::Failed(why.to_owned())).collect();
        return Ok(Executed { outcomes, now: shell.clock.now(), ..Executed::default() });
    }
    let (first, second) = intents.split_at(intents.len() / 2);
    let mut done = execute(store, shell, first, Chores::default())?;
    let rest = match execute(store, shell, second, Chores::default()) {
        Ok(rest) => rest,
        // The first half is committed: its answers stand, whatever became of the second.
        Err(ExecuteError::Unavailable(why)) => {
            let failed = second.iter().map(|_| Outcome::Failed(why.clone())).collect();
            Executed { outcomes: failed, ..Executed::default() }
        }
        Err(fatal @ ExecuteError::Fatal(_)) => return Err(fatal),
    };
    done.outcomes.extend(rest.outcomes);
    done.now = done.now.max(rest.now);
    done.next_deadline = [done.next_deadline, rest.next_deadline].into_iter().flatten().min();
    Ok(done)
}

/// Asks until the store knows what became of a batch.
fn settle(store: &mut dyn Store, batch: BatchId) -> Result<bool, StoreError> {
    let mut attempts = 0;
    loop {
        match store.was_committed(batch) {
            Err(StoreError::Unavailable(_)) if attempts < SETTLE_ATTEMPTS_MAX => {
                attempts = attempts.saturating_add(1);
            }
            known => return known,
        }
    }
}
