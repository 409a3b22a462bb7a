//! A receiver of webhooks, by hand: it keeps what comes, and answers as it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use peers::listening::Listening;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http::TIMEOUT;

/// How it answers.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// With a status, further header lines, and a body.
    Answers(u16, &'static str, Vec<u8>),
    /// It takes the request and says nothing.
    Hangs,
    /// It closes the connection without an answer.
    Closes,
    /// It breaks off in the middle of its body.
    BreaksOff,
    /// It speaks no HTTP.
    Babbles,
    /// Its body does not end.
    Endless,
}

impl Mode {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answers(status, "", b"ok".to_vec())
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// How it answered, if it did.
    pub(crate) answered: Option<u16>,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

#[derive(Debug)]
struct State {
    mode: Mode,
    received: Vec<Received>,
}

/// A receiver. It ends with the test.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    _listening: Listening,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let state = State { mode: Mode::status(200), received: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let serve = move |stream| serve(stream, Arc::clone(&shared));
        let listening = Listening::at("127.0.0.1:0", serve).await;
        Self { address: listening.address, state, _listening: listening }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks?shop=1", self.address)
    }

    pub(crate) fn set(&self, mode: Mode) {
        lock(&self.state).mode = mode;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn until(&self, count: usize) -> Vec<Received> {
        let enough = async {
            while lock(&self.state).received.len() < count {
                a_moment().await;
            }
        };
        let arrives = tokio::time::timeout(TIMEOUT, enough).await;
        let received = self.received();
        assert!(arrives.is_ok(), "{count} were to come, {} came", received.len());
        received
    }
}

/// What somebody else does is looked at again after this.
#[expect(clippy::disallowed_methods, reason = "the other end of a connection tells nobody")]
pub(crate) async fn a_moment() {
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    while let Some(received) = read(&mut stream).await {
        let mode = {
            let mut state = lock(&state);
            let mode = state.mode.clone();
            let answered = if let Mode::Answers(status, ..) = mode { Some(status) } else { None };
            state.received.push(Received { answered, ..received });
            mode
        };
        let written = match mode {
            Mode::Answers(status, headers, body) => {
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n");
                let head = stream.write_all(head.as_bytes()).await;
                if head.is_ok() { stream.write_all(&body).await } else { head }
            }
            Mode::Hangs => std::future::pending().await,
            Mode::Closes => return,
            Mode::BreaksOff => {
                let _sent =
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
                return;
            }
            Mode::Babbles => {
                let _sent = stream.write_all(b"220 mail.example ESMTP\r\n").await;
                return;
            }
            Mode::Endless => endless(&mut stream).await,
        };
        if written.is_err() {
            return;
        }
    }
}

async fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
    let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
    loop {
        stream.write_all(&chunk).await?;
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_ends = loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_ends].to_vec()).ok()?;
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: HashMap<_, _> = head.split("\r\n").skip(1).filter_map(line).collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes.split_off(head_ends + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Received { headers, body, answered: None })
}
