//! Opening a store: the schema's version, the migrations, the values that are set once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::id::StoreId;
use engine::Superseded;
use engine::failpoint::Failpoints;
use engine::transfer::MarkState;
use rusqlite::{Connection, ErrorCode, OpenFlags, named_params};

use crate::checkpoint::WAL_PAGES_MAX;
use crate::connection::{connect, read_only, write_ahead};
use crate::errors::{Error, OpenError};
use crate::file;
use crate::hash_index::{self, MEMTABLE_MAX, READ_BUDGET};
use crate::lock::ServeLock;
use crate::session::Session;
use crate::statements::{META_GET, META_INSERT, SCHEMA_VERSION};
use crate::transfer;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The store's id, made with it.
pub(crate) const STORE_ID: &str = "store_id";
/// How often it was restored.
pub(crate) const INCARNATION: &str = "incarnation";
/// The schema that a program must know to write.
pub(crate) const MIN_WRITER_VERSION: &str = "min_writer_version";
/// The latest committed instant.
pub(crate) const LAST_INSTANT: &str = "last_instant";
/// The batch that was committed last.
pub(crate) const LAST_BATCH: &str = "last_batch";

/// KiB of pages that the writer keeps in memory.
const WRITER_CACHE_KIB: i64 = 64 * 1024;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to take the [`ServeLock`].
    pub lock: bool,
    /// Whether a store that is not there is made.
    pub make: bool,
    /// 128 bits that become the id of the store if it is new: those of a fresh id.
    pub fresh: u128,
    /// How long to wait for another writer.
    pub busy_timeout: Duration,
    /// Pages that the file may grow to; `None` is as many as the disk has.
    pub pages_max: Option<u32>,
    /// Pages in the WAL before the writer checkpoints them into the file.
    pub wal_pages_max: u32,
    /// Entries of the hash index that are in memory before they are compacted into the sorted run.
    pub memtable_max: usize,
    /// Entries of the sorted run that are read for each one that is written, until all of it has Bloom filters.
    pub read_budget: usize,
    /// Where tests make it fail, once it is open.
    pub failpoints: Failpoints,
    /// Where it says that a newer program has changed it.
    pub superseded: Superseded,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock: false,
            make: true,
            fresh: 0,
            busy_timeout: Duration::from_secs(5),
            pages_max: None,
            wal_pages_max: WAL_PAGES_MAX,
            memtable_max: MEMTABLE_MAX,
            read_budget: READ_BUDGET,
            failpoints: Failpoints::default(),
            superseded: Superseded::default(),
        }
    }
}

/// The newest schema that this program knows.
#[must_use]
pub fn schema_version() -> u32 {
    let runner = embedded::migrations::runner();
    let newest = runner.get_migrations().iter().map(refinery::Migration::version).max();
    u32::try_from(newest.unwrap_or_default()).expect("migrations are numbered from 1")
}

/// A connection that may write, to a store that is brought up to date if it has to be, and made where
/// the options say so. `lock` is the caller's, if it has one.
pub(crate) fn writer(
    path: &Path,
    options: &Options,
    lock: Option<&ServeLock>,
) -> Result<Session, OpenError> {
    let real = match file::find(path)? {
        Some(real) => real,
        None if options.make => file::make(path)?,
        None => return Err(OpenError::Missing(path.to_owned())),
    };
    file::check_writable(path, &real)?;
    let mut connection = connect_to(&real, path, options.busy_timeout)?;
    let store = stored_version(&connection, path)?;
    if store.is_none() && !options.make {
        return Err(OpenError::Missing(path.to_owned()));
    }
    write_ahead(&connection)?;
    migrate(&mut connection, path, store, lock)?;
    if let Some(pages) = options.pages_max {
        let set = connection.pragma_update(None, "max_page_count", pages);
        set.map_err(Error::sqlite("max_page_count"))?;
    }
    let set = connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB);
    set.map_err(Error::sqlite("cache_size"))?;
    let session = Session::new(connection);
    check_writer(&session, path)?;
    check_here(&session, path)?;
    name_store(&session, options.fresh)?;
    hash_index::build(&session)?;
    Ok(session.with_failpoints(options.failpoints.clone()))
}

/// A connection that may write, to a store that is there and that this program knows.
pub(crate) fn known_writer(path: &Path, options: &Options) -> Result<Session, OpenError> {
    let real = found(path)?;
    file::check_writable(path, &real)?;
    let connection = connect_to(&real, path, options.busy_timeout)?;
    write_ahead(&connection)?;
    let session = Session::new(connection);
    check_writer(&session, path)?;
    Ok(session.with_failpoints(options.failpoints.clone()))
}

/// A connection to the file at `real`, which is called `path`.
fn connect_to(real: &Path, path: &Path, busy_timeout: Duration) -> Result<Connection, OpenError> {
    let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
    connect(real, flags, busy_timeout).map_err(|error| unusable(path, error))
}

/// The one path of a store that must be there.
pub(crate) fn found(path: &Path) -> Result<PathBuf, OpenError> {
    file::find(path)?.ok_or_else(|| OpenError::Missing(path.to_owned()))
}

/// Whether the store is still here, and not on its way to another.
pub(crate) fn check_here(session: &Session, path: &Path) -> Result<(), OpenError> {
    let Some(marker) = transfer::migration_marker(session)? else { return Ok(()) };
    let (path, place) = (path.to_owned(), marker.place);
    Err(match marker.state {
        MarkState::Moving => OpenError::Moving { path, place },
        MarkState::Moved => OpenError::Moved { path, place },
    })
}

