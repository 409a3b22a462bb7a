//! A clock that moves when told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use engine::Clock;

/// A clock that stands until it is moved, and never goes back.
#[derive(Debug)]
pub struct TestClock {
    millis: AtomicU64,
    pauses: Mutex<Vec<Duration>>,
}

impl TestClock {
    /// Where a new clock stands: 2023-11-14T22:13:20Z.
    pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// Moves it forward.
    pub fn advance(&self, millis: u64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// The pauses that were taken. Nobody waits for their end, and the clock stands.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Moves it to `instant`, unless it is past that.
    pub fn advance_to(&self, instant: Timestamp) {
        let millis = u64::try_from(instant.as_millis()).unwrap_or(0);
        self.millis.fetch_max(millis, Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        let millis = u64::try_from(Self::START.as_millis()).unwrap_or(0);
        Self { millis: AtomicU64::new(millis), pauses: Mutex::default() }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let millis = self.millis.load(Ordering::SeqCst);
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    fn micros(&self) -> u64 {
        self.millis.load(Ordering::SeqCst).saturating_mul(1_000)
    }

    fn pause(&self, time: Duration) {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).push(time);
    }
}
