//! A client that costs little: one connection, one request at a time, as many bytes as the answer says.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

/// Bytes that are read at once at most; an answer that is longer makes room for as many again.
const READ_BYTES: usize = 4 * 1024;
/// An answer's headers end within so many bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A connection to the server.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read.
    filled: usize,
}

/// Who asks beside the load, now and then: each question has a connection of its own, since the server
/// ends one that was idle for long.
pub(super) struct Operator {
    address: SocketAddr,
    connection: Option<Connection>,
}

impl Operator {
    pub(super) const fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn send(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.connection.insert(Connection::open(self.address).await?).send(request).await
    }
}

/// What was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply<'a> {
    pub(super) status: u16,
    pub(super) replayed: bool,
    pub(super) body: &'a [u8],
}

impl Reply<'_> {
    /// A member of the body, if that is a JSON object: the first of this name that is text without
    /// escapes, such as an id.
    pub(super) fn text(&self, member: &str) -> Option<String> {
        let body = std::str::from_utf8(self.body).ok()?;
        let members = body.strip_prefix('{')?.strip_suffix('}')?;
        let mut rest = members;
        // A quote within text is escaped, so this finds names only, and values that look like one.
        while let Some((_, after)) = rest.split_once(member) {
            if let Some(text) = after.strip_prefix("\":\"") {
                return Some(text.split_once('"')?.0.to_owned());
            }
            rest = after;
        }
        None
    }
}

/// What an answer's headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    /// Bytes until the body begins.
    bytes: usize,
    status: u16,
    length: usize,
    replayed: bool,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; READ_BYTES], filled: 0 })
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn send(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.write(request).await?;
        self.filled = 0;
        let head = loop {
            self.read().await?;
            if let Some(head) = head(self.buffer.get(..self.filled).unwrap_or_default())? {
                break head;
            }
            if self.filled > HEAD_BYTES_MAX {
                return Err(strange("its headers do not end"));
            }
        };
        let end = head.bytes.saturating_add(head.length);
        while self.filled < end {
            self.read().await?;
        }
        let body = self.buffer.get(head.bytes..end).unwrap_or_default();
        Ok(Reply { status: head.status, replayed: head.replayed, body })
    }

    async fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let stream = &mut self.stream;
            let count = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await?;
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled.saturating_mul(2), 0);
        }
        let Self { stream, buffer, filled } = self;
        let mut room = ReadBuf::new(buffer.get_mut(*filled..).unwrap_or_default());
        poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut room)).await?;
        match room.filled().len() {
            0 => Err(Error::from(ErrorKind::UnexpectedEof)),
            count => {
                *filled += count;
                Ok(())
            }
        }
    }
}

/// The headers, once they are complete.
fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let status = bytes.get(9..12).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    let (mut length, mut replayed) = (None, false);
    let mut end = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if line == b"\r\n" {
            let status = status.ok_or_else(|| strange("it has no status"))?;
            let length = length.ok_or_else(|| strange("it does not say how long it is"))?;
            return Ok(Some(Head { bytes: end, status, length, replayed }));
        }
        if let Some(value) = value_of(line, b"content-length:") {
            length = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
        }
        replayed |= value_of(line, b"idempotent-replayed:").is_some();
    }
    Ok(None)
}

/// What follows a header's name, whose letters may be large or small.
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, value) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then_some(value)
}

fn strange(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("an answer is not understood: {what}"))
}

/// A request, before it is put on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    pub(super) credential: &'a str,
    pub(super) key: Option<&'a str>,
    /// In pieces.
    pub(super) body: &'a [&'a str],
}

impl<'a> Request<'a> {
    pub(super) const fn get(path: &'a str, credential: &'a str) -> Self {
        Self::new("GET", path, credential)
    }

    /// A request without a body.
    pub(super) const fn new(method: &'static str, path: &'a str, credential: &'a str) -> Self {
        Self { method, path, credential, key: None, body: &[] }
    }

    pub(super) const fn post(path: &'a str, credential: &'a str, body: &'a [&'a str]) -> Self {
        Self { body, ..Self::new("POST", path, credential) }
    }

    pub(super) const fn with_key(self, key: &'a str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Puts its bytes into `out`.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let Self { method, path, credential, key, body } = *self;
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        for part in [method, " ", path, " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "] {
            put(part);
        }
        put(credential);
        if let Some(key) = key {
            put("\r\nIdempotency-Key: ");
            put(key);
        }
        let length: usize = body.iter().map(|part| part.len()).sum();
        put("\r\nContent-Type: application/json\r\nContent-Length: ");
        put(&length.to_string());
        put("\r\n\r\n");
        body.iter().copied().for_each(put);
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_end_where_they_end() {
        let answer =
            b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nidempotent-Replayed: true\r\n\r\n{}";
        let end = answer.len() - 2;
        let known = Head { bytes: end, status: 201, length: 12, replayed: true };
        assert_eq!(head(answer).unwrap(), Some(known));
        for bytes in 0..end {
            assert_eq!(head(&answer[..bytes]).unwrap(), None, "{bytes}");
        }
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "it does not say how long it is");
    }

    #[test]
    fn a_member_is_text_of_that_name() {
        let text = |body: &str, member: &str| {
            Reply { status: 201, replayed: false, body: body.as_bytes() }.text(member)
        };
        let body = r#"{"id":"a","user_id":"\"booking_id\":\"x","booking_id":"b","n":1}"#;
        assert_eq!(text(body, "booking_id"), Some("b".to_owned()));
        assert_eq!(text(body, "n"), None);
        assert_eq!(text("[\"booking_id\":\"b\"]", "booking_id"), None);
        assert_eq!(text("{\"booking_id\":\"b", "booking_id"), None);
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        let asked = Request::post("/x", "bo_live_1", &["{}"]).with_key("k").bytes();
        let expected = "POST /x HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer bo_live_1\r\n\
                        Idempotency-Key: k\r\nContent-Type: application/json\r\n\
                        Content-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8(asked).unwrap(), expected);
    }

    /// As a server does that ends idle connections: each lives for one answer.
    #[test]
    fn who_asks_now_and_then_is_answered_each_time() {
        use std::io::{Read as _, Write as _};

        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().expect("somebody asks");
                let read = stream.read(&mut [0; 1024]).expect("a request");
                assert!(read > 0);
                stream.write_all(b"HTTP/1.1 204 Gone\r\nContent-Length: 0\r\n\r\n").expect("sent");
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut operator = Operator::new(address);
            for _ in 0..3 {
                let reply = operator.send(&Request::get("/", "x").bytes()).await;
                assert_eq!(reply.expect("an answer").status, 204);
            }
        });
        server.join().expect("it ends well");
    }
}
