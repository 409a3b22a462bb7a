//! A server of a test's own, and what must hold when it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::id::{AccountId, KeyId, Mint};
use domain::invariants::{Audit, Report};
use engine::credentials::{Account, Credentials, Key, Mode, Scope, Scopes};
use engine::ports::{Aside, BatchReport};
use engine::webhooks::WebhookReport;
use engine::{Clock as _, Observer, Store};
use server::clock::TestClock;
use server::logs::LogLines;
use server::metrics::Metrics;
use server::secrets::Secrets;
use server::stores::{Address, ClockOf, Serving};
use server::{CONNECTIONS_MAX, Server, Settings, Start, Stores};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::backend::{Backend, apart, is_postgres};
use super::client::{Client, Memory};
use super::faults::{Faults, Held};
use super::logs::{self, Threads};
use super::outside::{Outage, PickyStore, Switched};

/// Where every test's clock stands at first: 2026-02-15T09:00:00.000Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_771_146_000_000);

/// A running server. Its end fails the test where the store is not as it must be, or an ERROR was
/// logged.
pub(crate) struct TestServer {
    pub(crate) clock: Arc<TestClock>,
    /// Makes the engine fail or wait.
    pub(crate) faults: Faults,
    /// Takes the store away from reads and credentials.
    pub(crate) outage: Outage,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) secrets: Secrets,
    credentials: Arc<dyn Credentials>,
    mint: Mutex<Mint>,
    address: Address,
    settings: Settings,
    fatal: Arc<Mutex<Vec<String>>>,
    threads: Threads,
    client: Client,
    server: Option<Server>,
    runtime: Option<Runtime>,
    _backend: Backend,
}

/// Counts as the real one does; what is fatal fails the test instead of ending the process. Whoever tells it
/// something is one of the server's threads: nobody else tells us those of workers.
struct Watch {
    metrics: Arc<Metrics>,
    fatal: Arc<Mutex<Vec<String>>>,
    threads: Threads,
}

impl Observer for Watch {
    fn batch(&self, report: &BatchReport) {
        self.threads.join();
        self.metrics.batch(report);
    }
    fn panicked(&self, what: &str) {
        self.threads.join();
        self.metrics.panicked(what);
    }
    fn repeated(&self, why: &str) {
        self.threads.join();
        self.metrics.repeated(why);
    }
    fn store_error(&self, what: &str) {
        self.threads.join();
        self.metrics.store_error(what);
    }
    fn due_failed(&self, what: &str) {
        self.threads.join();
        self.metrics.due_failed(what);
    }
    fn set_aside(&self, what: Aside, count: usize) {
        self.threads.join();
        self.metrics.set_aside(what, count);
    }
    fn webhooks(&self, report: &WebhookReport) {
        self.threads.join();
        self.metrics.webhooks(report);
    }
    fn fatal(&self, what: &str) {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server that remembers no answers: whoever repeats a request asks the store.
    pub(crate) async fn without_memory() -> Self {
        Self::with(|settings| settings.replay_mb = 0).await
    }

    /// A server with other settings than the defaults.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        logs::listen();
        let backend = Backend::new();
        let mut settings = Settings::default();
        change(&mut settings);
        let address = backend.address();
        let (threads, faults, outage) = (Threads::default(), Faults::default(), Outage::default());
        let failpoints = faults.failpoints(threads.clone());
        let serving = Serving {
            writers: backend.writers(),
            clock: ClockOf::Engine,
            failpoints: failpoints.clone(),
        };
        let stores = apart(|| address.serve(&serving).expect("a store"));
        let secrets = backend.secrets_file();
        let secrets = apart(|| address.secrets(secrets.as_deref()).expect("secrets"));
        let credentials = Arc::clone(&stores.credentials);
        let stores = switched(stores, &outage);

        let clock = Arc::new(TestClock::new(START));
        let fatal = Arc::default();
        let (watched, of_server) = (Arc::clone(&fatal), (Arc::clone(&clock), settings.clone()));
        let (runtime, given) = (runtime(&threads), secrets.clone());
        let of_observer = threads.clone();
        let started = runtime.spawn(async move {
            let (clock, settings) = of_server;
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let start = Start {
                settings: &settings,
                stores,
                secrets: given,
                failpoints,
                listener,
                log: LogLines::default(),
                connections_max: CONNECTIONS_MAX,
            };
            let observe = |metrics| -> Arc<dyn Observer> {
                Arc::new(Watch { metrics, fatal: watched, threads: of_observer })
            };
            Server::start(start, clock, observe).expect("the server starts")
        });
        let server = started.await.expect("nobody panics there");
        let remembers = settings.replay_mb > 0 && !is_postgres();
        let memory = remembers.then(|| Memory(Arc::new(server.forgetting())));
        Self {
            clock,
            faults,
            outage,
            metrics: Arc::clone(&server.metrics),
            secrets,
            credentials,
            mint: Mutex::default(),
            address,
            settings,
            fatal,
            threads,
            client: Client { address: server.address, credential: None, memory },
            server: Some(server),
            runtime: Some(runtime),
            _backend: backend,
        }
    }

