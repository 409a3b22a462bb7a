//! Webhooks: endpoints, deliveries, attempts.

use serde::{Deserialize, Serialize};

use crate::patch::{Patch, present};

/// `POST /webhook_endpoints`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateWebhookEndpointRequest {
    /// Where events are sent: `https`, without a user name or a password in it.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "https://shop.example/hooks/bookonce", min_length = 1, max_length = 2048)
    )]
    pub url: String,
    /// Which events: types, `booking.*` for all that begin so, or `*` for all.
    #[cfg_attr(
        feature = "openapi",
        schema(example = json!(["booking.*", "payment.captured"]), min_items = 1, max_items = 50)
    )]
    pub event_types: Vec<String>,
    /// What you call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "Ledger", min_length = 1, max_length = 500))]
    pub description: Option<String>,
}

/// `PATCH /webhook_endpoints/{id}`: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateWebhookEndpointRequest {
    /// Where events are sent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(
        feature = "openapi",
        schema(
            example = "https://shop.example/hooks/bookonce",
            min_length = 1,
            max_length = 2048,
            nullable = false,
        )
    )]
    pub url: Option<String>,
    /// Which events.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = json!(["*"]), min_items = 1, max_items = 50, nullable = false)
    )]
    pub event_types: Option<Vec<String>>,
    /// What you call it; `null` takes it away.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, example = "Ledger", min_length = 1, max_length = 500)
    )]
    pub description: Patch<String>,
    /// Whether events are sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(example = true, nullable = false))]
    pub enabled: Option<bool>,
}

/// Where events are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEndpoint {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// Where events are sent.
    #[cfg_attr(feature = "openapi", schema(example = "https://shop.example/hooks/bookonce"))]
    pub url: String,
    /// Which events.
    #[cfg_attr(feature = "openapi", schema(example = json!(["booking.*", "payment.captured"])))]
    pub event_types: Vec<String>,
    /// What you call it.
    #[cfg_attr(feature = "openapi", schema(required, example = "Ledger"))]
    pub description: Option<String>,
    /// Whether events are sent to it.
    pub status: WebhookEndpointStatus,
    /// Why it is disabled; `null` while it is not.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub disabled_reason: Option<WebhookDisabledReason>,
    /// Since then every attempt has failed; `null` while the last one succeeded.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub failing_since: Option<String>,
    /// Until then the secret before signs as well; `null` where only one does.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub previous_secret_until: Option<String>,
    /// When it was created.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-14T12:00:00.000Z", format = DateTime))]
    pub created_at: String,
    /// The secret that deliveries are signed with, where it is new: it is shown once, and `null` in the answer to a
    /// retry. Left out elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "shown")]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    )]
    pub secret: Option<Option<String>>,
    /// Why `secret` is `null`; left out where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An endpoint as events tell of it: without what people call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEndpointSnapshot {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// Where events are sent.
    #[cfg_attr(feature = "openapi", schema(example = "https://shop.example/hooks/bookonce"))]
    pub url: String,
    /// Which events.
    #[cfg_attr(feature = "openapi", schema(example = json!(["booking.*", "payment.captured"])))]
    pub event_types: Vec<String>,
    /// Whether events are sent to it.
    pub status: WebhookEndpointStatus,
    /// Why it is disabled; `null` while it is not.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub disabled_reason: Option<WebhookDisabledReason>,
    /// Since then every attempt has failed; `null` while the last one succeeded.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub failing_since: Option<String>,
    /// Until then the secret before signs as well; `null` where only one does.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub previous_secret_until: Option<String>,
    /// When it was created.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-14T12:00:00.000Z", format = DateTime))]
    pub created_at: String,
}

/// A member that is left out, `null` or given.
mod shown {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}

/// What is done for a webhook endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookEndpointStatus {
    /// Events are sent to it.
    Enabled,
    /// Nothing is sent until it is enabled again.
    Disabled,
    /// It is gone: in events only.
    Deleted,
}

/// Why a webhook endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookDisabledReason {
    /// You said so.
    Requested,
    /// It answered 410.
    Gone,
    /// It did nothing but fail for five days.
    Failing,
}

/// Something is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deleted {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// Always `true`.
    #[cfg_attr(feature = "openapi", schema(example = true))]
    pub deleted: bool,
}

