//! A store on SQLite in a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Store, StoreError};
use sim::backend::Backend;
use store_sqlite::{Options, SqliteCredentials, SqliteReads, SqliteStore};
use tempfile::TempDir;

/// Where a disk is made of memory, so that its fsync costs nothing: what is tested is order, and what
/// survives the process, not the machine.
const MEMORY_DISK: &str = "/dev/shm";

/// A store that goes when it is dropped.
#[derive(Debug)]
pub(crate) struct SqliteBackend {
    folder: TempDir,
}

impl SqliteBackend {
    pub(crate) fn new() -> Self {
        let in_memory = Path::new(MEMORY_DISK).is_dir();
        let folder = if in_memory { TempDir::new_in(MEMORY_DISK) } else { TempDir::new() };
        let backend = Self { folder: folder.expect("a scratch folder") };
        backend.open(Failpoints::default()).expect("a new store");
        backend
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }
}

/// Few, so that the memtable is compacted again and again.
const MEMTABLE_MAX: usize = 8;
/// So many that the writer soon has filters of all that was compacted, and yet not at once.
const READ_BUDGET: usize = 20_000;

fn options(failpoints: Failpoints) -> Options {
    let busy_timeout = Duration::from_secs(20);
    Options {
        fresh: 7,
        busy_timeout,
        memtable_max: MEMTABLE_MAX,
        read_budget: READ_BUDGET,
        failpoints,
        ..Options::default()
    }
}

impl Backend for SqliteBackend {
    fn open(&self, failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError> {
        match SqliteStore::open(&self.path(), options(failpoints)) {
            Ok(store) => Ok(Box::new(store)),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    fn reads(&self) -> Arc<dyn Reads> {
        let busy_timeout = options(Failpoints::default()).busy_timeout;
        Arc::new(SqliteReads::open(&self.path(), busy_timeout).expect("the store is there"))
    }

    fn credentials(&self) -> Arc<dyn Credentials> {
        let options = options(Failpoints::default());
        Arc::new(SqliteCredentials::open(&self.path(), &options).expect("the store is there"))
    }
}
