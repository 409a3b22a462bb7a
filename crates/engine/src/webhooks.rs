//! Webhooks: what is read about endpoints and deliveries, and the worker that delivers.

mod dispatcher;
mod held;
mod lines;
mod outbound;
mod wake;

use domain::Timestamp;
use domain::activity::ActivityKind;
use domain::id::{AccountId, DeliveryId, WebhookEndpointId};
use domain::webhooks::delivery::{Delivery, DeliveryAttempt, DeliveryStatus};
use domain::webhooks::endpoint::{WebhookCursor, WebhookEndpoint};

use crate::error::StoreError;
use crate::reads::Page;

pub use dispatcher::Dispatcher;
pub use outbound::{Done, Ended, Exchange, Outbound};
pub use wake::Wake;

/// How much the dispatcher takes upon itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Exchanges that are open at a time.
    pub flying_max: usize,
    /// Exchanges with one endpoint that are open at a time, once it answers well; with one that fails it is one.
    pub window_max: usize,
    /// Events of an endpoint that were read and have no row yet.
    pub queued_max: usize,
    /// Deliveries of an endpoint that are not over. Beyond that nothing more is read for it: the feed keeps it.
    pub pending_max: usize,
    /// Entries of a feed that are read at a time.
    pub page_rows: usize,
    /// Deliveries that are written in one batch.
    pub written_max: usize,
    /// Endpoints that are leased at a time by one dispatcher …
    pub held_max: usize,
    /// … and by one batch.
    pub leased_max: usize,
    /// How long a lease is.
    pub lease_ms: i64,
    /// So long before its end it is renewed.
    pub renew_ms: i64,
    /// So long before its end nothing more is sent. It is longer than an exchange may take: what is on its way has
    /// arrived, or never will, before somebody else can send the same or the next.
    pub margin_ms: i64,
    /// An endpoint is kept so long while there is nothing to do for it.
    pub linger_ms: i64,
    /// Endpoints are looked for at least so often …
    pub look_ms: i64,
    /// … and at most, however much happens.
    pub rest_ms: i64,
    /// Feeds of leased endpoints are looked at so often, as other nodes write to them.
    pub follow_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flying_max: 1_024,
            window_max: 64,
            queued_max: 512,
            pending_max: 1_000,
            page_rows: 256,
            written_max: 256,
            held_max: 10_000,
            leased_max: 64,
            lease_ms: 40_000,
            renew_ms: 20_000,
            margin_ms: 16_000,
            linger_ms: 3_000,
            look_ms: 1_000,
            rest_ms: 20,
            follow_ms: 200,
        }
    }
}

/// What the dispatcher has done since it last told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookReport {
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Of each that succeeded, milliseconds since what happened.
    pub lag_millis: Vec<u64>,
    /// Endpoints that are leased now.
    pub endpoints: usize,
    /// Exchanges that are open now.
    pub flying: usize,
    /// Deliveries of leased endpoints that are tried again later.
    pub pending: usize,
}

impl WebhookReport {
    fn count(&mut self, attempt: &DeliveryAttempt, happened_at: Timestamp) {
        if !attempt.is_success() {
            self.failed = self.failed.saturating_add(1);
            return;
        }
        self.succeeded = self.succeeded.saturating_add(1);
        let ended_at = attempt.at.plus_millis(i64::from(attempt.millis));
        let lag = ended_at.millis_since(happened_at);
        self.lag_millis.push(u64::try_from(lag).unwrap_or(0));
    }
}

/// A delivery with its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryView {
    /// The delivery.
    pub delivery: Delivery,
    /// Its attempts, the first one first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// Which deliveries; `None` is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// To this endpoint.
    pub endpoint: Option<WebhookEndpointId>,
    /// With this status.
    pub status: Option<DeliveryStatus>,
    /// Of events of this type.
    pub kind: Option<ActivityKind>,
}

/// All that whoever delivers to an endpoint has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookState {
    /// The endpoint, deleted or not.
    pub endpoint: WebhookEndpoint,
    /// Up to where it was told.
    pub cursor: WebhookCursor,
    /// Deliveries that are not over, in the order of their events.
    pub pending: Vec<Delivery>,
    /// Positions behind the cursor of which the present replay has a delivery.
    pub recorded: Vec<u64>,
}

/// Reads about webhooks.
#[expect(clippy::missing_errors_doc, reason = "every method fails with a StoreError only")]
pub trait WebhookReads {
    /// One endpoint, deleted or not.
    fn endpoint(
        &self,
        account: AccountId,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError>;
    /// Endpoints that are not deleted, newest first.
    fn endpoints(
        &self,
        account: AccountId,
        page: Page<WebhookEndpointId>,
    ) -> Result<Vec<WebhookEndpoint>, StoreError>;
    /// One delivery.
    fn delivery(
        &self,
        account: AccountId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryView>, StoreError>;
    /// Deliveries, newest first.
    fn deliveries(
        &self,
        account: AccountId,
        filter: DeliveryFilter,
        page: Page<DeliveryId>,
    ) -> Result<Vec<Delivery>, StoreError>;
    /// Deliveries of the event at a position.
    fn deliveries_of(&self, account: AccountId, position: u64)
    -> Result<Vec<Delivery>, StoreError>;
}
