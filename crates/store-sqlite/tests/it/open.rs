//! Opening, migrating, locking.

use std::time::Duration;

use engine::reads::Reads as _;
use engine::tickets::TicketReads as _;
use engine::{Store as _, StoreError, Superseded};
use store_sqlite::{
    OpenError, Options, ServeLock, SqliteCredentials, SqliteReads, SqliteStore, schema_version,
};

use crate::fixture::{OURS, Scratch, commit, everything};
use crate::older;

const BUSY_TIMEOUT: Duration = Duration::from_millis(200);

#[test]
fn a_new_store_is_made_and_found_again() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    let made = store.reads().identity().unwrap();
    assert_eq!(made.store_id, "sto_00000000000000000000000007");
    assert_eq!((made.incarnation, made.schema_version), (1, schema_version()));
    assert_eq!(store.last_instant(), Ok(None));
    assert_eq!(store.next_deadline(), Ok(None));
    commit(&mut store, 1, everything()).unwrap();
    drop(store);

    // Another id is of no use any more.
    let store = scratch.open_with(Options { fresh: 8, ..Options::default() });
    assert_eq!(store.reads().identity().unwrap(), made);
    assert_eq!(store.reads().events(OURS, crate::reads::page(9)).unwrap().len(), 1);
}

#[test]
fn a_store_whose_making_was_cut_short_is_finished() {
    let scratch = Scratch::new();
    let made = scratch.open().reads().identity().unwrap();
    for missing in ["'incarnation'", "'incarnation', 'store_id'"] {
        scratch.break_it(&format!("delete from store_meta where key in ({missing})"));
        assert_eq!(scratch.open().reads().identity(), Ok(made.clone()), "without {missing}");
    }
}

#[test]
fn an_older_store_is_brought_up_to_date() {
    let scratch = Scratch::new();
    older::make(&scratch, 6);
    let reads = SqliteReads::open(&scratch.path(), BUSY_TIMEOUT);
    let path = scratch.path();
    let older = OpenError::Older { path, store: 6, program: schema_version() };
    assert_eq!(reads.unwrap_err(), older, "reading changes nothing");

    let served = ServeLock::acquire(&scratch.path()).unwrap();
    let keys = SqliteCredentials::open(&scratch.path(), &Options::default());
    assert_eq!(keys.unwrap_err(), OpenError::Served(scratch.path()), "not under a server's feet");
    drop(served);

    let mut store = scratch.open_with(Options { lock: true, fresh: 9, ..Options::default() });
    commit(&mut store, 1, everything()).unwrap();
    assert_eq!(store.reads().identity().unwrap().schema_version, schema_version());
}

#[test]
fn a_newer_store_is_refused() {
    let scratch = Scratch::new();
    drop(scratch.open());
    scratch.break_it(
        "insert into refinery_schema_history values (99, 'later', '2030-01-01T00:00:00Z', '1')",
    );
    let (path, program) = (scratch.path(), schema_version());
    let newer = OpenError::Newer { path: path.clone(), store: 99, program };
    assert_eq!(SqliteStore::open(&path, Options::default()).unwrap_err(), newer);
    assert_eq!(SqliteReads::open(&path, BUSY_TIMEOUT).unwrap_err(), newer);
    assert_eq!(SqliteCredentials::open(&path, &Options::default()).unwrap_err(), newer);
    let text = newer.to_string();
    assert!(text.contains("schema version 99"), "{text}");
    assert!(text.contains(&format!("up to {program}")), "{text}");
}

#[test]
fn a_store_that_wants_newer_writers_is_refused_even_while_it_is_open() {
    let (scratch, superseded) = (Scratch::new(), Superseded::default());
    let options = Options { superseded: superseded.clone(), ..Options::default() };
    let mut store = scratch.open_with(options);
    assert_eq!(superseded.why(), None);
    scratch.break_it("update store_meta set value = '99' where key = 'min_writer_version'");
    let refused = commit(&mut store, 1, everything()).unwrap_err();
    let why = superseded.why().expect("it is told").to_owned();
    assert!(why.contains("schema version is 99"), "{why}");
    let unavailable = StoreError::Unavailable(why);
    assert_eq!(refused, engine::CommitError::NotWritten(unavailable.clone()));
    assert_eq!(store.begin().err(), Some(unavailable), "and again");
    drop(store);

    let (path, program) = (scratch.path(), schema_version());
    let newer = OpenError::Newer { path: path.clone(), store: 99, program };
    assert_eq!(SqliteStore::open(&path, Options::default()).unwrap_err(), newer);
}

#[test]
fn files_of_others_are_left_alone() {
    let scratch = Scratch::new();
    let path = scratch.path();
    scratch.raw().execute_batch("create table theirs (a)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let not_ours = OpenError::NotAStore(path.clone());
    assert_eq!(SqliteStore::open(&path, Options::default()).unwrap_err(), not_ours);
    assert_eq!(SqliteReads::open(&path, BUSY_TIMEOUT).unwrap_err(), not_ours);
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::write(&path, "a text that is no database, and long enough to be looked at".repeat(99))
        .unwrap();
    assert_eq!(SqliteStore::open(&path, Options::default()).unwrap_err(), not_ours);
}

#[test]
fn readers_make_no_store() {
    let scratch = Scratch::new();
    let missing = OpenError::Missing(scratch.path());
    assert_eq!(SqliteReads::open(&scratch.path(), BUSY_TIMEOUT).unwrap_err(), missing);
    assert!(!scratch.path().exists());
    let nowhere = scratch.path().join("below").join("store.db");
    let error = SqliteStore::open(&nowhere, Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
}

#[test]
fn only_one_serves() {
    let scratch = Scratch::new();
    let serve = || Options { lock: true, ..Options::default() };
    let first = scratch.open_with(serve());
    let second = SqliteStore::open(&scratch.path(), serve()).unwrap_err();
    assert_eq!(second, OpenError::Served(scratch.path()));
    assert!(second.to_string().contains("another process serves the store"), "{second}");
    // Looking, and changing keys, is allowed meanwhile.
    SqliteReads::open(&scratch.path(), BUSY_TIMEOUT).unwrap();
    SqliteCredentials::open(&scratch.path(), &Options::default()).unwrap();
    drop(first);
    scratch.open_with(serve());
}

#[test]
#[cfg(unix)]
fn a_link_to_a_store_is_the_same_store() {
    let scratch = Scratch::new();
    let link = scratch.path().with_file_name("link.db");
    drop(scratch.open());
    std::os::unix::fs::symlink(scratch.path(), &link).unwrap();
    let _served = ServeLock::acquire(&link).unwrap();
    assert_eq!(ServeLock::acquire(&scratch.path()).unwrap_err(), OpenError::Served(scratch.path()));
}

#[test]
fn a_lock_that_cannot_be_made_is_reported() {
    let scratch = Scratch::new();
    let error = ServeLock::acquire(&scratch.path().join("below").join("store.db")).unwrap_err();
    assert!(matches!(error, OpenError::Lock(..)), "{error:?}");
}

#[test]
fn many_may_make_a_store_at_once() {
    let scratch = Scratch::new();
    let path = &scratch.path();
    std::thread::scope(|scope| {
        let open = || SqliteCredentials::open(path, &Options::default()).map(drop);
        let opened = [(); 6].map(|()| scope.spawn(open));
        for opened in opened {
            assert_eq!(opened.join().unwrap(), Ok(()));
        }
    });
}
