//! The activity feed: what happened, in order, without gaps, and who did it.
//!
//! Entries hold no personal data: people are named by their [`PersonId`](crate::id::PersonId) only.

use crate::id::{AccountId, ActivityId};
use crate::intent::Actor;
use crate::money::Money;
use crate::time::Timestamp;

/// Version of the shape of `data`.
pub const SCHEMA_VERSION: u16 = 1;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActivityKind {
    /// An event was created.
    EventCreated,
    /// An event was changed.
    EventUpdated,
    /// A zone was changed.
    ZoneUpdated,
    /// Units are held.
    BookingReserved,
    /// Units are sold.
    BookingConfirmed,
    /// A hold was given back.
    BookingReleased,
    /// A hold's deadline passed.
    BookingExpired,
    /// A sale was undone.
    BookingCancelled,
    /// Money was taken.
    PaymentCaptured,
    /// Money goes back.
    PaymentRefunded,
    /// A key was used with another body.
    IdempotencyCollision,
}

impl ActivityKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::EventCreated,
        Self::EventUpdated,
        Self::ZoneUpdated,
        Self::BookingReserved,
        Self::BookingConfirmed,
        Self::BookingReleased,
        Self::BookingExpired,
        Self::BookingCancelled,
        Self::PaymentCaptured,
        Self::PaymentRefunded,
        Self::IdempotencyCollision,
    ];

    /// The `type` of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EventCreated => "event.created",
            Self::EventUpdated => "event.updated",
            Self::ZoneUpdated => "zone.updated",
            Self::BookingReserved => "booking.reserved",
            Self::BookingConfirmed => "booking.confirmed",
            Self::BookingReleased => "booking.released",
            Self::BookingExpired => "booking.expired",
            Self::BookingCancelled => "booking.cancelled",
            Self::PaymentCaptured => "payment.captured",
            Self::PaymentRefunded => "payment.refunded",
            Self::IdempotencyCollision => "idempotency.collision",
        }
    }

    /// The kind with this `type`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
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
    /// An amount; written as `<name>_amount` and `<name>_currency`.
    Amount(Money),
    /// Several texts.
    List(Vec<String>),
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
    /// What subscribers are told.
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
pub struct Cleaned {
    /// Position of the last entry that is gone; 0 when none is.
    pub position: u64,
    /// When that entry was written. None that is newer is gone.
    pub at: Timestamp,
}

/// What one slice of clean-up takes from a feed: the entries after a position, up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Position of the last entry that was gone before.
    pub after: u64,
    /// How much is gone then.
    pub cleaned: Cleaned,
}

/// The head of an account's feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// Position of the last entry; 0 when there is none.
    pub position: u64,
}
