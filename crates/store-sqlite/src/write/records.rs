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

use crate::errors::Error;
use crate::rows::records::{ANSWERED, RETIRED, content_type};
use crate::session::Session;
use crate::statements::{
    ACTIVITY_INSERT, FEED_PUT, JOB_INSERT, JOB_UPDATE, RECORD_DELETE, RECORD_INSERT, RECORD_SEE,
    RECORD_UPDATE,
};
use crate::write::{Put, put, signed};

const RECORD: Put = Put { insert: &RECORD_INSERT, update: &RECORD_UPDATE };
const JOB: Put = Put { insert: &JOB_INSERT, update: &JOB_UPDATE };

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    for write in world.records.writes() {
        match write {
            Write::Insert(_, record) => write_record(session, record, true)?,
            Write::Update(_, record) => write_record(session, record, false)?,
            Write::Delete(key) => delete_record(session, key)?,
        }
    }
    Ok(())
}

fn write_record(session: &Session, record: &Record, is_new: bool) -> Result<(), Error> {
    let (state, answer) = match &record.state {
        RecordState::Answered(answer) => (ANSWERED, Some(answer.as_ref())),
        RecordState::Retired => (RETIRED, None),
    };
    check_readable(answer)?;
    let params = named_params! {
        ":account": record.key.account.to_string(),
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
    RECORD.row(session, is_new, params)
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

fn delete_record(session: &Session, key: &IntentKey) -> Result<(), Error> {
    let params = named_params! {
        ":account": key.account.to_string(), ":user": key.user, ":key": key.key,
    };
    session.execute_one(&RECORD_DELETE, params)
}

/// Counts how often keys were seen. A record that is gone by now counts nothing any more.
pub(super) fn write_sightings(session: &Session, sightings: &[Sighting]) -> Result<(), Error> {
    for Sighting { key, count, last_seen_at } in sightings {
        let params = named_params! {
            ":account": key.account.to_string(),
            ":user": key.user,
            ":key": key.key,
            ":count": count,
            ":last_seen_at": last_seen_at.as_millis(),
        };
        session.execute(&RECORD_SEE, params)?;
    }
    Ok(())
}

pub(super) fn write_activity(session: &Session, told: &[Told]) -> Result<(), Error> {
    for Told { activity, before, after, data } in told {
        let params = named_params! {
            ":account": activity.account.to_string(),
            ":position": signed(activity.position)?,
            ":id": activity.id.to_string(),
            ":type": activity.kind.as_str(),
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
        session.execute_one(&ACTIVITY_INSERT, params)?;
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
