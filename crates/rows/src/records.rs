//! Idempotency records and their answers.

use std::sync::Arc;

use domain::Timestamp;
use domain::id::AccountId;
use domain::record::{
    ANSWER_FORMAT, Answer, Fingerprint, IntentKey, KeyScope, Record, RecordState,
};
use engine::transfer::Kind;

use crate::stored::stored;
use crate::{AsDatum, Corrupt, Datum, Source, Unstorable, Value, cell};

domain::words! {
    /// What a record keeps, as its column says it.
    enum Kept {
        /// An answer.
        Answer = "answered",
        /// A tombstone.
        Tombstone = "retired",
    }
}

cell::worded! { Kept }

/// What answers can be. Another could not be read again, so it is not written.
#[derive(Clone, Copy, Debug)]
struct ContentType(&'static str);

const CONTENT_TYPES: [&str; 2] = ["application/json", "application/problem+json"];

impl Value for ContentType {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        let known = |text: &str| CONTENT_TYPES.into_iter().find(|known| *known == text);
        cell::word(row, column, |text| known(text).map(Self))
    }
}

impl AsDatum for ContentType {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        if CONTENT_TYPES.contains(&self.0) {
            return Ok(Datum::Text(self.0));
        }
        let why = format!("answers are never {:?}: it could not be replayed", self.0);
        Err(Unstorable(why))
    }
}

impl Value for Fingerprint {
    const KIND: Kind = Kind::Bytes;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        let Some(bytes) = row.bytes(column)? else { return Ok(None) };
        let strange = || Corrupt::Broken(format!("column {column} has {} bytes", bytes.len()));
        Ok(Some(Self::from_stored(bytes).ok_or_else(strange)?))
    }
}

impl Value for KeyScope {
    const KIND: Kind = Kind::Text;

    fn of<S: Source>(row: &S, column: &'static str) -> Result<Option<Self>, S::Error> {
        Ok(row.text(column)?.map(|text| Self::from_stored(text.to_owned())))
    }
}

impl AsDatum for KeyScope {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Text(self.as_str()))
    }
}

impl AsDatum for Fingerprint {
    fn datum(&self) -> Result<Datum<'_>, Unstorable> {
        Ok(Datum::Bytes(self.stored()))
    }
}

stored! {
    #[goes]
    hot idempotency: IntentKey => Record;
    key |it| {
        account_id: AccountId = it.account,
        scope: KeyScope = it.scope,
        key: String = it.key,
    } made IntentKey { account: account_id, scope, key };
    row |record| {
        fingerprint: Option<Fingerprint> = record.fingerprint,
        method: String = record.method,
        path: String = record.path,
        state: Kept = kept(record),
        answer_format: Option<u16> = answer(record).map(|_| ANSWER_FORMAT),
        status: Option<u16> = answer(record).map(|answer| answer.status),
        content_type: Option<ContentType> =
            answer(record).map(|answer| ContentType(answer.content_type)),
        location: Option<String> = answer(record).and_then(|answer| answer.location.as_ref()),
        body: Option<Vec<u8>> = answer(record).map(|answer| answer.body.as_slice()),
        resource_id: Option<String> = record.resource,
        first_seen_at: Timestamp = record.first_seen_at,
        last_seen_at: Timestamp = record.last_seen_at,
        attempts: u32 = record.attempts,
        keep_until: Option<Timestamp> = record.keep_until,
    } made |_, key| Record {
        key: key.clone(),
        fingerprint,
        method,
        path,
        state: match state {
            Kept::Tombstone => RecordState::Retired,
            Kept::Answer => {
                check_format(answer_format)?;
                RecordState::Answered(Arc::new(Answer {
                    status: status.ok_or_else(|| Corrupt::nothing("status"))?,
                    content_type: content_type.ok_or_else(|| Corrupt::nothing("content_type"))?.0,
                    location,
                    body: body.ok_or_else(|| Corrupt::nothing("body"))?,
                }))
            }
        },
        resource: resource_id,
        first_seen_at,
        last_seen_at,
        attempts,
        keep_until,
    };
}

const fn kept(record: &Record) -> Kept {
    match record.state {
        RecordState::Answered(_) => Kept::Answer,
        RecordState::Retired => Kept::Tombstone,
    }
}

fn answer(record: &Record) -> Option<&Answer> {
    match &record.state {
        RecordState::Answered(answer) => Some(answer),
        RecordState::Retired => None,
    }
}

fn check_format(format: Option<u16>) -> Result<(), Corrupt> {
    match format {
        Some(ANSWER_FORMAT) => Ok(()),
        Some(format) => Err(Corrupt::Unreadable(format!("column answer_format has {format}"))),
        None => Err(Corrupt::nothing("answer_format")),
    }
}
