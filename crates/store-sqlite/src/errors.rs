//! What goes wrong here, and what it means for those who asked.

use std::fmt;
use std::path::{Path, PathBuf};

use engine::{CommitError, StoreError};
use rows::{Corrupt, NeedsNewer, Unstorable};
use rusqlite::{Error as SqliteError, ErrorCode, ffi};

/// A statement, or what it was for, did not succeed.
#[derive(Debug)]
pub(crate) enum Error {
    /// SQLite refused or failed.
    Sqlite { statement: &'static str, source: SqliteError },
    /// A row contradicts itself or what was decided.
    Broken(String),
    /// A row has a value that this program does not know.
    Unreadable(String),
    /// The row can never be written.
    Refused(String),
    /// Somebody else wrote the key's record since it was looked for.
    Taken(String),
    /// A test wants it to fail here.
    Failpoint(String),
    /// The file could not be opened.
    Unopened { path: PathBuf, why: String },
    /// Nothing can be done now.
    Unavailable(String),
    /// The disk failed earlier; nothing more may be done.
    Failed(String),
}

/// The class of a failure of SQLite.
enum ErrorClass {
    /// Later it may work.
    Later,
    /// Nobody knows what is on the disk.
    Lost,
    /// The row can never be written.
    Row,
    /// Store and program disagree.
    Wrong,
}

impl Error {
    pub(crate) fn sqlite(statement: &'static str) -> impl FnOnce(SqliteError) -> Self {
        move |source| Self::Sqlite { statement, source }
    }

    /// A statement changed another number of rows than the one it was for.
    pub(crate) fn not_one(name: &str, rows: usize) -> Self {
        Self::Broken(format!("{name} found {rows} rows that are as they were loaded, not one"))
    }

    /// Whether the connection may be used again.
    pub(crate) fn spares_connection(&self) -> bool {
        !matches!(StoreError::from(self), StoreError::Failed(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { statement, source } => {
                write!(out, "{statement}: {source}")?;
                match source.sqlite_error() {
                    Some(error) => write!(out, " (SQLite {})", error.extended_code),
                    None => Ok(()),
                }
            }
            Self::Unopened { path, why } => unopened(out, path, why),
            Self::Broken(why)
            | Self::Unreadable(why)
            | Self::Refused(why)
            | Self::Taken(why)
            | Self::Failpoint(why)
            | Self::Unavailable(why)
            | Self::Failed(why) => out.write_str(why),
        }
    }
}

impl From<&Error> for StoreError {
    fn from(error: &Error) -> Self {
        let text = error.to_string();
        match error {
            Error::Sqlite { source, .. } => match class_of(source) {
                ErrorClass::Later => Self::Unavailable(text),
                ErrorClass::Lost => Self::Failed(text),
                ErrorClass::Row | ErrorClass::Wrong => Self::Broken(text),
            },
            Error::Broken(_) | Error::Refused(_) | Error::Taken(_) => Self::Broken(text),
            Error::Unreadable(_) => Self::Unreadable(text),
            Error::Failpoint(_) | Error::Unopened { .. } | Error::Unavailable(_) => {
                Self::Unavailable(text)
            }
            Error::Failed(_) => Self::Failed(text),
        }
    }
}

impl From<Corrupt> for Error {
    fn from(corrupt: Corrupt) -> Self {
        match corrupt {
            Corrupt::Broken(why) => Self::Broken(why),
            Corrupt::Unreadable(why) => Self::Unreadable(why),
        }
    }
}

impl From<Unstorable> for Error {
    fn from(Unstorable(why): Unstorable) -> Self {
        Self::Refused(why)
    }
}

impl NeedsNewer for Error {
    fn needs_newer(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Taken(why) => Self::Conflict(why.clone()),
            Error::Sqlite { source, .. } if matches!(class_of(source), ErrorClass::Row) => {
                Self::Refused(error.to_string())
            }
            Error::Refused(why) => Self::Refused(why.clone()),
            Error::Sqlite { .. }
            | Error::Broken(_)
            | Error::Unreadable(_)
            | Error::Failpoint(_)
            | Error::Unopened { .. }
            | Error::Unavailable(_)
            | Error::Failed(_) => Self::NotWritten(error.into()),
        }
    }
}

fn unopened(out: &mut fmt::Formatter<'_>, path: &Path, why: &str) -> fmt::Result {
    write!(out, "the store {} cannot be opened: {why}", path.display())
}

/// Failures of the system after which all that was promised is on the disk all the same, since it was
/// synchronised before: a part of a commit that is not taken back by the next one could not be written, for
/// a quota or a limit on the length of files as for a full disk, or the WAL index could not grow.
const NOTHING_LOST: [i32; 2] = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_SHMSIZE];

