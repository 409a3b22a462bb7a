//! Opening the store that a setting names, and binding it to its secrets.

mod bound;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Timestamp;
use domain::id::Mint;
use engine::credentials::Credentials;
use engine::failpoint::Failpoints;
use engine::reads::Reads;
use engine::{Clock as _, Store, StoreError, Superseded};
pub use store_postgres::{ClockOf, Place as Lies, Spread};
use store_postgres::{PostgresCredentials, PostgresReads, PostgresStore};
use store_sqlite::{SqliteCredentials, SqliteReads, SqliteStore};

use crate::clock::SystemClock;
use crate::secrets::SecretsError;
use crate::start::Stores;
pub(crate) use bound::secrets_beside;
pub(crate) use store_sqlite::{beside, folder};
pub use watch::{StoreWatch, superseded};

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// The setting names no store.
    #[error(
        "`{0}` is not the address of a store; use sqlite:FILE, such as sqlite:bookonce.db, or \
         postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    Address(String),
    /// The file could not be opened.
    #[error(transparent)]
    Sqlite(#[from] store_sqlite::OpenError),
    /// The database could not be opened.
    #[error(transparent)]
    Postgres(#[from] store_postgres::OpenError),
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be spread over several machines.
    #[error("the store cannot be distributed: {0}")]
    NotSpread(String),
    /// Its secrets could not be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Place);

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Sqlite(PathBuf),
    Postgres(Database),
}

#[derive(Clone, PartialEq, Eq)]
struct Database {
    /// As the driver reads it. It may hold a password.
    url: String,
    /// Where that leads, for people to read.
    place: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// As it may be shown and logged: without who asks, how, and with what password.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
            Place::Postgres(database) => write!(out, "postgres://{}", database.place),
        }
    }
}

impl std::str::FromStr for Address {
    type Err = StoresError;

    fn from_str(text: &str) -> Result<Self, StoresError> {
        if ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            let (url, place) = (text.to_owned(), store_postgres::place(text)?);
            return Ok(Self(Place::Postgres(Database { url, place })));
        }
        let path = text.strip_prefix("sqlite:").filter(|path| !path.is_empty());
        // `sqlite:///var/lib/x.db` is what people write who know addresses.
        let path = path.map(|path| path.strip_prefix("//").unwrap_or(path));
        // What it was is not repeated: it may be an address with a password and a slip of the pen.
        let kind = || text.split_once(':').map_or(text, |(kind, _)| kind);
        let is_shown = |it: &&str| it.chars().all(|it| it.is_alphanumeric() || "._-/".contains(it));
        let named = || Some(kind()).filter(is_shown).unwrap_or("…").to_owned();
        path.map(|path| Self(Place::Sqlite(path.into())))
            .ok_or_else(|| StoresError::Address(named()))
    }
}

/// How a store is opened to be served.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Connections that write, where a store can have several.
    pub writers: usize,
    /// Whose clock counts, where a store has one of its own.
    pub clock: ClockOf,
    /// Where tests make it fail.
    pub failpoints: Failpoints,
}

