//! Operations on webhooks, and examples of their refusals.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use domain::Reject;
use domain::id::WebhookEndpointId;
use domain::webhooks::reject::WebhookReject;
use wire::{
    Code, CreateWebhookEndpointRequest, Deleted, List, ReplayWebhookRequest,
    UpdateWebhookEndpointRequest, WebhookAttempt, WebhookDelivery, WebhookDeliveryStatus,
    WebhookEndpoint, WebhookEndpointStatus, WebhookReplay, WebhookTest,
};

use super::views::{SECRET_NOT_KEPT, TEST_NOT_KEPT};
use crate::openapi::examples::{BOOKING, CONFIRMED, CREATED, list, text};
use crate::openapi::ids::{WebhookDeliveryId, WebhookEndpointId as EndpointIdSchema};
use crate::openapi::{Met, describe};
use crate::render::problem;
use crate::views::instant;

const TAG: &str = "Webhooks";
const ABOUT: &str = "What happens in the account, sent to your servers as it happens: signed, in order for each \
    resource, at least once, and tried again for three days.";

const ENDPOINT: &str = "whk_01kh3v0h2efk9b6t4wq8m7x5ra";
const DELIVERY: &str = "dlv_01kh3v0h2efk9b6t4wq8m7x5ra";
const MESSAGE: &str = "msg_01kh3v0h2efk9b6t4wq8m7x5rb";
const URL: &str = "https://shop.example/hooks/bookonce";

