//! What readers see: everything that was committed, page by page.

use domain::activity::{ActivityKind, Feed};
use domain::allowance::Allowance;
use domain::id::{BookingId, EventId, PersonId, ZoneId};
use domain::person::{Handle, Person};
use domain::pool::{Pool, PoolId, SeatNo};
use domain::record::Record;
use domain::tickets::booking::Status;
use domain::tickets::event::ZoneStock;
use domain::world::Change;
use engine::StoreError;
use engine::reads::due::DueReads as _;
use engine::reads::{ActivityFilter, Page, Reads as _};
use engine::tickets::{BookingFilter, BookingView, EventView, SeatView, TicketReads as _};
use store_sqlite::{READERS_MAX, SqliteStore};

use crate::fixture::{
    ALLOWANCE, ANNA, EVENT, FLOOR, OURS, PLAIN, SEATED, STALLS, Scratch, THEIRS, activity,
    answered, at, commit, event, everything, key, payment, plain, pool, seated, zone,
};

pub(crate) fn page<Id>(limit: usize) -> Page<Id> {
    Page { after: None, limit }
}

fn filled(scratch: &Scratch) -> SqliteStore {
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).expect("it commits");
    store
}

#[test]
fn readers_see_what_was_committed() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let reads = store.reads();
    assert_eq!(reads.event(OURS, EVENT), Ok(None));
    assert_eq!(reads.feed_head(OURS), Ok(0));
    commit(&mut store, 1, everything()).unwrap();

    let stalls = ZoneStock { zone: zone(STALLS, 0), pool: pool(3, 0, 0) };
    let floor = ZoneStock { zone: zone(FLOOR, 1), pool: pool(100, 1, 0) };
    let zones = vec![stalls.clone(), floor];
    let view = EventView { event: event(EVENT), zones };
    assert_eq!(reads.event(OURS, EVENT), Ok(Some(view.clone())));
    assert_eq!(reads.events(OURS, page(9)), Ok(vec![view]));
    assert_eq!(reads.zone(OURS, STALLS), Ok(Some(stalls)));
    let seat = |number, label: &str, pool| SeatView {
        number: SeatNo(number),
        label: label.to_owned(),
        pool,
    };
    let seats = vec![
        seat(1, "A-1", Pool::new(1)),
        seat(2, "A-2", pool(1, 0, 1)),
        seat(3, "A-3", Pool::new(1)),
    ];
    assert_eq!(reads.seats(OURS, STALLS, page(9)), Ok(seats.clone()));
    let after = Page { after: Some(SeatNo(1)), limit: 1 };
    assert_eq!(reads.seats(OURS, STALLS, after), Ok(vec![seats[1].clone()]));
    assert_eq!(reads.seats(OURS, FLOOR, page(9)), Ok(Vec::new()));
    let booked = BookingView { booking: seated(), payment: Some(payment()) };
    assert_eq!(reads.booking(OURS, SEATED), Ok(Some(booked)));
    let held = BookingView { booking: plain(PLAIN), payment: None };
    assert_eq!(reads.booking(OURS, PLAIN), Ok(Some(held)));
    assert_eq!(reads.allowance(OURS, ALLOWANCE), Ok(Allowance { taken: 1 }));
    assert_eq!(reads.record(&key("k-1")), Ok(Some(answered("k-1"))));
    assert_eq!(reads.records_of(OURS, &SEATED.to_string()), Ok(vec![answered("k-1")]));
    assert_eq!(reads.feed_head(OURS), Ok(1));
}

#[test]
fn nobody_sees_what_is_others() {
    let scratch = Scratch::new();
    let reads = filled(&scratch).reads();
    assert_eq!(reads.event(THEIRS, EVENT), Ok(None));
    assert_eq!(reads.events(THEIRS, page(9)), Ok(Vec::new()));
    assert_eq!(reads.zone(THEIRS, STALLS), Ok(None));
    assert_eq!(reads.seats(THEIRS, STALLS, page(9)), Ok(Vec::new()));
    assert_eq!(reads.booking(THEIRS, SEATED), Ok(None));
    assert_eq!(reads.bookings(THEIRS, BookingFilter::default(), page(9)), Ok(Vec::new()));
    assert_eq!(reads.allowance(THEIRS, ALLOWANCE), Ok(Allowance { taken: 0 }));
    assert_eq!(
        reads.record(&domain::record::IntentKey { account: THEIRS, ..key("k-1") }),
        Ok(None)
    );
    assert_eq!(reads.records_of(THEIRS, &SEATED.to_string()), Ok(Vec::new()));
    assert_eq!(reads.activity(THEIRS, &ActivityFilter::default(), 9), Ok(Vec::new()));
    assert_eq!(reads.feed_head(THEIRS), Ok(0));
}

