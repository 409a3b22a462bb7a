//! Cleaning feeds, and what a tombstone is.

use domain::Timestamp;
use domain::activity::{Activity, Feed, LowWaterMark, Truncation};
use domain::id::AccountId;
use domain::record::{Record, RecordState};
use domain::world::Change;
use engine::cleaning::{Found, SLICE_FEEDS_MAX, SLICE_ROWS_MAX, Search};
use engine::failpoint::Failpoints;
use engine::reads::{ActivityFilter, Reads};
use engine::{Setup, Store};

use super::rows::{OURS, THEIRS, activity, answered, at, key, put, retired};
use crate::backend::Backend;
use crate::test_ports::TestPorts;

/// Entries of a feed, written at these instants, and its head.
fn feed(account: AccountId, instants: &[i64]) -> Vec<Change> {
    let entry = |(position, millis): (u64, &i64)| {
        let name = format!("{account}-{position}");
        let entry = Activity { account, at: at(*millis), ..activity(position, &name, 1) };
        let id = domain::id::ActivityId::from_raw(account.raw() << 32 | u128::from(position));
        Change::Activity(Box::new(Activity { id, ..entry }))
    };
    let mut changes: Vec<_> = (1..).zip(instants).map(entry).collect();
    changes.push(Change::put(account, Feed { position: instants.len() as u64 }));
    changes
}

const fn truncation(after: u64, position: u64, millis: i64) -> Truncation {
    Truncation { after, low_water_mark: LowWaterMark { position, at: at(millis) } }
}

fn search(backend: &dyn Backend, search: Search) -> Found {
    backend.reads().due_entries(search).expect("it looks")
}

fn before(millis: i64, entries: usize) -> Search {
    Search { from: None, before: at(millis), feeds: 9, entries }
}

fn positions(reads: &dyn Reads, account: AccountId) -> Vec<u64> {
    let emitted = reads.activity(account, &ActivityFilter::default(), 99).expect("it reads");
    emitted.iter().map(|emitted| emitted.activity.position).collect()
}

/// Up to so many, and none from the instant itself or later.
pub fn entries_are_due_from_the_oldest_on(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    assert_eq!(search(backend, before(i64::MAX, 9)), Found::default(), "there is no feed");
    put(store.as_mut(), 1, at(9_000), feed(OURS, &[1_000, 1_000, 2_000, 3_000]))
        .expect("it commits");
    let due = |millis, entries| search(backend, before(millis, entries)).truncation;
    assert_eq!(due(1_000, 9), None);
    assert_eq!(due(1_001, 9), Some((OURS, truncation(0, 2, 1_000))));
    assert_eq!(due(1_001, 1), Some((OURS, truncation(0, 1, 1_000))));
    assert_eq!(due(3_000, 9), Some((OURS, truncation(0, 3, 2_000))));
    assert_eq!(due(i64::MAX, 9), Some((OURS, truncation(0, 4, 3_000))));
}

/// Entries of other feeds stay; what is left is found from where it begins; the feed goes on.
pub fn what_was_cut_is_gone_and_known(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let mut changes = feed(OURS, &[1_000, 1_000, 2_000, 3_000]);
    changes.extend(feed(THEIRS, &[1_000, 1_000]));
    put(store.as_mut(), 1, at(9_000), changes).expect("it commits");
    let reads = backend.reads();
    assert_eq!(reads.low_water_mark(OURS), Ok(LowWaterMark::default()));
    let slices = [truncation(0, 2, 1_000), truncation(2, 3, 2_000)];
    for (id, (slice, left)) in (2..).zip(slices.into_iter().zip([vec![3, 4], vec![4]])) {
        put(store.as_mut(), id, at(9_000), vec![Change::FeedTruncated(OURS, slice)])
            .expect("it commits");
        assert_eq!(reads.low_water_mark(OURS), Ok(slice.low_water_mark));
        assert_eq!(positions(reads.as_ref(), OURS), left);
    }
    assert_eq!(reads.low_water_mark(THEIRS), Ok(LowWaterMark::default()));
    assert_eq!(positions(reads.as_ref(), THEIRS), [1, 2]);
    assert_eq!(reads.feed_head(OURS), Ok(4));
    drop(store);
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    let found = search(backend, before(i64::MAX, 9));
    assert_eq!(found.truncation, Some((OURS, truncation(3, 4, 3_000))));
    put(store.as_mut(), 9, at(9_000), vec![Change::FeedTruncated(OURS, truncation(3, 4, 3_000))])
        .expect("it commits");
    assert_eq!(positions(reads.as_ref(), OURS), [] as [u64; 0]);
    assert_eq!(reads.feed_head(OURS), Ok(4), "the next entry is the fifth");
}

/// Store and decision contradict each other: nothing is written.
pub fn a_cut_that_does_not_follow_is_never_made(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(9_000), feed(OURS, &[1_000, 2_000])).expect("it commits");
    let too_many = vec![Change::FeedTruncated(OURS, truncation(0, 3, 2_000))];
    assert!(put(store.as_mut(), 2, at(9_000), too_many).is_err());
    let reads = backend.reads();
    assert_eq!(positions(reads.as_ref(), OURS), [1, 2]);
    assert_eq!(reads.low_water_mark(OURS), Ok(LowWaterMark::default()));
}

