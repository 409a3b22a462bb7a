//! Jobs: work outside a decision, due at an instant, leased by one worker at a time.

use crate::decide::Context;
use crate::id::AccountId;
use crate::limits::JOB_PAYLOAD_BYTES_MAX;
use crate::time::Timestamp;
use crate::words;
use crate::world::{Change, Of, World};

words! {
    /// What there is to do. The words are those of the store.
    pub enum JobKind {
        /// Retire and forget idempotency records, and take away entries of feeds, whose time is over.
        CleanUp = "clean_up",
        /// Tell a webhook endpoint of what happens.
        Webhooks = "webhooks",
    }
}

/// The name of a job among those of its account: whoever decides about a thing names its job without looking
/// for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    /// What there is to do.
    pub kind: JobKind,
    /// What it is about, as text.
    pub id: String,
}

impl JobId {
    /// Clean-up is one job for the whole store.
    #[must_use]
    pub fn clean_up() -> Of<Self> {
        (AccountId::SYSTEM, Self { kind: JobKind::CleanUp, id: "store".to_owned() })
    }
}

/// What a job's kind knows of it. Nobody else reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    version: u16,
    bytes: Vec<u8>,
}

/// So many bytes are more than a payload may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadTooLong(pub usize);

impl Payload {
    /// A payload of at most [`JOB_PAYLOAD_BYTES_MAX`] bytes, in some version of its kind's format.
    ///
    /// # Errors
    /// [`PayloadTooLong`].
    pub fn new(version: u16, bytes: Vec<u8>) -> Result<Self, PayloadTooLong> {
        if bytes.len() > JOB_PAYLOAD_BYTES_MAX {
            return Err(PayloadTooLong(bytes.len()));
        }
        Ok(Self { version, bytes })
    }

    /// The version of its kind's format.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// What it says.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A row of the job table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Not before this instant.
    pub due_at: Timestamp,
    /// Nobody else may take it before this instant; a dead worker's lease runs out by itself.
    pub lease_until: Timestamp,
    /// Grows with each lease, and from one job to the next of the same name. A worker whose fence is not the
    /// row's has lost it.
    pub fence: u64,
    /// Leases since it was made or last finished.
    pub attempt: u32,
    /// What its kind knows of it.
    pub payload: Payload,
}

impl Job {
    /// From this instant on it can be leased: it is due, and nobody has it.
    #[must_use]
    pub fn ready_at(&self) -> Timestamp {
        self.due_at.max(self.lease_until)
    }
}

/// The fence of whoever has the job next, and of nobody before: not even of another job of the same name that
/// is gone, as ticks grow.
pub(crate) fn next_fence(job: Option<&Job>, cx: &mut Context<'_>) -> u64 {
    let after = |job: &Job| job.fence.checked_add(1).expect("2^64 leases are enough");
    cx.tick().max(job.map_or(0, after))
}

/// Proof of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job that is leased.
    pub job: Of<JobId>,
    /// The job's fence under this lease.
    pub fence: u64,
}

impl Lease {
    /// The job, unless it was taken by somebody else, given back, moved or ended since.
    ///
    /// # Panics
    /// When it was not loaded.
    #[must_use]
    pub fn holds<'a>(&self, world: &'a World) -> Option<&'a Job> {
        let is_ours =
            |job: &&Job| job.fence == self.fence && job.lease_until > Timestamp::default();
        world.jobs.get(&self.job).filter(is_ours)
    }
}

/// A job that was leased, as its worker needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// Proof of the lease.
    pub lease: Lease,
    /// Leases since it was made or last finished, this one among them.
    pub attempt: u32,
    /// What its kind knows of it.
    pub payload: Payload,
}

/// What becomes of a job that is leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Its worker goes on: the lease begins again, even if it has run out.
    Keep {
        /// For how long.
        lease_ms: i64,
    },
    /// It is done, and due again then.
    Finish {
        /// When.
        due_at: Timestamp,
    },
    /// It could not be done, and is tried again then: its attempts go on being counted.
    Postpone {
        /// When.
        due_at: Timestamp,
    },
    /// It is done for good: it goes.
    End,
}

/// Which jobs are to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Those that are due, and that nobody has.
    Due,
    /// Those that nobody has, due or not: something happened that they wait for.
    Free,
    /// All of them: whoever had them is known to be gone.
    Any,
}

impl Availability {
    /// Whether a job is to be had.
    #[must_use]
    pub fn has(self, job: &Job, now: Timestamp) -> bool {
        match self {
            Self::Due => job.ready_at() <= now,
            Self::Free => job.lease_until <= now,
            Self::Any => true,
        }
    }
}

/// A job to make, or what becomes of the one that has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Its name.
    pub job: Of<JobId>,
    /// Not before this instant.
    pub due_at: Timestamp,
    /// What its kind has to know of it.
    pub payload: Payload,
}

impl NewJob {
    fn with_fence(self, fence: u64) -> Change {
        let Self { job, due_at, payload } = self;
        let lease_until = Timestamp::default();
        Change::put(job, Job { due_at, lease_until, fence, attempt: 0, payload })
    }
}

impl Change {
    /// Makes a job, in the commit of the decision that wants it. One that has its name already is moved: it
    /// begins again, and whoever has it leased has lost it.
    ///
    /// # Panics
    /// When it was not loaded.
    pub fn put_job(world: &World, cx: &mut Context<'_>, new: NewJob) -> Self {
        let fence = next_fence(world.jobs.get(&new.job), cx);
        new.with_fence(fence)
    }

    /// Makes a job of something that the same decision makes: nobody can have its name.
    pub(crate) fn put_new_job(cx: &mut Context<'_>, new: NewJob) -> Self {
        let fence = next_fence(None, cx);
        new.with_fence(fence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_bounded() {
        let of = |bytes| Payload::new(3, vec![7; bytes]);
        let longest = of(JOB_PAYLOAD_BYTES_MAX).expect("it fits");
        assert_eq!((longest.version(), longest.bytes().len()), (3, JOB_PAYLOAD_BYTES_MAX));
        let longer = JOB_PAYLOAD_BYTES_MAX + 1;
        assert_eq!(of(longer), Err(PayloadTooLong(longer)));
    }
}
