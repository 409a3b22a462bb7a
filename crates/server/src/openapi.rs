//! The OpenAPI 3.1 document: what the server answers, said by the server itself.
//!
//! Each operation is a function without a body in the module of its chapter, and a line in that
//! module's `CALLS`: who may call it, and which refusals are its own. What follows from that line
//! (credential, headers, limits, problems with their examples) is added by [`common::Common`].
//!
//! The document stands in the repository as `openapi.json`; a test compares the two.

mod activity;
mod bookings;
mod call;
mod common;
mod events;
mod examples;
mod headers;
mod ids;
mod keys;
mod operations;
mod pages;
mod parameters;
mod problems;
mod refusals;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::LazyLock;

use utoipa::OpenApi;

use self::common::Common;

/// The document as JSON text: the same text from every server of one version.
///
/// # Panics
/// When an operation lacks its line in `CALLS`.
#[must_use]
pub fn document_text() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let text = Document::openapi().to_pretty_json();
        text.expect("the document has text keys only") + "\n"
    });
    TEXT.clone()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Bookonce"),
    servers(
        (url = "/api/v1", description = "The API"),
        (url = "/v1", description = "The same API at a shorter address"),
    ),
    tags(
        (name = events::TAG, description = events::ABOUT),
        (name = bookings::TAG, description = bookings::ABOUT),
        (name = keys::TAG, description = keys::ABOUT),
        (name = activity::TAG, description = activity::ABOUT),
        (name = tokens::TAG, description = tokens::ABOUT),
        (name = operations::TAG, description = operations::ABOUT),
        (name = pages::TAG, description = pages::ABOUT),
    ),
    paths(
        events::create,
        events::list,
        events::show,
        events::update,
        events::update_zone,
        events::availability,
        events::seats,
        events::summary,
        bookings::reserve,
        bookings::list,
        bookings::show,
        bookings::timeline,
        bookings::confirm,
        bookings::release,
        bookings::cancel,
        keys::show,
        keys::retire,
        activity::list,
        activity::stream,
        tokens::create,
        operations::health,
        operations::readiness,
        operations::metrics,
        pages::home,
        pages::openapi,
        pages::docs,
        pages::docs_script,
        pages::problems,
        pages::problem,
    ),
    components(schemas(
        wire::Problem,
        wire::ActivityEvent,
        ids::EventId,
        ids::ZoneId,
        ids::BookingId,
    )),
    modifiers(&Common),
)]
struct Document;
