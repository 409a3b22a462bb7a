//! Reads show what was committed, in the order that was promised.

use std::collections::{BTreeMap, BTreeSet};

use domain::activity::{Activity, ActivityKind, Feed};
use domain::allowance::{Allowance, AllowanceId};
use domain::id::{BookingId, EventId, PersonId};
use domain::invariants::Audit;
use domain::person::{Handle, Person};
use domain::pool::{Pool, PoolId, SeatNo};
use domain::record::{KeyScope, Record};
use domain::retention::Retention;
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, Layout};
use domain::world::Change;
use engine::Store;
use engine::failpoint::Failpoints;
use engine::reads::{ActivityFilter, Page, Reads};
use engine::tickets::{BookingFilter, BookingView, EventView, SeatView};

use super::rows::{
    ALLOWANCE, ANNA, EVENT, FLOOR, OURS, SEATED, STALLS, STANDING, THEIRS, activity, anna,
    answered, at, bare_event, catalogue, event, everything, key, payment, pool, put, retired,
    seated, standing, tell, zone,
};
use crate::backend::Backend;

fn filled(backend: &dyn Backend) -> Box<dyn Store> {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    put(store.as_mut(), 1, at(1_000), everything()).expect("it commits");
    store
}

/// At once, while the writer lives, and by readers that were there before.
pub fn what_was_committed_is_read(backend: &dyn Backend) {
    let reads = backend.reads();
    assert_eq!(reads.event(OURS, EVENT), Ok(None));
    assert_eq!(reads.booking(OURS, SEATED), Ok(None));
    assert_eq!(reads.record(&key("k-1")), Ok(None));
    let mut store = filled(backend);
    let view = reads.event(OURS, EVENT).expect("it reads").expect("it is there");
    assert_eq!(view.event, event());
    let [floor, stalls] = view.zones.as_slice() else { panic!("{:?}", view.zones) };
    assert_eq!((&floor.zone, floor.pool), (&zone(FLOOR), pool(1_000_000_000, 1, 0)));
    assert_eq!((&stalls.zone, stalls.pool), (&zone(STALLS), pool(4, 0, 0)));
    assert_eq!(reads.zone(OURS, STALLS).expect("it reads").as_ref(), Some(stalls));
    let view = reads.booking(OURS, SEATED).expect("it reads").expect("it is there");
    assert_eq!((view.booking, view.payment), (seated(), Some(payment())));
    let view = reads.booking(OURS, STANDING).expect("it reads").expect("it is there");
    assert_eq!((view.booking, view.payment), (standing(STANDING), None));
    assert_eq!(reads.allowance(OURS, ALLOWANCE), Ok(Allowance { taken: 1 }));
    let nobody = AllowanceId { event: EVENT, person: PersonId::from_raw(1) };
    assert_eq!(reads.allowance(OURS, nobody), Ok(Allowance::default()));
    let people = BTreeSet::from([ALLOWANCE.person, nobody.person]);
    let users = BTreeMap::from([(ALLOWANCE.person, anna().user_id)]);
    assert_eq!(reads.users(OURS, &people), Ok(users), "those who are there");
    assert_eq!(reads.record(&key("k-1")), Ok(Some(answered("k-1"))));
    assert_eq!(reads.record(&key("k-2")), Ok(Some(retired("k-2"))));
    assert_eq!(reads.feed_head(OURS), Ok(1));
    let changes = vec![Change::put((OURS, PoolId::zone(STALLS)), pool(4, 1, 3))];
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    let stock = reads.zone(OURS, STALLS).expect("it reads").expect("it is there");
    assert_eq!(stock.pool, pool(4, 1, 3));
}

fn events(reads: &dyn Reads, after: Option<u128>, limit: usize) -> Vec<u128> {
    let page = Page { after: after.map(EventId::from_raw), limit };
    let events = reads.events(OURS, page).expect("it reads");
    events.iter().map(|view| view.event.id.raw()).collect()
}

fn bookings(reads: &dyn Reads, filter: BookingFilter, after: Option<u128>) -> Vec<u128> {
    let page = Page { after: after.map(BookingId::from_raw), limit: 2 };
    let bookings = reads.bookings(OURS, filter, page).expect("it reads");
    bookings.iter().map(|view| view.booking.id.raw()).collect()
}

