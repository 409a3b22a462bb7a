//! Requests whose keys are being decided right now. A duplicate attaches to the first and gets its
//! answer; another body under the same key is refused at once.
//!
//! This is comfort, not safety: the transaction alone decides that a key books once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;
use domain::record::{Fingerprint, IntentKey};
use engine::{Fault, Outcome};
use tokio::sync::{oneshot, watch};

use crate::context::Context;

/// What a decision came to.
pub(crate) type Settled = Result<Outcome, Fault>;

/// A key that is being decided.
#[derive(Debug)]
struct Entry {
    fingerprint: Fingerprint,
    first: oneshot::Sender<Settled>,
    /// Of those who attached; mostly nobody does.
    attached: Option<watch::Sender<Option<Settled>>>,
    running: Running,
}

/// What can be told of a request that is being decided.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) cx: Arc<Context>,
    pub(crate) first_seen_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) attempts: u64,
}

/// Where a request stands among those with its key.
#[derive(Debug)]
pub(crate) enum Joined {
    /// It is the first: it has to be decided.
    First(oneshot::Receiver<Settled>),
    /// The same request is being decided: its answer is this one's as well.
    Attached(watch::Receiver<Option<Settled>>),
    /// Another request with this key is being decided.
    OtherBody,
}

impl Entry {
    fn attach(
        &mut self,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Option<watch::Receiver<Option<Settled>>> {
        if self.fingerprint != fingerprint {
            return None;
        }
        self.running.attempts = self.running.attempts.saturating_add(1);
        self.running.last_seen_at = now;
        let attached = self.attached.get_or_insert_with(|| watch::channel(None).0);
        Some(attached.subscribe())
    }
}

#[derive(Debug, Default)]
pub(crate) struct InFlight {
    entries: Mutex<HashMap<IntentKey, Entry>>,
}

impl InFlight {
    /// Joins the requests with this key.
    pub(crate) fn join(
        &self,
        key: &IntentKey,
        fingerprint: Fingerprint,
        running: impl FnOnce() -> Running,
    ) -> Joined {
        let mut entries = self.entries();
        if let Some(entry) = entries.get_mut(key) {
            return match entry.attach(fingerprint, running().last_seen_at) {
                Some(receiver) => Joined::Attached(receiver),
                None => Joined::OtherBody,
            };
        }
        let (first, receiver) = oneshot::channel();
        let entry = Entry { fingerprint, first, attached: None, running: running() };
        entries.insert(key.clone(), entry);
        Joined::First(receiver)
    }

    /// The answer to come, if the same request is being decided.
    pub(crate) fn attach(
        &self,
        key: &IntentKey,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Option<watch::Receiver<Option<Settled>>> {
        self.entries().get_mut(key)?.attach(fingerprint, now)
    }

    /// The decision is there: the key is free again, `note` hears what it was bound to and who had
    /// joined, and then everybody who did hears of the decision.
    pub(crate) fn settle(
        &self,
        key: &IntentKey,
        settled: Settled,
        note: impl FnOnce(IntentKey, Fingerprint, &Running),
    ) {
        let Some((key, entry)) = self.entries().remove_entry(key) else { return };
        let Entry { first, attached, running, fingerprint } = entry;
        note(key, fingerprint, &running);
        // Everybody may have hung up; the decision stands all the same.
        if let Some(attached) = attached {
            let _nobody = attached.send(Some(settled.clone())).is_err();
        }
        let _gone = first.send(settled).is_err();
    }

    /// What is being decided under this key.
    pub(crate) fn running(&self, key: &IntentKey) -> Option<Running> {
        self.entries().get(key).map(|entry| entry.running.clone())
    }

    /// Whether a request with this key is being decided.
    pub(crate) fn is_running(&self, key: &IntentKey) -> bool {
        self.entries().contains_key(key)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<IntentKey, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
