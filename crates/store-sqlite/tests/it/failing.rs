//! Failing on purpose, before each statement, and on a full disk.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use domain::activity::{Activity, ActivityKind, Feed, LowWaterMark, Truncation};
use domain::allowance::Allowance;
use domain::id::{BookingId, PaymentId};
use domain::invariants::Audit;
use domain::payment::Refund;
use domain::pool::{PoolId, SeatNo};
use domain::record::Record;
use domain::tickets::booking::Booking;
use domain::world::Change;
use engine::failpoint::{AFTER_COMMIT, BEFORE_COMMIT, Failpoints};
use engine::key_usage::KeyUsage;
use engine::reads::{ActivityFilter, Reads as _};
use engine::{BatchId, CommitError, Store as _, StoreError};
use store_sqlite::{Options, SqliteStore};

use crate::fixture::{
    ALLOWANCE, EVENT, FLOOR, OURS, PLAIN, STALLS, Scratch, THEIRS, activity, answered, at, commit,
    commit_with_key_usage, event, everything, job, job_id, key, payment, plain, pool, refund, zone,
};

/// Fails at one place, and knows all the places where it was asked.
#[derive(Clone, Default)]
struct Trap(Arc<Mutex<(BTreeSet<String>, Option<String>)>>);

impl Trap {
    fn failpoints(&self) -> Failpoints {
        let trap = self.clone();
        Failpoints::new(move |name| {
            let mut state = trap.0.lock().expect("nobody panics here");
            state.0.insert(name.to_owned());
            state.1.as_deref() == Some(name)
        })
    }

    fn set(&self, name: Option<&str>) {
        self.0.lock().expect("nobody panics here").1 = name.map(str::to_owned);
    }

    fn asked(&self) -> BTreeSet<String> {
        self.0.lock().expect("nobody panics here").0.clone()
    }

    fn open(&self, scratch: &Scratch) -> SqliteStore {
        scratch.open_with(Options { failpoints: self.failpoints(), ..Options::default() })
    }
}

/// A batch that inserts, changes and deletes wherever that is possible.
fn mixed() -> Vec<Change> {
    let mut changes = everything();
    changes.retain(|change| !matches!(change, Change::Person(..) | Change::Layout(..)));
    changes.retain(|change| !matches!(change, Change::Refund(..) | Change::Activity(_)));
    changes.extend([
        Change::from(event(EVENT)),
        Change::of(OURS, zone(STALLS, 0)),
        Change::put((OURS, PoolId::zone(FLOOR)), pool(100, 2, 0)),
        Change::put((OURS, PoolId::seat(STALLS, SeatNo(1))), pool(1, 1, 0)),
        Change::put((OURS, ALLOWANCE), Allowance { taken: 2 }),
        Change::from(Booking { seq: 2, ..plain(PLAIN) }),
        Change::from(plain(BookingId::from_raw(70))),
        Change::of(OURS, payment()),
        Change::from(Record { attempts: 7, ..answered("k-1") }),
        Change::from(answered("k-3")),
        Change::Record(key("k-2"), None),
        Change::Activity(Box::new(activity(2, "r", 1))),
        Change::put(OURS, Feed { position: 2 }),
        Change::FeedTruncated(
            OURS,
            Truncation { after: 0, low_water_mark: LowWaterMark { position: 1, at: at(1) } },
        ),
        Change::put(job_id(), job()),
    ]);
    changes
}

fn key_usage() -> [KeyUsage; 1] {
    [KeyUsage { key: key("k-1"), count: 1, last_seen_at: at(9_999) }]
}

/// Places at which a commit of `changes` can fail, found by asking.
fn places(before: &[Vec<Change>], changes: &[Change]) -> BTreeSet<String> {
    let scratch = Scratch::new();
    let trap = Trap::default();
    for batch in before {
        commit(&mut scratch.open(), 1, batch.clone()).expect("it commits");
    }
    let mut store = trap.open(&scratch);
    let opened = trap.asked();
    commit_with_key_usage(&mut store, 2, changes.to_vec(), &key_usage()).expect("it commits");
    trap.asked().difference(&opened).cloned().collect()
}