fn class_of(error: &SqliteError) -> ErrorClass {
    let Some(code) = error.sqlite_error_code() else { return ErrorClass::Wrong };
    if error.sqlite_error().is_some_and(|error| NOTHING_LOST.contains(&error.extended_code)) {
        return ErrorClass::Later;
    }
    match code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::ReadOnly
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::OperationAborted
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::NoLargeFileSupport => ErrorClass::Later,
        // After a failed fsync the kernel may have dropped the pages: reading them back proves nothing.
        ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            ErrorClass::Lost
        }
        ErrorCode::ConstraintViolation | ErrorCode::TooBig => ErrorClass::Row,
        ErrorCode::InternalMalfunction
        | ErrorCode::NotFound
        | ErrorCode::SchemaChanged
        | ErrorCode::TypeMismatch
        | ErrorCode::ApiMisuse
        | ErrorCode::AuthorizationForStatementDenied
        | ErrorCode::ParameterOutOfRange
        | ErrorCode::Unknown
        | _ => ErrorClass::Wrong,
    }
}

/// A store could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// There is none.
    Missing(PathBuf),
    /// A link leads there, and nothing is there.
    Dangling(PathBuf),
    /// Something else than a file is there.
    NotAFile(PathBuf),
    /// The file has other names, and so may have other WALs and other servers.
    Linked {
        /// One of its names.
        path: PathBuf,
        /// How many it has.
        links: u64,
    },
    /// There is none, but the WAL of one.
    WalAlone {
        /// Where there is none.
        path: PathBuf,
        /// The WAL.
        wal: PathBuf,
    },
    /// The system does not let it be opened.
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// What is in the way.
        why: String,
    },
    /// The file is some other program's.
    NotAStore(PathBuf),
    /// A newer program has changed its schema.
    Newer {
        /// Where it is.
        path: PathBuf,
        /// The schema's version, or the lowest that may write.
        store: u32,
        /// The newest version that this program knows.
        program: u32,
    },
    /// An older program made it, and this way of opening it changes nothing.
    Older {
        /// Where it is.
        path: PathBuf,
        /// The schema's version.
        store: u32,
        /// The version that this program needs.
        program: u32,
    },
    /// Another process serves it.
    Served(PathBuf),
    /// It is being moved to another store.
    Moving {
        /// Where it is.
        path: PathBuf,
        /// Where it goes.
        place: String,
    },
    /// It was moved to another store.
    Moved {
        /// Where it was.
        path: PathBuf,
        /// Where it is now.
        place: String,
    },
    /// The lock file cannot be made.
    Lock(PathBuf, String),
    /// A migration did not succeed; it has changed nothing.
    Migration(String),
    /// It is there, but it cannot be used.
    Store(StoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(out, "there is no store at {}", path.display()),
            Self::Dangling(path) => write!(
                out,
                "{} is a symbolic link to something that is not there: is its disk mounted?",
                path.display()
            ),
            Self::NotAFile(path) => write!(out, "{} is not a file", path.display()),
            Self::Linked { path, links } => write!(
                out,
                "the store {path} has {links} names (hard links). Under each name it would have \
                 another WAL and another lock, so that two servers could sell the same seats, and \
                 what is in the WAL of one name is missing under the others. Find the names with \
                 `find -L / -samefile {path}`, and remove all but the one that it is served by",
                path = path.display()
            ),
            Self::WalAlone { path, wal } => write!(
                out,
                "there is no store at {}, but {wal} is there: it has what a store that was moved or \
                 removed committed last. Put that store back beside it; if it is not wanted, move \
                 {wal} away",
                path.display(),
                wal = wal.display()
            ),
            Self::Unusable { path, why } => unopened(out, path, why),
            Self::NotAStore(path) => {
                write!(out, "{} is a database of some other program", path.display())
            }
            Self::Newer { path, store, program } => write!(
                out,
                "the store at {} has schema version {store}, this program knows versions up to \
                 {program}: use a newer program",
                path.display()
            ),
            Self::Older { path, store, program } => write!(
                out,
                "the store at {} has schema version {store}, this program needs {program}: serve \
                 it once with this program, which brings it up to date",
                path.display()
            ),
            Self::Served(path) => {
                write!(out, "another process serves the store at {}", path.display())
            }
            Self::Moving { path, place } => write!(
                out,
                "the store at {} is being moved to {place}: run migrate-store again, or with \
                 --abandon to give that up",
                path.display()
            ),
            Self::Moved { path, place } => {
                write!(out, "the store at {} was moved to {place}: use it there", path.display())
            }
            Self::Lock(path, why) => {
                write!(out, "the lock file {} cannot be used: {why}", path.display())
            }
            Self::Migration(why) => write!(out, "the store could not be migrated: {why}"),
            Self::Store(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    /// The same of a file that lies elsewhere: what was found in a copy is reported of its original.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        let path = path.to_owned();
        match self {
            Self::Missing(_) => Self::Missing(path),
            Self::Dangling(_) => Self::Dangling(path),
            Self::NotAFile(_) => Self::NotAFile(path),
            Self::Linked { links, .. } => Self::Linked { path, links },
            Self::WalAlone { wal, .. } => Self::WalAlone { path, wal },
            Self::Unusable { why, .. } => Self::Unusable { path, why },
            Self::NotAStore(_) => Self::NotAStore(path),
            Self::Newer { store, program, .. } => Self::Newer { path, store, program },
            Self::Older { store, program, .. } => Self::Older { path, store, program },
            Self::Served(_) => Self::Served(path),
            Self::Moving { place, .. } => Self::Moving { path, place },
            Self::Moved { place, .. } => Self::Moved { path, place },
            Self::Lock(..) | Self::Migration(_) | Self::Store(_) => self,
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}
