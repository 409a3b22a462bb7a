//! Endpoints: where events are sent, which of them, and how they are signed.

use crate::activity::ActivityKind;
use crate::id::{AccountId, WebhookEndpointId};
use crate::job::{JobId, JobKind};
use crate::limits::WEBHOOK_EVENT_TYPES_MAX;
use crate::time::{DAY_MS, Timestamp};
use crate::words;
use crate::world::Of;

/// Both secrets sign for this long after one was rotated: a day.
pub const SECRET_OVERLAP_MS: i64 = DAY_MS;
/// An endpoint is disabled after so long of nothing but failures: five days.
pub const FAILING_MS_MAX: i64 = 5 * DAY_MS;

words! {
    /// What is done for an endpoint. The words are those of the contract and of the store.
    pub enum EndpointStatus {
        /// Events are sent to it.
        Enabled = "enabled",
        /// Nothing is sent to it until it is enabled again.
        Disabled = "disabled",
        /// It is gone for everybody but the worker, which ends what is still open.
        Deleted = "deleted",
    }
}

words! {
    /// Why an endpoint is disabled.
    pub enum DisabledReason {
        /// Somebody said so.
        Requested = "requested",
        /// It answered 410: it wants nothing more.
        Gone = "gone",
        /// For five days it did nothing but fail.
        Failing = "failing",
    }
}

/// The event types that an endpoint is sent: `booking.confirmed`, `booking.*`, or `*` for all. What begins as said
/// is sent, even if its type is newer than the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTypes(Vec<String>);

/// Why a list cannot be an endpoint's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventTypesError {
    /// It names none, or more than [`WEBHOOK_EVENT_TYPES_MAX`].
    Count,
    /// The one at this index is the type of no event.
    Unknown(usize),
    /// The one at this index stood before.
    Twice(usize),
}

impl EventTypes {
    /// The event types of a list.
    ///
    /// # Errors
    /// [`EventTypesError`] for the first fault found.
    pub fn new(patterns: Vec<String>) -> Result<Self, EventTypesError> {
        if patterns.is_empty() || patterns.len() > WEBHOOK_EVENT_TYPES_MAX {
            return Err(EventTypesError::Count);
        }
        let mut seen = std::collections::BTreeSet::new();
        for (index, pattern) in patterns.iter().enumerate() {
            if !ActivityKind::ALL.into_iter().any(|kind| fits(pattern, kind)) {
                return Err(EventTypesError::Unknown(index));
            }
            if !seen.insert(pattern) {
                return Err(EventTypesError::Twice(index));
            }
        }
        Ok(Self(patterns))
    }

    /// As they were given.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.0
    }

    /// Those that this program knows.
    #[must_use]
    pub fn kinds(&self) -> Vec<ActivityKind> {
        ActivityKind::ALL.into_iter().filter(|kind| self.has(*kind)).collect()
    }

    /// Whether events of this type are sent.
    #[must_use]
    pub fn has(&self, kind: ActivityKind) -> bool {
        self.0.iter().any(|pattern| fits(pattern, kind))
    }

    /// As a store has them: separated by commas, which are in none of them.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.join(",")
    }

    /// What [`text`](Self::text) has written; a newer program may know types that this one does not.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let patterns: Vec<String> = text.split(',').map(str::to_owned).collect();
        let is_strange = |pattern: &String| pattern.is_empty();
        (!patterns.iter().any(is_strange)).then_some(Self(patterns))
    }
}

fn fits(pattern: &str, kind: ActivityKind) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => prefix.ends_with('.') && kind.as_str().starts_with(prefix),
        None => kind.as_str() == pattern,
    }
}

/// A secret that deliveries are signed with. It is derived from what is said here and the endpoint's id, and is
/// stored nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningSecret {
    /// How often it was rotated before.
    pub generation: u32,
    /// Number of the secret of the server that it is derived from.
    pub derived_from: u16,
}

/// A secret that was rotated, and signs beside its successor for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotatedSecret {
    /// Which.
    pub secret: SigningSecret,
    /// Until then.
    pub until: Timestamp,
}