/// What comes in between two pages does not move the second.
pub fn lists_are_newest_first_and_stable(backend: &dyn Backend) {
    let mut store = filled(backend);
    let reads = backend.reads();
    let event = |raw| Change::from(Event { id: EventId::from_raw(raw), ..bare_event() });
    put(store.as_mut(), 2, at(1_000), vec![event(0x300), event(0x50), event(0x200)])
        .expect("it commits");
    assert_eq!(events(reads.as_ref(), None, 9), [0x300, 0x200, 0x100, 0x50]);
    assert_eq!(events(reads.as_ref(), None, 2), [0x300, 0x200]);
    put(store.as_mut(), 3, at(1_000), vec![event(0x400), event(0x250)]).expect("it commits");
    assert_eq!(events(reads.as_ref(), Some(0x200), 2), [0x100, 0x50]);
    assert_eq!(events(reads.as_ref(), Some(0x50), 2), []);
    assert_eq!(events(reads.as_ref(), None, 2), [0x400, 0x300]);

    let hold = |raw| Change::from(standing(BookingId::from_raw(raw)));
    put(store.as_mut(), 4, at(1_000), vec![hold(0x10), hold(0x500), hold(0x403)])
        .expect("it commits");
    let all = BookingFilter::default();
    assert_eq!(bookings(reads.as_ref(), all, None), [0x500, 0x403]);
    put(store.as_mut(), 5, at(1_000), vec![hold(0x600), hold(0x450)]).expect("it commits");
    assert_eq!(bookings(reads.as_ref(), all, Some(0x403)), [0x402, 0x401]);
    assert_eq!(bookings(reads.as_ref(), all, Some(0x401)), [0x10]);
    assert_eq!(bookings(reads.as_ref(), all, Some(0x10)), []);
    assert_eq!(bookings(reads.as_ref(), all, Some(0x480)), [0x450, 0x403], "a cursor is no row");
}

/// By person, event and status, each alone and all together.
pub fn bookings_are_filtered(backend: &dyn Backend) {
    let mut store = filled(backend);
    let id = PersonId::from_raw(1);
    let handle = Handle::of_id(id);
    let bob = Person { id, handle, user_id: "bob".to_owned(), created_at: at(1) };
    let booking = |raw, person, status| {
        let booking = Booking { person, status, ..standing(BookingId::from_raw(raw)) };
        let user_id = if person == ANNA { anna().user_id } else { "bob".to_owned() };
        Change::from(Booking { user_id, ..booking })
    };
    let changes = vec![
        Change::of(OURS, bob.clone()),
        booking(1, bob.id, Status::Reserved),
        booking(2, bob.id, Status::Confirmed),
        booking(3, ANNA, Status::Confirmed),
    ];
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    let reads = backend.reads();
    let list = |filter, after| bookings(reads.as_ref(), filter, after);
    let all = BookingFilter::default();
    let bobs = BookingFilter { person: Some(bob.id), ..all };
    assert_eq!(list(bobs, None), [2, 1]);
    let confirmed = BookingFilter { status: Some(Status::Confirmed), ..all };
    assert_eq!(list(confirmed, None), [3, 2]);
    assert_eq!(list(confirmed, Some(3)), [2]);
    let cancelled = BookingFilter { status: Some(Status::Cancelled), ..all };
    assert_eq!(list(cancelled, None), [SEATED.raw()]);
    let of_event = BookingFilter { event: Some(EVENT), ..all };
    assert_eq!(list(of_event, Some(0x401)), [3, 2]);
    assert_eq!(list(BookingFilter { event: Some(EventId::from_raw(9)), ..all }, None), []);
    let both = BookingFilter { status: Some(Status::Confirmed), ..bobs };
    assert_eq!(list(both, None), [2]);
    let three = BookingFilter { event: Some(EVENT), ..both };
    assert_eq!(list(three, None), [2]);
    assert_eq!(list(three, Some(2)), []);
    let view = reads.booking(OURS, BookingId::from_raw(1)).expect("it reads");
    assert_eq!(view.map(|view| view.booking.user_id), Some("bob".to_owned()));
}

