//! What is counted, for Prometheus: `bookonce_<thing>_<unit>`, four alerts that keep the names which
//! runbooks know, and what every process tells of itself. Everything is exported from the start, at 0.

mod format;
mod process;
mod sizes;
mod webhooks;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use domain::activity::ActivityKind;
use engine::Observer;
use engine::ports::{Aside, BatchReport};
use engine::reads::Sizes;
use engine::webhooks::WebhookReport;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::logs::LogLines;
pub(crate) use format::{OPENMETRICS, PROMETHEUS, wants_openmetrics};

/// A process that must stop waits so long for its log to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// HTTP method.
    pub method: &'static str,
    /// The route's pattern, never the path itself.
    pub route: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
}

/// The label of how long requests take: fewer than those of how many there are, since each has buckets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// The route's pattern, never the path itself.
    pub route: Cow<'static, str>,
}

/// What has become of something that is sold, or of the money for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    status: &'static str,
}

/// Which program it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

/// Statuses that every route may come to answer with: they are there from the start, since nobody can
/// see how fast something grows that was not there before.
const ALARMING: [u16; 4] = [401, 429, 500, 503];

/// All counters.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    log: LogLines,
    /// Requests answered.
    pub requests: Family<RequestLabels, Counter>,
    /// Seconds from a request's headers to its answer.
    pub request_seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Requests answered 429.
    pub rate_limited: Counter,
    /// Duplicates that attached to a running request.
    pub attached: Counter,
    /// Panics in handlers and decisions.
    pub panics: Counter,
    /// Connections open now.
    pub connections: Gauge,
    /// Live streams open now.
    pub streams: Gauge,
    /// Reads of the store for live streams.
    pub stream_reads: Counter,
    /// Jobs waiting, at the last scrape.
    pub queue_depth: Gauge,
    sizes: Arc<sizes::StoreSizes>,
    replays: Counter,
    collisions: Counter,
    batches: Counter,
    batch_intents: Histogram,
    batch_seconds: Histogram,
    commit_seconds: Histogram,
    bookings: Family<StatusLabels, Counter>,
    payments: Family<StatusLabels, Counter>,
    answers_removed: Counter,
    tombstones_removed: Counter,
    activity_removed: Counter,
    deliveries_removed: Counter,
    webhooks: webhooks::Webhooks,
    repeats: Counter,
    store_errors: Counter,
    due_failures: Counter,
    due_set_aside: Gauge,
    /// Whether the store could not be used when it was last tried.
    is_lost: AtomicBool,
    /// What of it was told of each kind.
    deadlines_aside: AtomicI64,
    clean_up_aside: AtomicI64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(LogLines::default())
    }
}

impl Metrics {
    /// Everything at 0; `log` is where the process logs to.
    #[must_use]
    pub fn new(log: LogLines) -> Self {
        let mut registry = Registry::default();
        let metrics = Self::counters(log);
        metrics.register_alerts(&mut registry);
        metrics.register_http(registry.sub_registry_with_prefix("bookonce"));
        metrics.register_engine(registry.sub_registry_with_prefix("bookonce"));
        metrics.register_store(registry.sub_registry_with_prefix("bookonce"));
        registry.register_collector(Box::new(process::Process));
        Self { registry, ..metrics }
    }

    fn counters(log: LogLines) -> Self {
        let seconds: fn() -> Histogram = || Histogram::new(exponential_buckets(0.000_1, 2.0, 18));
        Self {
            registry: Registry::default(),
            log,
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            rate_limited: Counter::default(),
            attached: Counter::default(),
            panics: Counter::default(),
            connections: Gauge::default(),
            streams: Gauge::default(),
            stream_reads: Counter::default(),
            queue_depth: Gauge::default(),
            sizes: Arc::default(),
            replays: Counter::default(),
            collisions: Counter::default(),
            batches: Counter::default(),
            batch_intents: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            batch_seconds: seconds(),
            commit_seconds: seconds(),
            bookings: Family::default(),
            payments: Family::default(),
            answers_removed: Counter::default(),
            tombstones_removed: Counter::default(),
            activity_removed: Counter::default(),
            deliveries_removed: Counter::default(),
            webhooks: webhooks::Webhooks::default(),
            repeats: Counter::default(),
            store_errors: Counter::default(),
            due_failures: Counter::default(),
            due_set_aside: Gauge::default(),
            is_lost: AtomicBool::default(),
            deadlines_aside: AtomicI64::default(),
            clean_up_aside: AtomicI64::default(),
        }
    }

