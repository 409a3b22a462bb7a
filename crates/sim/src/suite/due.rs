//! What is due, in order.

use std::collections::BTreeSet;

use domain::Timestamp;
use domain::deadline::Deadline;
use domain::id::{AccountId, BookingId};
use domain::job::{Job, JobKind, Leased};
use domain::record::Record;
use domain::resource::Resource;
use domain::tickets::booking::{Booking, Status};
use domain::world::Change;
use engine::Store;
use engine::failpoint::Failpoints;
use engine::jobs::{Claim, Claimed, claim};
use engine::reads::due::Waiting;

use super::rows::{
    OURS, THEIRS, answered, at, catalogue, catalogue_of, job, job_id, key, put, standing,
};
use crate::backend::Backend;
use crate::test_ports::TestPorts;
use crate::worker_ports::StorePorts;

fn hold(raw: u128, expires_at: Timestamp) -> Change {
    Change::from(Booking { expires_at, ..standing(BookingId::from_raw(raw)) })
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
    changes.extend(catalogue_of(THEIRS));
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
    changes.extend(over.chain([theirs]).map(Change::from));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");

    assert_eq!(due(store.as_mut(), at(1_499), 9), []);
    assert_eq!(due(store.as_mut(), at(1_500), 9), [(THEIRS, 5)], "the deadline itself is too late");
    let three = [(THEIRS, 5), (OURS, 2), (OURS, 3)];
    assert_eq!(due(store.as_mut(), at(2_999), 9), three, "equal deadlines by id");
    assert_eq!(due(store.as_mut(), at(2_999), 2), [(THEIRS, 5), (OURS, 2)]);
    assert_eq!(due(store.as_mut(), at(3_000), 9).len(), 4);
    assert_eq!(due(store.as_mut(), at(3_000), 0), []);
    let ended = Booking { status: Status::Expired, ..standing(BookingId::from_raw(2)) };
    put(store.as_mut(), 2, at(2_000), vec![Change::from(ended)]).expect("it commits");
    assert_eq!(due(store.as_mut(), at(2_000), 9), [(THEIRS, 5), (OURS, 3)]);
}

/// Of all that is held.
pub fn the_next_deadline_is_the_earliest(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    assert_eq!(store.next_deadline(), Ok(None));
    let mut changes = catalogue();
    changes.extend([hold(1, at(3_000)), hold(2, at(2_000))]);
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    assert_eq!(store.next_deadline(), Ok(Some(at(2_000))));
    let sold = Booking { status: Status::Confirmed, ..standing(BookingId::from_raw(2)) };
    put(store.as_mut(), 2, at(1_000), vec![Change::from(sold)]).expect("it commits");
    assert_eq!(store.next_deadline(), Ok(Some(at(3_000))));
    drop(store);
    let mut store = backend.open(Failpoints::default()).expect("it opens again");
    assert_eq!(store.next_deadline(), Ok(Some(at(3_000))));
    let ended = Booking { status: Status::Expired, ..standing(BookingId::from_raw(1)) };
    put(store.as_mut(), 3, at(1_000), vec![Change::from(ended)]).expect("it commits");
    assert_eq!(store.next_deadline(), Ok(None));
}

/// From the instant on until which they are kept; those that are kept for good never.
pub fn records_are_due_the_earliest_first(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let until = |name: &str, keep_until| Change::from(Record { keep_until, ..answered(name) });
    let changes = vec![
        until("b", Some(at(2_000))),
        until("a", Some(at(2_000))),
        until("c", Some(at(1_000))),
        until("d", Some(at(3_000))),
        until("e", None),
    ];
    put(store.as_mut(), 1, at(100), changes).expect("it commits");
    let reads = backend.reads();
    let due = |now, limit| {
        let due = reads.due_records(now, limit).expect("it looks");
        due.into_iter().map(|key| key.key).collect::<Vec<_>>()
    };
    assert_eq!(due(at(999), 9), Vec::<String>::new());
    assert_eq!(due(at(1_000), 9), ["c"]);
    assert_eq!(due(at(2_500), 9), ["c", "a", "b"], "equal instants by key");
    assert_eq!(due(at(i64::MAX), 3), ["c", "a", "b"]);
    assert_eq!(due(at(i64::MAX), 9), ["c", "a", "b", "d"]);
    let changes = vec![until("c", Some(at(5_000))), Change::Record(key("a"), None)];
    put(store.as_mut(), 2, at(100), changes).expect("it commits");
    assert_eq!(reads.due_records(at(2_500), 9), Ok(vec![key("b")]));
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
        Change::from(Record { keep_until, ..answered(&format!("k-{number}")) })
    }));
    put(store.as_mut(), 1, at(1_000), changes).expect("it commits");
    let (mut batches, mut slices) = (1, Vec::new());
    loop {
        let found = due(store.as_mut(), at(9_000), LIMIT);
        if found.is_empty() {
            break;
        }
        let end = |(_, raw): &(AccountId, u128)| {
            let booking = standing(BookingId::from_raw(*raw));
            Change::from(Booking { status: Status::Expired, ..booking })
        };
        batches += 1;
        put(store.as_mut(), batches, at(9_000), found.iter().map(end).collect())
            .expect("it commits");
        slices.push(found.into_iter().map(|(_, raw)| raw).collect::<Vec<_>>());
    }
    assert_eq!(slices, [vec![2, 4], vec![7, 6], vec![5, 3], vec![1]]);
    let mut slices = Vec::new();
    loop {
        let found = backend.reads().due_records(at(9_000), LIMIT).expect("it looks");
        if found.is_empty() {
            break;
        }
        batches += 1;
        let gone = found.iter().cloned().map(|key| Change::Record(key, None)).collect();
        put(store.as_mut(), batches, at(9_000), gone).expect("it commits");
        slices.push(found.into_iter().map(|key| key.key).collect::<Vec<_>>());
    }
    assert_eq!(slices, [vec!["k-2", "k-4"], vec!["k-7", "k-6"], vec!["k-5", "k-3"], vec!["k-1"]]);
}

