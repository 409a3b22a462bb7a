//! Filling a store from one of another kind: its tables by COPY, a chunk in each transaction, and the
//! migration marker that keeps everybody away until it is whole.

use std::pin::pin;

use domain::id::StoreId;
use domain::invariants::Audit;
use engine::StoreError;
use engine::failpoint::{AFTER_COMMIT, BEFORE_COMMIT};
use engine::transfer::{self, Found, Kind, Mark, Row, Table, Target, VALUES_THAT_STAY, Value};
use rows::TABLES;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::connect::{Address, Options, Purpose};
use crate::errors::{Error, OpenError};
use crate::load::storable;
use crate::open::{self, STORE_ID};
use crate::session::{Call, Session, params};
use crate::statements::{BEGIN, BEGIN_READ, META_ALL, META_DELETE, META_INSERT};
use crate::{audit, session};

/// Before a chunk is written.
const COPY: &str = "copy";

/// A store that is being filled.
#[derive(Debug)]
pub struct PostgresTarget {
    address: Address,
    session: Session,
}

impl PostgresTarget {
    /// The database at `address`. A store is made there if there is none; one that another program made
    /// is left as it is.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(address: &str, options: &Options) -> Result<Self, OpenError> {
        let address = Address::new(address, options)?;
        let mut session = address.connect(Purpose::Migrate)?;
        match open::check_known(&mut session) {
            Ok(()) | Err(OpenError::Missing) => open::make(&address)?,
            Err(error) => return Err(error),
        }
        let session = session.with_failpoints(options.failpoints.clone());
        Ok(Self { address, session })
    }

    /// Carries out `work` in a transaction.
    fn write<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let session = &mut self.session;
        session.roll_back()?;
        session.begin(&BEGIN, Vec::new())?;
        let written = work(session).and_then(|value| {
            session.fail_at(BEFORE_COMMIT)?;
            session.commit()?;
            session.fail_at(AFTER_COMMIT)?;
            Ok(value)
        });
        if written.is_err() {
            // What went wrong first is reported; the server ends the transaction with the connection.
            let _rolled_back = session.roll_back().is_ok();
        }
        written
    }

    /// The first column of the one row that a statement without parameters gives.
    fn one<T>(&mut self, name: &'static str, sql: &str) -> Result<T, Error>
    where
        T: for<'a> tokio_postgres::types::FromSql<'a>,
    {
        let row = self.session.with_client(async |client| client.query_one(sql, &[]).await);
        row.and_then(|row| row.try_get(0)).map_err(Error::postgres(name))
    }
}

/// The migration marker of a store, if it is or was filled from another.
pub(crate) fn migration_marker(session: &mut Session) -> Result<Option<Mark>, Error> {
    let text = open::meta(session, Mark::NAME)?;
    let corrupt = |text: String| Error::Broken(format!("{} has {text:?}", Mark::NAME));
    text.map(|text| text.parse().map_err(corrupt)).transpose()
}

impl Target for PostgresTarget {
    fn place(&self) -> String {
        self.address.place()
    }

    fn find(&mut self) -> Result<Found, StoreError> {
        let some: Vec<String> =
            TABLES.iter().map(|table| format!("exists (select from {})", table.name)).collect();
        let is_filled: bool = self.one("find", &format!("select {}", some.join(" or ")))?;
        let is_served = self.one("find", "select exists (select from writers)")?;
        let id = open::meta(&mut self.session, STORE_ID)?;
        let id = id.ok_or_else(|| Error::Broken(format!("the store has no {STORE_ID}")))?;
        Ok(Found {
            id,
            mark: migration_marker(&mut self.session)?,
            is_empty: !is_filled,
            is_served,
        })
    }

    fn set_mark(&mut self, mark: Option<&Mark>) -> Result<(), StoreError> {
        let call = match mark {
            Some(mark) => put(Mark::NAME, mark.to_string()),
            None => Call::new(&META_DELETE, params![Mark::NAME]),
        };
        Ok(self.write(|session| session.run(&[call]).map(drop))?)
    }

