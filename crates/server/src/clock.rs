//! The only place that reads the machine's clocks.
#![expect(clippy::disallowed_methods, reason = "this is the module that may read the clocks")]

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::Timestamp;
use engine::Clock;
use engine::reads::Reads;

/// A start may lie this long before the last committed instant without being asked about.
pub const CLOCK_BEHIND_MAX: Duration = Duration::from_secs(5 * 60);

/// How often a store's own clock is asked for.
const FOLLOW_PERIOD: Duration = Duration::from_secs(10);

/// While the wall clock is elsewhere, this clock moves towards it by one part in so many of the time
/// that passes: holds do not end at once because somebody set the machine's clock.
const SLEW: i64 = 10;

/// The clock lies too far before what the store has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock is {behind_seconds} s behind the last instant in the store; set the clock (the \
     database's, where there is one), or start with --accept-clock to go on from the store's instant"
)]
pub struct ClockBehind {
    /// By how much.
    pub behind_seconds: i64,
}

/// A clock that never goes back and follows jumps of the wall clock slowly.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    wall: Wall,
    state: Mutex<State>,
}

/// The clock that counts.
#[derive(Debug)]
enum Wall {
    /// The machine's.
    Machine,
    /// The store's own, which all nodes share: microseconds that it shows more than `micros`. What the
    /// machine believes the time to be matters nowhere.
    Store(AtomicI64),
}

#[derive(Debug)]
struct State {
    /// Microseconds since the epoch at the last reading.
    shown: i64,
    /// The monotonic clock at the last reading.
    read_at: i64,
}

impl SystemClock {
    /// Starts at the wall clock's time, or at `last` if that is later.
    ///
    /// # Errors
    /// [`ClockBehind`] when `last` is later by more than [`CLOCK_BEHIND_MAX`] and that was not
    /// accepted.
    pub fn start(last: Option<Timestamp>, accept: bool) -> Result<Self, ClockBehind> {
        Self::start_at(Wall::Machine, wall_micros(), last, accept)
    }

    /// Starts at the time of the store's own clock, or at `last` if that is later.
    ///
    /// # Errors
    /// [`ClockBehind`] as in [`start`](Self::start).
    pub fn of_store(
        now: Timestamp,
        last: Option<Timestamp>,
        accept: bool,
    ) -> Result<Self, ClockBehind> {
        let now = micros_of(now);
        Self::start_at(Wall::Store(AtomicI64::new(now)), now, last, accept)
    }

    fn start_at(
        wall: Wall,
        now_micros: i64,
        last: Option<Timestamp>,
        accept: bool,
    ) -> Result<Self, ClockBehind> {
        let last = last.map_or(now_micros, micros_of);
        let behind_seconds = last.saturating_sub(now_micros) / 1_000_000;
        if !accept && behind_seconds > CLOCK_BEHIND_MAX.as_secs().cast_signed() {
            return Err(ClockBehind { behind_seconds });
        }
        let state = Mutex::new(State { shown: now_micros.max(last), read_at: 0 });
        Ok(Self { started: Instant::now(), wall, state })
    }

    /// The store's clock showed `now` at some moment since this clock's microseconds were
    /// `asked_micros`.
    fn hear(&self, now: Timestamp, asked_micros: u64) {
        let Wall::Store(ahead) = &self.wall else { return };
        let middle = asked_micros.midpoint(self.micros());
        let middle = i64::try_from(middle).unwrap_or(i64::MAX);
        ahead.store(micros_of(now).saturating_sub(middle), Ordering::Relaxed);
    }

    /// Follows the store's own clock until the future is dropped; where it has none, there is nothing to
    /// do.
    pub async fn follow(self: Arc<Self>, reads: Arc<dyn Reads>) {
        if matches!(self.wall, Wall::Machine) {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(FOLLOW_PERIOD).await;
            let (clock, reads) = (Arc::clone(&self), Arc::clone(&reads));
            let asked = tokio::task::spawn_blocking(move || {
                let asked_micros = clock.micros();
                // While the store is away, its clock goes on here as it was.
                if let Ok(Some(now)) = reads.clock() {
                    clock.hear(now, asked_micros);
                }
            });
            if asked.await.is_err() {
                tracing::warn!("the store's clock could not be read");
            }
        }
    }

