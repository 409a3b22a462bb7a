//! Where the database is and how to get there: addresses, TLS, the settings of a connection.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::Superseded;
use engine::failpoint::Failpoints;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::errors::{Error, OpenError, causes, described};
use crate::session::{Blocking, Session};

/// Whose clock gives the instant of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockOf {
    /// The database's: the one clock that all nodes share.
    #[default]
    Database,
    /// The engine's: for tests that set the time, on one node.
    Engine,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The 128 bits of a fresh id. They name this writer, so that no two that are open at a time may
    /// have the same; and they become the id of the store if it is new.
    pub fresh: u128,
    /// Whether a store that is not there is made.
    pub make: bool,
    /// Whose clock gives the instant of a batch.
    pub clock: ClockOf,
    /// How long to wait for one address to answer.
    pub connect_timeout: Duration,
    /// How long to wait for a row that another writer has locked. Longer than `deadlock_timeout` of
    /// the server, which is 1 s unless it was changed.
    pub lock_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// After this the server ends a transaction in which nothing happens: its node is gone, or held still.
    /// Shorter than a request may take, so that it is known what became of the transaction before anybody
    /// is told to ask again.
    pub idle_timeout: Duration,
    /// Where tests make it fail, once it is open.
    pub failpoints: Failpoints,
    /// Where it says that a newer program has changed it.
    pub superseded: Superseded,
    /// The store is taken for one that is spread by account, even if it is not: for tests of that on a
    /// single server.
    pub as_if_spread: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fresh: 0,
            make: true,
            clock: ClockOf::Database,
            connect_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(4),
            statement_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(5),
            failpoints: Failpoints::default(),
            superseded: Superseded::default(),
            as_if_spread: false,
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Batches: a few rows by their keys, whatever the planner believes of the tables.
    Write,
    /// Anything else.
    Read,
    /// The schema: it may take its time.
    Migrate,
}

/// A host of the database.
#[derive(Clone)]
struct OneHost {
    /// What to call it.
    name: String,
    config: Config,
}

/// The way to a database.
#[derive(Clone)]
pub(crate) struct Address {
    /// One for each host, which have all else in common.
    hosts: Vec<OneHost>,
    /// The host that was reached last is asked first.
    first: Arc<AtomicUsize>,
    options: Options,
    tls: Option<Arc<ClientConfig>>,
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the password.
        let hosts: Vec<_> = self.hosts.iter().map(|host| &host.name).collect();
        out.debug_struct("Address").field("hosts", &hosts).finish_non_exhaustive()
    }
}

/// A dead network is noticed after this long without an answer, though nothing is sent.
const KEEPALIVE: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;
/// What a round may take longer than its statements.
const MARGIN: Duration = Duration::from_secs(5);
/// Where a server listens by default.
const PORT: u16 = 5432;
/// A host has the time in which it must be reached so many times: to be reached, and to let us in.
const HANDSHAKE: u32 = 2;
/// How long a migration may take.
const MIGRATION_MAX: Duration = Duration::from_secs(3_600);

