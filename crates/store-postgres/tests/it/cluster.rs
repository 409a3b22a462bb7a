//! A PostgreSQL to test against: the one that `TEST_DATABASE_URL` names, or a throw-away one of this
//! machine's packages, on a free port and in a scratch folder. It is as durable as any other.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

/// Where Debian and Ubuntu put the server's programs.
const PACKAGES: &str = "/usr/lib/postgresql";
/// The user that a server is run as when the tests are run by root.
const SERVER_USER: &str = "postgres";

/// A server that the tests of this process share. It ends with the last of them.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// How to get to it, up to the name of the database; and what comes after that.
    address: (String, String),
    /// `None` where somebody else runs it.
    own: Option<Server>,
}

#[derive(Debug)]
struct Server {
    programs: PathBuf,
    folder: TempDir,
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    pub(crate) fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(Self::new());
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "how tests are told of a server")]
        match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => {
                let (url, options) = match url.split_once('?') {
                    Some((url, options)) => (url.to_owned(), format!("?{options}")),
                    None => (url, String::new()),
                };
                let server = url.rfind('/').map_or(url.as_str(), |at| &url[..at]);
                Self { address: (server.to_owned(), options), own: None }
            }
            Err(_) => Self::start(),
        }
    }

    fn start() -> Self {
        let programs = programs();
        let folder = TempDir::new().expect("a scratch folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        run(Command::new("chmod").args(["711"]).arg(folder.path()));
        if is_root() {
            run(Command::new("chown").arg("-R").arg(SERVER_USER).arg(&data));
        }
        let server = Server { programs, folder };
        server.run(
            "initdb",
            &["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"],
        );
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let port = port.expect("a free port").port();
        let options = format!(
            "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
             -c max_connections=200 -c fsync=on"
        );
        let log = data.join("log");
        let log = log.to_str().expect("a plain path");
        server.run("pg_ctl", &["start", "--wait", "--silent", "--log", log, "--options", &options]);
        let address = format!("postgres://postgres@127.0.0.1:{port}");
        Self { address: (address, String::new()), own: Some(server) }
    }

    /// The address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        let (server, options) = &self.address;
        format!("{server}/{database}{options}")
    }
}

impl Server {
    fn run(&self, program: &str, args: &[&str]) {
        let data = self.folder.path().join("data");
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", SERVER_USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        run(command.arg("--pgdata").arg(&data).args(args).current_dir(&data));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(server) = &self.own {
            server.run("pg_ctl", &["stop", "--silent", "--mode", "immediate"]);
        }
    }
}

/// A database of its own for one test. It goes with the test.
#[derive(Debug)]
pub(crate) struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

impl Database {
    pub(crate) fn new() -> Self {
        let cluster = Cluster::shared();
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("bookonce_test_{}_{number}", std::process::id());
        let database = Self { cluster, name };
        database.server(&format!("create database {}", database.name));
        database
    }

    pub(crate) fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// Says something to the server, not to this database.
    fn server(&self, sql: &str) {
        execute(&self.cluster.url("postgres"), sql).expect("the server does it");
    }

    /// Says something to this database.
    pub(crate) fn execute(&self, sql: &str) {
        execute(&self.url(), sql).expect("the database does it");
    }

    /// The first column of what it answers, as text.
    pub(crate) fn ask(&self, sql: &str) -> Vec<String> {
        let messages = execute(&self.url(), sql).expect("the database answers");
        let texts = messages.into_iter().filter_map(|message| {
            let tokio_postgres::SimpleQueryMessage::Row(row) = message else { return None };
            Some(row.get(0).unwrap_or("null").to_owned())
        });
        texts.collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A throw-away server goes as a whole.
        if self.cluster.own.is_none() {
            let drop = format!("drop database if exists {} with (force)", self.name);
            let _gone = execute(&self.cluster.url("postgres"), &drop).is_ok();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the runtime is its own, and ends with it")]
fn execute(
    url: &str,
    sql: &str,
) -> Result<Vec<tokio_postgres::SimpleQueryMessage>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        drop(tokio::spawn(connection));
        client.simple_query(sql).await
    })
}

fn programs() -> PathBuf {
    let versions = std::fs::read_dir(PACKAGES).into_iter().flatten().flatten();
    let mut found: Vec<_> = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    let missing = "no PostgreSQL: apt-get install postgresql, or set TEST_DATABASE_URL";
    found.pop().expect(missing)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    Path::new("/proc/self").metadata().is_ok_and(|process| process.uid() == 0)
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program is there");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
}
