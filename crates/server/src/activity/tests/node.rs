//! A server without its network: a store on SQLite, an engine, and what handlers share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::id::{AccountId, KeyId};
use domain::intent::Request;
use domain::policy::Terms;
use domain::record::Fingerprints;
use domain::tickets::intent::{NewEvent, NewZone};
use domain::{Actor, Command, Currency, Intent, Timestamp};
use engine::credentials::{Account, Credentials, Key, Mode, Scope, Scopes};
use engine::failpoint::Failpoints;
use engine::reads::due::DueReads;
use engine::{Clock as _, Handle, Job, Outcome, Ports, Setup, StoreError};
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use crate::app::{App, Make};
use crate::auth::{Auth, hash_secret, new_secret};
use crate::clock::TestClock;
use crate::config::Settings;
use crate::cors::Cors;
use crate::metrics::Metrics;
use crate::request_log::RequestLog;
use crate::secrets::Secrets;
use crate::start::{Stores, ports};
use crate::stores::{Address, ClockOf, Serving};
use crate::webhooks::{Sender, UrlRules};

const KEY: KeyId = KeyId::from_raw(2);

/// The server.
pub(super) struct Node {
    pub(super) app: App,
    pub(super) account: AccountId,
    /// A key of the account that may do everything.
    pub(super) secret: String,
    clock: Arc<TestClock>,
    credentials: Arc<Counted>,
    stop: watch::Sender<bool>,
    engine: Handle,
    threads: Vec<JoinHandle<()>>,
    _dir: TempDir,
}

impl Node {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let address: Address =
            format!("sqlite:{}/store.db", dir.path().display()).parse().expect("an address");
        let failpoints = Failpoints::default();
        let serving = Serving { writers: 1, clock: ClockOf::Engine, failpoints };
        let Stores { stores, reads, credentials, .. } = address.serve(&serving).expect("a store");
        let (account, secret) = (AccountId::from_raw(1), new_secret(Mode::Live));
        give_key(credentials.as_ref(), account, &secret);
        let credentials = Arc::new(Counted { inner: credentials, reads: AtomicUsize::new(0) });

        let clock = Arc::new(TestClock::new(Timestamp::from_millis(1_000_000)));
        let (settings, metrics) = (Settings::default(), Arc::new(Metrics::default()));
        let (secrets, key_usage) = (Secrets::from_master(&[7; 32]), Arc::new(Mutex::default()));
        let around = || Ports {
            key_usage: Arc::clone(&key_usage),
            ..ports(Arc::clone(&clock) as _, Arc::clone(&metrics) as _, settings.retention.into())
        };
        let due = Arc::clone(&reads) as Arc<dyn DueReads>;
        let setup = Setup { stores, due, outbound: None, is_alone: false, queue_max: 10_000 };
        let engine::Started { handle: engine, threads } =
            engine::spawn(setup, around).expect("threads");
        let (stop, stopping) = watch::channel(false);
        let auth = Auth::new(
            crate::auth::Stored {
                credentials: Arc::clone(&credentials) as _,
                reads: Arc::clone(&reads) as _,
                engine: engine.clone(),
            },
            secrets.clone(),
            Arc::clone(&clock) as _,
            settings.rate,
            settings.customers,
        );
        let sender = Sender::new(&settings.webhooks, secrets.clone(), Arc::clone(&clock) as _);
        let sender = sender.expect("it sends nothing");
        let app = App::new(Make {
            clock: Arc::clone(&clock) as _,
            engine: engine.clone(),
            reads,
            auth,
            secrets,
            metrics,
            request_log: RequestLog::new(0),
            key_usage,
            stopping,
            sender,
            urls: UrlRules::default(),
            cors: Cors::new(&settings.cors.allow_origins),
            public_url: None,
            metrics_token: None,
            retention: settings.retention.into(),
            replay_bytes: 0,
            bodies_bytes: 1 << 20,
        });
        Self { app, account, secret, clock, credentials, stop, engine, threads, _dir: dir }
    }

    /// That many events are created, each of which is an entry of the feed. The followers are not told of it, as
    /// of what another node writes.
    pub(super) async fn create_events(&self, count: usize) {
        let mut decided = Vec::with_capacity(count);
        for _ in 0..count {
            let (sender, receiver) = oneshot::channel();
            let intent = Intent {
                account: self.account,
                actor: Actor::Key(KEY),
                key: None,
                fingerprint: Fingerprints::NONE,
                request: Request::default(),
                command: create_event(self.clock.now().plus_seconds(3_600)),
            };
            let reply = Box::new(move |settled| assert!(sender.send(settled).is_ok()));
            let job = Job { intent, give_up_at_micros: u64::MAX, reply };
            self.engine.submit(job).expect("there is room");
            decided.push(receiver);
        }
        for receiver in decided {
            let outcome = receiver.await.expect("it is decided").expect("nothing fails");
            assert!(matches!(outcome, Outcome::Decided(..)), "{outcome:?}");
        }
    }

    /// How often a credential was read from the store.
    pub(super) fn credential_reads(&self) -> usize {
        self.credentials.reads.load(Ordering::SeqCst)
    }

    /// Revokes the key, and lets pass the time for which it is trusted.
    pub(super) fn revoke(&self) {
        let revoked = self.credentials.revoke_key(KEY, self.clock.now());
        assert_eq!(revoked, Ok(true));
        self.clock.advance(Duration::from_secs(1));
    }

    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.engine.stop();
        for thread in self.threads.drain(..) {
            let _told_by_its_panic = thread.join().is_err();
        }
    }
}

fn give_key(credentials: &dyn Credentials, account: AccountId, secret: &str) {
    let (mode, created_at) = (Mode::Live, Timestamp::from_millis(1));
    let new = Account { id: account, name: "shop".to_owned(), mode, created_at };
    credentials.account(new).expect("an account");
    let key = Key {
        id: KEY,
        account,
        mode,
        hash: hash_secret(secret),
        scopes: Scopes::of(&Scope::ALL),
        rate: Some(0),
        created_at,
        revoked_at: None,
    };
    credentials.add_key(&key).expect("a key");
}

fn create_event(starts_at: Timestamp) -> Command {
    let zone = NewZone { name: "floor".to_owned(), capacity: 1, price: 100, seats: Vec::new() };
    Command::CreateEvent(NewEvent {
        name: "concert".to_owned(),
        starts_at,
        currency: Currency::new("USD").expect("a code"),
        max_per_user: 1,
        hold_seconds: 60,
        sales_open_at: None,
        sales_close_at: None,
        terms: Terms::default(),
        zones: vec![zone],
    })
}

/// Counts how often a credential is read.
struct Counted {
    inner: Arc<dyn Credentials>,
    reads: AtomicUsize,
}

impl Credentials for Counted {
    fn account(&self, fresh: Account) -> Result<Account, StoreError> {
        self.inner.account(fresh)
    }
    fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        self.inner.add_key(key)
    }
    fn keys(&self) -> Result<Vec<(Key, Account)>, StoreError> {
        self.inner.keys()
    }
    fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
        self.inner.revoke_key(id, now)
    }
    fn bind(&self, name: &str, value: Option<&str>) -> Result<Option<String>, StoreError> {
        self.inner.bind(name, value)
    }
    fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<Key>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.key_by_hash(hash)
    }
    fn key_by_id(&self, id: KeyId) -> Result<Option<Key>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.key_by_id(id)
    }
}