#[test]
fn events_come_newest_first_page_by_page() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let ids = [1_u128, 5, 9, u128::MAX];
    let changes = ids.map(|raw| Change::from(event(EventId::from_raw(raw))));
    commit(&mut store, 1, changes.to_vec()).unwrap();
    let reads = store.reads();
    let shown = |after: Option<u128>, limit| -> Vec<u128> {
        let page = Page { after: after.map(EventId::from_raw), limit };
        let events = reads.events(OURS, page).unwrap();
        events.into_iter().map(|view| view.event.id.raw()).collect()
    };
    assert_eq!(shown(None, 9), [u128::MAX, 9, 5, 1]);
    assert_eq!(shown(None, 2), [u128::MAX, 9]);
    assert_eq!(shown(Some(9), 2), [5, 1]);
    assert_eq!(shown(Some(7), 9), [5, 1], "the id need not be there");
    assert_eq!(shown(Some(1), 9), []);
    assert_eq!(shown(None, 0), []);
}

#[test]
fn bookings_pass_every_combination_of_filters() {
    let scratch = Scratch::new();
    let mut store = filled(&scratch);
    let bob = PersonId::from_raw(31);
    let (other, gate) = (EventId::from_raw(11), ZoneId::from_raw(22));
    let mut gate_zone = zone(gate, 0);
    gate_zone.event = other;
    let mut changes = vec![
        Change::from(event(other)),
        Change::of(OURS, gate_zone),
        Change::put((OURS, PoolId::zone(gate)), Pool::new(9)),
        Change::of(
            OURS,
            Person {
                id: bob,
                handle: Handle::of_id(bob),
                user_id: "bob".to_owned(),
                created_at: at(1),
            },
        ),
    ];
    let mut all = vec![seated(), plain(PLAIN)];
    let mut raw = 100;
    for person in [ANNA, bob] {
        for (event, zone) in [(EVENT, FLOOR), (other, gate)] {
            for status in Status::ALL {
                raw += 1;
                let mut booking = plain(BookingId::from_raw(raw));
                (booking.person, booking.event) = (person, event);
                (booking.zone, booking.status) = (zone, status);
                booking.user_id = if person == bob { "bob" } else { "anna" }.to_owned();
                changes.push(Change::from(booking.clone()));
                all.push(booking);
            }
        }
    }
    commit(&mut store, 2, changes).unwrap();
    all.sort_by_key(|booking| std::cmp::Reverse(booking.id));
    let reads = store.reads();
    let statuses = Status::ALL.map(Some).into_iter().chain([None]);
    for status in statuses {
        for person in [None, Some(ANNA), Some(bob), Some(PersonId::from_raw(99))] {
            for event in [None, Some(EVENT), Some(other)] {
                let filter = BookingFilter { person, event, status };
                let passes = |booking: &&domain::tickets::booking::Booking| {
                    person.is_none_or(|person| booking.person == person)
                        && event.is_none_or(|event| booking.event == event)
                        && status.is_none_or(|status| booking.status == status)
                };
                let expected: Vec<_> = all.iter().filter(passes).cloned().collect();
                let mut found = Vec::new();
                let mut after = None;
                loop {
                    let slice = reads.bookings(OURS, filter, Page { after, limit: 3 }).unwrap();
                    let Some(last) = slice.last() else { break };
                    assert!(slice.len() <= 3);
                    after = Some(last.booking.id);
                    found.extend(slice.into_iter().map(|view| view.booking));
                }
                assert_eq!(found, expected, "{filter:?}");
            }
        }
    }
}

