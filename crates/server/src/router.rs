//! All routes. The API is mounted twice.

use std::mem;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use wire::Code;

use crate::app::App;
use crate::context::{Context, around_route};
use crate::operations::MOUNTS;
use crate::refusal::Refusal;
use crate::{bench, echo, operations, pages};

/// Everything the server answers; with `bench_routes` also what only measurements ask for.
pub(crate) fn router(app: App, bench_routes: bool) -> Router {
    let (mut api, mut root) = (Router::new(), Router::new());
    for operation in operations::all() {
        let router = if operation.rule().is_some() { &mut api } else { &mut root };
        *router = mem::take(router).route(operation.path, operation.route());
    }
    if bench_routes {
        // Not part of the API, and so in none of its documents.
        root = root.merge(bench::routes());
    }
    MOUNTS
        .into_iter()
        .fold(root, |root, mount| root.nest(mount, api.clone()))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), around_route))
        .with_state(app)
}

async fn not_found(State(_app): State<App>, request: Request) -> Response {
    pages::missing("There is nothing at this address.", &request)
}

async fn method_not_allowed(State(_app): State<App>, request: Request) -> Response {
    let cx = Context::of(request.extensions());
    let detail = format!("This address does not take {}.", echo::cut(&cx.method));
    Refusal::new(Code::MethodNotAllowed, detail).into_response(&cx)
}
