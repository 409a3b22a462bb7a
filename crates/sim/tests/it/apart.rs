//! Batches in parts, each of them of one account: who is out of reach does not keep the others waiting.

use std::collections::BTreeSet;

use domain::deadline::Deadline;
use domain::id::AccountId;
use domain::tickets::intent::Wanted;
use domain::{Intent, Keys, Timestamp, World};
use engine::batch::{Chores, Executed};
use engine::{
    Batch, BatchId, CommitError, ExecuteError, Outcome, Ports, Store, StoreError, Tx, execute,
};
use sim::intents::{EventZone, create_event, event_zones, intent, reserve};
use sim::memory::MemoryStore;
use sim::test_ports::{TestClock, TestPorts, read};

const HERE: AccountId = AccountId::from_raw(1);
const GONE: AccountId = AccountId::from_raw(2);
const HOLD_MS: u64 = 61_000;

/// A store in memory that wants batches of one account. Some accounts are out of reach.
#[derive(Default)]
struct Parted {
    inner: MemoryStore,
    out_of_reach: BTreeSet<AccountId>,
    /// Transactions that were committed.
    commits: usize,
}

struct PartedTx<'a> {
    inner: Box<dyn Tx + 'a>,
    out_of_reach: &'a BTreeSet<AccountId>,
    commits: &'a mut usize,
}

impl Store for Parted {
    fn wants_one_account(&self) -> bool {
        true
    }

    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        let Self { inner, out_of_reach, commits } = self;
        Ok(Box::new(PartedTx { inner: inner.begin()?, out_of_reach, commits }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        self.inner.was_committed(batch)
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_deadline()
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.last_instant()
    }
}

impl Tx for PartedTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.inner.now(clock)
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        let of_records = keys.records.iter().map(|key| key.account);
        let of_bookings = keys.bookings.iter().map(|(account, _)| *account);
        let mut named = of_records.chain(of_bookings).chain(keys.feeds.iter().copied());
        if named.any(|account| self.out_of_reach.contains(&account)) {
            return Err(StoreError::Unavailable("out of reach".to_owned()));
        }
        self.inner.load(keys, world)
    }

    fn due(&mut self, now: Timestamp, max: usize) -> Result<Vec<Deadline>, StoreError> {
        self.inner.due(now, max)
    }

    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        *self.commits += 1;
        self.inner.commit(batch)
    }
}

struct Scene {
    machine: TestPorts,
    ports: Ports,
    store: Parted,
}

impl Scene {
    fn new() -> Self {
        let machine = TestPorts::new(1);
        Self { ports: machine.ports(), machine, store: Parted::default() }
    }

    fn execute(&mut self, intents: &[Intent]) -> Result<Executed, ExecuteError> {
        let chores = Chores { due: true, key_usage: true };
        execute(&mut self.store, &mut self.ports, intents, chores)
    }

    /// An event with room for many in the account.
    fn event(&mut self, account: AccountId) -> EventZone {
        let command = create_event(TestClock::START.plus_seconds(1_000_000), &[50]);
        let done = self.execute(&[intent(account, "create", command)]).expect("it is carried out");
        let Some(Outcome::Decided(answer, _)) = done.outcomes.first() else { panic!("{done:?}") };
        let fields = read(answer);
        *event_zones(&fields).first().expect("one zone")
    }
}

fn hold(account: AccountId, name: &str, zone: EventZone) -> Intent {
    intent(account, name, reserve(zone, 1, Wanted::Units(1)))
}

fn is_unavailable(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unavailable(_))
}

#[test]
fn each_account_has_a_commit_of_its_own_and_answers_keep_their_order() {
    let mut scene = Scene::new();
    let (here, gone) = (scene.event(HERE), scene.event(GONE));
    scene.store.commits = 0;
    let batch = [hold(GONE, "a", gone), hold(HERE, "a", here), hold(GONE, "b", gone)];
    let done = scene.execute(&batch).expect("it is carried out");
    assert_eq!(scene.store.commits, 2);
    let answers = done.outcomes.iter().map(|outcome| {
        let Outcome::Decided(answer, _) = outcome else { panic!("{outcome:?}") };
        read(answer).get("event_id").cloned()
    });
    let events = [gone.event, here.event, gone.event].map(|event| Some(event.to_string()));
    assert_eq!(answers.collect::<Vec<_>>(), events);
    assert!(done.next_deadline.is_some());
    // Replayed, and counted: each account's counts with its own commit.
    scene.execute(&batch).expect("it is carried out");
    scene.store.commits = 0;
    scene.execute(&[]).expect("it is carried out");
    assert_eq!(scene.store.commits, 2);
}

#[test]
fn an_account_out_of_reach_does_not_keep_the_others() {
    let mut scene = Scene::new();
    let (here, gone) = (scene.event(HERE), scene.event(GONE));
    scene.store.out_of_reach.insert(GONE);
    let batch = [hold(GONE, "a", gone), hold(HERE, "a", here)];
    let done = scene.execute(&batch).expect("a part of it is carried out");
    assert!(is_unavailable(&done.outcomes[0]), "{done:?}");
    assert!(matches!(done.outcomes[1], Outcome::Decided(..)), "{done:?}");
    assert_eq!(scene.machine.observer.seen().store_errors.len(), 1, "it is told");
    let all = scene.execute(&batch[..1]);
    assert!(matches!(all, Err(ExecuteError::Unavailable(_))), "{all:?}");
    scene.store.out_of_reach.clear();
    let done = scene.execute(&batch).expect("it is carried out");
    assert!(matches!(done.outcomes[0], Outcome::Decided(..)), "{done:?}");
    assert!(matches!(done.outcomes[1], Outcome::Replayed(_)), "{done:?}");
}

#[test]
fn holds_of_an_account_out_of_reach_do_not_keep_those_of_others_from_ending() {
    let mut scene = Scene::new();
    let (here, gone) = (scene.event(HERE), scene.event(GONE));
    scene.execute(&[hold(GONE, "a", gone), hold(HERE, "a", here)]).expect("it is carried out");
    scene.machine.clock.advance(HOLD_MS);
    scene.store.out_of_reach.insert(GONE);
    let done = scene.execute(&[]).expect("a part of it is carried out");
    assert_eq!((done.kept, done.overdue.tried.len()), (1, 1), "{done:?}");
    assert!(done.overdue.failed.is_empty(), "{done:?}");
    scene.store.out_of_reach.clear();
    assert_eq!(scene.execute(&[]).expect("it is carried out").kept, 1);
}