    /// A client without a credential.
    pub(crate) fn nobody(&self) -> Client {
        self.client.clone()
    }

    /// A client that may do everything, without a rate limit.
    pub(crate) fn shop(&self) -> Client {
        self.holder(&Holder::default()).0
    }

    /// A client of another account.
    pub(crate) fn other(&self) -> Client {
        self.holder(&Holder { account: "other", ..Holder::default() }).0
    }

    /// A client with a new key, and the key's id.
    pub(crate) fn holder(&self, holder: &Holder<'_>) -> (Client, KeyId) {
        let now = self.clock.now();
        let fresh = || {
            let random = u64::from_ne_bytes(server::random_bytes());
            self.mint.lock().unwrap_or_else(PoisonError::into_inner).next(now, random)
        };
        let (id, name) = (AccountId::from_raw(fresh()), holder.account.to_owned());
        let account = Account { id, name, mode: holder.mode, created_at: now };
        let account = apart(|| self.credentials.account(account).expect("an account"));
        let secret = server::new_secret(holder.mode);
        let key = Key {
            id: KeyId::from_raw(fresh()),
            account: account.id,
            mode: holder.mode,
            hash: server::hash_secret(&secret),
            scopes: Scopes::of(holder.scopes),
            rate: holder.rate,
            created_at: now,
            revoked_at: None,
        };
        apart(|| self.credentials.add_key(&key).expect("a key"));
        (Client { credential: Some(secret), ..self.nobody() }, key.id)
    }

    pub(crate) fn revoke(&self, key: KeyId) {
        let revoke = || self.credentials.revoke_key(key, self.clock.now());
        assert!(apart(revoke).expect("the store is there"));
    }

    /// Moves the clock and lets the engine do what is due then.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.settle();
    }

    /// Lets the engine do what is due now.
    pub(crate) fn settle(&self) {
        self.server.as_ref().expect("it runs").settle();
    }

    /// Holds the engine: the next batch that it begins is that of a request.
    pub(crate) fn hold(&self) -> Held {
        self.settle();
        self.faults.hold()
    }

    /// The metrics as Prometheus reads them: the value of a line that begins so.
    #[track_caller]
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = value.unwrap_or_else(|| panic!("no {name} in:\n{text}"));
        value.parse().expect("a number")
    }

    /// What was logged as ERROR so far; it does not fail the test any more.
    pub(crate) fn take_errors(&self) -> Vec<String> {
        self.threads.take_errors()
    }

    /// Stops the server as a signal would; the store stays.
    pub(crate) async fn stop(&mut self) {
        let server = self.server.take().expect("it runs");
        let runtime = self.runtime.as_ref().expect("it lives as long as this");
        runtime.spawn(server.stop()).await.expect("it stops");
    }

    /// Every invariant over the whole store.
    fn audit(&self) -> Report {
        let mut audit = Audit::default();
        apart(|| {
            let reads = self.address.reads().expect("the store can be read");
            reads.audit(&mut audit, &mut |_| {}).expect("the store can be read");
        });
        let now = self.clock.now();
        audit.finish(now, self.settings.retention.into(), Some(now.plus_millis(-1_000)))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.faults.release();
        let (server, runtime) = (self.server.take(), self.runtime.take());
        // Not on this thread: it belongs to the test's own runtime.
        let stopped = std::thread::spawn(move || {
            let runtime = runtime.expect("it lives as long as this");
            if let Some(server) = server {
                runtime.block_on(server.stop());
            }
        });
        let stopped = stopped.join();
        if std::thread::panicking() {
            return;
        }
        assert!(stopped.is_ok(), "the server did not stop");
        let fatal = self.fatal.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert_eq!(fatal, Vec::<String>::new(), "the process would have ended");
        assert_eq!(self.take_errors(), Vec::<String>::new(), "ERRORs were logged");
        assert_eq!(self.audit(), Report::default());
    }
}

/// Whose key, and what it may do.
pub(crate) struct Holder<'a> {
    pub(crate) account: &'a str,
    pub(crate) mode: Mode,
    pub(crate) scopes: &'a [Scope],
    pub(crate) rate: Option<u32>,
}

impl Default for Holder<'_> {
    fn default() -> Self {
        Self { account: "shop", mode: Mode::Live, scopes: &Scope::ALL, rate: Some(0) }
    }
}

fn switched(stores: Stores, outage: &Outage) -> Stores {
    Stores {
        stores: stores
            .stores
            .into_iter()
            .map(|store| -> Box<dyn Store> { Box::new(PickyStore(store)) })
            .collect(),
        reads: Arc::new(Switched { outage: outage.clone(), inner: stores.reads }),
        credentials: Arc::new(Switched { outage: outage.clone(), inner: stores.credentials }),
        ..stores
    }
}

fn runtime(threads: &Threads) -> Runtime {
    let threads = threads.clone();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().on_thread_start(move || threads.join());
    builder.build().expect("a runtime")
}
