//! Connections: accepted up to a limit, slow ones cut off, and all of them ended in order when the
//! server stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::metrics::Metrics;

/// Connections open at a time.
pub const CONNECTIONS_MAX: usize = 10_000;
/// A client has so long to send its headers, and an idle connection is kept so long.
pub const HEADER_READ_SECONDS: u64 = 30;
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
    router: Router,
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
                let (router, stopping) = (router.clone(), stopping.clone());
                let metrics = Arc::clone(&metrics);
                connections.spawn(async move {
                    metrics.connections.inc();
                    connection(stream, router, stopping).await;
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

async fn connection(stream: TcpStream, router: Router, mut stopping: watch::Receiver<bool>) {
    // Small answers go out at once; failing to say so costs a little time, nothing else.
    let _slower = stream.set_nodelay(true).is_err();
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEADER_READ_SECONDS))
        .max_buf_size(HEADER_BUFFER_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut told = false;
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            _ = stopping.wait_for(|stopping| *stopping), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