    fn register_alerts(&self, to: &mut Registry) {
        to.register(
            "duplicate_reservations_detected",
            "Reservations that look like duplicates of another",
            Counter::<u64>::default(),
        );
        to.register(
            "idempotency_key_collision",
            "Keys that were used with another body",
            self.collisions.clone(),
        );
        to.register(
            "idempotency_replays",
            "Answers that were given again for their key",
            self.replays.clone(),
        );
        to.register(
            "same_guest_same_dates",
            "Reservations of one guest for the same dates within a minute",
            Counter::<u64>::default(),
        );
    }

    fn register_http(&self, to: &mut Registry) {
        to.register("http_requests", "Requests answered", self.requests.clone());
        let help = "Seconds from a request's headers to its answer";
        to.register("http_request_duration_seconds", help, self.request_seconds.clone());
        to.register("rate_limited", "Requests answered 429", self.rate_limited.clone());
        let help = "Duplicates that attached to a running request";
        to.register("requests_attached", help, self.attached.clone());
        to.register("panics", "Panics in handlers and decisions", self.panics.clone());
        to.register("connections", "Connections open now", self.connections.clone());
        to.register("streams", "Live streams open now", self.streams.clone());
        let help = "Reads of the store for live streams";
        to.register("stream_reads", help, self.stream_reads.clone());
        let help = "Log lines that could not be written, or were too many";
        to.register("log_lines_dropped", help, self.log.dropped());
    }

    fn register_engine(&self, to: &mut Registry) {
        to.register("queue_depth", "Intents waiting for their decision", self.queue_depth.clone());
        to.register("batches", "Batches carried out", self.batches.clone());
        to.register("batch_intents", "Intents per batch", self.batch_intents.clone());
        to.register("batch_seconds", "Seconds per batch", self.batch_seconds.clone());
        to.register("commit_seconds", "Seconds per commit", self.commit_seconds.clone());
        let help = "Answers that clean-up removed, of which a tombstone is left";
        to.register("answers_removed", help, self.answers_removed.clone());
        let help = "Tombstones that clean-up removed, whose keys are new again";
        to.register("tombstones_removed", help, self.tombstones_removed.clone());
        let help = "Entries of the activity feed that clean-up removed";
        to.register("activity_removed", help, self.activity_removed.clone());
        let help = "Deliveries of webhooks that clean-up removed, with their attempts";
        to.register("webhook_deliveries_removed", help, self.deliveries_removed.clone());
        self.webhooks.register(to);
        let help = "Batches decided again because another writer was faster";
        to.register("batch_repeats", help, self.repeats.clone());
        to.register("store_errors", "Times the store could not be used", self.store_errors.clone());
        let help =
            "Times a hold that was due could not be ended, or a record or feed not be cleaned";
        to.register("due_failures", help, self.due_failures.clone());
        let help = "Holds, records and feeds that are due and set aside now, since they failed";
        to.register("due_set_aside", help, self.due_set_aside.clone());
    }

