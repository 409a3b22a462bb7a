//! Backups of stores in files: taking one while the store is served, and making a store of one again.
//! A store on PostgreSQL is backed up by what PostgreSQL has for that; here it is only told that it was
//! restored.

mod partial;
mod restore;
mod restore_database;
mod seal;
mod secrets_copy;
mod take;

use std::io;
use std::path::{Path, PathBuf};

use domain::invariants::{LookedAt, Report};
use engine::StoreError;

use crate::clock::ClockBehind;
use crate::secrets::SecretsError;
use crate::stores::{StoresError, beside};
pub use restore::{Restore, restore};
pub use take::{Take, Taken, take};

/// Why there is no backup, or no restored store. Whatever was begun is gone again.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has backups of its own.
    #[error(
        "a store on PostgreSQL is backed up by PostgreSQL: base backups with archived log, or \
         pg_dump; see \"Backup and restore\" in docs/operations.md"
    )]
    Database,
    /// It must be said what to restore.
    #[error("which backup? bookonce restore FILE --store sqlite:NEW")]
    NoFile,
    /// A database is not restored from a file of ours.
    #[error(
        "a store on PostgreSQL is restored by PostgreSQL; then tell it so, without a file: bookonce \
         restore --store postgres://…"
    )]
    FileForDatabase,
    /// Nothing is overwritten.
    #[error("{0} already exists; nothing was changed")]
    Exists(PathBuf),
    /// A log of another file would be taken for this one's.
    #[error("{log} belongs to another {path}: move it away first")]
    Log {
        /// What is to be made.
        path: PathBuf,
        /// What lies beside it.
        log: String,
    },
    /// Another process makes it just now.
    #[error("another process is making {0}")]
    Busy(PathBuf),
    /// Somebody serves it.
    #[error("another process serves the store at {0}: back it up with `bookonce backup`")]
    Served(PathBuf),
    /// There is nothing in it.
    #[error("{0} is empty: it is no backup")]
    Empty(PathBuf),
    /// It is not as it was made.
    #[error("{0} is damaged: it is not what was written when it was made")]
    Damaged(PathBuf),
    /// Whoever may write in its folder has done something to it while it was made.
    #[error(
        "{0} was replaced or linked by somebody else while it was written: make it in a folder in which \
         nobody else may write"
    )]
    Replaced(PathBuf),
    /// Only a key could tell whether it is as it was made, and it was sealed with none.
    #[error(
        "{path} has {seal}, so anybody who can write to it could have changed it. If you know where it \
         comes from, give --accept-unverified"
    )]
    Unverified {
        /// The backup.
        path: PathBuf,
        /// What it has instead of a seal with a key.
        seal: &'static str,
    },
    /// The key that it was sealed with is not there.
    #[error(
        "whether {path} is as it was made can only be told with its store's secrets, which are neither \
         at {place} nor beside it: put them there or name them with --secrets.file, or give \
         --accept-unverified if you know where it comes from"
    )]
    Unsealable {
        /// The backup.
        path: PathBuf,
        /// Where its secrets would be.
        place: PathBuf,
    },
    /// It was sealed with another key.
    #[error(
        "{path} was not sealed with the secrets in {secrets}: either they are another store's, or \
         somebody else has made or changed the backup"
    )]
    Forged {
        /// The backup.
        path: PathBuf,
        /// The secrets.
        secrets: PathBuf,
    },
    /// It has other names.
    #[error(
        "{0} has several names (hard links), and no seal: its log may lie beside another of them. Copy \
         it, with its log, and restore the copy"
    )]
    Linked(PathBuf),
    /// It was changed after it was made.
    #[error("{0} has a log beside it: somebody has written to it since it was made")]
    Changed(PathBuf),
    /// The backup cannot be used.
    #[error("the backup {path}: {why}")]
    Backup {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: store_sqlite::OpenError,
    },
    /// It could not be written.
    #[error("{path} could not be written: {why}")]
    Copy {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: store_sqlite::OpenError,
    },
    /// A file could not be read or written.
    #[error("{path}: {why}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The store could not be opened.
    #[error(transparent)]
    Stores(#[from] StoresError),
    /// The store could not be opened.
    #[error(transparent)]
    Sqlite(#[from] store_sqlite::OpenError),
    /// The store could not be opened.
    #[error(transparent)]
    Postgres(#[from] store_postgres::OpenError),
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its secrets could not be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The machine does not tell the time.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
}

/// What ends well, or is found wanting.
#[derive(Debug)]
pub enum Outcome {
    /// The store is there and may be served.
    Restored(Restored),
    /// It contradicts itself; nothing was made or changed.
    Failed(Report),
}

/// A store that was restored.
#[derive(Debug)]
pub struct Restored {
    /// Which store it is.
    pub store_id: String,
    /// What is in it.
    pub has: LookedAt,
    /// The incarnation that was restored.
    pub from: u32,
    /// The one that it is now.
    pub to: u32,
    /// Where its secrets have to be before it is served, if they are not there.
    pub lacks_secrets: Option<PathBuf>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bytes of so many are copied.
    Copied {
        /// So many.
        bytes: u64,
        /// Of so many.
        of: u64,
    },
    /// Rows are checked.
    Checked(u64),
}

/// What goes wrong with a file.
fn io_of(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |why| BackupError::Io { path: path.to_owned(), why }
}
