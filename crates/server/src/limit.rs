//! Rate limits: a token bucket per credential, and a larger one for replays of known keys, so that
//! recovery traffic gets through when the first is empty.

use std::num::NonZeroU32;
use std::sync::Arc;

use engine::Clock;
use governor::clock::Clock as GovernorClock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// Requests per second of a key that does not say.
pub const RATE_DEFAULT: u32 = 1_000;
/// Requests per second of each customer. Their tokens live in browsers, and what they write is kept.
pub const CUSTOMER_RATE_DEFAULT: u32 = 5;
/// Requests of a customer at once.
pub const CUSTOMER_BURST_DEFAULT: u32 = 20;
/// The bucket of a key holds what comes in so many seconds.
const BURST_SECONDS: u32 = 2;
/// The bucket for replays is so many times larger, and fills so many times faster.
const REPLAY_FACTOR: u32 = 5;
/// Requests per second that a key may be given.
pub const RATE_MAX: u32 = 1_000_000;

/// The engine's clock, as the buckets see it.
#[derive(Clone)]
struct Micros(Arc<dyn Clock>);

impl GovernorClock for Micros {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.micros().saturating_mul(1_000))
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Micros, StateInformationMiddleware>;

/// The buckets of one credential.
pub struct Buckets {
    rate: NonZeroU32,
    burst: NonZeroU32,
    requests: Limiter,
    replays: Limiter,
    clock: Micros,
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Buckets").field("rate", &self.rate).finish_non_exhaustive()
    }
}

/// How full a bucket is after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// What the bucket holds.
    pub limit: u32,
    /// What is left in it.
    pub remaining: u32,
    /// Seconds until it is full, rounded up.
    pub full_in_seconds: u64,
    /// Seconds that an empty one takes to fill.
    pub window_seconds: u32,
}

/// The bucket is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// Seconds until there is room for a request, at least 1.
    pub retry_after_seconds: u64,
    /// The bucket.
    pub level: Level,
}

impl Buckets {
    /// Buckets of a key, for `rate` requests per second.
    #[must_use]
    pub fn new(rate: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let seconds = NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1);
        Self::with_burst(rate, rate.saturating_mul(seconds), clock)
    }

    /// Buckets for `rate` requests per second, and `burst` at once.
    #[must_use]
    pub fn with_burst(rate: NonZeroU32, burst: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let clock = Micros(clock);
        let limiter = |factor: NonZeroU32| {
            let (rate, burst) = (rate.saturating_mul(factor), burst.saturating_mul(factor));
            let quota = Quota::per_second(rate).allow_burst(burst);
            RateLimiter::direct_with_clock(quota, clock.clone())
                .with_middleware::<StateInformationMiddleware>()
        };
        let requests = limiter(NonZeroU32::MIN);
        let replays = limiter(NonZeroU32::MIN.saturating_add(REPLAY_FACTOR - 1));
        Self { rate, burst, requests, replays, clock }
    }

    /// Takes a request out of its bucket.
    ///
    /// # Errors
    /// [`Empty`].
    pub fn request(&self) -> Result<Level, Empty> {
        match self.requests.check() {
            Ok(snapshot) => Ok(self.level(snapshot.remaining_burst_capacity())),
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                let retry_after_seconds =
                    u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(1);
                let level = self.level(0);
                Err(Empty { retry_after_seconds: retry_after_seconds.max(1), level })
            }
        }
    }

    /// Takes a replay out of the other bucket; whether there was room.
    #[must_use]
    pub fn replay(&self) -> bool {
        self.replays.check().is_ok()
    }

    fn level(&self, remaining: u32) -> Level {
        let limit = self.burst.get();
        let missing = limit.saturating_sub(remaining);
        let full_in_seconds = u64::from(missing.div_ceil(self.rate.get()));
        let window_seconds = limit.div_ceil(self.rate.get());
        Level { limit, remaining, full_in_seconds, window_seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> domain::Timestamp {
            domain::Timestamp::default()
        }
        fn micros(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
        fn pause(&self, _time: std::time::Duration) {}
    }

    #[test]
    fn a_bucket_empties_and_fills_at_its_rate() {
        let clock = Arc::new(Hand(AtomicU64::new(10_000_000)));
        let buckets = Buckets::new(NonZeroU32::new(3).unwrap(), Arc::<Hand>::clone(&clock));
        for remaining in (0..6).rev() {
            let level = buckets.request().unwrap();
            assert_eq!((level.limit, level.remaining), (6, remaining));
        }
        let empty = buckets.request().unwrap_err();
        assert_eq!(empty.retry_after_seconds, 1);
        assert_eq!(empty.level.full_in_seconds, 2);
        clock.0.fetch_add(1_000_000, Ordering::SeqCst);
        assert_eq!((0..9).filter(|_| buckets.request().is_ok()).count(), 3);
    }

    #[test]
    fn replays_have_a_larger_bucket_of_their_own() {
        let clock = Arc::new(Hand(AtomicU64::new(10_000_000)));
        let buckets = Buckets::new(NonZeroU32::new(3).unwrap(), clock);
        while buckets.request().is_ok() {}
        assert_eq!((0..100).filter(|_| buckets.replay()).count(), 30);
    }
}
