//! All routes. The API is mounted twice: at `/api/v1` and at `/v1`.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, patch, post};
use wire::Code;

use crate::app::App;
use crate::context::{Context, around_route};
use crate::refusal::Refusal;
use crate::tickets::{bookings, events, timeline};
use crate::{activity, availability, bench, echo, keys, ops, pages, tokens};

/// Everything the server answers; with `bench_routes` also what only measurements ask for.
pub(crate) fn router(app: App, bench_routes: bool) -> Router {
    let api = api();
    let mut router = Router::new();
    if bench_routes {
        // Not part of the API, and so in none of its documents.
        router = router.merge(bench::routes());
    }
    router
        .nest("/api/v1", api.clone())
        .nest("/v1", api)
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .route("/openapi.json", get(pages::openapi))
        .route("/docs", get(pages::docs))
        .route("/docs/scalar.js", get(pages::scalar_script))
        .route("/problems", get(pages::problems))
        .route("/problems/{slug}", get(pages::problem))
        .route("/", get(pages::home))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), around_route))
        .with_state(app)
}

fn api() -> Router<App> {
    Router::new()
        .route("/events", post(events::create).get(events::list))
        .route("/events/{id}", get(events::show).patch(events::update))
        .route("/events/{id}/zones/{zone_id}", patch(events::update_zone))
        .route("/events/{id}/zones/{zone_id}/availability", get(availability::show))
        .route("/events/{id}/zones/{zone_id}/seats", get(events::seats))
        .route("/events/{id}/users/{user_id}/summary", get(events::summary))
        .route("/bookings/reserve", post(bookings::reserve))
        .route("/bookings", get(bookings::list))
        .route("/bookings/{id}", get(bookings::show))
        .route("/bookings/{id}/timeline", get(timeline::show))
        .route("/bookings/{id}/confirm", post(bookings::confirm))
        .route("/bookings/{id}/release", post(bookings::release))
        .route("/bookings/{id}/cancel", post(bookings::cancel))
        .route("/activity", get(activity::list))
        .route("/activity/stream", get(activity::stream))
        .route("/idempotency_keys/{key}", get(keys::show))
        .route("/idempotency_keys/{key}/retire", post(keys::retire))
        .route("/customer_tokens", post(tokens::create))
}

async fn not_found(State(_app): State<App>, request: Request) -> Response {
    let cx = Context::of(request.extensions());
    Refusal::new(Code::NotFound, "There is nothing at this address.").into_response(&cx)
}

async fn method_not_allowed(State(_app): State<App>, request: Request) -> Response {
    let cx = Context::of(request.extensions());
    let detail = format!("This address does not take {}.", echo::cut(&cx.method));
    Refusal::new(Code::MethodNotAllowed, detail).into_response(&cx)
}
