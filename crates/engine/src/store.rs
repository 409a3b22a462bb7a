//! What the engine asks of a store: a transaction that loads what a batch names and commits what it
//! decided, all or nothing.

use std::sync::{Arc, OnceLock};

use domain::activity::Activity;
use domain::deadline::Deadline;
use domain::{Keys, Timestamp, World};

use crate::batch::BATCH_MAX;
use crate::error::{CommitError, StoreError};
use crate::key_usage::KeyUsage;

/// Where a store says that a newer program has changed it, so that this one must not write it any more.
/// Until the process ends, whoever wants to write is told that it is unavailable.
#[derive(Clone, Debug, Default)]
pub struct Superseded(Arc<OnceLock<String>>);

impl Superseded {
    /// Why a program that knows schemas up to `program` must not write one of version `store`, if it must
    /// not.
    #[must_use]
    pub fn check(&self, store: u32, program: u32) -> Option<&str> {
        let why = || {
            format!(
                "a newer program has changed the store: its schema version is {store}, this program \
                 knows versions up to {program}"
            )
        };
        (store > program).then(|| self.0.get_or_init(why).as_str())
    }

    /// Why this program must not write any more, if it must not.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// The name of a batch. Written in its own commit, it settles a commit whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchId(pub u128);

/// A store, as its one writer sees it.
pub trait Store: Send {
    /// Intents that are best decided together at most; [`BATCH_MAX`] or fewer.
    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    /// Whether each batch has to be about one account alone: the rows of others lie on other machines. Not so
    /// what the store's own account does besides, such as clean-up.
    fn wants_one_account(&self) -> bool {
        false
    }

    /// Begins the transaction of a batch.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was begun.
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError>;

    /// Whether this writer's last commit that took effect was `batch`'s. Asked after
    /// [`CommitError::Unknown`], before anything else is begun; waits for a lost transaction to end.
    ///
    /// # Errors
    /// [`StoreError`]; then it is still not known.
    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError>;

    /// The instant of the earliest deadline, if there is any.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError>;

    /// The latest instant at which anything was committed. No later batch has an earlier one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError>;
}

/// The transaction of one batch. Dropping it writes nothing.
pub trait Tx {
    /// The instant of the batch. A store with a clock of its own gives that, others give `clock`, and
    /// both never less than the last committed instant. Asked before anything is loaded, for what is
    /// due, and again when everything is: the second answer is that of the decisions.
    ///
    /// # Errors
    /// [`StoreError`].
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError>;

    /// Loads every row that `keys` names into `world`: each one as it is stored, or as absent. All
    /// keys are answered, and nothing else is loaded.
    ///
    /// # Errors
    /// [`StoreError`]; [`Broken`](StoreError::Broken) when a row contradicts itself.
    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError>;

    /// Deadlines at or before `now`, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError>;

    /// Writes the batch and commits. A row of the world that is new is inserted: if one is already
    /// there, that is [`CommitError::Conflict`] or [`CommitError::Refused`], never an overwrite.
    /// (Pools of seats and feeds are upserted: they may have no row.)
    ///
    /// # Errors
    /// [`CommitError`], which says what is known.
    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError>;
}

/// What a batch decided.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Its name.
    pub id: BatchId,
    /// Its instant.
    pub now: Timestamp,
    /// The rows it changed: [`Table::writes`](domain::table::Table::writes) of each table that is
    /// written, `cuts`, and `refunds`.
    pub world: &'a World,
    /// The world's new activity, rendered.
    pub emitted: &'a [ActivityRow],
    /// How often keys were seen since the last commit.
    pub key_usage: &'a [KeyUsage],
}

/// An entry of the feed with its facts as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityRow {
    /// The entry.
    pub activity: Activity,
    /// What changed, as it was.
    pub before: String,
    /// What changed, as it is.
    pub after: String,
    /// What is emitted to subscribers.
    pub data: String,
    /// The version of its shape.
    pub schema_version: u16,
}
