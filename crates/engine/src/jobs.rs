//! Jobs, as workers carry them out: outside the writers and outside any transaction, on any node. A worker
//! finds what is due by a read, leases it through a writer, does it, and says what came of it in a batch that
//! waits behind whatever clients ask for.
//!
//! A worker is stepped: it has no thread, clock or store of its own. What drives it is thin ([`spawn`]), and
//! tests drive it as they like.

mod thread;

use std::collections::{BTreeMap, BTreeSet};

use domain::id::AccountId;
use domain::job::{Availability, JobId, JobKind, Leased};
use domain::retention::Retention;
use domain::{Command, Intent, Reply, Timestamp};

use crate::batch::{Outcome, system};
use crate::error::ExecuteError;
use crate::ports::Observer;
use crate::reads::due::{DueReads, Waiting};
pub(crate) use thread::{Message, Spawned, ThreadPorts, spawn};

/// Jobs that are leased together at most.
pub const CLAIM_MAX: usize = 256;

/// A batch that was carried out for a worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// What each intent led to, in order.
    pub outcomes: Vec<Outcome>,
    /// When the writer began with it, by the clock's microseconds.
    pub began_micros: u64,
    /// When it was committed.
    pub ended_micros: u64,
    /// When a writer last had anything to do for clients.
    pub asked_at_micros: u64,
}

/// What a worker is given from outside.
pub trait WorkerPorts {
    /// The instant.
    fn now(&self) -> Timestamp;
    /// Finds what is due.
    fn due(&self) -> &dyn DueReads;
    /// Who watches.
    fn observer(&self) -> &dyn Observer;
    /// How long things are kept.
    fn retention(&self) -> Retention;
    /// Has a writer carry out a batch, behind what clients ask for, and waits for it.
    ///
    /// # Errors
    /// [`ExecuteError::Unavailable`]; it is not known whether anything was written.
    fn carry_out(&mut self, batch: Vec<Intent>) -> Result<Carried, ExecuteError>;
}

/// Carries out jobs of one kind.
pub trait Worker: Send {
    /// Does a little, if anything is due. Whether there is more to do.
    ///
    /// # Errors
    /// [`ExecuteError`]. What it held by then runs out by itself; it goes on after a while.
    fn step(&mut self, ports: &mut dyn WorkerPorts) -> Result<bool, ExecuteError>;

    /// For how many microseconds from now on it leaves the writers to others.
    fn pause(&self, micros: u64) -> u64;

    /// When there will be something to do, if it knows; it is stepped at least a few times a second.
    fn wakes_at(&self) -> Option<Timestamp> {
        None
    }

    /// Looks for what is due with the next step, whatever it believes to know.
    fn look_again(&mut self);

    /// Gives back what it has leased: it ends.
    ///
    /// # Errors
    /// [`ExecuteError`]. Then that runs out by itself.
    fn stop(&mut self, ports: &mut dyn WorkerPorts) -> Result<(), ExecuteError>;
}

/// Which jobs a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of which kind.
    pub kind: JobKind,
    /// How many at most; never more than [`CLAIM_MAX`].
    pub limit: usize,
    /// For how long.
    pub lease_ms: i64,
}

/// What a worker got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Jobs that are its own now.
    pub leased: Vec<Leased>,
    /// When the next one may be to be had; `None` where there was none besides.
    pub next_at: Option<Timestamp>,
}

/// Leases jobs that are due, in one batch. Of those that were found, others may have been faster.
///
/// # Errors
/// [`ExecuteError`].
pub fn claim(ports: &mut dyn WorkerPorts, claim: Claim) -> Result<Claimed, ExecuteError> {
    let Claim { kind, limit, lease_ms } = claim;
    let limit = limit.min(CLAIM_MAX);
    let now = ports.now();
    // One more than is taken says when to look again.
    let found = read(ports, |due| due.jobs(kind, limit.saturating_add(1)))?;
    let is_due = |waiting: &&Waiting| waiting.ready_at <= now;
    let mut jobs: BTreeMap<AccountId, BTreeSet<JobId>> = BTreeMap::new();
    let mut next_at = None;
    for (place, Waiting { ready_at, job }) in found.iter().enumerate() {
        if place < limit && *ready_at <= now {
            jobs.entry(job.0).or_default().insert(job.1.clone());
        } else {
            next_at = next_at.or(Some(*ready_at));
        }
    }
    if jobs.is_empty() {
        return Ok(Claimed { leased: Vec::new(), next_at });
    }
    let lease = |(account, jobs)| {
        system(account, Command::LeaseJobs { jobs, lease_ms, availability: Availability::Due })
    };
    let carried = ports.carry_out(jobs.into_iter().map(lease).collect())?;
    let replies = carried.outcomes.iter().filter_map(Outcome::reply);
    let leased: Vec<_> = replies.flat_map(Reply::leased).cloned().collect();
    // What others were faster to lease may be there again at any time.
    let in_vain = leased.is_empty().then(|| found.iter().find(is_due)).flatten();
    Ok(Claimed { leased, next_at: in_vain.map(|waiting| waiting.ready_at).or(next_at) })
}

/// Reads, and tells if that cannot be done now.
///
/// # Errors
/// [`ExecuteError`].
pub(crate) fn read<T>(
    ports: &dyn WorkerPorts,
    read: impl FnOnce(&dyn DueReads) -> Result<T, crate::StoreError>,
) -> Result<T, ExecuteError> {
    let found = read(ports.due()).map_err(ExecuteError::from);
    if let Err(ExecuteError::Unavailable(why)) = &found {
        ports.observer().store_error(why);
    }
    found
}
