//! What operators and their machines ask: is it alive, is it ready, what does it count.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use engine::reads::{Identity, Sizes};
use serde_json::json;
use tokio::sync::Mutex;
use wire::Code;

use crate::app::App;
use crate::auth::bearer;
use crate::context::Context;
use crate::metrics::{OPENMETRICS, PROMETHEUS, wants_openmetrics};
use crate::operations::Operation;
use crate::reading;
use crate::refusal::Refusal;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::open("/healthz", |at| at.to(healthz)),
    Operation::open("/readyz", |at| at.to(readyz)),
    Operation::open("/metrics", |at| at.to(metrics)),
];

/// A store that takes longer to say who it is does not serve anybody.
const READY_LIMIT: Duration = Duration::from_secs(2);

/// How long a scrape waits to be told how large the store is.
const SIZES_LIMIT: Duration = Duration::from_secs(1);

/// What the store said of itself counts for so long: however many ask, it is asked once in that time.
const READY_KEPT_MICROS: u64 = 200_000;

/// What the store said of itself last. Whoever finds that too old asks, and the others wait.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Arc<Mutex<Option<Said>>>);

#[derive(Debug)]
struct Said {
    at_micros: u64,
    /// `None` when it could not be reached.
    store: Option<Identity>,
}

impl Readiness {
    async fn store(&self, app: &App) -> Option<Identity> {
        let mut said = Arc::clone(&self.0).lock_owned().await;
        if let Some(Said { at_micros, store }) = &*said
            && app.clock.micros().saturating_sub(*at_micros) < READY_KEPT_MICROS
        {
            return store.clone();
        }
        let app = app.clone();
        // Whoever asks may go away; the others wait for the same answer all the same.
        let asking = async move {
            let store = app.read_within(READY_LIMIT, |reads| reads.identity()).await.ok();
            *said = Some(Said { at_micros: app.clock.micros(), store: store.clone() });
            store
        };
        #[expect(clippy::disallowed_methods, reason = "it ends by its limit, and nothing is lost")]
        tokio::spawn(asking).await.ok().flatten()
    }
}

/// The process runs.
async fn healthz() -> Response {
    reading::json(&json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// The store can be reached, and the queue has room.
async fn readyz(State(app): State<App>) -> Response {
    let store = app.readiness.store(&app).await;
    // What the process knows by itself is never old.
    let (waiting, queue_max) = (app.engine.depth(), app.engine.queue_max());
    let stopping = *app.stopping.borrow();
    let reason = match &store {
        _ if stopping => Some("the server is stopping"),
        _ if !app.engine.is_alive() => Some("a writer has ended, and so does the process"),
        None => Some("the store cannot be reached"),
        Some(_) if waiting >= queue_max => Some("the queue is full"),
        Some(_) => None,
    };
    let mut response = reading::json(&json!({
        "status": if reason.is_none() { "ready" } else { "not_ready" },
        "reason": reason,
        "queue": {"waiting": waiting, "max": queue_max},
        "store": store.map(|store| json!({
            "id": store.store_id,
            "incarnation": store.incarnation,
            "schema_version": store.schema_version,
        })),
    }));
    if reason.is_some() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// For Prometheus; open, unless a token is set.
async fn metrics(State(app): State<App>, request: Request) -> Response {
    if let Some(token) = &app.metrics_token
        && !has_token(request.headers(), token)
    {
        let refusal = Refusal::new(Code::Unauthorized, "Metrics are shown to their token only.");
        return refusal.into_response(&Context::of(request.extensions()));
    }
    app.metrics.queue_depth.set(i64::try_from(app.engine.depth()).unwrap_or(i64::MAX));
    app.metrics.see_sizes(sizes(&app).await);
    let is_open = wants_openmetrics(request.headers());
    let text = if is_open { app.metrics.text() } else { app.metrics.prometheus_text() };
    let mut response = Response::new(Body::from(text));
    let content_type = HeaderValue::from_static(if is_open { OPENMETRICS } else { PROMETHEUS });
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// How much room the store takes. One that does not say it soon is scraped without that.
async fn sizes(app: &App) -> Option<Sizes> {
    let reads = Arc::clone(&app.reads);
    let asked = tokio::task::spawn_blocking(move || reads.sizes());
    tokio::time::timeout(SIZES_LIMIT, asked).await.ok()?.ok()?.ok()
}

fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let Some(sent) = bearer(headers) else { return false };
    // Compared by their hashes, so that the time it takes tells nothing.
    blake3::hash(sent.as_bytes()) == blake3::hash(token.as_bytes())
}
