//! A client that costs little: one connection, one request at a time, as many bytes as the answer says.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use tokio::net::TcpStream;

/// Bytes that are read at once at most.
const READ_BYTES: usize = 16 * 1024;
/// An answer's headers end within so many bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A connection to the server.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) replayed: bool,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// A member of the body, if that is a JSON object.
    pub(super) fn text(&self, member: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get(member)?.as_str()?.to_owned())
    }
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ_BYTES) })
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn send(&mut self, request: &[u8]) -> Result<Reply> {
        self.write(request).await?;
        self.buffer.clear();
        let head_end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(strange("its headers do not end"));
            }
            self.read().await?;
        };
        let head = self.buffer.get(..head_end).unwrap_or_default();
        let head = std::str::from_utf8(head).map_err(|_| strange("its headers are no text"))?;
        let status = head.get(9..12).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(|| strange("it has no status"))?;
        let length = header(head, "content-length").and_then(|text| text.parse::<usize>().ok());
        let length = length.ok_or_else(|| strange("it does not say how long it is"))?;
        let replayed = header(head, "idempotent-replayed").is_some();
        while self.buffer.len() < head_end + length {
            self.read().await?;
        }
        let body = self.buffer.get(head_end..head_end + length).unwrap_or_default().to_vec();
        Ok(Reply { status, replayed, body })
    }

    async fn write(&self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        loop {
            self.stream.readable().await?;
            let mut bytes = [0; READ_BYTES];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return Err(Error::from(ErrorKind::UnexpectedEof)),
                Ok(count) => {
                    self.buffer.extend_from_slice(bytes.get(..count).unwrap_or_default());
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn strange(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("an answer is not understood: {what}"))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A request as it goes over the wire.
pub(super) fn request(
    (method, path): (&str, &str),
    credential: &str,
    (key, body): (Option<&str>, &str),
) -> Vec<u8> {
    let key = key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {credential}\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
