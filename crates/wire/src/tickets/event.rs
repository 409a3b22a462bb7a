//! Events, their zones and seats.

use serde::{Deserialize, Serialize};

use crate::patch::{Patch, present};

/// `POST /events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateEventRequest {
    /// What buyers see.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Night of the Proms", min_length = 1, max_length = 200)
    )]
    pub name: String,
    /// When it begins, RFC 3339.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-06-01T19:00:00.000Z", format = DateTime)
    )]
    pub starts_at: String,
    /// ISO 4217 code of every price of the event.
    #[cfg_attr(feature = "openapi", schema(example = "USD", pattern = "^[A-Z]{3}$"))]
    pub currency: String,
    /// Tickets that one user may hold or own at a time (4 unless given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 4, minimum = 1, maximum = 1_000_000_000))]
    pub max_per_user: Option<i64>,
    /// Seconds that a reservation is held (600 unless given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 600, minimum = 1, maximum = 86_400))]
    pub hold_seconds: Option<i64>,
    /// When sales begin; at once unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub sales_open_at: Option<String>,
    /// When sales end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-06-01T18:00:00.000Z", format = DateTime)
    )]
    pub sales_close_at: Option<String>,
    /// What a cancellation refunds; everything until `starts_at` unless there are steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub cancellation_policy: Option<Vec<PolicyStep>>,
    /// The parts of the house that are sold, each at one price.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 500))]
    pub zones: Vec<CreateZoneRequest>,
}

/// A step of a cancellation policy. Of the steps whose days are still left, the one with the most
/// decides; where there is none, nothing is refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyStep {
    /// Days that must be left until the start.
    #[cfg_attr(feature = "openapi", schema(example = 7, minimum = 0, maximum = 3_650))]
    pub days_before: i64,
    /// Refund in percent of what was paid.
    #[cfg_attr(feature = "openapi", schema(example = 50, minimum = 0, maximum = 100))]
    pub refund_percent: i64,
}

/// A zone of a new event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateZoneRequest {
    /// What buyers see.
    #[cfg_attr(feature = "openapi", schema(example = "Stalls", min_length = 1, max_length = 200))]
    pub name: String,
    /// Tickets there are; with `seats` it equals their number.
    #[cfg_attr(feature = "openapi", schema(example = 5000, minimum = 1, maximum = 1_000_000_000))]
    pub capacity: i64,
    /// Price of one ticket, with at most as many digits after the point as the currency has, zeros apart.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "49.90", pattern = r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")
    )]
    pub price: String,
    /// Labels of numbered seats, 1 to 32 characters each and all of them different; left out where
    /// any place is as good as another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = json!(["A1", "A2"]), min_items = 1, max_items = 100_000)
    )]
    pub seats: Option<Vec<String>>,
}

/// `PATCH /events/{id}`: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateEventRequest {
    /// What buyers see.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "Night of the Proms", min_length = 1, max_length = 200)
    )]
    pub name: Option<String>,
    /// When it begins, RFC 3339.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "2026-06-01T19:00:00.000Z", format = DateTime)
    )]
    pub starts_at: Option<String>,
    /// Tickets that one user may hold or own at a time.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = 4, minimum = 1, maximum = 1_000_000_000)
    )]
    pub max_per_user: Option<i64>,
    /// Seconds that a reservation is held; holds that exist keep their deadline.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = 600, minimum = 1, maximum = 86_400)
    )]
    pub hold_seconds: Option<i64>,
    /// When sales begin; `null` for at once.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub sales_open_at: Patch<String>,
    /// When sales end; `null` for never.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, example = "2026-06-01T18:00:00.000Z", format = DateTime)
    )]
    pub sales_close_at: Patch<String>,
    /// What a cancellation refunds from now on; `[]` for everything until `starts_at`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false, max_items = 20))]
    pub cancellation_policy: Option<Vec<PolicyStep>>,
}

/// `PATCH /events/{id}/zones/{zone_id}`: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateZoneRequest {
    /// What buyers see.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "Stalls", min_length = 1, max_length = 200)
    )]
    pub name: Option<String>,
    /// Tickets there are; never below what is held or sold.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = 5000, minimum = 1, maximum = 1_000_000_000)
    )]
    pub capacity: Option<i64>,
    /// Price of one ticket from now on; bookings that exist keep theirs.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "49.90", pattern = r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")
    )]
    pub price: Option<String>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "evt_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// What buyers see.
    #[cfg_attr(feature = "openapi", schema(example = "Night of the Proms"))]
    pub name: String,
    /// When it begins.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-06-01T19:00:00.000Z", format = DateTime)
    )]
    pub starts_at: String,
    /// ISO 4217 code of every price of the event.
    #[cfg_attr(feature = "openapi", schema(example = "USD"))]
    pub currency: String,
    /// Tickets that one user may hold or own at a time.
    #[cfg_attr(feature = "openapi", schema(example = 4))]
    pub max_per_user: i64,
    /// Seconds that a reservation is held.
    #[cfg_attr(feature = "openapi", schema(example = 600))]
    pub hold_seconds: i64,
    /// When sales begin; `null` for at once.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub sales_open_at: Option<String>,
    /// When sales end; `null` for never.
    #[cfg_attr(
        feature = "openapi",
        schema(required, example = "2026-06-01T18:00:00.000Z", format = DateTime)
    )]
    pub sales_close_at: Option<String>,
    /// What a cancellation refunds; without steps everything until `starts_at`.
    pub cancellation_policy: Vec<PolicyStep>,
    /// Its zones, in the order in which they were given.
    pub zones: Vec<Zone>,
    /// When it was created.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub created_at: String,
}

/// A part of the house that is sold at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Zone {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "zon_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// The event it belongs to.
    #[cfg_attr(feature = "openapi", schema(example = "evt_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub event_id: String,
    /// What buyers see.
    #[cfg_attr(feature = "openapi", schema(example = "Stalls"))]
    pub name: String,
    /// Tickets there are.
    #[cfg_attr(feature = "openapi", schema(example = 5000))]
    pub capacity: i64,
    /// Price of one ticket.
    #[cfg_attr(feature = "openapi", schema(example = "49.90"))]
    pub price: String,
    /// ISO 4217 code of the price.
    #[cfg_attr(feature = "openapi", schema(example = "USD"))]
    pub currency: String,
    /// Whether its seats have labels.
    #[cfg_attr(feature = "openapi", schema(example = false))]
    pub numbered: bool,
}

/// How much of a zone is left: `available + held + sold = capacity`, always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Availability {
    /// Tickets that can be reserved.
    #[cfg_attr(feature = "openapi", schema(example = 1200))]
    pub available: i64,
    /// Tickets that are reserved and not yet confirmed.
    #[cfg_attr(feature = "openapi", schema(example = 300))]
    pub held: i64,
    /// Tickets that are confirmed.
    #[cfg_attr(feature = "openapi", schema(example = 3500))]
    pub sold: i64,
    /// Tickets there are.
    #[cfg_attr(feature = "openapi", schema(example = 5000))]
    pub capacity: i64,
    /// The instant at which this was true, at most 1 s ago.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "2026-02-15T09:00:00.000Z", format = DateTime)
    )]
    pub as_of: String,
}

/// A numbered seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Seat {
    /// What stands on it.
    #[cfg_attr(feature = "openapi", schema(example = "A1"))]
    pub label: String,
    /// Whether it can be had.
    pub status: SeatStatus,
}

/// Whether a seat can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SeatStatus {
    /// It can be reserved.
    Available,
    /// Reserved, not yet confirmed.
    Held,
    /// Confirmed.
    Sold,
}
