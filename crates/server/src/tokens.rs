//! Customer tokens: a customer acts for themselves, and for nobody else.

use axum::extract::{Request, State};
use axum::response::Response;

use crate::app::App;
use crate::call::{Rule, unstored};
use crate::tickets::parse_token;

/// `POST /customer_tokens`
pub(crate) async fn create(State(app): State<App>, request: Request) -> Response {
    unstored(app.command(request, Rule::ADMIN, |_call, body| parse_token(body.decode()?)).await)
}
