//! Keys: retire one for good, note that one was reused, clean up records whose time is over.

use crate::activity::{ActivityKind, Fact};
use crate::decide::draft::{Draft, Entry};
use crate::decide::rule::{Needs, Rule};
use crate::decide::{Context, Decision};
use crate::intent::{Actor, Intent};
use crate::record::{IntentKey, NamedKey, Record, RecordState};
use crate::reject::{KeyReject, Reject};
use crate::reply::Reply;
use crate::retention::{Fate, fate};
use crate::world::{Change, World};

/// Make sure that a key can never book.
pub(super) struct RetireKey<'a>(pub(super) &'a NamedKey);

impl Rule for RetireKey<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.named(self.0);
    }

    /// Makes sure that the key can never book: a tombstone, or the record that exists. A customer may name
    /// keys that have a record only: a tombstone is kept for ever, and they could make any number.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        if let Some(record) = self.0.record(world) {
            let answer = Ok(Reply::Key(Box::new(record.clone())));
            return Ok(Decision { answer, changes: Vec::new() });
        }
        if matches!(intent.actor, Actor::Customer(_)) {
            return Err(Reject::Key(KeyReject::Unused));
        }
        let record = Record {
            key: self.0.key.clone(),
            fingerprint: None,
            method: String::new(),
            path: String::new(),
            state: RecordState::Retired,
            resource: None,
            first_seen_at: cx.now,
            last_seen_at: cx.now,
            attempts: 0,
            keep_until: None,
        };
        let answer = Ok(Reply::Key(Box::new(record.clone())));
        Ok(Decision { answer, changes: vec![Change::from(record)] })
    }
}

/// Somebody used a key with another body since that was last noted.
pub(super) struct NoteCollision<'a>(pub(super) &'a IntentKey);

impl Rule for NoteCollision<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.feed();
        needs.record(self.0);
    }

    /// Tells subscribers that somebody used the key with another body.
    fn decide(
        &self,
        world: &World,
        intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let mut draft = Draft::new(world, intent);
        if let Some(record) = world.records.get(self.0) {
            let resource = record.resource.clone();
            // Each collision is a thing of its own: keys have no count of their activities.
            let own = crate::id::ActivityId::from_raw(cx.fresh());
            let entry = Entry {
                kind: ActivityKind::IdempotencyCollision,
                resource: own.to_string(),
                resource_seq: 1,
                before: Vec::new(),
                after: Vec::new(),
                data: vec![
                    ("idempotency_key", Fact::Text(self.0.key.clone())),
                    ("method", known(&record.method)),
                    ("path", known(&record.path)),
                    ("existing_id", resource.map_or(Fact::Nothing, Fact::Text)),
                    ("first_seen_at", Fact::Instant(record.first_seen_at)),
                ],
            };
            draft.emit(cx, entry);
        }
        Ok(draft.done(Reply::Done))
    }
}

/// A text that a tombstone no longer has.
fn known(text: &str) -> Fact {
    if text.is_empty() { Fact::Nothing } else { Fact::Text(text.to_owned()) }
}

/// See whether a record's time is over.
pub(super) struct CleanUpRecord<'a>(pub(super) &'a IntentKey);

impl Rule for CleanUpRecord<'_> {
    fn needs(&self, needs: &mut Needs<'_>) {
        needs.record_with_end(self.0);
    }

    /// Retires or forgets the record, if its time is over.
    fn decide(
        &self,
        world: &World,
        _intent: &Intent,
        cx: &mut Context<'_>,
    ) -> Result<Decision, Reject> {
        let changes = world.records.get(self.0).and_then(|record| cleaned(world, cx, record));
        Ok(Decision { answer: Ok(Reply::Done), changes: changes.into_iter().collect() })
    }
}

fn cleaned(world: &World, cx: &Context<'_>, record: &Record) -> Option<Change> {
    let end = record.sold().and_then(|resource| resource.end(record.key.account, world));
    let mut after = record.clone();
    match fate(record, end, cx.retention, cx.now) {
        Fate::Keep(until) if until == record.keep_until => return None,
        Fate::Keep(until) => after.keep_until = until,
        Fate::Retire(until) => {
            after.resource = after.resource.filter(|_| record.is_success());
            // The hash and what the answer was about are left, and how often the key was seen.
            after.method.clear();
            after.path.clear();
            after.state = RecordState::Retired;
            after.keep_until = until;
        }
        Fate::Forget => return Some(Change::Record(record.key.clone(), None)),
    }
    Some(Change::from(after))
}
