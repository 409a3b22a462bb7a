//! Customer tokens: a customer acts for themselves, and for nobody else.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::app::App;
use crate::call::Rule;
use crate::tickets::parse_token;

/// `POST /customer_tokens`
pub(crate) async fn create(State(app): State<App>, request: Request) -> Response {
    let mut response =
        app.command(request, Rule::ADMIN, |_call, body| parse_token(body.decode()?)).await;
    // A credential is for whoever asked, and for no cache on the way.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
