//! A small HTTP/1.1 client: one connection, kept open while both sides want it.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Error, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// No answer takes longer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// By their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }
}

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Http {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Http {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Opens the connection, if it is not open.
    pub(crate) fn stream(&mut self) -> io::Result<&mut BufReader<TcpStream>> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(READ_TIMEOUT))?;
            self.stream = Some(BufReader::new(stream));
        }
        self.stream.as_mut().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Sends bytes as they are.
    pub(crate) fn write(&mut self, bytes: &str) -> io::Result<()> {
        self.stream()?.get_mut().write_all(bytes.as_bytes())
    }

    /// Sends a request and reads its answer. After an error nobody knows what became of it; a GET
    /// is sent again where the server has ended the idle connection.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let again = self.stream.is_some() && method == "GET";
        let request = request(method, path, headers, body);
        match self.exchange(&request) {
            Err(_) if again => self.exchange(&request),
            sent => sent,
        }
    }

    fn exchange(&mut self, request: &str) -> io::Result<Answer> {
        let sent = self.write(request).and_then(|()| self.answer());
        let close = |answer: &Answer| answer.header("connection") == Some("close");
        if sent.as_ref().map_or(true, close) {
            self.stream = None;
        }
        sent
    }

    /// Reads an answer that has a length.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head()?;
        let length = answer.header("content-length").and_then(|text| text.parse().ok());
        let length: usize = length.ok_or_else(|| Error::other("an answer without a length"))?;
        let mut body = vec![0; length];
        self.stream()?.read_exact(&mut body)?;
        answer.body = String::from_utf8(body).map_err(Error::other)?;
        Ok(answer)
    }

    /// Reads the head of an answer.
    pub(crate) fn head(&mut self) -> io::Result<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::other(format!("no status: {line}")))?;
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        Ok(Answer { status, headers, body: String::new() })
    }

    /// Reads a line; none where the connection ends.
    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream()?.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Somebody with a key.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) http: Http,
    authorization: String,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, secret: &str) -> Self {
        Self { http: Http::new(address), authorization: format!("Bearer {secret}") }
    }

    pub(crate) fn try_get(&mut self, path: &str) -> io::Result<Answer> {
        self.http.send("GET", path, &[("Authorization", &self.authorization)], "")
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.try_get(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn try_post(&mut self, path: &str, key: &str, body: &str) -> io::Result<Answer> {
        self.try_change("POST", path, key, body)
    }

    pub(crate) fn try_change(
        &mut self,
        method: &str,
        path: &str,
        key: &str,
        body: &str,
    ) -> io::Result<Answer> {
        let headers = [
            ("Authorization", self.authorization.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key),
        ];
        self.http.send(method, path, &headers, body)
    }

    #[track_caller]
    pub(crate) fn post(&mut self, path: &str, key: &str, body: &Value) -> Answer {
        let answer = self.try_post(path, key, &body.to_string());
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[track_caller]
    pub(crate) fn patch(&mut self, path: &str, key: &str, body: &Value) -> Answer {
        let answer = self.try_change("PATCH", path, key, &body.to_string());
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}
