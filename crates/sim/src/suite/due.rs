//! What is due, in order.

use domain::Timestamp;
use domain::deadline::Deadline;
use domain::id::{AccountId, BookingId};
use domain::record::Record;
use domain::resource::Resource;
use domain::tickets::booking::{Booking, Status};
use domain::world::Change;
use engine::Store;
use engine::failpoint::Failpoints;

use super::rows::{OURS, THEIRS, answered, at, catalogue, key, put, standing};
use crate::backend::Backend;

fn hold(raw: u128, expires_at: Timestamp) -> Change {
    Change::Booking(Box::new(Booking { expires_at, ..standing(BookingId::from_raw(raw)) }))
}

/// The catalogue of another account: rows of the same ids that are not ours.
fn their_catalogue() -> Vec<Change> {
    let mut changes = catalogue();
    for change in &mut changes {
        match change {
            Change::Event(event) => event.account = THEIRS,
            Change::Zone(account, _)
            | Change::Layout(account, ..)
            | Change::Pool(account, ..)
            | Change::Person(account, _) => *account = THEIRS,
            Change::Allowance(..)
            | Change::Booking(_)
            | Change::Payment(..)
            | Change::Refund(..)
            | Change::Activity(_)
            | Change::Feed(..)
            | Change::FeedCut(..)
            | Change::Record(_)
            | Change::RecordGone(_)
            | Change::Job(_) => {}
        }
    }
    changes
}

fn due(store: &mut dyn Store, now: Timestamp, limit: usize) -> Vec<(AccountId, u128)> {
    let mut tx = store.begin().expect("it begins");
    let due = tx.due(now, limit).expect("it looks");
    let hold = |deadline: &Deadline| {
        let Resource::Booking(id) = deadline.resource;
        (deadline.account, id.raw())
    };
    due.iter().map(hold).collect()
}

/// At the deadline itself; holds of all accounts; other bookings never.
pub fn holds_are_due_at_their_deadline_the_earliest_first(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    assert_eq!(due(store.as_mut(), at(i64::MAX), 9), []);
    let mut changes = catalogue();
    changes.extend(their_catalogue());
    changes.extend([
        hold(3, at(2_000)),
        hold(1, at(3_000)),
        hold(2, at(2_000)),
        hold(4, at(9_000)),
    ]);
    let theirs =
        Booking { account: THEIRS, expires_at: at(1_500), ..standing(BookingId::from_raw(5)) };
    let over =
        |status, raw| Booking { status, expires_at: at(1), ..standing(BookingId::from_raw(raw)) };
    let over = [Status::Confirmed, Status::Released, Status::Expired, Status::Cancelled]
        .into_iter()
        .zip(6..)
        .map(|(status, raw)| over(status, raw));
    changes.extend(over.chain([theirs]).map(|booking| Change::Booking(Box::new(booking))));
    put(store.as_mut(), (1, at(1_000)), changes).expect("it commits");

    assert_eq!(due(store.as_mut(), at(1_499), 9), []);
    assert_eq!(due(store.as_mut(), at(1_500), 9), [(THEIRS, 5)], "the deadline itself is too late");
    let three = [(THEIRS, 5), (OURS, 2), (OURS, 3)];
    assert_eq!(due(store.as_mut(), at(2_999), 9), three, "equal deadlines by id");
    assert_eq!(due(store.as_mut(), at(2_999), 2), [(THEIRS, 5), (OURS, 2)]);
    assert_eq!(due(store.as_mut(), at(3_000), 9).len(), 4);
    assert_eq!(due(store.as_mut(), at(3_000), 0), []);
    let ended = Booking { status: Status::Expired, ..standing(BookingId::from_raw(2)) };
    put(store.as_mut(), (2, at(2_000)), vec![Change::Booking(Box::new(ended))])
        .expect("it commits");
    assert_eq!(due(store.as_mut(), at(2_000), 9), [(THEIRS, 5), (OURS, 3)]);
}

