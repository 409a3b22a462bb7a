//! Rows come back as they were written.

use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, BookingId, EventId, PaymentId, PersonId, ZoneId};
use domain::job::{Job, Payload};
use domain::money::Money;
use domain::payment::{Payment, PaymentStatus, RefundEnd};
use domain::pool::{PoolId, SeatNo};
use domain::record::{IntentKey, Record};
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, Zone};
use domain::tickets::seat_set::SeatSet;
use domain::webhooks::delivery::{Delivery, DeliveryStatus};
use domain::webhooks::endpoint::{EndpointCount, WebhookCursor};
use domain::world::Change;
use domain::{Keys, World};
use engine::failpoint::Failpoints;

use super::rows::{
    ALLOWANCE, ANNA, DELIVERY, ENDPOINT, EVENT, FLOOR, OURS, PAYMENT, SEATED, STALLS, STANDING,
    THEIRS, anna, answered, at, bare_endpoint, bare_event, cursor, delivery, everything, job,
    job_id, key, keys_of, layout, load, payment, pool, put, refund, retired, seated, standing,
    zone,
};
use crate::backend::Backend;

/// Keys of every table, in `account`.
fn keys(account: AccountId) -> Keys {
    let mut keys = keys_of(&everything());
    keys.taken_seats.insert((OURS, STALLS));
    keys.records = keys.records.into_iter().map(|key| IntentKey { account, ..key }).collect();
    keys.events = [(account, EVENT)].into();
    keys.event_zones = [(account, EVENT)].into();
    keys.zones = [(account, STALLS), (account, FLOOR)].into();
    keys.layouts = [(account, STALLS), (account, FLOOR)].into();
    keys.taken_seats = [(account, STALLS), (account, FLOOR)].into();
    keys.pools = keys.pools.into_iter().map(|(_, pool)| (account, pool)).collect();
    keys.allowances = [(account, ALLOWANCE)].into();
    keys.people = [(account, ANNA)].into();
    keys.handles = [(account, anna().handle)].into();
    keys.bookings = [(account, SEATED), (account, STANDING)].into();
    keys.payments = [(account, PAYMENT)].into();
    keys.payment_references = [(account, payment().name())].into();
    keys.refunds = [(account, refund().id)].into();
    keys.feeds = [account].into();
    keys.jobs = [(account, job_id("job").1)].into();
    keys.webhook_endpoints = [(account, ENDPOINT)].into();
    keys.webhook_cursors = [(account, ENDPOINT)].into();
    keys.endpoint_counts = [account].into();
    keys.deliveries = [(account, DELIVERY)].into();
    keys.delivery_attempts = [(account, DELIVERY, 1)].into();
    keys
}

fn assert_absent(world: &World, keys: &Keys) {
    let Keys { records, events, event_zones, zones, layouts, taken_seats, pools, .. } = keys;
    let Keys { allowances, people, bookings, payments, refunds, payment_references, .. } = keys;
    assert!(records.iter().all(|key| world.records.get(key).is_none()));
    assert!(events.iter().all(|key| world.events.get(key).is_none()));
    assert!(event_zones.iter().all(|key| world.event_zones.get(key).is_none()));
    assert!(zones.iter().all(|key| world.zones.get(key).is_none()));
    assert!(layouts.iter().all(|key| world.layouts.get(key).is_none()));
    let none_taken = |key| world.taken_seats.get(key).is_none_or(SeatSet::is_empty);
    assert!(taken_seats.iter().all(none_taken));
    assert!(pools.iter().all(|key| world.pools.get(key).is_none()));
    assert!(allowances.iter().all(|key| world.allowances.get(key).is_none()));
    assert!(people.iter().all(|key| world.people.get(key).is_none()));
    assert!(keys.handles.iter().all(|key| world.handles.get(key).is_none()));
    assert!(bookings.iter().all(|key| world.bookings.get(key).is_none()));
    assert!(payments.iter().all(|key| world.payments.get(key).is_none()));
    assert!(payment_references.iter().all(|key| world.payment_references.get(key).is_none()));
    assert!(refunds.iter().all(|key| world.refunds.get(key).is_none()));
    assert!(keys.feeds.iter().all(|key| world.feeds.get(key).is_none()));
    assert!(keys.jobs.iter().all(|key| world.jobs.get(key).is_none()));
    assert!(keys.webhook_endpoints.iter().all(|key| world.webhook_endpoints.get(key).is_none()));
    assert!(keys.webhook_cursors.iter().all(|key| world.webhook_cursors.get(key).is_none()));
    assert!(keys.endpoint_counts.iter().all(|key| world.endpoint_counts.get(key).is_none()));
    assert!(keys.deliveries.iter().all(|key| world.deliveries.get(key).is_none()));
    assert!(keys.delivery_attempts.iter().all(|key| world.delivery_attempts.get(key).is_none()));
}