    fn register_store(&self, to: &mut Registry) {
        for kind in ActivityKind::ALL {
            drop(self.changed(kind));
        }
        let help = "Bookings that came to have this status";
        to.register("bookings", help, self.bookings.clone());
        let help = "Payments of which this has become";
        to.register("payments", help, self.payments.clone());
        let build = Family::<BuildLabels, Gauge>::default();
        build.get_or_create(&BuildLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        to.register("build_info", "1, with the version of the program", build);
        to.register_collector(Box::new(Arc::clone(&self.sizes)));
    }

    /// The counter of what the activity says of a booking or a payment.
    fn changed(&self, kind: ActivityKind) -> Option<Counter> {
        let (thing, status) = kind.as_str().split_once('.')?;
        let family = match thing {
            "booking" => &self.bookings,
            "payment" => &self.payments,
            _ => return None,
        };
        Some(family.get_or_create(&StatusLabels { status }).clone())
    }

    /// These routes are there, so that what is alarming of them can be seen to grow.
    pub(crate) fn expect(&self, routes: impl Iterator<Item = (&'static str, String)>) {
        for (method, route) in routes {
            let route = Cow::<'static, str>::Owned(route);
            drop(self.request_seconds.get_or_create(&RouteLabels { route: route.clone() }));
            for status in ALARMING {
                let labels = RequestLabels { method, route: route.clone(), status };
                drop(self.requests.get_or_create(&labels));
            }
        }
    }

    /// How much room the store takes now; `None` when it does not tell.
    pub(crate) fn see_sizes(&self, sizes: Option<Sizes>) {
        self.sizes.see(sizes.unwrap_or_default());
    }

    /// All of them in Prometheus's own format, which is older than `OpenMetrics`.
    #[must_use]
    pub fn prometheus_text(&self) -> String {
        format::prometheus(&self.text())
    }

    /// All of them as text, in the format of `OpenMetrics` 1.0.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            tracing::error!("the metrics could not be written");
        }
        text
    }

    /// An answer was given from a key's record without asking the engine.
    pub fn replayed(&self) {
        self.replays.inc();
    }

    /// A key was used with another body, and that was seen without asking the engine.
    pub fn collided(&self) {
        self.collisions.inc();
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

impl Observer for Metrics {
    fn batch(&self, report: &BatchReport) {
        if self.is_lost.load(Ordering::Relaxed) && self.is_lost.swap(false, Ordering::Relaxed) {
            tracing::info!("the store can be used again");
        }
        self.batches.inc();
        self.batch_intents.observe(f64::from(u32::try_from(report.intents).unwrap_or(u32::MAX)));
        self.batch_seconds.observe(seconds(report.micros));
        self.commit_seconds.observe(seconds(report.commit_micros));
        self.replays.inc_by(report.replays as u64);
        self.collisions.inc_by(report.collisions as u64);
        for (kind, count) in report.emitted.counts().filter(|(_, count)| *count > 0) {
            if let Some(counter) = self.changed(kind) {
                counter.inc_by(count);
            }
        }
        self.answers_removed.inc_by(report.removed.answers);
        self.tombstones_removed.inc_by(report.removed.tombstones);
        self.activity_removed.inc_by(report.removed.activity);
        self.deliveries_removed.inc_by(report.removed.deliveries);
    }

    fn panicked(&self, what: &str) {
        self.panics.inc();
        tracing::error!(what, "a decision panicked; its request alone was answered 500");
    }

    fn repeated(&self, why: &str) {
        self.repeats.inc();
        tracing::debug!(why, "another writer was faster: a batch is decided again");
    }

    fn store_error(&self, what: &str) {
        self.store_errors.inc();
        if self.is_lost.swap(true, Ordering::Relaxed) {
            tracing::debug!(what, "the store still cannot be used");
        } else {
            tracing::warn!(what, "the store could not be used");
        }
    }

    fn due_failed(&self, what: &str) {
        self.due_failures.inc();
        tracing::error!(what, "something that was due failed; it is tried again later");
    }

    fn set_aside(&self, what: Aside, count: usize) {
        let told = match what {
            Aside::Deadlines => &self.deadlines_aside,
            Aside::CleanUp => &self.clean_up_aside,
        };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.due_set_aside.inc_by(count.saturating_sub(told.swap(count, Ordering::Relaxed)));
    }

    fn webhooks(&self, report: &WebhookReport) {
        self.webhooks.see(report);
    }

    fn fatal(&self, what: &str) {
        tracing::error!(what, "the process must stop");
        // Stored data is broken or the disk failed: selling on would make it worse. A restart
        // recovers what was committed; clients ask again with their keys.
        self.log.flush(LAST_LINES);
        std::process::abort();
    }
}