describe! {
    /// Create a webhook endpoint
    ///
    /// It is sent what happens from now on: every event as a `POST` of its envelope, as `GET /activity` has it, signed
    /// as the Standard Webhooks specification says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Any answer
    /// from 200 to 299 within 15 s is a success; others are tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h,
    /// 20 h and 24 h. The next event of a resource waits until the one before it was delivered or given up.
    ///
    /// `secret` is shown once: the answer to a retry with the same key has `null` in its place.
    webhook_endpoint_create(
        request_body(content = CreateWebhookEndpointRequest, example = json!(create())),
        responses((
            status = 201,
            description = "The endpoint, with its secret.",
            body = WebhookEndpoint,
            headers(("Location" = String, description = "The address of the endpoint.")),
            links(
                ("show" = (
                    operation_id = "webhook_endpoint_show",
                    parameters(("id" = "$response.body#/id")),
                )),
                ("test" = (
                    operation_id = "webhook_endpoint_test",
                    parameters(("id" = "$response.body#/id")),
                )),
            ),
            examples(
                ("first" = (summary = "The first answer", value = json!(with_secret()))),
                ("replayed" = (summary = "The answer to a retry", value = json!(replayed()))),
            ),
        )),
    )

    /// List webhook endpoints
    ///
    /// The newest first.
    webhook_endpoint_list(
        params(("after" = Option<EndpointIdSchema>, Query, description = "`next` of the page before.")),
        responses((
            status = 200,
            description = "A page of endpoints.",
            body = List<WebhookEndpoint>,
            example = json!(list(endpoint())),
        )),
    )

    /// Retrieve a webhook endpoint
    webhook_endpoint_show(
        params(("id" = EndpointIdSchema, Path, description = "The endpoint.")),
        responses((
            status = 200,
            description = "The endpoint, without its secret.",
            body = WebhookEndpoint,
            example = json!(endpoint()),
        )),
    )

    /// Update a webhook endpoint
    ///
    /// What is left out stays as it is. One that is enabled again is sent what happens from then on, and what was
    /// pending; use `replay` for what happened meanwhile.
    webhook_endpoint_update(
        params(("id" = EndpointIdSchema, Path, description = "The endpoint.")),
        request_body(content = UpdateWebhookEndpointRequest, example = json!(update())),
        responses((
            status = 200,
            description = "The endpoint as it is now.",
            body = WebhookEndpoint,
            example = json!(endpoint()),
        )),
    )

    /// Delete a webhook endpoint
    ///
    /// Nothing is sent to it any more, and what is pending is cancelled. Its deliveries can still be seen.
    webhook_endpoint_delete(
        params(("id" = EndpointIdSchema, Path, description = "The endpoint.")),
        responses((
            status = 200,
            description = "It is gone.",
            body = Deleted,
            example = json!(deleted()),
        )),
    )

    /// Test a webhook endpoint
    ///
    /// Sends an event of the type `ping` to this endpoint alone, whatever its `event_types`, and answers with what the
    /// receiver said within 9 s. The ping is in no feed and is not tried again. Takes no body, or `{}`.
    webhook_endpoint_test(
        params(("id" = EndpointIdSchema, Path, description = "The endpoint.")),
        responses((
            status = 200,
            description = "What the receiver said.",
            body = WebhookTest,
            examples(
                ("first" = (summary = "The first answer", value = json!(tested()))),
                ("replayed" = (summary = "The answer to a retry", value = json!(test_replayed()))),
            ),
        )),
    )

    /// Rotate a webhook endpoint's secret
    ///
    /// For 24 hours both secrets sign: `webhook-signature` then has two signatures, separated by a space. The new
    /// secret is shown once. Takes no body, or `{}`.
    webhook_endpoint_rotate(
        params(("id" = EndpointIdSchema, Path, description = "The endpoint.")),
        responses((
            status = 200,
            description = "The endpoint, with its new secret.",
            body = WebhookEndpoint,
            example = json!(with_secret()),
        )),
    )

    /// Replay events to a webhook endpoint
    ///
    /// Sends again, in order, what the endpoint was sent since a position of the feed, as new deliveries with
    /// `replayed` set; what happens meanwhile comes after it. Events keep their `webhook-id`.
    webhook_endpoint_replay(
        params(("id" = EndpointIdSchema, Path, description = "The endpoint.")),
        request_body(content = ReplayWebhookRequest, example = json!(replay())),
        responses((
            status = 200,
            description = "What is sent again.",
            body = WebhookReplay,
            example = json!(replaying()),
        )),
    )

    /// List webhook deliveries
    ///
    /// The newest first.
    webhook_delivery_list(
        params(
            ("endpoint_id" = Option<EndpointIdSchema>, Query, description = "Only those to this endpoint."),
            (
                "status" = Option<WebhookDeliveryStatus>,
                Query,
                description = "Only those with this status.",
            ),
            (
                "event_type" = Option<String>,
                Query,
                description = "Only those of events of this type.",
                example = "booking.confirmed",
            ),
            ("after" = Option<WebhookDeliveryId>, Query, description = "`next` of the page before."),
        ),
        responses((
            status = 200,
            description = "A page of deliveries, without their attempts.",
            body = List<WebhookDelivery>,
            example = json!(list(delivery())),
        )),
    )

    /// Retrieve a webhook delivery
    webhook_delivery_show(
        params(("id" = WebhookDeliveryId, Path, description = "The delivery.")),
        responses((
            status = 200,
            description = "The delivery with its attempts.",
            body = WebhookDelivery,
            example = json!(attempted()),
        )),
    )

    /// Redeliver a webhook delivery
    ///
    /// Tries it again at once, whatever became of it, and by the whole schedule if it fails. Takes no body, or `{}`.
    webhook_delivery_redeliver(
        params(("id" = WebhookDeliveryId, Path, description = "The delivery.")),
        responses((
            status = 200,
            description = "The delivery as it is now.",
            body = WebhookDelivery,
            example = json!(pending()),
        )),
    )
}

