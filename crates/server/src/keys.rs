//! Idempotency keys: "did my request arrive?", and making sure that it never will.

use axum::extract::Request;
use axum::response::Response;
use domain::Command;
use wire::{Code, KeyStatus};

use crate::app::App;
use crate::call::{Rule, unstored};
use crate::commands::record_of;
use crate::key_header::IDEMPOTENCY_KEY_CHARS_MAX;
use crate::operations::Operation;
use crate::parse::Nothing;
use crate::problem::ProblemBuilder;
use crate::refusal::{Invalid, Refusal};
use crate::views;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/idempotency_keys/{key}",
        "idempotency_key_show",
        Rule::READ.customers(),
        |at| at.to(show),
    )
    .codes(&[Code::NotFound]),
    Operation::post(
        "/idempotency_keys/{key}/retire",
        "idempotency_key_retire",
        Rule::BOOK.customers(),
        |at| at.to(retire),
    )
    .codes(&[Code::NotFound]),
];

/// What became of a key.
async fn show(app: App, rule: Rule, key: String, request: Request) -> Response {
    let in_flight = std::sync::Arc::clone(&app.in_flight);
    let answered = app.look(request, rule, &[], move |reads, call, _params| {
        let key = call.intent_key(checked(key)?);
        // A request that ends in between is in the store by then: so ask who runs first.
        let running = in_flight.running(&key.key);
        if let Some(record) = record_of(reads, &key)? {
            return Ok(views::key_record(&record));
        }
        let running = running.ok_or_else(|| {
            let detail =
                "Nothing is committed under this key. The request may still be on its way.";
            let action = "Send the request again with the same key, or retire the key.";
            Refusal::from(ProblemBuilder::new(Code::NotFound).detail(detail).action(action))
        })?;
        Ok(wire::KeyRecord {
            key: key.key.key,
            status: KeyStatus::InProgress,
            method: Some(running.cx.method.clone()),
            path: Some(running.cx.path.clone()),
            resource_id: None,
            response_status: None,
            attempts: running.attempts,
            first_seen_at: views::instant(running.first_seen_at),
            last_seen_at: views::instant(running.last_seen_at),
        })
    });
    unstored(answered.await)
}

/// Makes sure that nothing is ever decided under a key.
async fn retire(app: App, rule: Rule, key: String, request: Request) -> Response {
    let answered = app.command(request, rule, |call, body| {
        let key = call.intent_key(checked(key)?);
        body.read(|Nothing {}| Ok(Command::RetireKey(key)))
    });
    unstored(answered.await)
}

/// The key that a path names, which must be one that a header can carry.
fn checked(key: String) -> Result<String, Invalid> {
    let visible = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && key.len() <= IDEMPOTENCY_KEY_CHARS_MAX {
        Ok(key)
    } else {
        Err(Invalid::not_found())
    }
}
