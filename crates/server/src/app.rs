//! What all handlers share.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::Mint;
use domain::retention::Retention;
use engine::key_usage::KeyUsages;
use engine::reads::Reads;
use engine::{Clock, Handle, StoreError};
use tokio::sync::watch;
use wire::Code;

use crate::activity::{Followers, Standings};
use crate::auth::Auth;
use crate::body::Bodies;
use crate::call::READ_SECONDS;
use crate::cors::Cors;
use crate::inflight::InFlight;
use crate::metrics::Metrics;
use crate::ops::Readiness;
use crate::recent::Recent;
use crate::refusal::{Refusal, unavailable};
use crate::request_log::RequestLog;
use crate::secrets::Secrets;
use crate::tickets::availability::Availabilities;
use crate::webhooks::{Sender, UrlRules};

/// The parts of a running server; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Parts>);

/// The parts themselves.
pub(crate) struct Parts {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The way to the writer.
    pub engine: Handle,
    /// Plain reads.
    pub reads: Arc<dyn Reads>,
    /// Who may ask.
    pub auth: Auth,
    /// Secrets.
    pub secrets: Secrets,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What the log says of requests.
    pub(crate) request_log: RequestLog,
    /// Counts of keys seen, shared with the engine.
    pub key_usage: Arc<Mutex<KeyUsages>>,
    /// Keys that are being decided.
    pub(crate) in_flight: Arc<InFlight>,
    /// What keys were answered a short while ago.
    pub(crate) recent: Arc<Recent>,
    /// Room for bodies that arrive.
    pub(crate) bodies: Bodies,
    /// Counters of zones, at most a moment old.
    pub(crate) availabilities: Availabilities,
    /// Who reads feeds for their live streams.
    pub(crate) followers: Followers,
    /// The credentials that live streams were opened with.
    pub(crate) standings: Standings,
    /// What the store said of itself, at most a moment ago.
    pub(crate) readiness: Readiness,
    /// Turns true when the server stops; live streams end then.
    pub stopping: watch::Receiver<bool>,
    /// What speaks to receivers of webhooks.
    pub(crate) sender: Sender,
    /// What webhook endpoints may be.
    pub(crate) urls: UrlRules,
    /// Pages of other origins that may call.
    pub(crate) cors: Cors,
    /// Where clients reach the server, if that is known.
    pub(crate) public_url: Option<Arc<str>>,
    /// `/metrics` asks for this token, if it is set.
    pub metrics_token: Option<String>,
    /// The server stops, and there is no time to wait for decisions any more.
    late: AtomicBool,
    mint: Mutex<Mint>,
}

/// What a server is made of.
pub(crate) struct Make {
    pub clock: Arc<dyn Clock>,
    pub engine: Handle,
    pub reads: Arc<dyn Reads>,
    pub auth: Auth,
    pub secrets: Secrets,
    pub metrics: Arc<Metrics>,
    pub request_log: RequestLog,
    pub key_usage: Arc<Mutex<KeyUsages>>,
    pub stopping: watch::Receiver<bool>,
    pub sender: Sender,
    pub urls: UrlRules,
    pub cors: Cors,
    pub public_url: Option<Arc<str>>,
    pub metrics_token: Option<String>,
    pub retention: Retention,
    pub replay_bytes: usize,
    pub bodies_bytes: usize,
}

impl std::fmt::Debug for Make {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Make")
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Parts")
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// A server of these parts.
    #[must_use]
    pub(crate) fn new(make: Make) -> Self {
        Self(Arc::new(Parts {
            clock: make.clock,
            engine: make.engine,
            reads: make.reads,
            auth: make.auth,
            secrets: make.secrets,
            metrics: make.metrics,
            request_log: make.request_log,
            key_usage: make.key_usage,
            in_flight: Arc::default(),
            recent: Arc::new(Recent::new(make.retention.answer_ms, make.replay_bytes)),
            bodies: Bodies::new(make.bodies_bytes),
            availabilities: Availabilities::default(),
            followers: Followers::default(),
            standings: Standings::default(),
            readiness: Readiness::default(),
            stopping: make.stopping,
            sender: make.sender,
            urls: make.urls,
            cors: make.cors,
            public_url: make.public_url,
            metrics_token: make.metrics_token,
            late: AtomicBool::new(false),
            mint: Mutex::default(),
        }))
    }

    /// From here on whoever waits is told to ask again.
    pub(crate) fn give_up(&self) {
        self.late.store(true, Ordering::Relaxed);
    }

    /// Whether nobody waits any more.
    pub(crate) fn gives_up(&self) -> bool {
        self.late.load(Ordering::Relaxed)
    }

    /// A fresh number for an id that is not decided about.
    pub(crate) fn fresh_id(&self) -> u128 {
        let now = self.clock.now();
        let mut mint = self.mint.lock().unwrap_or_else(PoisonError::into_inner);
        mint.next(now, rand::random())
    }

    /// Reads on a thread that may wait for the disk, or for the network.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reads) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.read_within(Duration::from_secs(READ_SECONDS), read).await
    }

    /// Reads for live streams, which is counted.
    pub(crate) async fn read_feed<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reads) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.metrics.stream_reads.inc();
        self.read(read).await
    }

    /// Reads, for at most so long.
    pub(crate) async fn read_within<T: Send + 'static>(
        &self,
        limit: Duration,
        read: impl FnOnce(&dyn Reads) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let reads = Arc::clone(&self.reads);
        let read = tokio::task::spawn_blocking(move || read(reads.as_ref()));
        let Ok(read) = tokio::time::timeout(limit, read).await else {
            return Err(StoreError::Unavailable("a read took too long".to_owned()).into());
        };
        match read {
            Ok(read) => Ok(read?),
            Err(error) if error.is_panic() => {
                self.metrics.panics.inc();
                tracing::error!(%error, "a read panicked");
                Err(Refusal::new(Code::InternalError, "Something went wrong on our side."))
            }
            Err(error) => {
                tracing::error!(%error, "a read did not finish");
                Err(unavailable("The store cannot be read now."))
            }
        }
    }
}
