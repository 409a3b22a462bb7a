//! Every field of every row comes back as it was written, when it is new and when it has changed.

use std::sync::Arc;

use domain::activity::{ActivityKind, Feed};
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, BookingId, EventId, PersonId, ZoneId};
use domain::job::{Job, Payload};
use domain::payment::{Payment, PaymentStatus, RefundEnd};
use domain::policy::CancellationPolicy;
use domain::pool::{PoolId, SeatNo};
use domain::record::{Answer, Fingerprint, Record, RecordState};
use domain::resource::Resource;
use domain::tickets::booking::Status;
use domain::tickets::event::{Event, Zone};
use domain::tickets::seat_set::SeatSet;
use domain::world::Change;
use domain::{Actor, Keys, World};
use engine::key_usage::KeyUsage;
use engine::reads::due::DueReads as _;
use engine::reads::{ActivityFilter, Reads as _};
use engine::{CommitError, Store as _};

use crate::fixture::{
    ALLOWANCE, ANNA, EVENT, FLOOR, OURS, PAYMENT, PLAIN, SEATED, STALLS, Scratch, THEIRS, activity,
    answered, at, catalogue, commit, commit_with_key_usage, emitted, event, everything, insert,
    job_id, key, keys_of, load, payment, plain, pool, refund, seated, tombstone, usd, zone,
};

/// Whether the world holds the row that the change is about as the change has it.
#[track_caller]
fn assert_holds(world: &World, change: &Change) {
    assert_eq!(world.check(change), Ok(()));
    if let Change::Payment((of, id), it) = change {
        assert_eq!(world.payment_references.get(&(*of, it.name())), Some(id));
    }
}

#[track_caller]
fn check(scratch: &Scratch, changes: Vec<Change>) {
    let mut store = scratch.open();
    commit(&mut store, 1, changes.clone()).expect("it commits");
    drop(store);
    let world = load(&mut scratch.open(), &keys_of(&changes));
    changes.iter().for_each(|change| assert_holds(&world, change));
}

#[test]
fn everything_comes_back() {
    let scratch = Scratch::new();
    check(&scratch, everything());
    let reads = scratch.open().reads();
    let entry = activity(1, &SEATED.to_string(), 1);
    assert_eq!(reads.activity(OURS, &ActivityFilter::default(), 9).unwrap(), [emitted(entry)]);
}

fn moved() -> Job {
    let (due_at, lease_until, payload) = (at(11), at(12), Payload::default());
    Job { due_at, lease_until, fence: 13, attempt: 0, payload }
}

#[test]
fn every_change_comes_back() {
    let scratch = Scratch::new();
    check(&scratch, everything());
    let mut confirmed = plain(PLAIN);
    confirmed.status = Status::Confirmed;
    confirmed.expires_at = at(5_001);
    confirmed.confirmed_at = Some(at(5_002));
    confirmed.ended_at = Some(at(5_003));
    confirmed.confirmation_code = Some("OTHER".to_owned());
    confirmed.cancel_reason = Some("none".to_owned());
    confirmed.payment = Some(PAYMENT);
    confirmed.seq = 9;
    let answer = Answer {
        status: 404,
        content_type: "application/problem+json",
        location: None,
        body: Vec::new(),
    };
    check(
        &scratch,
        vec![
            Change::from(Event {
                name: "Other".to_owned(),
                starts_at: at(1),
                max_per_user: 2,
                hold_seconds: 3,
                sales_open_at: None,
                sales_close_at: None,
                policy: CancellationPolicy::default(),
                seq: 4,
                ..event(EVENT)
            }),
            Change::of(
                OURS,
                Zone { name: "Other".to_owned(), price: usd(1), seq: 5, ..zone(STALLS, 0) },
            ),
            Change::put((OURS, PoolId::zone(FLOOR)), pool(200, 150, 50)),
            Change::put((OURS, PoolId::seat(STALLS, SeatNo(2))), pool(1, 0, 0)),
            Change::put((OURS, ALLOWANCE), Allowance { taken: 0 }),
            Change::from(confirmed),
            Change::of(
                OURS,
                Payment {
                    status: PaymentStatus::Captured,
                    refunded: 0,
                    refund_pending: 0,
                    seq: 3,
                    ..payment()
                },
            ),
            Change::of(OURS, refund().ended(RefundEnd::Failed, at(3_000)).unwrap()),
            Change::from(tombstone("k-1")),
            Change::from(Record {
                fingerprint: Some(Fingerprint::new(1, [255; 32])),
                state: RecordState::Answered(Arc::new(answer)),
                attempts: u32::MAX,
                ..tombstone("k-2")
            }),
            Change::put(OURS, Feed { position: 2 }),
            Change::put(job_id(), moved()),
        ],
    );
    check(&scratch, vec![Change::Record(key("k-1"), None), Change::Job(job_id(), None)]);
}

