//! Moving a store away: its tables in chunks, by their primary keys, and the migration marker that says where to.

use std::path::{Path, PathBuf};

use domain::Timestamp;
use engine::StoreError;
use engine::transfer::{
    CHUNK_BYTES_MAX, CHUNK_ROWS_MAX, Kind, Mark, Row, Source, Table, VALUES_THAT_STAY, Value,
};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{named_params, params_from_iter};

use crate::errors::{Error, OpenError};
use crate::hash_index::LOOKUPS;
use crate::lock::ServeLock;
use crate::open::{self, Options};
use crate::session::Session;
use crate::statements::{META_ALL, META_DELETE, META_PUT};
use crate::tx;

/// Before a chunk is read.
const CHUNK: &str = "chunk";

/// A store that is moved away. As long as this is there, nobody can serve it.
#[derive(Debug)]
pub struct SqliteSource {
    session: Session,
    path: PathBuf,
    chunk_rows: usize,
    _lock: ServeLock,
}

impl SqliteSource {
    /// The store at `path`, which must be there, as this program knows it, and served by nobody.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was changed.
    pub fn open(path: &Path, options: &Options) -> Result<Self, OpenError> {
        // Looked at before it is locked: a wrong name must not leave a lock file behind.
        drop(open::known_reader(path, options.busy_timeout)?);
        let lock = ServeLock::acquire(path)?;
        let session = open::known_writer(path, options)?;
        // The sorted keys of a large store do not fit into memory.
        let set = session.connection().pragma_update(None, "temp_store", "file");
        set.map_err(Error::sqlite("temp_store"))?;
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Ok(Self { session, path, chunk_rows: CHUNK_ROWS_MAX, _lock: lock })
    }

    /// The same with fewer rows in a chunk: for tests.
    #[must_use]
    pub fn in_chunks_of(self, rows: usize) -> Self {
        Self { chunk_rows: rows.min(CHUNK_ROWS_MAX), ..self }
    }
}

/// The migration marker of a store, if it is or was moved.
pub(crate) fn migration_marker(session: &Session) -> Result<Option<Mark>, Error> {
    let text = open::meta(session, Mark::NAME)?;
    let corrupt = |text: String| Error::Broken(format!("{} has {text:?}", Mark::NAME));
    text.map(|text| text.parse().map_err(corrupt)).transpose()
}

/// Asked within a transaction that writes: nothing may be written to a store that was opened before it
/// got its migration marker.
pub(crate) fn check_here(session: &Session) -> Result<(), Error> {
    match migration_marker(session)? {
        Some(marker) => Err(Error::Failed(format!("the store is being moved to {}", marker.place))),
        None => Ok(()),
    }
}

impl Source for SqliteSource {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn tables(&self) -> &'static [Table] {
        &rows::TABLES
    }

    fn mark(&mut self) -> Result<Option<Mark>, StoreError> {
        Ok(migration_marker(&self.session)?)
    }

    fn set_mark(&mut self, mark: Option<&Mark>) -> Result<(), StoreError> {
        let session = &self.session;
        session.begin_write()?;
        let put = match mark.map(Mark::to_string) {
            Some(mark) => {
                let params = named_params! {":key": Mark::NAME, ":value": mark};
                session.execute(&META_PUT, params)
            }
            None => session.execute(&META_DELETE, named_params! {":key": Mark::NAME}),
        };
        if let Err(error) = put.and_then(|_| session.commit()) {
            session.roll_back()?;
            return Err(error.into());
        }
        Ok(())
    }

    fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        let sql = format!("select count(*) from {}", table.name);
        let sqlite = Error::sqlite(table.name);
        let count = self.session.connection().query_row(&sql, [], |row| row.get::<_, i64>(0));
        Ok(count.map(|count| u64::try_from(count).unwrap_or_default()).map_err(sqlite)?)
    }

    fn chunk(&mut self, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        self.session.fail_at(CHUNK)?;
        Ok(chunk(&self.session, table, self.chunk_rows, after)?)
    }

    fn own_values(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let mut values: Vec<(String, String)> =
            self.session.all(&META_ALL, named_params! {}, |row| {
                Ok((rows::get(row, "key")?, rows::get(row, "value")?))
            })?;
        values.retain(|(key, _)| !VALUES_THAT_STAY.contains(&key.as_str()) && key != LOOKUPS);
        Ok(values)
    }

    fn last_instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(tx::last_instant(&self.session)?)
    }
}

