//! Deliveries: an event on its way to an endpoint, and the attempts to bring it there.

use crate::activity::ActivityKind;
use crate::id::{AccountId, ActivityId, DeliveryId, WebhookEndpointId};
use crate::time::Timestamp;
use crate::webhooks::schedule;
use crate::words;

words! {
    /// How far a delivery has come.
    pub enum DeliveryStatus {
        /// It is tried again, or waits for the one before it of the same resource.
        Pending = "pending",
        /// The receiver has taken it.
        Delivered = "delivered",
        /// It was tried as often as can be, and is given up.
        Failed = "failed",
        /// Its endpoint was deleted, or told again from an earlier position, before it was delivered.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why an attempt had no answer that counts.
    pub enum AttemptFault {
        /// The whole exchange took too long.
        Timeout = "timeout",
        /// The name could not be resolved.
        Dns = "dns",
        /// The address must not be connected to.
        AddressRefused = "address_refused",
        /// There was no connection.
        Connect = "connect",
        /// The connection could not be made safe: certificates, mostly.
        Tls = "tls",
        /// The connection broke, or what came was no HTTP.
        Broken = "broken",
        /// The event is not kept any more, so there is nothing to send.
        EventRemoved = "event_removed",
    }
}

/// An event on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Where to.
    pub endpoint: WebhookEndpointId,
    /// Which event.
    pub event: EventName,
    /// The replay of its endpoint that it belongs to; 0 before the first.
    pub replay: u32,
    /// Whether the endpoint had been told of the event before.
    pub is_replayed: bool,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// Attempts so far.
    pub attempts: u32,
    /// Attempts since it began, or was begun again by hand: the schedule counts these.
    pub scheduled_attempts: u32,
    /// When it is tried next; `None` where it waits for the one before it, or is over.
    pub due_at: Option<Timestamp>,
    /// When it was written first.
    pub created_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

/// An event of the feed, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventName {
    /// Its place in the account's feed.
    pub position: u64,
    /// Its id: the `webhook-id`.
    pub id: ActivityId,
    /// What happened.
    pub kind: ActivityKind,
    /// What it happened to.
    pub resource: String,
    /// Its place among the resource's events.
    pub resource_seq: u32,
}

/// Names an attempt: its delivery, and its number from 1.
pub type AttemptId = (AccountId, DeliveryId, u32);

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Timestamp,
    /// Milliseconds that it took.
    pub millis: u32,
    /// The HTTP status that was answered.
    pub response_status: Option<u16>,
    /// Why there was none.
    pub fault: Option<AttemptFault>,
    /// The first bytes of the answer's body; at most [`ATTEMPT_BODY_BYTES_MAX`](crate::limits::ATTEMPT_BODY_BYTES_MAX).
    pub body: Vec<u8>,
}

impl DeliveryAttempt {
    /// Only an answer that says so is a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.fault.is_none()
            && self.response_status.is_some_and(|status| (200..300).contains(&status))
    }

    /// The receiver wants nothing more, ever.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.response_status == Some(410)
    }

    /// Trying again would be in vain.
    fn is_final(&self) -> bool {
        self.fault == Some(AttemptFault::EventRemoved)
    }
}

impl Delivery {
    /// What becomes of it by an attempt that ended now.
    #[must_use]
    pub fn after(
        self,
        attempt: &DeliveryAttempt,
        retry_after_ms: Option<i64>,
        now: Timestamp,
    ) -> Self {
        let attempts = self.attempts.saturating_add(1);
        let scheduled_attempts = self.scheduled_attempts.saturating_add(1);
        let seed = u64::try_from(self.id.raw() & u128::from(u64::MAX)).unwrap_or(0);
        let wait = schedule::wait_ms(scheduled_attempts, seed, retry_after_ms)
            .filter(|_| !attempt.is_final());
        let (status, due_at) = match wait {
            _ if attempt.is_success() => (DeliveryStatus::Delivered, None),
            Some(wait) => (DeliveryStatus::Pending, Some(now.plus_millis(wait))),
            None => (DeliveryStatus::Failed, None),
        };
        let ended_at = (status != DeliveryStatus::Pending).then_some(now);
        Self { attempts, scheduled_attempts, status, due_at, ended_at, ..self }
    }

    /// It is tried again, as if it never had been.
    #[must_use]
    pub fn begun_again(self, now: Timestamp) -> Self {
        Self {
            status: DeliveryStatus::Pending,
            scheduled_attempts: 0,
            due_at: Some(now),
            ended_at: None,
            ..self
        }
    }

    /// It is not tried any more.
    #[must_use]
    pub fn cancelled(self, now: Timestamp) -> Self {
        Self { status: DeliveryStatus::Cancelled, due_at: None, ended_at: Some(now), ..self }
    }
}
