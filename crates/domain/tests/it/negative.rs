//! Controls: what the invariants are there for, they notice.

mod audit;
mod cleaned;
mod money;
mod step;
