//! The OpenAPI 3.1 document of the API: what the server answers, said by the server itself. Pages, probes and
//! metrics stand outside the API's mount and are not in it: clients are generated from this.
//!
//! Each operation is described in the module of its chapter, under the id that its line has in the table of
//! [`crate::operations`]. What follows from that line (method, path, credential, headers, limits, problems
//! with their examples) is added by [`common::Common`].
//!
//! The document stands in the repository as `openapi.json`; a test compares the two.

pub(crate) mod activity;
pub(crate) mod codes;
mod common;
mod describe;
mod events;
pub(crate) mod examples;
mod headers;
pub(crate) mod ids;
pub(crate) mod keys;
mod parameters;
mod problems;
mod refusals;
mod schemas;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;

use std::sync::LazyLock;

use utoipa::openapi::OpenApi;
use utoipa::{Modify as _, OpenApi as _};

use self::common::Common;
pub(crate) use self::describe::describe;
pub(crate) use self::refusals::Met;
use crate::chapters::CHAPTERS;

/// The document as JSON text: the same text from every server of one version.
///
/// # Panics
/// When an operation has no description, or a description no operation.
#[must_use]
pub fn document_text() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let text = serde_json::to_value(document()).and_then(|mut document| {
            events::describe(&mut document);
            serde_json::to_string_pretty(&document)
        });
        text.expect("the document has text keys only") + "\n"
    });
    TEXT.clone()
}

fn document() -> OpenApi {
    let mut document = Document::openapi();
    for describe in CHAPTERS.iter().flat_map(|chapter| chapter.documents) {
        document.merge(describe());
    }
    Common.modify(&mut document);
    document
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Bookonce"),
    servers(
        (url = "/api/v1", description = "The API"),
        (url = "/v1", description = "The same API at a shorter address"),
    ),
    components(schemas(
        wire::Problem,
        wire::ActivityEvent,
        wire::BookingSnapshot,
        wire::Payment,
        wire::KeyCollision,
        wire::WebhookEndpointSnapshot,
        ids::EventId,
        ids::ZoneId,
        ids::BookingId,
        ids::WebhookEndpointId,
        ids::WebhookDeliveryId,
    )),
)]
struct Document;
