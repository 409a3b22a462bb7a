//! How long answers and tombstones are kept.

use crate::booking::{Booking, Status};
use crate::event::Event;
use crate::record::{Record, RecordState};
use crate::time::{DAY_MS, Timestamp};

/// Settings of retention, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// An answer is kept for this long after its booking ended, and a refusal after it was given.
    pub answer_ms: i64,
    /// A tombstone is kept for this long after that.
    pub tombstone_ms: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { answer_ms: DAY_MS, tombstone_ms: 90 * DAY_MS }
    }
}

/// What becomes of a record that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is; look again then, or never.
    Keep(Option<Timestamp>),
    /// Its answer goes, a tombstone stays until then.
    Retire(Timestamp),
    /// It goes; the key is new again.
    Forget,
}

/// What becomes of `record` at `now`. `booking` is what its answer is about, with its event.
#[must_use]
pub fn fate(
    record: &Record,
    booking: Option<(&Booking, Option<&Event>)>,
    retention: Retention,
    now: Timestamp,
) -> Fate {
    match (&record.state, record.keep_until) {
        (_, None) => Fate::Keep(None),
        (RecordState::Retired, Some(until)) if until <= now => Fate::Forget,
        (RecordState::Retired, until) => Fate::Keep(until),
        (RecordState::Answered(_), _) => {
            let ended = booking
                .filter(|_| record.is_success())
                .map(|(booking, event)| end(booking, event).unwrap_or(now));
            let until = ended.unwrap_or(record.first_seen_at).plus_millis(retention.answer_ms);
            if until <= now {
                Fate::Retire(now.plus_millis(retention.tombstone_ms))
            } else {
                Fate::Keep(Some(until))
            }
        }
    }
}

/// When the booking ended or will: a sale ends with its event. `None` while nobody can know.
fn end(booking: &Booking, event: Option<&Event>) -> Option<Timestamp> {
    match booking.status {
        Status::Released | Status::Expired | Status::Cancelled => booking.ended_at,
        Status::Reserved => Some(booking.expires_at),
        Status::Confirmed => {
            let starts_at = event.map(|event| event.starts_at);
            starts_at.max(booking.confirmed_at)
        }
    }
}
