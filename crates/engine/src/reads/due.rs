//! What workers look for: reads about all accounts, of which nothing is believed. What is found is decided
//! about again, on rows that the writer loads.

use domain::Timestamp;
use domain::id::{AccountId, WebhookEndpointId};
use domain::job::{JobId, JobKind};
use domain::record::IntentKey;
use domain::world::Of;

use crate::cleaning::{DeliverySearch, DueDelivery, Found, Search};
use crate::error::StoreError;
use crate::reads::{ActivityFilter, FeedPage};
use crate::webhooks::WebhookState;

/// A job that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// From this instant on it can be leased.
    pub ready_at: Timestamp,
    /// Which one.
    pub job: Of<JobId>,
}

/// Reads of what is due.
#[expect(clippy::missing_errors_doc, reason = "every method fails with a StoreError only")]
pub trait DueReads: Send + Sync {
    /// Jobs of a kind, those first that can be leased first.
    fn jobs(&self, kind: JobKind, limit: usize) -> Result<Vec<Waiting>, StoreError>;
    /// Records that clean-up has to look at, the earliest first.
    fn due_records(&self, now: Timestamp, limit: usize) -> Result<Vec<IntentKey>, StoreError>;
    /// The first feed, from an account on, whose oldest entries have to go. An entry is looked at only in
    /// the feed that is found, besides the first of each other.
    fn due_entries(&self, search: Search) -> Result<Found, StoreError>;
    /// Deliveries that were over by an instant, of all accounts, in the order of their places.
    fn due_deliveries(&self, search: DeliverySearch) -> Result<Vec<DueDelivery>, StoreError>;
    /// Webhook endpoints that nobody has leased and that have something to do: the feed has gone on behind their
    /// cursor, or something is due.
    fn due_webhooks(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Of<WebhookEndpointId>>, StoreError>;
    /// A webhook endpoint with its deliveries that are not over, of which there may be up to `limit`.
    fn webhook(
        &self,
        endpoint: Of<WebhookEndpointId>,
        limit: usize,
    ) -> Result<Option<WebhookState>, StoreError>;
    /// Activity, oldest first, and whether it ends before what can be read.
    fn feed_page(
        &self,
        account: AccountId,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<FeedPage, StoreError>;
    /// Position of the last entry of an account's feed; 0 when there is none.
    fn feed_head(&self, account: AccountId) -> Result<u64, StoreError>;
}
