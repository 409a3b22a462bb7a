//! A `ping` for one endpoint, and what its receiver says to it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use domain::id::ActivityId;
use domain::webhooks::endpoint::WebhookEndpoint;
use domain::{Command, Reply};
use engine::credentials::Mode;

use super::outbound::Parcel;
use super::signing::Signer;
use super::views;
use crate::app::App;
use crate::call::{REQUEST_SECONDS, Rule};
use crate::commands::Fresh;
use crate::parse::{Nothing, path_id};
use crate::render::bytes;
use crate::views::instant;

/// A receiver has so long to answer, as whoever asked waits for it.
const LIMIT: Duration = Duration::from_secs(REQUEST_SECONDS - 1);
/// What happened: nothing.
const PING: &str = "ping";

/// Sends a ping, unless the idempotency key has sent one before.
pub(super) async fn test(app: App, rule: Rule, endpoint: String, request: Request) -> Response {
    let command = app.command(request, rule, |_call, body| {
        let endpoint = path_id(&endpoint)?;
        body.read(|Nothing {}| Ok(Command::PingEndpoint(endpoint)))
    });
    let mut response = command.await;
    let Some(Fresh { account, mode, reply }) = response.extensions_mut().remove::<Fresh>() else {
        return response;
    };
    let Reply::Ping(endpoint) = *reply else { return response };
    let signer = Signer { account, endpoint: endpoint.id };
    let ended = app.sender.send(parcel(&app, signer, &endpoint, mode == Mode::Live), LIMIT).await;
    let told = wire::WebhookTest {
        endpoint_id: endpoint.id.to_string(),
        delivered: Some(ended.attempt.is_success()),
        attempt: Some(views::attempt(&ended.attempt)),
        note: None,
    };
    *response.body_mut() = Body::from(bytes(&told));
    response
}

/// The ping of an endpoint: an envelope as of any event, but in no feed.
fn parcel(app: &App, signer: Signer, endpoint: &WebhookEndpoint, livemode: bool) -> Parcel {
    let now = app.clock.now();
    let id = ActivityId::from_raw(app.fresh_id()).to_string();
    let envelope = wire::ActivityEvent {
        id: id.clone(),
        kind: PING.to_owned(),
        schema_version: u32::from(domain::activity::SCHEMA_VERSION),
        livemode,
        created_at: instant(now),
        position: 0,
        resource_id: endpoint.id.to_string(),
        resource_seq: i64::from(endpoint.seq),
        data: serde_json::json!({"webhook_endpoint_id": endpoint.id.to_string()}),
    };
    Parcel {
        url: Arc::from(endpoint.url.as_str()),
        signer,
        secrets: endpoint.secrets_at(now).into(),
        id,
        body: bytes(&envelope),
    }
}
