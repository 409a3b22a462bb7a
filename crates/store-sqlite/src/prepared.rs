//! A statement that is carried out for one row after another.

use std::cell::RefCell;

use rows::Source;
use rusqlite::CachedStatement;
use rusqlite::types::{FromSqlResult, ValueRef};

use crate::errors::Error;
use crate::session::{Params, Session};
use crate::statements::Statement;

/// A statement, ready to be carried out. Its parameters come each time in the same order, whichever that
/// is: where each of them belongs is looked up once.
pub(crate) struct Prepared<'a> {
    session: &'a Session,
    name: &'static str,
    sql: &'static str,
    /// Prepared when it is first carried out: of many, most batches need few.
    statement: Option<CachedStatement<'a>>,
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

    fn read<'row, T>(
        &'row self,
        column: &'static str,
        read: impl FnOnce(ValueRef<'row>) -> FromSqlResult<T>,
    ) -> Result<T, Error> {
        let value = self.place(column).and_then(|place| self.row.get_ref(place));
        let value = value.map_err(Error::sqlite(column))?;
        read(value).map_err(|error| Error::Broken(format!("column {column}: {error}")))
    }
}

impl Source for Row<'_> {
    type Error = Error;

    fn integer(&self, column: &'static str) -> Result<Option<i64>, Error> {
        self.read(column, |value| value.as_i64_or_null())
    }

    fn flag(&self, column: &'static str) -> Result<Option<bool>, Error> {
        Ok(self.integer(column)?.map(|number| number != 0))
    }

    fn text(&self, column: &'static str) -> Result<Option<&str>, Error> {
        self.read(column, |value| value.as_str_or_null())
    }

    fn bytes(&self, column: &'static str) -> Result<Option<&[u8]>, Error> {
        self.read(column, |value| value.as_blob_or_null())
    }
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(session: &'a Session, Statement { name, sql }: &Statement) -> Self {
        let (places, columns) = (Vec::new(), Columns::default());
        Self { session, name, sql, statement: None, places, columns }
    }

    /// The statement with its parameters, and where its columns stand.
    fn bound(&mut self, params: Params<'_>) -> Result<(&mut CachedStatement<'a>, &Columns), Error> {
        self.session.fail_at(self.name)?;
        let sqlite = || Error::sqlite(self.name);
        let statement = match self.statement.take() {
            Some(statement) => statement,
            None => self.session.connection().prepare_cached(self.sql).map_err(sqlite())?,
        };
        let statement = self.statement.insert(statement);
        if self.places.len() != params.len() {
            self.places = places(self.name, statement, params)?;
        }
        for ((_, value), place) in params.iter().zip(&self.places) {
            statement.raw_bind_parameter(*place, value).map_err(sqlite())?;
        }
        Ok((statement, &self.columns))
    }

    /// Carries it out and says how many rows it changed.
    pub(crate) fn execute(&mut self, params: Params<'_>) -> Result<usize, Error> {
        let name = self.name;
        let (statement, _) = self.bound(params)?;
        statement.raw_execute().map_err(Error::sqlite(name))
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
        let name = self.name;
        let (statement, columns) = self.bound(params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(Error::sqlite(name))? {
            if !visit(&Row { row, columns })? {
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

/// Where the parameters belong, which must be all that the statement has.
fn places(
    name: &'static str,
    statement: &CachedStatement<'_>,
    params: Params<'_>,
) -> Result<Vec<usize>, Error> {
    let mut places = Vec::with_capacity(params.len());
    for (parameter, _) in params {
        let place = statement.parameter_index(parameter).map_err(Error::sqlite(name))?;
        let unknown = || Error::Broken(format!("{name} has no parameter {parameter}"));
        places.push(place.ok_or_else(unknown)?);
    }
    if places.len() == statement.parameter_count() {
        return Ok(places);
    }
    Err(Error::Broken(format!("{name} has more parameters than {}", params.len())))
}