/// All keys are answered, and nothing else is loaded.
pub fn what_is_not_there_is_loaded_as_absent(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let keys = keys(OURS);
    let world = load(store.as_mut(), &keys);
    assert_absent(&world, &keys);
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let world =
        load(store.as_mut(), &Keys { bookings: [(OURS, SEATED)].into(), ..Keys::default() });
    assert!(!world.bookings.is_loaded(&(OURS, STANDING)), "it was not asked for");
    assert!(!world.events.is_loaded(&(OURS, EVENT)), "it was not asked for");
    assert!(!world.payments.is_loaded(&(OURS, PAYMENT)), "it was not asked for");
}

/// Every kind of row, after the store was opened again.
pub fn every_row_comes_back_as_it_was_written(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    drop(store);
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    let world = load(store.as_mut(), &keys(OURS));
    assert_stored(&world, everything());
    assert_eq!(world.event_zones.get(&(OURS, EVENT)), Some(&vec![FLOOR, STALLS]));
    assert_eq!(world.handles.get(&(OURS, anna().handle)), Some(&ANNA));
    assert_eq!(world.payment_references.get(&(OURS, payment().name())), Some(&PAYMENT));
}

/// Every field that can change has changed.
pub fn every_row_comes_back_as_it_was_changed(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let changes = changed();
    put(store.as_mut(), 2, at(1_001), changes.clone()).expect("it commits");
    drop(store);
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    let world = load(store.as_mut(), &keys(OURS));
    assert_stored(&world, changes);
    assert_eq!(world.people.get(&(OURS, ANNA)), Some(&anna()), "as it was");
}

fn changed() -> Vec<Change> {
    let event = Event { name: "b".to_owned(), starts_at: at(7), hold_seconds: 1, ..bare_event() };
    let zone = Zone {
        name: "c".to_owned(),
        price: Money { minor: 5, ..zone(STALLS).price },
        seq: 4,
        ..zone(STALLS)
    };
    let reserved =
        Booking { status: Status::Reserved, payment: None, seq: 4, ended_at: None, ..seated() };
    let confirmed = Booking {
        status: Status::Confirmed,
        confirmed_at: Some(at(5)),
        confirmation_code: Some("X".to_owned()),
        payment: Some(PAYMENT),
        seq: 2,
        ..standing(STANDING)
    };
    let payment = Payment {
        status: PaymentStatus::PartiallyRefunded,
        refunded: 501,
        refund_pending: 0,
        seq: 3,
        ..payment()
    };
    let end = RefundEnd::Succeeded { reference: Some("re / 1".to_owned()) };
    let refund = refund().ended(end, at(4_000)).expect("it was pending");
    let record = Record { keep_until: None, ..retired("k-1") };
    let moved = Job {
        due_at: at(1),
        lease_until: at(2),
        fence: job().fence + 1,
        attempt: 0,
        payload: Payload::default(),
    };
    let delivered = Delivery {
        status: DeliveryStatus::Delivered,
        attempts: 2,
        scheduled_attempts: 0,
        due_at: None,
        ended_at: Some(at(5)),
        ..delivery()
    };
    vec![
        Change::from(event),
        Change::of(OURS, zone),
        Change::put((OURS, PoolId::zone(STALLS)), pool(4, 1, 2)),
        Change::put((OURS, PoolId::seat(STALLS, SeatNo(1))), pool(1, 1, 0)),
        Change::put((OURS, ALLOWANCE), Allowance { taken: 0 }),
        Change::from(reserved),
        Change::from(confirmed),
        Change::of(OURS, payment),
        Change::of(OURS, refund),
        Change::from(record),
        Change::from(answered("k-2")),
        Change::put(job_id("job"), moved),
        Change::of(OURS, bare_endpoint()),
        Change::put((OURS, ENDPOINT), WebhookCursor { position: 0, replay: 3, ..cursor() }),
        Change::put(OURS, EndpointCount { endpoints: 0 }),
        Change::of(OURS, delivered),
    ]
}

