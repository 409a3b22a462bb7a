//! The envelope of everything that happened: activity list, live stream and webhooks share it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A page of the activity feed, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityList {
    /// The entries of this page.
    pub data: Vec<ActivityEvent>,
    /// Give this as `after` to get the next page; `null` on the last one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next: Option<String>,
    /// Entries up to this position are not kept any more; 0 while all are. If it is higher than the
    /// `after` that you gave, you have missed what is between the two.
    #[cfg_attr(feature = "openapi", schema(example = 0))]
    pub removed_up_to: i64,
    /// The position of the newest entry; 0 while there is none. If it is lower than the `after` that
    /// you gave, the store was restored from a backup taken before that entry: go on from here.
    #[cfg_attr(feature = "openapi", schema(example = 1041))]
    pub head: i64,
}

/// One thing that happened. The document describes each type of it by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityEvent {
    /// Names this happening; the same in every delivery of it.
    #[cfg_attr(feature = "openapi", schema(example = "msg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// What happened: `booking.reserved`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(example = "booking.reserved"))]
    pub kind: String,
    /// The version of the shape of `data`.
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub schema_version: u32,
    /// Whether it is about real data, and not that of a `bo_test_` key.
    #[cfg_attr(feature = "openapi", schema(example = true))]
    pub livemode: bool,
    /// When it happened.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T09:00:00.000Z", format = DateTime))]
    pub created_at: String,
    /// Its place among all that happened in the account: grows, without gaps.
    #[cfg_attr(feature = "openapi", schema(example = 1041))]
    pub position: i64,
    /// What it happened to.
    #[cfg_attr(feature = "openapi", schema(example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub resource_id: String,
    /// Its place among all that happened to that resource, from 1.
    #[cfg_attr(feature = "openapi", schema(example = 1))]
    pub resource_seq: i64,
    /// What it is about, as it was then; the shape depends on `type`.
    pub data: Value,
}

/// An idempotency key that came with another request than the one that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyCollision {
    /// The key.
    #[cfg_attr(feature = "openapi", schema(example = "8e03978e-40d5-43dd-bc93-6894a57f9324"))]
    pub idempotency_key: String,
    /// The method of the request that it belongs to; `null` where that is not known any more.
    #[cfg_attr(feature = "openapi", schema(required, example = "POST"))]
    pub method: Option<String>,
    /// The path of that request; `null` where that is not known any more.
    #[cfg_attr(feature = "openapi", schema(required, example = "/api/v1/bookings/reserve"))]
    pub path: Option<String>,
    /// What that request made; `null` where it made nothing.
    #[cfg_attr(feature = "openapi", schema(required, example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub existing_id: Option<String>,
    /// When that request came.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T09:00:00.000Z", format = DateTime))]
    pub first_seen_at: String,
}