impl Address {
    /// Opens the store to serve it. One on this machine's disk may be served by nobody else at the same
    /// time. Waits for the store: not to be called where an async runtime is driven.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn serve(&self, serving: &Serving) -> Result<Stores, StoresError> {
        let (failpoints, superseded) = (serving.failpoints.clone(), Superseded::default());
        match &self.0 {
            Place::Sqlite(path) => {
                let options = store_sqlite::Options {
                    lock: true,
                    failpoints,
                    superseded: superseded.clone(),
                    ..sqlite()
                };
                let store = SqliteStore::open(path, options)?;
                warn_of_others(path);
                let credentials = Arc::new(SqliteCredentials::open(path, &sqlite())?);
                let reads = Arc::new(store.reads());
                let stores: Vec<Box<dyn Store>> = vec![Box::new(store)];
                Ok(Stores { stores, reads, credentials, may_fall_back: false, superseded })
            }
            Place::Postgres(Database { url, .. }) => {
                let options = || store_postgres::Options { clock: serving.clock, ..postgres() };
                let mut stores: Vec<Box<dyn Store>> = Vec::with_capacity(serving.writers);
                for _ in 0..serving.writers {
                    let (failpoints, superseded) = (failpoints.clone(), superseded.clone());
                    let options = store_postgres::Options { failpoints, superseded, ..options() };
                    stores.push(Box::new(PostgresStore::open(url, &options)?));
                }
                let reads = Arc::new(PostgresReads::open(url, &options())?);
                let credentials = Arc::new(PostgresCredentials::open(url, &options())?);
                Ok(Stores { stores, reads, credentials, may_fall_back: true, superseded })
            }
        }
    }

    /// Who may ask, of a store that is there. Works beside running servers.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn credentials(&self) -> Result<Arc<dyn Credentials>, StoresError> {
        self.credentials_of(false)
    }

    /// The same before the first start as well: a store that is not there is made.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn credentials_or_new(&self) -> Result<Arc<dyn Credentials>, StoresError> {
        self.credentials_of(true)
    }

    fn credentials_of(&self, make: bool) -> Result<Arc<dyn Credentials>, StoresError> {
        Ok(match &self.0 {
            Place::Sqlite(path) => {
                let options = store_sqlite::Options { make, ..sqlite() };
                Arc::new(SqliteCredentials::open(path, &options)?)
            }
            Place::Postgres(Database { url, .. }) => {
                let options = store_postgres::Options { make, ..postgres() };
                Arc::new(PostgresCredentials::open(url, &options)?)
            }
        })
    }

    /// Whether there is a store. One that cannot be opened is there: whoever opens it says what is wrong.
    ///
    /// # Errors
    /// [`StoresError`] where that cannot be known.
    pub fn is_there(&self) -> Result<bool, StoresError> {
        use store_postgres::OpenError as Postgres;
        use store_sqlite::OpenError as Sqlite;
        match self.reads() {
            Err(
                StoresError::Sqlite(Sqlite::Missing(_)) | StoresError::Postgres(Postgres::Missing),
            ) => Ok(false),
            Ok(_) | Err(StoresError::Sqlite(_) | StoresError::Postgres(Postgres::Older { .. })) => {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// The store for people who ask which one it was: with the whole path of a file.
    #[must_use]
    pub fn in_full(&self) -> String {
        let path = self.path().and_then(|path| std::path::absolute(path).ok());
        path.map_or_else(|| self.to_string(), |path| format!("sqlite:{}", path.display()))
    }

    /// Watches whether the store is still where it was opened.
    #[must_use]
    pub fn watch(&self) -> StoreWatch {
        StoreWatch::of(self.path())
    }

    /// Reads, of a store that is there.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn reads(&self) -> Result<Arc<dyn Reads>, StoresError> {
        Ok(match &self.0 {
            Place::Sqlite(path) => Arc::new(SqliteReads::open(path, sqlite().busy_timeout)?),
            Place::Postgres(Database { url, .. }) => {
                Arc::new(PostgresReads::open(url, &postgres())?)
            }
        })
    }

    /// What time it is for the store: its own clock's, if it has one.
    ///
    /// # Errors
    /// [`StoresError`].
    pub fn now(&self) -> Result<Timestamp, StoresError> {
        let own = match &self.0 {
            Place::Sqlite(_) => None,
            Place::Postgres(_) => self.reads()?.clock()?,
        };
        Ok(own.unwrap_or_else(machine_now))
    }

    /// The store in that file.
    pub(crate) fn of_file(path: &Path) -> Self {
        Self(Place::Sqlite(path.to_owned()))
    }

    /// The file, if the store is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Sqlite(path) => Some(path),
            Place::Postgres(_) => None,
        }
    }

    /// The database's address, as the driver reads it, if the store is in one.
    pub(crate) fn url(&self) -> Option<&str> {
        match &self.0 {
            Place::Sqlite(_) => None,
            Place::Postgres(Database { url, .. }) => Some(url),
        }
    }

    /// The file, if the store is one.
    pub(crate) fn into_path(self) -> Option<PathBuf> {
        match self.0 {
            Place::Sqlite(path) => Some(path),
            Place::Postgres(_) => None,
        }
    }

    /// The database's address, as the driver reads it, if the store is in one.
    pub(crate) fn into_url(self) -> Option<String> {
        match self.0 {
            Place::Sqlite(_) => None,
            Place::Postgres(Database { url, .. }) => Some(url),
        }
    }

    /// Spreads a store that is there over the machines of a cluster, as far as it is not spread yet.
    ///
    /// # Errors
    /// [`StoresError`]; [`StoresError::NotSpread`] where that cannot be done.
    pub fn distribute(&self) -> Result<Vec<Spread>, StoresError> {
        let cannot = |why: &str| StoresError::NotSpread(why.to_owned());
        match &self.0 {
            Place::Sqlite(_) => Err(cannot("it is a file of one machine")),
            Place::Postgres(Database { url, .. }) => {
                let options = store_postgres::Options { make: false, ..postgres() };
                let spread = store_postgres::distribute(url, &options)?;
                spread.ok_or_else(|| {
                    cannot("its database has no extension citus; if its servers have it, `create extension citus`")
                })
            }
        }
    }

    /// Whether a server of this machine serves the store now; `None` where that cannot be known.
    ///
    /// # Errors
    /// [`StoresError`] when that cannot be told.
    pub fn is_served(&self) -> Result<Option<bool>, StoresError> {
        match &self.0 {
            Place::Sqlite(path) => Ok(Some(store_sqlite::is_served(path)?)),
            Place::Postgres(_) => Ok(None),
        }
    }
}

