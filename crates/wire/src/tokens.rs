//! Customer tokens: credentials for one user of the account.

use serde::{Deserialize, Serialize};

/// `POST /customer_tokens`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateCustomerTokenRequest {
    /// Your id of the user for whom the token speaks.
    #[cfg_attr(feature = "openapi", schema(example = "user-42", min_length = 1, max_length = 128))]
    pub user_id: String,
    /// Seconds the token is valid (3600 unless given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 3600, minimum = 60, maximum = 86400))]
    pub expires_in: Option<i64>,
}

/// A token that may reserve, see and release its own user's bookings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CustomerToken {
    /// The token; `null` in a replayed answer, because secrets are never stored.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub token: Option<String>,
    /// Always `Bearer`.
    #[cfg_attr(feature = "openapi", schema(example = "Bearer"))]
    pub token_type: String,
    /// The user for whom the token speaks.
    #[cfg_attr(feature = "openapi", schema(example = "user-42"))]
    pub user_id: String,
    /// When the token stops being valid.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T10:00:00.000Z", format = DateTime))]
    pub expires_at: String,
    /// Why `token` is `null`; left out when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
