//! A copy of a store while it is served, and what makes such a copy a store of its own.

use std::path::Path;
use std::time::Duration;

use domain::invariants::LookedAt;
use engine::reads::Identity;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, named_params};

use crate::connection::read_only;
use crate::errors::{Error, OpenError};
use crate::file;
use crate::open::{self, INCARNATION, Options};
use crate::reads::identity;
use crate::session::{Session, WalPages};
use crate::statements::{LOOKED_AT, META_PUT};

/// Pages that are copied between two progress callbacks: 8 MiB.
pub const BACKUP_STEP_PAGES: u16 = 1_024;

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Bytes that are copied.
    pub bytes: u64,
    /// Bytes of the store as it was when the copy began.
    pub of: u64,
    /// Bytes of the store's WAL. It cannot be reset before the copy is done.
    pub log_bytes: u64,
}

/// What a copy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Of which store it is.
    pub identity: Identity,
    /// What the store had when it was begun.
    pub looked_at: LookedAt,
}

/// Copies the store at `path` to the file at `target`, which must be there and empty. The copy has
/// everything that was acknowledged before this was called, and nothing of what is committed
/// meanwhile. Nobody is kept from writing to the store. `step` is called every few pages, and may take
/// its time. The copy is on the disk when its caller has synchronised it.
///
/// # Errors
/// [`OpenError`]; then the target is of no use.
pub fn back_up(
    path: &Path,
    target: &Path,
    step: &mut dyn FnMut(Copied),
) -> Result<BackedUp, OpenError> {
    let source = open::known_reader(path, Options::default().busy_timeout)?;
    // One snapshot from here to the end: what others write does not make SQLite begin again.
    source.begin_read()?;
    let identity = identity(&source)?;
    open::check_here(&source, path)?;
    let looked_at = looked_at(&source)?;
    let mut copy = bare(target)?;
    steps(&source, &mut copy, &file::beside(&file::real(path), file::WAL), step)?;
    copy.close().map_err(|(_, error)| Error::sqlite("backup")(error))?;
    source.roll_back()?;
    Ok(BackedUp { identity, looked_at })
}

fn looked_at(source: &Session) -> Result<LookedAt, Error> {
    let counted = source.one(&LOOKED_AT, named_params! {}, |row| {
        Ok(LookedAt { bookings: rows::get(row, "bookings")?, events: rows::get(row, "events")? })
    })?;
    Ok(counted.unwrap_or_default())
}

/// A connection to a file that nobody else knows, and that is thrown away if anything goes wrong.
fn bare(target: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
    let opened = Connection::open_with_flags(target, flags).and_then(|connection| {
        connection.pragma_update(None, "journal_mode", "off")?;
        connection.pragma_update(None, "synchronous", "off")?;
        Ok(connection)
    });
    opened.map_err(Error::sqlite("backup"))
}

fn steps(
    source: &Session,
    copy: &mut Connection,
    wal: &Path,
    step: &mut dyn FnMut(Copied),
) -> Result<(), Error> {
    let sqlite = || Error::sqlite("backup");
    let page_bytes = source.connection().pragma_query_value(None, "page_size", |row| row.get(0));
    let page_bytes: u32 = page_bytes.map_err(sqlite())?;
    let backup = Backup::new(source.connection(), copy).map_err(sqlite())?;
    loop {
        let done = match backup.step(BACKUP_STEP_PAGES.into()).map_err(sqlite())? {
            StepResult::Done => true,
            StepResult::More => false,
            // The source is only read, and nobody else knows the copy.
            other @ (StepResult::Busy | StepResult::Locked | _) => {
                return Err(Error::Unavailable(format!("backup: {other:?}")));
            }
        };
        let progress = backup.progress();
        let bytes = |pages| u64::try_from(pages).unwrap_or(0_u64).saturating_mul(page_bytes.into());
        let (left, of) = (bytes(progress.remaining), bytes(progress.pagecount));
        let log_bytes = std::fs::metadata(wal).map_or(0, |wal| wal.len());
        step(Copied { bytes: of.saturating_sub(left), of, log_bytes });
        if done {
            return Ok(());
        }
    }
}

/// Whether the file at `path` is a store, of a version that this program knows, and every page of it
/// and every index is as SQLite has made it.
///
/// # Errors
/// [`OpenError`] says what it is instead.
pub fn check_file(path: &Path) -> Result<(), OpenError> {
    let session = reader_of_any_age(path)?;
    let check = "pragma integrity_check(1)";
    let found: Result<String, _> = session.connection().query_row(check, [], |row| row.get(0));
    match found.map_err(Error::sqlite("integrity_check"))?.as_str() {
        "ok" => Ok(()),
        wrong => Err(Error::Failed(format!("integrity_check: {wrong}")).into()),
    }
}

/// A connection that changes nothing, to a store that this program knows or can bring up to date.
fn reader_of_any_age(path: &Path) -> Result<Session, OpenError> {
    let connected = read_only(&open::found(path)?, Options::default().busy_timeout);
    let connection = connected.map_err(|error| open::unusable(path, error))?;
    let (path, program) = (path.to_owned(), open::schema_version());
    match open::stored_version(&connection, &path)? {
        Some(store) if store > program => Err(OpenError::Newer { path, store, program }),
        Some(_) => Ok(Session::new(connection)),
        None => Err(OpenError::Missing(path)),
    }
}

/// How often a store was restored, before and after it was renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The incarnation that the backup was taken from.
    pub from: u32,
    /// The one that the store has now.
    pub to: u32,
}

/// Makes the copy of a store that lies at `path` the next incarnation of that store, and brings its
/// schema up to date. All of it is in the one file, and on the disk, when this returns.
///
/// # Errors
/// [`OpenError`].
pub fn renew(path: &Path, options: &Options) -> Result<Renewed, OpenError> {
    let session = open::writer(path, options, None)?;
    let from = identity(&session)?.incarnation;
    let to = from.checked_add(1);
    let to = to.ok_or_else(|| Error::Broken(format!("{INCARNATION} has {from}")))?;
    session.begin_write()?;
    let value = to.to_string();
    session.execute_one(&META_PUT, named_params! {":key": INCARNATION, ":value": value})?;
    session.commit()?;
    session.truncate_wal(Duration::ZERO, Duration::ZERO)?;
    match session.wal_pages()? {
        WalPages { logged: 0, .. } => Ok(Renewed { from, to }),
        WalPages { logged, .. } => {
            Err(Error::Unavailable(format!("{logged} pages stay in the WAL")).into())
        }
    }
}
