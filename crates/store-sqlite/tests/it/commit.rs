//! What a commit refuses, and what it leaves when it does: nothing.

use domain::activity::Feed;
use domain::id::{BookingId, EventId, PaymentId, ZoneId};
use domain::job::Job;
use domain::payment::{Payment, Refund};
use domain::pool::PoolId;
use domain::record::{Answer, Record, RecordState};
use domain::table::Table;
use domain::tickets::booking::Booking;
use domain::world::Change;
use domain::{Keys, World};
use engine::reads::Reads as _;
use engine::{Batch, BatchId, CommitError, Store as _, StoreError};
use store_sqlite::{Options, SqliteStore};

use crate::fixture::{
    EVENT, FLOOR, OURS, PLAIN, SEATED, STALLS, Scratch, activity, answered, at, commit, event,
    everything, insert, job, job_id, load, payment, plain, pool, refund, seated, zone,
};

#[test]
fn what_is_there_is_never_inserted_again() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let before = scratch.dump();
    for change in everything() {
        // A feed may have no row, so it is put; and a seat that is taken is another test.
        let is_put = matches!(change, Change::Feed(..))
            || matches!(change, Change::Pool((_, id), _) if !id.is_whole());
        if is_put {
            continue;
        }
        let error = insert(&mut store, 2, vec![change.clone()]).unwrap_err();
        match (&change, error) {
            (Change::Record(..), CommitError::Conflict(why)) => {
                assert!(why.contains("record_insert"), "{why}");
            }
            (Change::Record(..), error) => panic!("{change:?}: {error:?}"),
            (_, CommitError::Refused(_)) => {}
            (_, error) => panic!("{change:?}: {error:?}"),
        }
        assert_eq!(scratch.dump(), before, "{change:?}");
    }
}

#[test]
fn one_row_that_is_refused_takes_the_whole_batch_with_it() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let before = scratch.dump();
    let fresh = Change::from(plain(BookingId::from_raw(99)));
    let error = insert(&mut store, 2, vec![fresh, Change::of(OURS, refund())]).unwrap_err();
    assert!(matches!(error, CommitError::Refused(_)), "{error:?}");
    assert_eq!(scratch.dump(), before);
    assert_eq!(store.was_committed(BatchId(2)), Ok(false));
    assert_eq!(store.was_committed(BatchId(1)), Ok(true));
}

