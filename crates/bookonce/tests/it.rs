//! Tests of the program as it is shipped: the real binary, real sockets, real signals.
//!
//! The store is SQLite, or PostgreSQL where `BOOKONCE_TEST_STORE=postgres`.
#![expect(clippy::indexing_slicing, reason = "an answer that lacks a member fails its test")]

#[path = "it/http.rs"]
mod http;
#[path = "it/ledger.rs"]
mod ledger;
#[path = "it/place.rs"]
mod place;
#[path = "it/process.rs"]
mod process;
#[path = "it/settings.rs"]
mod settings;
#[path = "it/workload.rs"]
mod workload;

#[path = "it/cli.rs"]
mod cli;
#[path = "it/demo.rs"]
mod demo;
#[path = "it/expiry.rs"]
mod expiry;
#[path = "it/failpoints.rs"]
mod failpoints;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/load.rs"]
mod load;
#[path = "it/migrate_store.rs"]
mod migrate_store;
#[path = "it/precedence.rs"]
mod precedence;
#[path = "it/refusals.rs"]
mod refusals;
#[path = "it/stop.rs"]
mod stop;
#[path = "it/verify.rs"]
mod verify;