/// So many at a time, and then from there on.
pub fn feeds_are_looked_at_in_turn(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let accounts: Vec<_> = (1..=5).map(AccountId::from_raw).collect();
    for (id, account) in (1..).zip(&accounts) {
        // Only the last has something old.
        let instants = if id == 5 { [1_000] } else { [5_000] };
        put(store.as_mut(), id, at(9_000), feed(*account, &instants)).expect("it commits");
    }
    let mut looked = Vec::new();
    let mut from = None;
    let found = loop {
        let found = search(backend, Search { from, before: at(2_000), feeds: 2, entries: 9 });
        if found.truncation.is_some() || found.next.is_none() {
            break found;
        }
        looked.push(found.next);
        from = found.next;
    };
    let last = accounts.last().copied();
    assert_eq!(looked.len(), 3, "{looked:?}");
    assert_eq!(found.truncation.map(|(account, _)| account), last);
    assert_eq!(found.next, last, "there may be more of it");
    let (account, slice) = found.truncation.expect("one is found");
    put(store.as_mut(), 9, at(9_000), vec![Change::FeedTruncated(account, slice)])
        .expect("it commits");
    let rest = Search { from: last, before: at(2_000), feeds: 2, entries: 9 };
    assert_eq!(search(backend, rest), Found::default(), "all were looked at");
}

/// The engine's own clean-up, with its own limits, until nothing is left to do.
pub(super) fn clean(machine: &TestPorts, backend: &dyn Backend, store: Box<dyn Store>) {
    let setup = Setup {
        stores: vec![store],
        due: backend.reads(),
        outbound: None,
        is_alone: false,
        queue_max: 1,
    };
    let engine::Started { handle, threads } =
        engine::spawn(setup, || machine.ports()).expect("the system gives a thread");
    handle.settle();
    handle.stop();
    threads.into_iter().for_each(|thread| thread.join().expect("it ends well"));
    let seen = machine.observer.seen();
    assert_eq!((seen.fatal, seen.store_errors), (Vec::new(), Vec::new()));
}

/// More feeds than a slice looks at, each with something to do: the engine's own clean-up, with its own
/// limits, takes the old entries of all of them and nothing else.
pub fn seventy_accounts_are_cleaned(backend: &dyn Backend) {
    const ACCOUNTS: u128 = 70;
    const _: () = assert!(ACCOUNTS > SLICE_FEEDS_MAX as u128);
    let machine = TestPorts::new(1);
    let recent = engine::Clock::now(machine.clock.as_ref()).as_millis();
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let accounts: Vec<_> = (1..=ACCOUNTS).map(AccountId::from_raw).collect();
    let feeds = accounts.iter().flat_map(|account| feed(*account, &[1_000, 1_000, recent]));
    put(store.as_mut(), 1, at(recent), feeds.collect()).expect("it commits");
    clean(&machine, backend, store);
    let reads = backend.reads();
    for account in accounts {
        assert_eq!(positions(reads.as_ref(), account), [3], "{account}");
        let low_water_mark = LowWaterMark { position: 2, at: at(1_000) };
        assert_eq!(reads.low_water_mark(account), Ok(low_water_mark));
    }
}

/// The engine's own clean-up, with its own limits, of more than two slices of answers, of tombstones and of
/// one feed, and of another account's feed after that: all of it goes in one turn, and nothing else.
pub fn more_than_two_slices_of_everything_go(backend: &dyn Backend) {
    const MANY: usize = 2 * SLICE_ROWS_MAX + 1;
    let machine = TestPorts::new(1);
    let now = engine::Clock::now(machine.clock.as_ref());
    let recent = now.as_millis();
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let record = |name: &str, record: Record| {
        Change::from(Record { key: key(name), resource: None, ..record })
    };
    let names = |what: &'static str| (0..MANY).map(move |number| format!("{what}-{number}"));
    let old = |record: Record| Record { keep_until: Some(at(2_000)), ..record };
    let mut changes: Vec<_> = names("answer").map(|it| record(&it, old(answered("")))).collect();
    changes.extend(names("tombstone").map(|it| record(&it, old(retired("")))));
    let kept = Record { first_seen_at: now, keep_until: Some(now), ..answered("") };
    changes.extend([record("kept", kept), record("kept for ever", retired(""))]);
    let mut instants = vec![1_000; MANY];
    instants.push(recent);
    changes.extend(feed(OURS, &instants));
    changes.extend(feed(THEIRS, &[1_000, recent]));
    put(store.as_mut(), 1, at(recent), changes).expect("it commits");
    clean(&machine, backend, store);
    let reads = backend.reads();
    let state = |name: &str| {
        let record = reads.record(&key(name)).expect("it reads");
        record.map(|record| record.state == RecordState::Retired)
    };
    let left = |what, state_left| names(what).filter(|it| state(it) == state_left).count();
    assert_eq!(left("answer", Some(true)), MANY, "of each answer a tombstone is left");
    assert_eq!(left("tombstone", None), MANY, "and nothing of each tombstone");
    assert_eq!((state("kept"), state("kept for ever")), (Some(false), Some(true)));
    let head = instants.len() as u64;
    assert_eq!(positions(reads.as_ref(), OURS), [head]);
    assert_eq!(positions(reads.as_ref(), THEIRS), [2]);
}

/// Hash, what it is about, and counts are left.
pub fn a_tombstone_has_nothing_of_its_answer(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), vec![Change::from(answered("k"))]).expect("it commits");
    let tombstone = Record {
        method: String::new(),
        path: String::new(),
        state: RecordState::Retired,
        keep_until: Some(Timestamp::from_millis(5_000)),
        ..answered("k")
    };
    put(store.as_mut(), 2, at(1_000), vec![Change::from(tombstone.clone())]).expect("it commits");
    assert_eq!(backend.reads().record(&key("k")), Ok(Some(tombstone)));
}
