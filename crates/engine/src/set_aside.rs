//! Due work that fails by a fault of its own is set aside, so that what is due after it is done: it is tried
//! again after pauses that grow.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;

use crate::ports::{Aside, Observer};

/// What failed once is tried again after this …
pub(crate) const SET_ASIDE_PAUSE_MS: i64 = 1_000;
/// … and after twice as long each time it fails again, up to this.
pub(crate) const SET_ASIDE_PAUSE_MAX_MS: i64 = 600_000;
/// Things of one kind that are set aside at most: whoever looks for what is due passes over all of them.
pub(crate) const SET_ASIDE_MAX: usize = 10_000;

/// What of one kind is set aside.
#[derive(Debug)]
pub(crate) struct SetAside<K> {
    waiting: BTreeMap<K, Waiting>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    pause_ms: i64,
    resume_at: Timestamp,
}

impl<K> Default for SetAside<K> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new() }
    }
}

/// How much is set aside, as was told last.
#[derive(Debug, Default)]
pub(crate) struct AsideReport(usize);

impl AsideReport {
    /// So much of `what` is set aside now: tells it, if that is news.
    pub(crate) fn tell(&mut self, observer: &dyn Observer, what: Aside, count: usize) {
        if self.0 != count {
            self.0 = count;
            observer.set_aside(what, count);
        }
    }
}

/// What was tried, and how it went.
#[derive(Debug)]
pub(crate) struct Tried<'a, K> {
    pub(crate) tried: &'a [K],
    /// Those among them that failed.
    pub(crate) failed: &'a BTreeSet<K>,
    /// Nothing else is due, but for what was passed over.
    pub(crate) is_all: bool,
}

impl<K: Ord + Clone> SetAside<K> {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// What is left alone for now.
    pub(crate) fn passed_over(&self, now: Timestamp) -> BTreeSet<K> {
        let waits = self.waiting.iter().filter(|(_, waiting)| waiting.resume_at > now);
        waits.map(|(key, _)| key.clone()).collect()
    }

    /// Things were tried: those that failed are set aside, now or again. Whether there was room for all of
    /// them.
    pub(crate) fn tried(&mut self, now: Timestamp, tried: Tried<'_, K>) -> bool {
        let Tried { tried, failed, is_all } = tried;
        let mut has_room = true;
        for key in tried {
            if failed.contains(key) {
                has_room &= self.fail(key, now);
            } else {
                self.waiting.remove(key);
            }
        }
        if is_all {
            // What could have been tried and was not is not due any more.
            self.waiting.retain(|_, waiting| waiting.resume_at > now);
        }
        has_room
    }

    fn fail(&mut self, key: &K, now: Timestamp) -> bool {
        if !self.waiting.contains_key(key) && self.waiting.len() >= SET_ASIDE_MAX {
            return false;
        }
        let pause_ms = self.waiting.get(key).map_or(SET_ASIDE_PAUSE_MS, |waiting| {
            waiting.pause_ms.saturating_mul(2).min(SET_ASIDE_PAUSE_MAX_MS)
        });
        let resume_at = now.plus_millis(pause_ms);
        self.waiting.insert(key.clone(), Waiting { pause_ms, resume_at });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn passed_over(set: &SetAside<u64>, millis: i64) -> Vec<u64> {
        set.passed_over(at(millis)).into_iter().collect()
    }

    #[test]
    fn pauses_grow_to_their_limit() {
        let (mut set, mut now, mut pauses) = (SetAside::default(), 0, Vec::new());
        for _ in 0..13 {
            assert!(set.fail(&7, at(now)));
            let mut seconds = (1..).map(|seconds| seconds * 1_000);
            let pause = seconds.find(|pause| passed_over(&set, now + pause).is_empty());
            let pause = pause.expect("it is tried again");
            assert_eq!(passed_over(&set, now + pause - 1), [7], "and not before");
            pauses.push(pause);
            now += pause;
        }
        let doubled =
            (0..13).map(|tries| (SET_ASIDE_PAUSE_MS << tries).min(SET_ASIDE_PAUSE_MAX_MS));
        assert_eq!(pauses, doubled.collect::<Vec<_>>());
    }

    #[test]
    fn what_was_done_begins_again() {
        let mut set = SetAside::default();
        set.fail(&1, at(0));
        set.fail(&1, at(1_000));
        let (tried, failed) = (&[1], &BTreeSet::new());
        assert!(set.tried(at(3_000), Tried { tried, failed, is_all: false }));
        set.fail(&1, at(3_000));
        assert_eq!(passed_over(&set, 3_000 + SET_ASIDE_PAUSE_MS), [] as [u64; 0]);
    }

    #[test]
    fn what_is_not_due_any_more_is_forgotten() {
        let mut set = SetAside::default();
        set.fail(&1, at(0));
        set.fail(&2, at(500));
        set.fail(&3, at(0));
        for (is_all, left) in [(false, vec![1, 2, 3]), (true, vec![2, 3])] {
            let (tried, failed) = (&[3], &[3].into());
            set.tried(at(SET_ASIDE_PAUSE_MS), Tried { tried, failed, is_all });
            assert_eq!(set.waiting.keys().copied().collect::<Vec<_>>(), left);
        }
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut set = SetAside::default();
        for key in 0..SET_ASIDE_MAX {
            assert!(set.fail(&key, at(0)));
        }
        assert!(!set.fail(&SET_ASIDE_MAX, at(0)), "one more");
        assert!(set.fail(&0, at(0)), "one that is there");
        assert_eq!(set.len(), SET_ASIDE_MAX);
    }
}