/// Tells who runs it which files of the store let others in.
fn warn_of_others(path: &Path) {
    let files = store_sqlite::open_to_others(path);
    if !files.is_empty() {
        let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        let names = names.join(" ");
        tracing::warn!("other users can read or lock the store; run: chmod go= {names}");
    }
}

/// How a file is opened.
pub(crate) fn sqlite() -> store_sqlite::Options {
    store_sqlite::Options { fresh: fresh(), ..store_sqlite::Options::default() }
}

fn postgres() -> store_postgres::Options {
    store_postgres::Options { fresh: fresh(), ..store_postgres::Options::default() }
}

/// The bits of a fresh id.
pub(crate) fn fresh() -> u128 {
    Mint::default().next(machine_now(), rand::random())
}

fn machine_now() -> Timestamp {
    SystemClock::start(None, true).map_or_else(|_| Timestamp::default(), |clock| clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two equal limits nobody can say which ends first.
    #[test]
    fn a_database_ends_a_silent_transaction_well_before_its_request_ends() {
        let request = std::time::Duration::from_secs(crate::call::REQUEST_SECONDS);
        assert!(postgres().idle_timeout.saturating_mul(2) <= request);
    }

    #[test]
    fn addresses() {
        let shown = |text: &str| text.parse::<Address>().map(|address| address.to_string()).ok();
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(shown("sqlite:bookonce.db"), is("sqlite:bookonce.db"));
        assert_eq!(shown("sqlite:/var/lib/b.db"), is("sqlite:/var/lib/b.db"));
        assert_eq!(shown("sqlite:///var/lib/b.db"), is("sqlite:/var/lib/b.db"));
        assert_eq!(shown("postgres://localhost/b"), is("postgres://localhost:5432/b"));
        for text in ["", "sqlite:", "bookonce.db", "mysql://x", "postgres:b", "host=x user=y"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        let url = "postgresql://ann:s3cret@a:1,b:2/book?password=s3cret&sslmode=require";
        let address: Address = url.parse().unwrap();
        assert_eq!(address.to_string(), "postgres://a:1,b:2/book");
        assert_eq!(format!("{address:?}"), "postgres://a:1,b:2/book");
        let slip = "postgress://ann:s3cret@a/book".parse::<Address>().unwrap_err();
        assert!(!slip.to_string().contains("s3cret"), "{slip}");
        for text in [
            "host=a user=ann password=s3cret dbname=book",
            "host=a:1 user=ann password=s3cret",
            "password=s3cret host=a:1",
            "ann s3cret@a:1/book",
            "postgres://ann:Tr0ub?s3cret@a/book",
            "postgres://ann:Tr0u@s3cret@a/book",
            "postgres://ann:s3cret#x@a/book",
        ] {
            let refused = text.parse::<Address>().unwrap_err();
            assert!(!refused.to_string().contains("s3cret"), "{refused}");
        }
    }
}
