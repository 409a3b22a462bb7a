//! A store that is moved away: what is read of it, and who may still use it.

use std::collections::BTreeSet;

use domain::id::AccountId;
use engine::credentials::{Account, Credentials as _, Mode};
use engine::reads::Reads as _;
use engine::transfer::{Kind, Mark, MarkState, Source as _, Value};
use engine::{Store as _, StoreError};
use rows::TABLES;
use store_sqlite::{OpenError, Options, ServeLock, SqliteCredentials, SqliteSource, SqliteStore};

use crate::fixture::{Scratch, at, commit, everything};

/// Tables that are moved from a view.
const IN_INSERTION_ORDER: [&str; 6] =
    ["people", "allowances", "bookings", "payments", "idempotency", "activity"];

fn source(scratch: &Scratch) -> SqliteSource {
    SqliteSource::open(&scratch.path(), &Options::default()).expect("it can be moved")
}

#[test]
fn every_column_is_moved() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let mut here = BTreeSet::new();
    for table in &TABLES {
        for (at, column) in table.columns.iter().enumerate() {
            let data_type = match column.kind {
                Kind::Integer | Kind::Flag => "INTEGER",
                Kind::Text => "TEXT",
                Kind::Bytes => "BLOB",
            };
            // The key's columns are numbered from 1, others have 0; those of a view have no numbers.
            let is_table = !IN_INSERTION_ORDER.contains(&table.name);
            let key = if is_table && at < table.key.len() { at + 1 } else { 0 };
            // What a view computes has no type.
            let computed = (table.name, column.name) == ("activity", "position");
            let data_type = if computed { "" } else { data_type };
            here.insert(format!("{}.{} {data_type} {key}", table.name, column.name));
        }
    }
    // What is left out belongs to the schema, to what is moved from a view or found in another store's
    // own way, or is taken over at the end. Numbers are this store's own.
    let there = "select replace(t.name, 'all_', '') || '.' || c.name || ' ' || upper(c.type)
            || ' ' || c.pk
        from sqlite_schema as t join pragma_table_xinfo(t.name) as c
        where t.name not in ('refinery_schema_history', 'store_meta', 'names', 'account_names',
                'lookups', 'lookup_log', 'people', 'allowances', 'bookings', 'payments', 'idempotency', 'activity')
          and t.type in ('table', 'view')
          and not (t.type = 'view' and c.name in ('no', 'account', 'event', 'person'))
          and not (t.name = 'all_bookings' and c.name = 'user_id')";
    let raw = scratch.raw();
    let mut there = raw.prepare(there).unwrap();
    let there = there.query_map([], |row| row.get(0)).unwrap();
    assert_eq!(here, there.map(|column| column.unwrap()).collect());
}

#[test]
fn chunks_hold_every_row_once_and_in_order() {
    let scratch = Scratch::new();
    commit(&mut scratch.open(), 1, everything()).unwrap();
    for rows in [1, 2, 1_000] {
        let mut source = source(&scratch).in_chunks_of(rows);
        for table in &TABLES {
            let (mut after, mut keys) = (None, Vec::new());
            loop {
                let chunk = source.chunk(table, after.as_ref()).unwrap();
                assert!(chunk.len() <= rows, "{}", table.name);
                let Some(last) = chunk.last() else { break };
                after = Some(table.key_of(last));
                keys.extend(chunk.iter().map(|row| format!("{:?}", table.key_of(row))));
            }
            let count = u64::try_from(keys.len()).unwrap();
            assert_eq!(source.count(table), Ok(count), "{}", table.name);
            assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        }
    }
}

#[test]
fn chunks_are_found_by_their_keys() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let raw = scratch.raw();
    for table in TABLES.iter().filter(|table| !IN_INSERTION_ORDER.contains(&table.name)) {
        let key = table.key.join(", ");
        let places = vec!["?"; table.key.len()].join(", ");
        let sql = format!(
            "explain query plan select * from {} where ({key}) > ({places}) order by {key} limit 5",
            table.name
        );
        let mut plan = raw.prepare(&sql).unwrap();
        let mut steps = plan.raw_query();
        while let Some(step) = steps.next().unwrap() {
            let step: String = step.get("detail").unwrap();
            assert!(step.starts_with("SEARCH"), "{}: {step}", table.name);
        }
    }
}

