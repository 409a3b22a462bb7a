//! The real peers that tests run against: a PostgreSQL of one test's own that can be killed, stopped
//! and doubled, and a network in between that loses, cuts and delays what is said.
//!
//! Nothing here ships, and nothing here knows what is tested: it depends on no crate of ours.

#[cfg(feature = "sql")]
pub mod cluster;
mod guard;
mod processes;
pub mod proxy;
pub mod server;
