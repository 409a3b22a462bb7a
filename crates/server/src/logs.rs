//! Log lines on their way out. Whoever logs never waits and never fails: a thread of its own writes, and
//! what it cannot write is dropped and counted.
//!
//! A disk that is full, a pipe whose reader is gone and one whose reader has stopped reading are all met
//! sooner or later, and mostly together with what the lines are about.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

/// Bytes of lines that wait to be written; what comes beyond that is dropped.
pub const LOG_BYTES_MAX: usize = 4 << 20;
/// A pipe that takes nothing at the moment and does not let its writer wait is tried again after this.
const PAUSE: Duration = Duration::from_millis(10);

/// Where log lines go: each [`write`](Write::write) is one line. Cheap to clone. The default one has nobody
/// who writes: for tests.
#[derive(Clone, Debug, Default)]
pub struct LogLines {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    dropped: Counter,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Whether a line is being written.
    is_writing: bool,
}

impl LogLines {
    /// Lines that a thread of its own writes to `out`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let lines = Self::default();
        let shared = Arc::clone(&lines.shared);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_all(out))?;
        Ok(lines)
    }

    /// How many lines were dropped: there were too many, or they could not be written.
    #[must_use]
    pub fn dropped(&self) -> Counter {
        self.shared.dropped.clone()
    }

    /// Waits until what was logged is written or dropped, but no longer than `limit`.
    pub fn flush(&self, limit: Duration) {
        let is_busy = |queue: &mut Queue| queue.is_writing || !queue.lines.is_empty();
        let waited = self.shared.changed.wait_timeout_while(self.shared.queue(), limit, is_busy);
        drop(waited);
    }
}

impl Write for LogLines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut queue = self.shared.queue();
        if queue.bytes.saturating_add(line.len()) > LOG_BYTES_MAX {
            self.shared.dropped.inc();
        } else {
            queue.bytes += line.len();
            queue.lines.push_back(line.to_owned());
            self.shared.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, out: impl Write) {
        let mut out = Out { to: out, is_torn: false };
        let mut reported = 0;
        loop {
            let line = self.next();
            let is_written = out.line(&line).is_ok();
            if !is_written {
                self.dropped.inc();
            }
            let is_last = self.written();
            let dropped = self.dropped.get();
            // Said only once lines get through again: the report is a line as well.
            if is_written && is_last && dropped > reported {
                tracing::warn!(lines = dropped - reported, "log lines were dropped");
                reported = dropped;
            }
        }
    }

    /// Waits for a line.
    fn next(&self) -> Vec<u8> {
        let is_idle = |queue: &mut Queue| queue.lines.is_empty();
        let waited = self.changed.wait_while(self.queue(), is_idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
        let line = queue.lines.pop_front().unwrap_or_default();
        queue.bytes = queue.bytes.saturating_sub(line.len());
        queue.is_writing = true;
        line
    }

    /// The line is written or dropped; whether none waits behind it.
    fn written(&self) -> bool {
        let mut queue = self.queue();
        queue.is_writing = false;
        self.changed.notify_all();
        queue.lines.is_empty()
    }
}

struct Out<W> {
    to: W,
    /// Whether only a part of the last line was written: the next one begins on a line of its own.
    is_torn: bool,
}

impl<W: Write> Out<W> {
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.bytes(b"\n")?;
            self.is_torn = false;
        }
        self.bytes(line)
    }

    fn bytes(&mut self, mut left: &[u8]) -> io::Result<()> {
        while !left.is_empty() {
            match self.to.write(left) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::park_timeout(PAUSE);
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.is_torn = !left.is_empty();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
