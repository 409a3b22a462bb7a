//! A store that fails on purpose, by a plan that comes from a seed.

mod plan;

use std::fmt;
use std::sync::Arc;

use domain::deadline::Deadline;
use domain::id::{AccountId, WebhookEndpointId};
use domain::job::JobKind;
use domain::record::IntentKey;
use domain::table::Write;
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::cleaning::{DeliverySearch, DueDelivery, Found, Search};
use engine::reads::due::{DueReads, Waiting};
use engine::reads::{ActivityFilter, FeedPage, Reads};
use engine::webhooks::WebhookState;
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};

use plan::AtCommit;
pub use plan::{Faults, Rates};

/// Wraps a store and fails where the plan says so.
pub struct FaultyStore {
    inner: Box<dyn Store>,
    faults: Faults,
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FaultyStore").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl FaultyStore {
    /// The store, with these faults.
    #[must_use]
    pub fn new(inner: Box<dyn Store>, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl Store for FaultyStore {
    fn wants_one_account(&self) -> bool {
        self.inner.wants_one_account()
    }

    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        self.faults.at_begin()?;
        let inner = self.inner.begin()?;
        Ok(Box::new(FaultyTx { inner, faults: self.faults.clone() }))
    }

    fn was_committed(&mut self, batch: BatchId) -> Result<bool, StoreError> {
        self.faults.at_settle()?;
        self.inner.was_committed(batch)
    }

    fn next_deadline(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.faults.at_load()?;
        self.inner.next_deadline()
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.faults.at_load()?;
        self.inner.last_instant()
    }
}

/// Reads of what is due that fail where the plan says so.
pub struct FaultyDue {
    inner: Arc<dyn Reads>,
    faults: Faults,
}

impl fmt::Debug for FaultyDue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FaultyDue").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl FaultyDue {
    /// The reads, with these faults.
    #[must_use]
    pub fn new(inner: Arc<dyn Reads>, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl DueReads for FaultyDue {
    fn jobs(&self, kind: JobKind, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        self.faults.at_load()?;
        self.inner.jobs(kind, limit)
    }

    fn due_records(&self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        self.faults.at_load()?;
        self.inner.due_records(now, limit)
    }

    fn due_entries(&self, search: Search) -> Result<Found, StoreError> {
        self.faults.at_load()?;
        self.inner.due_entries(search)
    }

    fn due_deliveries(&self, search: DeliverySearch) -> Result<Vec<DueDelivery>, StoreError> {
        self.faults.at_load()?;
        self.inner.due_deliveries(search)
    }

    fn due_webhooks(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<WebhookEndpointId>>, StoreError> {
        self.faults.at_load()?;
        self.inner.due_webhooks(now, limit)
    }

    fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Result<Option<WebhookState>, StoreError> {
        self.faults.at_load()?;
        self.inner.webhook(endpoint, limit)
    }

    fn feed_head(&self, account: AccountId) -> Result<u64, StoreError> {
        self.faults.at_load()?;
        self.inner.feed_head(account)
    }

    fn feed_page(
        &self,
        account: AccountId,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.faults.at_load()?;
        self.inner.feed_page(account, filter, limit)
    }
}

struct FaultyTx<'a> {
    inner: Box<dyn Tx + 'a>,
    faults: Faults,
}

impl Tx for FaultyTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.inner.now(clock)
    }

    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.faults.at_load()?;
        self.inner.load(keys, world)
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        self.faults.at_load()?;
        self.inner.due(now, limit)
    }

    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        let Self { inner, faults } = *self;
        if let Some(key) = new_records(batch).find(|key| faults.refuses(key)) {
            return Err(CommitError::Refused(format!("{:?} is never taken", key.key)));
        }
        let AtCommit { works, error, dies } = faults.at_commit();
        let committed = if works { inner.commit(batch) } else { Ok(()) };
        if dies {
            faults.die();
        }
        committed?;
        error.map_or(Ok(()), Err)
    }
}

fn new_records<'a>(batch: &Batch<'a>) -> impl Iterator<Item = &'a IntentKey> {
    batch.world.records.writes().filter_map(|write| match write {
        Write::Insert(key, _) => Some(key),
        Write::Update(..) | Write::Delete(_) => None,
    })
}