/// Tables whose rows are in insertion order. Their views show them as they are moved.
const IN_INSERTION_ORDER: [&str; 6] =
    ["people", "allowances", "bookings", "payments", "idempotency", "activity"];

/// The rows of a table, for a statement. Rows in insertion order are in the order of nothing that is moved: for
/// these, the keys are sorted once for each connection, beside the store.
fn rows_of(session: &Session, table: &Table) -> Result<String, Error> {
    let name = table.name;
    if !IN_INSERTION_ORDER.contains(&name) {
        return Ok(name.to_owned());
    }
    let (key, sorted) = (table.key.join(", "), format!("sorted_{name}"));
    // Allowances have no row id, and little besides their key.
    let rest = if name == "allowances" { "taken" } else { "no" };
    let sqlite = || Error::sqlite(table.name);
    let is_made = session.connection().table_exists(Some("temp"), &sorted).map_err(sqlite())?;
    if !is_made {
        let make = format!(
            "begin;
             create temp table {sorted} ({key}, {rest}, primary key ({key})) without rowid;
             insert into {sorted} select {key}, {rest} from all_{name} order by {key};
             commit;"
        );
        session.connection().execute_batch(&make).map_err(sqlite())?;
    }
    Ok(match rest {
        "no" => format!("{sorted} join all_{name} using (no, {key})"),
        _ => sorted,
    })
}

/// The statement is made from the table's description, so that no column can be missing in it.
fn statement(table: &Table, from: &str, rows: usize, is_first: bool) -> String {
    let columns: Vec<String> =
        table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let key = table.key.join(", ");
    let after = if is_first {
        String::new()
    } else {
        let places: Vec<String> = (1..=table.key.len()).map(|at| format!("?{at}")).collect();
        format!("where ({key}) > ({}) ", places.join(", "))
    };
    format!("select {} from {from} {after}order by {key} limit {rows}", columns.join(", "))
}

fn chunk(
    session: &Session,
    table: &Table,
    rows: usize,
    after: Option<&Row>,
) -> Result<Vec<Row>, Error> {
    let sqlite = || Error::sqlite(table.name);
    let sql = statement(table, &rows_of(session, table)?, rows, after.is_none());
    let mut prepared = session.connection().prepare_cached(&sql).map_err(sqlite())?;
    let params = after.into_iter().flatten().map(|value| ToSqlOutput::Borrowed(param(value)));
    let mut cursor = prepared.query(params_from_iter(params)).map_err(sqlite())?;
    let (mut chunk, mut bytes) = (Vec::new(), 0_usize);
    while bytes < CHUNK_BYTES_MAX
        && let Some(found) = cursor.next().map_err(sqlite())?
    {
        let mut row = Row::with_capacity(table.columns.len());
        for (at, column) in table.columns.iter().enumerate() {
            let value = found.get_ref(at).map_err(sqlite())?;
            let value = read(value, column.kind).ok_or_else(|| {
                let (name, row) = (column.name, table.describe(&row));
                Error::Broken(format!("column {name} of {row} has an invalid value"))
            })?;
            bytes = bytes.saturating_add(length(&value));
            row.push(value);
        }
        chunk.push(row);
    }
    Ok(chunk)
}

fn read(value: ValueRef<'_>, kind: Kind) -> Option<Value> {
    match (value, kind) {
        (ValueRef::Null, _) => Some(Value::Null),
        (ValueRef::Integer(number), Kind::Integer) => Some(Value::Integer(number)),
        (ValueRef::Integer(number @ (0 | 1)), Kind::Flag) => Some(Value::Integer(number)),
        (ValueRef::Text(text), Kind::Text) => {
            String::from_utf8(text.to_vec()).ok().map(Value::Text)
        }
        (ValueRef::Blob(bytes), Kind::Bytes) => Some(Value::Bytes(bytes.to_vec())),
        (
            ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_),
            Kind::Integer | Kind::Flag | Kind::Text | Kind::Bytes,
        ) => None,
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Integer(_) => 0,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    }
}

fn param(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Integer(number) => ValueRef::Integer(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
    }
}
