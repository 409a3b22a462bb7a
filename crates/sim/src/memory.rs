//! A store in memory: the rows of the domain in maps, and nothing clever.
//!
//! Handles share the data, so dropping one and taking another is a restart. It is strict: what is
//! there cannot be inserted, what is not there cannot be changed, and no row may name one that is
//! missing.

mod check;
mod credentials;
mod due;
mod reads;
mod tickets;
mod tx;
mod webhooks;
mod write;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;
use domain::id::{AccountId, KeyId};
use domain::tables::Rows;
use domain::world::Of;
use engine::credentials::{Account, Credentials, Key};
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{ActivityRow, BatchId, Store, StoreError, Tx};

use crate::backend::Backend;
use tx::MemoryTx;

/// Everything that is stored.
#[derive(Debug, Default)]
struct Data {
    /// Grows with each commit.
    version: u64,
    last_batch: Option<BatchId>,
    last_instant: Option<Timestamp>,
    rows: Rows,
    activity: BTreeMap<Of<u64>, ActivityRow>,
    accounts: BTreeMap<AccountId, Account>,
    keys: BTreeMap<KeyId, Key>,
    bound: BTreeMap<String, String>,
}

impl Deref for Data {
    type Target = Rows;

    fn deref(&self) -> &Rows {
        &self.rows
    }
}

/// A handle to a store in memory; its clones share the data.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    data: Arc<Mutex<Data>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        // Nothing is changed before everything was checked, so the data is whole after a panic.
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        let began_at = self.data().version;
        Ok(Box::new(MemoryTx::new(self.clone(), began_at)))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        Ok(self.data().last_batch == Some(batch))
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let data = self.data();
        Ok(data.deadlines.first_key_value().map(|(first, _)| first.due_at))
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.data().last_instant)
    }
}

impl Backend for MemoryStore {
    fn open(&self, _failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.clone()))
    }

    fn reads(&self) -> Arc<dyn Reads> {
        Arc::new(self.clone())
    }

    fn credentials(&self) -> Arc<dyn Credentials> {
        Arc::new(self.clone())
    }
}
