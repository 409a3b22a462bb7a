//! What operators and their machines ask.
#![expect(dead_code, reason = "the functions are there for their documentation only")]

use serde::Serialize;
use utoipa::ToSchema;

use super::describe;

const TAG: &str = "Operations";
const ABOUT: &str = "Liveness and readiness probes, and metrics.";

/// The process runs.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether requests can be served.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// `ready` or `not_ready`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Why not; `null` when it is ready.
    #[schema(required)]
    reason: Option<&'static str>,
    /// Requests that wait for their decision.
    queue: Queue,
    /// The store; `null` when it cannot be reached.
    #[schema(required)]
    store: Option<Store>,
}

/// Requests that wait for their decision.
#[derive(Serialize, ToSchema)]
struct Queue {
    /// How many wait.
    #[schema(example = 0)]
    waiting: u64,
    /// How many may wait.
    #[schema(example = 4096)]
    max: u64,
}

/// A store.
#[derive(Serialize, ToSchema)]
struct Store {
    /// Its id.
    #[schema(example = "sto_01kh3v0h2efk9b6t4wq8m7x5ra")]
    id: &'static str,
    /// Grows when a backup is restored.
    #[schema(example = 1)]
    incarnation: u32,
    /// The version of its tables.
    #[schema(example = 1)]
    schema_version: u32,
}

fn ready() -> Readiness {
    let id = "sto_01kh3v0h2efk9b6t4wq8m7x5ra";
    let store = Some(Store { id, incarnation: 1, schema_version: 1 });
    Readiness { status: "ready", reason: None, queue: Queue { waiting: 0, max: 4_096 }, store }
}

fn full() -> Readiness {
    let queue = Queue { waiting: 4_096, max: 4_096 };
    Readiness { status: "not_ready", reason: Some("the queue is full"), queue, ..ready() }
}

describe! {
    /// Liveness probe
    ///
    /// Answers as long as the process runs. No credential is needed.
    health_show(
        responses((
            status = 200,
            description = "The process runs.",
            body = Health,
            example = json!(Health { status: "ok" }),
        )),
    )

    /// Readiness probe
    ///
    /// Ready means that the store can be reached and the queue has room. No credential is needed.
    readiness_show(
        responses(
            (status = 200, description = "It can serve.", body = Readiness, example = json!(ready())),
            (status = 503, description = "It cannot serve now; `reason` says why.", body = Readiness, example = json!(full())),
        ),
    )

    /// Counters for Prometheus
    ///
    /// In the OpenMetrics format. Open on the listener, unless the setting `metrics.token` is set: then it
    /// must be sent as bearer credential.
    metrics_show(
        security((), ("metrics_token" = [])),
        responses((
            status = 200,
            description = "All counters.",
            body = String,
            content_type = "application/openmetrics-text",
        )),
    )
}
