//! Putting a server together, and taking it apart in order.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::id::{AccountId, Mint};
use domain::intent::Request;
use domain::record::Fingerprints;
use domain::retention::Retention;
use domain::{Actor, Command, Intent};
use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::reads::due::DueReads;
use engine::webhooks::Wake;
use engine::{Clock, Fault, Handle, Job, Observer, Outcome, Ports, Setup, Store, Superseded};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::app::{App, Make};
use crate::auth::Auth;
use crate::config::Settings;
use crate::cors::Cors;
use crate::fast_path::FastPath;
use crate::logs::LogLines;
use crate::metrics::Metrics;
use crate::operations;
use crate::recent::Recent;
use crate::render::JsonRender;
use crate::request_log::RequestLog;
use crate::secrets::Secrets;
use crate::serve::serve;
use crate::webhooks::{HttpOutbound, Sender, UrlRules};

/// A stop takes no longer, whatever the store does: a supervisor waits for 10 seconds.
pub const STOP_MAX: Duration = Duration::from_secs(9);

/// An open store, from all its sides.
pub struct Stores {
    /// For the writers; at least one.
    pub stores: Vec<Box<dyn Store>>,
    /// For the GETs.
    pub reads: Arc<dyn Reads>,
    /// For who may ask.
    pub credentials: Arc<dyn Credentials>,
    /// What was committed may be lost all the same, while the server runs: the store is a database, and
    /// after a failover it may be another one, a little behind.
    pub may_fall_back: bool,
    /// Whether a newer program has taken it over, as far as the writers have seen.
    pub superseded: Superseded,
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Stores")
    }
}

