//! The store's sides with a switch: while it is down, nothing can be read of it and nobody's credential
//! can be checked. And a store that will never take one user's bookings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use domain::activity::{ActivityKind, LowWaterMark};
use domain::allowance::{Allowance, AllowanceId};
use domain::deadline::Deadline;
use domain::id::{
    AccountId, BookingId, DeliveryId, EventId, KeyId, PersonId, WebhookEndpointId, ZoneId,
};
use domain::invariants::Audit;
use domain::job::JobKind;
use domain::person::Handles;
use domain::pool::SeatNo;
use domain::record::{IntentKey, Record};
use domain::table::Write;
use domain::tickets::event::ZoneStock;
use domain::webhooks::delivery::Delivery;
use domain::webhooks::endpoint::WebhookEndpoint;
use domain::world::Of;
use domain::{Keys, Timestamp, World};
use engine::cleaning::{DeliverySearch, DueDelivery, Found, Search};
use engine::credentials::{Account, Credentials, Key};
use engine::reads::due::{DueReads, Waiting};
use engine::reads::{ActivityFilter, FeedPage, Identity, Page, Reads};
use engine::tickets::{BookingFilter, BookingView, EventView, SeatView, TicketReads};
use engine::webhooks::{DeliveryFilter, DeliveryView, WebhookReads, WebhookState};
use engine::{Batch, BatchId, CommitError, Store, StoreError, Tx};

/// Whom the store refuses.
pub(crate) const POISON: &str = "poison";
/// Whose booking breaks it.
pub(crate) const FATAL: &str = "fatal";
/// The key whose record never changes.
pub(crate) const STUCK: &str = "stuck";

/// What is wrong with the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage {
    down: Arc<AtomicBool>,
    panics: Arc<AtomicBool>,
    asked: Arc<Asked>,
    lost: Arc<AtomicU64>,
    fails_pages: Arc<AtomicBool>,
}

/// Who was asked who the store is, and whether they wait.
#[derive(Debug, Default)]
struct Asked {
    state: Mutex<AskedState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct AskedState {
    times: usize,
    held: bool,
}

impl Outage {
    /// Nothing can be read from now on, or again.
    pub(crate) fn set(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Whoever looks at an event meets a fault of ours.
    pub(crate) fn panic_on_events(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }

    /// So many entries of each feed are gone, as after a failover to a standby that was behind.
    pub(crate) fn lose(&self, entries: u64) {
        self.lost.store(entries, Ordering::SeqCst);
    }

    /// No page of the feed can be read from now on, or again.
    pub(crate) fn fail_pages(&self, fail: bool) {
        self.fails_pages.store(fail, Ordering::SeqCst);
    }

    /// The store does not say who it is until it is told to go on.
    pub(crate) fn hold_identity(&self, held: bool) {
        self.asked().held = held;
        self.asked.changed.notify_all();
    }

    /// How often it was asked who it is.
    pub(crate) fn times_asked(&self) -> usize {
        self.asked().times
    }

    fn asked(&self) -> MutexGuard<'_, AskedState> {
        self.asked.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn identity_passes(&self) {
        let mut state = self.asked();
        state.times += 1;
        drop(self.asked.changed.wait_while(state, |state| state.held));
    }

    fn up(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the test took it away".to_owned()));
        }
        Ok(())
    }
}

/// A side of the store behind the switch.
pub(crate) struct Switched<T: ?Sized> {
    pub(crate) outage: Outage,
    pub(crate) inner: Arc<T>,
}

impl<T: ?Sized> Switched<T> {
    fn up(&self) -> Result<&T, StoreError> {
        self.outage.up().map(|()| self.inner.as_ref())
    }
}

impl Credentials for Switched<dyn Credentials> {
    fn account(&self, fresh: Account) -> Result<Account, StoreError> {
        self.up()?.account(fresh)
    }
    fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        self.up()?.add_key(key)
    }
    fn keys(&self) -> Result<Vec<(Key, Account)>, StoreError> {
        self.up()?.keys()
    }
    fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
        self.up()?.revoke_key(id, now)
    }
    fn bind(&self, name: &str, value: Option<&str>) -> Result<Option<String>, StoreError> {
        self.up()?.bind(name, value)
    }
    fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Key>, StoreError> {
        self.up()?.key_by_hash(hash)
    }
    fn key_by_id(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        self.up()?.key_by_id(id)
    }
}

