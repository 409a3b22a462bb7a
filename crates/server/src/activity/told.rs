//! Entries as everybody is told of them. The list, live streams and timelines share it, so that what is said
//! of a thing is the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use domain::activity::{Activity, ActivityKind};
use domain::id::{AccountId, PersonId};
use engine::credentials::Mode;
use engine::reads::{ActivityFilter, FeedPage, Reads};
use engine::{ActivityRow, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::{ActivityEvent, BookingSnapshot, Payment};

use crate::auth::Caller;
use crate::views::instant;

/// The first version of `data` that is the thing as its GET shows it.
const AS_SHOWN: u16 = 2;
/// How the ids of bookings begin.
const BOOKING: &str = "bkg_";

/// Whose feed, and whether it is about real data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedOf {
    pub(crate) account: AccountId,
    pub(crate) mode: Mode,
}

/// An entry in the envelope that every subscriber gets.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) kind: ActivityKind,
    pub(crate) event: ActivityEvent,
}

/// A page of a feed.
#[derive(Debug)]
pub(crate) struct ToldPage {
    pub(crate) told: Vec<Told>,
    /// It ends before an entry that only a newer program can read.
    pub(crate) is_cut: bool,
}

impl FeedOf {
    /// The feed of whoever asks.
    pub(crate) const fn caller(caller: &Caller) -> Self {
        Self { account: caller.account, mode: caller.mode }
    }

    /// A page, the oldest entry first: at most `limit` of those that pass the filter.
    pub(crate) fn page(
        self,
        reads: &dyn Reads,
        filter: &ActivityFilter,
        limit: usize,
    ) -> Result<ToldPage, StoreError> {
        let FeedPage { emitted, is_cut } = reads.feed_page(self.account, filter, limit)?;
        Ok(ToldPage { told: self.tell(reads, &emitted)?, is_cut })
    }

    /// These entries, with what clients call the people in them: that is read now, of all of them at once.
    pub(crate) fn tell(
        self,
        reads: &dyn Reads,
        rows: &[ActivityRow],
    ) -> Result<Vec<Told>, StoreError> {
        let data: Vec<_> = rows.iter().map(Data::of).collect();
        let people: BTreeSet<_> = data.iter().filter_map(Data::person).collect();
        let users = match people.is_empty() {
            true => BTreeMap::new(),
            false => reads.users(self.account, &people)?,
        };
        let livemode = self.mode == Mode::Live;
        let told = |(row, data): (&ActivityRow, Data)| Told {
            kind: row.activity.kind,
            event: envelope(row, livemode, data.told(&users)),
        };
        Ok(rows.iter().zip(data).map(told).collect())
    }
}

fn envelope(row: &ActivityRow, livemode: bool, data: Value) -> ActivityEvent {
    let Activity { id, kind, at, position, resource, resource_seq, .. } = &row.activity;
    ActivityEvent {
        id: id.to_string(),
        kind: kind.as_str().to_owned(),
        schema_version: u32::from(row.schema_version),
        livemode,
        created_at: instant(*at),
        position: i64::try_from(*position).unwrap_or(i64::MAX),
        resource_id: resource.clone(),
        resource_seq: i64::from(*resource_seq),
        data,
    }
}

/// What an entry is about.
enum Data {
    Booking(Box<BookingSnapshot>),
    Payment(Box<Payment>),
    /// What is stored as it is told.
    Stored(Value),
}

impl Data {
    fn of(row: &ActivityRow) -> Self {
        if row.schema_version < AS_SHOWN {
            return Self::Stored(parsed(&row.data).unwrap_or_default());
        }
        let id = &row.activity.resource;
        let found = match row.activity.kind {
            ActivityKind::BookingReserved
            | ActivityKind::BookingConfirmed
            | ActivityKind::BookingReleased
            | ActivityKind::BookingExpired
            | ActivityKind::BookingCancelled => parsed(&row.data).map(|booking| {
                let booking_id = id.clone();
                Self::Booking(Box::new(BookingSnapshot { id: id.clone(), booking_id, ..booking }))
            }),
            ActivityKind::PaymentCaptured
            | ActivityKind::PaymentRefundPending
            | ActivityKind::PaymentRefunded => parsed(&row.data).map(|payment: Payment| {
                let paid_for = payment.resource_id.clone();
                let booking_id = paid_for.starts_with(BOOKING).then_some(paid_for);
                Self::Payment(Box::new(Payment { id: id.clone(), booking_id, ..payment }))
            }),
            ActivityKind::EventCreated
            | ActivityKind::EventUpdated
            | ActivityKind::ZoneUpdated
            | ActivityKind::IdempotencyCollision
            | ActivityKind::WebhookEndpointCreated
            | ActivityKind::WebhookEndpointUpdated
            | ActivityKind::WebhookEndpointDisabled
            | ActivityKind::WebhookEndpointDeleted => None,
        };
        found.unwrap_or_else(|| Self::Stored(parsed(&row.data).unwrap_or_default()))
    }

