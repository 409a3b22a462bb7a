//! Something between a node and its database that can lose what the database says.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

pub(crate) struct Proxy {
    url: String,
    swallow: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn to(url: &str) -> Self {
        let config: Config = url.parse().expect("an address");
        let Some(Host::Tcp(host)) = config.get_hosts().first() else { panic!("no host in {url}") };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let server = (host.clone(), port);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = listener.local_addr().expect("its address").port();
        let swallow = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&swallow);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(&server).expect("the server is there");
                carry(&client, &server, &shared);
            }
        });
        let url = url.replace(&format!("{host}:{port}"), &format!("127.0.0.1:{own}"));
        Self { url, swallow }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next thing that the database says is lost, and the connection with it.
    pub(crate) fn swallow(&self) {
        self.swallow.store(true, Ordering::SeqCst);
    }
}

fn carry(client: &TcpStream, server: &TcpStream, swallow: &Arc<AtomicBool>) {
    let clone = |stream: &TcpStream| stream.try_clone().expect("two ends");
    let (from, to) = (clone(client), clone(server));
    std::thread::spawn(move || pump((from, to), || false));
    let (from, to, swallow) = (clone(server), clone(client), Arc::clone(swallow));
    std::thread::spawn(move || pump((from, to), || swallow.swap(false, Ordering::SeqCst)));
}

fn pump((mut from, mut to): (TcpStream, TcpStream), loses: impl Fn() -> bool) {
    let mut buffer = [0; 8_192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let said = buffer.get(..count).expect("what was read fits");
        if loses() || to.write_all(said).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        let _closed = stream.shutdown(Shutdown::Both).is_ok();
    }
}
