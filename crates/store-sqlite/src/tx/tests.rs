//! The settings that a promise rests on, read back from the connections that keep it: what was answered
//! survives a power cut only as long as they are so.

use std::path::Path;

use rusqlite::types::Value;

use crate::open::{self, Options};
use crate::session::Session;
use crate::{SqliteCredentials, SqliteStore};

/// What is the same for every connection. `synchronous` is 2 for full: COMMIT waits for the disk, and so
/// does the checkpointer, which the last connection to be closed does as well.
const EVERYWHERE: [(&str, &str); 11] = [
    ("synchronous", "2"),
    ("fullfsync", "1"),
    ("checkpoint_fullfsync", "1"),
    ("journal_mode", "wal"),
    ("wal_autocheckpoint", "0"),
    ("locking_mode", "normal"),
    ("mmap_size", "0"),
    ("foreign_keys", "1"),
    ("ignore_check_constraints", "0"),
    ("writable_schema", "0"),
    ("trusted_schema", "0"),
];

#[track_caller]
fn check(what: &str, session: &Session, writes: bool) {
    let query_only = if writes { "0" } else { "1" };
    for (name, expected) in EVERYWHERE.into_iter().chain([("query_only", query_only)]) {
        let value = session.connection().pragma_query_value(None, name, |row| {
            // As text whatever its type is.
            let value: Value = row.get(0)?;
            Ok(match value {
                Value::Integer(number) => number.to_string(),
                Value::Text(text) => text,
                other @ (Value::Null | Value::Real(_) | Value::Blob(_)) => format!("{other:?}"),
            })
        });
        assert_eq!(value.as_deref(), Ok(expected), "{name} of {what}");
    }
    let waits = session.connection().pragma_query_value(None, "busy_timeout", |row| row.get(0));
    assert_eq!(waits, Ok(5_000_i64), "{what}");
}

fn options() -> Options {
    Options { fresh: 7, ..Options::default() }
}

fn store(path: &Path) -> SqliteStore {
    SqliteStore::open(path, options()).unwrap()
}

#[test]
fn every_connection_has_the_settings_that_safety_rests_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    for what in ["the writer of a new store", "the writer of a store that was there"] {
        check(what, &store(&path).session, true);
    }
    let store = store(&path);
    check("the checkpointer", &open::checkpointer(&path, &options()).unwrap(), true);
    check("accounts and keys", &open::writer(&path, &options(), None).unwrap(), true);
    check("a store that is moved", &open::known_writer(&path, &options()).unwrap(), true);
    let timeout = options().busy_timeout;
    check("a reader", &open::reader(&path, timeout).unwrap(), false);
    check("a reader beside the server", &open::known_reader(&path, timeout).unwrap(), false);
    drop(SqliteCredentials::open(&path, &options()).unwrap());
    check("the writer, beside all of them", &store.session, true);
}
