//! Clean-up that takes more than two slices of everything, on each store: nothing is left, and nothing
//! else goes.

use std::sync::Arc;

use domain::id::AccountId;
use domain::record::RecordState;
use domain::time::DAY_MS;
use engine::cleaning::{SLICE_FEEDS_MAX, SLICE_ROWS_MAX};
use engine::failpoint::Failpoints;
use engine::reads::due::DueReads;
use engine::reads::{ActivityFilter, Reads};
use engine::{Clock as _, Handle, Job, Setup};
use sim::backend::Backend;
use sim::intents::{create_event, intent, key};
use sim::memory::MemoryStore;
use sim::one_account::OneAccount;
use sim::test_ports::{TestClock, TestPorts};

use crate::running::QUEUE_MAX;
use crate::sqlite::SqliteBackend;

/// More than two slices of the largest size.
const MANY: usize = 2 * SLICE_ROWS_MAX + 10;
/// More accounts than two slices look at; the last of them has many entries, the others one each.
const ACCOUNTS: usize = 2 * SLICE_FEEDS_MAX + 3;

fn account(number: usize) -> AccountId {
    AccountId::from_raw(number as u128)
}

fn entries(reads: &dyn Reads, account: AccountId) -> usize {
    reads.activity(account, &ActivityFilter::default(), 2 * MANY).expect("it reads").len()
}

/// Makes an event, which is an entry of the account's feed, and a record of its key.
fn make(handle: &Handle, machine: &TestPorts, of: AccountId, names: &[String]) {
    let (sender, receiver) = std::sync::mpsc::channel();
    for name in names {
        let command = create_event(TestClock::START.plus_seconds(1_000_000_000), &[1]);
        let sender = sender.clone();
        let reply = Box::new(move |outcome| sender.send(outcome).expect("somebody waits"));
        let give_up_at_micros = machine.clock.micros() + 1;
        let intent = intent(of, name, command);
        handle.submit(Job { intent, give_up_at_micros, reply }).expect("there is room");
    }
    for outcome in receiver.iter().take(names.len()) {
        outcome.expect("it is decided");
    }
}

fn everything_goes_in_slices(backend: &dyn Backend) {
    let machine = TestPorts::new(1);
    let store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let due = Arc::clone(&reads) as Arc<dyn DueReads>;
    let setup =
        Setup { stores: vec![store], due, outbound: None, is_alone: false, queue_max: QUEUE_MAX };
    let engine::Started { handle, threads } =
        engine::spawn(setup, || machine.ports()).expect("a thread");
    let last = account(ACCOUNTS);
    let names: Vec<_> = (0..MANY).map(|number| format!("old-{number}")).collect();
    let one = names.get(..1).expect("a name");
    (1..ACCOUNTS).for_each(|number| make(&handle, &machine, account(number), one));
    make(&handle, &machine, last, &names);
    let days = |days: i64| {
        machine.clock.advance((days * DAY_MS).unsigned_abs());
        handle.settle();
    };
    let states = || {
        let state = |name: &String| {
            let record = reads.record(&key(last, name)).expect("it reads");
            record.map(|record| record.state == RecordState::Retired)
        };
        let mut states: Vec<_> = names.iter().map(state).collect();
        states.dedup();
        states
    };
    assert_eq!(states(), [Some(false)]);
    days(2);
    assert_eq!(states(), [Some(true)], "answers");
    days(90);
    assert_eq!(states(), [None], "tombstones");
    // Something that is not old yet.
    days(200);
    let young = ["young".to_owned()];
    (1..=ACCOUNTS).for_each(|number| make(&handle, &machine, account(number), &young));
    assert_eq!(entries(reads.as_ref(), last), MANY + 1);
    days(115);
    let left: Vec<_> =
        (1..=ACCOUNTS).map(|number| entries(reads.as_ref(), account(number))).collect();
    assert_eq!(left, vec![1; ACCOUNTS], "entries");
    handle.stop();
    threads.into_iter().for_each(|thread| thread.join().expect("it ends well"));
    assert_eq!(machine.observer.seen().fatal, [] as [&str; 0]);
}

#[test]
fn everything_goes_in_slices_in_memory() {
    everything_goes_in_slices(&MemoryStore::new());
}

#[test]
fn everything_goes_in_slices_beside_batches_of_one_account() {
    everything_goes_in_slices(&OneAccount(MemoryStore::new()));
}

#[test]
fn everything_goes_in_slices_on_sqlite() {
    everything_goes_in_slices(&SqliteBackend::new());
}
