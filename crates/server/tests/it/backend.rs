//! The store that a test's server runs on: SQLite in a folder of its own, or, where
//! `BOOKONCE_TEST_STORE=postgres`, a database of its own in the server that tests share.
//!
//! A store may wait for its database, which nobody may do on a thread that drives an async runtime: all
//! that is done to it from tests is done [`apart`].

use std::panic::resume_unwind;
use std::path::PathBuf;

use peers::cluster::Database;
use server::secrets::Secrets;
use server::stores::Address;
use tempfile::TempDir;

/// Names the store that the tests run on: `sqlite`, which it is where nothing is said, or `postgres`.
const STORE_VARIABLE: &str = "BOOKONCE_TEST_STORE";

/// Connections that write, where there can be several.
const WRITERS: usize = 2;

/// A place for a store. It goes with the test.
#[derive(Debug)]
pub(crate) struct Backend {
    dir: TempDir,
    database: Option<Database>,
}

/// Whether the tests run on PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    #[expect(clippy::disallowed_methods, reason = "how a test run is told what to run on")]
    let store = std::env::var(STORE_VARIABLE);
    match store.as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("{STORE_VARIABLE}={other} is neither sqlite nor postgres"),
    }
}

/// The newest schema that the program knows of that store.
pub(crate) fn schema_version() -> u32 {
    if is_postgres() { store_postgres::schema_version() } else { store_sqlite::schema_version() }
}

/// Does something on a thread that may wait.
pub(crate) fn apart<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    let done = std::thread::scope(|scope| scope.spawn(what).join());
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

impl Backend {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let database = is_postgres().then(|| apart(Database::new));
        let backend = Self { dir, database };
        if backend.database.is_some() {
            let file = backend.secrets_file().expect("it is named");
            Secrets::create(&file, server::random_bytes()).expect("a file can be made");
        }
        backend
    }

    pub(crate) fn address(&self) -> Address {
        let sqlite = || format!("sqlite:{}/store.db", self.dir.path().display());
        let url = self.database.as_ref().map_or_else(sqlite, Database::url);
        url.parse().expect("an address")
    }

    /// Where the secrets are, if the store has to be told.
    pub(crate) fn secrets_file(&self) -> Option<PathBuf> {
        self.database.as_ref().map(|_| self.dir.path().join("secrets"))
    }

    pub(crate) const fn writers(&self) -> usize {
        if self.database.is_some() { WRITERS } else { 1 }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let database = self.database.take();
        apart(|| drop(database));
    }
}