/// Neither before they are due, nor before a lease of them is over; ours and theirs in one order.
pub fn jobs_can_be_leased_once_they_are_due_and_free(backend: &dyn Backend) {
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let reads = backend.reads();
    let ready = |limit| {
        let waiting = reads.jobs(JobKind::CleanUp, limit).expect("it looks");
        let shown = |it: Waiting| (it.ready_at.as_millis(), it.job.0, it.job.1.id);
        waiting.into_iter().map(shown).collect::<Vec<_>>()
    };
    let named = |millis, account, id: &str| (millis, account, id.to_owned());
    assert_eq!(ready(9), []);
    let mut changes = catalogue();
    changes.extend(catalogue_of(THEIRS));
    changes.extend([
        put_job(OURS, "c", 2_000, 0),
        put_job(OURS, "b", 1_000, 4_000),
        put_job(OURS, "a", 3_000, 1_000),
        put_job(THEIRS, "c", 2_000, 0),
    ]);
    put(store.as_mut(), 1, at(100), changes).expect("it commits");
    let (ours, theirs) = (named(2_000, OURS, "c"), named(2_000, THEIRS, "c"));
    let (a, b) = (named(3_000, OURS, "a"), named(4_000, OURS, "b"));
    assert_eq!(ready(9), [ours.clone(), theirs.clone(), a, b]);
    assert_eq!(ready(1), [ours]);
    // One is leased, one is given back, one is over.
    let changes = vec![
        put_job(OURS, "c", 2_000, 9_000),
        put_job(OURS, "b", 500, 0),
        Change::Job(job_id("a"), None),
    ];
    put(store.as_mut(), 2, at(100), changes).expect("it commits");
    assert_eq!(ready(9), [named(500, OURS, "b"), theirs, named(9_000, OURS, "c")]);
}

fn put_job(account: AccountId, name: &str, due_at: i64, lease_until: i64) -> Change {
    let job = Job { due_at: at(due_at), lease_until: at(lease_until), ..job() };
    Change::put((account, job_id(name).1), job)
}

/// So many of all accounts, in one batch; each is leased by one worker, with what it knows.
pub fn jobs_are_claimed_together(backend: &dyn Backend) {
    const LEASE_MS: i64 = 1_000;
    let machine = TestPorts::new(1);
    let now = engine::Clock::now(machine.clock.as_ref());
    let mut store = backend.open(Failpoints::default()).expect("it opens");
    let mut changes = catalogue();
    changes.extend(catalogue_of(THEIRS));
    let due = now.as_millis();
    for (place, name) in (1..).zip(["a", "b", "c", "d"]) {
        changes.push(put_job(OURS, name, due - 10 * place, 0));
        changes.push(put_job(THEIRS, name, due - 10 * place + 1, 0));
    }
    changes.push(put_job(OURS, "later", due + 5, 0));
    put(store.as_mut(), 1, now, changes).expect("it commits");
    let mut ports = StorePorts { store, ports: machine.ports(), due: backend.reads() };
    let wanted = Claim { kind: JobKind::CleanUp, limit: 6, lease_ms: LEASE_MS };
    let mut claim = || claim(&mut ports, wanted).expect("it claims");
    let names = |claimed: &Claimed| {
        let name = |it: &Leased| (it.lease.job.0 == OURS, it.lease.job.1.id.clone());
        let mut names: Vec<_> = claimed.leased.iter().map(name).collect();
        names.sort();
        names
    };
    let (first, second, third) = (claim(), claim(), claim());
    let named = |ours, name: &str| (ours, name.to_owned());
    let all = |names: [&str; 3]| {
        let of = |ours| names.map(|name| named(ours, name));
        [of(false), of(true)].concat()
    };
    assert_eq!(names(&first), all(["b", "c", "d"]), "those that are due for longest");
    assert_eq!(names(&second), [named(false, "a"), named(true, "a")]);
    assert_eq!((names(&third), third.next_at), (vec![], Some(now.plus_millis(5))));
    let fences: BTreeSet<_> = first.leased.iter().map(|it| it.lease.fence).collect();
    assert!(fences.iter().all(|fence| *fence > job().fence));
    assert!(first.leased.iter().all(|it| it.payload == job().payload && it.attempt == 3));
    machine.clock.advance(LEASE_MS.unsigned_abs());
    let mut again = claim();
    assert_eq!(again.leased.len(), 6, "their leases are over");
    again.leased.extend(claim().leased);
    assert_eq!(again.leased.len(), 9);
}
