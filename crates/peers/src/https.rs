//! A receiver that speaks HTTP/1.1 or HTTP/2 over TLS, keeps what comes and answers as it is told. HTTP/1.1
//! connections are closed after each answer, so that each request meets the certificate of its time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;

use crate::certificates::Certificate;
use crate::listening::Listening;

/// What is said of oneself while the connection is made safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/2, and HTTP/1.1 for who cannot.
    Both,
    /// Nothing but HTTP/2.
    Http2,
    /// Nothing but HTTP/1.1.
    Http1,
    /// Nothing: of old, that is HTTP/1.1.
    Silent,
}

impl Alpn {
    fn words(self) -> Vec<Vec<u8>> {
        let words: &[&[u8]] = match self {
            Self::Both => &[b"h2", b"http/1.1"],
            Self::Http2 => &[b"h2"],
            Self::Http1 => &[b"http/1.1"],
            Self::Silent => &[],
        };
        words.iter().map(|word| word.to_vec()).collect()
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// In which version.
    pub version: Version,
    /// What was asked for, with the host where the request has one.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Received {
    /// A header, empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Debug)]
struct State {
    tls: Arc<ServerConfig>,
    status: StatusCode,
    connections: usize,
    received: Vec<Received>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    came: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receiver. It ends with the test.
#[derive(Debug)]
pub struct HttpsReceiver {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    _listening: Listening,
}

impl HttpsReceiver {
    /// Listens at this address.
    ///
    /// # Panics
    /// When it cannot.
    pub async fn listen(address: &str, certificate: &Certificate, alpn: Alpn) -> Self {
        let state = State {
            tls: tls(certificate, alpn),
            status: StatusCode::OK,
            connections: 0,
            received: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), came: Notify::new() });
        let of_connections = Arc::clone(&shared);
        let serve = move |stream| serve(stream, Arc::clone(&of_connections));
        let listening = Listening::at(address, serve).await;
        Self { address: listening.address, shared, _listening: listening }
    }

    /// Shows this certificate to whoever comes from now on.
    pub fn show(&self, certificate: &Certificate, alpn: Alpn) {
        self.shared.lock().tls = tls(certificate, alpn);
    }

    /// Answers so from now on.
    ///
    /// # Panics
    /// When that is no status.
    pub fn answer(&self, status: u16) {
        self.shared.lock().status = StatusCode::from_u16(status).expect("a status");
    }

    /// How many connections were made to it, safe or not.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// What has come.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    /// What has come, once that is so many requests.
    pub async fn until(&self, count: usize) -> Vec<Received> {
        loop {
            let came = self.shared.came.notified();
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            came.await;
        }
    }
}

fn tls(certificate: &Certificate, alpn: Alpn) -> Arc<ServerConfig> {
    let Certificate { chain, key } = certificate;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there is TLS")
        .with_no_client_auth()
        .with_single_cert(vec![chain.clone()], key.clone_key().into());
    let mut config = config.expect("the key is the certificate's");
    config.alpn_protocols = alpn.words();
    Arc::new(config)
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let acceptor = {
        let mut state = shared.lock();
        state.connections += 1;
        TlsAcceptor::from(Arc::clone(&state.tls))
    };
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request| keep(request, Arc::clone(&shared)));
    let io = TokioIo::new(stream);
    // Who has closed the connection has its answer, or does not want it.
    let _cut_off = if is_http2 {
        http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await.is_err()
    } else {
        http1::Builder::new().keep_alive(false).serve_connection(io, service).await.is_err()
    };
}

async fn keep(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let status = {
        let mut state = shared.lock();
        state.received.push(Received {
            version: parts.version,
            target: parts.uri.to_string(),
            headers: parts.headers,
            body,
        });
        state.status
    };
    shared.came.notify_waiters();
    let mut response = Response::new(Full::new(Bytes::from_static(b"ok")));
    *response.status_mut() = status;
    Ok(response)
}