#[test]
fn activity_passes_every_combination_of_filters() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let kinds = [
        ActivityKind::BookingReserved,
        ActivityKind::BookingConfirmed,
        ActivityKind::BookingExpired,
    ];
    let mut all = Vec::new();
    let mut changes = Vec::new();
    for position in 1..=600_u32 {
        let resource = if position % 2 == 0 { "even" } else { "odd" };
        let mut entry = activity(u64::from(position), resource, position.div_ceil(2));
        entry.kind = kinds[usize::try_from(position % 7 % 3).unwrap()];
        changes.push(Change::Activity(Box::new(entry.clone())));
        all.push(entry);
    }
    changes.push(Change::put(OURS, Feed { position: 600 }));
    commit(&mut store, 1, changes).unwrap();
    let reads = store.reads();
    let resources = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let no_kinds: &[ActivityKind] = &[];
    for kinds in
        [no_kinds, &kinds[..1], &kinds[1..], &[kinds[0], kinds[0]], &ActivityKind::ALL[..3]]
    {
        for names in [vec![], vec!["even"], vec!["odd", "even", "none"], vec!["odd", "odd"]] {
            for (after, limit) in [(0, 1_000), (0, 7), (599, 9), (300, 280), (u64::MAX, 9), (0, 0)]
            {
                let filter =
                    ActivityFilter { after, kinds: kinds.to_vec(), resources: resources(&names) };
                let passes = |entry: &&domain::activity::Activity| {
                    entry.position > after
                        && (kinds.is_empty() || kinds.contains(&entry.kind))
                        && (names.is_empty() || names.contains(&entry.resource.as_str()))
                };
                let expected: Vec<_> =
                    all.iter().filter(passes).take(limit).map(|it| it.position).collect();
                let found = reads.activity(OURS, &filter, limit).unwrap();
                let found: Vec<_> = found.iter().map(|emitted| emitted.activity.position).collect();
                assert_eq!(found, expected, "{filter:?} {limit}");
            }
        }
    }
}

/// A newer program has written it: whoever follows one or several things misses nothing.
#[test]
fn a_feed_is_read_up_to_an_entry_of_an_unknown_kind() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let mut changes = vec![Change::put(OURS, Feed { position: 6 })];
    for position in 1..=6_u32 {
        let resource = if position % 2 == 0 { "even" } else { "odd" };
        let mut entry = activity(u64::from(position), resource, position.div_ceil(2));
        if position == 3 {
            entry.kind = ActivityKind::BookingConfirmed;
        }
        changes.push(Change::Activity(Box::new(entry)));
    }
    commit(&mut store, 1, changes).unwrap();
    scratch.break_it("update names set name = 'booking.boarded' where name = 'booking.confirmed'");
    let reads = store.reads();
    let positions = |filter: ActivityFilter| {
        let emitted = reads.activity(OURS, &filter, 9).unwrap();
        emitted.iter().map(|emitted| emitted.activity.position).collect::<Vec<_>>()
    };
    let after = |after| ActivityFilter { after, ..ActivityFilter::default() };
    let of = |names: &[&str]| ActivityFilter {
        resources: names.iter().map(|&name| name.to_owned()).collect(),
        ..after(0)
    };
    assert_eq!(positions(after(0)), [1, 2]);
    assert_eq!(positions(after(2)), [] as [u64; 0]);
    assert_eq!(positions(after(3)), [4, 5, 6]);
    assert_eq!(positions(of(&["odd"])), [1]);
    assert_eq!(positions(of(&["even"])), [2, 4, 6]);
    assert_eq!(positions(of(&["even", "odd"])), [1, 2], "of each as far");
    let kinds = vec![ActivityKind::BookingReserved];
    assert_eq!(positions(ActivityFilter { kinds, ..after(0) }), [1, 2, 4, 5, 6]);
}

