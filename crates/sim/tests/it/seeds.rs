//! Worlds from seeds: `SIM_SEEDS` of them in memory and `SIM_SEEDS_SQLITE` on SQLite, from
//! `SIM_FIRST_SEED` on.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sim::backend::Backend;
use sim::memory::MemoryStore;
use sim::one_account::OneAccount;
use sim::run::{Failure, Options, Stats, run};

use crate::settings::number;
use crate::sqlite::SqliteBackend;

/// Everything fails now and then, at the boundary of a store on SQLite.
pub(crate) const STORMY_ON_SQLITE: Options = Options { name: "stormy-sqlite", ..Options::STORMY };

/// Everything fails now and then, at the boundary of a store that wants batches of one account.
pub(crate) const APART: Options = Options { name: "apart", ..Options::STORMY };

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
    total.cut += stats.cut;
    merge(&mut total.codes, stats.codes);
    merge(&mut total.faults, stats.faults);
}

fn merge<K: Ord>(total: &mut BTreeMap<K, u64>, counts: BTreeMap<K, u64>) {
    for (name, count) in counts {
        *total.entry(name).or_default() += count;
    }
}

/// Every refusal there is has been met often; a workload that meets none proves nothing.
fn assert_varied(stats: &Stats) {
    let codes = [
        "BELOW_TAKEN",
        "BOOKING",
        "BOOKING_NOT_FOUND",
        "CANNOT_CANCEL",
        "CANNOT_CONFIRM",
        "CANNOT_RELEASE",
        "CAPACITY_FIXED",
        "EVENT",
        "EVENT_NOT_FOUND",
        "EXPECTED_INVALID",
        "INSUFFICIENT_SEATS",
        "KEY",
        "KEY_RETIRED",
        "KEY_REUSED",
        "MAX_TICKETS_EXCEEDED",
        "NOT_NUMBERED",
        "PAYMENT_REQUIRED",
        "PRICE_CHANGED",
        "PRICE_INVALID",
        "REFERENCE_USED",
        "SALES_CLOSED",
        "SEATS_NEEDED",
        "SEAT_NOT_FOUND",
        "SEAT_TAKEN",
        "TOKEN",
        "ZONE",
        "ZONE_NOT_FOUND",
    ];
    let unmet: Vec<_> = codes.iter().filter(|&&code| !stats.codes.contains_key(code)).collect();
    assert!(unmet.is_empty(), "never met: {unmet:?}");
    assert!(stats.replayed > 0 && stats.expired > 0 && stats.cleaned > 0, "{stats:?}");
    assert!(stats.cut > 0, "{stats:?}");
}

fn assert_stormy(stats: &Stats, faults: &[&str]) {
    let unmet: Vec<_> = faults.iter().filter(|&&fault| !stats.faults.contains_key(fault)).collect();
    assert!(unmet.is_empty(), "never injected: {unmet:?}");
    assert!(stats.crashes > 0 && stats.unanswered > 0, "{stats:?}");
}

/// Faults at the boundary of the store.
const BOUNDARY: [&str; 8] =
    ["begin", "conflict", "crash", "engine", "load", "lost_write", "refused", "unknown"];
/// Worlds from which on something of everything has happened.
const MANY: u64 = 100;

#[test]
fn calm_worlds_hold() {
    let seeds = number("SIM_SEEDS", 2_000) / 2;
    let stats = run_seeds(seeds, &Options::CALM, MemoryStore::new);
    assert_eq!((stats.unanswered, stats.crashes), (0, 0));
    if seeds >= MANY {
        assert_varied(&stats);
    }
}

#[test]
fn stormy_worlds_hold() {
    let seeds = number("SIM_SEEDS", 2_000);
    let stats = run_seeds(seeds, &Options::STORMY, MemoryStore::new);
    if seeds >= MANY {
        assert_varied(&stats);
        assert_stormy(&stats, &BOUNDARY);
    }
}

#[test]
fn stormy_worlds_in_batches_of_one_account_hold() {
    let seeds = number("SIM_SEEDS", 2_000) / 4;
    let stats = run_seeds(seeds, &APART, || OneAccount(MemoryStore::new()));
    if seeds >= MANY {
        assert_varied(&stats);
        assert_stormy(&stats, &BOUNDARY);
    }
}

#[test]
fn worlds_on_sqlite_hold_whatever_statement_fails() {
    let seeds = number("SIM_SEEDS_SQLITE", 200);
    let stats = run_seeds(seeds, &Options::STATEMENTS, SqliteBackend::new);
    if seeds >= MANY {
        assert_stormy(&stats, &["statement"]);
    }
}

#[test]
fn stormy_worlds_on_sqlite_hold() {
    let seeds = number("SIM_SEEDS_SQLITE", 200) / 6;
    let stats = run_seeds(seeds, &STORMY_ON_SQLITE, SqliteBackend::new);
    if seeds >= MANY {
        assert_stormy(&stats, &BOUNDARY);
    }
}
