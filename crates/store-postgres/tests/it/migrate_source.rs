//! A store on SQLite that is moved, and what there is in both.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::Timestamp;
use domain::id::{AccountId, KeyId};
use domain::retention::Retention;
use engine::credentials::{Account, Credentials, Key, Mode, Scopes};
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::transfer::{Check, Error, Outcome, Source as _, Table, Value, carry_out};
use engine::{Store, StoreError};
use peers::cluster::Database;
use rows::TABLES;
use sim::backend::Backend;
use sim::test_ports::TestClock;
use store_postgres::{Options as PostgresOptions, PostgresTarget};
use store_sqlite::{Options, SqliteCredentials, SqliteReads, SqliteSource, SqliteStore};
use tempfile::TempDir;

pub(crate) struct SqliteFolder(TempDir);

impl SqliteFolder {
    pub(crate) fn new() -> Self {
        let folder = Self(TempDir::new().expect("a scratch folder"));
        drop(folder.open(Failpoints::default()).expect("a new store"));
        folder
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    /// The same store at another place.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self(TempDir::new().expect("a scratch folder"));
        for file in std::fs::read_dir(self.0.path()).expect("a folder") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), copy.0.path().join(file.file_name())).expect("a copy");
        }
        copy
    }

    /// An account with a key, and a value that others have bound the store to.
    pub(crate) fn add_credentials(&self) {
        let credentials = self.credentials();
        let account = AccountId::from_raw(77);
        let at = TestClock::START;
        let name = "Grand Theatre \u{e4}\u{1f3ad}".to_owned();
        let fresh = Account { id: account, name, mode: Mode::Live, created_at: at };
        credentials.account(fresh).expect("an account");
        for (id, rate) in [(1, None), (2, Some(7))] {
            let scopes = Scopes::parse("book,read").expect("scopes");
            let (hash, id, mode) = ([id; 32], KeyId::from_raw(u128::from(id)), Mode::Live);
            let key =
                Key { id, account, mode, hash, scopes, rate, created_at: at, revoked_at: None };
            credentials.add_key(&key).expect("a key");
        }
        credentials.revoke_key(KeyId::from_raw(2), at).expect("it is revoked");
        credentials.bind("secrets_check", Some("a check")).expect("it is bound");
    }

    pub(crate) fn source(&self, failpoints: Failpoints) -> SqliteSource {
        self.try_source(failpoints).expect("it can be moved")
    }

    fn try_source(&self, failpoints: Failpoints) -> Result<SqliteSource, Error> {
        let options = Options { failpoints, ..Options::default() };
        SqliteSource::open(&self.path(), &options)
            .map_err(|error| Error::Store(StoreError::Unavailable(error.to_string())))
    }
}

impl Backend for SqliteFolder {
    fn open(&self, failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError> {
        let options = Options { fresh: 7, lock: true, failpoints, ..Options::default() };
        match SqliteStore::open(&self.path(), options) {
            Ok(store) => Ok(Box::new(store)),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    fn reads(&self) -> Arc<dyn Reads> {
        let reads = SqliteReads::open(&self.path(), Duration::from_secs(5));
        Arc::new(reads.expect("the store is there"))
    }

    fn credentials(&self) -> Arc<dyn Credentials> {
        let opened = SqliteCredentials::open(&self.path(), &Options::default());
        Arc::new(opened.expect("the store is there"))
    }
}

static FRESH: AtomicU64 = AtomicU64::new(1_000);

/// Moves it, in chunks of so many rows.
pub(crate) fn move_it(
    folder: &SqliteFolder,
    database: &Database,
    failpoints: &Failpoints,
    chunk_rows: usize,
) -> Result<Outcome, Error> {
    let mut source = folder.try_source(failpoints.clone())?.in_chunks_of(chunk_rows);
    let fresh = u128::from(FRESH.fetch_add(1, Ordering::Relaxed));
    let mut target = target(database, fresh, failpoints.clone());
    carry_out(&mut source, &mut target, check(), &mut |_| {})
}

pub(crate) fn target(database: &Database, fresh: u128, failpoints: Failpoints) -> PostgresTarget {
    let options = PostgresOptions { fresh, failpoints, ..PostgresOptions::default() };
    PostgresTarget::open(&database.url(), &options).expect("a target")
}

pub(crate) fn check() -> Check {
    Check { now: Timestamp::from_millis(0), retention: Retention::default() }
}

/// All rows of a table as PostgreSQL would print them.
fn rows_here(source: &mut SqliteSource, table: &Table) -> Vec<String> {
    let mut after = None;
    let mut rows = Vec::new();
    loop {
        let chunk = source.chunk(table, after.as_ref()).expect("a chunk");
        let Some(last) = chunk.last() else { return rows };
        after = Some(table.key_of(last));
        rows.extend(chunk.iter().map(|row| {
            let values = row.iter().map(|value| match value {
                Value::Null => "null".to_owned(),
                Value::Integer(number) => number.to_string(),
                Value::Text(text) => text.clone(),
                Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            });
            values.collect::<Vec<_>>().join("|")
        }));
    }
}

fn rows_there(database: &Database, table: &Table) -> Vec<String> {
    let value = |column: &engine::transfer::Column| {
        let name = column.name;
        let text = match column.kind {
            engine::transfer::Kind::Integer | engine::transfer::Kind::Text => {
                format!("\"{name}\"::text")
            }
            engine::transfer::Kind::Flag => format!("\"{name}\"::int::text"),
            engine::transfer::Kind::Bytes => format!("encode(\"{name}\", 'hex')"),
        };
        format!("coalesce({text}, 'null')")
    };
    let values: Vec<String> = table.columns.iter().map(value).collect();
    let (values, name, key) = (values.join(" || '|' || "), table.name, table.key.join(", "));
    database.ask(&format!("select {values} from {name} order by {key}"))
}

/// Both have the same rows, and the target has the source's metadata.
#[track_caller]
pub(crate) fn assert_same(folder: &SqliteFolder, database: &Database) {
    let mut source = folder.source(Failpoints::default());
    for table in &TABLES {
        assert_eq!(rows_here(&mut source, table), rows_there(database, table), "{}", table.name);
    }
    let own = "select key || ' ' || value from store_meta
        where key not in ('min_writer_version', 'move', 'last_batch') order by key collate \"C\"";
    let here = source.own_values().expect("values").into_iter();
    let mut here: Vec<String> = here.map(|(key, value)| format!("{key} {value}")).collect();
    here.sort();
    assert_eq!(here, database.ask(own));
}
