//! Idempotency records: what a key was used for, and what it answered.

use std::sync::Arc;

use crate::id::AccountId;
use crate::resource::Resource;
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
    /// Only a tombstone is left: the key cannot book, and has no answer to replay.
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
    /// What was sold, if the answer is about that.
    #[must_use]
    pub fn sold(&self) -> Option<Resource> {
        self.resource.as_deref()?.parse().ok()
    }

    /// Whether the key is retired: it cannot book, and has no answer to replay.
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        matches!(self.state, RecordState::Retired)
    }

    /// Whether it is the kept answer to the request that retired this very key. Such an answer stood in
    /// the tombstone's place in stores of earlier versions; the line of the request tells of it.
    #[must_use]
    pub fn retired_itself(&self) -> bool {
        let target = self.path.strip_prefix("/idempotency_keys/");
        let target = target.and_then(|path| path.strip_suffix("/retire"));
        let is_own = target.is_some_and(|target| is_encoded(target, &self.key.key));
        is_own && self.method == "POST" && self.is_success()
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

/// Whether a segment of a path, percent-encoded or not, says that text.
fn is_encoded(segment: &str, text: &str) -> bool {
    let mut rest = segment.as_bytes();
    let all = text.bytes().all(|byte| {
        let (next, after) = match rest {
            [b'%', high, low, after @ ..] => (hex(*high).zip(hex(*low)), after),
            [next, after @ ..] => (Some((next >> 4, next & 0xf)), after),
            [] => return false,
        };
        rest = after;
        next == Some((byte >> 4, byte & 0xf))
    });
    all && rest.is_empty()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
