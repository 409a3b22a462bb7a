//! A network between a node and its database that can lose, cut and delay what is said.

mod messages;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::spawn;

use messages::Messages;

/// An address of its own that leads to a server.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    port: u16,
    network: Arc<Network>,
}

/// When a connection is cut, seen from the statement it is cut at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The server never hears of it.
    Before,
    /// It is on its way to the server, which carries it out, now or in a moment.
    After,
    /// The server has begun to answer: it has carried it out.
    Answered,
}

#[derive(Debug)]
struct Network {
    state: Mutex<State>,
    healed: Condvar,
}

/// Where a server is.
#[derive(Clone, Debug, Default)]
struct HostAndPort {
    host: String,
    port: u16,
}

#[derive(Debug, Default)]
struct State {
    server: HostAndPort,
    refuses: bool,
    holes: bool,
    swallows: bool,
    cut: Option<Cut>,
    connections: Vec<Connection>,
    /// How often all connections were cut.
    cuts: usize,
    closed: bool,
}

#[derive(Debug)]
struct Cut {
    words: String,
    /// Statements with these words that pass unharmed.
    pass: usize,
    moment: Moment,
}

/// Both ends of a connection.
#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// The next answer is lost.
    loses: Arc<AtomicBool>,
}

impl Proxy {
    /// An address that leads to where this one leads.
    #[must_use]
    pub fn to(url: &str) -> Self {
        let server = host_and_port(url);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let url = url.replacen(
            &format!("{}:{}", server.host, server.port),
            &format!("127.0.0.1:{port}"),
            1,
        );
        let state = Mutex::new(State { server, ..State::default() });
        let network = Arc::new(Network { state, healed: Condvar::new() });
        let shared = Arc::clone(&network);
        spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.state().closed {
                    break;
                }
                let shared = Arc::clone(&shared);
                spawn(move || shared.carry(client));
            }
        });
        Self { url, port, network }
    }

    /// The address that leads through it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Leads new connections to another server, as an address that moves does.
    pub fn to_other(&self, url: &str) {
        self.network.state().server = host_and_port(url);
    }

    /// The next thing that the database says is lost, and the connection with it.
    pub fn swallow(&self) {
        self.network.state().swallows = true;
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        let mut state = self.network.state();
        state.cuts = state.cuts.saturating_add(1);
        for connection in std::mem::take(&mut state.connections) {
            connection.cut();
        }
    }

    /// Ends new connections as soon as they are made.
    pub fn refuse(&self) {
        self.network.state().refuses = true;
    }

    /// Takes new connections again.
    pub fn accept(&self) {
        self.network.state().refuses = false;
    }

    /// Forwards nothing more. Connections stay open, and new ones can be made.
    pub fn black_hole(&self) {
        self.network.state().holes = true;
    }

    /// Forwards again, what was said meanwhile first.
    pub fn heal(&self) {
        self.network.state().holes = false;
        self.network.healed.notify_all();
    }

    /// Cuts the connection, once, at the statement whose text has these whole words, upper or lower case,
    /// after so many of them have passed. No words are in every text.
    pub fn cut_at(&self, words: &str, pass: usize, moment: Moment) {
        let cut = Cut { words: words.to_lowercase(), pass, moment };
        self.network.state().cut = Some(cut);
    }

    /// Whether the statement that was waited for came. Another one is not waited for any more.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.network.state().cut.take().is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        let mut state = self.network.state();
        state.closed = true;
        state.holes = false;
        drop(state);
        self.network.healed.notify_all();
        // Whoever waits for connections sees that there will be none.
        let _woken = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
    }
}

