//! Writing what a batch decided. Rows come in the order in which they name each other, so that no row
//! ever names one that is not there.

mod payments;
mod records;
mod stock;

use domain::table::{Table, Write};
use engine::Batch;
use rows::{Stored, cold};

use crate::clean;
use crate::errors::Error;
use crate::generated;
use crate::prepared::Prepared;
use crate::session::{Params, Session};
use crate::statements::Statement;
use crate::tickets;
use crate::write_context::WriteContext;

/// Writes the batch; the caller commits.
pub(crate) fn batch(context: &mut WriteContext<'_>, batch: &Batch<'_>) -> Result<(), Error> {
    let world = batch.world;
    cold::write(&mut Cold(context.session), world)?;
    stock::write(context, world)?;
    tickets::write(context, world)?;
    payments::write(context, world)?;
    records::write(context, world)?;
    records::write_key_usage(context, batch.key_usage)?;
    records::write_activity(context, batch.emitted)?;
    records::write_feeds(context.session, world)?;
    clean::write(context, world)
}

/// Writes rows of the tables that are not hot.
struct Cold<'a>(&'a Session);

impl cold::Write for Cold<'_> {
    type Error = Error;

    fn write<R: cold::Cold>(&mut self, table: &Table<<R as Stored>::Key, R>) -> Result<(), Error> {
        let statements = generated::of::<R>();
        let mut insert = self.0.prepared(&statements.insert);
        let mut update = statements.update.as_ref().map(|it| self.0.prepared(it));
        let mut delete = statements.delete.as_ref().map(|it| self.0.prepared(it));
        let never = |what| move || Error::Refused(format!("{} {what}", R::TABLE.name));
        table.writes().try_for_each(|write| match write {
            Write::Insert(key, row) => insert.execute_row(key, row, &[]),
            Write::Update(key, row) => {
                let update = update.as_mut().ok_or_else(never("never change"))?;
                update.execute_row(key, row, &[])
            }
            Write::Delete(key) => {
                let delete = delete.as_mut().ok_or_else(never("are never deleted"))?;
                delete.execute_key::<R>(key)
            }
        })
    }
}

/// How rows of some table are written. Both statements take the same parameters.
pub(crate) struct Puts<'a> {
    insert: Prepared<'a>,
    update: Prepared<'a>,
}

impl<'a> Puts<'a> {
    pub(crate) fn new(session: &'a Session, insert: &Statement, update: &Statement) -> Self {
        Self { insert: session.prepared(insert), update: session.prepared(update) }
    }

    /// Writes one row, which must be as new, or as old, as it was decided to be. `others` are parameters
    /// besides its columns.
    pub(crate) fn row<R: Stored>(
        &mut self,
        put: &Put<'_, R::Key, R>,
        others: Params<'_>,
    ) -> Result<(), Error> {
        let statement = if put.is_new { &mut self.insert } else { &mut self.update };
        statement.execute_row(put.key, put.row, others)
    }
}

/// A row to put.
pub(crate) struct Put<'a, K, R> {
    pub(crate) key: &'a K,
    pub(crate) row: &'a R,
    pub(crate) is_new: bool,
}

/// The row that is put. Rows of `table` never go.
pub(crate) fn put<'a, K, V>(write: Write<'a, K, V>, table: &str) -> Result<Put<'a, K, V>, Error> {
    match write {
        Write::Insert(key, row) => Ok(Put { key, row, is_new: true }),
        Write::Update(key, row) => Ok(Put { key, row, is_new: false }),
        Write::Delete(_) => Err(Error::Refused(format!("{table} are never deleted"))),
    }
}

/// A row that is inserted. Rows of `table` never change.
pub(crate) fn insert<'a, K, V>(
    write: Write<'a, K, V>,
    table: &str,
) -> Result<Put<'a, K, V>, Error> {
    let put = put(write, table)?;
    if put.is_new { Ok(put) } else { Err(Error::Refused(format!("{table} never change"))) }
}

/// Refuses a row that names what its transaction has neither read nor made. Nothing that is named is
/// ever deleted, so no foreign key has to look for it again, row by row.
pub(crate) fn check_named(are_there: bool, row: &dyn std::fmt::Display) -> Result<(), Error> {
    if are_there { Ok(()) } else { Err(Error::Refused(format!("{row} names what is not there"))) }
}
