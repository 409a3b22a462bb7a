//! Connections: accepted up to a limit, slow ones cut off, and all of them ended in order when the
//! server stops.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
#[cfg(target_os = "linux")]
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep_until};

use crate::app::App;
use crate::explained::{Explained, explanation};
use crate::fast_path::FastPath;
use crate::header_timer::HeaderTimer;
use crate::metrics::Metrics;
use crate::request_log::LOG_WINDOW;
use crate::writing::{Noted, Stall};

/// Connections open at a time.
pub const CONNECTIONS_MAX: usize = 10_000;
/// A client has so long to send its headers, and an idle connection is kept so long.
pub const HEADER_READ_SECONDS: u64 = 30;
const HEADER_READ: Duration = Duration::from_secs(HEADER_READ_SECONDS);
/// A client has so long to take something of what is written to it, be it an answer or a stream.
pub const WRITE_SECONDS: u64 = 30;
const WRITE: Duration = Duration::from_secs(WRITE_SECONDS);
/// Bytes of headers that are read at all; beyond [`HEADER_BYTES_MAX`](crate::HEADER_BYTES_MAX) the
/// answer still says what is wrong.
const HEADER_BUFFER_BYTES: usize = 64 * 1024;
/// Lines of headers that are read. It is what hyper has room for by itself; another number would cost memory
/// with each request.
pub const HEADER_LINES_MAX: usize = 100;
/// Seconds that open requests have when the server stops.
pub const DRAIN_SECONDS: u64 = 8;
/// What is undecided by then is answered all the same, and so long is waited until that is out.
const LAST_ANSWERS: Duration = Duration::from_millis(500);
/// After a failed accept (no more file descriptors, mostly) the next is tried this much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves connections until `stopping` turns true and all answers are out.
pub(crate) async fn serve(
    listener: TcpListener,
    fast_path: FastPath,
    metrics: Arc<Metrics>,
    connections_max: usize,
    mut stopping: watch::Receiver<bool>,
) {
    let app = fast_path.app();
    let (give_up, given_up) = watch::channel(false);
    let room = Arc::new(Semaphore::new(connections_max.min(CONNECTIONS_MAX)));
    let mut connections = JoinSet::new();
    let mut windows = interval_at(Instant::now() + LOG_WINDOW, LOG_WINDOW);
    loop {
        let accept = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((permit, listener.accept().await?))
        };
        let accepted = tokio::select! {
            accepted = accept => accepted,
            _ = windows.tick() => {
                app.request_log.turn();
                continue;
            }
            _ = stopping.wait_for(|stopping| *stopping) => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((permit, (stream, _))) => {
                let fast_path = fast_path.clone();
                let stop = Stop { stopping: stopping.clone(), given_up: given_up.clone() };
                let metrics = Arc::clone(&metrics);
                connections.spawn(async move {
                    metrics.connections.inc();
                    connection(stream, fast_path, stop).await;
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
    if !drain(&mut connections, Duration::from_secs(DRAIN_SECONDS)).await {
        cut_off(&app, &mut connections, &give_up).await;
    }
    app.request_log.turn();
}

/// Ends connections that have had their time to end by themselves.
async fn cut_off(app: &App, connections: &mut JoinSet<()>, give_up: &watch::Sender<bool>) {
    tracing::warn!(open = connections.len(), "what is undecided is answered 503");
    app.give_up();
    // Whoever had hung up meanwhile need not be told.
    let _nobody = give_up.send(true).is_err();
    if !drain(connections, LAST_ANSWERS).await {
        tracing::warn!(open = connections.len(), "connections were cut off");
    }
}

/// Waits for the connections to end, for at most so long; whether they did.
async fn drain(connections: &mut JoinSet<()>, limit: Duration) -> bool {
    let all = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(limit, all).await.is_ok()
}

/// What a connection hears of the end.
#[derive(Clone)]
struct Stop {
    /// The server stops: no further request.
    stopping: watch::Receiver<bool>,
    /// Nobody waits for a decision any more.
    given_up: watch::Receiver<bool>,
}

async fn connection(stream: TcpStream, fast_path: FastPath, stop: Stop) {
    // Small answers go out at once; failing to say so costs a little time, nothing else.
    let _slower = stream.set_nodelay(true).is_err();
    // What the system holds for a client counts as well: much fits there that nobody ever reads.
    #[cfg(target_os = "linux")]
    let _patient =
        set_tcp_user_timeout(&stream, u32::try_from(WRITE.as_millis()).unwrap_or(u32::MAX))
            .is_err();
    let service = service_fn(|request| fast_path.answer(request));
    let app = fast_path.app();
    drive(Explained::new(stream, |refused| explanation(&app, refused)), service, stop).await;
}

/// Serves one connection until it ends, its client has waited or let wait for too long, or the server
/// stops and its answer is out.
async fn drive<S, A, B>(stream: S, service: A, Stop { stopping, given_up }: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: HttpService<Incoming, ResBody = B, Error: Into<Box<dyn Error + Send + Sync>>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let (header_timer, stall) = (HeaderTimer::new(), Stall::new());
    let mut http = http1::Builder::new();
    http.timer(header_timer.clone())
        .header_read_timeout(HEADER_READ)
        .max_buf_size(HEADER_BUFFER_BYTES);
    let stream = Noted { stream, stall: stall.clone() };
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut look = std::pin::pin!(sleep_until(Instant::now() + HEADER_READ));
    let mut stop = std::pin::pin!(Some(stopped(stopping.clone())));
    let mut late = std::pin::pin!(None);
    let mut listens = false;
    // Whoever polls this is woken by all three. The signal to stop is for all connections: to look
    // after it at each request would have them queue for its lock.
    let ended = poll_fn(|cx| {
        if !listens || stopping.has_changed().unwrap_or(true) {
            listens = true;
            if let Some(stops) = stop.as_mut().as_pin_mut()
                && stops.poll(cx).is_ready()
            {
                stop.set(None);
                late.set(Some(stopped(given_up.clone())));
                connection.as_mut().graceful_shutdown();
            }
        }
        // What is answered then, the request itself knows: it only has to be woken.
        if let Some(is_late) = late.as_mut().as_pin_mut()
            && is_late.poll(cx).is_ready()
        {
            late.set(None);
        }
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(Some(ended));
            }
            if look.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let stalls_until = stall.ends_at(WRITE);
            if stalls_until.is_some_and(|until| until <= now) {
                return Poll::Ready(None);
            }
            // Where the time-out has passed, the connection ends with the next poll.
            let next = header_timer.look(now, HEADER_READ).unwrap_or(now + HEADER_READ);
            look.as_mut().reset(stalls_until.map_or(next, |until| until.min(next)));
        }
    });
    match ended.await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a connection broke"),
        None => tracing::debug!("a client did not read"),
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // Whoever could say it is gone: that is a stop as well.
    let _gone = stopping.wait_for(|stopping| *stopping).await.is_err();
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::Response;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const ANSWER_BYTES: usize = 64 * 1024;

    /// A client's end of a connection that holds little, after it has asked for something large.
    async fn asked() -> (tokio::io::DuplexStream, tokio::task::JoinHandle<()>) {
        let (mut client, server) = tokio::io::duplex(1_024);
        let (_stop, stopping) = watch::channel(false);
        #[expect(clippy::disallowed_methods, reason = "the other end of the connection")]
        let served = tokio::spawn(async move {
            let _running = _stop;
            let large = || Response::new("x".repeat(ANSWER_BYTES));
            let service = service_fn(|_request| async { Ok::<_, Infallible>(large()) });
            let given_up = stopping.clone();
            drive(server, service, Stop { stopping, given_up }).await;
        });
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        (client, served)
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_cut_off() {
        let began = Instant::now();
        let (client, served) = asked().await;
        served.await.unwrap();
        assert_eq!(began.elapsed().as_secs(), WRITE_SECONDS);
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_is_served() {
        let (mut client, served) = asked().await;
        let mut read = 0;
        while read < ANSWER_BYTES {
            tokio::time::advance(WRITE - Duration::from_secs(1)).await;
            read += client.read(&mut [0; 512]).await.unwrap();
            assert!(!served.is_finished(), "it ended after {read} bytes");
        }
    }
}
