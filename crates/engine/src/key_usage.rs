//! How often keys are seen: gathered in memory, written with a later commit. A crash may lose some
//! counts, never a record.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use domain::id::AccountId;
use domain::record::IntentKey;

/// Keys gathered before the oldest counts are given up; memory stays bounded under a storm.
pub const KEY_USAGES_MAX: usize = 100_000;

/// How often a key was seen since last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// The key.
    pub key: IntentKey,
    /// Times.
    pub count: u32,
    /// The last time.
    pub last_seen_at: Timestamp,
}

/// The counts so far.
#[derive(Debug, Default)]
pub struct KeyUsages {
    seen: BTreeMap<IntentKey, (u32, Timestamp)>,
    collided: BTreeMap<IntentKey, u32>,
}

impl KeyUsages {
    /// A replay of the key was answered.
    pub fn see(&mut self, key: &IntentKey, now: Timestamp) {
        if let Some((count, last)) = self.seen.get_mut(key) {
            *count = count.saturating_add(1);
            *last = now;
        } else if self.seen.len() < KEY_USAGES_MAX {
            self.seen.insert(key.clone(), (1, now));
        }
    }

    /// The key was used with another body.
    pub fn collide(&mut self, key: &IntentKey) {
        if let Some(count) = self.collided.get_mut(key) {
            *count = count.saturating_add(1);
        } else if self.collided.len() < KEY_USAGES_MAX {
            self.collided.insert(key.clone(), 1);
        }
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.collided.is_empty()
    }

    /// Whose keys were seen, in order.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        self.seen.keys().map(|key| key.account).collect()
    }

    /// What to write now: of all accounts, or of one.
    #[must_use]
    pub fn take(&mut self, of: Option<AccountId>) -> Vec<KeyUsage> {
        let all = std::mem::take(&mut self.seen).into_iter();
        let (taken, rest) = all.partition(|(key, _)| of.is_none_or(|of| key.account == of));
        self.seen = rest;
        let taken: BTreeMap<_, _> = taken;
        let seen = taken.into_iter();
        seen.map(|(key, (count, last_seen_at))| KeyUsage { key, count, last_seen_at }).collect()
    }

    /// What was taken could not be written: it is written with a later commit.
    pub fn put_back(&mut self, key_usage: Vec<KeyUsage>) {
        for KeyUsage { key, count, last_seen_at } in key_usage {
            let (total, last) = self.seen.entry(key).or_insert((0, last_seen_at));
            *total = total.saturating_add(count);
            *last = last_seen_at.max(*last);
        }
    }

    /// The keys that collided since last asked.
    #[must_use]
    pub fn take_collisions(&mut self) -> Vec<IntentKey> {
        std::mem::take(&mut self.collided).into_keys().collect()
    }
}
