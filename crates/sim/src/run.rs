//! Whole worlds from a seed: clients, an engine, a store that fails, and everything that must hold.

mod feeds;
mod judge;
mod play;
mod settle;
mod workers;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::backend::Backend;
use crate::faulty::Rates;
use crate::rng::Rng;
use crate::workload::{Generator, Round};
use play::World;

/// What a world is like.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name in the line that replays it.
    pub name: &'static str,
    /// Rounds of requests.
    pub rounds: u32,
    /// What fails.
    pub rates: Rates,
    /// Requests whose rows are refused, in thousandths.
    pub refused: u64,
    /// Whether answers are compared with the model. Without, what clients saw has to suffice.
    pub model: bool,
    /// Whether [`Stats::state`] is wanted.
    pub dump: bool,
    /// Whether workers get through with leases that they have lost, as a negative control.
    pub unfenced: bool,
}

impl Options {
    /// Nothing fails.
    pub const CALM: Self = Self {
        name: "calm",
        rounds: 30,
        rates: Rates::CALM,
        refused: 0,
        model: true,
        dump: false,
        unfenced: false,
    };
    /// Everything fails now and then.
    pub const STORMY: Self =
        Self { name: "stormy", rates: Rates::STORMY, refused: 10, ..Self::CALM };
    /// The store fails between any two of its statements.
    pub const STATEMENTS: Self =
        Self { name: "statements", rounds: 18, rates: Rates::STATEMENTS, refused: 5, ..Self::CALM };
}

/// What happened in a world that held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests that were sent, retries among them.
    pub requests: u64,
    /// Answers that were new.
    pub decided: u64,
    /// Answers that were the same again.
    pub replayed: u64,
    /// Requests that got no answer.
    pub unanswered: u64,
    /// Times that the process died.
    pub crashes: u64,
    /// Holds that ended by their deadline.
    pub expired: u64,
    /// Records that clean-up looked at.
    pub cleaned: u64,
    /// Entries of feeds that clean-up took away.
    pub cut: u64,
    /// How often each code was answered.
    pub codes: BTreeMap<String, u64>,
    /// How often what has failed.
    pub faults: BTreeMap<&'static str, u64>,
    /// The final state as text, if it was wanted.
    pub state: String,
}

/// Who noticed that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// The engine itself panicked or gave up.
    Engine,
    /// An answer or an effect is not the model's.
    Model,
    /// A client saw what cannot be.
    History,
    /// What is stored does not add up, or is not what clients saw.
    Books,
    /// An invariant does not hold.
    Audit,
    /// Something is stuck.
    Liveness,
}

/// Something that does not hold, or is stuck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Who noticed.
    pub found_by: FoundBy,
    /// What.
    pub what: String,
}

impl Finding {
    fn new(found_by: FoundBy, what: impl Into<String>) -> Self {
        Self { found_by, what: what.into() }
    }
}

/// A world in which something did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub seed: u64,
    /// The name of its options.
    pub options: &'static str,
    /// The round in which it was noticed.
    pub round: u32,
    /// What.
    pub finding: Finding,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, options, round, finding } = self;
        writeln!(
            out,
            "SIM_SEED={options}:{seed} cargo test -p sim --test it replay -- --nocapture"
        )?;
        write!(out, "round {round}, {:?}: {}", finding.found_by, finding.what)
    }
}

impl std::error::Error for Failure {}

/// Lets the world of `seed` happen in the store of `backend`, which must be empty.
///
/// # Errors
/// [`Failure`] for the first thing that does not hold.
pub fn run(seed: u64, options: &Options, backend: &dyn Backend) -> Result<Stats, Failure> {
    let mut generator = Generator::new(Rng::new(seed).split());
    let opening = generator.opening();
    let rounds = (0..options.rounds).map(|_| generator.round());
    happen(seed, options, backend, std::iter::once(opening).chain(rounds))
}

/// Lets these rounds happen, the first of them without faults.
///
/// # Errors
/// [`Failure`] for the first thing that does not hold.
pub fn happen(
    seed: u64,
    options: &Options,
    backend: &dyn Backend,
    rounds: impl Iterator<Item = Round>,
) -> Result<Stats, Failure> {
    let mut played = 0;
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(seed, options, backend)?;
        for round in rounds {
            world.play(&round)?;
            world.let_things_fail();
            played += 1;
        }
        world.settle()
    }));
    let lived = lived.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Err(Finding::new(FoundBy::Engine, format!("panic: {}", text.unwrap_or_default())))
    });
    lived.map_err(|finding| Failure { seed, options: options.name, round: played, finding })
}