/// An example of a refusal, if it is one of this chapter.
pub(crate) fn refusal(code: Code) -> Option<Met> {
    let endpoint: WebhookEndpointId = ENDPOINT.parse().ok()?;
    let found = [
        (
            Code::TooManyEndpoints,
            "/webhook_endpoints".to_owned(),
            WebhookReject::TooManyEndpoints { max: domain::limits::WEBHOOK_ENDPOINTS_MAX },
        ),
        (
            Code::EndpointDisabled,
            format!("/webhook_endpoints/{ENDPOINT}/replay"),
            WebhookReject::EndpointDisabled(endpoint),
        ),
    ];
    let (_, path, reject) = found.into_iter().find(|(known, ..)| *known == code)?;
    Some(Met { path, problem: problem(&Reject::Webhook(reject)) })
}

fn types() -> Vec<String> {
    ["booking.*", "payment.captured"].map(str::to_owned).to_vec()
}

fn create() -> CreateWebhookEndpointRequest {
    let (url, description) = (URL.to_owned(), text("Ledger"));
    CreateWebhookEndpointRequest { url, event_types: types(), description }
}

fn update() -> UpdateWebhookEndpointRequest {
    UpdateWebhookEndpointRequest { enabled: Some(true), ..UpdateWebhookEndpointRequest::default() }
}

fn endpoint() -> WebhookEndpoint {
    WebhookEndpoint {
        id: ENDPOINT.to_owned(),
        url: URL.to_owned(),
        event_types: types(),
        description: text("Ledger"),
        status: WebhookEndpointStatus::Enabled,
        disabled_reason: None,
        failing_since: None,
        previous_secret_until: None,
        created_at: instant(CREATED),
        secret: None,
        note: None,
    }
}

fn with_secret() -> WebhookEndpoint {
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDOd2GVxcQVYo=".to_owned();
    WebhookEndpoint { secret: Some(Some(secret)), ..endpoint() }
}

fn replayed() -> WebhookEndpoint {
    WebhookEndpoint { secret: Some(None), note: text(SECRET_NOT_KEPT), ..endpoint() }
}

fn deleted() -> Deleted {
    Deleted { id: ENDPOINT.to_owned(), deleted: true }
}

fn attempt() -> WebhookAttempt {
    WebhookAttempt {
        at: instant(CONFIRMED.plus_millis(8)),
        duration_ms: 27,
        response_status: Some(200),
        fault: None,
        response_body: "ok".to_owned(),
    }
}

fn tested() -> WebhookTest {
    let attempt = Some(attempt());
    WebhookTest { endpoint_id: ENDPOINT.to_owned(), delivered: Some(true), attempt, note: None }
}

fn test_replayed() -> WebhookTest {
    WebhookTest { delivered: None, attempt: None, note: text(TEST_NOT_KEPT), ..tested() }
}

fn replay() -> ReplayWebhookRequest {
    ReplayWebhookRequest { after: 1_040 }
}

fn replaying() -> WebhookReplay {
    WebhookReplay { endpoint_id: ENDPOINT.to_owned(), after: 1_040, until: 1_042 }
}

fn delivery() -> WebhookDelivery {
    WebhookDelivery {
        id: DELIVERY.to_owned(),
        endpoint_id: ENDPOINT.to_owned(),
        event_id: MESSAGE.to_owned(),
        event_type: "booking.confirmed".to_owned(),
        position: 1_042,
        resource_id: BOOKING.to_owned(),
        resource_seq: 2,
        status: WebhookDeliveryStatus::Delivered,
        replayed: false,
        attempt_count: 1,
        next_attempt_at: None,
        created_at: instant(CONFIRMED.plus_millis(41)),
        ended_at: Some(instant(CONFIRMED.plus_millis(41))),
        attempts: None,
    }
}

fn attempted() -> WebhookDelivery {
    WebhookDelivery { attempts: Some(vec![attempt()]), ..delivery() }
}

fn pending() -> WebhookDelivery {
    WebhookDelivery {
        status: WebhookDeliveryStatus::Pending,
        next_attempt_at: Some(instant(CONFIRMED.plus_millis(60_000))),
        ended_at: None,
        ..delivery()
    }
}
