//! HTTP/1.1 by hand, one connection for each request: what stands here is what goes over the wire.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answer::Answer;

/// No answer takes longer; a test that waits for one does not wait for ever.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(40);

/// A request in the making.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str, body: &Value) -> Self {
        Self::new("POST", target).json(body)
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// A body that says it is JSON, whatever it is.
    pub(crate) fn text(self, body: &str) -> Self {
        self.header("Content-Type", "application/json").bytes(body.as_bytes())
    }

    pub(crate) fn bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn header_value(&self, name: &str) -> Option<&str> {
        let same = |(known, _): &&(String, Vec<u8>)| known.eq_ignore_ascii_case(name);
        let value = self.headers.iter().find(same).map(|(_, value)| value.as_slice());
        value.and_then(|value| str::from_utf8(value).ok())
    }

    /// The path without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The request's head.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: test\r\n", self.method, self.target);
        let has_length = self.header_value("Content-Length").is_some()
            || self.header_value("Transfer-Encoding").is_some();
        if !has_length && (!self.body.is_empty() || self.method != "GET") {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        let mut head = head.into_bytes();
        for (name, value) in &self.headers {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"Connection: close\r\n\r\n");
        head
    }

    /// The whole request.
    pub(crate) fn wire(&self) -> Vec<u8> {
        let mut wire = self.head();
        wire.extend_from_slice(&self.body);
        wire
    }
}

/// Sends a request and reads all of its answer.
pub(crate) async fn exchange(address: SocketAddr, ask: &Ask) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // A server that has seen enough may close before the whole body is sent; its answer counts.
    let _seen_enough = stream.write_all(&ask.wire()).await.is_err();
    read_answer(&mut stream, &format!("{} {}", ask.method, ask.target)).await
}

/// Reads an answer up to the end of its connection.
pub(crate) async fn read_answer(stream: &mut TcpStream, what: &str) -> Answer {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await;
    let read = read.unwrap_or_else(|_| panic!("no answer to {what}"));
    assert!(read.is_ok() || !bytes.is_empty(), "the answer to {what} broke: {read:?}");
    Answer::parse(&bytes).unwrap_or_else(|| panic!("no HTTP for {what}: {bytes:?}"))
}
