//! Webhooks as the contract shows them.

use domain::webhooks::delivery::{AttemptFault, Delivery, DeliveryAttempt, DeliveryStatus};
use domain::webhooks::endpoint::{DisabledReason, EndpointStatus, WebhookEndpoint};
use engine::webhooks::DeliveryView;

use crate::views::instant;

/// Tells a client that replays a request why the secret is missing.
pub(crate) const SECRET_NOT_KEPT: &str = "Secrets are shown once and never stored. If it was lost, rotate it with a \
    new idempotency key.";
/// Tells a client that replays a test why nothing is said of it.
pub(crate) const TEST_NOT_KEPT: &str =
    "A test is sent once for each idempotency key, and what came of it is not kept.";

/// An endpoint, without its secret.
pub(crate) fn endpoint(endpoint: &WebhookEndpoint) -> wire::WebhookEndpoint {
    wire::WebhookEndpoint {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        event_types: endpoint.event_types.patterns().to_vec(),
        description: endpoint.description.clone(),
        status: match endpoint.status {
            EndpointStatus::Enabled => wire::WebhookEndpointStatus::Enabled,
            EndpointStatus::Disabled => wire::WebhookEndpointStatus::Disabled,
            EndpointStatus::Deleted => wire::WebhookEndpointStatus::Deleted,
        },
        disabled_reason: endpoint.disabled_reason.map(|reason| match reason {
            DisabledReason::Requested => wire::WebhookDisabledReason::Requested,
            DisabledReason::Gone => wire::WebhookDisabledReason::Gone,
            DisabledReason::Failing => wire::WebhookDisabledReason::Failing,
        }),
        failing_since: endpoint.failing_since.map(instant),
        previous_secret_until: endpoint.rotated.map(|rotated| instant(rotated.until)),
        created_at: instant(endpoint.created_at),
        secret: None,
        note: None,
    }
}

/// An endpoint whose secret is new, as it is stored and replayed.
pub(crate) fn endpoint_with_secret(
    of: &WebhookEndpoint,
    secret: Option<String>,
) -> wire::WebhookEndpoint {
    let note = secret.is_none().then(|| SECRET_NOT_KEPT.to_owned());
    wire::WebhookEndpoint { secret: Some(secret), note, ..endpoint(of) }
}

/// A delivery, without its attempts.
pub(crate) fn delivery(delivery: &Delivery) -> wire::WebhookDelivery {
    let event = &delivery.event;
    wire::WebhookDelivery {
        id: delivery.id.to_string(),
        endpoint_id: delivery.endpoint.to_string(),
        event_id: event.id.to_string(),
        event_type: event.kind.as_str().to_owned(),
        position: i64::try_from(event.position).unwrap_or(i64::MAX),
        resource_id: event.resource.clone(),
        resource_seq: i64::from(event.resource_seq),
        status: match delivery.status {
            DeliveryStatus::Pending => wire::WebhookDeliveryStatus::Pending,
            DeliveryStatus::Delivered => wire::WebhookDeliveryStatus::Delivered,
            DeliveryStatus::Failed => wire::WebhookDeliveryStatus::Failed,
            DeliveryStatus::Cancelled => wire::WebhookDeliveryStatus::Cancelled,
        },
        replayed: delivery.is_replayed,
        attempt_count: i64::from(delivery.attempts),
        next_attempt_at: delivery.due_at.map(instant),
        created_at: instant(delivery.created_at),
        ended_at: delivery.ended_at.map(instant),
        attempts: None,
    }
}

/// A delivery with its attempts.
pub(crate) fn delivery_with_attempts(view: &DeliveryView) -> wire::WebhookDelivery {
    let attempts = Some(view.attempts.iter().map(attempt).collect());
    wire::WebhookDelivery { attempts, ..delivery(&view.delivery) }
}

/// An attempt. What is no UTF-8 in the answer is shown as what it is not.
pub(crate) fn attempt(attempt: &DeliveryAttempt) -> wire::WebhookAttempt {
    wire::WebhookAttempt {
        at: instant(attempt.at),
        duration_ms: i64::from(attempt.millis),
        response_status: attempt.response_status.map(i64::from),
        fault: attempt.fault.map(fault),
        response_body: String::from_utf8_lossy(&attempt.body).into_owned(),
    }
}

const fn fault(fault: AttemptFault) -> wire::WebhookFault {
    match fault {
        AttemptFault::Timeout => wire::WebhookFault::Timeout,
        AttemptFault::Dns => wire::WebhookFault::Dns,
        AttemptFault::AddressRefused => wire::WebhookFault::AddressRefused,
        AttemptFault::Connect => wire::WebhookFault::Connect,
        AttemptFault::Tls => wire::WebhookFault::Tls,
        AttemptFault::Broken => wire::WebhookFault::Broken,
        AttemptFault::EventRemoved => wire::WebhookFault::EventRemoved,
    }
}
