//! What a run of these tests may be told from outside, what it tells, and how it measures.

use std::io::Write as _;
use std::sync::mpsc::channel;
use std::time::Duration;

use engine::Clock as _;
use server::clock::SystemClock;

/// The number in the environment variable, or `default`.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how a test run is told how much to do")]
    let text = std::env::var(name);
    text.map_or(default, |text| text.parse().expect("a number"))
}

/// Whether the tests run on PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    #[expect(clippy::disallowed_methods, reason = "how a test run is told what to run on")]
    let store = std::env::var("BOOKONCE_TEST_STORE");
    match store.as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("BOOKONCE_TEST_STORE={other} is neither sqlite nor postgres"),
    }
}

/// Whether a test is left out because what it is about is there with SQLite only; then it says so.
pub(crate) fn is_left_out(what: &str) -> bool {
    if is_postgres() {
        tell(&format!("skipped: on PostgreSQL there is no {what}"));
    }
    is_postgres()
}

/// Tells a figure, also when the test succeeds.
pub(crate) fn tell(what: &str) {
    let written = writeln!(std::io::stderr(), "    {what}");
    written.expect("standard error takes a line");
}

/// Measures how long something takes.
#[derive(Debug)]
pub(crate) struct Watch(SystemClock);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(SystemClock::start(None, true).expect("a clock that is accepted as it is"))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0.micros())
    }

    /// What is left of `limit`.
    pub(crate) fn left(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.elapsed())
    }
}

/// Lets time pass where time itself is what the test is about.
pub(crate) fn pass(time: Duration) {
    let (_never, nothing) = channel::<()>();
    let timed_out = nothing.recv_timeout(time).is_err();
    assert!(timed_out);
}

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn poll<T>(within: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let watch = Watch::start();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(watch.elapsed() < within, "not within {within:?}: {what}");
        pass(Duration::from_millis(5));
    }
}
