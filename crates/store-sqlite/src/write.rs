//! Writing what a batch decided. Rows come in the order in which they name each other, so that no row
//! ever names one that is not there.

mod bookings;
mod catalogue;
mod records;

use domain::table::Write;
use engine::Batch;

use crate::clean;
use crate::desk::Desk;
use crate::errors::Error;
use crate::prepared::Prepared;
use crate::session::{Params, Session};
use crate::statements::Statement;

/// Writes the batch; the caller commits.
pub(crate) fn batch(desk: &mut Desk<'_>, batch: &Batch<'_>) -> Result<(), Error> {
    let world = batch.world;
    catalogue::write(desk.session, world)?;
    bookings::write(desk, world)?;
    records::write(desk, world)?;
    records::write_sightings(desk, batch.sightings)?;
    records::write_activity(desk, batch.told)?;
    records::write_feeds_and_jobs(desk.session, world)?;
    clean::write(desk, world)
}

/// How rows of some table are written. Both statements take the same parameters.
struct Puts<'a> {
    insert: Prepared<'a>,
    update: Prepared<'a>,
}

impl<'a> Puts<'a> {
    fn new(session: &'a Session, (insert, update): (&Statement, &Statement)) -> Self {
        Self { insert: session.prepared(insert), update: session.prepared(update) }
    }

    /// Writes one row, which must be as new, or as old, as it was decided to be.
    fn row(&mut self, is_new: bool, params: Params<'_>) -> Result<(), Error> {
        if is_new { self.insert.execute_one(params) } else { self.update.execute_one(params) }
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
fn signed(count: u64) -> Result<i64, Error> {
    i64::try_from(count).map_err(|_| Error::Refused(format!("{count} is too large to be stored")))
}

/// Refuses a row that names what its transaction has neither read nor made. Nothing that is named is
/// ever deleted, so no foreign key has to look for it again, row by row.
fn check_named(are_there: bool, row: &dyn std::fmt::Display) -> Result<(), Error> {
    if are_there { Ok(()) } else { Err(Error::Refused(format!("{row} names what is not there"))) }
}