    fn person(&self) -> Option<PersonId> {
        match self {
            Self::Booking(booking) => booking.person_id.parse().ok(),
            Self::Payment(_) | Self::Stored(_) => None,
        }
    }

    fn told(self, users: &BTreeMap<PersonId, String>) -> Value {
        match self {
            Self::Booking(mut booking) => {
                let person: Option<PersonId> = booking.person_id.parse().ok();
                booking.user_id = person.and_then(|person| users.get(&person).cloned());
                json(&booking)
            }
            Self::Payment(payment) => json(&payment),
            Self::Stored(data) => data,
        }
    }
}

fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// JSON of a wire type: none of them has a map with keys that are not text.
fn json(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::activity::{SCHEMA_VERSION, SCHEMA_VERSION_MIN};
    use domain::id::ActivityId;
    use domain::{Actor, Timestamp};
    use serde_json::json;

    use super::*;

    fn row(kind: ActivityKind, schema_version: u16, data: &Value) -> ActivityRow {
        let activity = Activity {
            id: ActivityId::from_raw(1),
            account: AccountId::from_raw(2),
            position: 3,
            kind,
            resource: "bkg_1".to_owned(),
            resource_seq: 4,
            at: Timestamp::from_millis(0),
            actor: Actor::System,
            request_id: String::new(),
            correlation_id: None,
            before: Vec::new(),
            after: Vec::new(),
            data: Vec::new(),
        };
        let none = || "{}".to_owned();
        ActivityRow {
            activity,
            before: none(),
            after: none(),
            data: data.to_string(),
            schema_version,
        }
    }

    fn told(row: &ActivityRow, users: &BTreeMap<PersonId, String>) -> Value {
        json(&envelope(row, true, Data::of(row).told(users)))
    }

    /// As little as is stored of a booking.
    fn stored(person: PersonId) -> Value {
        json!({
            "status": "reserved", "event_id": "evt_1", "zone_id": "zon_1", "person_id": person.to_string(),
            "quantity": 1, "total_amount": "1.00", "total_currency": "USD",
            "created_at": "1970-01-01T00:00:00.000Z",
        })
    }

    #[test]
    fn an_entry_of_an_earlier_version_is_told_as_it_is() {
        let data = json!({"booking_id": "bkg_1", "person_id": "per_1", "expires_at": null});
        let row = row(ActivityKind::BookingReserved, SCHEMA_VERSION_MIN, &data);
        let told = told(&row, &BTreeMap::new());
        assert_eq!((&told["schema_version"], &told["data"]), (&json!(1), &data));
    }

    #[test]
    fn whoever_is_not_there_any_more_has_no_name() {
        let person = PersonId::from_raw(7);
        let row = row(ActivityKind::BookingReserved, SCHEMA_VERSION, &stored(person));
        assert_eq!(Data::of(&row).person(), Some(person));
        let user = |users| told(&row, &users)["data"]["user_id"].clone();
        assert_eq!(user(BTreeMap::new()), Value::Null);
        assert_eq!(user(BTreeMap::from([(person, "ann".to_owned())])), "ann");
    }

    #[test]
    fn what_a_newer_program_calls_a_status_is_told_as_it_is_stored() {
        let mut data = stored(PersonId::from_raw(7));
        data["status"] = json!("transferred");
        let row = row(ActivityKind::BookingConfirmed, SCHEMA_VERSION, &data);
        assert_eq!(told(&row, &BTreeMap::new())["data"], data);
    }
}