/// Where events are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Where to.
    pub url: String,
    /// Which events.
    pub event_types: EventTypes,
    /// What people call it.
    pub description: Option<String>,
    /// What is done for it.
    pub status: EndpointStatus,
    /// Why it is disabled, if it is.
    pub disabled_reason: Option<DisabledReason>,
    /// What deliveries are signed with.
    pub secret: SigningSecret,
    /// The one before, while it signs as well.
    pub rotated: Option<RotatedSecret>,
    /// Since then nothing was delivered, though it was tried; `None` while the last attempt succeeded.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts its changes.
    pub seq: u32,
}

impl WebhookEndpoint {
    /// The job of delivering to it.
    #[must_use]
    pub fn job(account: AccountId, id: WebhookEndpointId) -> Of<JobId> {
        (account, JobId { kind: JobKind::Webhooks, id: id.to_string() })
    }

    /// The secrets that sign at an instant, the current one first.
    #[must_use]
    pub fn secrets_at(&self, now: Timestamp) -> Vec<SigningSecret> {
        let rotated = self.rotated.filter(|rotated| rotated.until > now);
        [self.secret].into_iter().chain(rotated.map(|rotated| rotated.secret)).collect()
    }

    /// Whether it has failed for so long that it is disabled.
    #[must_use]
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now.millis_since(since) >= FAILING_MS_MAX)
    }
}

/// Up to where an endpoint was told of its account's feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookCursor {
    /// What is at or before this position was delivered, or has a row among the deliveries, or is not for it.
    pub position: u64,
    /// How often it was sent back.
    pub replay: u32,
    /// What is at or before this position is sent again, since it was sent back; 0 if it never was.
    pub replayed_until: u64,
    /// Counts what clients change of the endpoint, its cursor and its deliveries: whoever delivers to it knows by this
    /// whether what they know is still so.
    pub version: u64,
}

/// How many endpoints an account has, apart from deleted ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointCount {
    /// So many.
    pub endpoints: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patterns: &[&str]) -> Result<EventTypes, EventTypesError> {
        EventTypes::new(patterns.iter().map(|pattern| (*pattern).to_owned()).collect())
    }

    #[test]
    fn types_are_named_or_begin_so() {
        let types = of(&["booking.*", "payment.captured"]).expect("they are types");
        assert!(types.has(ActivityKind::BookingReserved));
        assert!(types.has(ActivityKind::PaymentCaptured));
        assert!(!types.has(ActivityKind::PaymentRefunded));
        assert_eq!(of(&["*"]).expect("all").kinds(), ActivityKind::ALL);
        assert_eq!(EventTypes::from_text(&types.text()), Some(types));
    }

    #[test]
    fn what_is_no_type_is_refused_by_its_place() {
        for unknown in ["", "bookings.*", "book*", "booking.", ".*", "**", "booking.reserved,*"] {
            assert_eq!(of(&["*", unknown]), Err(EventTypesError::Unknown(1)), "{unknown:?}");
        }
        assert_eq!(of(&["*", "*"]), Err(EventTypesError::Twice(1)));
        assert_eq!(of(&[]), Err(EventTypesError::Count));
        let most = vec!["*"; WEBHOOK_EVENT_TYPES_MAX];
        assert_eq!(of(&most), Err(EventTypesError::Twice(1)), "not too many");
        let more = vec!["*"; WEBHOOK_EVENT_TYPES_MAX + 1];
        assert_eq!(of(&more), Err(EventTypesError::Count));
    }

    #[test]
    fn a_rotated_secret_signs_for_a_day_and_no_longer() {
        let secret = SigningSecret { generation: 1, derived_from: 0 };
        let before = SigningSecret { generation: 0, derived_from: 0 };
        let now = Timestamp::from_millis(7);
        let until = now.plus_millis(SECRET_OVERLAP_MS);
        let endpoint = WebhookEndpoint {
            id: WebhookEndpointId::from_raw(1),
            url: String::new(),
            event_types: of(&["*"]).expect("all"),
            description: None,
            status: EndpointStatus::Enabled,
            disabled_reason: None,
            secret,
            rotated: Some(RotatedSecret { secret: before, until }),
            failing_since: None,
            created_at: now,
            seq: 1,
        };
        assert_eq!(endpoint.secrets_at(until.plus_millis(-1)), [secret, before]);
        assert_eq!(endpoint.secrets_at(until), [secret]);
    }
}
