//! An observer that counts, and on which a test can wait.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Observer;
use engine::cleaning::Removed;
use engine::ports::{Aside, BatchReport};

/// A test that waits longer has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What was observed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Batches that were carried out.
    pub batches: usize,
    /// Their intents.
    pub intents: usize,
    /// Among them, replays.
    pub replays: usize,
    /// Among them, keys that were used with another body.
    pub collisions: usize,
    /// Holds that ended because their deadline had passed.
    pub expired: usize,
    /// What clean-up has taken away.
    pub removed: Removed,
    /// The largest batch.
    pub largest: usize,
    /// Panics of decisions.
    pub panicked: Vec<String>,
    /// Troubles with the store.
    pub store_errors: Vec<String>,
    /// Things that were due and could not be done.
    pub due_failed: Vec<String>,
    /// How many deadlines among them are set aside now.
    pub set_aside: usize,
    /// How much of what is to be cleaned up is.
    pub uncleaned: usize,
    /// Reasons to stop the process.
    pub fatal: Vec<String>,
}

/// Counts what happens.
#[derive(Debug, Default)]
pub struct TestObserver {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl TestObserver {
    /// What was observed so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// The first panic of a decision.
    #[must_use]
    pub fn first_panic(&self) -> Option<String> {
        self.lock().panicked.first().cloned()
    }

    /// Waits until `enough` has been seen.
    ///
    /// # Panics
    /// When it takes so long that it will not happen.
    #[track_caller]
    pub fn wait_until(&self, enough: impl Fn(&Seen) -> bool) -> Seen {
        let waited = self.changed.wait_timeout_while(self.lock(), TIMEOUT, |seen| !enough(seen));
        let (seen, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "it did not happen: {:?}", *seen);
        seen.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

impl Observer for TestObserver {
    fn batch(&self, report: &BatchReport) {
        self.see(|seen| {
            seen.batches = seen.batches.saturating_add(1);
            seen.intents = seen.intents.saturating_add(report.intents);
            seen.replays = seen.replays.saturating_add(report.replays);
            seen.collisions = seen.collisions.saturating_add(report.collisions);
            seen.expired = seen.expired.saturating_add(report.emitted.expired());
            let Removed { answers, tombstones, activity, deliveries } = &mut seen.removed;
            *answers = answers.saturating_add(report.removed.answers);
            *tombstones = tombstones.saturating_add(report.removed.tombstones);
            *activity = activity.saturating_add(report.removed.activity);
            *deliveries = deliveries.saturating_add(report.removed.deliveries);
            seen.largest = seen.largest.max(report.intents);
        });
    }

    fn panicked(&self, what: &str) {
        self.see(|seen| seen.panicked.push(what.to_owned()));
    }

    fn repeated(&self, why: &str) {
        self.see(|seen| seen.store_errors.push(why.to_owned()));
    }

    fn store_error(&self, what: &str) {
        self.see(|seen| seen.store_errors.push(what.to_owned()));
    }

    fn due_failed(&self, what: &str) {
        self.see(|seen| seen.due_failed.push(what.to_owned()));
    }

    fn set_aside(&self, what: Aside, count: usize) {
        self.see(|seen| match what {
            Aside::Deadlines => seen.set_aside = count,
            Aside::CleanUp => seen.uncleaned = count,
        });
    }

    fn fatal(&self, what: &str) {
        self.see(|seen| seen.fatal.push(what.to_owned()));
    }
}
