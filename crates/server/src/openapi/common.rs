//! Completes the document: what follows for every operation from its line in `CALLS`.

use std::fmt::Write as _;

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, Ref, RefOr, Required, Schema, Server};
use wire::{Code, Retry};

use super::call::{self, Call, Kind, call_of};
use super::{headers, parameters, problems};
use crate::call::{BODY_BYTES_MAX, Rule};
use crate::problem::entry;

/// Name of the security scheme of the API.
pub(super) const BEARER: &str = "bearer";
/// Name of the security scheme of `/metrics`.
pub(super) const METRICS_TOKEN: &str = "metrics_token";
/// Where operations stand that are outside the API's mount.
const ROOT: &str = "/";

pub(super) struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        document.info.description = Some(about());
        let no_scopes: [&str; 0] = [];
        document.security = Some(vec![SecurityRequirement::new(BEARER, no_scopes)]);
        let components = document.components.get_or_insert_default();
        headers::declare(components);
        parameters::declare(components);
        problems::declare(components);
        declare_credentials(components);
        share_rows(components);
        for operation in document.paths.paths.values_mut().flat_map(operations) {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            let call = call_of(id).expect("every operation has its line in CALLS");
            complete(operation, call);
        }
    }
}

/// The operations of a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn declare_credentials(components: &mut Components) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("bo_live_…, bo_test_… or JWT")
        .description(Some(
            "A secret key (`bo_live_…`, `bo_test_…`) or a customer token (JWT). The names beside the \
             scheme are the scopes that a secret key needs.",
        ));
    let metrics = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The setting `metrics.token`, where it is set."));
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
    components.add_security_scheme(METRICS_TOKEN, SecurityScheme::Http(metrics.build()));
}

/// The rows of lists refer to their schema instead of repeating it.
fn share_rows(components: &mut Components) {
    let names: Vec<_> = components.schemas.keys().cloned().collect();
    for name in &names {
        let Some(row) =
            name.strip_prefix("List_").filter(|row| names.iter().any(|name| name == row))
        else {
            continue;
        };
        if let Some(RefOr::T(Schema::Object(list))) = components.schemas.get_mut(name)
            && let Some(RefOr::T(Schema::Array(data))) = list.properties.get_mut("data")
        {
            let row = Ref::from_schema_name(row);
            data.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(row)));
        }
    }
}

fn complete(operation: &mut Operation, call: &Call) {
    let description = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{description}\n\n{}", rules(call)).trim().to_owned());
    let shared = operation.parameters.get_or_insert_default();
    shared.extend(parameters::of(call).map(|name| RefOr::Ref(parameters::reference(name))));
    if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| call.bodiless) {
        body.required = Some(Required::False);
    }
    match call.rule() {
        Some(rule) => {
            let scope = SecurityRequirement::new(BEARER, [rule.scope.as_str()]);
            operation.security = Some(vec![scope]);
        }
        None => {
            operation.servers = Some(vec![Server::new(ROOT)]);
            operation.security.get_or_insert_default();
        }
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_headers(response, call);
        }
    }
    operation.responses.responses.extend(problems::responses(call));
}

/// The headers of a success.
fn add_headers(response: &mut Response, call: &Call) {
    let replayed = call.replays().then_some(headers::IDEMPOTENT_REPLAYED);
    let limits = call.rule().map(|_| headers::RATE_LIMITS).unwrap_or_default();
    for name in [headers::X_REQUEST_ID].iter().chain(limits).copied().chain(replayed) {
        response.headers.insert(name.to_owned(), RefOr::Ref(headers::reference(name)));
    }
}

/// What a description says by rule.
fn rules(call: &Call) -> String {
    let Some(rule) = call.rule() else { return String::new() };
    let mut text = format!("Needs the scope `{}`.", rule.scope.as_str());
    text += if rule.customers {
        " A customer token may call it too, for its own user."
    } else {
        " Customer tokens may not call it."
    };
    if matches!(call.kind, Kind::Write(_)) {
        text += &key_and_body(rule);
    }
    text
}

fn key_and_body(rule: Rule) -> String {
    let mut text = if rule.key_required {
        " Requires an `Idempotency-Key`.".to_owned()
    } else {
        " Honours an `Idempotency-Key`.".to_owned()
    };
    if rule.body_bytes_max != BODY_BYTES_MAX {
        let mebibytes = rule.body_bytes_max / (1024 * 1024);
        text += &format!(" The body may have up to {mebibytes} MiB.");
    }
    text
}

/// The page of Markdown at the head of the document, and the table of all codes.
fn about() -> String {
    let (_title, page) = include_str!("about.md").split_once("\n\n").unwrap_or_default();
    let codes: Vec<_> = call::all().flat_map(Call::codes).chain([Code::MethodNotAllowed]).collect();
    let mut text = format!("{page}\n| status | code | meaning | retry |\n|---|---|---|---|\n");
    for code in Code::ALL.iter().filter(|code| codes.contains(code)) {
        let entry = entry(*code);
        let (status, title, link) = (entry.status, entry.title, problems::link(*code));
        let retry = match entry.retry {
            Retry::Never => "never",
            Retry::SameKey => "same key",
            Retry::NewKey => "new key",
        };
        writeln!(text, "| {status} | {link} | {title} | {retry} |").expect("text takes text");
    }
    text
}

/// The place of something in `components`.
pub(super) fn component(kind: &str, name: &str) -> Ref {
    Ref::new(format!("#/components/{kind}/{name}"))
}
