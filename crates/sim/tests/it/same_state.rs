//! The same seed leaves the same state, each time and in every store.

use sim::memory::MemoryStore;
use sim::run::{Options, Stats, run};

use crate::settings::number;
use crate::sqlite::SqliteBackend;

fn dumped(options: Options) -> Options {
    Options { dump: true, ..options }
}

fn in_memory(seed: u64, options: &Options) -> Stats {
    run(seed, options, &MemoryStore::new()).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn a_seed_is_a_world() {
    for seed in 0..number("SIM_SAME_SEEDS", 10) {
        let options = dumped(Options::STORMY);
        let stats = in_memory(seed, &options);
        assert!(!stats.state.is_empty());
        assert_eq!(in_memory(seed, &options), stats, "seed {seed}");
    }
}

#[track_caller]
fn check(options: Options) {
    let options = dumped(options);
    for seed in 0..number("SIM_SAME_SEEDS", 10) {
        let (memory, backend) = (in_memory(seed, &options), SqliteBackend::new());
        let sqlite = run(seed, &options, &backend).unwrap_or_else(|failure| panic!("{failure}"));
        let rows = memory.state.lines().zip(sqlite.state.lines());
        for (memory, sqlite) in rows {
            assert_eq!(memory, sqlite, "{}:{seed}", options.name);
        }
        assert_eq!(memory, sqlite, "{}:{seed}", options.name);
    }
}

#[test]
fn memory_and_sqlite_end_alike_without_faults() {
    check(Options::CALM);
}

#[test]
fn memory_and_sqlite_end_alike_with_faults() {
    check(Options::STORMY);
}