impl DueReads for Switched<dyn Reads> {
    fn jobs(&self, kind: JobKind, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        self.up()?.jobs(kind, limit)
    }
    fn due_records(&self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError> {
        self.up()?.due_records(now, limit)
    }
    fn due_entries(&self, search: Search) -> Result<Found, StoreError> {
        self.up()?.due_entries(search)
    }

    fn due_deliveries(&self, search: DeliverySearch) -> Result<Vec<DueDelivery>, StoreError> {
        self.up()?.due_deliveries(search)
    }
    fn due_webhooks(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<WebhookEndpointId>>, StoreError> {
        self.up()?.due_webhooks(now, limit)
    }
    fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Result<Option<WebhookState>, StoreError> {
        self.up()?.webhook(endpoint, limit)
    }
    fn feed_head(&self, account: AccountId) -> Result<u64, StoreError> {
        let lost = self.outage.lost.load(Ordering::SeqCst);
        Ok(self.up()?.feed_head(account)?.saturating_sub(lost))
    }
    fn feed_page(
        &self,
        account: AccountId,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        if self.outage.fails_pages.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the test took its pages away".to_owned()));
        }
        let head = self.feed_head(account)?;
        let mut page = self.up()?.feed_page(account, filter, limit)?;
        page.emitted.retain(|told| told.activity.position <= head);
        Ok(page)
    }
}

impl WebhookReads for Switched<dyn Reads> {
    fn endpoint(
        &self,
        account: AccountId,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError> {
        self.up()?.endpoint(account, id)
    }
    fn endpoints(
        &self,
        account: AccountId,
        page: Page<WebhookEndpointId>,
    ) -> Result<Vec<WebhookEndpoint>, StoreError> {
        self.up()?.endpoints(account, page)
    }
    fn delivery(
        &self,
        account: AccountId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryView>, StoreError> {
        self.up()?.delivery(account, id)
    }
    fn deliveries(
        &self,
        account: AccountId,
        filter: DeliveryFilter,
        page: Page<DeliveryId>,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.up()?.deliveries(account, filter, page)
    }
    fn deliveries_of(
        &self,
        account: AccountId,
        position: u64,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.up()?.deliveries_of(account, position)
    }
}

impl TicketReads for Switched<dyn Reads> {
    fn event(&self, account: AccountId, id: EventId) -> Result<Option<EventView>, StoreError> {
        assert!(!self.outage.panics.load(Ordering::SeqCst), "the test wants a panic");
        self.up()?.event(account, id)
    }
    fn events(
        &self,
        account: AccountId,
        page: Page<EventId>,
    ) -> Result<Vec<EventView>, StoreError> {
        self.up()?.events(account, page)
    }
    fn zone(&self, account: AccountId, id: ZoneId) -> Result<Option<ZoneStock>, StoreError> {
        self.up()?.zone(account, id)
    }
    fn seats(
        &self,
        account: AccountId,
        zone: ZoneId,
        page: Page<SeatNo>,
    ) -> Result<Vec<SeatView>, StoreError> {
        self.up()?.seats(account, zone, page)
    }
    fn booking(
        &self,
        account: AccountId,
        id: BookingId,
    ) -> Result<Option<BookingView>, StoreError> {
        self.up()?.booking(account, id)
    }
    fn bookings(
        &self,
        account: AccountId,
        filter: BookingFilter,
        page: Page<BookingId>,
    ) -> Result<Vec<BookingView>, StoreError> {
        self.up()?.bookings(account, filter, page)
    }
}

impl Reads for Switched<dyn Reads> {
    fn identity(&self) -> Result<Identity, StoreError> {
        self.outage.identity_passes();
        self.up()?.identity()
    }
    fn person(
        &self,
        account: AccountId,
        handles: &Handles,
    ) -> Result<Option<PersonId>, StoreError> {
        self.up()?.person(account, handles)
    }
    fn allowance(&self, account: AccountId, id: AllowanceId) -> Result<Allowance, StoreError> {
        self.up()?.allowance(account, id)
    }
    fn record(&self, key: &IntentKey) -> Result<Option<Record>, StoreError> {
        self.up()?.record(key)
    }
    fn records_of(&self, account: AccountId, resource: &str) -> Result<Vec<Record>, StoreError> {
        self.up()?.records_of(account, resource)
    }
    fn users(
        &self,
        account: AccountId,
        people: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        self.up()?.users(account, people)
    }
    fn low_water_mark(&self, account: AccountId) -> Result<LowWaterMark, StoreError> {
        self.up()?.low_water_mark(account)
    }
    fn audit(&self, audit: &mut Audit, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        self.up()?.audit(audit, progress)
    }
    fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.up()?.clock()
    }
    fn last_instant(&self) -> Result<Option<Timestamp>, StoreError> {
        self.up()?.last_instant()
    }
}

/// The store, but for what [`POISON`] books and what becomes of [`STUCK`]: its disk takes everything else.
pub(crate) struct PickyStore(pub(crate) Box<dyn Store>);

impl Store for PickyStore {
    fn begin(&mut self) -> Result<Box<dyn Tx + '_>, StoreError> {
        Ok(Box::new(PickyTx(self.0.begin()?)))
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

struct PickyTx<'a>(Box<dyn Tx + 'a>);

impl Tx for PickyTx<'_> {
    fn now(&mut self, clock: Timestamp) -> Result<Timestamp, StoreError> {
        self.0.now(clock)
    }
    fn load(&mut self, keys: &Keys, world: &mut World) -> Result<(), StoreError> {
        self.0.load(keys, world)
    }
    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Deadline>, StoreError> {
        self.0.due(now, limit)
    }
    fn commit(self: Box<Self>, batch: &Batch<'_>) -> Result<(), CommitError> {
        let told = &batch.world.activity;
        let reserves = told.iter().any(|entry| entry.kind == ActivityKind::BookingReserved);
        let books = |user: &str| {
            reserves
                && batch.world.bookings.writes().any(|write| match write {
                    Write::Insert(_, booking) | Write::Update(_, booking) => {
                        booking.user_id == user
                    }
                    Write::Delete(_) => false,
                })
        };
        if books(POISON) {
            return Err(CommitError::Refused("the test refuses this user".to_owned()));
        }
        let changes_stuck = batch.world.records.writes().any(|write| match write {
            Write::Update(key, _) | Write::Delete(key) => key.key == STUCK,
            Write::Insert(..) => false,
        });
        if changes_stuck {
            return Err(CommitError::Refused("the test keeps this record".to_owned()));
        }
        if books(FATAL) {
            let broken = StoreError::Broken("the test wants it to be".to_owned());
            return Err(CommitError::NotWritten(broken));
        }
        self.0.commit(batch)
    }
}
