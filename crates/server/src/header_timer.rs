//! How long a connection waits for the headers of its next request: one timer for each connection,
//! whatever it carries.
//!
//! hyper asks for a timer before each request and drops it when the headers are there. Taken literally
//! that is an entry in the runtime's timers, and its removal, for each request. Here it is a note of
//! when to give up; the connection looks at the note once in a while.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// Nothing is waited for.
const NEVER: u64 = u64::MAX;

/// What a connection waits for, and until when.
#[derive(Clone, Debug)]
pub(crate) struct HeaderTimer(Arc<State>);

#[derive(Debug)]
struct State {
    started: Instant,
    /// Microseconds since `started` at which it ends; [`NEVER`] while nothing is waited for.
    ends_at_micros: AtomicU64,
    /// It has ended.
    ended: AtomicBool,
}

impl HeaderTimer {
    /// Of a connection that begins now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(State {
            started: Instant::now(),
            ends_at_micros: AtomicU64::new(NEVER),
            ended: AtomicBool::new(false),
        }))
    }

    /// When to look again. `None` when the time-out has passed: whoever waits has to be told.
    ///
    /// Nothing is waited for longer than `longest`, so whoever looks again then is never late.
    pub(crate) fn look(&self, now: Instant, longest: Duration) -> Option<Instant> {
        let ends_at_micros = self.0.ends_at_micros.load(Ordering::Relaxed);
        if ends_at_micros == NEVER {
            return Some(now + longest);
        }
        let ends_at = self.0.started + Duration::from_micros(ends_at_micros);
        if ends_at > now {
            return Some(ends_at);
        }
        self.0.ended.store(true, Ordering::Relaxed);
        None
    }

    fn wait_until(&self, at: std::time::Instant) {
        let after = Instant::from_std(at).saturating_duration_since(self.0.started);
        // Rounded up: nobody is cut off early.
        let micros = u64::try_from(after.as_micros()).unwrap_or(NEVER).saturating_add(1);
        self.0.ends_at_micros.store(micros, Ordering::Relaxed);
    }
}

impl Timer for HeaderTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.wait_until(deadline);
        Box::pin(Waiting(self.clone()))
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }

    fn reset(&self, _sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: std::time::Instant) {
        self.wait_until(new_deadline);
    }
}

/// Somebody waits. Ends when the connection has found that it is time.
struct Waiting(HeaderTimer);

impl Future for Waiting {
    type Output = ();

    /// Wakes nobody: the connection that looks polls this again.
    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if self.0.0.ended.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Sleep for Waiting {}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.ends_at_micros.store(NEVER, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const LONGEST: Duration = Duration::from_secs(30);

    #[test]
    fn it_ends_when_it_was_said_and_not_before() {
        let header_timer = HeaderTimer::new();
        let begin = header_timer.0.started;
        assert_eq!(
            header_timer.look(begin, LONGEST),
            Some(begin + LONGEST),
            "nothing is waited for"
        );
        let mut waiting = header_timer.sleep_until((begin + LONGEST).into_std());
        let ends_at = begin + LONGEST + Duration::from_micros(1);
        assert_eq!(
            header_timer.look(begin + LONGEST, LONGEST),
            Some(ends_at),
            "it is not over yet"
        );
        assert_eq!(waiting.as_mut().now_or_never(), None);
        assert_eq!(header_timer.look(ends_at, LONGEST), None);
        assert_eq!(waiting.as_mut().now_or_never(), Some(()));
    }

    #[test]
    fn what_came_in_time_is_not_waited_for() {
        let header_timer = HeaderTimer::new();
        let begin = header_timer.0.started;
        let mut waiting = header_timer.sleep_until((begin + LONGEST).into_std());
        header_timer.reset(&mut waiting, (begin + LONGEST * 2).into_std());
        let ends_at = begin + LONGEST * 2 + Duration::from_micros(1);
        assert_eq!(header_timer.look(begin + LONGEST, LONGEST), Some(ends_at), "it was put off");
        drop(waiting);
        assert_eq!(header_timer.look(ends_at, LONGEST), Some(ends_at + LONGEST));
    }
}
