//! A commit writes all or nothing, never over what it did not expect.

use domain::activity::Feed;
use domain::allowance::Allowance;
use domain::claimant::Claimant as _;
use domain::id::{BookingId, DeliveryId, EventId, PaymentId, PersonId, ZoneId};
use domain::job::Job;
use domain::payment::{Payment, Refund};
use domain::person::{Handle, Person};
use domain::pool::{PoolId, SeatNo};
use domain::table::Table;
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, Zone};
use domain::webhooks::delivery::{Delivery, DeliveryAttempt};
use domain::webhooks::endpoint::WebhookCursor;
use domain::world::Change;
use domain::{Keys, World};
use engine::failpoint::Failpoints;
use engine::key_usage::KeyUsage;
use engine::{Batch, BatchId, CommitError, Store, StoreError};

use super::rows::{
    Commit, DELIVERY, ENDPOINT, FLOOR, OURS, PAYMENT, SEATED, STALLS, STANDING, activity, anna,
    answered, at, attempt, bare_endpoint, bare_event, catalogue, commit, cursor, delivery, event,
    everything, insert, job, job_id, key, keys_of, load, payment, pool, put, refund, retired,
    seated, standing, zone,
};
use crate::backend::Backend;
use crate::dump::dump;

fn opened(backend: &dyn Backend) -> Box<dyn Store> {
    backend.open(Failpoints::default()).expect("it opens")
}

/// Everything that is stored, as text.
fn stored(backend: &dyn Backend) -> String {
    let keys = [key("k-1"), key("k-2"), key("new")];
    dump(backend.reads().as_ref(), &[OURS], keys.iter()).expect("it reads")
}

/// New rows besides those of [`everything`].
fn more() -> Vec<Change> {
    vec![
        Change::from(Event { id: EventId::from_raw(7), ..bare_event() }),
        Change::of(OURS, Zone { id: ZoneId::from_raw(7), position: 9, ..zone(FLOOR) }),
        Change::put((OURS, PoolId::zone(ZoneId::from_raw(7))), pool(1, 0, 0)),
        Change::from(standing(BookingId::from_raw(7))),
        Change::from(answered("new")),
        Change::Activity(Box::new(activity(2, "bkg", 1))),
        Change::put(OURS, Feed { position: 2 }),
    ]
}

/// One row that cannot be written takes all others with it.
pub fn all_or_nothing(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let before = stored(backend);
    for offence in everything() {
        if is_put(&offence) {
            continue;
        }
        let mut changes = more();
        // Rows that are there are inserted again; the new ones would be fine alone.
        changes.retain(|change| !is_put(change));
        changes.push(offence.clone());
        let result = insert(store.as_mut(), 2, at(2_000), changes);
        assert!(result.is_err(), "{offence:?}");
        assert_eq!(stored(backend), before, "{offence:?}");
    }
    assert_eq!(store.was_committed(BatchId(1)), Ok(true), "nothing since");
    put(store.as_mut(), 3, at(3_000), more()).expect("all of it alone is fine");
    drop(store);
    assert_ne!(stored(backend), before);
    let mut store = opened(backend);
    let world = load(store.as_mut(), &keys_of(&more()));
    assert_eq!(world.feeds.get(&OURS), Some(&Feed { position: 2 }));
    assert!(world.bookings.get(&(OURS, BookingId::from_raw(7))).is_some());
}

/// Rows that may have to be written without it being known whether they are there.
fn is_put(change: &Change) -> bool {
    matches!(change, Change::Feed(..) | Change::Activity(_))
        || matches!(change, Change::Pool((_, id), _) if !id.is_whole())
}

/// A transaction that is dropped.
pub fn what_is_dropped_was_never_there(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), catalogue()).expect("it commits");
    let before = stored(backend);
    let mut world = World::default();
    let mut tx = store.begin().expect("it begins");
    tx.now(at(5_000)).expect("it knows the time");
    tx.load(&keys_of(&more()), &mut world).expect("it loads");
    drop(tx);
    assert_eq!(stored(backend), before);
    assert_eq!(store.last_instant(), Ok(Some(at(1_000))));
    put(store.as_mut(), 2, at(2_000), vec![Change::from(standing(STANDING))])
        .expect("the next one is not in its way");
}

