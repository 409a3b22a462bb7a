//! Writing what a batch decided: a handful of statements, each over all rows of its kind, in one round
//! trip. Rows come in the order in which they name each other, so that no row ever names one that is
//! not there.

mod bookings;
mod catalogue;
mod records;

use domain::table::Write;
use engine::Batch;

use crate::clean;
use crate::errors::Error;
use crate::load::Loaded;
use crate::session::{Call, Param, Session};
use crate::statements::Statement;

/// What it means that a statement did not find its rows as they were loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// They were locked: store and decision contradict each other.
    Broken,
    /// They were not: another writer was faster.
    Conflict,
    /// Nothing: they may have gone.
    Nothing,
}

/// What is to be written, in order.
#[derive(Default)]
pub(crate) struct Writes {
    calls: Vec<Call>,
    wanted: Vec<(u64, Otherwise)>,
}

impl Writes {
    /// Adds a statement over so many rows, unless there are none.
    pub(crate) fn add(
        &mut self,
        (rows, statement): (usize, &'static Statement),
        otherwise: Otherwise,
        params: Vec<Param>,
    ) {
        if rows > 0 {
            self.calls.push(Call::new(statement, params));
            self.wanted.push((u64::try_from(rows).expect("a batch is small"), otherwise));
        }
    }

    fn run(self, session: &mut Session) -> Result<(), Error> {
        let done = session.run(&self.calls)?;
        for ((call, done), (wanted, otherwise)) in self.calls.iter().zip(done).zip(self.wanted) {
            let found = done.affected;
            let problem = || Error::not_all(call.statement, (wanted, found));
            match otherwise {
                Otherwise::Broken if found != wanted => return Err(Error::Broken(problem())),
                Otherwise::Conflict if found != wanted => return Err(Error::Conflict(problem())),
                Otherwise::Broken | Otherwise::Conflict | Otherwise::Nothing => {}
            }
        }
        Ok(())
    }
}

/// Columns of rows: one array for each expression.
macro_rules! columns {
    ($rows:expr, $row:ident => $($value:expr),+ $(,)?) => {
        $crate::session::params![
            $($rows.iter().map(|$row| $value).collect::<Vec<_>>()),+
        ]
    };
}
pub(crate) use columns;

/// Writes the batch, and `last` in the same round; the caller commits.
pub(crate) fn batch(
    session: &mut Session,
    loaded: &Loaded,
    (batch, last): (&Batch<'_>, Call),
) -> Result<(), Error> {
    let mut writes = Writes::default();
    catalogue::write(&mut writes, batch.world)?;
    bookings::write(&mut writes, batch.world)?;
    records::write(&mut writes, loaded, batch)?;
    records::write_activity(&mut writes, batch.told)?;
    records::write_feeds_and_jobs(&mut writes, batch.world)?;
    clean::write(&mut writes, batch.world)?;
    writes.calls.push(last);
    writes.wanted.push((1, Otherwise::Broken));
    writes.run(session)
}

/// A row to put.
#[derive(Clone, Copy)]
struct Put<'a, K, V> {
    key: &'a K,
    value: &'a V,
}

/// Rows to insert and rows to update.
struct Puts<'a, K, V> {
    inserts: Vec<Put<'a, K, V>>,
    updates: Vec<Put<'a, K, V>>,
}

/// The rows to put. Rows of `table` never go.
fn puts<'a, K: 'a, V: 'a>(
    writes: impl Iterator<Item = Write<'a, K, V>>,
    table: &str,
) -> Result<Puts<'a, K, V>, Error> {
    let mut puts = Puts { inserts: Vec::new(), updates: Vec::new() };
    for write in writes {
        match write {
            Write::Insert(key, value) => puts.inserts.push(Put { key, value }),
            Write::Update(key, value) => puts.updates.push(Put { key, value }),
            Write::Delete(_) => {
                return Err(Error::Refused(format!("{table} are never deleted")));
            }
        }
    }
    Ok(puts)
}

/// The rows to insert. Rows of `table` never change.
fn inserts<'a, K: 'a, V: 'a>(
    writes: impl Iterator<Item = Write<'a, K, V>>,
    table: &str,
) -> Result<Vec<Put<'a, K, V>>, Error> {
    let puts = puts(writes, table)?;
    if puts.updates.is_empty() {
        Ok(puts.inserts)
    } else {
        Err(Error::Refused(format!("{table} never change")))
    }
}

/// A count as PostgreSQL counts.
pub(crate) fn signed(count: u64) -> Result<i64, Error> {
    i64::try_from(count).map_err(|_| Error::Refused(format!("{count} is too large to be stored")))
}
