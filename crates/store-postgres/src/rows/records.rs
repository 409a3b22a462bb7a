//! Idempotency records and their answers.

use std::sync::Arc;

use domain::record::{ANSWER_FORMAT, Answer, IntentKey, Record, RecordState};
use tokio_postgres::Row;

use crate::errors::Error;
use crate::rows::{account, get, hash, instant, number, optional_instant, word};

/// What the state column says of a record with an answer.
pub(crate) const ANSWERED: &str = "answered";
/// What it says of a tombstone.
pub(crate) const RETIRED: &str = "retired";

/// What answers can be.
const CONTENT_TYPES: [&str; 2] = ["application/json", "application/problem+json"];

/// The content type with this text, if answers can be that.
pub(crate) fn content_type(text: &str) -> Option<&'static str> {
    CONTENT_TYPES.into_iter().find(|known| *known == text)
}

pub(crate) fn key(row: &Row) -> Result<IntentKey, Error> {
    Ok(IntentKey { account: account(row)?, user: get(row, "user_id")?, key: get(row, "key")? })
}

pub(crate) fn record(row: &Row) -> Result<Record, Error> {
    Ok(Record {
        key: key(row)?,
        fingerprint: hash(row, "fingerprint")?,
        method: get(row, "method")?,
        path: get(row, "path")?,
        state: state(row)?,
        resource: get(row, "resource_id")?,
        first_seen_at: instant(row, "first_seen_at")?,
        last_seen_at: instant(row, "last_seen_at")?,
        attempts: number(row, "attempts")?,
        keep_until: optional_instant(row, "keep_until")?,
    })
}

fn state(row: &Row) -> Result<RecordState, Error> {
    let retired = word(row, "state", |state| match state {
        ANSWERED => Some(false),
        RETIRED => Some(true),
        _ => None,
    })?;
    if retired {
        return Ok(RecordState::Retired);
    }
    let format: u16 = number(row, "answer_format")?;
    if format != ANSWER_FORMAT {
        return Err(Error::Unreadable(format!("column answer_format has {format}")));
    }
    Ok(RecordState::Answered(Arc::new(Answer {
        status: number(row, "status")?,
        content_type: word(row, "content_type", content_type)?,
        location: get(row, "location")?,
        body: get(row, "body")?,
    })))
}
