//! A statement that is carried out for one row after another.

use std::cell::RefCell;

use rusqlite::CachedStatement;
use rusqlite::types::{FromSql, ValueRef};

use crate::errors::Error;
use crate::session::{Params, Session};
use crate::statements::Statement;

/// A statement, ready to be carried out. Its parameters come each time in the same order, whichever that
/// is: where each of them belongs is looked up once.
pub(crate) struct Prepared<'a> {
    session: &'a Session,
    name: &'static str,
    statement: CachedStatement<'a>,
    places: Vec<usize>,
    columns: Columns,
}

/// Where columns stand that were asked for, so that each name is looked up once and not for each row.
#[derive(Default)]
struct Columns(RefCell<Vec<(&'static str, usize)>>);

/// A row that was found.
pub(crate) struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
    columns: &'a Columns,
}

impl Row<'_> {
    fn place(&self, column: &'static str) -> rusqlite::Result<usize> {
        let mut known = self.columns.0.borrow_mut();
        // The same word in the program is at the same address, nearly always.
        let same = |(name, _): &&(&str, usize)| std::ptr::eq(*name, column);
        if let Some((_, place)) = known.iter().find(same) {
            return Ok(*place);
        }
        let place = self.row.as_ref().column_index(column)?;
        known.push((column, place));
        Ok(place)
    }

    /// A column as it is.
    pub(crate) fn get<T: FromSql>(&self, column: &'static str) -> rusqlite::Result<T> {
        self.row.get(self.place(column)?)
    }

    /// A column where it is.
    pub(crate) fn get_ref(&self, column: &'static str) -> rusqlite::Result<ValueRef<'_>> {
        self.row.get_ref(self.place(column)?)
    }
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(session: &'a Session, statement: &Statement) -> Result<Self, Error> {
        let Statement { name, sql } = statement;
        let statement = session.connection().prepare_cached(sql).map_err(Error::sqlite(name))?;
        Ok(Self { session, name, statement, places: Vec::new(), columns: Columns::default() })
    }

    fn bind(&mut self, params: Params<'_>) -> Result<(), Error> {
        if self.places.len() != params.len() {
            self.find_places(params)?;
        }
        for ((_, value), place) in params.iter().zip(&self.places) {
            self.statement.raw_bind_parameter(*place, value).map_err(Error::sqlite(self.name))?;
        }
        Ok(())
    }

    fn find_places(&mut self, params: Params<'_>) -> Result<(), Error> {
        self.places.clear();
        for (name, _) in params {
            let place = self.statement.parameter_index(name).map_err(Error::sqlite(self.name))?;
            let unknown = || Error::Broken(format!("{} has no parameter {name}", self.name));
            self.places.push(place.ok_or_else(unknown)?);
        }
        if self.places.len() == self.statement.parameter_count() {
            return Ok(());
        }
        Err(Error::Broken(format!("{} has more parameters than {}", self.name, params.len())))
    }

    /// Carries it out and says how many rows it changed.
    pub(crate) fn execute(&mut self, params: Params<'_>) -> Result<usize, Error> {
        self.session.fail_at(self.name)?;
        self.bind(params)?;
        self.statement.raw_execute().map_err(Error::sqlite(self.name))
    }

    /// Carries it out; it must change exactly one row.
    pub(crate) fn execute_one(&mut self, params: Params<'_>) -> Result<(), Error> {
        match self.execute(params)? {
            1 => Ok(()),
            rows => Err(Error::not_one(self.name, rows)),
        }
    }

    /// Shows `visit` each row, in order, until it has seen enough.
    pub(crate) fn each(
        &mut self,
        params: Params<'_>,
        mut visit: impl FnMut(&Row<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        self.session.fail_at(self.name)?;
        self.bind(params)?;
        let mut rows = self.statement.raw_query();
        while let Some(row) = rows.next().map_err(Error::sqlite(self.name))? {
            if !visit(&Row { row, columns: &self.columns })? {
                break;
            }
        }
        Ok(())
    }

    /// The first row, read by `read`.
    pub(crate) fn one<T>(
        &mut self,
        params: Params<'_>,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let (mut read, mut found) = (Some(read), None);
        self.each(params, |row| {
            found = read.take().map(|read| read(row)).transpose()?;
            Ok(false)
        })?;
        Ok(found)
    }
}
