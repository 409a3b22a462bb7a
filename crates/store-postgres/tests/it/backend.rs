//! A store on PostgreSQL in a database of its own.

use std::sync::Arc;

use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Store, StoreError};
use sim::backend::Backend;
use store_postgres::{ClockOf, Options, PostgresCredentials, PostgresReads, PostgresStore};

use peers::cluster::Database;

/// A store that goes when it is dropped.
#[derive(Debug)]
pub(crate) struct PostgresBackend {
    pub(crate) database: Database,
    as_if_spread: bool,
}

impl PostgresBackend {
    pub(crate) fn new() -> Self {
        Self::of(false)
    }

    /// A store that is taken for one that is spread by account.
    pub(crate) fn as_if_spread() -> Self {
        Self::of(true)
    }

    fn of(as_if_spread: bool) -> Self {
        let backend = Self { database: Database::new(), as_if_spread };
        backend.open(Failpoints::default()).expect("a new store");
        backend
    }
}

/// There is one writer at a time, and always the same one; its clock is the test's.
fn options(failpoints: Failpoints) -> Options {
    Options { fresh: 7, clock: ClockOf::Engine, failpoints, ..Options::default() }
}

impl Backend for PostgresBackend {
    fn open(&self, failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError> {
        let options = Options { as_if_spread: self.as_if_spread, ..options(failpoints) };
        match PostgresStore::open(&self.database.url(), &options) {
            Ok(store) => Ok(Box::new(store)),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    fn reads(&self) -> Arc<dyn Reads> {
        let options = options(Failpoints::default());
        Arc::new(PostgresReads::open(&self.database.url(), &options).expect("the store is there"))
    }

    fn credentials(&self) -> Arc<dyn Credentials> {
        let options = options(Failpoints::default());
        let opened = PostgresCredentials::open(&self.database.url(), &options);
        Arc::new(opened.expect("the store is there"))
    }
}
