//! A node of several on one database: a writer with an engine on it.

use std::sync::{Arc, Mutex};

use domain::id::{AccountId, EventId, ZoneId};
use domain::record::Answer;
use domain::tickets::intent::Wanted;
use domain::{Intent, Timestamp};
use engine::batch::{Chores, Executed};
use engine::failpoint::Failpoints;
use engine::{ExecuteError, Outcome, Ports, execute};
use sim::checker::{Books, audit};
use sim::intents::{EventZone, create_event, event_zones, intent, reserve, with_seats};
use sim::test_ports::{Fields, TestClock, TestPorts, read};
use store_postgres::{ClockOf, Options, PostgresStore};

use peers::cluster::Database;

pub(crate) const OURS: AccountId = AccountId::from_raw(1);

pub(crate) struct Node {
    pub(crate) machine: TestPorts,
    pub(crate) ports: Ports,
    pub(crate) store: PostgresStore,
}

pub(crate) fn options(number: u64, failpoints: Failpoints) -> Options {
    let fresh = u128::from(number) + 100;
    Options { fresh, clock: ClockOf::Engine, failpoints, ..Options::default() }
}

impl Node {
    pub(crate) fn new(database: &Database, number: u64) -> Self {
        Self::at(&database.url(), options(number, Failpoints::default()))
    }

    pub(crate) fn at(url: &str, options: Options) -> Self {
        let seed = u64::try_from(options.fresh).expect("a small number");
        let store = PostgresStore::open(url, &options).expect("the store opens");
        let machine = TestPorts::new(seed);
        Self { ports: machine.ports(), machine, store }
    }

    /// A node, and the names of the statements that it has carried out.
    pub(crate) fn recorded(database: &Database) -> (Arc<Mutex<Vec<String>>>, Self) {
        let names = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&names);
        let failpoints = Failpoints::new(move |name| {
            recorded.lock().expect("nobody panics meanwhile").push(name.to_owned());
            false
        });
        (names, Self::at(&database.url(), options(0, failpoints)))
    }

    pub(crate) fn try_execute(&mut self, intents: &[Intent]) -> Result<Executed, ExecuteError> {
        let chores = Chores { due: true, key_usage: true };
        execute(&mut self.store, &mut self.ports, intents, chores)
    }

    #[track_caller]
    pub(crate) fn execute(&mut self, intents: &[Intent]) -> Vec<Outcome> {
        match self.try_execute(intents) {
            Ok(executed) => executed.outcomes,
            Err(error) => panic!("{error}; {:?}", self.machine.observer.seen()),
        }
    }

    /// The store's errors that the engine has observed.
    pub(crate) fn store_errors(&self) -> Vec<String> {
        self.machine.observer.seen().store_errors
    }

    /// The zones of an event: of these capacities, and one of numbered seats if there are labels.
    pub(crate) fn event(&mut self, capacities: &[u32], labels: &[&str]) -> Vec<EventZone> {
        let command = create_event(starts_at(), capacities);
        let command = if labels.is_empty() { command } else { with_seats(command, labels) };
        let outcomes = self.execute(&[intent(OURS, "create", command)]);
        event_zones(&fields(outcomes.first().expect("an outcome")))
    }
}

/// Of no event that is there.
pub(crate) const NOWHERE: EventZone =
    EventZone { event: EventId::from_raw(1), zone: ZoneId::from_raw(1) };

pub(crate) fn starts_at() -> Timestamp {
    TestClock::START.plus_seconds(1_000_000)
}

pub(crate) fn hold(name: &str, zone: EventZone, user: u32) -> Intent {
    intent(OURS, name, reserve(zone, user, Wanted::Units(1)))
}

#[track_caller]
pub(crate) fn answer(outcome: &Outcome) -> Arc<Answer> {
    match outcome {
        Outcome::Decided(answer, _) | Outcome::Replayed(answer) => Arc::clone(answer),
        Outcome::Malformed | Outcome::Failed(_) | Outcome::Unavailable(_) => {
            panic!("no answer: {outcome:?}")
        }
    }
}

#[track_caller]
pub(crate) fn fields(outcome: &Outcome) -> Fields {
    read(&answer(outcome))
}

/// How many of the answers are bookings.
pub(crate) fn bookings(outcomes: &[Outcome]) -> usize {
    let is_booking = |it: &&Outcome| fields(it).get("code").is_some_and(|code| code == "BOOKING");
    outcomes.iter().filter(is_booking).count()
}

/// Everything adds up, and nobody waited in a circle.
pub(crate) fn check(database: &Database, store: &PostgresStore) {
    let reads = store.reads();
    let books = Books::read(&reads, &[OURS]).expect("it reads");
    books.check_stock(&reads).expect("it adds up");
    audit(&reads, TestClock::START, None).expect("it is sound");
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(database.ask(deadlocks), ["0"]);
}
