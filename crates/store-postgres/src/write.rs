//! Writing what a batch decided: a handful of statements, each over all rows of its kind that are of one
//! account, in one round trip. Rows come in the order in which they name each other, so that no row ever
//! names one that is not there.

mod payments;
mod records;
mod stock;

use std::collections::BTreeSet;
use std::fmt::Display;

use domain::Timestamp;
use domain::id::AccountId;
use domain::table::{Table, Write};
use engine::Batch;
use rows::{OfAccount, Stored, cold};

use crate::arrays;
use crate::clean;
use crate::errors::Error;
use crate::generated;
use crate::load::{Feeds, Loaded, by_account, claim};
use crate::session::{Call, Param, Session, params};
use crate::statements::Statement;
use crate::tickets;

/// What to make of a row count mismatch: a statement did not find its rows as they were loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowCountMismatch {
    /// They were locked: store and decision contradict each other.
    Broken,
    /// They were not: another writer was faster.
    Conflict,
    /// Nothing: they may have gone.
    Nothing,
}

/// A statement over rows, and what to make of it if it does not find all of them.
#[derive(Clone, Copy)]
pub(crate) struct Checked {
    statement: &'static Statement,
    mismatch: RowCountMismatch,
}

impl Checked {
    /// Its rows are locked, or new.
    pub(crate) const fn broken(statement: &'static Statement) -> Self {
        Self { statement, mismatch: RowCountMismatch::Broken }
    }

    /// Its rows are not locked.
    pub(crate) const fn conflict(statement: &'static Statement) -> Self {
        Self { statement, mismatch: RowCountMismatch::Conflict }
    }

    /// Its rows may have gone.
    pub(crate) const fn nothing(statement: &'static Statement) -> Self {
        Self { statement, mismatch: RowCountMismatch::Nothing }
    }
}

/// How many rows a statement has to find.
struct Wanted {
    rows: u64,
    mismatch: RowCountMismatch,
}

/// What is to be written, in order.
#[derive(Default)]
pub(crate) struct Writes {
    calls: Vec<Call>,
    wanted: Vec<Wanted>,
    /// Whose rows they are, as far as they are anchored in their feeds.
    accounts: BTreeSet<AccountId>,
}

impl Writes {
    /// Adds a statement over so many rows, unless there are none.
    pub(crate) fn add(
        &mut self,
        Checked { statement, mismatch }: Checked,
        rows: usize,
        params: Vec<Param>,
    ) {
        if rows > 0 {
            self.calls.push(Call::new(statement, params));
            let rows = u64::try_from(rows).expect("a batch is small");
            self.wanted.push(Wanted { rows, mismatch });
        }
    }

    /// Adds a statement for each account that has rows, in the order of accounts. `columns` of a group of
    /// rows come after the account.
    pub(crate) fn each<'a, T: 'a>(
        &mut self,
        statement: Checked,
        rows: impl IntoIterator<Item = &'a T>,
        account: impl Fn(&T) -> AccountId,
        columns: impl Fn(&[&T]) -> Vec<Param>,
    ) {
        for (account, rows) in by_account(rows, account) {
            let mut params = params![account.to_string()];
            params.extend(columns(&rows));
            self.add(statement, rows.len(), params);
            self.accounts.insert(account);
        }
    }

