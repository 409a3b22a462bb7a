//! Deliveries: look, and try again.

use axum::extract::Request;
use axum::response::Response;
use domain::Command;
use domain::activity::ActivityKind;
use domain::id::DeliveryId;
use domain::webhooks::delivery::DeliveryStatus;
use engine::reads::Page;
use engine::webhooks::DeliveryFilter;

use super::views;
use crate::app::App;
use crate::call::Rule;
use crate::parse::{Nothing, not_found, path_id};
use crate::query::{Params, page};
use crate::refusal::Invalid;
use crate::views::event_type_words;

pub(super) async fn list(app: App, rule: Rule, request: Request) -> Response {
    let known = ["limit", "after", "endpoint_id", "status", "event_type"].as_slice();
    app.look(request, rule, known, move |reads, call, params| {
        let filter = filter(params)?;
        let limit = params.limit()?;
        let rows = Page { after: params.get_as("after")?, limit: limit.saturating_add(1) };
        let found = reads.deliveries(call.caller.account, filter, rows)?;
        Ok(page(found.iter().map(views::delivery).collect(), limit, |delivery| delivery.id.clone()))
    })
    .await
}

fn filter(params: &Params) -> Result<DeliveryFilter, Invalid> {
    let status = params.get("status").map(|word| {
        let words = DeliveryStatus::ALL.map(DeliveryStatus::as_str).join(", ");
        let unknown = || Invalid::field("status", &format!("must be one of: {words}"));
        DeliveryStatus::from_word(word).ok_or_else(unknown)
    });
    let kind = params.get("event_type").map(|word| {
        let message = format!("must be one of: {}", event_type_words());
        ActivityKind::from_word(word).ok_or_else(|| Invalid::field("event_type", &message))
    });
    Ok(DeliveryFilter {
        endpoint: params.get_as("endpoint_id")?,
        status: status.transpose()?,
        kind: kind.transpose()?,
    })
}

pub(super) async fn show(app: App, rule: Rule, delivery: String, request: Request) -> Response {
    app.look(request, rule, &[], move |reads, call, _params| {
        let id: DeliveryId = path_id(&delivery)?;
        let found = reads.delivery(call.caller.account, id)?;
        let found = found.ok_or_else(|| not_found(&delivery))?;
        Ok(views::delivery_with_attempts(&found))
    })
    .await
}

pub(super) async fn redeliver(
    app: App,
    rule: Rule,
    delivery: String,
    request: Request,
) -> Response {
    app.command(request, rule, |_call, body| {
        let delivery = path_id(&delivery)?;
        body.read(|Nothing {}| Ok(Command::Redeliver(delivery)))
    })
    .await
}
