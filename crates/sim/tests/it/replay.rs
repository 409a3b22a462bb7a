//! The world of one seed again, as a failure names it: `SIM_SEED=stormy:17`.

use sim::memory::MemoryStore;
use sim::one_account::OneAccount;
use sim::run::{Options, run};

use crate::seeds::{APART, STORMY_ON_SQLITE};
use crate::settings::variable;
use crate::sqlite::SqliteBackend;

#[test]
fn replay() {
    let Some(text) = variable("SIM_SEED") else { return };
    let (name, seed) = text.split_once(':').unwrap_or(("stormy", &text));
    let seed = seed.parse().expect("a number");
    let result = match name {
        "apart" => run(seed, &APART, &OneAccount(MemoryStore::new())),
        "calm" => run(seed, &Options::CALM, &MemoryStore::new()),
        "stormy" => run(seed, &Options::STORMY, &MemoryStore::new()),
        "stormy-sqlite" => run(seed, &STORMY_ON_SQLITE, &SqliteBackend::new()),
        "statements" => run(seed, &Options::STATEMENTS, &SqliteBackend::new()),
        other => panic!("no world is called {other}"),
    };
    let stats = result.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(stats.requests > 0);
}
