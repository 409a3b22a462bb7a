//! Idempotency records, activity, feeds, jobs.

use std::collections::BTreeSet;

use domain::activity::{Feed, SCHEMA_VERSION};
use domain::id::AccountId;
use domain::record::{ANSWER_FORMAT, Answer, IntentKey, Record, RecordState};
use domain::table::Write;
use domain::{Timestamp, World};
use engine::sightings::Sighting;
use engine::{Batch, Told};

use crate::errors::Error;
use crate::load::Loaded;
use crate::session::{Param, params};
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, JOB_INSERT, JOB_UPDATE, RECORD_DELETE, RECORD_INSERT, RECORD_LOCK,
    RECORD_SEE, RECORD_UPDATE,
};
use crate::write::{Otherwise, Put, Writes, columns, puts, signed};
use rows::records::{ANSWERED, RETIRED, content_type};

/// Records and sightings. Records that exist are locked first, all of them in one order.
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
    let locked: BTreeSet<_> = locked.chain(batch.sightings.iter().map(|it| &it.key)).collect();
    let lock = (&RECORD_LOCK, Otherwise::Nothing);
    writes.each(lock, locked.iter().copied(), |key| key.account, user_and_key);

    let all_loaded = |keys: &mut dyn Iterator<Item = &IntentKey>| {
        let mut keys = keys.map(|key| loaded.records.contains_key(key));
        if keys.all(|loaded| loaded) { Otherwise::Conflict } else { Otherwise::Broken }
    };
    let delete = (&RECORD_DELETE, all_loaded(&mut gone.iter().copied()));
    writes.each(delete, gone.iter().copied(), |key| key.account, |keys| deletions(keys, loaded));
    new.iter().chain(&known).try_for_each(|record| check_readable(answer(record)))?;
    let update = (&RECORD_UPDATE, all_loaded(&mut known.iter().map(|record| &record.key)));
    let account = |record: &Record| record.key.account;
    writes.each(update, known.iter().copied(), account, |rows| updates(rows, loaded));
    let insert = (&RECORD_INSERT, Otherwise::Conflict);
    writes.each(insert, new.iter().copied(), account, records);
    let see = (&RECORD_SEE, Otherwise::Nothing);
    writes.each(see, batch.sightings, |it| it.key.account, sightings);
    Ok(())
}

fn user_and_key(keys: &[&IntentKey]) -> Vec<Param> {
    columns!(keys, key => key.user.clone(), key.key.clone())
}

fn records(rows: &[&Record]) -> Vec<Param> {
    columns!(rows, it =>
        it.key.user.clone(),
        it.key.key.clone(),
        it.fingerprint.map(|fingerprint| fingerprint.to_vec()),
        it.method.clone(),
        it.path.clone(),
        match &it.state {
            RecordState::Answered(_) => ANSWERED,
            RecordState::Retired => RETIRED,
        },
        answer(it).map(|_| i64::from(ANSWER_FORMAT)),
        answer(it).map(|answer| i64::from(answer.status)),
        answer(it).map(|answer| answer.content_type),
        answer(it).and_then(|answer| answer.location.clone()),
        answer(it).map(|answer| answer.body.clone()),
        it.resource.clone(),
        it.first_seen_at.as_millis(),
        it.last_seen_at.as_millis(),
        i64::from(it.attempts),
        it.keep_until.map(Timestamp::as_millis),
    )
}

fn answer(record: &Record) -> Option<&Answer> {
    match &record.state {
        RecordState::Answered(answer) => Some(answer),
        RecordState::Retired => None,
    }
}

/// An answer that could not be read again must not be written.
fn check_readable(answer: Option<&Answer>) -> Result<(), Error> {
    match answer.map(|answer| (answer.content_type, content_type(answer.content_type))) {
        Some((unknown, None)) => {
            Err(Error::Refused(format!("answers are never {unknown:?}: it could not be replayed")))
        }
        Some((_, Some(_))) | None => Ok(()),
    }
}

fn updates(rows: &[&Record], loaded: &Loaded) -> Vec<Param> {
    let mut params = records(rows);
    params.extend(columns!(rows, it =>
        loaded.records.get(&it.key).map(|(first_seen_at, _)| *first_seen_at),
        loaded.records.get(&it.key).map(|(_, attempts)| *attempts),
    ));
    params
}

fn deletions(keys: &[&IntentKey], loaded: &Loaded) -> Vec<Param> {
    let mut params = user_and_key(keys);
    params.extend(columns!(keys, key =>
        loaded.records.get(*key).map(|(first_seen_at, _)| *first_seen_at),
        loaded.records.get(*key).map(|(_, attempts)| *attempts),
    ));
    params
}

/// How often keys were seen. A record that is gone by now counts nothing any more.
fn sightings(rows: &[&Sighting]) -> Vec<Param> {
    columns!(rows, it =>
        it.key.user.clone(),
        it.key.key.clone(),
        i64::from(it.count),
        it.last_seen_at.as_millis(),
    )
}

pub(super) fn write_activity(writes: &mut Writes, told: &[Told]) -> Result<(), Error> {
    told.iter().try_for_each(|it| signed(it.activity.position).map(drop))?;
    let insert = (&ACTIVITY_INSERT, Otherwise::Broken);
    writes.each(insert, told, |it| it.activity.account, entries);
    Ok(())
}

fn entries(rows: &[&Told]) -> Vec<Param> {
    let mut params = columns!(rows, it =>
        signed(it.activity.position).unwrap_or(i64::MAX),
        it.activity.id.to_string(),
        it.activity.kind.as_str(),
        it.activity.resource.clone(),
        i64::from(it.activity.resource_seq),
        it.activity.at.as_millis(),
        it.activity.actor.to_string(),
        it.activity.request_id.clone(),
        it.activity.correlation_id.clone(),
        it.before.clone(),
        it.after.clone(),
        it.data.clone(),
    );
    params.push(Box::new(vec![i64::from(SCHEMA_VERSION); rows.len()]));
    params
}

pub(super) fn write_feeds_and_jobs(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.feeds.writes(), "feeds")?;
    let rows: Vec<_> = rows.inserts.into_iter().chain(rows.updates).collect();
    rows.iter().try_for_each(|it| signed(it.value.position).map(drop))?;
    let position = |rows: &[&Put<'_, AccountId, Feed>]| {
        let position = rows.first().map(|it| signed(it.value.position).unwrap_or(i64::MAX));
        params![position]
    };
    writes.each((&FEED_PUT, Otherwise::Broken), &rows, |it| *it.key, position);

    let rows = puts(world.jobs.writes(), "jobs")?;
    for (statement, jobs) in [(&JOB_INSERT, rows.inserts), (&JOB_UPDATE, rows.updates)] {
        jobs.iter().try_for_each(|it| signed(it.value.fence).map(drop))?;
        let system: Vec<_> = jobs.iter().map(|_| AccountId::SYSTEM.to_string()).collect();
        let mut params = params![system];
        params.extend(columns!(jobs, it =>
            it.key.as_str(),
            it.value.due_at.as_millis(),
            it.value.lease_until.as_millis(),
            signed(it.value.fence).unwrap_or(i64::MAX),
            i64::from(it.value.attempt),
        ));
        writes.add((jobs.len(), statement), Otherwise::Broken, params);
    }
    Ok(())
}
