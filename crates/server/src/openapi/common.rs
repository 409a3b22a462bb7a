//! Completes the document: what follows for every operation from its line.

use std::fmt::Write as _;
use std::mem;

use utoipa::Modify;
use utoipa::openapi::path::{HttpMethod, Operation as Documented, Paths};
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, Ref, RefOr, Required};
use wire::Retry;

use super::{codes, headers, parameters, problems, schemas};
use crate::call::{BODY_BYTES_MAX, Rule};
use crate::operations::{self, Described, Operation, Verb};
use crate::problem::entry;

/// Name of the security scheme of the API.
pub(super) const BEARER: &str = "bearer";

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
        schemas::name_lists(components);
        schemas::open_enumerations(components);
        put_in_place(&mut document.paths);
    }
}

/// Moves each operation from where it is described to where its line puts it, and completes it.
fn put_in_place(paths: &mut Paths) {
    let mut described = mem::take(&mut paths.paths);
    for it in operations::described() {
        let found = described.remove(it.id).and_then(|item| item.get);
        let mut documented = found.expect("every operation is described under its id");
        complete(&mut documented, it);
        let operation = it.operation;
        let methods = vec![match operation.verb {
            Verb::Delete => HttpMethod::Delete,
            Verb::Get => HttpMethod::Get,
            Verb::Patch => HttpMethod::Patch,
            Verb::Post => HttpMethod::Post,
        }];
        paths.add_path_operation(operation.path, methods, documented);
    }
    assert!(described.is_empty(), "no operations have these ids: {:?}", described.keys());
}

fn declare_credentials(components: &mut Components) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("bo_live_…, bo_test_… or JWT")
        .description(Some(
            "A secret key (`bo_live_…`, `bo_test_…`) or a customer token (JWT). The names beside the \
             scheme are the scopes that a secret key needs.",
        ));
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
}

fn complete(documented: &mut Documented, described: Described) {
    let Described { operation, rule, id: _ } = described;
    let description = documented.description.take().unwrap_or_default();
    let description = format!("{description}\n\n{}", rules(described));
    documented.description = Some(description.trim().to_owned());
    let shared = documented.parameters.get_or_insert_default();
    shared.extend(parameters::of(described).map(|name| RefOr::Ref(parameters::reference(name))));
    let body = documented.request_body.as_mut().filter(|_| operation.is_body_optional);
    if let Some(RefOr::T(body)) = body {
        body.required = Some(Required::False);
    }
    let scope = SecurityRequirement::new(BEARER, [rule.scope.as_str()]);
    documented.security = Some(vec![scope]);
    for response in documented.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_headers(response, operation);
            schemas::refer_to_lists(response);
        }
    }
    documented.responses.responses.extend(problems::responses(described));
}

/// The headers of a success.
fn add_headers(response: &mut Response, operation: &Operation) {
    let replayed = operation.is_change().then_some(headers::IDEMPOTENT_REPLAYED);
    for name in [headers::X_REQUEST_ID].iter().chain(headers::RATE_LIMITS).copied().chain(replayed)
    {
        response.headers.insert(name.to_owned(), RefOr::Ref(headers::reference(name)));
    }
}

/// What a description says by rule.
fn rules(Described { operation, rule, id: _ }: Described) -> String {
    let mut text = format!("Needs the scope `{}`.", rule.scope.as_str());
    text += if rule.customers {
        " A customer token may call it too, for its own user."
    } else {
        " Customer tokens may not call it."
    };
    if operation.is_change() {
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
    let mut text = format!("{page}\n| status | code | meaning | retry |\n|---|---|---|---|\n");
    for code in codes::occurring() {
        let entry = entry(code);
        let (status, title, link) = (entry.status, entry.title, problems::link(code));
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
