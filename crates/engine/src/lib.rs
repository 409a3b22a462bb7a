//! Turns waiting intents into batches, and each batch into one commit.
//!
//! Here live the queue, the batch (load → decide one by one → commit once), expiry, the workers that carry
//! out jobs, and the traits that a store implements. Everything is synchronous: one thread owns one store
//! connection.
//!
//! What must not live here: SQL, HTTP, an async runtime, or a clock; time comes in with [`Clock`].

pub mod audit;
pub mod batch;
pub mod clean_up;
pub mod cleaning;
pub mod credentials;
pub mod error;
pub mod failpoint;
mod guarded;
pub mod jobs;
pub mod key_usage;
pub mod ports;
pub mod queue;
pub mod reads;
mod set_aside;
mod start;
pub mod store;
pub mod tickets;
pub mod transfer;
pub mod webhooks;
pub mod writer;

pub use batch::{Outcome, execute, unknown_secret};
pub use error::{CommitError, ExecuteError, Fault, StoreError};
pub use ports::{Clock, Observer, Ports, Render};
pub use queue::{Handle, Job};
pub use start::{Setup, spawn};
pub use store::{ActivityRow, Batch, BatchId, Store, Superseded, Tx};
pub use writer::Started;
