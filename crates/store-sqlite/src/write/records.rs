//! Idempotency records, activity, feeds, jobs.

use domain::World;
use domain::activity::{Feed, SCHEMA_VERSION};
use domain::id::AccountId;
use domain::job::Job;
use domain::record::{ANSWER_FORMAT, Answer, IntentKey, Record, RecordState};
use domain::table::Write;
use engine::Told;
use engine::sightings::Sighting;
use rusqlite::named_params;

use crate::desk::Desk;
use crate::entry_no::entry_no;
use crate::errors::Error;
use crate::lookup::{Entry, Kind};
use crate::names::Name;
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, JOB_INSERT, JOB_UPDATE, RECORD_DELETE, RECORD_INSERT, RECORD_SEE,
    RECORD_UPDATE,
};
use crate::write::{Puts, put, signed};
use rows::records::{ANSWERED, RETIRED, content_type};

pub(super) fn write(desk: &mut Desk<'_>, world: &World) -> Result<(), Error> {
    let session = desk.session;
    let mut insert = session.prepared(&RECORD_INSERT);
    let mut update = session.prepared(&RECORD_UPDATE);
    for write in world.records.writes() {
        match write {
            Write::Insert(_, record) => insert_record(desk, &mut insert, record)?,
            Write::Update(key, record) => {
                let no = number(desk, key, RECORD_UPDATE.name)?;
                let account = desk.account(key.account)?;
                write_record(&mut update, record, account, Some(no))?;
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

fn insert_record(
    desk: &mut Desk<'_>,
    insert: &mut Prepared<'_>,
    record: &Record,
) -> Result<(), Error> {
    let hash = desk.finder.record(&record.key);
    if !desk.is_absent(Kind::Record, hash) && desk.record(&record.key)?.is_some() {
        return Err(Error::Taken(format!("{}: the key has a record", RECORD_INSERT.name)));
    }
    let account = desk.give(Name::Account(record.key.account))?;
    write_record(insert, record, account, None)?;
    desk.enter(Kind::Record, hash);
    Ok(())
}

/// Writes the record of an account; `at` is its number, if it has one.
fn write_record(
    statement: &mut Prepared<'_>,
    record: &Record,
    account: i64,
    at: Option<i64>,
) -> Result<(), Error> {
    let (state, answer) = match &record.state {
        RecordState::Answered(answer) => (ANSWERED, Some(answer.as_ref())),
        RecordState::Retired => (RETIRED, None),
    };
    check_readable(answer)?;
    let params = named_params! {
        ":no": at,
        ":account": account,
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
    };
    // A new row gets its number from the store.
    statement.execute_one(if at.is_some() { params } else { params.get(1..).unwrap_or_default() })
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
pub(super) fn write_sightings(desk: &mut Desk<'_>, sightings: &[Sighting]) -> Result<(), Error> {
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
    let session = desk.session;
    let mut insert = session.prepared(&ACTIVITY_INSERT);
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
        insert.execute_one(params)?;
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
    let mut jobs = Puts::new(session, (&JOB_INSERT, &JOB_UPDATE));
    for write in world.jobs.writes() {
        let (_, job, is_new) = put(write, "jobs")?;
        write_job(&mut jobs, job, is_new)?;
    }
    Ok(())
}

fn write_job(jobs: &mut Puts<'_>, job: &Job, is_new: bool) -> Result<(), Error> {
    let params = named_params! {
        ":account": AccountId::SYSTEM.to_string(),
        ":kind": job.kind.as_str(),
        ":due_at": job.due_at.as_millis(),
        ":lease_until": job.lease_until.as_millis(),
        ":fence": signed(job.fence)?,
        ":attempt": job.attempt,
    };
    jobs.row(is_new, params)
}
