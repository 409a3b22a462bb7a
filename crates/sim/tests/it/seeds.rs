//! Worlds from seeds: `SIM_SEEDS` of them, from `SIM_FIRST_SEED` on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sim::backend::Backend;
use sim::memory::MemoryStore;
use sim::run::{Failure, Options, Stats, run};

use crate::settings::number;
use crate::sqlite::SqliteBackend;

/// Worlds at the same time.
const THREADS: u64 = 2;
const NO_PANIC: &str = "a world that panics is a failure, not a panic";

/// Lets worlds happen, and gives the sum of what happened in them.
pub(crate) fn run_seeds<B: Backend>(
    count: u64,
    options: &Options,
    backend: impl Fn() -> B + Sync,
) -> Stats {
    let first = number("SIM_FIRST_SEED", 0);
    let total = Mutex::new(Stats::default());
    let worlds = |lane: u64| -> Result<(), Failure> {
        for seed in (first..first + count).filter(|seed| seed % THREADS == lane) {
            add(&mut total.lock().expect(NO_PANIC), run(seed, options, &backend())?);
        }
        Ok(())
    };
    let failed = std::thread::scope(|scope| {
        let worlds = &worlds;
        let lanes: Vec<_> = (0..THREADS).map(|lane| scope.spawn(move || worlds(lane))).collect();
        lanes.into_iter().find_map(|lane| lane.join().expect(NO_PANIC).err())
    });
    if let Some(failure) = failed {
        panic!("{failure}");
    }
    total.into_inner().expect(NO_PANIC)
}

fn add(total: &mut Stats, stats: Stats) {
    total.requests += stats.requests;
    total.decided += stats.decided;
    total.replayed += stats.replayed;
    total.unanswered += stats.unanswered;
    total.crashes += stats.crashes;
    total.expired += stats.expired;
    total.cleaned += stats.cleaned;
    merge(&mut total.codes, stats.codes);
    merge(&mut total.faults, stats.faults);
}

fn merge<K: Ord>(total: &mut BTreeMap<K, u64>, counts: BTreeMap<K, u64>) {
    for (name, count) in counts {
        *total.entry(name).or_default() += count;
    }
}

#[test]
fn calm_worlds_hold() {
    let stats = run_seeds(number("SIM_SEEDS", 300) / 2, &Options::CALM, MemoryStore::new);
    eprintln!("{stats:#?}");
}

#[test]
fn stormy_worlds_hold() {
    let stats = run_seeds(number("SIM_SEEDS", 300), &Options::STORMY, MemoryStore::new);
    eprintln!("{stats:#?}");
}

#[test]
fn worlds_on_sqlite_hold_whatever_statement_fails() {
    let seeds = number("SIM_SEEDS_SQLITE", 30);
    let stats = run_seeds(seeds, &Options::STATEMENTS, SqliteBackend::new);
    eprintln!("{stats:#?}");
}

#[test]
fn stormy_worlds_on_sqlite_hold() {
    let stats = run_seeds(number("SIM_SEEDS_SQLITE", 30), &Options::STORMY, SqliteBackend::new);
    eprintln!("{stats:#?}");
}
