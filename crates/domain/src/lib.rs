//! What a booking is and what may be decided about it.
//!
//! Here live the things Bookonce sells from (pools), the things it makes (bookings), the rules
//! (`decide`) and what must always hold (`invariants`). Everything is a plain value.
//!
//! What must not live here: a clock, randomness, async, I/O, serde, or any dependency at all. The
//! instant and fresh ids come in with [`Context`]; rows come in with [`World`].
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod activity;
pub mod allowance;
mod any_id;
pub mod claimant;
pub mod deadline;
pub mod decide;
pub mod id;
pub mod intent;
pub mod invariants;
pub mod job;
pub mod keys;
pub mod limits;
pub mod money;
pub mod owner;
pub mod payment;
pub mod person;
pub mod policy;
pub mod pool;
pub mod record;
pub mod reject;
pub mod reply;
pub mod resource;
pub mod retention;
pub mod table;
pub mod tables;
pub mod tickets;
pub mod time;
pub mod webhooks;
mod words;
pub mod world;

pub use decide::{Context, Decision, Verdict, decide};
pub use intent::{Actor, Command, Intent};
pub use keys::Keys;
pub use money::{Currency, Money};
pub use reject::Reject;
pub use reply::Reply;
pub use time::Timestamp;
pub use world::{Change, World};