/// Of all that is held.
pub fn the_next_deadline_is_the_earliest(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    assert_eq!(store.next_deadline(), Ok(None));
    let mut changes = catalogue();
    changes.extend([hold(1, at(3_000)), hold(2, at(2_000))]);
    put(store.as_mut(), (1, at(1_000)), changes).expect("it commits");
    assert_eq!(store.next_deadline(), Ok(Some(at(2_000))));
    let sold = Booking { status: Status::Confirmed, ..standing(BookingId::from_raw(2)) };
    put(store.as_mut(), (2, at(1_000)), vec![Change::Booking(Box::new(sold))]).expect("it commits");
    assert_eq!(store.next_deadline(), Ok(Some(at(3_000))));
    drop(store);
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    assert_eq!(store.next_deadline(), Ok(Some(at(3_000))));
    let ended = Booking { status: Status::Expired, ..standing(BookingId::from_raw(1)) };
    put(store.as_mut(), (3, at(1_000)), vec![Change::Booking(Box::new(ended))])
        .expect("it commits");
    assert_eq!(store.next_deadline(), Ok(None));
}

/// From the instant on until which they are kept; those that are kept for good never.
pub fn records_are_due_the_earliest_first(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let until =
        |name: &str, keep_until| Change::Record(Box::new(Record { keep_until, ..answered(name) }));
    let changes = vec![
        until("b", Some(at(2_000))),
        until("a", Some(at(2_000))),
        until("c", Some(at(1_000))),
        until("d", Some(at(3_000))),
        until("e", None),
    ];
    put(store.as_mut(), (1, at(100)), changes).expect("it commits");
    let mut due = |now, limit| {
        let mut tx = store.begin().expect("it begins");
        let due = tx.due_records(now, limit).expect("it looks");
        due.into_iter().map(|key| key.key).collect::<Vec<_>>()
    };
    assert_eq!(due(at(999), 9), Vec::<String>::new());
    assert_eq!(due(at(1_000), 9), ["c"]);
    assert_eq!(due(at(2_500), 9), ["c", "a", "b"], "equal instants by key");
    assert_eq!(due(at(i64::MAX), 3), ["c", "a", "b"]);
    assert_eq!(due(at(i64::MAX), 9), ["c", "a", "b", "d"]);
    let changes = vec![until("c", Some(at(5_000))), Change::RecordGone(key("a"))];
    put(store.as_mut(), (2, at(100)), changes).expect("it commits");
    let mut tx = store.begin().expect("it begins");
    let left = tx.due_records(at(2_500), 9).expect("it looks");
    assert_eq!(left, [key("b")]);
}

/// What is due is found again and again, as many as are asked for, until all of it is done.
pub fn what_is_due_comes_slice_by_slice(backend: &dyn Backend) {
    const LIMIT: usize = 2;
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let mut changes = catalogue();
    // In the order of neither their ids nor their keys.
    let instants = [5_000, 1_000, 4_000, 1_000, 3_000, 2_000, 1_000];
    changes.extend((1..).zip(instants).map(|(raw, millis)| hold(raw, at(millis))));
    changes.extend((1..).zip(instants).map(|(number, millis): (u32, _)| {
        let keep_until = Some(at(millis));
        Change::Record(Box::new(Record { keep_until, ..answered(&format!("k-{number}")) }))
    }));
    put(store.as_mut(), (1, at(1_000)), changes).expect("it commits");
    let (mut batches, mut slices) = (1, Vec::new());
    loop {
        let found = due(store.as_mut(), at(9_000), LIMIT);
        if found.is_empty() {
            break;
        }
        let end = |(_, raw): &(AccountId, u128)| {
            let booking = standing(BookingId::from_raw(*raw));
            Change::Booking(Box::new(Booking { status: Status::Expired, ..booking }))
        };
        batches += 1;
        put(store.as_mut(), (batches, at(9_000)), found.iter().map(end).collect())
            .expect("it commits");
        slices.push(found.into_iter().map(|(_, raw)| raw).collect::<Vec<_>>());
    }
    assert_eq!(slices, [vec![2, 4], vec![7, 6], vec![5, 3], vec![1]]);
    let mut slices = Vec::new();
    loop {
        let mut tx = store.begin().expect("it begins");
        let found = tx.due_records(at(9_000), LIMIT).expect("it looks");
        drop(tx);
        if found.is_empty() {
            break;
        }
        batches += 1;
        let gone = found.iter().cloned().map(Change::RecordGone).collect();
        put(store.as_mut(), (batches, at(9_000)), gone).expect("it commits");
        slices.push(found.into_iter().map(|key| key.key).collect::<Vec<_>>());
    }
    assert_eq!(slices, [vec!["k-2", "k-4"], vec!["k-7", "k-6"], vec!["k-5", "k-3"], vec!["k-1"]]);
}