/// Each change is what is stored.
fn assert_stored(world: &World, changes: Vec<Change>) {
    for change in changes {
        assert_eq!(world.check(&change), Ok(()));
    }
}

/// By position, whatever their ids and however they were written.
pub fn zones_come_in_order(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let first = ZoneId::from_raw(u128::MAX);
    let last = ZoneId::from_raw(1);
    let more = [(last, 3), (first, 2)].map(|(id, position)| Zone { id, position, ..zone(FLOOR) });
    let changes = more.into_iter().flat_map(|zone| {
        let pool = Change::put((OURS, PoolId::zone(zone.id)), pool(1, 0, 0));
        [Change::of(OURS, zone), pool]
    });
    put(store.as_mut(), 2, at(1_000), changes.collect()).expect("it commits");
    let world = load(store.as_mut(), &keys(OURS));
    let zones = vec![FLOOR, STALLS, first, last];
    assert_eq!(world.event_zones.get(&(OURS, EVENT)), Some(&zones));
    let view = backend.reads().event(OURS, EVENT).expect("it reads").expect("it is there");
    assert_eq!(view.zones.iter().map(|stock| stock.zone.id).collect::<Vec<_>>(), zones);
}

/// A set, even if it is empty: what is taken later in the batch is laid over it.
pub fn seats_are_taken_while_they_are_held_or_sold(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let taken = |store: &mut dyn engine::Store| {
        load(store, &keys(OURS)).taken_seats.get(&(OURS, STALLS)).cloned().unwrap_or_default()
    };
    let seat = |number, pool| Change::put((OURS, PoolId::seat(STALLS, SeatNo(number))), pool);
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    assert_eq!(taken(store.as_mut()), SeatSet::default(), "a row of a seat that is free");
    let changes = vec![seat(2, pool(1, 1, 0)), seat(4, pool(1, 0, 1)), seat(1, pool(1, 1, 0))];
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    assert_eq!(taken(store.as_mut()), [1, 2, 4].map(SeatNo).into());
    put(store.as_mut(), 3, at(1_000), vec![seat(2, pool(1, 0, 0))]).expect("it commits");
    assert_eq!(taken(store.as_mut()), [1, 4].map(SeatNo).into());
    assert_eq!(layout().labels().len(), 4, "the whole zone was never taken");
}

/// The same ids in another account are other things, or none.
pub fn accounts_do_not_see_each_other(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    let theirs = keys(THEIRS);
    assert_absent(&load(store.as_mut(), &theirs), &theirs);
    let mut more = keys(OURS);
    more.bookings = [(OURS, BookingId::from_raw(1))].into();
    more.payments = [(OURS, PaymentId::from_raw(1))].into();
    more.allowances = [(OURS, AllowanceId { event: EVENT, person: PersonId::from_raw(1) })].into();
    let world = load(store.as_mut(), &more);
    assert_eq!(world.bookings.get(&(OURS, BookingId::from_raw(1))), None);
    let event = Event { account: THEIRS, id: EventId::from_raw(0x100), ..bare_event() };
    put(store.as_mut(), 2, at(1_000), vec![Change::from(event.clone())])
        .expect("another account may have an event with the same id");
    let world = load(store.as_mut(), &theirs);
    assert_eq!(world.events.get(&(THEIRS, EVENT)), Some(&event));
    assert_eq!(world.event_zones.get(&(THEIRS, EVENT)), Some(&Vec::new()));
}

/// And its key is new then.
pub fn a_record_can_be_forgotten(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    put(store.as_mut(), 2, at(1_000), vec![Change::Record(key("k-1"), None)]).expect("it commits");
    assert_eq!(load(store.as_mut(), &keys(OURS)).records.get(&key("k-1")), None);
    assert_eq!(backend.reads().record(&key("k-1")), Ok(None));
    let again = vec![Change::from(answered("k-1"))];
    put(store.as_mut(), 3, at(1_000), again).expect("the key is new");
}
