//! A batch: load what its intents name, decide them one by one, write everything in one commit.

mod apart;
mod attempt;
mod bisect;

pub(crate) use attempt::{panic_text, system};

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::deadline::Deadline;
use domain::id::AccountId;
use domain::record::Answer;
use domain::{Actor, Intent, Reply, Timestamp};

use crate::error::{ExecuteError, Fault, StoreError};
use crate::ports::{BatchReport, Ports};
use crate::store::{BatchId, Store};
use attempt::{Attempt, AttemptError};
use bisect::bisect;

/// Intents that are decided together at most.
pub const BATCH_MAX: usize = 1024;
/// Deadlines that a batch keeps at most, besides its intents.
pub const DUE_MAX: usize = 512;
/// How often a batch is decided again after another writer was faster.
pub const CONFLICT_REPEATS_MAX: usize = 10;
/// Before a batch is decided again it waits for a random time, up to this …
pub const CONFLICT_PAUSE_MICROS: u64 = 1_000;
/// … and up to twice as long each time after, to this at most: rivals that met once should not meet
/// again, and nobody waits for long.
pub const CONFLICT_PAUSE_MAX_MICROS: u64 = 64_000;
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
    /// The store could not be used when its turn came, after others of the batch were committed. It is
    /// not known that anything was written.
    Unavailable(String),
}

/// Why a node says nothing to a key that another node has bound, with a secret that this one was not given.
#[must_use]
pub fn unknown_secret(secret: u8) -> String {
    format!("the secrets file of this node lacks secret {secret}, which others use already")
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
    /// What the answer does not say, if it was decided now.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Decided(_, after) => after.reply.as_deref(),
            Self::Replayed(_) | Self::Malformed | Self::Failed(_) | Self::Unavailable(_) => None,
        }
    }

    /// The outcome, or that it failed.
    ///
    /// # Errors
    /// [`Fault::Internal`] for [`Outcome::Failed`], [`Fault::Unavailable`] for
    /// [`Outcome::Unavailable`].
    pub fn or_fault(self) -> Result<Self, Fault> {
        match self {
            Self::Failed(what) => Err(Fault::Internal(what)),
            Self::Unavailable(why) => Err(Fault::Unavailable(why)),
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
    /// Deadlines that it kept: what was to happen did.
    pub kept: usize,
    /// The earliest of the deadlines that it set.
    pub next_deadline: Option<Timestamp>,
    /// What became of the deadlines that were due, if they were to be kept with it.
    pub overdue: Overdue,
}

/// Deadlines that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overdue {
    /// Those that were to be kept, at most [`DUE_MAX`].
    pub tried: Vec<Deadline>,
    /// Those among them that could not: the decision panicked, or the store never takes its rows.
    pub failed: Vec<NotKept>,
}

/// A deadline that could not be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKept {
    /// Which.
    pub deadline: Deadline,
    /// Why.
    pub why: String,
}

/// What a batch does besides its intents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chores {
    /// First keep the deadlines that are due, up to [`DUE_MAX`].
    pub due: bool,
    /// Write how often keys were seen. Not with each batch: replays must not cost a commit.
    pub key_usage: bool,
}

/// What is to be carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task<'a> {
    pub(crate) intents: &'a [Intent],
    pub(crate) chores: Chores,
    /// Deadlines that are due and that are left alone.
    pub(crate) passed_over: &'a BTreeSet<Deadline>,
    /// Its part of the chores, where it is one of several.
    pub(crate) share: Option<Share<'a>>,
}

/// What is to be done of the chores for one account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share<'a> {
    /// Its counts are written.
    pub(crate) account: AccountId,
    /// Its deadlines that are due.
    pub(crate) due: &'a [Deadline],
}

impl<'a> Task<'a> {
    pub(crate) const fn new(intents: &'a [Intent], chores: Chores) -> Self {
        static NONE: BTreeSet<Deadline> = BTreeSet::new();
        Self { intents, chores, passed_over: &NONE, share: None }
    }
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
    ports: &mut Ports,
    intents: &[Intent],
    chores: Chores,
) -> Result<Executed, ExecuteError> {
    carry_out(store, ports, Task::new(intents, chores))
}

/// As [`execute`], but leaves some of the deadlines that are due alone. Where the store wants it, the batch
/// is carried out in parts, each of them about one account.
pub(crate) fn carry_out(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
) -> Result<Executed, ExecuteError> {
    if store.wants_one_account() && apart::may_be_mixed(task) {
        apart::carry_out(store, ports, task)
    } else {
        together(store, ports, task)
    }
}

/// Carries out a batch in one commit.
fn together(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
) -> Result<Executed, ExecuteError> {
    let started = ports.clock.micros();
    let attempt = settle_conflicts(store, ports, task);
    let done = match attempt {
        Ok(done) => done,
        Err(AttemptError::Store(error)) => return Err(error.into()),
        Err(AttemptError::Conflict(why) | AttemptError::Unsettled(why)) => {
            return Err(ExecuteError::Unavailable(why));
        }
        Err(AttemptError::Refused(why)) => return bisect(store, ports, task, &why),
    };
    let micros = ports.clock.micros().saturating_sub(started);
    let of_clients = task.intents.iter().filter(|intent| intent.actor != Actor::System).count();
    let report = BatchReport { micros, intents: of_clients, ..done.report };
    ports.observer.batch(&report);
    Ok(done.executed)
}

fn settle_conflicts(
    store: &mut dyn Store,
    ports: &mut Ports,
    task: Task<'_>,
) -> Result<Attempt, AttemptError> {
    let mut repeats = 0;
    loop {
        let batch = BatchId(fresh(ports));
        match attempt::attempt(store, ports, batch, task) {
            Err(AttemptError::Conflict(why)) if repeats < CONFLICT_REPEATS_MAX => {
                ports.observer.repeated(&why);
            }
            Err(AttemptError::Unsettled(why)) if repeats < CONFLICT_REPEATS_MAX => {
                ports.observer.store_error(&why);
            }
            done => return done,
        }
        pause(ports, repeats);
        repeats = repeats.saturating_add(1);
    }
}

/// Waits before the next try, for a random time that grows with the number of tries so far.
fn pause(ports: &mut Ports, tries: usize) {
    let doubled = u32::try_from(tries).ok().and_then(|tries| 1_u64.checked_shl(tries));
    let longest = CONFLICT_PAUSE_MICROS.saturating_mul(doubled.unwrap_or(u64::MAX));
    let longest = longest.min(CONFLICT_PAUSE_MAX_MICROS);
    let micros = (ports.random)() % longest.saturating_add(1);
    ports.clock.pause(Duration::from_micros(micros));
}

fn fresh(ports: &mut Ports) -> u128 {
    let random = (ports.random)();
    ports.mint.next(ports.clock.now(), random)
}

/// Asks until the store knows what became of a batch.
fn settle(store: &mut dyn Store, ports: &mut Ports, batch: BatchId) -> Result<bool, StoreError> {
    let mut attempts = 0;
    loop {
        match store.was_committed(batch) {
            Err(StoreError::Unavailable(_)) if attempts < SETTLE_ATTEMPTS_MAX => {
                pause(ports, attempts);
                attempts = attempts.saturating_add(1);
            }
            known => return known,
        }
    }
}
