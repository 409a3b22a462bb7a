//! What tests give the engine from around it: a clock that moves when told, answers that can be read
//! back, and an observer that counts and can be waited on.

mod clock;
mod observer;
mod render;

use std::sync::{Arc, Mutex};

use domain::id::Mint;
use domain::retention::Retention;
use engine::failpoint::Failpoints;
use engine::key_usage::KeyUsages;
use engine::webhooks::Wake;
use engine::{Ports, Render};

use crate::rng::Rng;
pub use clock::TestClock;
pub use observer::{Seen, TestObserver};
pub use render::{CONTENT_TYPE, Fields, PROBLEM_TYPE, TestRender, read};

/// Everything from around the engine, for tests. Each [`ports`](Self::ports) of it is a new process
/// on the same machine.
#[derive(Debug)]
pub struct TestPorts {
    /// What time it is.
    pub clock: Arc<TestClock>,
    /// What has happened.
    pub observer: Arc<TestObserver>,
    /// Where things fail.
    pub failpoints: Failpoints,
    rng: Mutex<Rng>,
}

impl TestPorts {
    /// Random bits from `seed`; the clock stands at [`TestClock::START`].
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            clock: Arc::new(TestClock::default()),
            observer: Arc::new(TestObserver::default()),
            failpoints: Failpoints::default(),
            rng: Mutex::new(Rng::new(seed)),
        }
    }

    /// Ports with [`TestRender`].
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports_with(Arc::new(TestRender))
    }

    /// Ports that render otherwise.
    #[must_use]
    pub fn ports_with(&self, render: Arc<dyn Render>) -> Ports {
        let mut rng = self.rng.lock().expect("nothing panics while it is held").split();
        Ports {
            clock: self.clock.clone(),
            render,
            observer: self.observer.clone(),
            retention: Retention::default(),
            random: Box::new(move || rng.draw()),
            mint: Mint::default(),
            key_usage: Arc::new(Mutex::new(KeyUsages::default())),
            failpoints: self.failpoints.clone(),
            wake: Wake::default(),
        }
    }
}