/// What a server is started with.
#[derive(Debug)]
pub struct Start<'a> {
    /// Settings.
    pub settings: &'a Settings,
    /// The store.
    pub stores: Stores,
    /// Secrets, which the store was made with.
    pub secrets: Secrets,
    /// Where tests make things fail.
    pub failpoints: Failpoints,
    /// Where to accept connections.
    pub listener: TcpListener,
    /// Where the process logs to.
    pub log: LogLines,
    /// Connections that may be open at a time; never more than
    /// [`CONNECTIONS_MAX`](crate::CONNECTIONS_MAX).
    pub connections_max: usize,
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its counters.
    pub metrics: Arc<Metrics>,
    engine: Handle,
    recent: Arc<Recent>,
    stop: watch::Sender<bool>,
    connections: JoinHandle<()>,
    /// Those of writers and workers.
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Starts a server. `observer` hears what the engine meets; [`Metrics`] itself does for a real
    /// one.
    ///
    /// # Errors
    /// When the system gives no thread, or does not tell the address.
    pub fn start(
        start: Start<'_>,
        clock: Arc<dyn Clock>,
        observe: impl FnOnce(Arc<Metrics>) -> Arc<dyn Observer>,
    ) -> std::io::Result<Self> {
        let Start { settings, stores, secrets, failpoints, listener, log, connections_max } = start;
        let address = listener.local_addr()?;
        let metrics = Arc::new(Metrics::new(log));
        metrics.expect(operations::routes());
        let (key_usage, observer) = (Arc::new(Mutex::default()), observe(Arc::clone(&metrics)));
        let public_url = settings.public_url.as_deref().map(Arc::from);
        let ports = || Ports {
            render: Arc::new(JsonRender { public_url: public_url.clone() }),
            key_usage: Arc::clone(&key_usage),
            failpoints: failpoints.clone(),
            ..ports(Arc::clone(&clock), Arc::clone(&observer), settings.retention.into())
        };
        let due = Arc::clone(&stores.reads) as Arc<dyn DueReads>;
        let sender = Sender::new(&settings.webhooks, secrets.clone(), Arc::clone(&clock));
        let sender = sender.map_err(std::io::Error::other)?;
        let outbound = HttpOutbound::new(
            sender.clone(),
            tokio::runtime::Handle::current(),
            Arc::clone(&stores.reads),
            Arc::clone(&stores.credentials),
        );
        let setup = Setup {
            stores: stores.stores,
            due,
            outbound: Some(Box::new(outbound)),
            is_alone: !stores.may_fall_back,
            queue_max: settings.queue_max,
        };
        let engine::Started { handle: engine, threads } = engine::spawn(setup, ports)?;
        let (stop, stopping) = watch::channel(false);
        let auth = Auth::new(
            crate::auth::Stored {
                credentials: stores.credentials,
                reads: Arc::clone(&stores.reads),
                engine: engine.clone(),
            },
            secrets.clone(),
            Arc::clone(&clock),
            settings.rate,
            settings.customers,
        );
        let app = App::new(Make {
            clock,
            engine: engine.clone(),
            reads: stores.reads,
            auth,
            secrets,
            metrics: Arc::clone(&metrics),
            request_log: RequestLog::new(settings.log.slow_ms),
            key_usage,
            stopping: stopping.clone(),
            sender,
            urls: UrlRules { allow_private: settings.webhooks.allow_private },
            cors: Cors::new(&settings.cors.allow_origins),
            public_url,
            metrics_token: settings.metrics.token.clone(),
            retention: settings.retention.into(),
            replay_bytes: usize::from(!stores.may_fall_back)
                * ((settings.replay_mb as usize) << 20),
            bodies_bytes: (settings.bodies_mb as usize) << 20,
        });
        let recent = Arc::clone(&app.recent);
        let fast_path = FastPath::new(app, settings.bench_routes);
        let connections =
            serve(listener, fast_path, Arc::clone(&metrics), connections_max, stopping);
        #[expect(clippy::disallowed_methods, reason = "the one task that owns all others")]
        let connections = tokio::spawn(connections);
        Ok(Self { address, metrics, engine, recent, stop, connections, threads })
    }

    /// Has writers and workers do everything that is due now: for tests that move the clock.
    pub fn settle(&self) {
        self.engine.settle();
    }

    /// What makes the server forget the answers that it remembers, so that whoever repeats a request asks
    /// the store: for tests, which ask both.
    pub fn forgetting(&self) -> impl Fn() + Send + Sync + use<> {
        let recent = Arc::clone(&self.recent);
        move || recent.forget()
    }

    /// Has the engine carry out a command of an account's own, as `bookonce` does for its sample
    /// data.
    ///
    /// # Errors
    /// [`Fault`] when nothing was decided.
    pub async fn command(&self, account: AccountId, command: Command) -> Result<Outcome, Fault> {
        of_system(&self.engine, account, command).await
    }

    /// Stops: no new connections, open requests are answered, what waits is decided. Whatever waits for a
    /// store that hangs is left behind after [`STOP_MAX`]; the runtime must not wait for it either.
    pub async fn stop(self) {
        let ends_at = Instant::now() + STOP_MAX;
        // The receivers live as long as the connections do.
        let _nobody = self.stop.send(true).is_err();
        if let Err(error) = self.connections.await {
            tracing::error!(%error, "the connections ended badly");
        }
        let join = move || {
            self.engine.stop();
            self.threads.into_iter().all(|thread| thread.join().is_ok())
        };
        match timeout_at(ends_at, tokio::task::spawn_blocking(join)).await {
            Ok(Ok(true)) => {}
            Ok(_) => tracing::error!("a writer or a worker ended badly"),
            // Whoever waited has been told; what a key has come to, its record says.
            Err(_) => tracing::warn!("a writer still waits for its store, and is left behind"),
        }
    }
}

/// Has the engine carry out a command of an account's own.
///
/// # Errors
/// [`Fault`] when nothing was decided.
pub(crate) async fn of_system(
    engine: &Handle,
    account: AccountId,
    command: Command,
) -> Result<Outcome, Fault> {
    let (sender, mut receiver) = watch::channel(None);
    let intent = Intent {
        account,
        actor: Actor::System,
        key: None,
        fingerprint: Fingerprints::NONE,
        request: Request::default(),
        command,
    };
    let reply = move |settled| {
        let _gone = sender.send(Some(settled)).is_err();
    };
    let job = Job { intent, give_up_at_micros: u64::MAX, reply: Box::new(reply) };
    engine.submit(job)?;
    let settled = receiver.wait_for(Option::is_some).await;
    settled.ok().and_then(|settled| settled.clone()).unwrap_or(Err(Fault::Stopping))
}

/// What the engine needs from around it, wherever it runs.
pub(crate) fn ports(
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    retention: Retention,
) -> Ports {
    Ports {
        clock,
        render: Arc::new(JsonRender::default()),
        observer,
        retention,
        random: Box::new(rand::random),
        mint: Mint::default(),
        key_usage: Arc::default(),
        failpoints: Failpoints::default(),
        wake: Wake::default(),
    }
}
