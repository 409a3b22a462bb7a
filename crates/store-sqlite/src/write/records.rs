//! Idempotency records, activity, feeds.

use domain::World;
use domain::record::{IntentKey, Record};
use domain::table::Write;
use engine::ActivityRow;
use engine::key_usage::KeyUsage;
use rusqlite::named_params;

use crate::dictionary::Name;
use crate::entry_row_id::entry_row_id;
use crate::errors::Error;
use crate::hash_index::Entry;
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, RECORD_DELETE, RECORD_INSERT, RECORD_SEE, RECORD_UPDATE,
};
use crate::write::{Put, put};
use crate::write_context::{FoundRecord, WriteContext};

pub(super) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    let session = context.session;
    let mut insert = session.prepared(&RECORD_INSERT);
    let mut update = session.prepared(&RECORD_UPDATE);
    for write in world.records.writes() {
        match write {
            Write::Insert(_, record) => insert_record(context, &mut insert, record)?,
            Write::Update(key, record) => {
                let row_id = row_id(context, key, RECORD_UPDATE.name)?;
                let account = context.account(key.account)?;
                write_record(&mut update, record, account, Some(row_id))?;
            }
            Write::Delete(key) => delete_record(context, key)?,
        }
    }
    Ok(())
}

/// The row id of a record that was there when it was loaded.
fn row_id(context: &mut WriteContext<'_>, key: &IntentKey, statement: &str) -> Result<i64, Error> {
    let found = context.record(key)?;
    let gone = || Error::Broken(format!("{statement} found no record of {:?}", key.key));
    found.map(|found| found.row_id).ok_or_else(gone)
}

fn insert_record(
    context: &mut WriteContext<'_>,
    insert: &mut Prepared<'_>,
    record: &Record,
) -> Result<(), Error> {
    let index_key = context.index.key_of_record(&record.key);
    if !context.is_absent(index_key) && context.record(&record.key)?.is_some() {
        return Err(Error::Taken(format!("{}: the key has a record", RECORD_INSERT.name)));
    }
    let account = context.intern(Name::Account(record.key.account))?;
    write_record(insert, record, account, None)?;
    context.index_last(index_key);
    Ok(())
}

/// Writes the record of an account; `at` is its row id, if it has one.
fn write_record(
    statement: &mut Prepared<'_>,
    record: &Record,
    account: i64,
    at: Option<i64>,
) -> Result<(), Error> {
    // A new row gets its id from SQLite.
    let row = named_params! {":account": account, ":no": at};
    let others = if at.is_some() { row } else { row.get(..1).unwrap_or_default() };
    statement.execute_row(&record.key, record, others)
}

fn delete_record(context: &mut WriteContext<'_>, key: &IntentKey) -> Result<(), Error> {
    let row_id = row_id(context, key, RECORD_DELETE.name)?;
    let params = named_params! {
        ":no": row_id, ":account": context.account(key.account)?, ":scope": key.scope.as_str(), ":key": key.key,
    };
    context.session.execute_one(&RECORD_DELETE, params)?;
    let key = context.index.key_of_record(key);
    context.entries.push(Entry { key, row_id, is_tombstone: true });
    Ok(())
}

/// Counts how often keys were seen. A record that is gone by now counts nothing any more.
pub(super) fn write_key_usage(
    context: &mut WriteContext<'_>,
    key_usage: &[KeyUsage],
) -> Result<(), Error> {
    for KeyUsage { key, count, last_seen_at } in key_usage {
        let Some(FoundRecord { row_id, .. }) = context.record(key)? else { continue };
        let params = named_params! {
            ":count": count,
            ":last_seen_at": last_seen_at.as_millis(),
            ":no": row_id,
            ":account": context.account(key.account)?,
            ":scope": key.scope.as_str(),
            ":key": key.key,
        };
        context.session.execute_one(&RECORD_SEE, params)?;
    }
    Ok(())
}

pub(super) fn write_activity(
    context: &mut WriteContext<'_>,
    emitted: &[ActivityRow],
) -> Result<(), Error> {
    let session = context.session;
    let mut insert = session.prepared(&ACTIVITY_INSERT);
    for it in emitted {
        let activity = &it.activity;
        let account = context.intern(Name::Account(activity.account))?;
        let others = named_params! {
            ":no": entry_row_id(account, activity.position)?,
            ":kind": context.intern(Name::Kind(activity.kind))?,
        };
        insert.execute_row(&(activity.account, activity.position), it, others)?;
    }
    Ok(())
}

pub(super) fn write_feeds(session: &Session, world: &World) -> Result<(), Error> {
    let mut puts = session.prepared(&FEED_PUT);
    for write in world.feeds.writes() {
        let Put { key, row, .. } = put(write, "feeds")?;
        puts.execute_row(key, row, &[])?;
    }
    Ok(())
}
