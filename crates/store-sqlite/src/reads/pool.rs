//! Connections for reading: opened when they are needed, kept, never more than a limit.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::StoreError;

use crate::errors::Error;
use crate::file::Watch;
use crate::open;
use crate::session::Session;

/// Connections that read at the same time at most. Who comes later waits.
pub const READERS_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// How long to wait for the disk's locks, and for a connection.
    timeout: Duration,
    connections: Mutex<Connections>,
    freed: Condvar,
    /// A connection that is opened later must not find another store.
    watch: Watch,
}

#[derive(Debug)]
struct Connections {
    idle: Vec<Session>,
    /// Idle or not.
    open: usize,
}

impl Readers {
    pub(super) fn new(path: PathBuf, timeout: Duration) -> Self {
        let connections = Mutex::new(Connections { idle: Vec::new(), open: 0 });
        let watch = Watch::of_file(&path);
        Self { path, timeout, connections, freed: Condvar::new(), watch }
    }

    /// The store's file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets `read` see a consistent snapshot.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let mut pooled = self.acquire()?;
        let session = match pooled.session.take() {
            Some(idle) => idle,
            None => self.open()?,
        };
        let result = session.begin_read().and_then(|()| read(&session));
        let ended = session.roll_back();
        // A connection that failed, or whose reader panicked, is closed and not used again.
        if ended.is_ok() && result.as_ref().err().is_none_or(Error::spares_connection) {
            pooled.session = Some(session);
        }
        Ok(result?)
    }

    fn open(&self) -> Result<Session, Error> {
        let session = open::reader(&self.path, self.timeout)?;
        self.watch.check().map_err(Error::Unavailable)?;
        Ok(session)
    }

    /// Waits for a permit to use a connection.
    fn acquire(&self) -> Result<PooledConnection<'_>, Error> {
        let all_busy = |connections: &mut Connections| {
            connections.idle.is_empty() && connections.open >= READERS_MAX
        };
        let waited = self.freed.wait_timeout_while(self.lock(), self.timeout, all_busy);
        let (mut connections, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(Error::Unavailable(format!("all {READERS_MAX} readers are busy")));
        }
        let session = connections.idle.pop();
        if session.is_none() {
            connections.open = connections.open.saturating_add(1);
        }
        Ok(PooledConnection { readers: self, session })
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit to use a connection of the pool. Its end gives back the connection, or the permit to open one.
struct PooledConnection<'a> {
    readers: &'a Readers,
    session: Option<Session>,
}

impl Drop for PooledConnection<'_> {
    fn drop(&mut self) {
        let mut connections = self.readers.lock();
        match self.session.take() {
            Some(session) => connections.idle.push(session),
            None => connections.open = connections.open.saturating_sub(1),
        }
        drop(connections);
        self.readers.freed.notify_one();
    }
}
