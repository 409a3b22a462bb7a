//! The same seed leaves the same state as in memory, whatever fails on the way.

use sim::memory::MemoryStore;
use sim::run::{Options, run};

use crate::backend::PostgresBackend;

#[track_caller]
fn check(options: Options, seeds: std::ops::Range<u64>) {
    let options = Options { dump: true, ..options };
    for seed in seeds {
        let memory = run(seed, &options, &MemoryStore::new());
        let memory = memory.unwrap_or_else(|failure| panic!("{failure}"));
        let backend = PostgresBackend::new();
        let here = run(seed, &options, &backend).unwrap_or_else(|failure| panic!("{failure}"));
        for (memory, here) in memory.state.lines().zip(here.state.lines()) {
            assert_eq!(memory, here, "{}:{seed}", options.name);
        }
        assert_eq!(memory, here, "{}:{seed}", options.name);
    }
}

#[test]
fn a_seed_ends_alike_without_faults() {
    check(Options::CALM, 0..2);
}

#[test]
fn a_seed_ends_alike_with_faults() {
    check(Options::STORMY, 0..3);
}

#[test]
fn a_seed_holds_when_any_statement_fails() {
    for seed in 0..2 {
        let backend = PostgresBackend::new();
        let stats = run(seed, &Options::STATEMENTS, &backend);
        stats.unwrap_or_else(|failure| panic!("{failure}"));
    }
}

/// Where batches are of one account, ids come in another order: what has to hold holds.
#[test]
fn a_seed_holds_in_batches_of_one_account() {
    for (options, seeds) in [(Options::STORMY, 0..2), (Options::STATEMENTS, 2..3)] {
        for seed in seeds {
            let stats = run(seed, &options, &PostgresBackend::as_if_spread());
            stats.unwrap_or_else(|failure| panic!("{failure}"));
        }
    }
}
