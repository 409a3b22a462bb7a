//! A statement that is carried out for one row after another.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use engine::transfer::{Column, Table};
use foldhash::HashMap;
use rows::{Datum, Source, Stored};
use rusqlite::types::{FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, ToSql};

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
    /// Where the columns of a row belong.
    row_places: Option<RowPlaces>,
    /// The text of an id, while it is bound.
    text: String,
    columns: Columns,
}

/// Where the columns of a row belong in a statement, as far as it asks for them.
type RowPlaces = Arc<[Option<usize>]>;

/// Where the columns of tables belong in the statements of a connection, by the names of both: looked up once,
/// and not with each batch.
#[derive(Debug, Default)]
pub(crate) struct KnownPlaces(RefCell<HashMap<[&'static str; 2], RowPlaces>>);

impl KnownPlaces {
    fn of(
        &self,
        table: &Table,
        name: &'static str,
        sql: &CachedStatement<'_>,
    ) -> Result<RowPlaces, Error> {
        let mut known = self.0.borrow_mut();
        if let Some(places) = known.get(&[name, table.name]) {
            return Ok(Arc::clone(places));
        }
        let place = |column: &Column| sql.parameter_index(&format!(":{}", column.name));
        let places = table.columns.iter().map(place).collect::<Result<RowPlaces, _>>();
        let places = places.map_err(Error::sqlite(name))?;
        known.insert([name, table.name], Arc::clone(&places));
        Ok(places)
    }
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
        // The same literal in the program is at the same address, nearly always.
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

/// A parameter that is what a column is given.
struct Bound<'a>(ValueRef<'a>);

impl<'a> Bound<'a> {
    /// `text` is for a text that has to be made.
    fn new(datum: Datum<'a>, text: &'a mut String) -> Self {
        Self(match datum {
            Datum::Null => ValueRef::Null,
            Datum::Integer(number) => ValueRef::Integer(number),
            Datum::Flag(flag) => ValueRef::Integer(i64::from(flag)),
            Datum::Text(text) => ValueRef::Text(text.as_bytes()),
            Datum::Shown(shown) => {
                text.clear();
                // Writing to a string does not fail.
                let _never = write!(text, "{shown}").is_err();
                ValueRef::Text(text.as_bytes())
            }
            Datum::Bytes(bytes) => ValueRef::Blob(bytes),
        })
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// A statement with its parameters, and where its columns stand.
struct BoundStatement<'prepared, 'session> {
    statement: &'prepared mut CachedStatement<'session>,
    columns: &'prepared Columns,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(session: &'a Session, Statement { name, sql }: &Statement) -> Self {
        let (places, text, columns) = (Vec::new(), String::new(), Columns::default());
        Self { session, name, sql, statement: None, places, row_places: None, text, columns }
    }

    /// Prepares the statement, unless it is.
    fn prepare(&mut self) -> Result<(), Error> {
        if self.statement.is_none() {
            let prepared = self.session.connection().prepare_cached(self.sql);
            self.statement = Some(prepared.map_err(Error::sqlite(self.name))?);
        }
        Ok(())
    }

    /// The statement with its parameters.
    fn bound(&mut self, params: Params<'_>) -> Result<BoundStatement<'_, 'a>, Error> {
        self.session.fail_at(self.name)?;
        self.prepare()?;
        let sqlite = || Error::sqlite(self.name);
        let statement = self.statement.as_mut().expect("it was prepared");
        if self.places.len() != params.len() {
            let of_row = self.row_places.as_deref().unwrap_or_default();
            let bound = of_row.iter().flatten().count();
            self.places = places(self.name, statement, bound, params)?;
        }
        for ((_, value), place) in params.iter().zip(&self.places) {
            statement.raw_bind_parameter(*place, value).map_err(sqlite())?;
        }
        Ok(BoundStatement { statement, columns: &self.columns })
    }

    /// Carries it out for a row: each column that the statement asks for has its own name as a parameter.
    /// `others` are its other parameters. It must change exactly one row.
    pub(crate) fn execute_row<R: Stored>(
        &mut self,
        key: &R::Key,
        row: &R,
        others: Params<'_>,
    ) -> Result<(), Error> {
        self.bind(&R::TABLE, |take| row.give(key, take))?;
        self.execute_one(others)
    }

    /// Carries it out for the row with this key. It must change exactly one row.
    pub(crate) fn execute_key<R: Stored>(&mut self, key: &R::Key) -> Result<(), Error> {
        self.bind(&R::TABLE, |take| R::give_key(key, take))?;
        self.execute_one(&[])
    }

    /// The row with this key.
    pub(crate) fn row<R: Stored>(&mut self, key: &R::Key) -> Result<Option<R>, Error> {
        self.bind(&R::TABLE, |take| R::give_key(key, take))?;
        self.one(&[], |row| R::value(row, key))
    }

    /// Binds what a row gives to its columns.
    fn bind(
        &mut self,
        table: &Table,
        give: impl FnOnce(&mut dyn FnMut(Datum<'_>) -> Result<(), Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.prepare()?;
        let Self { session, name, statement, row_places, text, .. } = self;
        let statement = statement.as_mut().expect("it was prepared");
        if row_places.is_none() {
            *row_places = Some(session.known_places().of(table, name, statement)?);
        }
        let mut places = row_places.iter().flat_map(|places| places.iter());
        give(&mut |datum| match places.next() {
            Some(Some(place)) => {
                let bound = Bound::new(datum, text);
                statement.raw_bind_parameter(*place, bound).map_err(Error::sqlite(name))
            }
            Some(None) | None => Ok(()),
        })
    }

    /// Carries it out and says how many rows it changed.
    pub(crate) fn execute(&mut self, params: Params<'_>) -> Result<usize, Error> {
        let name = self.name;
        let BoundStatement { statement, .. } = self.bound(params)?;
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
        let BoundStatement { statement, columns } = self.bound(params)?;
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

/// Where the parameters belong, which with those that are `bound` must be all that the statement has.
fn places(
    name: &'static str,
    statement: &CachedStatement<'_>,
    bound: usize,
    params: Params<'_>,
) -> Result<Vec<usize>, Error> {
    let mut places = Vec::with_capacity(params.len());
    for (parameter, _) in params {
        let place = statement.parameter_index(parameter).map_err(Error::sqlite(name))?;
        let unknown = || Error::Broken(format!("{name} has no parameter {parameter}"));
        places.push(place.ok_or_else(unknown)?);
    }
    if places.len().saturating_add(bound) == statement.parameter_count() {
        return Ok(places);
    }
    let given = params.len().saturating_add(bound);
    Err(Error::Broken(format!("{name} has more parameters than {given}")))
}
