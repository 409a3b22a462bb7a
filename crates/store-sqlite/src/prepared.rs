//! A statement that is carried out for one row after another.

use rusqlite::{CachedStatement, Row};

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
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(session: &'a Session, statement: &Statement) -> Result<Self, Error> {
        let Statement { name, sql } = statement;
        let statement = session.connection().prepare_cached(sql).map_err(Error::sqlite(name))?;
        Ok(Self { session, name, statement, places: Vec::new() })
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
            if !visit(row)? {
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
