//! Making the engine fail or wait at a named place.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use engine::failpoint::{Failpoints, LOADED};

use super::http::TIMEOUT;
use super::logs::Threads;

/// What goes wrong in one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    failing: BTreeSet<String>,
    held: bool,
    /// The writer stands and waits.
    stands: bool,
}

impl Faults {
    pub(crate) fn failpoints(&self, threads: Threads) -> Failpoints {
        let faults = self.clone();
        Failpoints::new(move |place| {
            // Asked by the writer, whose thread nobody else tells us.
            threads.join();
            faults.pass(place)
        })
    }

    /// Whether to fail at `place`, after waiting for as long as the engine is held.
    fn pass(&self, place: &str) -> bool {
        let mut state = self.state();
        if place == LOADED && state.held {
            state.stands = true;
            self.0.changed.notify_all();
            let held = |state: &mut State| state.held;
            let waited = self.0.changed.wait_while(state, held);
            state = waited.unwrap_or_else(PoisonError::into_inner);
            state.stands = false;
        }
        state.failing.contains(place)
    }

    /// Fails at `place` until [`heal`](Self::heal).
    pub(crate) fn fail(&self, place: &str) {
        self.state().failing.insert(place.to_owned());
    }

    pub(crate) fn heal(&self) {
        self.state().failing.clear();
    }

    /// The engine stops before its next decisions, until what this returns is dropped.
    pub(crate) fn hold(&self) -> Held {
        self.state().held = true;
        Held(self.clone())
    }

    pub(crate) fn release(&self) {
        self.state().held = false;
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The engine is held.
#[derive(Debug)]
#[must_use]
pub(crate) struct Held(Faults);

impl Held {
    /// Waits until a batch stands there.
    pub(crate) async fn stands(&self) {
        let faults = self.0.clone();
        let waits = tokio::task::spawn_blocking(move || {
            let goes = |state: &mut State| !state.stands;
            let waited = faults.0.changed.wait_timeout_while(faults.state(), TIMEOUT, goes);
            !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
        });
        assert!(waits.await.expect("nobody panics there"), "no batch came");
    }

    /// Lets the engine go on.
    pub(crate) fn release(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.release();
    }
}