/// In the order in which they were listed; one that was never taken is free.
pub fn seats_come_in_order(backend: &dyn Backend) {
    let mut store = filled(backend);
    let taken = Change::put((OURS, PoolId::seat(STALLS, SeatNo(3))), pool(1, 0, 1));
    put(store.as_mut(), 2, at(1_000), vec![taken]).expect("it commits");
    let reads = backend.reads();
    let seats = |after: Option<u32>, limit| {
        let page = Page { after: after.map(SeatNo), limit };
        let seats = reads.seats(OURS, STALLS, page).expect("it reads");
        seats.into_iter().map(|seat| (seat.number.0, seat.label, seat.pool)).collect::<Vec<_>>()
    };
    let free = Pool::new(1);
    let row = |number, label: &str, pool| (number, label.to_owned(), pool);
    assert_eq!(seats(None, 2), [row(1, "B-2", free), row(2, "B-1", free)]);
    assert_eq!(seats(Some(2), 9), [row(3, "Ä 1", pool(1, 0, 1)), row(4, "A-10", free)]);
    assert_eq!(seats(Some(4), 9), []);
    let page = Page { after: None, limit: 9 };
    assert_eq!(reads.seats(OURS, FLOOR, page).expect("it reads"), []);
}

/// What was found page by page.
#[derive(Debug, PartialEq, Eq)]
struct Walked<Id> {
    pages: usize,
    ids: Vec<Id>,
}

/// All rows by pages of two, from the first to the one after the last.
fn walk<T, Id: Copy>(
    id: impl Fn(&T) -> Id,
    mut read: impl FnMut(Page<Id>) -> Vec<T>,
) -> Walked<Id> {
    let (mut after, mut walked) = (None, Walked { pages: 0, ids: Vec::new() });
    loop {
        let page: Vec<Id> = read(Page { after, limit: 2 }).iter().map(&id).collect();
        assert!(page.len() <= 2, "two rows at most");
        let Some(last) = page.last() else { return walked };
        after = Some(*last);
        walked.pages += 1;
        walked.ids.extend(page);
    }
}

/// Every list, with each of its filters: more than two pages hold each row once and in order.
pub fn lists_go_on_page_by_page(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let raws = [0x907_u128, 0x901, 0x905, 0x903, 0x902, 0x906, 0x904];
    let down: Vec<u128> = (0x901..=0x907).rev().collect();
    let labels = (1..=7).map(|number| format!("seat {number}")).collect();
    let layout = std::sync::Arc::new(Layout::new(labels).expect("labels differ"));
    let mut changes = catalogue();
    changes.retain(|change| !matches!(change, Change::Event(..) | Change::Layout(..)));
    changes.push(Change::put((OURS, STALLS), layout));
    // The first event is the one that all others name.
    changes.push(Change::from(event()));
    changes
        .extend(raws.map(|raw| Change::from(Event { id: EventId::from_raw(raw), ..bare_event() })));
    changes.extend(raws.map(|raw| Change::from(standing(BookingId::from_raw(raw)))));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let reads = backend.reads();

    let events = |page| reads.events(OURS, page).expect("it reads");
    let Walked { pages, ids } = walk(|view: &EventView| view.event.id, events);
    let ids: Vec<u128> = ids.into_iter().map(EventId::raw).collect();
    assert_eq!((pages, ids), (4, [down.clone(), vec![EVENT.raw()]].concat()));

    let all = BookingFilter::default();
    let of_person = BookingFilter { person: Some(ANNA), ..all };
    let of_event = BookingFilter { event: Some(EVENT), ..all };
    let held = BookingFilter { status: Some(Status::Reserved), ..all };
    let by_all = BookingFilter { event: Some(EVENT), status: Some(Status::Reserved), ..of_person };
    for filter in [all, of_person, of_event, held, by_all] {
        let bookings = |page| reads.bookings(OURS, filter, page).expect("it reads");
        let Walked { pages, ids } = walk(|view: &BookingView| view.booking.id, bookings);
        let ids: Vec<u128> = ids.into_iter().map(BookingId::raw).collect();
        assert_eq!((pages, ids), (4, down.clone()), "{filter:?}");
    }

    let seats = |page| reads.seats(OURS, STALLS, page).expect("it reads");
    let walked = walk(|seat: &SeatView| seat.number, seats);
    assert_eq!(walked, Walked { pages: 4, ids: (1..=7).map(SeatNo).collect() });
}

