//! Keys, by the contract: bound to a body, replayed while the answer is kept, then retired, then new.

use std::sync::Arc;

use domain::id::BookingId;
use domain::record::{Answer, IntentKey, Likeness, NamedKey, Record, RecordState};
use domain::time::DAY_MS;
use domain::{Intent, Timestamp};

use super::{Effect, Expected, Key, Model, Predicted};
use crate::test_ports::read;

/// An answer is kept this long after its booking ended.
pub(crate) const ANSWER_MS: i64 = DAY_MS;
/// A tombstone is kept this long.
pub(crate) const TOMBSTONE_MS: i64 = 90 * DAY_MS;

impl Key {
    /// The key's request, or another, comes again.
    pub(super) fn predict(&self, intent: &Intent) -> Predicted {
        let likeness = self.fingerprint.map(|bound| intent.fingerprint.likeness(bound));
        if likeness.is_some_and(|likeness| likeness != Likeness::Same) {
            let reused = Expected::no(422, "KEY_REUSED", []).not_final();
            return Predicted::New(Box::new(reused));
        }
        match &self.answer {
            Some(answer) => Predicted::Replay(Arc::clone(answer)),
            None => {
                let fields = [("existing_id", self.about.clone())];
                let retired = Expected::no(409, "KEY_RETIRED", fields).not_final();
                Predicted::New(Box::new(retired))
            }
        }
    }

    /// Whether it was retired before it was used.
    pub(super) const fn is_tombstone_for_ever(&self) -> bool {
        self.fingerprint.is_none() && self.answer.is_none()
    }

    pub(super) fn answered(intent: &Intent, now: Timestamp, answer: &Arc<Answer>) -> Self {
        let fields = read(answer);
        let about = match fields.get("code").map(String::as_str) {
            Some("BOOKING") => fields.get("booking_id"),
            Some("EVENT") => fields.get("event_id"),
            Some("ZONE") => fields.get("zone_id"),
            Some(_) | None => None,
        };
        Self {
            fingerprint: Some(intent.fingerprint.current),
            answer: Some(Arc::clone(answer)),
            about: about.cloned().unwrap_or_default(),
            first_seen: now,
            keep_until: Some(now.plus_millis(ANSWER_MS)),
        }
    }

    /// Retired before it was used: for ever.
    pub(super) const fn tombstone(now: Timestamp) -> Self {
        Self {
            fingerprint: None,
            answer: None,
            about: String::new(),
            first_seen: now,
            keep_until: None,
        }
    }
}

impl Model {
    pub(super) fn retire(&self, key: &NamedKey) -> Expected {
        let key = self.name(key);
        let known = self.keys.get(key);
        let answered = known.is_some_and(|known| known.answer.is_some());
        let state = if answered { "answered" } else { "retired" };
        let fields = vec![("key", key.key.clone()), ("state", state.to_owned())];
        let expected = Expected::yes(200, "KEY", fields);
        match known {
            Some(_) => expected,
            None => expected.with(Effect::Retire(key.clone()), &[]),
        }
    }

    /// Keys that clean-up has to look at, the earliest first.
    #[must_use]
    pub fn due(&self, now: Timestamp, limit: usize) -> Vec<IntentKey> {
        let until = |(key, known): (&IntentKey, &Key)| Some((known.keep_until?, key.clone()));
        let mut due: Vec<_> = self.keys.iter().filter_map(until).collect();
        due.retain(|(until, _)| *until <= now);
        due.sort();
        due.into_iter().take(limit).map(|(_, key)| key).collect()
    }

    /// Clean-up may have looked at the key's record at `now`; `stored` is what is there now. Takes
    /// over what it did.
    ///
    /// # Errors
    /// When `stored` is neither as it was nor as clean-up leaves it.
    pub fn clean_up(
        &mut self,
        key: &IntentKey,
        now: Timestamp,
        stored: Option<&Record>,
    ) -> Result<(), String> {
        let before = self.keys.get(key);
        let after = before.and_then(|known| self.cleaned(key, known, now));
        if agrees(after.as_ref(), stored) {
            match after {
                Some(after) => self.keys.insert(key.clone(), after),
                None => self.keys.remove(key),
            };
            return Ok(());
        }
        if agrees(before, stored) {
            return Ok(());
        }
        Err(format!("{key:?}: {stored:?}, expected {after:?} or {before:?}"))
    }

    /// What clean-up leaves of a key.
    fn cleaned(&self, key: &IntentKey, known: &Key, now: Timestamp) -> Option<Key> {
        let Some(until) = known.keep_until else { return Some(known.clone()) };
        if known.answer.is_none() {
            return (until > now).then(|| known.clone());
        }
        let mut after = known.clone();
        let until = self.ends(key, known).plus_millis(ANSWER_MS);
        after.keep_until = Some(until);
        if until <= now {
            after.answer = None;
            after.keep_until = Some(now.plus_millis(TOMBSTONE_MS));
        }
        Some(after)
    }

    /// When what the answer is about ends.
    fn ends(&self, key: &IntentKey, known: &Key) -> Timestamp {
        let id: Option<BookingId> = known.about.parse().ok();
        let Some(booking) = id.and_then(|id| self.bookings.get(&(key.account, id))) else {
            return known.first_seen;
        };
        let event = self.events.get(&(key.account, booking.event));
        let ends = match booking.status {
            "reserved" => Some(booking.expires_at),
            "confirmed" => event.map(|event| event.starts_at).max(booking.confirmed_at),
            _ => booking.ended_at,
        };
        ends.unwrap_or(known.first_seen)
    }

    /// Whether the store knows the same about every key that is known here.
    ///
    /// # Errors
    /// The first difference.
    pub fn agree_on_key(&self, key: &IntentKey, stored: Option<&Record>) -> Result<(), String> {
        let known = self.keys.get(key);
        if agrees(known, stored) {
            Ok(())
        } else {
            Err(format!("{key:?}: stored is {stored:?}, expected {known:?}"))
        }
    }
}

fn agrees(known: Option<&Key>, stored: Option<&Record>) -> bool {
    match (known, stored) {
        (None, None) => true,
        (Some(known), Some(stored)) => {
            let answer = match &stored.state {
                RecordState::Answered(answer) => Some(answer),
                RecordState::Retired => None,
            };
            // Nothing of the request is left in a tombstone but its hash.
            let is_bare = stored.method.is_empty() && stored.path.is_empty();
            (answer.is_some() || is_bare)
                && answer == known.answer.as_ref()
                && stored.fingerprint == known.fingerprint
                && stored.first_seen_at == known.first_seen
                && stored.keep_until == known.keep_until
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}
