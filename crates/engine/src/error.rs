//! What can go wrong outside a decision. None of these is an answer: nothing was decided, or it is not
//! known, or the process must stop.

use std::fmt;

/// The store could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// It is out of reach, busy, or full: nothing was written, later it may work.
    Unavailable(String),
    /// Another writer was faster, or two waited for each other: nothing was written, begin again.
    Conflict(String),
    /// What is stored contradicts itself. Selling on would make it worse: stop.
    Broken(String),
    /// A row has a word that this program does not know: a newer program has written it. Whoever needs the
    /// row fails alone.
    Unreadable(String),
    /// The disk failed in a way after which nobody knows what is on it: stop, and recover.
    Failed(String),
}

/// The commit of a batch did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// Nothing was written, for a reason that has to do with the store.
    NotWritten(StoreError),
    /// Nothing was written, because of a row that the store will never take. One intent of the batch
    /// is to blame; the others must not suffer.
    Refused(String),
    /// Nothing was written, because another writer was faster: load again and decide again.
    Conflict(String),
    /// Nobody knows whether it was written. [`Store::was_committed`](crate::Store::was_committed)
    /// tells, once the store can be reached.
    Unknown(String),
}

/// A batch could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecuteError {
    /// All its intents answer 503; nothing is known to be written.
    Unavailable(String),
    /// The process must stop.
    Fatal(String),
}

/// Why an intent got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The store is out of reach.
    Unavailable(String),
    /// The queue is full.
    QueueFull,
    /// It waited past its own deadline and was dropped before it was decided.
    TimedOut,
    /// Deciding or storing it failed by a fault of ours. Nothing was written.
    Internal(String),
    /// The engine takes no new work.
    Stopping,
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(out, "the store is unavailable: {why}"),
            Self::Conflict(why) => write!(out, "another writer was faster: {why}"),
            Self::Broken(why) => write!(out, "the stored data is broken: {why}"),
            Self::Unreadable(why) => write!(out, "a newer program is needed to read this: {why}"),
            Self::Failed(why) => write!(out, "the store failed: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl fmt::Display for ExecuteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Fatal(why) => out.write_str(why),
        }
    }
}

impl std::error::Error for ExecuteError {}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Internal(why) => out.write_str(why),
            Self::QueueFull => out.write_str("the queue is full"),
            Self::TimedOut => out.write_str("it waited too long"),
            Self::Stopping => out.write_str("the server is stopping"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<StoreError> for ExecuteError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why)
            | StoreError::Conflict(why)
            | StoreError::Unreadable(why) => Self::Unavailable(why),
            StoreError::Broken(_) | StoreError::Failed(_) => Self::Fatal(error.to_string()),
        }
    }
}
