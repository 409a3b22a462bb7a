//! The thread that carries pages over, with a connection of its own.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use engine::StoreError;

use crate::errors::Error;
use crate::open::{self, Options};
use crate::session::Session;

/// Before the thread carries over.
const CARRY: &str = "carry";

/// The thread. It ends with this value.
#[derive(Debug)]
pub(super) struct Carrier {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Desk {
    orders: Mutex<Orders>,
    news: Condvar,
    /// Held by whoever carries over.
    work: Mutex<()>,
}

#[derive(Debug, Default)]
struct Orders {
    asked: bool,
    stop: bool,
    /// Why the disk can not be trusted any more.
    failed: Option<String>,
}

impl Desk {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; `false` when it is over.
    fn wait(&self) -> bool {
        let idle = |orders: &mut Orders| !orders.asked && !orders.stop;
        let orders = self.news.wait_while(self.orders(), idle);
        let mut orders = orders.unwrap_or_else(PoisonError::into_inner);
        orders.asked = false;
        !orders.stop
    }
}

impl Carrier {
    pub(super) fn start(path: &Path, options: &Options) -> Result<Self, Error> {
        let session = open::carrier(path, options)?;
        let desk = Arc::new(Desk::default());
        let theirs = Arc::clone(&desk);
        let thread = std::thread::Builder::new().name("carrier".to_owned());
        let thread = thread.spawn(move || work(&session, &theirs));
        let thread = thread.map_err(|error| Error::Unavailable(format!("no thread: {error}")))?;
        Ok(Self { desk, thread: Some(thread) })
    }

    /// Asks it to carry over what is there. It does so once, however often it is asked meanwhile.
    pub(super) fn ask(&self) {
        self.desk.orders().asked = true;
        self.desk.news.notify_one();
    }

    /// Keeps it from carrying over, after waiting for it if it does. Two at once would get in each
    /// other's way.
    pub(super) fn hold(&self) -> MutexGuard<'_, ()> {
        self.desk.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, if it does nothing now.
    pub(super) fn try_hold(&self) -> Option<MutexGuard<'_, ()>> {
        self.desk.work.try_lock().ok()
    }

    /// Whether it failed, or is gone.
    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(why) = &self.desk.orders().failed {
            return Err(Error::Failed(why.clone()));
        }
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(Error::Failed("the thread that carries the log over is gone".to_owned()));
        }
        Ok(())
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.desk.orders().stop = true;
        self.desk.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // If it panicked there is nothing left to do for it.
            let _ended = thread.join().is_ok();
        }
    }
}

fn work(session: &Session, desk: &Desk) {
    while desk.wait() {
        let _alone = desk.work.lock().unwrap_or_else(PoisonError::into_inner);
        let done = session.fail_for_good_at(CARRY).and_then(|()| session.checkpoint());
        // Being busy, or a full disk, is no failure: then somebody carries over later.
        let Err(error) = done else { continue };
        match (&error).into() {
            StoreError::Unavailable(_) => {}
            StoreError::Conflict(why)
            | StoreError::Broken(why)
            | StoreError::Unreadable(why)
            | StoreError::Failed(why) => {
                desk.orders().failed = Some(why);
            }
        }
    }
}