#[test]
fn every_kind_of_activity_and_actor_comes_back() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let mut entries = Vec::new();
    let actors = [Actor::System, Actor::Customer(ANNA), activity(1, "r", 1).actor];
    for (position, kind) in (1_u32..).zip(ActivityKind::ALL) {
        let mut entry = activity(u64::from(position), "r", position);
        entry.kind = kind;
        entry.actor = actors[usize::try_from(position).unwrap() % 3].clone();
        entry.correlation_id = entry.correlation_id.filter(|_| position % 2 == 0);
        entries.push(entry);
    }
    let mut changes: Vec<_> =
        entries.iter().cloned().map(|entry| Change::Activity(Box::new(entry))).collect();
    changes.push(Change::put(OURS, Feed { position: 11 }));
    commit(&mut store, 1, changes).unwrap();
    let found = store.reads().activity(OURS, &ActivityFilter::default(), 99).unwrap();
    assert_eq!(found, entries.into_iter().map(emitted).collect::<Vec<_>>());
}

#[test]
fn what_is_not_there_is_loaded_as_absent() {
    let mut store = Scratch::new().open();
    let mut keys = keys_of(&everything());
    keys.event_zones.insert((OURS, EVENT));
    keys.taken_seats.insert((OURS, STALLS));
    let world = load(&mut store, &keys);
    assert_eq!(world.records.get(&key("k-1")), None);
    assert_eq!(world.events.get(&(OURS, EVENT)), None);
    assert_eq!(world.event_zones.get(&(OURS, EVENT)), None);
    assert_eq!(world.zones.get(&(OURS, STALLS)), None);
    assert_eq!(world.layouts.get(&(OURS, STALLS)), None);
    assert_eq!(world.taken_seats.get(&(OURS, STALLS)), Some(&SeatSet::default()));
    assert_eq!(world.pools.get(&(OURS, PoolId::zone(STALLS))), None);
    assert_eq!(world.allowances.get(&(OURS, ALLOWANCE)), None);
    assert_eq!(world.people.get(&(OURS, ANNA)), None);
    assert_eq!(world.bookings.get(&(OURS, SEATED)), None);
    assert_eq!(world.payments.get(&(OURS, PAYMENT)), None);
    assert_eq!(world.refunds.get(&(OURS, refund().id)), None);
    assert_eq!(world.payment_references.get(&(OURS, payment().name())), None);
    assert_eq!(world.feeds.get(&OURS), None);
    assert_eq!(world.jobs.get(&job_id()), None);
}

#[test]
fn nothing_is_loaded_for_another_account() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let mut keys = Keys::default();
    keys.events.insert((THEIRS, EVENT));
    keys.bookings.insert((THEIRS, SEATED));
    keys.pools.insert((THEIRS, PoolId::zone(FLOOR)));
    keys.taken_seats.insert((THEIRS, STALLS));
    keys.layouts.insert((THEIRS, STALLS));
    let world = load(&mut store, &keys);
    assert_eq!(world.events.get(&(THEIRS, EVENT)), None);
    assert_eq!(world.bookings.get(&(THEIRS, SEATED)), None);
    assert_eq!(world.pools.get(&(THEIRS, PoolId::zone(FLOOR))), None);
    assert_eq!(world.taken_seats.get(&(THEIRS, STALLS)), Some(&SeatSet::default()));
    assert_eq!(world.layouts.get(&(THEIRS, STALLS)), None);
}

#[test]
fn derived_rows_follow_what_they_are_derived_from() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let mut changes = catalogue();
    let bare = EventId::from_raw(11);
    changes.push(Change::from(event(bare)));
    commit(&mut store, 1, changes).unwrap();
    let mut keys = Keys::default();
    keys.event_zones.extend([(OURS, EVENT), (OURS, bare), (OURS, EventId::from_raw(12))]);
    keys.taken_seats.extend([(OURS, STALLS), (OURS, FLOOR)]);
    keys.layouts.extend([(OURS, STALLS), (OURS, FLOOR)]);
    for _again in 0..2 {
        let world = load(&mut store, &keys);
        let zones = |event| world.event_zones.get(&(OURS, event));
        assert_eq!(zones(EVENT), Some(&vec![STALLS, FLOOR]), "in order of their positions");
        assert_eq!(zones(bare), Some(&Vec::<ZoneId>::new()));
        assert_eq!(zones(EventId::from_raw(12)), None);
        let taken = |zone| world.taken_seats.get(&(OURS, zone));
        assert_eq!(taken(STALLS), Some(&[SeatNo(2)].into()));
        assert_eq!(taken(FLOOR), Some(&SeatSet::default()));
        let labels = world.layouts.get(&(OURS, STALLS)).map(|layout| layout.labels().to_vec());
        assert_eq!(labels, Some(["A-1", "A-2", "A-3"].map(str::to_owned).to_vec()));
        assert_eq!(world.layouts.get(&(OURS, FLOOR)), None);
    }
}