    /// Adds a statement for each account that has rows, in the order of accounts: its parameters are the
    /// account, and the other columns of the rows.
    pub(crate) fn rows<R: Stored>(
        &mut self,
        statement: Checked,
        rows: &[Put<'_, R::Key, R>],
    ) -> Result<(), Error> {
        self.rows_and(statement, rows, |_| Vec::new())
    }

    /// The same, with `others` after the columns of a group of rows.
    pub(crate) fn rows_and<R: Stored>(
        &mut self,
        statement: Checked,
        rows: &[Put<'_, R::Key, R>],
        others: impl Fn(&[&Put<'_, R::Key, R>]) -> Vec<Param>,
    ) -> Result<(), Error> {
        for (account, rows) in by_account(rows, |it| it.key.account()) {
            let mut params = params![account.to_string()];
            params.extend(arrays::of_rows(rows.iter().map(|it| (it.key, it.value)))?);
            params.extend(others(&rows));
            self.add(statement, rows.len(), params);
            self.anchor(account);
        }
        Ok(())
    }

    /// Rows of this account are anchored in its feed.
    pub(crate) fn anchor(&mut self, account: AccountId) {
        self.accounts.insert(account);
    }

    fn run(mut self, session: &mut Session, feeds: &mut Feeds) -> Result<(), Error> {
        let claims: Vec<_> = feeds.unknown(self.accounts).into_iter().collect();
        self.calls.splice(..0, claims.iter().map(|account| claim(*account)));
        let mut done = session.run(&self.calls)?.into_iter();
        for (account, done) in claims.iter().zip(done.by_ref()) {
            feeds.claimed(*account, &done);
        }
        let calls = self.calls.iter().skip(claims.len());
        for ((call, done), wanted) in calls.zip(done).zip(self.wanted) {
            let Wanted { rows: wanted, mismatch } = wanted;
            let found = done.affected;
            let problem = || Error::not_all(call.statement, wanted, found);
            match mismatch {
                RowCountMismatch::Broken if found != wanted => {
                    return Err(Error::Broken(problem()));
                }
                RowCountMismatch::Conflict if found != wanted => {
                    return Err(Error::Conflict(problem()));
                }
                RowCountMismatch::Broken
                | RowCountMismatch::Conflict
                | RowCountMismatch::Nothing => {}
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

/// What is written with a batch.
pub(crate) struct Besides<F> {
    /// Writers that have not written for long are expired by then.
    pub(crate) expires: Option<Timestamp>,
    /// What comes last, given whose rows are written.
    pub(crate) last: F,
}

/// Writes the batch, and what comes besides in the same round; the caller commits.
pub(crate) fn batch(
    session: &mut Session,
    loaded: &Loaded,
    feeds: &mut Feeds,
    batch: &Batch<'_>,
    besides: Besides<impl FnOnce(&BTreeSet<AccountId>) -> Call>,
) -> Result<(), Error> {
    let mut writes = Writes::default();
    cold::write(&mut writes, batch.world)?;
    stock::write(&mut writes, batch.world)?;
    tickets::write(&mut writes, batch.world)?;
    payments::write(&mut writes, batch.world)?;
    records::write(&mut writes, loaded, batch)?;
    records::write_activity(&mut writes, batch.emitted)?;
    records::write_feeds(&mut writes, batch.world)?;
    clean::write(&mut writes, batch.world, besides.expires)?;
    writes.calls.push((besides.last)(&writes.accounts));
    writes.wanted.push(Wanted { rows: 1, mismatch: RowCountMismatch::Broken });
    writes.run(session, feeds)
}

impl cold::Write for Writes {
    type Error = Error;

    fn write<R: cold::Cold>(&mut self, table: &Table<<R as Stored>::Key, R>) -> Result<(), Error> {
        let statements = generated::of::<R>();
        let (mut inserts, mut updates, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for write in table.writes() {
            match write {
                Write::Insert(key, value) => inserts.push(Put { key, value }),
                Write::Update(key, value) => updates.push(Put { key, value }),
                Write::Delete(key) => gone.push(key),
            }
        }
        let never = |what| move || Error::Refused(format!("{} {what}", R::TABLE.name));
        self.rows(Checked::broken(&statements.insert), &inserts)?;
        if !updates.is_empty() {
            let update = statements.update.as_ref().ok_or_else(never("never change"))?;
            self.rows(Checked::broken(update), &updates)?;
        }
        if !gone.is_empty() {
            let delete = statements.delete.as_ref().ok_or_else(never("are never deleted"))?;
            for (account, keys) in by_account(gone, OfAccount::account) {
                let mut params = params![account.to_string()];
                params.extend(arrays::of_keys::<R>(keys.iter().copied())?);
                self.add(Checked::broken(delete), keys.len(), params);
            }
        }
        Ok(())
    }
}

/// A row to put.
#[derive(Clone, Copy)]
pub(crate) struct Put<'a, K, V> {
    pub(crate) key: &'a K,
    pub(crate) value: &'a V,
}

/// Rows to insert and rows to update.
pub(crate) struct Puts<'a, K, V> {
    pub(crate) inserts: Vec<Put<'a, K, V>>,
    pub(crate) updates: Vec<Put<'a, K, V>>,
}

/// The rows to put. Rows of `table` never go.
pub(crate) fn puts<'a, K: 'a, V: 'a>(
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
pub(crate) fn inserts<'a, K: 'a, V: 'a>(
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

/// Refuses a row that names what its transaction has neither read nor made. Nothing that is named is
/// ever deleted, so no foreign key has to look for it again, row by row.
pub(crate) fn check_named(is_there: bool, by: impl Display) -> Result<(), Error> {
    if is_there { Ok(()) } else { Err(Error::Refused(format!("{by} names what is not there"))) }
}

/// A count as PostgreSQL counts.
pub(crate) fn signed(count: u64) -> Result<i64, Error> {
    i64::try_from(count).map_err(|_| Error::Refused(format!("{count} is too large to be stored")))
}
