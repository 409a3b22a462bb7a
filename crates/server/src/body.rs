//! Bodies: read within a limit of bytes, of time, and of memory over all connections together.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use wire::Code;

use crate::refusal::{Refusal, unavailable};

/// Bodies larger than this are made a tree of beside the threads that serve connections.
const INLINE_BYTES_MAX: usize = 32 * 1024;
/// Trees of large bodies that are made at a time.
const LARGE_TREES_MAX: usize = 2;

/// The room that all bodies share.
#[derive(Debug)]
pub(crate) struct Bodies {
    bytes: Arc<Semaphore>,
    large_trees: Semaphore,
}

/// A body that is being read. What it holds of the shared room it gives back when it goes.
#[derive(Debug)]
pub(crate) struct Reading {
    body: Body,
    /// What came first; mostly that is all, and then it is not copied.
    first: Bytes,
    /// Everything, once there is more.
    pieces: BytesMut,
    room: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    deadline: Instant,
}

/// The bytes of a body, and the room that they take.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// Room for so many bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let bytes = Arc::new(Semaphore::new(bytes_max.min(Semaphore::MAX_PERMITS)));
        Self { bytes, large_trees: Semaphore::new(LARGE_TREES_MAX) }
    }

    /// Reads a body, until `deadline`.
    pub(crate) fn reading(&self, body: Body, deadline: Instant) -> Reading {
        Reading {
            body,
            first: Bytes::new(),
            pieces: BytesMut::new(),
            room: Arc::clone(&self.bytes),
            held: None,
            deadline,
        }
    }

    /// Does what takes time and memory in proportion to a body of so many bytes. What is large waits for
    /// its turn, and keeps no thread from serving connections.
    pub(crate) async fn understand<T>(
        &self,
        bytes: usize,
        deadline: Instant,
        understand: impl FnOnce() -> T,
    ) -> Result<T, Refusal> {
        if bytes <= INLINE_BYTES_MAX {
            return Ok(understand());
        }
        let turn = timeout_at(deadline, self.large_trees.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(unavailable("Too many large requests wait already; nothing was decided."));
        };
        Ok(tokio::task::block_in_place(understand))
    }
}

impl Reading {
    /// Reads on until the body ends (true), or has more than `bytes_max` bytes (false).
    pub(crate) async fn up_to(&mut self, bytes_max: usize) -> Result<bool, Refusal> {
        let deadline = self.deadline;
        let mut reading = std::pin::pin!(self.read(bytes_max));
        if let Some(there) = reading.as_mut().now_or_never() {
            return there;
        }
        let slow = |_| unavailable("The body did not arrive in time; nothing was decided.");
        timeout_at(deadline, reading).await.map_err(slow)?
    }

    async fn read(&mut self, bytes_max: usize) -> Result<bool, Refusal> {
        let broken = |_| Refusal::new(Code::InvalidRequest, "The body ended before its time.");
        while self.len() <= bytes_max {
            let Some(frame) = self.body.frame().await else { return Ok(true) };
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            // What came whole needs no room: nobody waits with it.
            if self.len() > 0 || !self.body.is_end_stream() {
                self.hold(data.len())?;
            }
            if self.len() == 0 {
                self.first = data;
                continue;
            }
            self.pieces.extend_from_slice(&std::mem::take(&mut self.first));
            self.pieces.extend_from_slice(&data);
        }
        Ok(false)
    }

    fn len(&self) -> usize {
        self.first.len() + self.pieces.len()
    }

    /// Takes room for so many bytes more. Nobody waits for it: who waits holds what they have.
    fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        let full = || unavailable("Too many bodies arrive at a time; nothing was decided.");
        let permits = u32::try_from(bytes).map_err(|_| full())?;
        let more = Arc::clone(&self.room).try_acquire_many_owned(permits).map_err(|_| full())?;
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }

    /// What was read.
    pub(crate) fn received(self) -> Received {
        let bytes = if self.pieces.is_empty() { self.first } else { self.pieces.freeze() };
        Received { bytes, _held: self.held }
    }
}

/// How long the body is, where its sender says so.
pub(crate) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the sender waits to be told that the body is wanted.
pub(crate) fn is_awaited(headers: &HeaderMap) -> bool {
    headers.contains_key(header::EXPECT)
}

/// 413.
pub(crate) fn too_large(bytes_max: usize) -> Refusal {
    Refusal::new(Code::BodyTooLarge, format!("The body has more than {bytes_max} bytes."))
}

/// 415, unless the body is JSON, if there is any.
pub(crate) fn check_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let refuse = |detail| Err(Refusal::new(Code::UnsupportedMediaType, detail));
    if !body.is_empty() && is_encoded(headers) {
        return refuse("The body must be sent as it is, without Content-Encoding.");
    }
    if !body.is_empty() && !is_json(headers) {
        return refuse("The body must be sent with Content-Type: application/json.");
    }
    Ok(())
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json")
}
