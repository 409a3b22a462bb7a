//! Connections: accepted up to a limit, slow ones cut off, and all of them ended in order when the
//! server stops.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::front::Front;
use crate::metrics::Metrics;
use crate::patience::Patience;

/// Connections open at a time.
pub const CONNECTIONS_MAX: usize = 10_000;
/// A client has so long to send its headers, and an idle connection is kept so long.
pub const HEADER_READ_SECONDS: u64 = 30;
const HEADER_READ: Duration = Duration::from_secs(HEADER_READ_SECONDS);
/// Bytes of headers that are read at all; beyond [`HEADER_BYTES_MAX`](crate::HEADER_BYTES_MAX) the
/// answer still says what is wrong.
const HEADER_BUFFER_BYTES: usize = 64 * 1024;
/// Seconds that open requests have when the server stops.
pub const DRAIN_SECONDS: u64 = 8;
/// After a failed accept (no more file descriptors, mostly) the next is tried this much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until `stopping` turns true and all answers are out.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Front,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                let (front, stopping) = (front.clone(), stopping.clone());
                let metrics = Arc::clone(&metrics);
                connections.spawn(async move {
                    metrics.connections.inc();
                    connection(stream, front, stopping).await;
                    metrics.connections.dec();
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                let stopped = stopping.wait_for(|stopping| *stopping);
                if tokio::time::timeout(ACCEPT_PAUSE, stopped).await.is_ok() {
                    break;
                }
            }
        }
    }
    drop(listener);
    let drain = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS), drain).await.is_err() {
        tracing::warn!(open = connections.len(), "connections were cut off");
    }
}

async fn connection(stream: TcpStream, front: Front, stopping: watch::Receiver<bool>) {
    // Small answers go out at once; failing to say so costs a little time, nothing else.
    let _slower = stream.set_nodelay(true).is_err();
    let patience = Patience::new();
    let mut http = http1::Builder::new();
    http.timer(patience.clone()).header_read_timeout(HEADER_READ).max_buf_size(HEADER_BUFFER_BYTES);
    let service = service_fn(|request| front.answer(request));
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut look = std::pin::pin!(sleep_until(Instant::now() + HEADER_READ));
    let mut stop = std::pin::pin!(Some(stopped(stopping.clone())));
    let mut listens = false;
    // Whoever polls this is woken by all three. The signal to stop is for all connections: to look
    // after it at each request would have them queue for its lock.
    let ended = poll_fn(|cx| {
        if !listens || stopping.has_changed().unwrap_or(true) {
            listens = true;
            if let Some(stopped) = stop.as_mut().as_pin_mut()
                && stopped.poll(cx).is_ready()
            {
                stop.set(None);
                connection.as_mut().graceful_shutdown();
            }
        }
        loop {
            let ended = connection.as_mut().poll(cx);
            if ended.is_ready() || look.as_mut().poll(cx).is_pending() {
                return ended;
            }
            // Where the patience has ended, the connection ends with the next poll.
            let now = Instant::now();
            look.as_mut().reset(patience.look(now, HEADER_READ).unwrap_or(now + HEADER_READ));
        }
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // Whoever could say it is gone: that is a stop as well.
    let _gone = stopping.wait_for(|stopping| *stopping).await.is_err();
}
