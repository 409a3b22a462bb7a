//! Problems in the document: one response per status, with the codes that it can have.

use std::collections::BTreeMap;

use utoipa::openapi::example::Example;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr};
use wire::Code;

use super::codes;
use super::common::component;
use super::headers::{
    self, IDEMPOTENT_REPLAYED, RATE_LIMITS, RETRY_AFTER, WWW_AUTHENTICATE, X_REQUEST_ID,
};
use super::refusals;
use crate::operations::{self, Described, Operation};
use crate::problem::{CONTENT_TYPE, entry};

/// What an operation answers instead of its success, by status.
pub(super) fn responses(described: Described) -> impl Iterator<Item = (String, RefOr<Response>)> {
    let operation = described.operation;
    by_status(described).into_iter().map(|(status, codes)| {
        let shared = shared_code(operation, status, &codes);
        let response = shared.map_or_else(
            || RefOr::T(response(status, &codes, operation.is_change())),
            |code| RefOr::Ref(component("responses", &name(code))),
        );
        (status.to_string(), response)
    })
}

fn by_status(described: Described) -> BTreeMap<u16, Vec<Code>> {
    let mut statuses: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for code in codes::of(described) {
        statuses.entry(entry(code).status).or_default().push(code);
    }
    statuses
}

/// The code of a status that has no other, and whose answer looks the same everywhere.
fn shared_code(operation: &Operation, status: u16, codes: &[Code]) -> Option<Code> {
    match codes {
        [code] if !(operation.is_change() && is_replayed(status)) => Some(*code),
        _ => None,
    }
}

/// Whether refusals of this status are kept for their key.
const fn is_replayed(status: u16) -> bool {
    matches!(status, 402 | 404 | 409)
}

/// Puts the responses and examples where operations refer to them.
pub(super) fn declare(components: &mut Components) {
    let (mut shared, mut used) = (Vec::new(), Vec::new());
    for described in operations::described() {
        for (status, codes) in by_status(described) {
            shared.extend(shared_code(described.operation, status, &codes));
            used.extend(codes);
        }
    }
    for code in shared {
        let response = response(entry(code).status, &[code], false);
        components.responses.insert(name(code), RefOr::T(response));
    }
    for code in used {
        let mut example = Example::new();
        entry(code).title.clone_into(&mut example.summary);
        example.value = serde_json::to_value(refusals::example(code)).ok();
        components.examples.insert(code.as_str().to_owned(), RefOr::T(example));
    }
}

/// The name of a shared response.
fn name(code: Code) -> String {
    format!("{code:?}")
}

/// A code as a link to its page.
pub(super) fn link(code: Code) -> String {
    format!("[`{code}`](/problems/{})", code.slug())
}

fn response(status: u16, codes: &[Code], replays: bool) -> Response {
    let line = |code: &Code| {
        let entry = entry(*code);
        format!("{} {}. {}", link(*code), entry.title, entry.action)
    };
    let description = match codes {
        [code] => line(code),
        codes => {
            let names: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
            let lines: Vec<_> = codes.iter().map(|code| format!("- {}", line(code))).collect();
            format!("{}\n\n{}", names.join(", "), lines.join("\n"))
        }
    };
    let example =
        |code: &Code| (code.as_str(), RefOr::<Example>::Ref(component("examples", code.as_str())));
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(codes.iter().map(example));
    let mut response =
        ResponseBuilder::new().description(description).content(CONTENT_TYPE, content.build());
    for name in header_names(status, replays) {
        response = response.header_ref(name, headers::reference(name));
    }
    response.build()
}

fn header_names(status: u16, replays: bool) -> impl Iterator<Item = &'static str> {
    let own: &[_] = match status {
        401 => &[WWW_AUTHENTICATE],
        409 | 429 | 503 => &[RETRY_AFTER],
        _ => &[],
    };
    // Before the credential is accepted, nobody's limit is known.
    let limits = match status {
        400 | 402 | 404 | 409 | 422 | 429 | 500 | 503 => RATE_LIMITS,
        _ => &[],
    };
    let replayed = (replays && is_replayed(status)).then_some(IDEMPOTENT_REPLAYED);
    [X_REQUEST_ID]
        .into_iter()
        .chain(own.iter().copied())
        .chain(limits.iter().copied())
        .chain(replayed)
}
