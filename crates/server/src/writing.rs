//! How long a connection waits for its client to take what is written: a client that does not read keeps
//! its answer, and the connection, from everybody else.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Nothing waits to be written.
const FLOWS: u64 = u64::MAX;

/// Since when a connection waits for its client to read; shared by the connection and its stream.
#[derive(Clone, Debug)]
pub(crate) struct Stall(Arc<State>);

#[derive(Debug)]
struct State {
    started: Instant,
    /// Microseconds since `started`; [`FLOWS`] while nothing waits.
    since_micros: AtomicU64,
}

impl Stall {
    /// Of a connection that begins now.
    pub(crate) fn new() -> Self {
        let since_micros = AtomicU64::new(FLOWS);
        Self(Arc::new(State { started: Instant::now(), since_micros }))
    }

    /// When it has lasted too long, if nothing is taken until then.
    pub(crate) fn ends_at(&self, longest: Duration) -> Option<Instant> {
        let since = self.0.since_micros.load(Ordering::Relaxed);
        (since != FLOWS).then(|| self.0.started + Duration::from_micros(since) + longest)
    }

    fn note<T>(&self, written: &Poll<io::Result<T>>) {
        let since = self.0.since_micros.load(Ordering::Relaxed);
        match written {
            Poll::Ready(_) if since != FLOWS => {
                self.0.since_micros.store(FLOWS, Ordering::Relaxed);
            }
            Poll::Pending if since == FLOWS => {
                let micros = self.0.started.elapsed().as_micros();
                let since = u64::try_from(micros).unwrap_or(FLOWS - 1);
                self.0.since_micros.store(since, Ordering::Relaxed);
            }
            Poll::Ready(_) | Poll::Pending => {}
        }
    }
}

/// A stream whose stalls are noted.
#[derive(Debug)]
pub(crate) struct Noted<S> {
    pub(crate) stream: S,
    pub(crate) stall: Stall,
}

impl<S: AsyncRead + Unpin> AsyncRead for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.stall.note(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.stall.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
