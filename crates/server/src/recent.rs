//! Answers of the last minutes, so that a request that is repeated soon needs neither the writer nor
//! the store.
//!
//! What is here was committed as the answer of its key, and a key's answer never changes. All that can
//! happen to it is that clean-up takes it away when its time is over, so it is forgotten here long before.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;
use domain::record::{Answer, Fingerprint, IntentKey};

/// Milliseconds that an answer is remembered at most; half of it at least, if there is room.
const REMEMBERED_MILLIS_MAX: i64 = 600_000;
/// Parts with a lock of their own, so that requests seldom meet.
const PARTS: usize = 32;
/// Bytes that an answer takes besides its texts: its place in the map and what points to it.
const OVERHEAD_BYTES: usize = 300;

/// The answers.
#[derive(Debug)]
pub(crate) struct Recent {
    parts: Vec<Mutex<Part>>,
    hasher: RandomState,
    remembered_millis: i64,
    part_bytes: usize,
}

/// Two generations: the older one is forgotten as a whole, so nothing keeps an order.
#[derive(Debug, Default)]
struct Part {
    young: Generation,
    old: Generation,
}

#[derive(Debug, Default)]
struct Generation {
    answers: HashMap<IntentKey, Remembered>,
    bytes: usize,
    /// None of its answers is older.
    since: Timestamp,
}

/// What a key was answered.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// What it is bound to.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) answer: Arc<Answer>,
}

impl Recent {
    /// Remembers nothing yet, and never more than `bytes`, give or take one answer for each part;
    /// nothing with 0. `kept_millis` is how long the store keeps an answer at least.
    pub(crate) fn new(kept_millis: i64, bytes: usize) -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            remembered_millis: REMEMBERED_MILLIS_MAX.min(kept_millis),
            part_bytes: bytes / PARTS,
        }
    }

    /// The key was answered this at `now`, for good.
    pub(crate) fn put(
        &self,
        key: IntentKey,
        fingerprint: Fingerprint,
        answer: Arc<Answer>,
        now: Timestamp,
    ) {
        if self.part_bytes == 0 {
            return;
        }
        let mut part = self.part(&key);
        let is_old = now.millis_since(part.young.since) >= self.remembered_millis / 2;
        if is_old || part.young.bytes >= self.part_bytes / 2 {
            let fresh = Generation { since: now, ..Generation::default() };
            part.old = std::mem::replace(&mut part.young, fresh);
        }
        let texts = key.scope.as_str().len().saturating_add(key.key.len());
        let bytes = texts.saturating_add(answer.body.len()).saturating_add(OVERHEAD_BYTES);
        part.young.bytes = part.young.bytes.saturating_add(bytes);
        part.young.answers.insert(key, Remembered { fingerprint, answer });
    }

    /// What the key was answered, if that is remembered.
    pub(crate) fn get(&self, key: &IntentKey, now: Timestamp) -> Option<Remembered> {
        let part = self.part(key);
        let generations = [&part.young, &part.old].into_iter();
        let mut alive = generations
            .filter(|generation| now.millis_since(generation.since) < self.remembered_millis);
        alive.find_map(|generation| generation.answers.get(key)).cloned()
    }

    /// Forgets all of them: whoever asks again asks the store.
    pub(crate) fn forget(&self) {
        for part in &self.parts {
            *part.lock().unwrap_or_else(PoisonError::into_inner) = Part::default();
        }
    }

    fn part(&self, key: &IntentKey) -> MutexGuard<'_, Part> {
        let hash = self.hasher.hash_one(key);
        let place = usize::try_from(hash % PARTS as u64).unwrap_or(0);
        let part = self.parts.get(place).expect("a remainder is less than the number of parts");
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::id::AccountId;
    use domain::record::KeyScope;

    use super::*;

    const BODY_BYTES: usize = 724;
    const ROOM: usize = 64 * 1_024 * PARTS;

    fn key(name: &str) -> IntentKey {
        let scope = KeyScope::of_user("u".to_owned());
        IntentKey { account: AccountId::from_raw(1), scope, key: name.to_owned() }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus_millis(millis)
    }

    fn put(recent: &Recent, name: &str, millis: i64) {
        let body = vec![b'x'; BODY_BYTES];
        let answer = Answer { status: 201, content_type: "application/json", location: None, body };
        recent.put(key(name), Fingerprint::new(1, [7; 32]), Arc::new(answer), at(millis));
    }

    fn knows(recent: &Recent, name: &str, millis: i64) -> bool {
        recent.get(&key(name), at(millis)).is_some()
    }

    #[test]
    fn an_answer_is_remembered_with_what_its_key_is_bound_to() {
        let recent = Recent::new(i64::MAX, ROOM);
        put(&recent, "a", 0);
        let Remembered { fingerprint: bound, answer } = recent.get(&key("a"), at(1)).unwrap();
        assert_eq!(
            (bound, answer.status, answer.body.len()),
            (Fingerprint::new(1, [7; 32]), 201, BODY_BYTES)
        );
        assert!(!knows(&recent, "b", 1));
        let others = IntentKey { account: AccountId::from_raw(2), ..key("a") };
        let somebodys = IntentKey { scope: KeyScope::SHARED, ..key("a") };
        assert!(recent.get(&others, at(1)).is_none() && recent.get(&somebodys, at(1)).is_none());
    }

    #[test]
    fn it_is_forgotten_after_its_time_and_never_kept_longer_than_the_store_does() {
        for (kept, most) in [(i64::MAX, REMEMBERED_MILLIS_MAX), (10_000, 10_000), (0, 0)] {
            let recent = Recent::new(kept, ROOM);
            put(&recent, "a", 0);
            assert_eq!(knows(&recent, "a", (most - 1).max(0)), most > 0, "{kept}");
            assert!(!knows(&recent, "a", most), "{kept}");
        }
    }

    #[test]
    fn what_comes_later_does_not_prolong_what_came_earlier() {
        let recent = Recent::new(1_000, 64 * ROOM);
        for millis in 0..3_000 {
            put(&recent, &format!("{millis}"), millis);
            assert!(knows(&recent, &format!("{millis}"), millis + 499));
            assert!(!knows(&recent, &format!("{}", millis - 1_000), millis));
        }
    }

    #[test]
    fn room_is_bounded_and_the_newest_stay() {
        let recent = Recent::new(i64::MAX, ROOM);
        for no in 0..20_000 {
            put(&recent, &format!("{no}"), 0);
            assert!(knows(&recent, &format!("{no}"), 0));
        }
        let known = (0..20_000).filter(|no| knows(&recent, &format!("{no}"), 0)).count();
        let each = BODY_BYTES + OVERHEAD_BYTES;
        assert!(known * each <= ROOM + PARTS * 2 * 1_100, "{known}");
        assert!(known * each >= ROOM / 3, "{known}");
        let none = Recent::new(i64::MAX, 0);
        put(&none, "a", 0);
        assert!(!knows(&none, "a", 0));
    }
}
