//! Endpoints: create, look, change, delete, rotate, send back.

use axum::extract::Request;
use axum::response::Response;
use domain::Command;
use domain::id::WebhookEndpointId;
use domain::webhooks::endpoint::EndpointStatus;
use domain::webhooks::intent::SecretRotation;
use engine::reads::Page;

use super::parse::{self, Rules};
use super::views;
use crate::app::App;
use crate::call::{Rule, unstored};
use crate::parse::{Nothing, not_found, path_id};
use crate::query::page;

pub(super) async fn create(app: App, rule: Rule, request: Request) -> Response {
    let command = app.command(request, rule, |_call, body| {
        let rules = Rules { urls: app.urls, secrets: &app.secrets };
        body.read(|body| parse::create(rules, body))
    });
    unstored(command.await)
}

pub(super) async fn update(app: App, rule: Rule, endpoint: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let endpoint = path_id(&endpoint)?;
        body.read(|body| parse::update(app.urls, endpoint, body))
    })
    .await
}

pub(super) async fn delete(app: App, rule: Rule, endpoint: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let endpoint = path_id(&endpoint)?;
        body.read(|Nothing {}| Ok(Command::DeleteEndpoint(endpoint)))
    })
    .await
}

pub(super) async fn rotate_secret(
    app: App,
    rule: Rule,
    endpoint: String,
    request: Request,
) -> Response {
    let command = app.command(request, rule, |_call, body| {
        let endpoint = path_id(&endpoint)?;
        let derived_from = app.secrets.current().into();
        body.read(|Nothing {}| Ok(Command::RotateSecret(SecretRotation { endpoint, derived_from })))
    });
    unstored(command.await)
}

pub(super) async fn replay(app: App, rule: Rule, endpoint: String, request: Request) -> Response {
    app.command(request, rule, |_call, body| {
        let endpoint = path_id(&endpoint)?;
        body.read(|body| parse::replay(endpoint, body))
    })
    .await
}

pub(super) async fn show(app: App, rule: Rule, endpoint: String, request: Request) -> Response {
    app.look(request, rule, &[], move |reads, call, _params| {
        let id: WebhookEndpointId = path_id(&endpoint)?;
        let found = reads.endpoint(call.caller.account, id)?;
        let found = found.filter(|it| it.status != EndpointStatus::Deleted);
        Ok(views::endpoint(&found.ok_or_else(|| not_found(&endpoint))?))
    })
    .await
}

pub(super) async fn list(app: App, rule: Rule, request: Request) -> Response {
    let known = ["limit", "after"].as_slice();
    app.look(request, rule, known, move |reads, call, params| {
        let limit = params.limit()?;
        let rows = Page { after: params.get_as("after")?, limit: limit.saturating_add(1) };
        let found = reads.endpoints(call.caller.account, rows)?;
        Ok(page(found.iter().map(views::endpoint).collect(), limit, |endpoint| endpoint.id.clone()))
    })
    .await
}