impl Address {
    /// `postgres://user:password@host:port,host:port/database?sslmode=require`, or `host=… user=…`.
    /// Of several hosts one that may be written is used: they are asked one after the other, the one
    /// that was used last before the others. TLS is used where `sslmode=require`
    /// asks for it; then the certificate must be one that this machine trusts.
    pub(crate) fn new(text: &str, options: &Options) -> Result<Self, OpenError> {
        let mut config = parse(text)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.connect_timeout);
        }
        config
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .keepalives_retries(KEEPALIVE_RETRIES)
            .tcp_user_timeout(options.statement_timeout.saturating_add(MARGIN));
        if config.get_application_name().is_none() {
            config.application_name("bookonce");
        }
        let tls = (config.get_ssl_mode() == SslMode::Require).then(trusted).transpose()?;
        let hosts = each_host(&config);
        if hosts.is_empty() {
            return Err(OpenError::Address("it names no host".to_owned()));
        }
        Ok(Self { hosts, first: Arc::default(), options: options.clone(), tls })
    }

    /// Host, port and database, for people to read: without the user and the password.
    pub(crate) fn place(&self) -> String {
        place_of(&self.hosts)
    }

    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    /// A new connection.
    pub(crate) fn connect(&self, purpose: Purpose) -> Result<Session, Error> {
        let runtime = Blocking::new()?;
        let client = runtime.runtime().block_on(self.reach())?;
        let timeout = match purpose {
            Purpose::Write | Purpose::Read => self.options.statement_timeout.saturating_add(MARGIN),
            Purpose::Migrate => MIGRATION_MAX,
        };
        let mut session = Session::new(runtime, client, timeout);
        self.settle_in(&mut session, purpose)?;
        Ok(session)
    }

    /// A connection to the first host that gives one. Each has its own time: one that accepts
    /// connections and then says nothing must not keep the others from being asked.
    async fn reach(&self) -> Result<Client, Error> {
        let first = self.first.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for (at, OneHost { name, config }) in self.hosts.iter().enumerate().cycle().skip(first) {
            let time = config.get_connect_timeout().copied();
            let time = time.unwrap_or(self.options.connect_timeout).saturating_mul(HANDSHAKE);
            let failure = match tokio::time::timeout(time, self.start(config)).await {
                Ok(Ok(client)) => {
                    self.first.store(at, Ordering::Relaxed);
                    return Ok(client);
                }
                Ok(Err(error)) => described(&error),
                Err(_) => format!("it does not answer within {} ms", time.as_millis()),
            };
            failures.push(format!("{name}: {failure}"));
            if failures.len() >= self.hosts.len() {
                break;
            }
        }
        Err(Error::Unavailable(format!("connect to {}", failures.join("; "))))
    }

    async fn start(&self, config: &Config) -> Result<Client, tokio_postgres::Error> {
        if let Some(tls) = &self.tls {
            let tls = MakeRustlsConnect::new(ClientConfig::clone(tls));
            let (client, connection) = config.connect(tls).await?;
            drive(connection);
            Ok(client)
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            drive(connection);
            Ok(client)
        }
    }

    fn settle_in(&self, session: &mut Session, purpose: Purpose) -> Result<(), Error> {
        let millis = |duration: Duration| duration.as_millis();
        let Options { lock_timeout, statement_timeout, idle_timeout, .. } = &self.options;
        let (locks, statements, idle) = match purpose {
            Purpose::Write | Purpose::Read => {
                (millis(*lock_timeout), millis(*statement_timeout), millis(*idle_timeout))
            }
            Purpose::Migrate => (millis(MIGRATION_MAX), millis(MIGRATION_MAX), 0),
        };
        session.execute_batch(&format!(
            "set lock_timeout = {locks}; set statement_timeout = {statements}; \
             set idle_in_transaction_session_timeout = {idle}"
        ))?;
        if purpose == Purpose::Write {
            // A plan that was made while a table was small must not read all of it when it has grown.
            // Compiling such a plan takes longer than carrying it out a hundred times. Databases that only
            // speak like PostgreSQL may not know these; they plan in other ways.
            for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"] {
                match session.execute_batch(&format!("set {setting} = off")) {
                    Ok(()) | Err(Error::Postgres { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

/// Where an address leads, for people to read: hosts, ports and the database, as the driver understands
/// them, without the user and the password.
///
/// # Errors
/// [`OpenError::Address`], which repeats nothing of the address.
pub fn place(address: &str) -> Result<String, OpenError> {
    Ok(place_of(&each_host(&parse(address)?)))
}

fn place_of(hosts: &[OneHost]) -> String {
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let config = hosts.first().map(|host| &host.config);
    let name = config.and_then(|config| config.get_dbname().or_else(|| config.get_user()));
    format!("{}/{}", names.join(","), name.unwrap_or_default())
}

fn parse(text: &str) -> Result<Config, OpenError> {
    check_escaped(text)?;
    let unusable = |error: tokio_postgres::Error| OpenError::Address(causes(&error));
    text.parse().map_err(unusable)
}

/// The driver takes what stands before the first `@` for user and password, and what comes after it for the
/// host: a password with such a character would be asked of the network as a name, and be logged.
fn check_escaped(text: &str) -> Result<(), OpenError> {
    let Some((_, rest)) = text.split_once("://") else { return Ok(()) };
    let Some((credentials, rest)) = rest.split_once('@') else { return Ok(()) };
    let place = rest.split('?').next().unwrap_or_default();
    let hosts = place.split('/').next().unwrap_or_default();
    // Another `@` before the parameters: then the first one was part of a password.
    if credentials.contains(['/', '?', '#']) || place.contains('@') || hosts.contains('#') {
        let why = "in a user or a password write @ as %40, / as %2F, ? as %3F and # as %23";
        return Err(OpenError::Address(why.to_owned()));
    }
    Ok(())
}

/// The same settings for each host alone, and what to call it.
fn each_host(config: &Config) -> Vec<OneHost> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let single = |at: usize| {
        let mut one = common(config);
        let ports = config.get_ports();
        // One port is meant for all hosts.
        let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(PORT);
        one.port(port);
        let name = match hosts.get(at) {
            Some(Host::Tcp(name)) => {
                one.host(name.clone());
                name.clone()
            }
            Some(Host::Unix(folder)) => {
                one.host_path(folder);
                folder.display().to_string()
            }
            None => addresses.get(at).map(ToString::to_string).unwrap_or_default(),
        };
        if let Some(address) = addresses.get(at) {
            one.hostaddr(*address);
        }
        OneHost { name: format!("{name}:{port}"), config: one }
    };
    (0..hosts.len().max(addresses.len())).map(single).collect()
}

/// Everything but where it is.
fn common(config: &Config) -> Config {
    let mut common = Config::new();
    common
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle());
    config.get_user().map(|user| common.user(user));
    config.get_password().map(|password| common.password(password));
    config.get_dbname().map(|database| common.dbname(database));
    config.get_options().map(|options| common.options(options));
    config.get_application_name().map(|name| common.application_name(name));
    config.get_connect_timeout().map(|time| common.connect_timeout(*time));
    config.get_tcp_user_timeout().map(|time| common.tcp_user_timeout(*time));
    config.get_keepalives_interval().map(|time| common.keepalives_interval(time));
    config.get_keepalives_retries().map(|retries| common.keepalives_retries(retries));
    common
}

/// Drives a connection as long as somebody waits for one of its answers.
#[expect(clippy::disallowed_methods, reason = "its runtime is its own, and ends with it")]
fn drive<E>(connection: impl Future<Output = Result<(), E>> + Send + 'static) {
    // Whatever ends it is reported to whoever waits.
    drop(tokio::spawn(async move { connection.await.is_ok() }));
}

/// TLS with the certificates that this machine trusts; `SSL_CERT_FILE` names others.
fn trusted() -> Result<Arc<ClientConfig>, OpenError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = "sslmode=require, but this machine trusts no certificate".to_owned();
        return Err(OpenError::Address(why));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| OpenError::Address(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_has_neither_user_nor_password() {
        let of = |address: &str| place(address).expect("it is one");
        assert_eq!(
            of("postgres://ann:s3cret@a:1,b/book?sslmode=require&password=x"),
            "a:1,b:5432/book"
        );
        assert_eq!(of("postgres://ann:Tr0u%40%2F%3F%23@a/book"), "a:5432/book");
        assert_eq!(of("postgres://a/book"), "a:5432/book");
        assert_eq!(of("postgres://ann@a"), "a:5432/ann");
        assert_eq!(of("host=a user=ann password='s3 cret@?' dbname=book"), "a:5432/book");
    }

    #[test]
    fn a_password_that_is_not_escaped_is_refused_and_not_shown() {
        for password in [
            "Tr0ub?s3cret",
            "Tr0u@s3cret",
            "Tr0u/s3cret",
            "Tr0u#s3cret",
            "s3cret@",
            "@s3cret",
            "/s3cret",
            "a@b@s3cret",
        ] {
            for end in ["", "/book", "/book?sslmode=prefer"] {
                let address = format!("postgres://ann:{password}@a:1{end}");
                let why = place(&address).expect_err(&address).to_string();
                assert!(why.contains("%40") && !why.contains("s3cret"), "{address}: {why}");
            }
        }
    }
}
