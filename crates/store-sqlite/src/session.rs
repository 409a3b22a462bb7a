//! A connection and its statements. SQL for SQLite alone (how a transaction begins, what its
//! file's state is) stands here; everything else is a file in `sql/`.

use std::time::Duration;

use engine::failpoint::Failpoints;
use rusqlite::{Connection, ToSql};

use crate::errors::Error;
use crate::generated;
use crate::prepared::{KnownPlaces, Prepared, Row};
use crate::statements::{self, Statement};

/// Before pages are copied from the WAL into the database file.
const CHECKPOINT: &str = "checkpoint";

/// Parameters, by name.
pub(crate) type Params<'a> = &'a [(&'a str, &'a dyn ToSql)];

/// Pages of the WAL.
pub(crate) struct WalPages {
    pub(crate) logged: i64,
    /// Those that are in the database file already.
    pub(crate) checkpointed: i64,
}

#[derive(Debug)]
pub(crate) struct Session {
    connection: Connection,
    known_places: KnownPlaces,
    failpoints: Failpoints,
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        // All statements stay prepared, and the few that stand in this file.
        let all = statements::COUNT.saturating_add(generated::COUNT_MAX).saturating_add(8);
        connection.set_prepared_statement_cache_capacity(all);
        let (known_places, failpoints) = (KnownPlaces::default(), Failpoints::default());
        Self { connection, known_places, failpoints }
    }

    pub(crate) fn with_failpoints(self, failpoints: Failpoints) -> Self {
        Self { failpoints, ..self }
    }

    /// Begins a transaction that will write. Waits for another writer to end.
    pub(crate) fn begin_write(&self) -> Result<(), Error> {
        self.execute_batch("begin immediate")
    }

    /// Begins a transaction that reads a consistent snapshot.
    pub(crate) fn begin_read(&self) -> Result<(), Error> {
        self.execute_batch("begin")
    }

    pub(crate) fn commit(&self) -> Result<(), Error> {
        self.execute_batch("commit")
    }

    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Ends a transaction, if one is open, as if it had never been.
    pub(crate) fn roll_back(&self) -> Result<(), Error> {
        // SQLite ends some transactions by itself when they fail.
        if self.is_in_transaction() { self.execute_batch("rollback") } else { Ok(()) }
    }

    /// Changes when another connection has committed.
    pub(crate) fn data_version(&self) -> Result<i64, Error> {
        self.query_pragma("pragma data_version", |row| row.get(0))
    }

    pub(crate) fn wal_pages(&self) -> Result<WalPages, Error> {
        self.query_pragma("pragma wal_checkpoint(noop)", |row| {
            Ok(WalPages { logged: row.get(1)?, checkpointed: row.get(2)? })
        })
    }

    /// Copies pages from the WAL into the database file, as far as no reader needs the old ones.
    pub(crate) fn checkpoint(&self) -> Result<(), Error> {
        self.fail_for_good_at(CHECKPOINT)?;
        self.query_pragma("pragma wal_checkpoint(passive)", |_| Ok(()))
    }

    /// Copies all pages and truncates the WAL, so that the next commit writes from its beginning. Waits
    /// `timeout` for those who read from it, then leaves it as it is; `usual` is how long the
    /// connection waits otherwise.
    pub(crate) fn truncate_wal(&self, timeout: Duration, usual: Duration) -> Result<(), Error> {
        let wait = |time| self.connection.busy_timeout(time).map_err(Error::sqlite("busy_timeout"));
        self.fail_for_good_at(CHECKPOINT)?;
        wait(timeout)?;
        let truncated = self.query_pragma("pragma wal_checkpoint(truncate)", |_| Ok(()));
        wait(usual)?;
        truncated
    }

    /// The id of the row that was inserted last.
    pub(crate) fn last_row_id(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// When the WAL is reset, its file is truncated after so many pages.
    pub(crate) fn limit_wal(&self, pages: i64) -> Result<(), Error> {
        let sqlite = || Error::sqlite("journal_size_limit");
        let page_bytes = self.connection.pragma_query_value(None, "page_size", |row| row.get(0));
        let bytes = pages.saturating_mul(page_bytes.map_err(sqlite())?);
        self.connection.pragma_update(None, "journal_size_limit", bytes).map_err(sqlite())
    }

    /// For statements that are prepared to be carried out again, and for those that are made rather than
    /// written.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Where the columns of rows belong in its statements.
    pub(crate) const fn known_places(&self) -> &KnownPlaces {
        &self.known_places
    }

    fn execute_batch(&self, sql: &'static str) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::sqlite(sql))?;
        statement.execute([]).map_err(Error::sqlite(sql))?;
        Ok(())
    }

    fn query_pragma<T>(
        &self,
        sql: &'static str,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut statement = self.connection.prepare_cached(sql).map_err(Error::sqlite(sql))?;
        statement.query_row([], read).map_err(Error::sqlite(sql))
    }

    /// Fails where a test wants it.
    pub(crate) fn fail_at(&self, name: &str) -> Result<(), Error> {
        if self.failpoints.hit(name) {
            Err(Error::Failpoint(format!("failpoint {name}")))
        } else {
            Ok(())
        }
    }

    /// Fails where a test wants it, as the disk does.
    pub(crate) fn fail_for_good_at(&self, name: &str) -> Result<(), Error> {
        if self.failpoints.hit(name) {
            Err(Error::Failed(format!("failpoint {name}")))
        } else {
            Ok(())
        }
    }

    /// Whether a test wants it to fail here.
    pub(crate) fn fails_at(&self, name: &str) -> bool {
        self.failpoints.hit(name)
    }

    /// A statement that is carried out for many rows.
    pub(crate) fn prepared(&self, statement: &Statement) -> Prepared<'_> {
        Prepared::new(self, statement)
    }

    /// Carries out a statement and says how many rows it changed.
    pub(crate) fn execute(
        &self,
        statement: &Statement,
        params: Params<'_>,
    ) -> Result<usize, Error> {
        self.prepared(statement).execute(params)
    }

    /// Carries out a statement that must change exactly one row.
    pub(crate) fn execute_one(
        &self,
        statement: &Statement,
        params: Params<'_>,
    ) -> Result<(), Error> {
        self.prepared(statement).execute_one(params)
    }

    /// Shows `visit` each row, in order.
    pub(crate) fn each(
        &self,
        statement: &Statement,
        params: Params<'_>,
        mut visit: impl FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.prepared(statement).each(params, |row| visit(row).map(|()| true))
    }

    /// All rows, read by `read`.
    pub(crate) fn all<T>(
        &self,
        statement: &Statement,
        params: Params<'_>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.each(statement, params, |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The first row, read by `read`.
    pub(crate) fn one<T>(
        &self,
        statement: &Statement,
        params: Params<'_>,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.prepared(statement).one(params, read)
    }
}
