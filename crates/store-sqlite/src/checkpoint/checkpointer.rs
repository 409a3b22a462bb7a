//! The checkpointer: a thread that copies pages of the WAL into the database file, with a connection of its own.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use engine::StoreError;

use crate::errors::Error;
use crate::open::{self, Options};
use crate::session::Session;

/// Before the checkpointer begins.
const CHECKPOINTER: &str = "checkpointer";

/// The thread. It ends with this value.
#[derive(Debug)]
pub(super) struct Checkpointer {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    requests: Mutex<Requests>,
    changed: Condvar,
    /// Held by whoever checkpoints.
    work: Mutex<()>,
}

#[derive(Debug, Default)]
struct Requests {
    asked: bool,
    stop: bool,
    /// Why the disk cannot be trusted any more.
    failed: Option<String>,
}

impl State {
    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; `false` when it is over.
    fn wait(&self) -> bool {
        let idle = |requests: &mut Requests| !requests.asked && !requests.stop;
        let requests = self.changed.wait_while(self.requests(), idle);
        let mut requests = requests.unwrap_or_else(PoisonError::into_inner);
        requests.asked = false;
        !requests.stop
    }
}

impl Checkpointer {
    pub(super) fn start(path: &Path, options: &Options) -> Result<Self, Error> {
        let session = open::checkpointer(path, options)?;
        let state = Arc::new(State::default());
        let theirs = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("checkpointer".to_owned());
        let thread = thread.spawn(move || work(&session, &theirs));
        let thread = thread.map_err(|error| Error::Unavailable(format!("no thread: {error}")))?;
        Ok(Self { state, thread: Some(thread) })
    }

    /// Asks it for a checkpoint. It makes one, however often it is asked meanwhile.
    pub(super) fn ask(&self) {
        self.state.requests().asked = true;
        self.state.changed.notify_one();
    }

    /// Keeps it from checkpointing, after waiting for it if it does. Two at once would get in each
    /// other's way.
    pub(super) fn hold(&self) -> MutexGuard<'_, ()> {
        self.state.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, if it does nothing now.
    pub(super) fn try_hold(&self) -> Option<MutexGuard<'_, ()>> {
        self.state.work.try_lock().ok()
    }

    /// Whether it failed, or is gone.
    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(why) = &self.state.requests().failed {
            return Err(Error::Failed(why.clone()));
        }
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(Error::Failed("the checkpointer is gone".to_owned()));
        }
        Ok(())
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.state.requests().stop = true;
        self.state.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // If it panicked there is nothing left to do for it.
            let _ended = thread.join().is_ok();
        }
    }
}

fn work(session: &Session, state: &State) {
    while state.wait() {
        let _alone = state.work.lock().unwrap_or_else(PoisonError::into_inner);
        let done = session.fail_for_good_at(CHECKPOINTER).and_then(|()| session.checkpoint());
        // Being busy, or a full disk, is no failure: then somebody checkpoints later.
        let Err(error) = done else { continue };
        match (&error).into() {
            StoreError::Unavailable(_) => {}
            StoreError::Conflict(why)
            | StoreError::Broken(why)
            | StoreError::Unreadable(why)
            | StoreError::Failed(why) => {
                state.requests().failed = Some(why);
            }
        }
    }
}
