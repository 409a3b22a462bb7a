//! A transaction: loads rows, and hands the batch to the data whole.

use domain::deadline::Deadline;
use domain::{Keys, Timestamp, World};
use engine::{Batch, CommitError, StoreError, Tx};

use super::MemoryStore;

#[derive(Debug)]
pub(super) struct MemoryTx {
    store: MemoryStore,
    began_at: u64,
}

impl MemoryTx {
    pub(super) const fn new(store: MemoryStore, began_at: u64) -> Self {
        Self { store, began_at }
    }
}

impl Tx for MemoryTx {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        Ok(self.store.data().last_instant.map_or(clock, |last| last.max(clock)))
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.store.data().rows.load(keys, world);
        Ok(())
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        let data = self.store.data();
        let due = data.deadlines.keys().take_while(|deadline| deadline.due_at <= now);
        Ok(due.take(limit).copied().collect())
    }

    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        let mut data = self.store.data();
        if data.version != self.began_at {
            return Err(CommitError::Conflict("another writer was faster".to_owned()));
        }
        data.check(batch)?;
        data.write(batch);
        Ok(())
    }
}
