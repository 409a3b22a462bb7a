//! The file of a store: who may read it, by which names it may be opened, and what becomes of a writer
//! whose file is taken away.

use std::fs::{Permissions, hard_link, rename, set_permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::activity::Feed;
use domain::world::Change;
use engine::failpoint::{AFTER_COMMIT, Failpoints};
use engine::reads::Reads as _;
use engine::{BatchId, CommitError, Store as _, StoreError};
use store_sqlite::{
    OpenError, Options, ServeLock, SqliteCredentials, SqliteReads, SqliteSource, SqliteStore,
    Watch, back_up, check_file, open_to_others,
};

use crate::fixture::{OURS, Scratch, commit, everything};

const BUSY_TIMEOUT: Duration = Duration::from_millis(200);
const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", ".lock"];

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn serving() -> Options {
    Options { lock: true, fresh: 7, ..Options::default() }
}

/// What each way of opening the store at `path` says.
fn ways(path: &Path) -> Vec<Option<OpenError>> {
    let other = Scratch::new();
    std::fs::write(other.path(), "").expect("a file can be written");
    vec![
        SqliteStore::open(path, serving()).err(),
        SqliteStore::open(path, Options::default()).err(),
        SqliteCredentials::open(path, &Options::default()).err(),
        SqliteReads::open(path, BUSY_TIMEOUT).err(),
        SqliteSource::open(path, &Options::default()).err(),
        back_up(path, &other.path(), &mut |_| {}).err(),
        check_file(path).err(),
        ServeLock::acquire(path).err(),
    ]
}

fn names(scratch: &Scratch) -> Vec<String> {
    let folder = std::fs::read_dir(scratch.path().parent().expect("a folder")).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("a name").file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<_> = folder.map(name).collect();
    names.sort();
    names
}

#[test]
fn a_store_is_for_its_owner_alone() {
    let scratch = Scratch::new();
    let path = scratch.path();
    let store = scratch.open_with(serving());
    for suffix in SUFFIXES {
        assert_eq!(mode(&beside(&path, suffix)), 0o600, "{suffix}");
    }
    assert_eq!(open_to_others(&path), Vec::<PathBuf>::new());
    drop(store);

    // As an earlier release has made it; who opens it to a group means it.
    for (of_store, of_lock) in [(0o644, 0o666), (0o660, 0o666)] {
        set_permissions(&path, Permissions::from_mode(of_store)).expect("it is ours");
        let lock = beside(&path, ".lock");
        set_permissions(&lock, Permissions::from_mode(of_lock)).expect("it is ours");
        let _store = scratch.open_with(serving());
        assert_eq!(mode(&path), of_store, "it is left as it is");
        assert_eq!(mode(&lock), of_store & of_lock, "the lock lets in whom the store does");
        assert_eq!(
            open_to_others(&path),
            ["", "-wal", "-shm", ".lock"].map(|it| beside(&path, it))
        );
    }
}

#[test]
fn a_file_with_another_name_is_refused_by_all() {
    let scratch = Scratch::new();
    let (path, other) = (scratch.path(), scratch.path().with_file_name("other.db"));
    let mut store = scratch.open_with(serving());
    commit(&mut store, 1, everything()).unwrap();
    hard_link(&path, &other).unwrap();
    let there = names(&scratch);
    for name in [&path, &other] {
        let linked = OpenError::Linked { path: name.clone(), links: 2 };
        for (way, refused) in ways(name).into_iter().enumerate() {
            assert_eq!(refused.as_ref(), Some(&linked), "way {way}");
        }
        let text = linked.to_string();
        assert!(text.contains("2 names") && text.contains("-samefile"), "{text}");
    }
    assert_eq!(names(&scratch), there, "nothing is left behind");
    std::fs::remove_file(&other).unwrap();
    commit(&mut store, 2, vec![Change::put(OURS, Feed { position: 2 })]).unwrap();
    SqliteReads::open(&path, BUSY_TIMEOUT).unwrap();
}

#[test]
fn a_link_to_a_file_shares_its_wal_and_its_lock() {
    let scratch = Scratch::new();
    let link = scratch.path().with_file_name("link.db");
    symlink("store.db", &link).unwrap();
    for refused in ways(&link) {
        assert_eq!(refused, Some(OpenError::Dangling(link.clone())), "its disk is not there");
    }
    assert_eq!(names(&scratch), ["link.db"]);

    let mut store = scratch.open_with(serving());
    commit(&mut store, 1, everything()).unwrap();
    let served = OpenError::Served(link.clone());
    assert_eq!(SqliteStore::open(&link, serving()).unwrap_err(), served);
    let reads = SqliteReads::open(&link, BUSY_TIMEOUT).unwrap();
    assert_eq!(reads.last_instant(), store.reads().last_instant(), "what is in the WAL");
    let sees = ["link.db", "store.db", "store.db-shm", "store.db-wal", "store.db.lock"];
    assert_eq!(names(&scratch), sees);
}

#[test]
fn what_is_no_file_is_refused() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path()).unwrap();
    for refused in ways(&scratch.path()) {
        assert_eq!(refused, Some(OpenError::NotAFile(scratch.path())));
    }
}

