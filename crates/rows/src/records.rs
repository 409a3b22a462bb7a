//! Idempotency records and their answers.

use std::sync::Arc;

use domain::record::{ANSWER_FORMAT, Answer, IntentKey, Record, RecordState};

use crate::{Corrupt, Source, account, get, instant, optional_instant, word};

/// What the state column says of a record with an answer.
pub const ANSWERED: &str = "answered";
/// What it says of a tombstone.
pub const RETIRED: &str = "retired";

/// What answers can be.
const CONTENT_TYPES: [&str; 2] = ["application/json", "application/problem+json"];

/// The content type with this text, if answers can be that.
pub fn content_type(text: &str) -> Option<&'static str> {
    CONTENT_TYPES.into_iter().find(|known| *known == text)
}

/// Whose key it is.
///
/// # Errors
/// Where the row is none.
pub fn key<S: Source>(row: &S) -> Result<IntentKey, S::Error> {
    Ok(IntentKey { account: account(row)?, user: get(row, "user_id")?, key: get(row, "key")? })
}

/// The record of a key.
///
/// # Errors
/// Where the row is none.
pub fn record<S: Source>(row: &S) -> Result<Record, S::Error> {
    Ok(Record {
        key: key(row)?,
        fingerprint: get(row, "fingerprint")?,
        method: get(row, "method")?,
        path: get(row, "path")?,
        state: state(row)?,
        resource: get(row, "resource_id")?,
        first_seen_at: instant(row, "first_seen_at")?,
        last_seen_at: instant(row, "last_seen_at")?,
        attempts: get(row, "attempts")?,
        keep_until: optional_instant(row, "keep_until")?,
    })
}

fn state<S: Source>(row: &S) -> Result<RecordState, S::Error> {
    let retired = word(row, "state", |state| match state {
        ANSWERED => Some(false),
        RETIRED => Some(true),
        _ => None,
    })?;
    if retired {
        return Ok(RecordState::Retired);
    }
    let format: u16 = get(row, "answer_format")?;
    if format != ANSWER_FORMAT {
        return Err(Corrupt::Unreadable(format!("column answer_format has {format}")).into());
    }
    Ok(RecordState::Answered(Arc::new(Answer {
        status: get(row, "status")?,
        content_type: word(row, "content_type", content_type)?,
        location: get(row, "location")?,
        body: get(row, "body")?,
    })))
}
