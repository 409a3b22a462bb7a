//! Idempotency records, activity, feeds, jobs.

use std::collections::BTreeSet;

use domain::activity::SCHEMA_VERSION;
use domain::id::AccountId;
use domain::record::{ANSWER_FORMAT, Answer, IntentKey, Record, RecordState};
use domain::table::Write;
use domain::{Timestamp, World};
use engine::sightings::Sighting;
use engine::{Batch, Told};

use crate::errors::Error;
use crate::load::{Loaded, intent_keys};
use crate::session::{Param, params};
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, JOB_INSERT, JOB_UPDATE, RECORD_DELETE, RECORD_INSERT, RECORD_LOCK,
    RECORD_SEE, RECORD_UPDATE,
};
use crate::write::{Otherwise, Writes, columns, puts, signed};
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
    let keys = intent_keys(locked.iter().copied());
    writes.add((locked.len(), &RECORD_LOCK), Otherwise::Nothing, keys);

    let all_loaded = |keys: &mut dyn Iterator<Item = &IntentKey>| {
        let mut keys = keys.map(|key| loaded.records.contains_key(key));
        if keys.all(|loaded| loaded) { Otherwise::Conflict } else { Otherwise::Broken }
    };
    let otherwise = all_loaded(&mut gone.iter().copied());
    writes.add((gone.len(), &RECORD_DELETE), otherwise, deletions(&gone, loaded));
    let otherwise = all_loaded(&mut known.iter().map(|record| &record.key));
    writes.add((known.len(), &RECORD_UPDATE), otherwise, updates(&known, loaded)?);
    writes.add((new.len(), &RECORD_INSERT), Otherwise::Conflict, records(&new)?);
    write_sightings(writes, batch.sightings);
    Ok(())
}

fn records(rows: &[&Record]) -> Result<Vec<Param>, Error> {
    rows.iter().try_for_each(|record| check_readable(answer(record)))?;
    Ok(columns!(rows, it =>
        it.key.account.to_string(),
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
    ))
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

fn updates(rows: &[&Record], loaded: &Loaded) -> Result<Vec<Param>, Error> {
    let mut params = records(rows)?;
    params.extend(columns!(rows, it =>
        loaded.records.get(&it.key).map(|(first_seen_at, _)| *first_seen_at),
        loaded.records.get(&it.key).map(|(_, attempts)| *attempts),
    ));
    Ok(params)
}

fn deletions(keys: &[&IntentKey], loaded: &Loaded) -> Vec<Param> {
    let mut params = intent_keys(keys.iter().copied());
    params.extend(columns!(keys, key =>
        loaded.records.get(*key).map(|(first_seen_at, _)| *first_seen_at),
        loaded.records.get(*key).map(|(_, attempts)| *attempts),
    ));
    params
}

/// Counts how often keys were seen. A record that is gone by now counts nothing any more.
fn write_sightings(writes: &mut Writes, sightings: &[Sighting]) {
    let params = columns!(sightings, it =>
        it.key.account.to_string(),
        it.key.user.clone(),
        it.key.key.clone(),
        i64::from(it.count),
        it.last_seen_at.as_millis(),
    );
    writes.add((sightings.len(), &RECORD_SEE), Otherwise::Nothing, params);
}

pub(super) fn write_activity(writes: &mut Writes, told: &[Told]) -> Result<(), Error> {
    told.iter().try_for_each(|it| signed(it.activity.position).map(drop))?;
    let mut params = columns!(told, it =>
        it.activity.account.to_string(),
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
    params.push(Box::new(vec![i64::from(SCHEMA_VERSION); told.len()]));
    writes.add((told.len(), &ACTIVITY_INSERT), Otherwise::Broken, params);
    Ok(())
}

pub(super) fn write_feeds_and_jobs(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.feeds.writes(), "feeds")?;
    let rows: Vec<_> = rows.inserts.into_iter().chain(rows.updates).collect();
    let positions = rows.iter().map(|it| signed(it.value.position));
    let positions = positions.collect::<Result<Vec<_>, _>>()?;
    let accounts: Vec<_> = rows.iter().map(|it| it.key.to_string()).collect();
    writes.add((rows.len(), &FEED_PUT), Otherwise::Broken, params![accounts, positions]);

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
