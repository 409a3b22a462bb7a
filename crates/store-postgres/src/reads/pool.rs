//! Connections for reading: opened when they are needed, kept, never more than a limit.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::StoreError;

use crate::connect::{Address, Options, Purpose};
use crate::errors::Error;
use crate::session::Session;
use crate::statements::BEGIN_READ;

/// Connections that read at the same time at most. Who comes later waits.
pub const READERS_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Readers {
    address: Address,
    /// Connections at most.
    max: usize,
    /// How long to wait for a connection.
    timeout: Duration,
    connections: Mutex<Connections>,
    freed: Condvar,
}

#[derive(Debug)]
struct Connections {
    idle: Vec<Session>,
    /// Idle or not.
    open: usize,
}

impl Readers {
    pub(crate) fn new(address: Address, max: usize) -> Self {
        let timeout = address.options().statement_timeout;
        let connections = Mutex::new(Connections { idle: Vec::new(), open: 0 });
        Self { address, max, timeout, connections, freed: Condvar::new() }
    }

    pub(super) const fn options(&self) -> &Options {
        self.address.options()
    }

    /// Lets `read` see a consistent snapshot, with as many statements as it likes.
    pub(crate) fn read<T>(
        &self,
        mut read: impl FnMut(&mut Session) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.autocommit_read(|session| {
            let begun = session.begin(&BEGIN_READ, Vec::new());
            let result = begun.and_then(|_| read(session));
            session.roll_back()?;
            result
        })
    }

    /// Lets `read` carry out one statement, which sees a consistent snapshot by itself. Once more
    /// on a new connection, if one that had waited here was lost unnoticed.
    pub(crate) fn autocommit_read<T>(
        &self,
        mut read: impl FnMut(&mut Session) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        loop {
            let mut pooled = self.acquire()?;
            let idle = pooled.session.take().filter(Session::is_open);
            let was_idle = idle.is_some();
            let mut session = match idle {
                Some(idle) => idle,
                None => self.address.connect(Purpose::Read)?,
            };
            let result = read(&mut session);
            // A connection that failed, or whose reader panicked, is closed and not used again.
            if session.is_open() {
                pooled.session = Some(session);
            }
            match result {
                Err(error) if was_idle && error.is_lost() => {}
                result => return Ok(result?),
            }
        }
    }

    /// Lets `read` see a consistent snapshot for as long as it takes, on a connection of its own.
    pub(super) fn long_read<T>(
        &self,
        read: impl FnOnce(&mut Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut session = self.address.connect(Purpose::Migrate)?;
        session.begin(&BEGIN_READ, Vec::new())?;
        read(&mut session)
    }

    /// Waits for a permit to use a connection.
    fn acquire(&self) -> Result<PooledConnection<'_>, Error> {
        let all_busy = |connections: &mut Connections| {
            connections.idle.is_empty() && connections.open >= self.max
        };
        let waited = self.freed.wait_timeout_while(self.lock(), self.timeout, all_busy);
        let (mut connections, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(Error::Unavailable(format!("all {} connections are busy", self.max)));
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