/// A row that is there is never overwritten by one that is believed to be new.
pub fn what_is_there_is_never_inserted_again(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let allowance = seated().allowance().expect("it counts against one").allowance;
    let other = vec![
        Change::from(bare_event()),
        Change::of(OURS, Zone { name: "other".to_owned(), ..zone(STALLS) }),
        Change::put((OURS, PoolId::zone(STALLS)), pool(9, 0, 0)),
        Change::put((OURS, allowance), Allowance { taken: 9 }),
        Change::of(OURS, Person { user_id: "other".to_owned(), ..anna() }),
        Change::of(OURS, Person { handle: Handle::new(1, 5), ..anna() }),
        Change::of(OURS, Person { id: PersonId::from_raw(5), ..anna() }),
        Change::from(Booking { id: SEATED, ..standing(SEATED) }),
        Change::of(OURS, Payment { reference: "other".to_owned(), ..payment() }),
        Change::of(OURS, Refund { reason: "other".to_owned(), ..refund() }),
        Change::from(retired("k-1")),
        Change::put(job_id("job"), Job { fence: 1, ..job() }),
        Change::of(OURS, bare_endpoint()),
        Change::put((OURS, ENDPOINT), WebhookCursor { position: 1, ..cursor() }),
        Change::of(OURS, Delivery { attempts: 2, ..delivery() }),
        // An event has one delivery to an endpoint.
        Change::of(OURS, Delivery { id: DeliveryId::from_raw(1), ..delivery() }),
        Change::put((OURS, DELIVERY, 1), DeliveryAttempt { millis: 1, ..attempt() }),
    ];
    let before = stored(backend);
    for change in other {
        match insert(store.as_mut(), 2, at(2_000), vec![change.clone()]) {
            Err(CommitError::Conflict(_) | CommitError::Refused(_)) => {}
            // Whoever was faster with a key has to be heard.
            result => panic!("{change:?}: {result:?}"),
        }
        assert_eq!(stored(backend), before, "{change:?}");
    }
    let result = insert(store.as_mut(), 2, at(2_000), vec![Change::from(retired("k-1"))]);
    assert!(matches!(result, Err(CommitError::Conflict(_))), "decide again: {result:?}");
}

/// A row that is gone is not brought back by one that is believed to be there.
pub fn what_is_not_there_is_never_changed(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), catalogue()).expect("it commits");
    let before = stored(backend);
    let mut bookings = World::default();
    pretend(&mut bookings.bookings, (OURS, STANDING), standing(STANDING));
    let mut records = World::default();
    pretend(&mut records.records, key("new"), answered("new"));
    let mut forgotten = World::default();
    forgotten.records.load(key("new"), Some(answered("new")));
    forgotten.records.remove(key("new"));
    let mut events = World::default();
    let absent = Event { id: EventId::from_raw(3), ..event() };
    pretend(&mut events.events, (OURS, absent.id), absent);
    let mut refunds = World::default();
    pretend(&mut refunds.refunds, (OURS, refund().id), refund());
    for world in [bookings, records, forgotten, events, refunds] {
        let tx = store.begin().expect("it begins");
        let batch =
            Batch { id: BatchId(2), now: at(2_000), world: &world, emitted: &[], key_usage: &[] };
        let result = tx.commit(&batch);
        assert!(
            matches!(result, Err(CommitError::NotWritten(StoreError::Broken(_)))),
            "{result:?}: {world:?}"
        );
        assert_eq!(stored(backend), before);
    }
}

/// A row that was loaded, though it is not there, and changed.
fn pretend<K: Ord + Clone + std::fmt::Debug, V: Clone>(table: &mut Table<K, V>, key: K, row: V) {
    table.load(key.clone(), Some(row.clone()));
    table.put(key, row);
}

/// Two payments with one reference are two bookings for one sum of money.
pub fn a_reference_pays_once(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let second = Payment { id: PaymentId::from_raw(1), resource: STANDING.into(), ..payment() };
    let result = insert(store.as_mut(), 2, at(1_000), vec![Change::of(OURS, second)]);
    assert!(
        matches!(result, Err(CommitError::Conflict(_) | CommitError::Refused(_))),
        "{result:?}"
    );
    let refunded = Payment { refunded: 700, refund_pending: 700, ..payment() };
    put(store.as_mut(), 3, at(1_000), vec![Change::of(OURS, refunded)])
        .expect("the same payment keeps its reference");
    let keys = Keys { payment_references: [(OURS, payment().name())].into(), ..Keys::default() };
    let world = load(store.as_mut(), &keys);
    assert_eq!(world.payment_references.get(&(OURS, payment().name())), Some(&PAYMENT));
}