/// What is wanted is far apart: the store looks at more than two slices of what is about the thing.
pub fn wanted_entries_are_found_however_far_apart(backend: &dyn Backend) {
    use ActivityKind::{BookingConfirmed, BookingExpired, BookingReserved};
    const ENTRIES: u64 = 1_000;
    let wanted = [(1, BookingReserved), (600, BookingConfirmed), (ENTRIES, BookingExpired)];
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let mut changes: Vec<_> = (1..=ENTRIES)
        .map(|position| {
            let kind = wanted.iter().find(|(at, _)| *at == position).map(|(_, kind)| *kind);
            let seq = u32::try_from(position).expect("few");
            entry(position, kind.unwrap_or(ActivityKind::EventUpdated), "thing", seq)
        })
        .collect();
    changes.push(Change::put(OURS, Feed { position: ENTRIES }));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let reads = backend.reads();
    let kinds = wanted.map(|(_, kind)| kind).to_vec();
    let found = |after, resources: &[&str], limit| {
        let resources = resources.iter().map(|&name| name.to_owned()).collect();
        let filter = ActivityFilter { after, kinds: kinds.clone(), resources };
        let emitted = reads.activity(OURS, &filter, limit).expect("it reads");
        emitted.iter().map(|emitted| emitted.activity.position).collect::<Vec<_>>()
    };
    for resources in [["thing"].as_slice(), &["thing", "nothing"], &[]] {
        assert_eq!(found(0, resources, 9), [1, 600, ENTRIES], "{resources:?}");
        assert_eq!(found(1, resources, 9), [600, ENTRIES], "{resources:?}");
        assert_eq!(found(1, resources, 1), [600], "{resources:?}");
        assert_eq!(found(ENTRIES, resources, 9), [] as [u64; 0], "{resources:?}");
    }
}

fn entry(position: u64, kind: ActivityKind, resource: &str, seq: u32) -> Change {
    Change::Activity(Box::new(Activity { kind, ..activity(position, resource, seq) }))
}

/// Oldest first, after a position, of some kinds, about some things.
pub fn activity_comes_in_order(backend: &dyn Backend) {
    use ActivityKind::{BookingConfirmed, BookingExpired, BookingReserved, EventCreated};
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let changes = vec![
        entry(1, EventCreated, "evt", 1),
        entry(2, BookingReserved, "bkg-1", 1),
        entry(3, BookingReserved, "bkg-2", 1),
        Change::put(OURS, Feed { position: 3 }),
    ];
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let changes = vec![
        entry(4, BookingConfirmed, "bkg-2", 2),
        entry(5, BookingExpired, "bkg-1", 2),
        Change::put(OURS, Feed { position: 5 }),
    ];
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    let reads = backend.reads();
    assert_eq!(reads.feed_head(OURS), Ok(5));
    assert_eq!(reads.feed_head(THEIRS), Ok(0));
    let emitted = |after, kinds: &[ActivityKind], resources: &[&str], limit| {
        let resources = resources.iter().map(|&name| name.to_owned()).collect();
        let filter = ActivityFilter { after, kinds: kinds.to_vec(), resources };
        reads.activity(OURS, &filter, limit).expect("it reads")
    };
    let at_positions = |after, kinds: &[ActivityKind], resources: &[&str], limit| {
        let emitted = emitted(after, kinds, resources, limit);
        emitted.iter().map(|emitted| emitted.activity.position).collect::<Vec<_>>()
    };
    assert_eq!(at_positions(0, &[], &[], 9), [1, 2, 3, 4, 5]);
    assert_eq!(at_positions(0, &[], &[], 2), [1, 2]);
    assert_eq!(at_positions(3, &[], &[], 9), [4, 5]);
    assert_eq!(at_positions(5, &[], &[], 9), [] as [u64; 0]);
    assert_eq!(at_positions(0, &[BookingReserved], &[], 9), [2, 3]);
    assert_eq!(at_positions(2, &[BookingReserved, BookingExpired], &[], 9), [3, 5]);
    assert_eq!(at_positions(0, &[BookingReserved, BookingExpired], &[], 2), [2, 3]);
    assert_eq!(at_positions(0, &[], &["bkg-1"], 9), [2, 5]);
    assert_eq!(at_positions(0, &[], &["bkg-2", "evt"], 9), [1, 3, 4]);
    assert_eq!(at_positions(1, &[BookingReserved], &["bkg-2", "evt"], 9), [3]);
    let first = tell(&activity(2, "bkg-1", 1));
    assert_eq!(emitted(1, &[], &[], 1), [first], "whole");
}