/// A connection that changes nothing, to a store that this program knows.
pub(crate) fn known_reader(path: &Path, busy_timeout: Duration) -> Result<Session, OpenError> {
    let connected = read_only(&found(path)?, busy_timeout);
    let connection = connected.map_err(|error| unusable(path, error))?;
    let (path, program) = (path.to_owned(), schema_version());
    match stored_version(&connection, &path)? {
        Some(store) if store > program => Err(OpenError::Newer { path, store, program }),
        Some(store) if store < program => Err(OpenError::Older { path, store, program }),
        Some(_) => Ok(Session::new(connection)),
        None => Err(OpenError::Missing(path)),
    }
}

/// A connection for checkpoints, and nothing else.
pub(crate) fn checkpointer(path: &Path, options: &Options) -> Result<Session, Error> {
    let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
    let session = Session::new(connect(&file::real(path), flags, options.busy_timeout)?);
    Ok(session.with_failpoints(options.failpoints.clone()))
}

/// A connection that changes nothing.
pub(crate) fn reader(path: &Path, busy_timeout: Duration) -> Result<Session, Error> {
    Ok(Session::new(read_only(&file::real(path), busy_timeout)?))
}

/// Brings the schema up to date.
fn migrate(
    connection: &mut Connection,
    path: &Path,
    store: Option<u32>,
    lock: Option<&ServeLock>,
) -> Result<(), OpenError> {
    let program = schema_version();
    match store {
        Some(store) if store > program => {
            return Err(OpenError::Newer { path: path.to_owned(), store, program });
        }
        Some(store) if store == program => return Ok(()),
        Some(_) | None => {}
    }
    // Nobody may serve a store while its tables change. A store that is only being made has no
    // server yet, or its server is making it just now and knows the same tables.
    let _held = match (store, lock) {
        (Some(_), None) => Some(ServeLock::acquire(path)?),
        (Some(_), Some(_)) | (None, _) => None,
    };
    let runner = embedded::migrations::runner().set_grouped(true);
    let Err(error) = runner.run(connection) else { return Ok(()) };
    // Another process may have been faster.
    match stored_version(connection, path)? {
        Some(store) if store == program => Ok(()),
        Some(_) | None => Err(OpenError::Migration(error.to_string())),
    }
}

/// The schema's version; `None` where nothing was made yet.
pub(crate) fn stored_version(
    connection: &Connection,
    path: &Path,
) -> Result<Option<u32>, OpenError> {
    let has_history = || connection.table_exists(None, "refinery_schema_history");
    let look = || {
        let mut is_store = has_history()?;
        if !is_store {
            let tables = "select count(*) from sqlite_schema";
            let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
            if tables == 0 {
                return Ok(Ok(None));
            }
            // Somebody may have made the store between the two questions.
            is_store = has_history()?;
        }
        if !is_store {
            return Ok(Err(OpenError::NotAStore(path.to_owned())));
        }
        connection.query_row(SCHEMA_VERSION.sql, [], |row| row.get("version")).map(Ok)
    };
    look().map_err(|error| unusable(path, Error::sqlite(SCHEMA_VERSION.name)(error)))?
}

/// What it means that the file could not be opened.
pub(crate) fn unusable(path: &Path, error: Error) -> OpenError {
    match &error {
        Error::Sqlite { source, .. }
            if source.sqlite_error_code() == Some(ErrorCode::NotADatabase) =>
        {
            OpenError::NotAStore(path.to_owned())
        }
        Error::Unopened { why, .. } => file::unusable(path, why.clone()),
        Error::Sqlite { .. }
        | Error::Broken(_)
        | Error::Unreadable(_)
        | Error::Refused(_)
        | Error::Taken(_)
        | Error::Failpoint(_)
        | Error::Unavailable(_)
        | Error::Failed(_) => error.into(),
    }
}

fn check_writer(session: &Session, path: &Path) -> Result<(), OpenError> {
    let (store, program) = (min_writer_version(session)?, schema_version());
    if store > program {
        return Err(OpenError::Newer { path: path.to_owned(), store, program });
    }
    Ok(())
}

/// The lowest schema that a program must know to write.
pub(crate) fn min_writer_version(session: &Session) -> Result<u32, Error> {
    let text = meta(session, MIN_WRITER_VERSION)?;
    let version = text.as_deref().map(str::parse);
    let Some(Ok(version)) = version else {
        return Err(Error::Broken(format!("{MIN_WRITER_VERSION} has {text:?}")));
    };
    Ok(version)
}

/// A value of the store's metadata.
pub(crate) fn meta(session: &Session, key: &str) -> Result<Option<String>, Error> {
    session.one(&META_GET, named_params! {":key": key}, |row| rows::get(row, "value"))
}

/// Gives the store what it keeps for ever, unless it has it.
fn name_store(session: &Session, fresh: u128) -> Result<(), Error> {
    // It comes last, so that a making which was cut short is taken up again.
    if meta(session, INCARNATION)?.is_some() {
        return Ok(());
    }
    session.begin_write()?;
    for (key, value) in
        [(STORE_ID, StoreId::from_raw(fresh).to_string()), (INCARNATION, "1".to_owned())]
    {
        session.execute(&META_INSERT, named_params! {":key": key, ":value": value})?;
    }
    session.commit()
}
