//! What the engine needs from around it: time, chance, rendering, and somebody who watches.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::activity::{ActivityKind, Facts};
use domain::id::Mint;
use domain::record::{Answer, IntentKey};
use domain::retention::Retention;
use domain::{Intent, Reject, Reply, Timestamp};

use crate::cleaning::Removed;
use crate::failpoint::Failpoints;
use crate::key_usage::KeyUsages;
use crate::webhooks::{Wake, WebhookReport};

/// What time it is. Never goes back.
pub trait Clock: Send + Sync {
    /// The instant.
    fn now(&self) -> Timestamp;
    /// Microseconds since some fixed moment, for measuring and for time limits.
    fn micros(&self) -> u64;
    /// Waits for so long. A clock that a test moves need not.
    fn pause(&self, time: Duration);
}

/// Turns what was decided into the bytes that are answered and kept.
pub trait Render: Send + Sync {
    /// The answer to an intent. Must not hold secrets: it is stored.
    fn answer(&self, intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer;
    /// Facts as a JSON object.
    fn facts(&self, facts: &Facts) -> String;
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Intents of clients that it decided.
    pub intents: usize,
    /// Among them, replays.
    pub replays: usize,
    /// Among them, keys that were used with another body.
    pub collisions: usize,
    /// What it has emitted into feeds.
    pub emitted: Emitted,
    /// What it took away because its time was over.
    pub removed: Removed,
    /// Microseconds from the beginning of its transaction to the end of its commit.
    pub micros: u64,
    /// Microseconds of that in the commit: the writes and the disk.
    pub commit_micros: u64,
}

/// How many entries of each kind were emitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emitted([u64; ActivityKind::ALL.len()]);

impl Emitted {
    /// Counts an entry.
    pub(crate) fn see(&mut self, kind: ActivityKind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// All kinds, each with its count.
    pub fn counts(&self) -> impl Iterator<Item = (ActivityKind, u64)> {
        ActivityKind::ALL.into_iter().zip(self.0)
    }

    /// How many deadlines of holds have passed.
    #[must_use]
    pub fn expired(&self) -> usize {
        let expired = self.counts().filter(|(kind, _)| kind.is_expiry()).map(|(_, count)| count);
        usize::try_from(expired.sum::<u64>()).unwrap_or(usize::MAX)
    }
}

/// What may be set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Deadlines.
    Deadlines,
    /// What is to be cleaned up.
    CleanUp,
}

/// Hears of what happens; counts it.
pub trait Observer: Send + Sync {
    /// A batch was carried out.
    fn batch(&self, report: &BatchReport);
    /// A decision panicked; its intent alone answers 500.
    fn panicked(&self, what: &str);
    /// Another writer was faster, so a batch was decided again. Where several write that is normal.
    fn repeated(&self, why: &str);
    /// The store could not be used.
    fn store_error(&self, what: &str);
    /// Something that was due could not be done by a fault of its own; the rest goes on without it.
    fn due_failed(&self, what: &str);
    /// So many things of a kind that are due are set aside now: they failed, and are tried again later.
    fn set_aside(&self, what: Aside, count: usize);
    /// What the dispatcher of webhooks has done.
    fn webhooks(&self, _report: &WebhookReport) {}
    /// The process must stop: what is stored is broken, or the disk failed.
    fn fatal(&self, what: &str);
}

/// Everything from around the engine.
pub struct Ports {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Makes answers.
    pub render: Arc<dyn Render>,
    /// Watches.
    pub observer: Arc<dyn Observer>,
    /// How long records are kept.
    pub retention: Retention,
    /// Random bits, unpredictable ones.
    pub random: Box<dyn FnMut() -> u64 + Send>,
    /// Makes ids.
    pub mint: Mint,
    /// How often keys are seen.
    pub key_usage: Arc<Mutex<KeyUsages>>,
    /// Where tests make things fail.
    pub failpoints: Failpoints,
    /// Who delivers webhooks hears of each feed that goes on.
    pub wake: Wake,
}

/// A key that was seen again.
pub(crate) struct SeenKey {
    pub(crate) key: IntentKey,
    /// Whether its answer was replayed; else it came with another body.
    pub(crate) is_replay: bool,
}

impl Ports {
    pub(crate) fn key_usage(&self) -> MutexGuard<'_, KeyUsages> {
        // Counts are still counts after a panic elsewhere.
        self.key_usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts keys that were seen again.
    pub(crate) fn note(&self, seen: &[SeenKey], now: Timestamp) {
        if seen.is_empty() {
            return;
        }
        let mut key_usage = self.key_usage();
        for SeenKey { key, is_replay } in seen {
            if *is_replay {
                key_usage.see(key, now);
            } else {
                key_usage.collide(key);
            }
        }
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ports").field("retention", &self.retention).finish_non_exhaustive()
    }
}
