//! How long answers, tombstones, entries of the activity feed and deliveries of webhooks are kept.

use crate::record::{Record, RecordState};
use crate::resource::End;
use crate::time::{DAY_MS, Timestamp};

/// Days that an entry of the activity feed is kept where nothing was said: a season, and the same of the
/// year before to compare it with.
pub const ACTIVITY_DAYS_DEFAULT: i64 = 400;

/// Days that a delivery is kept after it was over where nothing was said.
pub const DELIVERY_DAYS_DEFAULT: i64 = 30;

/// Settings of retention, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// An answer is kept for this long after its booking ended, and a refusal after it was given.
    pub answer_ms: i64,
    /// A tombstone is kept for this long after that.
    pub tombstone_ms: i64,
    /// An entry of the activity feed is kept for at least this long; `None` is for ever.
    pub activity_ms: Option<i64>,
    /// A delivery and its attempts are kept for this long after it was over; `None` is for ever.
    pub delivery_ms: Option<i64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            answer_ms: DAY_MS,
            tombstone_ms: 90 * DAY_MS,
            activity_ms: Some(ACTIVITY_DAYS_DEFAULT * DAY_MS),
            delivery_ms: Some(DELIVERY_DAYS_DEFAULT * DAY_MS),
        }
    }
}

impl Retention {
    /// Entries of feeds from before this instant go; `None` while they are kept for ever. It is the
    /// beginning of a day in UTC: a day's entries go together, so that a feed is cleaned once a day
    /// and not with every look at it.
    #[must_use]
    pub fn activity_before(self, now: Timestamp) -> Option<Timestamp> {
        let oldest = now.as_millis().saturating_sub(self.activity_ms?);
        Some(Timestamp::from_millis(oldest.saturating_sub(oldest.rem_euclid(DAY_MS))))
    }

    /// Deliveries that were over by this instant go; `None` while they are kept for ever.
    #[must_use]
    pub fn deliveries_until(self, now: Timestamp) -> Option<Timestamp> {
        Some(Timestamp::from_millis(now.as_millis().saturating_sub(self.delivery_ms?)))
    }
}

/// What becomes of a record that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is; look again then, or never.
    Keep(Option<Timestamp>),
    /// Its answer goes, a tombstone stays until then, or for ever.
    Retire(Option<Timestamp>),
    /// It goes; the key is new again.
    Forget,
}

