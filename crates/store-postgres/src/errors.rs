//! What goes wrong here, and what it means for those who asked.

use std::fmt;

use engine::{CommitError, StoreError};
use rows::{Corrupt, NeedsNewer, Unstorable};
use tokio_postgres::error::SqlState;

use crate::statements::Statement;

/// A statement, or what it was for, did not succeed.
#[derive(Debug)]
pub(crate) enum Error {
    /// PostgreSQL refused, failed or went away.
    Postgres { statement: &'static str, source: tokio_postgres::Error },
    /// Nobody knows what became of the connection.
    Lost(String),
    /// Another writer was faster.
    Conflict(String),
    /// A row contradicts itself or what was decided.
    Broken(String),
    /// A row has a value that this program does not know.
    Unreadable(String),
    /// The row can never be written.
    Refused(String),
    /// A test wants it to fail here.
    Failpoint(String),
    /// Nothing can be done now.
    Unavailable(String),
}

/// The class of a failure.
enum ErrorClass {
    /// Later it may work.
    Later,
    /// Another writer was faster, or two waited for each other.
    Conflict,
    /// The row can never be written.
    Row,
    /// Store and program disagree.
    Wrong,
}

impl Error {
    pub(crate) fn postgres(
        statement: &'static str,
    ) -> impl FnOnce(tokio_postgres::Error) -> Self + Copy {
        move |source| Self::Postgres { statement, source }
    }

    /// A statement changed another number of rows than it was for.
    pub(crate) fn not_all(statement: &Statement, wanted: u64, found: u64) -> String {
        let name = statement.name;
        format!("{name} found {found} of {wanted} rows as they were loaded")
    }

    /// Whether the connection may be used again, once its transaction is rolled back. Another one may
    /// lead to another server: one that may be written, or that still runs.
    pub(crate) fn spares_connection(&self) -> bool {
        match self {
            Self::Postgres { source, .. } => match class_of(source) {
                ErrorClass::Conflict | ErrorClass::Row => true,
                ErrorClass::Later | ErrorClass::Wrong => false,
            },
            Self::Lost(_) | Self::Unavailable(_) => false,
            Self::Conflict(_)
            | Self::Broken(_)
            | Self::Unreadable(_)
            | Self::Refused(_)
            | Self::Failpoint(_) => true,
        }
    }

    /// Whether the connection was gone before anything could be done.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres { source, .. } => {
                let Some(code) = source.code() else { return true };
                [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN].contains(code)
                    || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
                    || *code == SqlState::READ_ONLY_SQL_TRANSACTION
            }
            Self::Lost(_)
            | Self::Conflict(_)
            | Self::Broken(_)
            | Self::Unreadable(_)
            | Self::Refused(_)
            | Self::Failpoint(_)
            | Self::Unavailable(_) => false,
        }
    }

    /// What it means that COMMIT was answered with this. Only few answers say that nothing was written;
    /// after any other the transaction may have been the last thing that the server did.
    pub(crate) fn of_commit(self) -> CommitError {
        match &self {
            Self::Postgres { source, .. } if source.code().is_some_and(is_rolled_back) => {
                self.into()
            }
            Self::Failpoint(_) => self.into(),
            Self::Postgres { .. }
            | Self::Lost(_)
            | Self::Conflict(_)
            | Self::Broken(_)
            | Self::Unreadable(_)
            | Self::Refused(_)
            | Self::Unavailable(_) => CommitError::Unknown(self.to_string()),
        }
    }
}

fn is_rolled_back(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
        || code.code().starts_with("23")
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres { statement, source } => {
                write!(out, "{statement}: {}", described(source))
            }
            Self::Lost(why)
            | Self::Conflict(why)
            | Self::Broken(why)
            | Self::Unreadable(why)
            | Self::Refused(why)
            | Self::Failpoint(why)
            | Self::Unavailable(why) => out.write_str(why),
        }
    }
}

/// What the server says, with what helps; or what keeps it from saying anything.
pub(crate) fn described(source: &tokio_postgres::Error) -> String {
    let Some(error) = source.as_db_error() else { return causes(source) };
    let (message, code) = (error.message(), error.code().code());
    match advice(code) {
        Some(advice) => format!("{message} (PostgreSQL {code}: {advice})"),
        None => format!("{message} (PostgreSQL {code})"),
    }
}