#[test]
fn a_wal_without_its_store_is_left_as_it_is() {
    let scratch = Scratch::new();
    let (path, aside) = (scratch.path(), scratch.path().with_file_name("aside"));
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let expected = scratch.dump();
    let wal = beside(&path, "-wal");
    let copy = std::fs::read(&wal).unwrap();
    assert!(!copy.is_empty());
    rename(&path, &aside).unwrap();
    let alone = OpenError::WalAlone { path: path.clone(), wal: wal.clone() };
    // The file is gone, or an empty one stands in its place: SQLite would remove the WAL.
    for empty in [false, true] {
        if empty {
            std::fs::write(&path, "").unwrap();
        }
        for (way, refused) in ways(&path).into_iter().enumerate() {
            assert_eq!(refused.as_ref(), Some(&alone), "way {way}, {empty}");
        }
        assert_eq!(std::fs::read(&wal).unwrap(), copy);
        assert_eq!(path.exists(), empty);
    }
    rename(&aside, &path).unwrap();
    drop(store);
    assert_eq!(scratch.dump(), expected);
}

#[test]
fn only_who_wants_it_makes_a_store() {
    let scratch = Scratch::new();
    let found = Options { make: false, ..Options::default() };
    let missing = OpenError::Missing(scratch.path());
    for name in [&scratch.path(), &beside(&scratch.path(), "/below")] {
        let refused = SqliteCredentials::open(name, &found).unwrap_err();
        assert!(matches!(refused, OpenError::Missing(_)), "{refused:?}");
    }
    assert_eq!(names(&scratch), Vec::<String>::new());
    // A first start that was killed at once leaves no store either.
    std::fs::write(scratch.path(), "").unwrap();
    assert_eq!(SqliteCredentials::open(&scratch.path(), &found).unwrap_err(), missing);
    assert_eq!(names(&scratch), ["store.db"]);
    drop(scratch.open());
    SqliteCredentials::open(&scratch.path(), &found).unwrap();
    assert_eq!(mode(&scratch.path()) & 0o077, 0o044, "what was there keeps its mode");
}

/// What is done to the files of a store that is open, and undone.
type Blow = fn(&Path, &Path) -> std::io::Result<()>;

#[test]
fn a_store_that_is_taken_away_acknowledges_nothing_more() {
    let blows: [(&str, Blow); 4] = [
        ("the store", |path, aside| rename(path, aside)),
        ("its WAL", |path, aside| rename(beside(path, "-wal"), aside)),
        ("the WAL index", |path, aside| rename(beside(path, "-shm"), aside)),
        ("another store", |path, aside| {
            rename(path, aside)?;
            std::fs::copy(aside, path).map(drop)
        }),
    ];
    for (what, blow) in blows {
        let scratch = Scratch::new();
        let (path, aside) = (scratch.path(), scratch.path().with_file_name("aside"));
        let mut store = scratch.open();
        commit(&mut store, 1, everything()).unwrap();
        let watch = Watch::of(&path);
        let before = scratch.dump();
        blow(&path, &aside).unwrap();
        watch.check().expect_err(what);
        let next = || vec![Change::put(OURS, Feed { position: 2 })];
        match commit(&mut store, 2, next()) {
            Err(CommitError::NotWritten(StoreError::Unavailable(why))) => {
                assert!(why.contains("is not the file that was opened any more"), "{what}: {why}");
            }
            other => panic!("{what}: {other:?}"),
        }
        let back = match what {
            "its WAL" => beside(&path, "-wal"),
            "the WAL index" => beside(&path, "-shm"),
            _ => path.clone(),
        };
        rename(&aside, back).unwrap();
        assert_eq!(scratch.dump(), before, "{what}: nothing was written");
        commit(&mut store, 2, next()).expect("it is back where it was");
    }
}

#[test]
fn a_commit_whose_file_was_taken_away_meanwhile_is_not_acknowledged() {
    let scratch = Scratch::new();
    let (path, aside) = (scratch.path(), scratch.path().with_file_name("aside"));
    drop(scratch.open());
    // Between COMMIT and its answer.
    let (from, to) = (path.clone(), aside.clone());
    let failpoints = Failpoints::new(move |name| {
        if name == AFTER_COMMIT {
            rename(&from, &to).expect("it is there");
        }
        false
    });
    let mut store = scratch.open_with(Options { failpoints, ..Options::default() });
    let unknown = commit(&mut store, 1, everything()).unwrap_err();
    assert!(matches!(&unknown, CommitError::Unknown(_)), "{unknown:?}");
    let asked = store.was_committed(BatchId(1)).unwrap_err();
    assert!(matches!(&asked, StoreError::Unavailable(_)), "nobody says that it was: {asked:?}");
    rename(&aside, &path).unwrap();
    assert_eq!(store.was_committed(BatchId(1)), Ok(true));
}

#[test]
fn readers_never_meet_another_store() {
    let (scratch, other) = (Scratch::new(), Scratch::new());
    let mut store = scratch.open();
    let reads = store.reads();
    commit(&mut store, 1, everything()).unwrap();
    drop(other.open());
    rename(scratch.path(), scratch.path().with_file_name("aside")).unwrap();
    for suffix in ["-wal", "-shm"] {
        let aside = scratch.path().with_file_name(format!("aside{suffix}"));
        rename(beside(&scratch.path(), suffix), aside).unwrap();
    }
    std::fs::copy(other.path(), scratch.path()).unwrap();
    // Its first connection is opened only now.
    let refused = reads.identity().unwrap_err();
    assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("another file")));
}

#[test]
fn what_the_system_does_not_let_open_is_reported_with_its_name_and_cause() {
    let scratch = Scratch::new();
    let below = scratch.path().with_file_name("below").join("store.db");
    let text = SqliteStore::open(&below, Options::default()).unwrap_err().to_string();
    let folder = below.parent().unwrap().display();
    let why = format!("there is no folder {folder}; make it first");
    assert_eq!(text, format!("the store {} cannot be opened: {why}", below.display()));
}
