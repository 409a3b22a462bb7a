//! Customer tokens: a customer acts for themselves, and for nobody else.

use axum::extract::Request;
use axum::response::Response;

use crate::app::App;
use crate::call::{Rule, unstored};
use crate::operations::Operation;
use crate::tickets::parse_token;

pub(crate) const OPERATIONS: &[Operation] =
    &[Operation::post("/customer_tokens", "customer_token_create", Rule::ADMIN, |at| {
        at.to(create)
    })];

/// Makes a token.
async fn create(app: App, rule: Rule, request: Request) -> Response {
    let parsed = app.command(request, rule, |call, body| {
        body.read(|body| parse_token(call, &app.secrets, body))
    });
    unstored(parsed.await)
}