    fn wall_micros(&self, monotonic: i64) -> i64 {
        match &self.wall {
            Wall::Machine => wall_micros(),
            Wall::Store(ahead) => ahead.load(Ordering::Relaxed).saturating_add(monotonic),
        }
    }
}

impl State {
    /// The instant, given the monotonic and the wall clock.
    fn read(&mut self, monotonic: i64, wall: i64) -> i64 {
        let passed = monotonic.saturating_sub(self.read_at).max(0);
        let plain = self.shown.saturating_add(passed);
        let slew_max = passed / SLEW;
        let slew = wall.saturating_sub(plain).clamp(-slew_max, slew_max);
        self.shown = plain.saturating_add(slew);
        self.read_at = monotonic;
        self.shown
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let monotonic = i64::try_from(self.micros()).unwrap_or(i64::MAX);
        let wall = self.wall_micros(monotonic);
        Timestamp::from_millis(state.read(monotonic, wall) / 1_000)
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

fn micros_of(at: Timestamp) -> i64 {
    at.as_millis().saturating_mul(1_000)
}

fn wall_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A clock that stands until a test moves it, its microseconds as well.
#[derive(Debug)]
pub struct TestClock {
    start: Timestamp,
    passed_micros: AtomicU64,
}

impl TestClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { start: now, passed_micros: AtomicU64::default() }
    }

    /// Moves it.
    pub fn advance(&self, by: Duration) {
        let micros = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.passed_micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let passed = self.passed_micros.load(Ordering::SeqCst) / 1_000;
        self.start.plus_millis(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    fn micros(&self) -> u64 {
        // Not from zero: what happened before the start is not in the future.
        const STARTED_MICROS: u64 = 3_600_000_000;
        STARTED_MICROS.saturating_add(self.passed_micros.load(Ordering::SeqCst))
    }

    fn pause(&self, _time: Duration) {
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_jump_of_the_wall_clock_is_followed_slowly_and_never_back() {
        let mut state = State { shown: 1_000 * SECOND, read_at: 0 };
        assert_eq!(state.read(SECOND, 1_001 * SECOND), 1_001 * SECOND);
        // An hour ahead at once: a tenth more than what passes.
        assert_eq!(state.read(11 * SECOND, 5_000 * SECOND), 1_012 * SECOND);
        // An hour back at once: a tenth less than what passes.
        assert_eq!(state.read(21 * SECOND, 0), 1_021 * SECOND);
        assert_eq!(state.read(21 * SECOND, 0), 1_021 * SECOND);
        // Agreement is reached and kept.
        assert_eq!(state.read(22 * SECOND, 1_022 * SECOND), 1_022 * SECOND);
    }

    #[test]
    fn the_clock_of_a_store_is_followed_whatever_the_machine_believes() {
        let then = Timestamp::from_millis(1_000_000_000);
        let clock = SystemClock::of_store(then, None, false).unwrap();
        let passed = clock.now().millis_since(then);
        assert!((0..60_000).contains(&passed), "{passed}");
        // An hour ahead: reached slowly, and never at once.
        clock.hear(then.plus_millis(3_600_000), clock.micros());
        assert!(clock.now().millis_since(then) < 60_000);
        let ahead = clock.wall_micros(0) - micros_of(then);
        assert!((3_500 * SECOND..3_600 * SECOND + 1).contains(&ahead), "{ahead}");
        let last = then.plus_millis(400_000);
        assert!(SystemClock::of_store(then, Some(last), false).is_err());
    }

    #[test]
    fn a_start_far_behind_the_store_must_be_accepted() {
        let now = Timestamp::from_millis(wall_micros() / 1_000);
        let limit = CLOCK_BEHIND_MAX.as_millis().try_into().unwrap();
        assert!(SystemClock::start(Some(now.plus_millis(limit)), false).is_ok());
        let far = now.plus_millis(limit + 60_000);
        let refused = SystemClock::start(Some(far), false).unwrap_err();
        assert!(refused.behind_seconds >= 359, "{refused}");
        let accepted = SystemClock::start(Some(far), true).unwrap();
        assert!(accepted.now() >= far, "it goes on from the store's instant");
    }
}
