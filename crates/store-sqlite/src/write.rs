//! Writing what a batch decided. Rows come in the order in which they name each other, so that no row
//! ever names one that is not there.

mod bookings;
mod catalogue;
mod records;

use domain::table::Write;
use engine::Batch;

use crate::clean;
use crate::errors::Error;
use crate::session::{Params, Session};
use crate::statements::Statement;

/// Writes the batch; the caller commits.
pub(crate) fn batch(session: &Session, batch: &Batch<'_>) -> Result<(), Error> {
    let world = batch.world;
    catalogue::write(session, world)?;
    bookings::write(session, world)?;
    records::write(session, world)?;
    records::write_sightings(session, batch.sightings)?;
    records::write_activity(session, batch.told)?;
    records::write_feeds_and_jobs(session, world)?;
    clean::write(session, world)
}

/// How a row of some table is written.
struct Put {
    insert: &'static Statement,
    update: &'static Statement,
}

impl Put {
    /// Writes one row, which must be as new, or as old, as it was decided to be. Both statements take
    /// the same parameters.
    fn row(&self, session: &Session, is_new: bool, params: Params<'_>) -> Result<(), Error> {
        session.execute_one(if is_new { self.insert } else { self.update }, params)
    }
}

/// A row to put, and whether it is new. Rows of `table` never go.
fn put<'a, K, V>(write: Write<'a, K, V>, table: &str) -> Result<(&'a K, &'a V, bool), Error> {
    match write {
        Write::Insert(key, value) => Ok((key, value, true)),
        Write::Update(key, value) => Ok((key, value, false)),
        Write::Delete(_) => Err(Error::Refused(format!("{table} are never deleted"))),
    }
}

/// A row to insert. Rows of `table` never change.
fn insert<'a, K, V>(write: Write<'a, K, V>, table: &str) -> Result<(&'a K, &'a V), Error> {
    match put(write, table)? {
        (key, value, true) => Ok((key, value)),
        (_, _, false) => Err(Error::Refused(format!("{table} never change"))),
    }
}

/// A count as SQLite counts.
pub(crate) fn signed(count: u64) -> Result<i64, Error> {
    i64::try_from(count).map_err(|_| Error::Refused(format!("{count} is too large to be stored")))
}
