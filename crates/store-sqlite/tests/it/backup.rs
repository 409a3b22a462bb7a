//! A copy of a store while somebody writes to it, and what becomes of such a copy.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::record::{Answer, RecordState};
use domain::world::Change;
use engine::StoreError;
use engine::reads::Reads as _;
use engine::transfer::{Mark, MarkState, Source as _};
use store_sqlite::{
    BACKUP_STEP_PAGES, BackedUp, Copied, OpenError, Options, Renewed, SqliteReads, SqliteSource,
    SqliteStore, back_up, check_file, is_served, renew, schema_version,
};

use crate::fixture::{Scratch, answered, commit, everything};
use crate::older;

const PAGE_BYTES: u64 = 8_192;

/// An empty file where a copy may go.
fn empty(scratch: &Scratch) -> PathBuf {
    std::fs::write(scratch.path(), "").expect("a file can be written");
    scratch.path()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn renewed(path: &Path) -> Result<Renewed, OpenError> {
    renew(path, &Options { fresh: 9, ..Options::default() })
}

/// A row of a hundred thousand bytes.
fn bulky(number: u32) -> Change {
    let mut record = answered(&format!("bulky-{number}"));
    let body = vec![b'x'; 100_000];
    record.state = RecordState::Answered(Arc::new(Answer {
        status: 201,
        content_type: "application/json",
        location: None,
        body,
    }));
    Change::from(record)
}

/// Fifty rows that are not there yet.
fn more(store: &mut SqliteStore, round: u128) {
    let records = (0..50).map(|name| answered(&format!("{round}-{name}")));
    let changes = records.map(Change::from).collect();
    commit(store, round, changes).expect("it is committed");
}

fn pages_in_wal(scratch: &Scratch) -> i64 {
    let pages = "pragma wal_checkpoint(noop)";
    scratch.raw().query_row(pages, [], |row| row.get(1)).expect("the WAL can be looked at")
}

#[test]
fn a_copy_is_the_state_at_its_beginning_while_others_write() {
    let (scratch, other) = (Scratch::new(), Scratch::new());
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    commit(&mut store, 2, (0..90).map(bulky).collect()).unwrap();
    let (before, target) = (scratch.dump(), empty(&other));
    let mut steps: Vec<Copied> = Vec::new();
    let copied = back_up(&scratch.path(), &target, &mut |step| {
        steps.push(step);
        more(&mut store, 1_000 + u128::try_from(steps.len()).expect("few"));
    });
    let BackedUp { identity, looked_at: has } = copied.unwrap();
    assert_eq!(identity, store.reads().identity().unwrap());
    assert!(has.bookings > 0 && has.events > 0, "{has:?}");
    let step_bytes = u64::from(BACKUP_STEP_PAGES) * PAGE_BYTES;
    let first = *steps.first().unwrap();
    assert!(steps.len() > 1 && first.bytes == step_bytes && first.of > step_bytes, "{steps:?}");
    let last = steps.last().unwrap();
    assert_eq!((last.bytes, last.of), (first.of, first.of), "it did not begin again");
    assert!(last.log_bytes > first.log_bytes, "{steps:?}");
    assert!(scratch.dump().len() > before.len());
    check_file(&target).unwrap();
    assert_eq!(other.dump(), before);
}

#[test]
fn a_copy_of_more_than_two_steps_is_whole() {
    const ROWS: u32 = 250;
    let (scratch, other) = (Scratch::new(), Scratch::new());
    let mut store = scratch.open();
    commit(&mut store, 1, (0..ROWS).map(bulky).collect()).unwrap();
    let target = empty(&other);
    let mut steps: Vec<Copied> = Vec::new();
    back_up(&scratch.path(), &target, &mut |step| steps.push(step)).unwrap();
    let step_bytes = u64::from(BACKUP_STEP_PAGES) * PAGE_BYTES;
    let of = steps.last().unwrap().of;
    let ends = (1..).map(|step| (step * step_bytes).min(of)).take(steps.len());
    assert!(steps.len() > 2 && steps.iter().map(|step| step.bytes).eq(ends), "{steps:?}");
    assert_eq!(steps.last().unwrap().bytes, of);
    check_file(&target).unwrap();
    let rows = "select count(*) from idempotency where length(body) = 100000";
    let rows: u32 = other.raw().query_row(rows, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, ROWS);
}

#[test]
fn the_wal_is_checkpointed_again_when_the_copy_is_done() {
    let (scratch, other) = (Scratch::new(), Scratch::new());
    let mut store = scratch.open_with(Options { wal_pages_max: 100, ..Options::default() });
    more(&mut store, 1);
    let mut round = 1;
    let mut writes = |rounds: u128| {
        for _ in 0..rounds {
            round += 1;
            more(&mut store, round);
        }
    };
    back_up(&scratch.path(), &empty(&other), &mut |_| {
        writes(80);
        let pages = pages_in_wal(&scratch);
        assert!(pages > 500, "somebody reads an old state, so all {pages} pages have to stay");
    })
    .unwrap();
    writes(3);
    let pages = pages_in_wal(&scratch);
    assert!(pages < 400, "{pages} in the WAL");
    let length = std::fs::metadata(beside(&scratch.path(), "-wal")).unwrap().len();
    assert!(length < 400 * PAGE_BYTES, "{length} bytes of disk are kept for it");
}

#[test]
fn a_copy_becomes_the_next_incarnation_in_one_file() {
    let (scratch, copy) = (Scratch::new(), Scratch::new());
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let path = empty(&copy);
    back_up(&scratch.path(), &path, &mut |_| {}).unwrap();
    let of_original = store.reads().identity().unwrap();
    for from in 1..=2 {
        let renewed = renewed(&path).unwrap();
        assert_eq!((renewed.from, renewed.to), (from, from + 1));
        for suffix in ["-wal", "-shm", ".lock"] {
            assert!(!beside(&path, suffix).exists(), "{suffix}");
        }
    }
    let reads = SqliteReads::open(&path, Options::default().busy_timeout).unwrap();
    let restored = reads.identity().unwrap();
    assert_eq!(restored.incarnation, 3);
    assert_eq!(restored.store_id, of_original.store_id);
    assert_eq!(store.reads().identity().unwrap(), of_original, "the original knows nothing of it");

    copy.break_it("update store_meta set value = '4294967295' where key = 'incarnation'");
    let last = renewed(&path).unwrap_err();
    assert!(matches!(&last, OpenError::Store(StoreError::Broken(_))), "{last:?}");
}

#[test]
fn an_older_copy_is_brought_up_to_date() {
    let copy = Scratch::new();
    older::make(&copy, 6);
    check_file(&copy.path()).unwrap();
    assert_eq!(renewed(&copy.path()).unwrap().to, 2);
    let reads = SqliteReads::open(&copy.path(), Options::default().busy_timeout).unwrap();
    assert_eq!(reads.identity().unwrap().schema_version, schema_version());
}

#[test]
fn what_is_no_whole_store_of_a_known_version_is_refused() {
    let scratch = Scratch::new();
    let path = empty(&scratch);
    assert_eq!(check_file(&path), Err(OpenError::Missing(path.clone())));
    std::fs::write(&path, "no database at all ".repeat(500)).unwrap();
    assert_eq!(check_file(&path), Err(OpenError::NotAStore(path.clone())));
    std::fs::remove_file(&path).unwrap();

    commit(&mut scratch.open(), 1, everything()).unwrap();
    check_file(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    check_file(&path).expect_err("half of it is missing");
    let mut damaged = whole.clone();
    damaged[8_192 * 2..].fill(0xa5);
    std::fs::write(&path, damaged).unwrap();
    check_file(&path).expect_err("most of it is nonsense");
    std::fs::write(&path, whole).unwrap();
    check_file(&path).unwrap();

    scratch.break_it(
        "insert into refinery_schema_history values (99, 'later', '2030-01-01T00:00:00Z', '1')",
    );
    let newer = OpenError::Newer { path: path.clone(), store: 99, program: schema_version() };
    assert_eq!(check_file(&path), Err(newer.clone()));
    let elsewhere = Path::new("/elsewhere/x.db");
    assert!(newer.at(elsewhere).to_string().contains("/elsewhere/x.db"));
}

#[test]
fn a_store_that_was_moved_away_is_neither_copied_nor_restored() {
    let (scratch, other) = (Scratch::new(), Scratch::new());
    drop(scratch.open());
    let (path, target) = (scratch.path(), empty(&other));
    let mut source = SqliteSource::open(&path, &Options::default()).unwrap();
    for state in [MarkState::Moving, MarkState::Moved] {
        let place = "host:5432/there".to_owned();
        let mark = Mark { state, id: "sto_there".to_owned(), place };
        source.set_mark(Some(&mark)).unwrap();
        let error = back_up(&path, &target, &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("host:5432/there"), "{error}");
        let error = renewed(&path).unwrap_err().to_string();
        assert!(error.contains("host:5432/there"), "{error}");
    }
}

#[test]
fn looking_whether_a_store_is_served_leaves_nothing_behind() {
    let scratch = Scratch::new();
    let lock = beside(&scratch.path(), ".lock");
    assert_eq!(is_served(&scratch.path()), Ok(false));
    assert!(!lock.exists());
    let store = scratch.open_with(Options { lock: true, ..Options::default() });
    assert_eq!(is_served(&scratch.path()), Ok(true));
    drop(store);
    assert_eq!(is_served(&scratch.path()), Ok(false));
}