impl Network {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something gets through.
    fn pass(&self) -> MutexGuard<'_, State> {
        let holes = |state: &mut State| state.holes;
        let state = self.healed.wait_while(self.state(), holes);
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn carry(self: &Arc<Self>, client: TcpStream) {
        let cuts = self.state().cuts;
        let state = self.pass();
        let refuses = state.refuses || state.closed || state.cuts != cuts;
        let address = state.server.clone();
        drop(state);
        let server = (!refuses).then(|| TcpStream::connect((address.host.as_str(), address.port)));
        let Some(Ok(server)) = server else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("it is open");
        }
        let connection = Connection { client, server, loses: Arc::default() };
        self.state().connections.push(connection.double());
        let (shared, answers) = (Arc::clone(self), connection.double());
        spawn(move || shared.answers(&answers));
        self.statements(&connection);
        connection.cut();
    }

    /// Forwards what the client says, until one end or the test ends it.
    fn statements(&self, connection: &Connection) {
        let (mut from, mut to) = (&connection.client, &connection.server);
        let mut messages = Messages::default();
        let mut met = None;
        let mut buffer = [0; 8_192];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            messages.push(buffer.get(..count).expect("what was read fits"));
            while let Some(message) = messages.next() {
                let statement = message.statement.as_deref();
                met = met.or_else(|| statement.and_then(|text| self.pass().meets(text)));
                if met == Some(Moment::Before) {
                    return;
                }
                drop(self.pass());
                // The server may answer before the connection is cut.
                let is_had = matches!(met, Some(Moment::Answered | Moment::After));
                if is_had && message.ends_round {
                    connection.loses.store(true, Ordering::SeqCst);
                }
                if to.write_all(&message.bytes).is_err() {
                    return;
                }
                if met == Some(Moment::After) && message.ends_round {
                    return;
                }
            }
        }
    }

    /// Forwards what the server answers, until one end or the test ends it.
    fn answers(&self, connection: &Connection) {
        let (mut from, mut to) = (&connection.server, &connection.client);
        let mut buffer = [0; 8_192];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let said = buffer.get(..count).expect("what was read fits");
            let swallowed = std::mem::take(&mut self.pass().swallows);
            let lost = swallowed || connection.loses.load(Ordering::SeqCst);
            if lost || to.write_all(said).is_err() {
                break;
            }
        }
        connection.cut();
    }
}

impl State {
    /// Whether this is the statement that is waited for.
    fn meets(&mut self, statement: &str) -> Option<Moment> {
        let cut = self.cut.as_mut()?;
        // Comments speak of other statements.
        let lines = statement.lines().map(|line| line.split("--").next().unwrap_or_default());
        if !has_words(&lines.collect::<Vec<_>>().join("\n").to_lowercase(), &cut.words) {
            return None;
        }
        if cut.pass == 0 {
            return self.cut.take().map(|cut| cut.moment);
        }
        cut.pass = cut.pass.saturating_sub(1);
        None
    }
}

/// Whether the text has these words, and not only as parts of longer ones: `commit` is not in
/// `read committed`.
fn has_words(text: &str, words: &str) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|it| it.is_ascii_alphanumeric() || *it == b'_');
    let bytes = text.as_bytes();
    words.is_empty()
        || text.match_indices(words).any(|(at, found)| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            !is_part(before) && !is_part(bytes.get(at + found.len()))
        })
}

impl Connection {
    fn double(&self) -> Self {
        let double = |stream: &TcpStream| stream.try_clone().expect("a second handle");
        let (client, server) = (double(&self.client), double(&self.server));
        Self { client, server, loses: Arc::clone(&self.loses) }
    }

    fn cut(&self) {
        for stream in [&self.client, &self.server] {
            let _closed = stream.shutdown(Shutdown::Both).is_ok();
        }
    }
}

/// What stands between the user and the database in an address.
fn host_and_port(url: &str) -> HostAndPort {
    let (_, rest) = url.split_once("://").expect("an address");
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = host.rsplit_once(':').expect("a host and a port");
    HostAndPort { host: host.to_owned(), port: port.parse().expect("a port") }
}

#[cfg(test)]
mod tests {
    use super::has_words;

    #[test]
    fn words_are_whole() {
        assert!(has_words("commit", "commit"));
        assert!(has_words("begin; commit;", "commit"));
        assert!(has_words("begin", ""));
        assert!(!has_words("begin isolation level read committed", "commit"));
        assert!(!has_words("recommit", "commit"));
        assert!(has_words("read committed; commit", "commit"));
    }
}
