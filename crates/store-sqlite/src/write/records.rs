//! Idempotency records, activity, feeds, jobs.

use domain::World;
use domain::activity::{Feed, SCHEMA_VERSION};
use domain::id::AccountId;
use domain::job::Job;
use domain::record::{ANSWER_FORMAT, Answer, IntentKey, Record, RecordState};
use domain::table::Write;
use engine::Told;
use engine::sightings::Sighting;
use rusqlite::{ToSql, named_params};

use crate::desk::Desk;
use crate::errors::Error;
use crate::lookup::{Entry, Kind};
use crate::names::Name;
use crate::rows::activity::entry_no;
use crate::rows::records::{ANSWERED, RETIRED, content_type};
use crate::session::{Params, Session};
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, JOB_INSERT, JOB_UPDATE, RECORD_DELETE, RECORD_INSERT, RECORD_SEE,
    RECORD_UPDATE,
};
use crate::write::{Put, put, signed};

const JOB: Put = Put { insert: &JOB_INSERT, update: &JOB_UPDATE };

pub(super) fn write(desk: &mut Desk<'_>, world: &World) -> Result<(), Error> {
    for write in world.records.writes() {
        match write {
            Write::Insert(_, record) => insert_record(desk, record)?,
            Write::Update(key, record) => {
                let no = number(desk, key, RECORD_UPDATE.name)?;
                update_record(desk, (no, record))?;
            }
            Write::Delete(key) => delete_record(desk, key)?,
        }
    }
    Ok(())
}

/// The number of a record that was there when it was loaded.
fn number(desk: &mut Desk<'_>, key: &IntentKey, statement: &str) -> Result<i64, Error> {
    let found = desk.record(key)?;
    let gone = || Error::Broken(format!("{statement} found no record of {:?}", key.key));
    found.map(|(no, _)| no).ok_or_else(gone)
}

fn insert_record(desk: &mut Desk<'_>, record: &Record) -> Result<(), Error> {
    let hash = desk.finder.record(&record.key);
    if !desk.is_absent(Kind::Record, hash) && desk.record(&record.key)?.is_some() {
        return Err(Error::Taken(format!("{}: the key has a record", RECORD_INSERT.name)));
    }
    let account = desk.give(Name::Account(record.key.account))?;
    with_values(record, |values| {
        let mut params = vec![(":account", &account as &dyn ToSql)];
        params.extend_from_slice(values);
        desk.session.execute_one(&RECORD_INSERT, &params)
    })?;
    desk.enter(Kind::Record, hash);
    Ok(())
}

fn update_record(desk: &mut Desk<'_>, (no, record): (i64, &Record)) -> Result<(), Error> {
    let account = desk.account(record.key.account)?;
    with_values(record, |values| {
        let mut params = values.to_vec();
        params.extend([(":no", &no as &dyn ToSql), (":account", &account)]);
        desk.session.execute_one(&RECORD_UPDATE, &params)
    })
}

/// The columns of a record, but for those that say where it is.
fn with_values(
    record: &Record,
    write: impl FnOnce(Params<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (state, answer) = match &record.state {
        RecordState::Answered(answer) => (ANSWERED, Some(answer.as_ref())),
        RecordState::Retired => (RETIRED, None),
    };
    check_readable(answer)?;
    write(named_params! {
        ":user": record.key.user,
        ":key": record.key.key,
        ":fingerprint": record.fingerprint,
        ":method": record.method,
        ":path": record.path,
        ":state": state,
        ":answer_format": answer.map(|_| ANSWER_FORMAT),
        ":status": answer.map(|answer| answer.status),
        ":content_type": answer.map(|answer| answer.content_type),
        ":location": answer.and_then(|answer| answer.location.as_deref()),
        ":body": answer.map(|answer| answer.body.as_slice()),
        ":resource": record.resource,
        ":first_seen_at": record.first_seen_at.as_millis(),
        ":last_seen_at": record.last_seen_at.as_millis(),
        ":attempts": record.attempts,
        ":keep_until": record.keep_until.map(|at| at.as_millis()),
    })
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

fn delete_record(desk: &mut Desk<'_>, key: &IntentKey) -> Result<(), Error> {
    let no = number(desk, key, RECORD_DELETE.name)?;
    let params = named_params! {
        ":no": no, ":account": desk.account(key.account)?, ":user": key.user, ":key": key.key,
    };
    desk.session.execute_one(&RECORD_DELETE, params)?;
    let hash = desk.finder.record(key);
    desk.entries.push(Entry { kind: Kind::Record, hash, no, is_there: false });
    Ok(())
}

/// Counts how often keys were seen. A record that is gone by now counts nothing any more.
pub(super) fn write_sightings(
    desk: &mut Desk<'_>,
    sightings: &[Sighting],
) -> Result<(), Error> {
    for Sighting { key, count, last_seen_at } in sightings {
        let Some((no, _)) = desk.record(key)? else { continue };
        let params = named_params! {
            ":count": count,
            ":last_seen_at": last_seen_at.as_millis(),
            ":no": no,
            ":account": desk.account(key.account)?,
            ":user": key.user,
            ":key": key.key,
        };
        desk.session.execute_one(&RECORD_SEE, params)?;
    }
    Ok(())
}

pub(super) fn write_activity(desk: &mut Desk<'_>, told: &[Told]) -> Result<(), Error> {
    for Told { activity, before, after, data } in told {
        let account = desk.give(Name::Account(activity.account))?;
        let params = named_params! {
            ":no": entry_no(account, activity.position)?,
            ":id": activity.id.to_string(),
            ":type": desk.give(Name::Kind(activity.kind))?,
            ":resource": activity.resource,
            ":resource_seq": activity.resource_seq,
            ":at": activity.at.as_millis(),
            ":actor": activity.actor.to_string(),
            ":request_id": activity.request_id,
            ":correlation_id": activity.correlation_id,
            ":before": before,
            ":after": after,
            ":data": data,
            ":schema_version": SCHEMA_VERSION,
        };
        desk.session.execute_one(&ACTIVITY_INSERT, params)?;
    }
    Ok(())
}

pub(super) fn write_feeds_and_jobs(session: &Session, world: &World) -> Result<(), Error> {
    for write in world.feeds.writes() {
        let (account, Feed { position }, _) = put(write, "feeds")?;
        let params =
            named_params! {":account": account.to_string(), ":position": signed(*position)?};
        session.execute_one(&FEED_PUT, params)?;
    }
    for write in world.jobs.writes() {
        let (_, job, is_new) = put(write, "jobs")?;
        write_job(session, job, is_new)?;
    }
    Ok(())
}

fn write_job(session: &Session, job: &Job, is_new: bool) -> Result<(), Error> {
    let params = named_params! {
        ":account": AccountId::SYSTEM.to_string(),
        ":kind": job.kind.as_str(),
        ":due_at": job.due_at.as_millis(),
        ":lease_until": job.lease_until.as_millis(),
        ":fence": signed(job.fence)?,
        ":attempt": job.attempt,
    };
    JOB.row(session, is_new, params)
}
