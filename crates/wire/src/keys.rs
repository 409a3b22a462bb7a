//! What became of an idempotency key: the answer to "did my request arrive?".

use serde::{Deserialize, Serialize};

/// `GET /idempotency_keys/{key}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyRecord {
    /// The key as it was sent.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "order-1041", min_length = 1, max_length = 255)
    )]
    pub key: String,
    /// How far its request is.
    pub status: KeyStatus,
    /// The method of its request; `null` where a key was retired before any request came.
    #[cfg_attr(feature = "openapi", schema(required, example = "POST"))]
    pub method: Option<String>,
    /// The path of its request.
    #[cfg_attr(feature = "openapi", schema(required, example = "/api/v1/bookings/reserve"))]
    pub path: Option<String>,
    /// What the request made; `null` for a refusal.
    #[cfg_attr(feature = "openapi", schema(required, example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub resource_id: Option<String>,
    /// The status of the stored answer.
    #[cfg_attr(feature = "openapi", schema(required, example = 201))]
    pub response_status: Option<u16>,
    /// How often the request came.
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub attempts: u64,
    /// When it came first.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T09:00:00.000Z", format = DateTime))]
    pub first_seen_at: String,
    /// When it came last.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T09:00:03.000Z", format = DateTime))]
    pub last_seen_at: String,
}

/// How far the request of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// Its outcome is still open.
    InProgress,
    /// Decided; the answer is kept and replayed.
    Completed,
    /// Spent: the answer is gone, or the key was retired; it can never book.
    Retired,
}