#[track_caller]
fn check_each_place(before: &[Vec<Change>], changes: &[Change]) -> BTreeSet<String> {
    let places = places(before, changes);
    for place in &places {
        let scratch = Scratch::new();
        for batch in before {
            commit(&mut scratch.open(), 1, batch.clone()).expect("it commits");
        }
        let trap = Trap::default();
        let mut store = trap.open(&scratch);
        let untouched = scratch.dump();

        trap.set(Some(place));
        let batch = || (changes.to_vec(), key_usage());
        let (first, seen) = batch();
        let error = commit_with_key_usage(&mut store, 2, first, &seen).expect_err(place);
        trap.set(None);
        if place == AFTER_COMMIT {
            assert!(matches!(error, CommitError::Unknown(_)), "{place}: {error:?}");
            assert_eq!(store.was_committed(BatchId(2)), Ok(true), "{place}");
            assert_ne!(scratch.dump(), untouched, "{place}");
            continue;
        }
        let why = format!("failpoint {place}");
        assert_eq!(error, CommitError::NotWritten(StoreError::Unavailable(why)));
        assert_eq!(store.was_committed(BatchId(2)), Ok(false), "{place}");
        assert_eq!(scratch.dump(), untouched, "{place} left a trace");
        // The connection is as good as new.
        let (again, seen) = batch();
        commit_with_key_usage(&mut store, 3, again, &seen).expect(place);
    }
    places
}

#[test]
fn a_failure_before_any_statement_leaves_no_trace() {
    let new = check_each_place(&[], &everything());
    let changed = check_each_place(&[everything()], &mixed());
    let asked: BTreeSet<String> = new.union(&changed).cloned().collect();
    for place in [BEFORE_COMMIT, AFTER_COMMIT] {
        assert!(asked.contains(place), "{place}");
    }
    for (name, _) in crate::plans::written(&["sql"]) {
        let is_credential = ["account_", "key_", "meta_"].iter().any(|it| name.starts_with(it));
        let writes = ["_insert", "_update", "_put", "_take", "_see", "_delete"];
        if writes.iter().any(|it| name.ends_with(it)) && !is_credential {
            assert!(asked.contains(&name), "no batch of this test uses {name}");
        }
    }
}

/// The row ids of names that were interned in a batch that was not committed are free again, and others get them.
#[test]
fn row_ids_of_names_that_a_rollback_took_away_are_used_again() {
    let theirs = || {
        let about_them =
            Activity { account: THEIRS, kind: ActivityKind::BookingExpired, ..activity(1, "r", 1) };
        vec![Change::Activity(Box::new(about_them)), Change::put(THEIRS, Feed { position: 1 })]
    };
    let empty = Scratch::new();
    drop(empty.open());
    let dump_after = |fail: fn(&mut SqliteStore, &Trap)| {
        let (scratch, trap) = (Scratch::new(), Trap::default());
        std::fs::copy(empty.path(), scratch.path()).unwrap();
        let mut store = trap.open(&scratch);
        fail(&mut store, &trap);
        commit(&mut store, 2, theirs()).unwrap();
        commit(&mut store, 3, everything()).unwrap();
        let reads = store.reads();
        let all = ActivityFilter::default();
        let kinds = [OURS, THEIRS].map(|account| {
            let emitted = reads.activity(account, &all, 9).unwrap();
            emitted.into_iter().map(|emitted| emitted.activity.kind).collect::<Vec<_>>()
        });
        assert_eq!(kinds, [[ActivityKind::BookingReserved], [ActivityKind::BookingExpired]]);
        scratch.dump()
    };
    let untouched = dump_after(|_, _| {});
    let failed = dump_after(|store, trap| {
        trap.set(Some(BEFORE_COMMIT));
        commit(store, 1, everything()).unwrap_err();
        trap.set(None);
    });
    assert_eq!(failed, untouched, "it failed before COMMIT");
    let refused = dump_after(|store, _| {
        let mut changes = everything();
        changes.push(Change::of(OURS, Refund { payment: PaymentId::from_raw(99), ..refund() }));
        commit(store, 1, changes).unwrap_err();
    });
    assert_eq!(refused, untouched, "the last row was refused");
}

#[test]
fn a_full_disk_is_reported_and_leaves_no_trace() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    drop(store);
    let pages: u32 = scratch.raw().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    let mut store = scratch.open_with(Options { pages_max: Some(pages + 2), ..Options::default() });
    let before = scratch.dump();
    let many = || {
        let records = (0..1_000).map(|name| answered(&format!("many-{name}")));
        records.map(Change::from).collect::<Vec<_>>()
    };
    let error = commit(&mut store, 2, many()).unwrap_err();
    assert!(
        matches!(&error, CommitError::NotWritten(StoreError::Unavailable(why)) if why.contains("full")),
        "{error:?}"
    );
    assert_eq!(scratch.dump(), before);
    assert_eq!(store.was_committed(BatchId(2)), Ok(false));
    // What fits is still taken, and with more room the rest.
    commit(&mut store, 3, vec![Change::put(OURS, Feed { position: 2 })]).unwrap();
    drop(store);
    commit(&mut scratch.open(), 4, many()).unwrap();
}