/// Best seats are chosen from those that are taken; their own rows are not looked at.
pub fn a_seat_without_a_row_is_taken_without_looking(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let seat = |number| PoolId::seat(STALLS, SeatNo(number));
    let take = |number| Change::put((OURS, seat(number)), pool(1, 1, 0));
    // The first has a row and is free, the second was never taken.
    insert(store.as_mut(), 2, at(1_000), vec![take(1), take(2)]).expect("both are free");
    let keys = Keys { pools: [(OURS, seat(1)), (OURS, seat(2))].into(), ..Keys::default() };
    let world = load(store.as_mut(), &keys);
    assert_eq!(world.pools.get(&(OURS, seat(1))), Some(&pool(1, 1, 0)));
    assert_eq!(world.pools.get(&(OURS, seat(2))), Some(&pool(1, 1, 0)));
    let again = insert(store.as_mut(), 3, at(1_000), vec![take(1)]);
    assert!(again.is_err(), "it is taken");
}

/// No row may name one that is missing.
pub fn nothing_names_what_is_not_there(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), catalogue()).expect("it commits");
    let nobody = Booking { person: PersonId::from_raw(9), ..standing(STANDING) };
    let nowhere = Booking { zone: ZoneId::from_raw(9), ..standing(STANDING) };
    let nothing = Booking { event: EventId::from_raw(9), ..standing(STANDING) };
    let zone = Zone { id: ZoneId::from_raw(9), event: EventId::from_raw(9), ..zone(FLOOR) };
    let bookings = [nobody, nowhere, nothing].map(Change::from);
    let others = [
        Change::of(OURS, zone),
        Change::put((OURS, PoolId::zone(ZoneId::from_raw(9))), pool(1, 0, 0)),
        Change::of(OURS, payment()),
        Change::of(OURS, refund()),
    ];
    for change in bookings.into_iter().chain(others) {
        let result = insert(store.as_mut(), 2, at(1_000), vec![change.clone()]);
        assert!(result.is_err(), "{change:?}");
    }
}

/// Not even when the clock does.
pub fn time_never_goes_back(backend: &dyn Backend) {
    let mut store = opened(backend);
    assert_eq!(store.last_instant(), Ok(None));
    assert_eq!(backend.reads().last_instant(), Ok(None));
    put(store.as_mut(), 1, at(5_000), catalogue()).expect("it commits");
    assert_eq!(store.last_instant(), Ok(Some(at(5_000))));
    assert_eq!(backend.reads().last_instant(), Ok(Some(at(5_000))));
    let mut tx = store.begin().expect("it begins");
    let behind = tx.now(at(4_000)).expect("it knows");
    assert!(behind >= at(5_000), "{behind:?}");
    drop(tx);
    drop(store);
    let mut store = opened(backend);
    let mut tx = store.begin().expect("it begins");
    assert!(tx.now(at(1)).expect("it knows") >= at(5_000), "not after a restart either");
    assert!(tx.now(at(6_000)).expect("it knows") >= at(6_000));
}

/// What settles a commit whose answer was lost.
pub fn the_last_commit_is_known_by_name(backend: &dyn Backend) {
    let mut store = opened(backend);
    assert_eq!(store.was_committed(BatchId(1)), Ok(false));
    put(store.as_mut(), 1, at(1_000), catalogue()).expect("it commits");
    assert_eq!(store.was_committed(BatchId(1)), Ok(true));
    assert_eq!(store.was_committed(BatchId(2)), Ok(false));
    assert!(insert(store.as_mut(), 2, at(1_000), catalogue()).is_err());
    assert_eq!(store.was_committed(BatchId(2)), Ok(false));
    assert_eq!(store.was_committed(BatchId(1)), Ok(true), "it is still the last");
    let large = u128::MAX - 1;
    put(store.as_mut(), large, at(1_000), vec![Change::from(retired("x"))]).expect("it commits");
    assert_eq!(store.was_committed(BatchId(large)), Ok(true));
    assert_eq!(store.was_committed(BatchId(1)), Ok(false), "another came after it");
}

/// Counts go with any commit; those of a key without a record are nobody's.
pub fn key_usage_is_added_up(backend: &dyn Backend) {
    let mut store = opened(backend);
    put(store.as_mut(), 1, at(1_000), vec![Change::from(answered("k-1"))]).expect("it commits");
    let usage = |name, count, at| KeyUsage { key: key(name), count, last_seen_at: at };
    let mut count = |id, key_usage: &[_]| {
        let batch = Commit { id, now: at(9_000), keys: Keys::default(), key_usage };
        commit(store.as_mut(), &batch, Vec::new()).expect("it commits");
    };
    count(2, &[usage("k-1", 4, at(9_000)), usage("unknown", 1, at(9_000))]);
    count(3, &[usage("k-1", 1, at(8_000))]);
    let record = backend.reads().record(&key("k-1")).expect("it reads").expect("it is there");
    assert_eq!((record.attempts, record.last_seen_at), (8, at(9_000)), "the latest counts");
    assert_eq!(backend.reads().record(&key("unknown")), Ok(None));
}
