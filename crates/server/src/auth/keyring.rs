//! Secret keys as they were read a moment ago, so that a request does not have to read its own.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::Actor;
use domain::id::KeyId;
use engine::credentials::{Credentials, Key};
use engine::{Clock, StoreError};

use super::{AuthError, Caller, hash_secret};
use crate::call::READ_SECONDS;
use crate::limit::Buckets;

/// A key that was read is trusted for so long before it is read again: a revoked key works at most
/// that much longer.
const KEY_TRUST_MICROS: u64 = 1_000_000;
/// After this long one of its requests has it read again, while the others go on.
const KEY_REFRESH_MICROS: u64 = KEY_TRUST_MICROS / 2;
/// Unknown keys are read one after the other in each of so many queues, and never twice at a time.
const QUEUES: usize = 16;

/// What a key is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    /// The hash of its secret.
    Hash([u8; 32]),
    /// Its id, which the tokens that it minted have.
    Id(KeyId),
}

struct Known {
    key: Key,
    read_at_micros: u64,
    /// Somebody reads it again already.
    refreshing: AtomicBool,
    buckets: Option<Arc<Buckets>>,
}

/// The keys that are in use.
pub(super) struct KeyRing {
    credentials: Arc<dyn Credentials>,
    clock: Arc<dyn Clock>,
    rate_default: u32,
    known: RwLock<HashMap<Name, Known>>,
    queues: [tokio::sync::Mutex<()>; QUEUES],
}

impl KeyRing {
    pub(super) fn new(
        credentials: Arc<dyn Credentials>,
        clock: Arc<dyn Clock>,
        rate_default: u32,
    ) -> Self {
        let (known, queues) = (RwLock::default(), Default::default());
        Self { credentials, clock, rate_default, known, queues }
    }

    /// Whose key this is.
    pub(super) async fn caller(self: &Arc<Self>, secret: &str) -> Result<Caller, AuthError> {
        self.named(Name::Hash(hash_secret(secret))).await
    }

    /// The key that minted a token, while it may be used.
    pub(super) async fn minter(self: &Arc<Self>, key: KeyId) -> Result<Caller, AuthError> {
        self.named(Name::Id(key)).await
    }

    async fn named(self: &Arc<Self>, name: Name) -> Result<Caller, AuthError> {
        if let Some(caller) = self.known(name) {
            return caller;
        }
        let last = match name {
            Name::Hash([.., last]) => last,
            Name::Id(id) => id.raw().to_le_bytes()[0],
        };
        let queue = usize::from(last) % QUEUES;
        let queue = self.queues.get(queue).expect("a remainder is below the number of queues");
        let reading = async {
            let _turn = queue.lock().await;
            // Whoever had the turn before may have read it.
            if let Some(caller) = self.known(name) {
                return caller;
            }
            let ring = Arc::clone(self);
            let read = tokio::task::spawn_blocking(move || ring.read(name)).await;
            read.unwrap_or_else(|_| Err(unavailable("the read of a credential was cancelled")))
        };
        let limit = Duration::from_secs(READ_SECONDS);
        let late = |_| Err(unavailable("a credential could not be read in time"));
        tokio::time::timeout(limit, reading).await.unwrap_or_else(late)
    }

    /// What is known of it and still trusted.
    fn known(self: &Arc<Self>, name: Name) -> Option<Result<Caller, AuthError>> {
        let keys = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = keys.get(&name)?;
        let age = self.clock.micros().saturating_sub(known.read_at_micros);
        if age >= KEY_TRUST_MICROS {
            return None;
        }
        if age >= KEY_REFRESH_MICROS && !known.refreshing.swap(true, Ordering::Relaxed) {
            let ring = Arc::clone(self);
            // Nobody waits for it.
            drop(tokio::task::spawn_blocking(move || ring.refresh(name)));
        }
        Some(caller_of(known))
    }

    fn refresh(&self, name: Name) {
        if self.read(name).is_err() {
            let keys = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = keys.get(&name) {
                known.refreshing.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Reads a key; on a thread that may wait.
    fn read(&self, name: Name) -> Result<Caller, AuthError> {
        // Trusted from before it was read, not from after.
        let read_at_micros = self.clock.micros();
        let key = match name {
            Name::Hash(hash) => self.credentials.key_by_hash(&hash),
            Name::Id(id) => self.credentials.key_by_id(id),
        };
        let key = key.map_err(AuthError::Unavailable)?;
        let mut keys = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = keys.remove(&name);
        let key = key.ok_or(AuthError::Unknown)?;
        let buckets = match before {
            Some(known) if known.key.rate == key.rate => known.buckets,
            Some(_) | None => self.buckets(key.rate.unwrap_or(self.rate_default)),
        };
        let known = Known { key, read_at_micros, refreshing: AtomicBool::new(false), buckets };
        let caller = caller_of(&known);
        keys.insert(name, known);
        caller
    }

    /// A rate limit; none for 0.
    fn buckets(&self, rate: u32) -> Option<Arc<Buckets>> {
        let rate = NonZeroU32::new(rate)?;
        Some(Arc::new(Buckets::new(rate, Arc::clone(&self.clock))))
    }
}

fn unavailable(why: &str) -> AuthError {
    AuthError::Unavailable(StoreError::Unavailable(why.to_owned()))
}

fn caller_of(known: &Known) -> Result<Caller, AuthError> {
    let key = &known.key;
    if key.revoked_at.is_some() {
        return Err(AuthError::Revoked { account: key.account, key: key.id });
    }
    Ok(Caller {
        account: key.account,
        mode: key.mode,
        actor: Actor::Key(key.id),
        scopes: key.scopes,
        key: Some(key.id),
        customer: None,
        buckets: known.buckets.clone(),
    })
}
