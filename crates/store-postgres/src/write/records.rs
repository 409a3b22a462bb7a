//! Idempotency records, activity, feeds.

use std::collections::BTreeSet;

use domain::World;
use domain::record::{IntentKey, Record};
use domain::table::Write;
use engine::key_usage::KeyUsage;
use engine::{ActivityRow, Batch};

use crate::errors::Error;
use crate::load::Loaded;
use crate::session::{Param, params};
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, RECORD_DELETE, RECORD_INSERT, RECORD_LOCK, RECORD_SEE, RECORD_UPDATE,
};
use crate::write::{Checked, Put, Writes, columns, puts, signed};

/// Records and key usage. Records that exist are locked first, all of them in one order.
pub(super) fn write(writes: &mut Writes, loaded: &Loaded, batch: &Batch<'_>) -> Result<(), Error> {
    let (mut new, mut known, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for write in batch.world.records.writes() {
        match write {
            Write::Insert(_, record) => new.push(record),
            Write::Update(_, record) => known.push(record),
            Write::Delete(key) => gone.push(key),
        }
    }
    let locked = known.iter().map(|record| &record.key).chain(gone.iter().copied());
    let locked: BTreeSet<_> = locked.chain(batch.key_usage.iter().map(|it| &it.key)).collect();
    let lock = Checked::nothing(&RECORD_LOCK);
    writes.each(lock, locked.iter().copied(), |key| key.account, scope_and_key);

    let all_loaded = |keys: &mut dyn Iterator<Item = &IntentKey>| {
        let mut keys = keys.map(|key| loaded.records.contains_key(key));
        if keys.all(|loaded| loaded) { Checked::conflict } else { Checked::broken }
    };
    let delete = all_loaded(&mut gone.iter().copied())(&RECORD_DELETE);
    writes.each(delete, gone.iter().copied(), |key| key.account, |keys| deletions(keys, loaded));
    let update = all_loaded(&mut known.iter().map(|record| &record.key))(&RECORD_UPDATE);
    writes.rows_and(update, &put(&known), |rows| was(rows.iter().map(|it| it.key), loaded))?;
    writes.rows(Checked::conflict(&RECORD_INSERT), &put(&new))?;
    let see = Checked::nothing(&RECORD_SEE);
    writes.each(see, batch.key_usage, |it| it.key.account, key_usage);
    Ok(())
}

fn put<'a>(records: &[&'a Record]) -> Vec<Put<'a, IntentKey, Record>> {
    records.iter().map(|&record| Put { key: &record.key, value: record }).collect()
}

fn scope_and_key(keys: &[&IntentKey]) -> Vec<Param> {
    columns!(keys, key => key.scope.as_str().to_owned(), key.key.clone())
}

/// Records as they were when they were loaded.
fn was<'a>(keys: impl Iterator<Item = &'a IntentKey>, loaded: &Loaded) -> Vec<Param> {
    let was: Vec<_> = keys.map(|key| loaded.records.get(key)).collect();
    columns!(was, it => it.map(|was| was.0), it.map(|was| was.1))
}

fn deletions(keys: &[&IntentKey], loaded: &Loaded) -> Vec<Param> {
    let mut params = scope_and_key(keys);
    params.extend(was(keys.iter().copied(), loaded));
    params
}

/// How often keys were seen. A record that is gone by now counts nothing any more.
fn key_usage(rows: &[&KeyUsage]) -> Vec<Param> {
    columns!(rows, it =>
        it.key.scope.as_str().to_owned(),
        it.key.key.clone(),
        i64::from(it.count),
        it.last_seen_at.as_millis(),
    )
}

pub(super) fn write_activity(writes: &mut Writes, emitted: &[ActivityRow]) -> Result<(), Error> {
    let keys: Vec<_> =
        emitted.iter().map(|it| (it.activity.account, it.activity.position)).collect();
    let rows: Vec<_> = keys.iter().zip(emitted).map(|(key, value)| Put { key, value }).collect();
    writes.rows(Checked::broken(&ACTIVITY_INSERT), &rows)
}

pub(super) fn write_feeds(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.feeds.writes(), "feeds")?;
    for Put { key, value } in rows.inserts.into_iter().chain(rows.updates) {
        let params = params![key.to_string(), signed(value.position)?];
        writes.add(Checked::broken(&FEED_PUT), 1, params);
        writes.anchor(*key);
    }
    Ok(())
}