/// By when their keys were first decided.
pub fn records_of_a_thing_come_the_oldest_first(backend: &dyn Backend) {
    let mut store = filled(backend);
    let record =
        |name: &str, first_seen_at| Change::from(Record { first_seen_at, ..answered(name) });
    let other = Record { resource: Some("other".to_owned()), ..answered("other") };
    let changes = vec![record("k-0", at(3_000)), record("k-9", at(500)), Change::from(other)];
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    let records = backend.reads().records_of(OURS, &SEATED.to_string()).expect("it reads");
    let names: Vec<_> = records.into_iter().map(|record| record.key.key).collect();
    assert_eq!(names, ["k-9", "k-1", "k-0"]);
}

/// Nothing, even where they know the id.
pub fn other_accounts_read_nothing(backend: &dyn Backend) {
    let _store = filled(backend);
    let reads = backend.reads();
    let all = BookingFilter::default();
    assert_eq!(reads.event(THEIRS, EVENT), Ok(None));
    assert_eq!(reads.events(THEIRS, Page { after: None, limit: 9 }), Ok(Vec::new()));
    assert_eq!(reads.zone(THEIRS, STALLS), Ok(None));
    assert_eq!(reads.seats(THEIRS, STALLS, Page { after: None, limit: 9 }), Ok(Vec::new()));
    assert_eq!(reads.booking(THEIRS, SEATED), Ok(None));
    assert_eq!(reads.bookings(THEIRS, all, Page { after: None, limit: 9 }), Ok(Vec::new()));
    assert_eq!(reads.allowance(THEIRS, ALLOWANCE), Ok(Allowance::default()));
    let people = BTreeSet::from([ALLOWANCE.person]);
    assert_eq!(reads.users(THEIRS, &people), Ok(BTreeMap::new()));
    assert_eq!(reads.records_of(THEIRS, &SEATED.to_string()), Ok(Vec::new()));
    assert_eq!(reads.activity(THEIRS, &ActivityFilter::default(), 9), Ok(Vec::new()));
    let mut theirs = key("k-1");
    theirs.account = THEIRS;
    assert_eq!(reads.record(&theirs), Ok(None));
    let mut merchants = key("k-1");
    merchants.scope = KeyScope::SHARED;
    assert_eq!(reads.record(&merchants), Ok(None), "a customer's key is not the merchant's");
}

/// As long as it lives.
pub fn a_store_keeps_its_name(backend: &dyn Backend) {
    let before = backend.reads().identity().expect("it reads");
    drop(filled(backend));
    let store = backend.open(Failpoints::default()).expect("it opens again");
    assert_eq!(backend.reads().identity(), Ok(before));
    drop(store);
}

/// Every kind of row is looked at: taking any of them away is noticed.
pub fn a_sound_store_passes_its_audit(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let report = || {
        let mut audit = Audit::default();
        reads.audit(&mut audit, &mut |_rows| {}).expect("it reads");
        audit.finish(at(10_000), Retention::default(), Some(at(10_000)))
    };
    assert!(report().is_ok(), "nothing is sound");
    put(store.as_mut(), 1, at(1_000), catalogue()).expect("it commits");
    assert_eq!(report().leaked, 1, "one unit is held by nobody: {:?}", report());
    let mut changes: Vec<_> = everything();
    changes.retain(|change| {
        !matches!(
            change,
            Change::Event(..)
                | Change::Zone(..)
                | Change::Layout(..)
                | Change::Person(..)
                | Change::Pool(..)
                | Change::Activity(_)
                | Change::Feed(..)
        )
    });
    put(store.as_mut(), 2, at(1_000), changes).expect("it commits");
    assert_eq!(report().orphaned, 2, "two bookings were not told: {:?}", report());
    let (seated, standing) = (SEATED.to_string(), STANDING.to_string());
    let emitted = [(&seated, 1), (&seated, 2), (&seated, 3), (&standing, 1)];
    let emitted = (1..)
        .zip(emitted)
        .map(|(position, (name, seq))| entry(position, ActivityKind::BookingReserved, name, seq));
    let feed = Change::put(OURS, Feed { position: 4 });
    put(store.as_mut(), 3, at(1_000), emitted.chain([feed]).collect()).expect("it commits");
    assert!(report().is_ok(), "{:?}", report());
}
