//! Idempotency records: what a key was used for, and what it answered.

use std::sync::Arc;

use crate::id::{AccountId, BookingId};
use crate::time::Timestamp;

/// Version of the shape in which answers are stored.
pub const ANSWER_FORMAT: u16 = 1;

/// An idempotency key in its scope: account (live and test are two), the customer token's user, key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentKey {
    /// The account; live and test are siblings with ids of their own.
    pub account: AccountId,
    /// The customer token's user; empty for secret keys.
    pub user: String,
    /// The key as the client sent it.
    pub key: String,
}

/// Keyed hash of method, path, query and canonical body.
pub type Fingerprint = [u8; 32];

/// An answer as it was given. Its bytes are never made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Location`, where a thing was created.
    pub location: Option<String>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What is known about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// The decision's answer is kept and replayed.
    Answered(Arc<Answer>),
    /// Only a tombstone is left: the key can not book, and has no answer to replay.
    Retired,
}

/// The record of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: IntentKey,
    /// What it is bound to; `None` where it was retired before it was ever used.
    pub fingerprint: Option<Fingerprint>,
    /// Method of the first request; empty where there was none, and in a tombstone.
    pub method: String,
    /// Path of the first request; empty where there was none, and in a tombstone.
    pub path: String,
    /// What is kept.
    pub state: RecordState,
    /// What the answer is about, as the text of its id.
    pub resource: Option<String>,
    /// When the key was first decided.
    pub first_seen_at: Timestamp,
    /// When it was last seen, give or take a second.
    pub last_seen_at: Timestamp,
    /// How often it was seen, give or take a second.
    pub attempts: u32,
    /// Clean-up looks at it then; `None` is never.
    pub keep_until: Option<Timestamp>,
}

impl Record {
    /// The booking that the answer is about.
    #[must_use]
    pub fn booking(&self) -> Option<BookingId> {
        self.resource.as_deref()?.parse().ok()
    }

    /// Whether the answer was a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        match &self.state {
            RecordState::Answered(answer) => (200..300).contains(&answer.status),
            RecordState::Retired => false,
        }
    }
}