#[test]
fn what_is_due_comes_earliest_first() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let hold = |raw, expires_at| {
        let mut booking = plain(BookingId::from_raw(raw));
        booking.expires_at = at(expires_at);
        Change::from(booking)
    };
    let kept =
        |name: &str, until| Change::from(Record { keep_until: Some(at(until)), ..answered(name) });
    let changes = vec![
        hold(101, 4_500),
        hold(102, 4_200),
        hold(103, 4_501),
        kept("b", 50),
        kept("a", 60),
        kept("c", 61),
    ];
    commit(&mut store, 2, changes).unwrap();
    assert_eq!(store.next_deadline(), Ok(Some(at(4_200))));
    let due = |store: &mut store_sqlite::SqliteStore, limit| {
        let records = store.reads().due_records(at(60), limit).unwrap();
        let mut tx = store.begin().unwrap();
        let holds = tx.due(at(4_500), limit).unwrap();
        let id = |Resource::Booking(id)| id.raw();
        let holds: Vec<_> = holds.iter().map(|it| id(it.resource)).collect();
        (holds, records.into_iter().map(|key| key.key).collect::<Vec<_>>())
    };
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(due(&mut store, 9), (vec![102, 101], texts(&["b", "a"])));
    assert_eq!(due(&mut store, 1), (vec![102], texts(&["b"])));
    assert_eq!(due(&mut store, 0), (vec![], texts(&[])));
}

#[test]
fn key_usage_adds_to_what_is_there() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let seen = |name: &str, last| KeyUsage { key: key(name), count: 3, last_seen_at: at(last) };
    let key_usage = [seen("k-1", 9_000), seen("k-2", 1), seen("gone", 1)];
    commit_with_key_usage(&mut store, 2, Vec::new(), &key_usage).unwrap();
    let record = |name: &str| store.reads().record(&key(name)).unwrap().unwrap();
    assert_eq!((record("k-1").attempts, record("k-1").last_seen_at), (5, at(9_000)));
    assert_eq!((record("k-2").attempts, record("k-2").last_seen_at), (3, at(2_050)), "never back");
}

#[test]
fn a_key_whose_tombstone_expires_and_that_is_used_in_one_batch_is_bound_again() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let again = Record {
        fingerprint: Some(Fingerprint::new(1, [9; 32])),
        first_seen_at: at(3_000),
        ..answered("k-1")
    };
    let changes = vec![Change::Record(key("k-1"), None), Change::from(again.clone())];
    commit(&mut store, 2, changes).unwrap();
    assert_eq!(store.reads().record(&key("k-1")), Ok(Some(again)));
}

#[test]
fn a_seat_that_is_free_may_be_taken_without_looking() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let seat = |number, pool| Change::put((OURS, PoolId::seat(STALLS, SeatNo(number))), pool);
    insert(&mut store, 2, vec![seat(1, pool(1, 1, 0))]).unwrap();
    commit(&mut store, 3, vec![seat(1, pool(1, 0, 0))]).unwrap();
    insert(&mut store, 4, vec![seat(1, pool(1, 1, 0))]).unwrap();
    // Seat 2 is sold; a batch that did not look must never get it.
    let error = insert(&mut store, 5, vec![seat(2, pool(1, 1, 0))]).unwrap_err();
    assert!(
        matches!(&error, CommitError::NotWritten(engine::StoreError::Broken(why)) if why.contains("pool_take")),
        "{error:?}"
    );
}

#[test]
fn large_numbers_and_unusual_texts_come_back() {
    let scratch = Scratch::new();
    let account = AccountId::from_raw(u128::MAX);
    let odd = "ä\u{0}'\";--\u{1f600}";
    let mut it = event(EventId::from_raw(u128::MAX));
    it.account = account;
    it.name = odd.to_owned();
    it.starts_at = at(i64::MAX);
    it.created_at = at(i64::MIN);
    it.max_per_user = u32::MAX;
    let mut person = crate::fixture::anna();
    person.id = PersonId::from_raw(u128::MAX);
    person.user_id = odd.to_owned();
    let allowance = AllowanceId { event: it.id, person: person.id };
    let mut record = answered(odd);
    record.key.account = account;
    check(
        &scratch,
        vec![
            Change::from(it),
            Change::of(account, person),
            Change::put((account, allowance), Allowance { taken: u32::MAX }),
            Change::from(record),
        ],
    );
    let feed = Feed { position: u64::MAX };
    let error = commit(&mut scratch.open(), 2, vec![Change::put(account, feed)]).unwrap_err();
    assert!(matches!(error, CommitError::Refused(_)), "{error:?}");
    assert_eq!(seated().seats.len(), 2);
}