/// What an operator looks at, where the server's own text does not say it.
fn advice(code: &str) -> Option<&'static str> {
    let advice = match code {
        "25006" => "this server can only be read: it may be a standby",
        "28000" | "28P01" => "look at user and password in the address",
        "3D000" => "create the database first",
        "42501" => "grant it to the user in the address",
        "42P01" | "42703" => "the schema is not as this program has made it",
        "53100" => "the disk of the database is full",
        "53200" => "the machine of the database has no memory left",
        "53300" => "allow more connections, or let fewer nodes run",
        "55P03" => "another session keeps rows or tables locked: pg_stat_activity shows which",
        "57014" => "it took too long: pg_stat_activity shows load and locks",
        _ => return None,
    };
    Some(advice)
}

/// An error with what caused it; the driver's own text names only the outermost.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
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
        let text = error.to_string();
        match error {
            Error::Postgres { source, .. } => match class_of(&source) {
                ErrorClass::Later => Self::Unavailable(text),
                ErrorClass::Conflict => Self::Conflict(text),
                ErrorClass::Row | ErrorClass::Wrong => Self::Broken(text),
            },
            Error::Conflict(_) => Self::Conflict(text),
            Error::Broken(_) | Error::Refused(_) => Self::Broken(text),
            Error::Unreadable(_) => Self::Unreadable(text),
            Error::Lost(_) | Error::Failpoint(_) | Error::Unavailable(_) => Self::Unavailable(text),
        }
    }
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        match &error {
            Error::Postgres { source, .. } => match class_of(source) {
                ErrorClass::Conflict => Self::Conflict(error.to_string()),
                ErrorClass::Row => Self::Refused(error.to_string()),
                ErrorClass::Later | ErrorClass::Wrong => Self::NotWritten(error.into()),
            },
            Error::Conflict(why) => Self::Conflict(why.clone()),
            Error::Refused(why) => Self::Refused(why.clone()),
            Error::Lost(_)
            | Error::Broken(_)
            | Error::Unreadable(_)
            | Error::Failpoint(_)
            | Error::Unavailable(_) => Self::NotWritten(error.into()),
        }
    }
}

fn class_of(error: &tokio_postgres::Error) -> ErrorClass {
    // Without an answer of the server the connection is gone.
    let Some(code) = error.code() else { return ErrorClass::Later };
    let conflicts = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
        // Another node makes the same table: as its name, or as the type of its rows.
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
    ];
    if conflicts.contains(code) {
        return ErrorClass::Conflict;
    }
    match code.code().get(..2) {
        // Constraints, data that no column takes, and what is longer than an index takes.
        Some("22" | "23" | "54") => ErrorClass::Row,
        // A table or a column is not what the program knows.
        Some("42") if *code != SqlState::INSUFFICIENT_PRIVILEGE => ErrorClass::Wrong,
        Some("XX") if *code != SqlState::INTERNAL_ERROR => ErrorClass::Wrong,
        Some(_) | None => ErrorClass::Later,
    }
}

/// A store could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It is not a PostgreSQL address.
    Address(String),
    /// There is no store in the database.
    Missing,
    /// A newer program has changed its schema.
    Newer {
        /// The schema's version, or the lowest that may write.
        store: u32,
        /// The newest version that this program knows.
        program: u32,
    },
    /// An older program made it, and this way of opening it changes nothing.
    Older {
        /// The schema's version.
        store: u32,
        /// The version that this program needs.
        program: u32,
    },
    /// It is being filled from another store.
    Unfinished,
    /// So many connections of other programs of ours are open.
    Served(u64),
    /// A migration did not succeed; it has changed nothing.
    Migration(String),
    /// It is there, but it cannot be used.
    Store(StoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(why) => write!(out, "this is not a PostgreSQL address: {why}"),
            Self::Missing => out.write_str("there is no store in this database"),
            Self::Newer { store, program } => write!(
                out,
                "the store has schema version {store}, this program knows versions up to {program}: \
                 use a newer program"
            ),
            Self::Older { store, program } => write!(
                out,
                "the store has schema version {store}, this program needs {program}: serve it once \
                 with this program, which brings it up to date"
            ),
            Self::Unfinished => out
                .write_str("a migration into this store is not finished: run migrate-store again"),
            Self::Served(connections) => write!(
                out,
                "{connections} other connections to this store are open: stop every node first"
            ),
            Self::Migration(why) => write!(out, "the store could not be migrated: {why}"),
            Self::Store(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}