/// What becomes of `record` at `now`. `end` is that of what its answer is about.
#[must_use]
pub fn fate(record: &Record, end: Option<End>, retention: Retention, now: Timestamp) -> Fate {
    match (&record.state, record.keep_until) {
        (_, None) => Fate::Keep(None),
        (RecordState::Retired, Some(until)) if until <= now => Fate::Forget,
        (RecordState::Retired, until) => Fate::Keep(until),
        (RecordState::Answered(_), _) => {
            let ended = match end.filter(|_| record.is_success()) {
                Some(End::At(end)) => end,
                Some(End::Unknown) => now,
                None => record.first_seen_at,
            };
            let until = ended.plus_millis(retention.answer_ms);
            if until <= now {
                let until = now.plus_millis(retention.tombstone_ms);
                Fate::Retire(Some(until).filter(|_| !record.retired_itself()))
            } else {
                Fate::Keep(Some(until))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(activity_ms: Option<i64>, now: i64) -> Option<i64> {
        let retention = Retention { activity_ms, ..Retention::default() };
        retention.activity_before(Timestamp::from_millis(now)).map(Timestamp::as_millis)
    }

    #[test]
    fn entries_go_by_the_day_and_never_too_early() {
        assert_eq!(before(None, 900 * DAY_MS), None, "for ever");
        assert_eq!(before(Some(DAY_MS), 10 * DAY_MS), Some(9 * DAY_MS));
        assert_eq!(before(Some(DAY_MS), 10 * DAY_MS - 1), Some(8 * DAY_MS), "one short of it");
        assert_eq!(before(Some(DAY_MS), 11 * DAY_MS - 1), Some(9 * DAY_MS), "the day is not over");
        assert_eq!(before(Some(0), 10 * DAY_MS + 5), Some(10 * DAY_MS));
        assert_eq!(before(Some(DAY_MS), 0), Some(-DAY_MS), "before there was anything");
        let default = Retention::default().activity_ms;
        assert_eq!(default, Some(ACTIVITY_DAYS_DEFAULT * DAY_MS));
        assert_eq!(before(Some(i64::MAX), -5), Some(i64::MIN), "as far back as can be said");
    }

    #[test]
    fn deliveries_go_to_the_millisecond() {
        let until = |delivery_ms| {
            let retention = Retention { delivery_ms, ..Retention::default() };
            retention.deliveries_until(Timestamp::from_millis(7)).map(Timestamp::as_millis)
        };
        assert_eq!(until(None), None, "for ever");
        assert_eq!((until(Some(5)), until(Some(0))), (Some(2), Some(7)));
        assert_eq!(until(Some(i64::MAX)), Some(7 - i64::MAX), "as far back as can be said");
        assert_eq!(Retention::default().delivery_ms, Some(DELIVERY_DAYS_DEFAULT * DAY_MS));
    }

    fn answered(status: u16, now: Timestamp) -> Record {
        use crate::id::AccountId;
        use crate::record::{Answer, IntentKey};

        let answer =
            Answer { status, content_type: "application/json", location: None, body: Vec::new() };
        Record {
            key: IntentKey {
                account: AccountId::SYSTEM,
                scope: crate::record::KeyScope::SHARED,
                key: "k/1".to_owned(),
            },
            fingerprint: None,
            method: String::new(),
            path: String::new(),
            state: RecordState::Answered(std::sync::Arc::new(answer)),
            resource: None,
            first_seen_at: now,
            last_seen_at: now,
            attempts: 1,
            keep_until: Some(now),
        }
    }

    /// As earlier versions stored it.
    #[test]
    fn the_answer_of_a_key_that_retired_itself_leaves_a_tombstone_for_ever() {
        let now = Timestamp::from_millis(5);
        let later = now.plus_millis(Retention::default().answer_ms);
        let fate_of = |status: u16, method: &str, path: &str| {
            let (method, path) = (method.to_owned(), path.to_owned());
            let record = Record { method, path, ..answered(status, now) };
            fate(&record, None, Retention::default(), later)
        };
        for own in ["k/1", "k%2F1", "k%2f1", "%6B%2F%31"] {
            let path = format!("/idempotency_keys/{own}/retire");
            assert_eq!(fate_of(200, "POST", &path), Fate::Retire(None), "{path}");
            let as_any_other =
                Fate::Retire(Some(later.plus_millis(Retention::default().tombstone_ms)));
            assert_eq!(fate_of(409, "POST", &path), as_any_other, "it was refused");
            assert_eq!(fate_of(200, "GET", &path), as_any_other);
            for other in ["k", "k%2F12", "k%2", "k%2F", "K%2F1", "k%251", "", "k/1/retire"] {
                let path = format!("/idempotency_keys/{other}/retire");
                assert_eq!(fate_of(200, "POST", &path), as_any_other, "{path}");
            }
            for path in ["/bookings/reserve", "/idempotency_keys/k%2F1", "/x/k%2F1/retire", ""] {
                assert_eq!(fate_of(200, "POST", path), as_any_other, "{path}");
            }
        }
    }

    #[test]
    fn what_is_kept_for_no_time_goes_in_two_looks() {
        let none = Retention { answer_ms: 0, tombstone_ms: 0, ..Retention::default() };
        let now = Timestamp::from_millis(5);
        let mut record = answered(409, now);
        assert_eq!(
            fate(&record, None, none, now),
            Fate::Retire(Some(now)),
            "and it is due again at once"
        );
        record.state = RecordState::Retired;
        assert_eq!(fate(&record, None, none, now), Fate::Forget);
    }
}