/// An event on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDelivery {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(example = "dlv_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub id: String,
    /// The endpoint.
    #[cfg_attr(feature = "openapi", schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub endpoint_id: String,
    /// The event: the `webhook-id` of each attempt.
    #[cfg_attr(feature = "openapi", schema(example = "msg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub event_id: String,
    /// What happened.
    #[cfg_attr(feature = "openapi", schema(example = "booking.confirmed"))]
    pub event_type: String,
    /// The event's place in the account's feed.
    #[cfg_attr(feature = "openapi", schema(example = 1041))]
    pub position: i64,
    /// What it happened to.
    #[cfg_attr(feature = "openapi", schema(example = "bkg_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub resource_id: String,
    /// Its place among all that happened to that resource.
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub resource_seq: i64,
    /// How far it has come.
    pub status: WebhookDeliveryStatus,
    /// Whether the endpoint was told of the event before, and is told again by a replay.
    #[cfg_attr(feature = "openapi", schema(example = false))]
    pub replayed: bool,
    /// Attempts so far.
    #[cfg_attr(feature = "openapi", schema(example = 1))]
    pub attempt_count: i64,
    /// When it is tried next; `null` where it waits for the one before it of its resource, or is over.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub next_attempt_at: Option<String>,
    /// When it was begun.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T09:00:03.120Z", format = DateTime))]
    pub created_at: String,
    /// When it was delivered, given up or cancelled.
    #[cfg_attr(feature = "openapi", schema(required, format = DateTime))]
    pub ended_at: Option<String>,
    /// Its attempts, the first one first; left out in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub attempts: Option<Vec<WebhookAttempt>>,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookDeliveryStatus {
    /// It is tried again, or waits for the one before it of its resource.
    Pending,
    /// The receiver answered with a status from 200 to 299.
    Delivered,
    /// It was tried as often as can be.
    Failed,
    /// Its endpoint was deleted or told again from an earlier position.
    Cancelled,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookAttempt {
    /// When it began.
    #[cfg_attr(feature = "openapi", schema(example = "2026-02-15T09:00:03.142Z", format = DateTime))]
    pub at: String,
    /// Milliseconds that it took.
    #[cfg_attr(feature = "openapi", schema(example = 27))]
    pub duration_ms: i64,
    /// The status that was answered; `null` where there was no answer.
    #[cfg_attr(feature = "openapi", schema(required, example = 200))]
    pub response_status: Option<i64>,
    /// Why there was none; `null` where there was one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub fault: Option<WebhookFault>,
    /// The first bytes of the answer, at most 4,096.
    #[cfg_attr(feature = "openapi", schema(example = "ok"))]
    pub response_body: String,
}

/// Why an attempt had no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookFault {
    /// It took more than 15 seconds.
    Timeout,
    /// The name could not be resolved.
    Dns,
    /// The address is private, or leads nowhere that may be called.
    AddressRefused,
    /// There was no connection.
    Connect,
    /// The connection could not be made safe: look at the certificate.
    Tls,
    /// The connection broke, or what came was no HTTP.
    Broken,
    /// The event is not kept any more.
    EventRemoved,
}

/// What a receiver said to a `ping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookTest {
    /// The endpoint.
    #[cfg_attr(feature = "openapi", schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub endpoint_id: String,
    /// Whether it answered with a status from 200 to 299; `null` in the answer to a retry, which sends nothing.
    #[cfg_attr(feature = "openapi", schema(required, example = true))]
    pub delivered: Option<bool>,
    /// What came of it; `null` in the answer to a retry.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub attempt: Option<WebhookAttempt>,
    /// Why they are `null`; left out where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `POST /webhook_endpoints/{id}/replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhookRequest {
    /// Events behind this position are sent again; 0 is all that are kept.
    #[cfg_attr(feature = "openapi", schema(example = 1040, minimum = 0))]
    pub after: i64,
}

/// What is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookReplay {
    /// The endpoint.
    #[cfg_attr(feature = "openapi", schema(example = "whk_01kh3v0h2efk9b6t4wq8m7x5ra"))]
    pub endpoint_id: String,
    /// Events behind this position …
    #[cfg_attr(feature = "openapi", schema(example = 1040))]
    pub after: i64,
    /// … up to this one are sent again.
    #[cfg_attr(feature = "openapi", schema(example = 1041))]
    pub until: i64,
}
