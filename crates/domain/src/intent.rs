//! Intents: what a client wants, named by its idempotency key.

use std::collections::BTreeSet;

use crate::activity::Cut;
use crate::id::{AccountId, BookingId, KeyId, PersonId};
use crate::job::{JobId, Lease, NewJob, Settlement};
use crate::payment::{Method, PaymentReference};
use crate::record::{Fingerprint, IntentKey};
use crate::tickets::intent::{
    Cancellation, Confirmation, EventPatch, NewBooking, NewEvent, ZonePatch,
};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The holder of a secret key.
    Key(KeyId),
    /// The holder of a customer token; sees only this person's bookings.
    Customer(PersonId),
    /// The engine itself.
    System,
}

impl core::fmt::Display for Actor {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Key(key) => write!(out, "{key}"),
            Self::Customer(person) => write!(out, "customer:{person}"),
            Self::System => out.write_str("system"),
        }
    }
}

/// The request that an intent came with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `X-Request-Id`.
    pub id: String,
    /// `X-Correlation-Id`.
    pub correlation_id: Option<String>,
    /// HTTP method.
    pub method: String,
    /// Path as the client sent it.
    pub path: String,
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Whose things it is about.
    pub account: AccountId,
    /// Who asks.
    pub actor: Actor,
    /// The intent's name, where it has one.
    pub key: Option<IntentKey>,
    /// What the name is bound to.
    pub fingerprint: Fingerprint,
    /// The request it came with.
    pub request: Request,
    /// What is to be done.
    pub command: Command,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Put an event on sale.
    CreateEvent(NewEvent),
    /// Change an event.
    UpdateEvent(EventPatch),
    /// Change a zone.
    UpdateZone(ZonePatch),
    /// Hold units.
    Reserve(NewBooking),
    /// Turn a hold into a sale.
    Confirm(Confirmation),
    /// Give a hold back.
    Release(BookingId),
    /// Undo a sale, or give a hold back.
    Cancel(Cancellation),
    /// Make sure that a key can never book.
    RetireKey(IntentKey),
    /// Let a customer act for themselves; seconds that the token lives.
    MintToken {
        /// The customer, in the client's word.
        user_id: String,
        /// Seconds that the token lives.
        seconds: u32,
    },
    /// The fields did not pass their checks: only an earlier answer of the key can be given.
    Malformed,
    /// End a hold whose deadline has passed.
    Expire(BookingId),
    /// Somebody used a key with another body since that was last noted.
    NoteCollision(IntentKey),
    /// Make a job, unless it is there.
    PutJob(NewJob),
    /// Take jobs of the account, as far as they are to be had.
    LeaseJobs {
        /// Which ones.
        jobs: BTreeSet<JobId>,
        /// For how long.
        lease_ms: i64,
    },
    /// Say what becomes of a job that is leased.
    SettleJob {
        /// Proof of the lease: whoever has lost it changes nothing.
        lease: Lease,
        /// What becomes of it.
        settlement: Settlement,
    },
    /// See whether a record's time is over.
    CleanUpRecord(IntentKey),
    /// Take the oldest entries of the account's feed away, if their time is over.
    CleanUpFeed {
        /// Proof of the lease: whoever has lost it takes nothing.
        lease: Lease,
        /// Which entries.
        cut: Cut,
    },
}

/// Whether `text` is not blank, has at most `chars_max` characters and no control characters.
#[must_use]
pub fn is_text(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty()
        && text.chars().take(chars_max.saturating_add(1)).count() <= chars_max
        && !text.chars().any(char::is_control)
}

/// How a booking was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayment {
    /// By which method.
    pub method: Method,
    /// The payment's name outside.
    pub reference: String,
}

impl NewPayment {
    /// What it is called outside.
    #[must_use]
    pub fn name(&self) -> PaymentReference {
        PaymentReference { method: self.method, reference: self.reference.clone() }
    }
}
