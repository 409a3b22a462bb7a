//! The activity feed: what happened, in order, without gaps, and who did it.
//!
//! Entries hold no personal data: people are named by their [`PersonId`](crate::id::PersonId) only.

use crate::id::{AccountId, ActivityId};
use crate::intent::Actor;
use crate::money::Money;
use crate::time::Timestamp;
use crate::words;

/// Version of the shape of `data`: 2 is the thing as its GET shows it.
pub const SCHEMA_VERSION: u16 = 2;
/// The first one. Entries that have it are still there.
pub const SCHEMA_VERSION_MIN: u16 = 1;

words! {
    /// What happened.
    pub enum ActivityKind {
        /// An event was created.
        EventCreated = "event.created",
        /// An event was changed.
        EventUpdated = "event.updated",
        /// A zone was changed.
        ZoneUpdated = "zone.updated",
        /// Units are held.
        BookingReserved = "booking.reserved",
        /// Units are sold.
        BookingConfirmed = "booking.confirmed",
        /// A hold was given back.
        BookingReleased = "booking.released",
        /// A hold's deadline passed.
        BookingExpired = "booking.expired",
        /// A sale was undone.
        BookingCancelled = "booking.cancelled",
        /// Money was taken.
        PaymentCaptured = "payment.captured",
        /// Money is to go back: who took it has to carry that out.
        PaymentRefundPending = "payment.refund_pending",
        /// Money went back.
        PaymentRefunded = "payment.refunded",
        /// A key was used with another body.
        IdempotencyCollision = "idempotency.collision",
        /// A webhook endpoint was created.
        WebhookEndpointCreated = "webhook_endpoint.created",
        /// A webhook endpoint was changed, or its secret was rotated.
        WebhookEndpointUpdated = "webhook_endpoint.updated",
        /// Nothing is sent to a webhook endpoint any more.
        WebhookEndpointDisabled = "webhook_endpoint.disabled",
        /// A webhook endpoint was deleted.
        WebhookEndpointDeleted = "webhook_endpoint.deleted",
    }
}

impl ActivityKind {
    /// Whether a hold's deadline has passed.
    #[must_use]
    pub const fn is_expiry(self) -> bool {
        matches!(self, Self::BookingExpired)
    }
}

/// A value in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Text: an id, a word, a name of a thing.
    Text(String),
    /// A count.
    Number(i64),
    /// An instant.
    Instant(Timestamp),
    /// An amount. Its currency is a value of its own.
    Amount(Money),
    /// Several texts.
    List(Vec<String>),
    /// Several things, each with values of its own.
    Objects(Vec<Facts>),
    /// Yes or no.
    Flag(bool),
    /// Nothing there.
    Nothing,
}

/// Named values, in the order in which they are shown.
pub type Facts = Vec<(&'static str, Fact)>;

/// An entry of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// Whose feed.
    pub account: AccountId,
    /// Its place in the account's feed: 1, 2, 3 …
    pub position: u64,
    /// What happened.
    pub kind: ActivityKind,
    /// What it happened to, as the text of its id.
    pub resource: String,
    /// Its place among the resource's entries: 1, 2, 3 …
    pub resource_seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// `X-Request-Id` of the request that did it; empty for the engine's own work.
    pub request_id: String,
    /// `X-Correlation-Id` of that request.
    pub correlation_id: Option<String>,
    /// What changed, as it was.
    pub before: Facts,
    /// What changed, as it is.
    pub after: Facts,
    /// What subscribers are told, without what a reader has anyway: what is nothing, what follows from the
    /// entry itself, and what a client calls people.
    pub data: Facts,
}

impl Activity {
    /// The entry without what changed and what is told, which go their own way as text.
    #[must_use]
    pub fn without_facts(&self) -> Self {
        Self {
            resource: self.resource.clone(),
            actor: self.actor.clone(),
            request_id: self.request_id.clone(),
            correlation_id: self.correlation_id.clone(),
            before: Facts::new(),
            after: Facts::new(),
            data: Facts::new(),
            ..*self
        }
    }
}

/// How much of an account's feed clean-up has taken away: its oldest entries, and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LowWaterMark {
    /// Position of the last entry that is gone; 0 when none is.
    pub position: u64,
    /// When that entry was written. None that is newer is gone.
    pub at: Timestamp,
}

/// What one slice of clean-up takes from a feed: the entries after a position, up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// Position of the last entry that was gone before.
    pub after: u64,
    /// How much is gone then.
    pub low_water_mark: LowWaterMark,
}

impl Truncation {
    /// How many entries go.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.low_water_mark.position.saturating_sub(self.after)
    }
}

/// The head of an account's feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// Position of the last entry; 0 when there is none.
    pub position: u64,
}