#[track_caller]
fn check_refused(change: Change, why: &str) {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).expect("it commits");
    // A payment's booking must have been read.
    let refused = if matches!(change, Change::Payment(..)) {
        commit(&mut store, 2, vec![change])
    } else {
        insert(&mut store, 2, vec![change])
    };
    match refused {
        Err(CommitError::Refused(refused)) => assert!(refused.contains(why), "{refused}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_that_no_store_could_take_are_refused() {
    let mut orphan = plain(BookingId::from_raw(99));
    orphan.event = EventId::from_raw(99);
    check_refused(Change::from(orphan), "names what is not there");
    let nowhere = PoolId::zone(ZoneId::from_raw(99));
    check_refused(Change::put((OURS, nowhere), pool(1, 0, 0)), "names what is not there");
    let twice = Payment { id: PaymentId::from_raw(99), ..payment() };
    check_refused(Change::of(OURS, twice), "pays for something");
    let reference = "ref-2".to_owned();
    let too_much = Payment { id: PaymentId::from_raw(99), reference, refunded: 5_001, ..payment() };
    check_refused(Change::of(OURS, too_much), "CHECK");
    let told_twice = activity(2, &SEATED.to_string(), 1);
    check_refused(Change::Activity(Box::new(told_twice)), "UNIQUE");
    check_refused(Change::of(OURS, zone(ZoneId::from_raw(99), 0)), "UNIQUE");
    let html = Answer { status: 200, content_type: "text/html", location: None, body: Vec::new() };
    let state = RecordState::Answered(std::sync::Arc::new(html));
    check_refused(Change::from(Record { state, ..answered("new") }), "text/html");
}

/// The row is loaded as it is, then changed as no decision would change it.
#[track_caller]
fn check_broken(change: Change, statement: &str) {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).expect("it commits");
    let before = scratch.dump();
    match commit(&mut store, 2, vec![change]) {
        Err(CommitError::NotWritten(StoreError::Broken(why))) => {
            assert!(why.contains(statement), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(scratch.dump(), before);
}

#[test]
fn what_never_changes_is_compared() {
    let change = |change: fn(&mut Booking)| {
        let mut booking = seated();
        change(&mut booking);
        Change::from(booking)
    };
    check_broken(change(|it| it.quantity = 3), "booking_update");
    check_broken(change(|it| it.zone = FLOOR), "booking_update");
    check_broken(change(|it| it.seats.clear()), "booking_update");
    check_broken(change(|it| it.total.minor = 1), "booking_update");
    check_broken(change(|it| it.intent = None), "booking_update");
    let dearer = Payment { amount: crate::fixture::usd(5_001), ..payment() };
    check_broken(Change::of(OURS, dearer), "payment_update");
    let resource = PLAIN.into();
    check_broken(Change::of(OURS, Payment { resource, ..payment() }), "payment_update");
    let reason = "another".to_owned();
    check_broken(Change::of(OURS, Refund { reason, ..refund() }), "refund_update");
    let mut moved = zone(STALLS, 0);
    moved.position = 7;
    check_broken(Change::of(OURS, moved), "zone_update");
    let mut euros = event(EVENT);
    euros.currency = domain::Currency::new("EUR").unwrap();
    check_broken(Change::from(euros), "event_update");
    check_broken(Change::put(OURS, Feed { position: 0 }), "feed_put");
    check_broken(Change::put(job_id(), Job { fence: 2, ..job() }), "job_update");
}

#[test]
fn a_row_that_went_since_it_was_loaded_is_a_broken_store() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let mut world = World::default();
    world.bookings.load((OURS, PLAIN), Some(plain(PLAIN)));
    world.bookings.put((OURS, PLAIN), Booking { seq: 2, ..plain(PLAIN) });
    scratch.break_it("delete from bookings where seats is null");
    let tx = store.begin().unwrap();
    let batch =
        Batch { id: BatchId(2), now: at(3_000), world: &world, emitted: &[], key_usage: &[] };
    let error = tx.commit(&batch).unwrap_err();
    assert!(matches!(error, CommitError::NotWritten(StoreError::Broken(_))), "{error:?}");
}

#[test]
fn only_records_and_jobs_go_and_people_and_seats_stay_as_they_are() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let mut changes = everything();
    changes.retain(|change| matches!(change, Change::Person(..) | Change::Layout(..)));
    assert_eq!(changes.len(), 2);
    for change in changes {
        let error = commit(&mut store, 2, vec![change]).unwrap_err();
        assert!(matches!(&error, CommitError::Refused(why) if why.contains("never change")));
    }
    let mut commit = |id, world: &World| {
        let tx = store.begin().unwrap();
        tx.commit(&Batch { id: BatchId(id), now: at(3_000), world, emitted: &[], key_usage: &[] })
    };
    let event = everything()
        .into_iter()
        .find_map(|change| if let Change::Event(_, event) = change { Some(*event) } else { None });
    let event = event.unwrap();
    let events = gone((event.account, event.id), event);
    let error = commit(2, &World { events, ..World::default() }).unwrap_err();
    assert!(matches!(&error, CommitError::Refused(why) if why.contains("never deleted")));
    let without = World { jobs: gone(job_id(), job()), ..World::default() };
    commit(3, &without).unwrap();
    let error = commit(4, &without).unwrap_err();
    assert!(matches!(error, CommitError::NotWritten(StoreError::Broken(_))), "{error:?}");
}

fn gone<K: Ord + Clone + std::fmt::Debug, V>(key: K, value: V) -> Table<K, V> {
    let mut table = Table::default();
    table.load(key.clone(), Some(value));
    table.remove(key);
    table
}

#[test]
fn instants_and_batches_are_kept() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    assert_eq!(store.was_committed(BatchId(u128::MAX)), Ok(false));
    assert_eq!(store.begin().unwrap().now(at(5)), Ok(at(5)));
    commit(&mut store, u128::MAX, everything()).unwrap();
    drop(store);
    let mut store = scratch.open();
    assert_eq!(store.last_instant(), Ok(Some(at(3_000))));
    assert_eq!(store.reads().last_instant(), Ok(Some(at(3_000))));
    assert_eq!(store.was_committed(BatchId(u128::MAX)), Ok(true));
    assert_eq!(store.begin().unwrap().now(at(5)), Ok(at(3_000)), "never back");
    assert_eq!(store.begin().unwrap().now(at(3_001)), Ok(at(3_001)));
    let batch = Batch {
        id: BatchId(3),
        now: at(2_999),
        world: &World::default(),
        emitted: &[],
        key_usage: &[],
    };
    let error = store.begin().unwrap().commit(&batch).unwrap_err();
    assert!(matches!(error, CommitError::NotWritten(StoreError::Broken(_))), "{error:?}");
}

#[test]
fn a_transaction_that_is_dropped_writes_nothing() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let before = scratch.dump();
    let mut tx = store.begin().unwrap();
    let _now = tx.now(at(1)).unwrap();
    drop(tx);
    assert_eq!(scratch.dump(), before);
    commit(&mut store, 1, everything()).unwrap();
}

#[test]
fn a_foreign_commit_is_noticed_and_invalidates_the_caches() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let keys = Keys { layouts: [(OURS, STALLS)].into(), ..Keys::default() };
    load(&mut store, &keys);
    commit(&mut store, 2, vec![Change::put(OURS, Feed { position: 2 })]).unwrap();
    assert_eq!(store.foreign_commits(), 0, "our own commits are no news");

    scratch.break_it("update seats set label = 'B-1' where number = 1");
    commit(&mut scratch.open(), 3, vec![Change::put(OURS, Feed { position: 3 })]).unwrap();
    let world = load(&mut store, &keys);
    let layout = world.layouts.get(&(OURS, STALLS)).unwrap();
    assert_eq!(layout.label(domain::pool::SeatNo(1)), Some("B-1"));
    assert_eq!(store.foreign_commits(), 1);
    load(&mut store, &keys);
    assert_eq!(store.foreign_commits(), 1, "once each");
}

#[test]
fn two_writers_wait_for_each_other_but_not_for_ever() {
    let scratch = Scratch::new();
    let busy_timeout = std::time::Duration::from_millis(20);
    let open = || scratch.open_with(Options { busy_timeout, ..Options::default() });
    let (mut first, mut second): (SqliteStore, SqliteStore) = (open(), open());
    let begun = first.begin().unwrap();
    let error = second.begin().err().unwrap();
    assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("locked")), "{error:?}");
    drop(begun);
    commit(&mut second, 1, everything()).unwrap();
    // The other one finds what this one wrote.
    let error = insert(&mut first, 2, vec![Change::from(answered("k-1"))]).unwrap_err();
    assert!(matches!(error, CommitError::Conflict(_)), "{error:?}");
    assert_eq!(first.foreign_commits(), 1);
}