#[test]
fn a_damaged_file_stops_everything() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    drop(store);
    let mut bytes = std::fs::read(scratch.path()).unwrap();
    let after_the_schema = 8_192 * 2;
    bytes[after_the_schema..].fill(0xa5);
    std::fs::write(scratch.path(), bytes).unwrap();
    let opened = SqliteStore::open(&scratch.path(), Options::default());
    match opened {
        Err(store_sqlite::OpenError::Store(StoreError::Failed(why))) => {
            assert!(why.contains("malformed"), "{why}");
        }
        Err(error) => panic!("{error:?}"),
        Ok(mut store) => {
            let error = commit(&mut store, 2, mixed()).unwrap_err();
            let failed = matches!(error, CommitError::NotWritten(StoreError::Failed(_)));
            assert!(failed, "{error:?}");
        }
    }
}

#[test]
fn the_wal_is_checkpointed_and_stays_small() {
    let scratch = Scratch::new();
    let mut store = scratch.open_with(Options { wal_pages_max: 100, ..Options::default() });
    for round in 0..80_u128 {
        let records = (0..50).map(|name| answered(&format!("{round}-{name}")));
        let changes = records.map(Change::from).collect();
        commit(&mut store, round, changes).unwrap();
    }
    let pages = |suffix: &str| {
        let mut name = scratch.path().into_os_string();
        name.push(suffix);
        std::fs::metadata(name).unwrap().len() / 8_192
    };
    assert!(pages("") > 150, "{} in the database", pages(""));
    // Twice the limit, and a batch.
    assert!(pages("-wal") < 300, "{} in the WAL", pages("-wal"));
}

#[test]
fn the_wal_stays_small_while_one_reader_follows_another() {
    let scratch = Scratch::new();
    let mut store = scratch.open_with(Options { wal_pages_max: 100, ..Options::default() });
    let (reads, done) = (store.reads(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    reads.audit(&mut Audit::default(), &mut |_| {}).unwrap();
                }
            });
        }
        for round in 0..100_u128 {
            let records = (0..50).map(|name| answered(&format!("{}-{name}", round % 5)));
            let changes = records.map(Change::from).collect();
            commit(&mut store, round, changes).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let wal = scratch.path().with_file_name("store.db-wal");
    let pages = std::fs::metadata(wal).unwrap().len() / 8_192;
    assert!(pages < 500, "{pages} in the WAL");
}

/// Rows that take a good part of the WAL.
fn bulk(round: u128) -> Vec<Change> {
    let records = (0..50).map(|name| answered(&format!("{round}-{name}")));
    records.map(Change::from).collect()
}

/// Commits until the store says that its disk has failed; how many commits it took.
fn until_it_failed(store: &mut SqliteStore) -> u128 {
    for round in 1..2_000 {
        match commit(store, round, bulk(round)) {
            Ok(()) => {}
            Err(CommitError::NotWritten(StoreError::Failed(why))) => {
                assert!(why.contains("failpoint"), "{why}");
                return round;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("nobody noticed that the WAL cannot be checkpointed");
}

#[test]
fn a_wal_that_cannot_be_checkpointed_ends_it() {
    // By the checkpointer alone, and by the writer itself.
    for name in ["checkpointer", "checkpoint"] {
        let scratch = Scratch::new();
        let trap = Trap::default();
        trap.set(Some(name));
        let failpoints = trap.failpoints();
        let options = Options { failpoints, wal_pages_max: 400, ..Options::default() };
        let mut store = scratch.open_with(options);
        let rounds = until_it_failed(&mut store);
        assert!(trap.asked().contains(name));
        // What was acknowledged is there: the WAL has it.
        let again = store.begin().err().expect("it stays so");
        assert!(matches!(again, StoreError::Failed(_)), "{again:?}");
        drop(store);
        let reads = scratch.open().reads();
        for round in 1..rounds {
            assert!(reads.record(&key(&format!("{round}-49"))).unwrap().is_some(), "{round}");
        }
    }
}