    fn last_key(&mut self, table: &Table) -> Result<Option<Row>, StoreError> {
        let down: Vec<String> = table.key.iter().map(|name| format!("{name} desc")).collect();
        let (key, name, down) = (table.key.join(", "), table.name, down.join(", "));
        let sql = format!("select {key} from {name} order by {down} limit 1");
        let row = self.session.with_client(async |client| client.query_opt(&sql, &[]).await);
        let Some(row) = row.map_err(Error::postgres(name))?.map(session::Row) else {
            return Ok(None);
        };
        let columns = table.columns.iter().take(table.key.len());
        let key = columns.map(|column| match column.kind {
            Kind::Text => rows::get(&row, column.name).map(Value::Text),
            Kind::Integer => rows::get(&row, column.name).map(Value::Integer),
            Kind::Flag | Kind::Bytes => unreachable!("no key has these"),
        });
        Ok(Some(key.collect::<Result<Row, Error>>()?))
    }

    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), transfer::Error> {
        check_storable(table, rows)?;
        self.write(|session| {
            session.fail_at(COPY)?;
            let copied = session.with_client(async |client| copy_in(client, table, rows).await);
            copied.map_err(Error::postgres(table.name))
        })
        .map_err(|error: Error| StoreError::from(error).into())
    }

    fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        let count: i64 = self.one(table.name, &format!("select count(*) from {}", table.name))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    fn audit(
        &mut self,
        audit: &mut Audit,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), StoreError> {
        let session = &mut self.session;
        let tables: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        // The planner has not seen any of it yet. Databases that only speak like PostgreSQL plan in
        // other ways, and may not know this.
        match session.execute_batch(&format!("analyze {}", tables.join(", "))) {
            Ok(()) | Err(Error::Postgres { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        session.begin(&BEGIN_READ, Vec::new())?;
        audit::feed(session, audit, progress)?;
        Ok(session.roll_back()?)
    }

    fn finish(&mut self, values: &[(String, String)], mark: &Mark) -> Result<(), StoreError> {
        let finished = self.write(|session| {
            let metadata = session.one(&META_ALL, Vec::new())?;
            for row in &metadata.rows {
                let key: String = rows::get(row, "key")?;
                if !VALUES_THAT_STAY.contains(&key.as_str()) {
                    session.one(&META_DELETE, params![key])?;
                }
            }
            for (key, value) in values {
                session.one(&META_INSERT, params![key.clone(), value.clone()])?;
            }
            session.run(&[put(Mark::NAME, mark.to_string())]).map(drop)
        });
        Ok(finished?)
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        let tables: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let truncate = format!("truncate {}", tables.join(", "));
        // Another move is not this one, even if it goes between the same places.
        let id = StoreId::from_raw(self.address.options().fresh).to_string();
        let cleared = self.write(|session| {
            session.execute_batch(&truncate)?;
            let calls = [put(STORE_ID, id), Call::new(&META_DELETE, params![Mark::NAME])];
            session.run(&calls).map(drop)
        });
        Ok(cleared?)
    }
}

fn put(key: &str, value: String) -> Call {
    open::put_values(vec![(key.to_owned(), value)])
}

/// No text of PostgreSQL has a NUL character; reported with the row before anything is sent.
fn check_storable(table: &Table, rows: &[Row]) -> Result<(), transfer::Error> {
    for row in rows {
        for (column, value) in table.columns.iter().zip(row) {
            if let Value::Text(text) = value
                && !storable(text)
            {
                return Err(transfer::Error::Unstorable(format!(
                    "column {} of {} has a NUL character, which PostgreSQL cannot store",
                    column.name,
                    table.describe(row)
                )));
            }
        }
    }
    Ok(())
}

/// The statement is made from the table's description, so that no column can be missing in it.
async fn copy_in(
    client: &Client,
    table: &Table,
    rows: &[Row],
) -> Result<(), tokio_postgres::Error> {
    let columns: Vec<String> =
        table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let sql = format!("copy {} ({}) from stdin binary", table.name, columns.join(", "));
    let types: Vec<Type> = table.columns.iter().map(|column| type_of(column.kind)).collect();
    let writer = BinaryCopyInWriter::new(client.copy_in(&sql).await?, &types);
    let mut writer = pin!(writer);
    let mut values = Vec::with_capacity(types.len());
    for row in rows {
        values.clear();
        values.extend(
            table.columns.iter().zip(row).map(|(column, value)| to_sql(column.kind, value)),
        );
        writer.as_mut().write(&values).await?;
    }
    writer.finish().await?;
    Ok(())
}

const fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Integer => Type::INT8,
        Kind::Flag => Type::BOOL,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

fn to_sql(kind: Kind, value: &Value) -> &(dyn ToSql + Sync) {
    match (value, kind) {
        (Value::Integer(number), Kind::Flag) => {
            if *number == 0 {
                &false
            } else {
                &true
            }
        }
        (Value::Integer(number), _) => number,
        (Value::Text(text), _) => text,
        (Value::Bytes(bytes), _) => bytes,
        (Value::Null, Kind::Integer) => &None::<i64>,
        (Value::Null, Kind::Flag) => &None::<bool>,
        (Value::Null, Kind::Text) => &None::<&str>,
        (Value::Null, Kind::Bytes) => &None::<&[u8]>,
    }
}