#[test]
fn a_chunk_is_full_when_it_is_large() {
    let scratch = Scratch::new();
    commit(&mut scratch.open(), 1, everything()).unwrap();
    scratch.break_it(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 7)
         insert into idempotency (account, scope, key, method, path, state, body,
             first_seen_at, last_seen_at, attempts)
         select 1, 'a', 'key-' || i, 'POST', '/', 'done', zeroblob(3 * 1024 * 1024), 0, 0, 1
         from n",
    );
    let table = TABLES.iter().find(|table| table.name == "idempotency").unwrap();
    let mut source = source(&scratch);
    let (mut after, mut chunks, mut keys) = (None, Vec::new(), BTreeSet::new());
    loop {
        let chunk = source.chunk(table, after.as_ref()).unwrap();
        let Some(last) = chunk.last() else { break };
        after = Some(table.key_of(last));
        chunks.push(chunk.len());
        keys.extend(chunk.iter().map(|row| format!("{:?}", table.key_of(row))));
    }
    // 8 MiB are full with the third 3 MiB; the two small rows that were there come last.
    assert_eq!(chunks, [3, 3, 3], "{keys:?}");
    assert_eq!(keys.len(), 9, "each of them once");
}

#[test]
fn an_invalid_value_of_a_column_is_reported_with_its_row() {
    let scratch = Scratch::new();
    commit(&mut scratch.open(), 1, everything()).unwrap();
    scratch.break_it("update people set user_id = cast(x'ff' as text)");
    let table = TABLES.iter().find(|table| table.name == "people").unwrap();
    let broken = source(&scratch).chunk(table, None).unwrap_err();
    let StoreError::Broken(why) = broken else { panic!("{broken:?}") };
    let row = "column user_id of the row of people with account_id \"acct_";
    assert!(why.starts_with(row) || why.contains("user_id of the row of people"), "{why}");
}

#[test]
fn only_a_store_that_is_there_and_that_nobody_serves_is_moved() {
    let scratch = Scratch::new();
    let open = || SqliteSource::open(&scratch.path(), &Options::default());
    assert_eq!(open().unwrap_err(), OpenError::Missing(scratch.path()));
    assert!(std::fs::read_dir(scratch.path().parent().unwrap()).unwrap().next().is_none());
    drop(scratch.open());
    let served = ServeLock::acquire(&scratch.path()).unwrap();
    assert_eq!(open().unwrap_err(), OpenError::Served(scratch.path()));
    drop(served);
    let moving = open().unwrap();
    let options = Options { lock: true, ..Options::default() };
    let served = SqliteStore::open(&scratch.path(), options).unwrap_err();
    assert_eq!(served, OpenError::Served(scratch.path()));
    drop(moving);
    scratch.break_it("delete from refinery_schema_history where version > 6");
    assert!(matches!(open().unwrap_err(), OpenError::Older { store: 6, .. }));
}

#[test]
fn a_store_with_a_migration_marker_is_only_read() {
    let scratch = Scratch::new();
    let mut store = scratch.open();
    commit(&mut store, 1, everything()).unwrap();
    let credentials = SqliteCredentials::open(&scratch.path(), &Options::default()).unwrap();
    let mut source = source(&scratch);
    let place = "host:5432/a database".to_owned();
    let mut mark = Mark { state: MarkState::Moving, id: "sto_x".to_owned(), place };
    source.set_mark(Some(&mark)).unwrap();
    assert_eq!(source.mark(), Ok(Some(mark.clone())));

    // Those who had it open already find out when they write.
    let (id, name) = (AccountId::from_raw(9), "new".to_owned());
    let account = Account { id, name, mode: Mode::Live, created_at: at(1) };
    let refused = credentials.account(account).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Failed(why) if why.contains("host:5432")),
        "{refused:?}"
    );
    assert!(matches!(store.begin().err(), Some(StoreError::Failed(_))));

    let open = |what: &str| SqliteStore::open(&scratch.path(), Options::default()).expect_err(what);
    let (path, place) = (scratch.path(), mark.place.clone());
    assert_eq!(open("moving"), OpenError::Moving { path, place });
    mark.state = MarkState::Moved;
    source.set_mark(Some(&mark)).unwrap();
    let (path, place) = (scratch.path(), mark.place.clone());
    assert_eq!(open("moved"), OpenError::Moved { path, place });
    let opened = SqliteCredentials::open(&scratch.path(), &Options::default());
    assert!(matches!(opened, Err(OpenError::Moved { .. })));
    store.reads().identity().unwrap();

    source.set_mark(None).unwrap();
    assert_eq!(source.mark(), Ok(None));
    drop(SqliteStore::open(&scratch.path(), Options::default()).unwrap());
    let values = source.own_values().unwrap();
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["incarnation", "last_instant", "store_id"]);
    let people = TABLES.iter().find(|table| table.name == "people").unwrap();
    let rows = source.chunk(people, None).unwrap();
    assert!(matches!(rows.first().and_then(|row| row.first()), Some(Value::Text(_))));
}
