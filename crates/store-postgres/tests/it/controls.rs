//! Negative controls: what keeps several writers apart is there, and needed.
//!
//! A rival of plain SQL locks pools that a batch of ours needs too, one after the other. In our order
//! nothing happens but waiting; if ours had no order, it would hold one that the rival still wants,
//! nearly always. In the other order both wait for each other, PostgreSQL ends one of them, and it is ours:
//! the rival is made to look for circles only after we have looked. So the order is needed. The batch
//! is carried out all the same, as the engine repeats it; by a store that does not call it a conflict,
//! and is therefore not asked again, it is not. So the repeat is needed.

use domain::deadline::Deadline;
use domain::{Intent, Keys, Timestamp, World};
use engine::batch::{Chores, Executed};
use engine::{Batch, BatchId, CommitError, ExecuteError, Store, StoreError, Tx, execute};
use peers::cluster::Database;
use store_postgres::PostgresStore;

use sim::intents::EventZone;

use crate::faults::outage;
use crate::node::{Node, bookings, hold};

/// Pools that both need.
const ZONES: usize = 12;

/// In which order the rival locks pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// All of them, as a batch does.
    Ours,
    /// The last of them before the first.
    Other,
}

/// Lets a batch and the rival meet: what became of the batch, and the node afterwards.
fn meet<T: Send>(
    order: Order,
    run: impl FnOnce(&mut Node, &[Intent]) -> T + Send,
) -> (T, Node, Database) {
    let database = Database::new();
    let mut node = Node::new(&database, 0);
    let mut zones = node.event(&[9; ZONES], &[]);
    let batch: Vec<_> = zones
        .iter()
        .zip(1..)
        .map(|(zone, user)| hold(&zone.zone.to_string(), *zone, user))
        .collect();
    zones.sort_by_key(|it| it.zone);
    if order == Order::Other {
        // Only the last and then the first: it waits for the first already when ours ends, so it has
        // all it wants before ours can be repeated, and they meet once.
        zones = zones.last().into_iter().chain(zones.first()).copied().collect();
    }
    let locks: Vec<_> = zones
        .iter()
        .map(|EventZone { zone, .. }| {
            format!("select held from pools where owner_id = '{zone}' for update")
        })
        .collect();
    let rival = database.session();
    rival.execute("set deadlock_timeout = '60s'; begin");
    let mut locks = locks.iter();
    rival.execute(locks.next().expect("zones"));
    let done = std::thread::scope(|scope| {
        let ours = scope.spawn(|| run(&mut node, &batch));
        let waits = "select pid from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock'";
        while database.ask(waits).is_empty() {
            assert!(!ours.is_finished(), "the rival stands in its way");
        }
        locks.for_each(|lock| rival.execute(lock));
        rival.execute("commit");
        ours.join().expect("it ends well")
    });
    (done, node, database)
}

fn as_always(node: &mut Node, batch: &[Intent]) -> Result<Executed, ExecuteError> {
    node.try_execute(batch)
}

/// The same, if the engine did not repeat.
fn without_repeat(node: &mut Node, batch: &[Intent]) -> Result<Executed, ExecuteError> {
    execute(&mut WithoutRepeat(&mut node.store), &mut node.ports, batch, Chores::default())
}

#[test]
fn in_one_order_nobody_waits_in_a_circle() {
    let (done, node, _database) = meet(Order::Ours, without_repeat);
    assert_eq!(bookings(&done.unwrap().outcomes), ZONES);
    assert_eq!(node.store_errors(), Vec::<String>::new());
}

#[test]
fn in_another_order_they_do_and_the_batch_is_repeated() {
    let (done, node, _database) = meet(Order::Other, as_always);
    assert_eq!(bookings(&done.unwrap().outcomes), ZONES);
    let store_errors = node.store_errors();
    assert_eq!(store_errors.len(), 1, "{store_errors:?}");
    assert!(store_errors[0].contains("40P01"), "{store_errors:?}");
}

#[test]
fn a_batch_that_is_not_repeated_fails() {
    let (done, mut node, _database) = meet(Order::Other, |node, batch| {
        let why = outage(without_repeat(node, batch));
        (why, batch.to_vec())
    });
    let (why, batch) = done;
    assert!(why.contains("40P01"), "{why}");
    assert_eq!(bookings(&node.execute(&batch)), ZONES, "nothing was claimed");
}

/// A store that takes a conflict for an outage.
struct WithoutRepeat<'a>(&'a mut PostgresStore);

struct OnceTx<'a>(Box<dyn Tx + 'a>);

fn outage_of(error: StoreError) -> StoreError {
    match error {
        StoreError::Conflict(why) => StoreError::Unavailable(why),
        StoreError::Unavailable(_)
        | StoreError::Broken(_)
        | StoreError::Unreadable(_)
        | StoreError::Failed(_) => error,
    }
}

impl Store for WithoutRepeat<'_> {
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        Ok(Box::new(OnceTx(self.0.begin().map_err(outage_of)?)))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        self.0.was_committed(batch)
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.0.next_deadline()
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.0.last_instant()
    }
}

impl Tx for OnceTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.0.now(clock)
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.0.load(keys, world).map_err(outage_of)
    }

    fn due(&mut self, now: Timestamp, max: usize) -> Result<Vec<Deadline>, StoreError> {
        self.0.due(now, max)
    }

    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        self.0.commit(batch).map_err(|error| match error {
            CommitError::Conflict(why) => CommitError::NotWritten(StoreError::Unavailable(why)),
            CommitError::NotWritten(_) | CommitError::Refused(_) | CommitError::Unknown(_) => error,
        })
    }
}
