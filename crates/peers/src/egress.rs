//! A proxy on the way out, as networks have them that let nothing out by itself: it keeps what it is asked, resolves names
//! as it is told, and refuses as it is told. HTTPS goes through it by CONNECT, HTTP in the absolute form (RFC 9110, sections
//! 9.3.6 and 7.1).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use crate::listening::Listening;

#[derive(Debug, Default)]
struct State {
    leads: BTreeMap<String, SocketAddr>,
    refuses: Option<u16>,
    heads: Vec<String>,
}

/// A proxy. It ends with the test.
#[derive(Debug)]
pub struct Egress {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    _listening: Listening,
}

impl Egress {
    /// A proxy that knows no name.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start() -> Self {
        let state = Arc::default();
        let shared = Arc::clone(&state);
        let serve = move |stream| serve(stream, Arc::clone(&shared));
        let listening = Listening::at("127.0.0.1:0", serve).await;
        Self { address: listening.address, state, _listening: listening }
    }

    /// A host and port lead there from now on.
    pub fn lead(&self, authority: &str, to: SocketAddr) {
        lock(&self.state).leads.insert(authority.to_owned(), to);
    }

    /// Refuses everything with this status from now on, or nothing.
    pub fn refuse(&self, status: Option<u16>) {
        lock(&self.state).refuses = status;
    }

    /// The heads of what it was asked.
    #[must_use]
    pub fn heads(&self) -> Vec<String> {
        lock(&self.state).heads.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    // Whoever hangs up has what was asked for, or does not want it.
    let _cut_off = pass(&mut stream, &state).await.is_err();
}

async fn pass(stream: &mut TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let rest = bytes.split_off(end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let (line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_tunnel = method == "CONNECT";
    let (authority, path) = if is_tunnel {
        (target, "")
    } else {
        let place = target.strip_prefix("http://").unwrap_or_default();
        place.split_at(place.find('/').unwrap_or(place.len()))
    };
    let (refuses, leads) = {
        let mut state = lock(state);
        state.heads.push(head.clone());
        (state.refuses, state.leads.get(authority).copied())
    };
    let refused = refuses.or_else(|| leads.is_none().then_some(502));
    if let Some(status) = refused {
        let answer = format!(
            "HTTP/1.1 {status} No\r\nContent-Length: 12\r\nConnection: close\r\n\r\nnot allowed\n"
        );
        return stream.write_all(answer.as_bytes()).await;
    }
    let Some(address) = leads else { return Ok(()) };
    let mut receiver = TcpStream::connect(address).await?;
    if is_tunnel {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        receiver.write_all(rest.get(4..).unwrap_or_default()).await?;
    } else {
        let head = format!("{method} {path} HTTP/1.1\r\n{headers}");
        receiver.write_all(head.as_bytes()).await?;
        receiver.write_all(&rest).await?;
    }
    copy_bidirectional(stream, &mut receiver).await.map(|_| ())
}
