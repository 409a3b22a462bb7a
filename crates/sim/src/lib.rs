//! Naive model, workload, faulty store, store suite, history checker.
//!
//! Here lives what tests need to look at the engine as a whole: a store in memory, one that fails on
//! purpose, worlds that grow from a seed, a model to compare them with, and one suite for all stores.
//! Nothing of it is shipped; only the tests of other crates may use it.
//!
//! What must not live here: anything that the product needs to run.

pub mod backend;
pub mod checker;
pub mod dump;
pub mod faulty;
pub mod intents;
pub mod memory;
pub mod model;
pub mod one_account;
pub mod rng;
pub mod run;
pub mod suite;
pub mod test_ports;
pub mod worker_ports;
pub mod workload;