#[test]
fn records_of_a_thing_come_oldest_first() {
    let scratch = Scratch::new();
    let mut store = filled(&scratch);
    let record = |name: &str, first| Record { first_seen_at: at(first), ..answered(name) };
    let all = [record("b", 10), record("a", 20), answered("k-1")];
    let changes = all[..2].iter().cloned().map(Change::from);
    commit(&mut store, 2, changes.collect()).unwrap();
    assert_eq!(store.reads().records_of(OURS, &SEATED.to_string()), Ok(all.to_vec()));
    assert_eq!(store.reads().records_of(OURS, "bkg_none"), Ok(Vec::new()));
}

#[test]
fn a_reader_never_waits_for_the_writer() {
    use engine::Store as _;
    let scratch = Scratch::new();
    let mut store = filled(&scratch);
    let reads = store.reads();
    let _writing = store.begin().unwrap();
    assert!(reads.event(OURS, EVENT).unwrap().is_some());
}

#[test]
fn more_readers_than_connections_take_turns() {
    let scratch = Scratch::new();
    let reads = filled(&scratch).reads();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS_MAX * 3)
            .map(|_| {
                scope.spawn(|| (0..20).all(|_| matches!(reads.event(OURS, EVENT), Ok(Some(_)))))
            })
            .collect();
        assert!(readers.into_iter().all(|reader| reader.join().unwrap()));
    });
}

#[test]
fn a_reader_that_panics_harms_nobody() {
    let scratch = Scratch::new();
    let reads = filled(&scratch).reads();
    for _round in 0..=READERS_MAX {
        let mut audit = domain::invariants::Audit::default();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            reads.audit(&mut audit, &mut |_| panic!("on purpose"))
        }));
        assert!(panicked.is_err());
    }
    assert!(reads.event(OURS, EVENT).unwrap().is_some());
}

#[test]
fn rows_that_contradict_themselves_are_reported() {
    let scratch = Scratch::new();
    let reads = filled(&scratch).reads();
    let broken = |sql: &str| {
        scratch.break_it(sql);
        let error = reads.booking(OURS, SEATED).unwrap_err();
        assert!(matches!(error, StoreError::Broken(_)), "{sql}: {error:?}");
        error.to_string()
    };
    assert!(broken("update bookings set seats = '{}'").contains("seats"));
    assert!(broken("update bookings set seats = null, quantity = -1").contains("quantity"));
    assert!(broken("update bookings set quantity = 1, intent_user = null").contains("intent"));
    assert!(
        broken("update bookings set intent_key = null; delete from people").contains("person_id")
    );
    scratch.break_it("update pools set held = 101 where part = 0");
    let error = reads.zone(OURS, FLOOR).unwrap_err();
    assert!(matches!(error, StoreError::Broken(_)), "{error:?}");
}

/// A newer program has written them: what needs the row says so, what lists it passes over it.
#[test]
fn rows_with_unknown_values_are_passed_over() {
    let scratch = Scratch::new();
    let reads = filled(&scratch).reads();
    let list = |limit| {
        let views = reads.bookings(OURS, BookingFilter::default(), page(limit)).unwrap();
        views.into_iter().map(|view| view.booking.id).collect::<Vec<_>>()
    };
    assert_eq!(list(9), [PLAIN, SEATED]);
    scratch.break_it(&format!("update bookings set status = 'boarded' where id = '{PLAIN}'"));
    assert_eq!(list(9), [SEATED]);
    assert_eq!(list(1), [SEATED], "the page is full");
    let error = reads.booking(OURS, PLAIN).unwrap_err();
    assert!(matches!(error, StoreError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().contains("boarded"), "{error}");
    scratch.break_it("update payments set status = 'disputed'");
    assert_eq!(list(9), []);
    scratch.break_it("update idempotency set content_type = 'text/html'");
    let error = reads.record(&key("k-1")).unwrap_err();
    assert!(matches!(error, StoreError::Unreadable(_)), "{error:?}");
    scratch.break_it("update names set name = 'booking.boarded' where name like 'booking.%'");
    assert_eq!(reads.activity(OURS, &ActivityFilter::default(), 9), Ok(Vec::new()));
    assert_eq!(reads.events(OURS, page(9)).unwrap().len(), 1);
    scratch.break_it("update events set cancellation_policy = '{\"newer\":1}'");
    assert_eq!(reads.events(OURS, page(9)), Ok(Vec::new()));
}
