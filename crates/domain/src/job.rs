//! Work that happens outside a decision: due at an instant, leased by one worker at a time.

use crate::time::Timestamp;
use crate::words;

words! {
    /// What there is to do. The words are those of the store.
    pub enum JobKind {
        /// Retire and forget idempotency records, and take away entries of feeds, whose time is over.
        CleanUp = "clean_up",
    }
}

/// A row of the job table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// What there is to do.
    pub kind: JobKind,
    /// Not before this instant.
    pub due_at: Timestamp,
    /// Nobody else may take it before this instant; a dead worker's lease runs out by itself.
    pub lease_until: Timestamp,
    /// Grows with each lease. A worker whose fence is not the row's has lost it.
    pub fence: u64,
    /// Leases since it was last finished.
    pub attempt: u32,
}

/// Proof of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job that is leased.
    pub kind: JobKind,
    /// The job's fence under this lease.
    pub fence: u64,
}
