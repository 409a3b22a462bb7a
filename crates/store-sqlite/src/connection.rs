//! A connection to the file, and its settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::errors::Error;
use crate::file;

/// Bytes of a page of a store that is made now. A batch writes long runs of rows and little else: in
/// larger pages they are fewer, and so are the calls of the system that write them.
const PAGE_BYTES: u32 = 8_192;

/// Changes nothing in the file: it may turn out to be some other program's.
pub(crate) fn connect(
    path: &Path,
    flags: OpenFlags,
    busy_timeout: Duration,
) -> Result<Connection, Error> {
    open(path, flags, busy_timeout).map_err(|source| unopened(path, source))
}

fn open(path: &Path, flags: OpenFlags, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, flags).and_then(|mut connection| {
        connection.busy_timeout(busy_timeout)?;
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        // COMMIT returns when the disk has it: what was answered survives a power cut.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        // What goes is overwritten in its page, and a page that is free with zeros: whoever reads the file finds
        // nothing of it.
        connection.pragma_update(None, "secure_delete", true)?;
        // Otherwise a statement is planned again, for tens of microseconds, whenever a parameter of its has
        // another value: a limit, or what an index over some of the rows is compared with.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // SQLite's own checkpoints hide a failed fsync; see `checkpoint.rs`.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        Ok(connection)
    })
}

/// "unable to open database file" says neither which file nor why.
fn unopened(path: &Path, source: rusqlite::Error) -> Error {
    match source.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            let why = file::obstacle(path).unwrap_or_else(|| source.to_string());
            Error::Unopened { path: path.to_owned(), why }
        }
        _ => Error::sqlite("open")(source),
    }
}

/// A connection to a file that nobody can change: it needs neither locks nor the WAL index, which
/// cannot be made where nothing can be written.
fn immutable(path: &Path, busy_timeout: Duration) -> Result<Connection, Error> {
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            address.push(char::from(*byte));
        } else {
            address.push_str(&format!("%{byte:02x}"));
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(Path::new(&address), flags, busy_timeout).map_err(|source| unopened(path, source))
}

pub(crate) fn read_only(path: &Path, busy_timeout: Duration) -> Result<Connection, Error> {
    let connection = if file::is_read_only(path) {
        if file::has_wal(path) {
            let why = "its file system is read-only, and its WAL cannot be read there; copy it to \
                       another disk together with its WAL (-wal), and use the copy";
            return Err(Error::Unopened { path: path.to_owned(), why: why.to_owned() });
        }
        immutable(path, busy_timeout)?
    } else {
        // Not opened for reading only: the WAL index has to be written by readers too.
        connect(path, OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE, busy_timeout)?
    };
    let set = connection.pragma_update(None, "query_only", true);
    set.map_err(Error::sqlite("query_only"))?;
    Ok(connection)
}

/// How often a store is asked for WAL mode while others make or leave it: SQLite says at once that it
/// is locked, without waiting.
const WAL_ATTEMPTS_MAX: u32 = 100;

/// With a WAL, readers and the writer do not wait for each other. A file in which nothing is yet gets its
/// page size here; one that has pages keeps theirs.
pub(crate) fn write_ahead(connection: &Connection) -> Result<(), Error> {
    let set = connection.pragma_update(None, "page_size", PAGE_BYTES);
    set.map_err(Error::sqlite("page_size"))?;
    let mut attempts = 1;
    let mode = loop {
        let mode: Result<String, _> =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0));
        match mode.map_err(Error::sqlite("journal_mode")) {
            Err(Error::Sqlite { source, .. })
                if source.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && attempts < WAL_ATTEMPTS_MAX =>
            {
                // This does wait for whoever writes. If that was in vain, the next attempt reports it.
                let waited = connection.execute_batch("begin immediate; rollback").is_ok();
                attempts = if waited { attempts.saturating_add(1) } else { WAL_ATTEMPTS_MAX };
            }
            mode => break mode?,
        }
    };
    match mode.as_str() {
        "wal" => Ok(()),
        other => Err(Error::Unavailable(format!(
            "SQLite cannot keep a write-ahead log (WAL) here (it says {other:?}): is it a network disk?"
        ))),
    }
}
