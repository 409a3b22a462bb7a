//! A receiver that costs little: it notes what arrives and when, and answers 204.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Clock as _;
use server::clock::SystemClock;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::flags::Failure;

/// What is sent to this path is never answered.
pub(super) const HANGS: u32 = u32::MAX;

const READ_BYTES: usize = 4 * 1024;
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// An event that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The number that the endpoint's path is.
    pub(super) path: u32,
    /// The event's place in its account's feed.
    pub(super) position: u64,
    /// Milliseconds since it happened.
    pub(super) millis: u32,
}

/// What has arrived, and where it does.
#[derive(Debug)]
pub(super) struct Receiver {
    address: SocketAddr,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
}

impl Receiver {
    /// Starts one, on a thread that ends with the process.
    pub(super) fn start() -> std::result::Result<Self, Failure> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let clock = Arc::new(SystemClock::start(None, true)?);
        let arrivals: Arc<Mutex<Vec<Arrival>>> = Arc::default();
        let noted = Arc::clone(&arrivals);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("receiver".to_owned()).spawn(move || {
            let served = runtime.block_on(serve(listener, clock, noted));
            if let Err(error) = served {
                crate::out::note(format!("the receiver has ended: {error}"));
            }
        })?;
        Ok(Self { address, arrivals })
    }

    /// Where an endpoint leads to whose path is this number.
    pub(super) fn url(&self, path: u32) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// How many have arrived since they were last taken.
    pub(super) fn count(&self) -> usize {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What has arrived since this was last asked.
    pub(super) fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut *self.arrivals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn serve(
    listener: std::net::TcpListener,
    clock: Arc<SystemClock>,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let (clock, arrivals) = (Arc::clone(&clock), Arc::clone(&arrivals));
                connections.spawn(async move {
                    // The server ends connections that it does not need any more.
                    let _ended = answer_all(stream, &clock, &arrivals).await.is_err();
                });
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn answer_all(
    mut stream: TcpStream,
    clock: &SystemClock,
    arrivals: &Mutex<Vec<Arrival>>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(READ_BYTES);
    loop {
        while !is_whole(&buffer)? {
            read(&mut stream, &mut buffer).await?;
        }
        let now = clock.now().as_millis();
        let path = path(&buffer).ok_or_else(strange)?;
        if path == HANGS {
            // Until whoever waits gives up.
            read(&mut stream, &mut buffer).await?;
            continue;
        }
        let arrival = arrival(path, &buffer, now).ok_or_else(strange)?;
        arrivals.lock().unwrap_or_else(PoisonError::into_inner).push(arrival);
        buffer.clear();
        write(&mut stream, ANSWER).await?;
    }
}

fn strange() -> Error {
    Error::new(ErrorKind::InvalidData, "a delivery is not understood")
}

/// Whether there is all of a request. A client sends the next one only after its answer.
fn is_whole(bytes: &[u8]) -> Result<bool> {
    let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(false) };
    let head = bytes.get(..end).unwrap_or_default().to_ascii_lowercase();
    let length = after(&head, b"\r\ncontent-length:").and_then(number).ok_or_else(strange)?;
    let length = usize::try_from(length).map_err(|_| strange())?;
    Ok(bytes.len() >= end.saturating_add(4).saturating_add(length))
}

fn path(request: &[u8]) -> Option<u32> {
    number(after(request, b"POST /")?)?.try_into().ok()
}

/// What the body says in its first members.
fn arrival(path: u32, request: &[u8], now: i64) -> Option<Arrival> {
    let body = after(request, b"\r\n\r\n")?;
    let created_at = after(body, br#""created_at":""#)?;
    let created_at = created_at.split(|byte| *byte == b'"').next()?;
    let created_at: jiff::Timestamp = std::str::from_utf8(created_at).ok()?.parse().ok()?;
    let position = number(after(body, br#""position":"#)?)?;
    let millis = now.saturating_sub(created_at.as_millisecond()).max(0);
    Some(Arrival { path, position, millis: u32::try_from(millis).unwrap_or(u32::MAX) })
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn after<'a>(bytes: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    bytes.get(find(bytes, what)?.saturating_add(what.len())..)
}

/// The number that the text begins with, after spaces.
fn number(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii_start();
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    std::str::from_utf8(text.get(..end)?).ok()?.parse().ok()
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    let mut bytes = [0; READ_BYTES];
    let mut room = ReadBuf::new(&mut bytes);
    poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut room)).await?;
    if room.filled().is_empty() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    buffer.extend_from_slice(room.filled());
    Ok(())
}

async fn write(stream: &mut TcpStream, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_read_once_it_is_whole() {
        let request = "POST /17 HTTP/1.1\r\nContent-Length: 63\r\nwebhook-id: msg_1\r\n\r\n\
                       {\"id\":\"msg_1\",\"created_at\":\"1970-01-01T00:00:01.000Z\",\"position\":9}";
        let request =
            request.replace("63", &(request.len() - request.find('{').unwrap()).to_string());
        let bytes = request.as_bytes();
        for end in 0..bytes.len() {
            assert!(!is_whole(&bytes[..end]).unwrap(), "{end}");
        }
        assert!(is_whole(bytes).unwrap());
        assert_eq!(path(bytes), Some(17));
        let expected = Arrival { path: 17, position: 9, millis: 250 };
        assert_eq!(arrival(17, bytes, 1_250), Some(expected));
        assert!(is_whole(b"POST / HTTP/1.1\r\n\r\n").is_err(), "it does not say how long it is");
    }
}
