//! Answers that a key has already, found without its writer.

use std::sync::PoisonError;
use std::time::Duration;

use axum::response::Response;
use domain::record::{
    Answer, Fingerprint, Fingerprints, IntentKey, Likeness, NamedKey, Record, RecordState,
};
use engine::StoreError;
use engine::reads::Reads;

use super::Bound;
use super::answer::response;
use crate::app::App;
use crate::call::{Arrival, READ_SECONDS};
use crate::refusal::{Refusal, unavailable};

impl App {
    /// The caller's bucket is empty. What its key has answered already may still be had, out of the
    /// bucket for replays.
    pub(super) async fn replay_only(&self, bound: Bound) -> Result<Response, Refusal> {
        let Bound { call, key, fingerprints } = bound;
        let room = call.caller.buckets.as_ref().is_some_and(|buckets| buckets.replay());
        let Some(key) = key.filter(|_| room) else {
            call.within_rate(self)?;
            return Err(unavailable("There is no room for replays now."));
        };
        if let Some(response) = self.remembered(Some(&key), fingerprints.current) {
            return response;
        }
        let now = self.clock.now();
        if let Some(receiver) = self.in_flight.attach(&key.key, fingerprints.current, now) {
            return self.attached(&call, receiver).await;
        }
        match self.beside(&key, &fingerprints, call.arrival).await? {
            Some(response) => Ok(response),
            None => {
                call.within_rate(self)?;
                Err(unavailable("There is no room for new requests now."))
            }
        }
    }

    /// What the key was answered a short while ago, if it is remembered. The record would say the same.
    pub(super) fn remembered(
        &self,
        key: Option<&NamedKey>,
        fingerprint: Fingerprint,
    ) -> Option<Result<Response, Refusal>> {
        let key = &key?.key;
        let remembered = self.recent.get(key, self.clock.now())?;
        Some(if remembered.fingerprint == fingerprint {
            Ok(self.replayed(key, &remembered.answer))
        } else {
            Err(self.collided(key))
        })
    }

    async fn record(&self, key: &NamedKey, arrival: Arrival) -> Result<Option<Record>, Refusal> {
        let key = key.clone();
        let limit = arrival.left().min(Duration::from_secs(READ_SECONDS));
        self.read_within(limit, move |reads| record_of(reads, &key)).await
    }

    /// What the key's record says to the request, as the engine would have it.
    fn by_record(&self, record: Record, request: &Fingerprints) -> Result<Response, Refusal> {
        match record.likeness(request) {
            Likeness::Same => {}
            Likeness::Other => return Err(self.collided(&record.key)),
            Likeness::Unknown(secret) => {
                return Err(engine::Fault::Unavailable(engine::unknown_secret(secret)).into());
            }
        }
        match record.state {
            RecordState::Answered(answer) => Ok(self.replayed(&record.key, &answer)),
            RecordState::Retired => {
                let reject = domain::reject::KeyReject::Retired { existing: record.resource };
                Err(crate::render::problem(&domain::Reject::Key(reject)).into())
            }
        }
    }

    /// Another request with this key is being decided. Whose the key is, its record tells; where there
    /// is none yet, it is the running request's. `None` when there is neither any more.
    pub(super) async fn beside(
        &self,
        key: &NamedKey,
        fingerprints: &Fingerprints,
        arrival: Arrival,
    ) -> Result<Option<Response>, Refusal> {
        match self.record(key, arrival).await? {
            Some(record) => self.by_record(record, fingerprints).map(Some),
            None if self.in_flight.is_running(&key.key) => Err(self.collided(&key.key)),
            None => Ok(None),
        }
    }

    /// The key is bound to another request than the one that came with it now.
    pub(super) fn collided(&self, key: &IntentKey) -> Refusal {
        self.metrics.collided();
        self.key_usage.lock().unwrap_or_else(PoisonError::into_inner).collide(key);
        reused()
    }

    /// The answer of a key once more.
    fn replayed(&self, key: &IntentKey, answer: &Answer) -> Response {
        let now = self.clock.now();
        self.key_usage.lock().unwrap_or_else(PoisonError::into_inner).see(key, now);
        self.metrics.replayed();
        response(answer, true)
    }
}

/// The record of a key, whatever it is called.
pub(crate) fn record_of(reads: &dyn Reads, key: &NamedKey) -> Result<Option<Record>, StoreError> {
    for name in key.all() {
        if let Some(record) = reads.record(name)? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

fn reused() -> Refusal {
    crate::render::problem(&domain::Reject::Key(domain::reject::KeyReject::Reused)).into()
}
