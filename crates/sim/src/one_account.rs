//! A store that wants batches of one account, and takes no other: what the store's own account does besides
//! may be about several.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::deadline::Deadline;
use domain::id::AccountId;
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};

use crate::backend::Backend;

/// A store of any kind, which wants batches of one account from now on.
#[derive(Debug, Default)]
pub struct OneAccount<B>(pub B);

impl<B: Backend> Backend for OneAccount<B> {
    fn open(&self, failpoints: Failpoints) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(OneAccountStore(self.0.open(failpoints)?)))
    }

    fn reads(&self) -> Arc<dyn Reads> {
        self.0.reads()
    }

    fn credentials(&self) -> Arc<dyn Credentials> {
        self.0.credentials()
    }
}

struct OneAccountStore(Box<dyn Store>);

impl Store for OneAccountStore {
    fn batch_max(&self) -> usize {
        self.0.batch_max()
    }

    fn wants_one_account(&self) -> bool {
        true
    }

    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        let inner = self.0.begin()?;
        Ok(Box::new(OneAccountTx { inner, accounts: BTreeSet::new(), is_of_store: false }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        self.0.was_committed(batch)
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.0.next_deadline()
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.0.last_instant()
    }
}

struct OneAccountTx<'a> {
    inner: Box<dyn Tx + 'a>,
    accounts: BTreeSet<AccountId>,
    /// The store's own account has a part in it.
    is_of_store: bool,
}

impl Tx for OneAccountTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.inner.now(clock)
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.accounts.extend(accounts(keys));
        self.is_of_store |= keys.jobs.iter().any(|(account, _)| *account == AccountId::SYSTEM);
        self.inner.load(keys, world)
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        self.inner.due(now, limit)
    }

    fn commit(mut self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        self.accounts.extend(batch.key_usage.iter().map(|it| it.key.account));
        self.accounts.extend(batch.emitted.iter().map(|it| it.activity.account));
        let accounts = &self.accounts;
        let is_one = self.is_of_store || accounts.len() <= 1;
        assert!(is_one, "a batch of several accounts: {accounts:?}");
        self.inner.commit(batch)
    }
}

/// Whose rows these are.
fn accounts(keys: &Keys) -> impl Iterator<Item = AccountId> {
    let first = |(account, _): &Of<_>| *account;
    let catalogue = keys.events.iter().chain(&keys.event_zones).map(first);
    let zones = keys.zones.iter().chain(&keys.layouts).chain(&keys.taken_seats);
    let of_zones = zones.map(|(account, _)| *account);
    let of_bookings = keys.bookings.iter().map(|(account, _)| *account);
    let of_people = keys.people.iter().map(|(account, _)| *account);
    let of_handles = keys.handles.iter().map(|(account, _)| *account);
    let of_pools = keys.pools.iter().map(|(account, _)| *account);
    let of_allowances = keys.allowances.iter().map(|(account, _)| *account);
    let of_payments = keys.payments.iter().map(|(account, _)| *account);
    let of_records = keys.records.iter().map(|key| key.account);
    let of_jobs = keys.jobs.iter().map(|(account, _)| *account);
    catalogue
        .chain(of_zones)
        .chain(of_bookings)
        .chain(of_people)
        .chain(of_handles)
        .chain(of_pools)
        .chain(of_allowances)
        .chain(of_payments)
        .chain(of_records)
        .chain(of_jobs)
        .chain(keys.feeds.iter().chain(&keys.low_water_marks).copied())
}
