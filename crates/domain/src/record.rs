//! Idempotency records: what a key was used for, and what it answered.

use std::sync::Arc;

use crate::id::{AccountId, PersonId};
use crate::resource::Resource;
use crate::time::Timestamp;
use crate::world::World;

/// Version of the shape in which answers are stored.
pub const ANSWER_FORMAT: u16 = 1;

/// Whose keys those of one account are. It is the text that is stored, so here and there they have one order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyScope(String);

/// What the scope of a person begins with. No text that a client may call somebody begins so.
const OF_PERSON: char = '\u{1}';

impl KeyScope {
    /// Of secret keys: all of them share it.
    pub const SHARED: Self = Self(String::new());

    /// Of the customer who is that person.
    #[must_use]
    pub fn of_person(person: PersonId) -> Self {
        Self(format!("{OF_PERSON}{person}"))
    }

    /// Of the customer whom a client calls that, as it was before people had ids of their own.
    #[must_use]
    pub const fn of_user(user_id: String) -> Self {
        Self(user_id)
    }

    /// What was stored.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// What is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose it is, if it says so.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        self.0.strip_prefix(OF_PERSON)?.parse().ok()
    }
}

/// An idempotency key in its scope: account (live and test are two), customer, key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentKey {
    /// The account; live and test are siblings with ids of their own.
    pub account: AccountId,
    /// Whose it is.
    pub scope: KeyScope,
    /// The key as the client sent it.
    pub key: String,
}

/// A key by all the names that its record may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// Its name.
    pub key: IntentKey,
    /// What it was called before people had ids of their own, if it is a customer's.
    pub earlier: Option<IntentKey>,
}

impl NamedKey {
    /// All of its names. One of them has a record at most: whoever makes one has looked for the others.
    pub fn all(&self) -> impl Iterator<Item = &IntentKey> {
        [&self.key].into_iter().chain(&self.earlier)
    }

    /// Its record, if it has one.
    ///
    /// # Panics
    /// When it was not loaded, by any of its names.
    #[must_use]
    pub fn record<'a>(&self, world: &'a World) -> Option<&'a Record> {
        self.all().find_map(|key| world.records.get(key))
    }

    /// What its record is called, or would be.
    ///
    /// # Panics
    /// When its record was not loaded, by any of its names.
    #[must_use]
    pub fn in_use(&self, world: &World) -> &IntentKey {
        self.all().find(|key| world.records.get(key).is_some()).unwrap_or(&self.key)
    }
}

impl From<IntentKey> for NamedKey {
    fn from(key: IntentKey) -> Self {
        Self { key, earlier: None }
    }
}

/// Number of the secret that secrets files begin with: before any was rotated there was no other.
pub const FIRST_SECRET: u8 = 1;
/// The number of the secret, and the hash.
const FINGERPRINT_BYTES: usize = 33;

/// Keyed hash of method, path, query and canonical body, and the number of the secret that is its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; FINGERPRINT_BYTES]);

impl Fingerprint {
    /// The hash that was made with the secret of that number.
    #[must_use]
    pub const fn new(secret: u8, hash: [u8; 32]) -> Self {
        let mut bytes = [secret; FINGERPRINT_BYTES];
        let (_, to) = bytes.split_at_mut(1);
        to.copy_from_slice(&hash);
        Self(bytes)
    }

    /// As it is stored: the number of the secret and the hash. The number of the first one is left out, as
    /// it was before there could be another.
    #[must_use]
    pub fn stored(&self) -> &[u8] {
        match &self.0 {
            [FIRST_SECRET, hash @ ..] => hash,
            numbered => numbered,
        }
    }

    /// Reads what is [`stored`](Self::stored). `None` where it is none.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        match bytes.try_into() {
            Ok(hash) => Some(Self::new(FIRST_SECRET, hash)),
            Err(_) => bytes.try_into().ok().map(Self).filter(|it| it.secret() > FIRST_SECRET),
        }
    }

    /// Number of the secret that it was made with.
    #[must_use]
    pub const fn secret(&self) -> u8 {
        let [secret, ..] = self.0;
        secret
    }
}

/// What a request is known by: its fingerprint, and those that other secrets make of it, by which the
/// record of an earlier one may be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprints {
    /// What its key becomes bound to.
    pub current: Fingerprint,
    /// The same, made with each of the other secrets.
    pub others: Vec<Fingerprint>,
}

/// How a request stands to the one that a key is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is the same.
    Same,
    /// It is another.
    Other,
    /// That cannot be told: the secret with that number is not here.
    Unknown(u8),
}

impl Fingerprints {
    /// Of a request of the engine's own, which has no key to bind.
    pub const NONE: Self = Self::of([0; 32]);

    /// Where no secret was rotated yet.
    #[must_use]
    pub const fn of(hash: [u8; 32]) -> Self {
        Self { current: Fingerprint::new(FIRST_SECRET, hash), others: Vec::new() }
    }

    /// How the request stands to the one with the fingerprint `bound`.
    #[must_use]
    pub fn likeness(&self, bound: Fingerprint) -> Likeness {
        let all = [&self.current].into_iter().chain(&self.others);
        match all.into_iter().find(|own| own.secret() == bound.secret()) {
            Some(own) if *own == bound => Likeness::Same,
            Some(_) => Likeness::Other,
            None => Likeness::Unknown(bound.secret()),
        }
    }
}

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

    /// How the request stands to the one that the key is bound to; a key that was retired before it was
    /// used fits any.
    #[must_use]
    pub fn likeness(&self, request: &Fingerprints) -> Likeness {
        self.fingerprint.map_or(Likeness::Same, |bound| request.likeness(bound))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_of_the_first_secret_are_stored_as_they_always_were() {
        let first = Fingerprint::new(1, [7; 32]);
        assert_eq!(first.stored(), [7; 32]);
        let second = Fingerprint::new(2, [7; 32]);
        assert_eq!(second.stored(), [[2].as_slice(), &[7; 32]].concat());
        for one in [first, second, Fingerprint::new(u8::MAX, [0; 32])] {
            assert_eq!(Fingerprint::from_stored(one.stored()), Some(one));
        }
        let (none, first_again) = ([0; 33], Fingerprint([1; FINGERPRINT_BYTES]).0);
        for strange in [&[][..], &[7; 31], &[7; 34], &none, &first_again] {
            assert_eq!(Fingerprint::from_stored(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn the_scope_of_a_person_is_nobodys_text() {
        let person = PersonId::from_raw(7);
        let scope = KeyScope::of_person(person);
        assert_eq!(scope.person(), Some(person));
        assert!(!crate::intent::is_text(scope.as_str(), 1_000), "nobody may be called that");
        let called = KeyScope::of_user(person.to_string());
        assert_ne!(called, scope);
        assert_eq!([called.person(), KeyScope::SHARED.person()], [None, None]);
        assert_eq!(KeyScope::SHARED, KeyScope::default());
    }

    #[test]
    fn a_request_is_compared_by_the_secret_that_bound_its_key() {
        let (first, second) = (Fingerprint::new(1, [1; 32]), Fingerprint::new(2, [2; 32]));
        let request = Fingerprints { current: second, others: vec![first] };
        for same in [first, second] {
            assert_eq!(request.likeness(same), Likeness::Same);
        }
        for other in [Fingerprint::new(1, [2; 32]), Fingerprint::new(2, [1; 32])] {
            assert_eq!(request.likeness(other), Likeness::Other);
        }
        assert_eq!(request.likeness(Fingerprint::new(3, [2; 32])), Likeness::Unknown(3));
        assert_eq!(Fingerprints::of([1; 32]).likeness(first), Likeness::Same);
    }
}
