//! `POST /bench/constant`: what HTTP costs by itself, so that other figures can be ratios to it.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;

use crate::app::App;
use crate::call::{Rule, put_rate_headers};
use crate::commands::Heard;
use crate::context::Context;
use crate::refusal::Refusal;
use crate::render::JSON;

/// Bytes of the answer: about as many as a booking has.
pub const CONSTANT_BYTES: usize = 400;
const CONSTANT: [u8; CONSTANT_BYTES] = constant_json();

/// A JSON string of exactly that length.
const fn constant_json() -> [u8; CONSTANT_BYTES] {
    let mut bytes = [b'x'; CONSTANT_BYTES];
    let [first, .., last] = &mut bytes;
    *first = b'"';
    *last = b'"';
    bytes
}

/// Where it is asked for.
pub(crate) const PATH: &str = "/bench/constant";

/// What only measurements ask for.
pub(crate) fn routes() -> Router<App> {
    Router::new().route(PATH, post(constant))
}

/// Reads the body, authenticates, and answers 201 with the same bytes, always.
pub(crate) async fn constant(State(app): State<App>, request: Request) -> Response {
    let cx = Context::of(request.extensions());
    answer(&app, request).await.unwrap_or_else(|refusal| refusal.into_response(&cx))
}

async fn answer(app: &App, request: Request) -> Result<Response, Refusal> {
    let call = app.receive(request, Rule::BOOK, &mut Heard::default()).await?.call;
    let mut response = Response::new(Body::from(CONSTANT.as_slice()));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    put_rate_headers(app, call.level, &mut response);
    Ok(response)
}
