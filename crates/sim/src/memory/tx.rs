//! A transaction: loads rows, and hands the batch to the data whole.

use std::collections::BTreeSet;

use domain::deadline::Deadline;
use domain::record::IntentKey;
use domain::{Keys, Timestamp, World};
use engine::cleaning::{self, Found, Search, Slice};
use engine::{Batch, CommitError, StoreError, Tx};

use super::{Data, MemoryStore};

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

    fn due_records(&mut self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        let data = self.store.data();
        let due = data.records.values().filter_map(|record| {
            let until = record.keep_until.filter(|until| *until <= now)?;
            Some((until, record.key.clone()))
        });
        Ok(earliest(due, limit))
    }

    fn due_entries(&mut self, search: Search) -> Result<Found, StoreError> {
        Ok(self.store.data().due_entries(search))
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

/// The first `limit` of them by instant, then by what they are.
fn earliest<T: Ord>(due: impl Iterator<Item = (Timestamp, T)>, limit: usize) -> Vec<T> {
    let sorted: BTreeSet<_> = due.collect();
    sorted.into_iter().take(limit).map(|(_, item)| item).collect()
}

impl Data {
    fn due_entries(&self, search: Search) -> Found {
        let from = self.feeds.iter().filter(|(account, _)| search.from <= Some(**account));
        let feeds: Vec<_> = from
            .take(search.feeds)
            .map(|(account, feed)| {
                let gone = self.cleaned.get(account).map_or(0, |cleaned| cleaned.position);
                cleaning::Feed { account: *account, head: feed.position, gone }
            })
            .collect();
        let cut = |feed: &cleaning::Feed| {
            let first = (feed.account, feed.gone.saturating_add(1));
            let rest = self.activity.range(first..=(feed.account, feed.head));
            let due = rest.map(|(_, told)| &told.activity).take_while(|it| it.at < search.before);
            let due: Vec<_> = due.take(search.entries).collect();
            let last = due.last()?;
            feed.cut(Slice { entries: due.len() as u64, position: last.position, at: last.at })
        };
        let mut rest = feeds.iter().filter(|feed| feed.gone < feed.head);
        rest.find_map(cut).unwrap_or_else(|| Found::nothing(search, &feeds))
    }
}
