//! A client of a live stream (server-sent events over HTTP/1.1 chunks).

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::client::Client;
use super::http::{Ask, TIMEOUT};

/// An open stream.
pub(crate) struct Feed {
    reader: BufReader<TcpStream>,
    text: String,
}

/// An entry as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) event: String,
    pub(crate) data: Value,
}

impl Feed {
    /// Opens a stream from the position that `last` names, else from now on.
    pub(crate) async fn open(client: &Client, path: &str, last: Option<u64>) -> Self {
        let (feed, head) = Self::ask(client, path, last).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        for header in ["text/event-stream", "transfer-encoding: chunked", "x-request-id: req_"] {
            assert!(head.contains(header), "no {header} in {head}");
        }
        feed
    }

    /// The status of a stream that is asked for. Where it is opened nobody waits for its end.
    pub(crate) async fn status(client: &Client, path: &str) -> u16 {
        let (_feed, head) = Self::ask(client, path, None).await;
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|head| head.get(..3));
        status.and_then(|status| status.parse().ok()).expect("a status")
    }

    async fn ask(client: &Client, path: &str, last: Option<u64>) -> (Self, String) {
        let ask = client.with_credential(Ask::get(path).header("Accept", "text/event-stream"));
        let ask = last.iter().fold(ask, |ask, last| ask.header("Last-Event-ID", last.to_string()));
        let mut stream = TcpStream::connect(client.address).await.expect("the server listens");
        stream.write_all(&ask.wire()).await.expect("the server reads");
        let mut feed = Self { reader: BufReader::new(stream), text: String::new() };
        let head = feed.head().await;
        (feed, head)
    }

    async fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let line = self.reader.read_line(&mut head);
            let read = tokio::time::timeout(TIMEOUT, line).await.expect("the head comes");
            assert_ne!(read.expect("the head is text"), 0, "it ended in its head: {head}");
        }
        head
    }

    /// The next chunk; `None` at the end of the stream.
    async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.reader.read_line(&mut size).await.expect("chunks have a size");
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk).await.expect("chunks are whole");
        chunk.truncate(size);
        (size > 0).then(|| String::from_utf8(chunk).expect("entries are UTF-8"))
    }

    /// The next entry; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Entry> {
        loop {
            if let Some((entry, rest)) = self.text.split_once("\n\n") {
                let entry = parse(entry);
                self.text = rest.to_owned();
                match entry {
                    Some(entry) => return Some(entry),
                    // A comment that only keeps the connection alive.
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(TIMEOUT, self.chunk()).await;
            self.text.push_str(&chunk.expect("something comes in time")?);
        }
    }

    /// That many entries.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(self.next().await.expect("the stream goes on"));
        }
        entries
    }
}

fn parse(entry: &str) -> Option<Entry> {
    let field = |name: &str| {
        let line = entry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim)
    };
    Some(Entry {
        id: field("id")?.parse().expect("a position"),
        event: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).expect("JSON"),
    })
}
