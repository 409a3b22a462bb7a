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
    unstored(app.command(request, rule, |_call, body| body.read(parse_token)).await)
}
