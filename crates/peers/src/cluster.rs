//! A PostgreSQL to test against: the one that `TEST_DATABASE_URL` names, or a throw-away one of this
//! machine's packages; and the databases of tests in it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio_postgres::{Error, NoTls, SimpleQueryMessage};

use crate::server::{Server, until};
use crate::{DATABASE_PREFIX, RUN_VARIABLE, URL_VARIABLE};

/// How to get to a server's databases.
#[derive(Debug)]
struct Address {
    /// Up to the name of the database.
    server: String,
    /// What comes after that.
    options: String,
}

/// A server. It ends with the last that holds it, unless somebody else runs it.
#[derive(Debug)]
pub struct Cluster {
    address: Address,
    /// `None` where somebody else runs it.
    server: Option<Server>,
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    /// The server that the tests of this process share. Others may use it at the same time: nothing
    /// may be done to it as a whole.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let throw_away = || Self::throw_away(&[]);
        let cluster =
            Arc::new(variable(URL_VARIABLE).map_or_else(throw_away, |url| Self::of(&url)));
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// A server of one test's own, to which it may do what it likes.
    #[must_use]
    pub fn own() -> Arc<Self> {
        Self::own_with(&[])
    }

    /// The same with settings, each of them `name=value`.
    #[must_use]
    pub fn own_with(settings: &[&str]) -> Arc<Self> {
        Arc::new(Self::throw_away(settings))
    }

    fn throw_away(settings: &[&str]) -> Self {
        Self::with(Server::start_new(settings).unwrap_or_else(|why| panic!("{why}")))
    }

    fn with(server: Server) -> Self {
        let address = format!("postgres://postgres@127.0.0.1:{}", server.port());
        let address = Address { server: address, options: String::new() };
        Self { address, server: Some(server) }
    }

    fn of(url: &str) -> Self {
        let (url, options) = match url.split_once('?') {
            Some((url, options)) => (url, format!("?{options}")),
            None => (url, String::new()),
        };
        let past_scheme = url.find("://").map_or(0, |at| at.saturating_add(3));
        let end = url.get(past_scheme..).and_then(|rest| rest.rfind('/'));
        let end = end.map_or(url.len(), |at| at.saturating_add(past_scheme));
        let server = url.get(..end).unwrap_or(url);
        Self { address: Address { server: server.to_owned(), options }, server: None }
    }

    /// The address of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let Address { server, options } = &self.address;
        format!("{server}/{database}{options}")
    }

    /// The server, to do something to it. Panics if somebody else runs it.
    #[must_use]
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a server of the test's own")
    }

    /// Ends all of its processes at once, like a power cut. See [`Server::kill`].
    pub fn kill(&self) {
        self.server().kill();
    }

    /// Starts it again at the same address.
    pub fn start(&self) {
        self.server().start();
    }

    /// Ends its sessions and stops it.
    pub fn stop(&self) {
        self.server().stop();
    }

    /// Holds it still: it accepts connections and says nothing.
    pub fn pause(&self) {
        self.server().pause();
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.server().resume();
    }

    /// A server that follows this one and has everything that this one acknowledges from now on: a
    /// commit waits for both.
    #[must_use]
    pub fn standby(&self) -> Arc<Self> {
        let follower = self.server().follower().unwrap_or_else(|why| panic!("{why}"));
        self.execute("alter system set synchronous_standby_names = '*'");
        self.server().reload();
        let follows = "select 1 from pg_stat_replication where sync_state = 'sync'";
        assert!(until(|| !self.ask(follows).is_empty()), "it does not follow");
        Arc::new(Self::with(follower))
    }

    /// Makes a standby take writes.
    pub fn promote(&self) {
        self.server().promote();
    }

    /// A new database in it.
    #[must_use]
    pub fn database(self: &Arc<Self>) -> Database {
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let run = variable(RUN_VARIABLE).map(|run| format!("{run}_")).unwrap_or_default();
        let name = format!("{DATABASE_PREFIX}{run}{}_{number}", std::process::id());
        // Nobody ever logs in to this one, so that it can be copied at any time.
        self.execute(&format!("create database {name} template template0"));
        Database { cluster: Arc::clone(self), name }
    }

    /// Says something to the server, not to one of its databases.
    pub fn execute(&self, sql: &str) {
        execute(&self.url("postgres"), sql).expect("the server does it");
    }

    /// The first column of what the server answers, as text.
    #[must_use]
    pub fn ask(&self, sql: &str) -> Vec<String> {
        first_column(execute(&self.url("postgres"), sql).expect("the server answers"))
    }
}

/// A database of its own for one test. It goes with the test.
#[derive(Debug)]
pub struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

impl Database {
    /// A new one in the server that the tests share.
    #[must_use]
    pub fn new() -> Self {
        Cluster::shared().database()
    }

    /// Its address, for a user who may do everything.
    #[must_use]
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address, for a user of the same name who owns it and may do nothing else: limits are for
    /// such users only. The password is `secret`.
    #[must_use]
    pub fn owned_url(&self) -> String {
        let name = &self.name;
        self.cluster.execute(&format!("create role {name} login password 'secret'"));
        self.cluster.execute(&format!("alter database {name} owner to {name}"));
        let url = self.url();
        let (scheme, rest) = url.split_once("://").expect("an address");
        let (authority, path) = rest.split_once('/').expect("a database");
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("{scheme}://{name}:secret@{host}/{path}")
    }

    /// Says something to this database.
    pub fn execute(&self, sql: &str) {
        execute(&self.url(), sql).expect("the database does it");
    }

    /// The first column of what it answers, as text.
    #[must_use]
    pub fn ask(&self, sql: &str) -> Vec<String> {
        first_column(execute(&self.url(), sql).expect("the database answers"))
    }

    /// A connection of the test's own, which keeps what it locks.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::open(&self.url()).expect("the database answers")
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A throw-away server goes as a whole.
        if self.cluster.server.is_none() {
            let Self { name, .. } = self;
            for what in [format!("database {name} with (force)"), format!("role {name}")] {
                let drop = what.replacen(name.as_str(), &format!("if exists {name}"), 1);
                let _gone = execute(&self.cluster.url("postgres"), &format!("drop {drop}")).is_ok();
            }
        }
    }
}

/// A connection that somebody else has, in the middle of something.
#[derive(Debug)]
pub struct Session {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl Session {
    /// # Errors
    /// The driver's.
    #[expect(clippy::disallowed_methods, reason = "the runtime is its own, and ends with it")]
    fn open(url: &str) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            drop(tokio::spawn(connection));
            Ok::<_, Error>(client)
        })?;
        Ok(Self { runtime, client })
    }

    /// Says something, and waits for the answer.
    ///
    /// # Errors
    /// The driver's, with the code of the server's refusal.
    pub fn try_execute(&self, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        self.runtime.block_on(self.client.simple_query(sql))
    }

    /// Says something that succeeds.
    pub fn execute(&self, sql: &str) {
        self.try_execute(sql).expect("the database does it");
    }
}

fn execute(url: &str, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
    Session::open(url)?.try_execute(sql)
}

fn first_column(messages: Vec<SimpleQueryMessage>) -> Vec<String> {
    let texts = messages.into_iter().filter_map(|message| {
        let SimpleQueryMessage::Row(row) = message else { return None };
        Some(row.get(0).unwrap_or("null").to_owned())
    });
    texts.collect()
}

#[expect(clippy::disallowed_methods, reason = "how tests are told of a server")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
