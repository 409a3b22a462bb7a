//! What is counted of webhooks.

use engine::webhooks::WebhookReport;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Counters of webhooks.
#[derive(Debug)]
pub(super) struct Webhooks {
    attempts: Family<OutcomeLabels, Counter>,
    seconds: Histogram,
    endpoints: Gauge,
    exchanges: Gauge,
    pending: Gauge,
}

impl Default for Webhooks {
    fn default() -> Self {
        let webhooks = Self {
            attempts: Family::default(),
            seconds: Histogram::new(exponential_buckets(0.001, 4.0, 14)),
            endpoints: Gauge::default(),
            exchanges: Gauge::default(),
            pending: Gauge::default(),
        };
        for outcome in ["succeeded", "failed"] {
            drop(webhooks.attempts.get_or_create(&OutcomeLabels { outcome }));
        }
        webhooks
    }
}

impl Webhooks {
    pub(super) fn register(&self, to: &mut Registry) {
        let help = "Attempts to deliver an event to a webhook endpoint";
        to.register("webhook_attempts", help, self.attempts.clone());
        let help = "Seconds from what happened to its delivery to a webhook endpoint";
        to.register("webhook_delivery_seconds", help, self.seconds.clone());
        let help = "Webhook endpoints that this node delivers to now";
        to.register("webhook_endpoints", help, self.endpoints.clone());
        let help = "Exchanges with receivers of webhooks that are open now";
        to.register("webhook_exchanges", help, self.exchanges.clone());
        let help = "Webhook deliveries of this node that are tried again later";
        to.register("webhook_pending", help, self.pending.clone());
    }

    pub(super) fn see(&self, report: &WebhookReport) {
        let count = |outcome, count| {
            self.attempts.get_or_create(&OutcomeLabels { outcome }).inc_by(count);
        };
        count("succeeded", report.succeeded);
        count("failed", report.failed);
        for millis in &report.lag_millis {
            self.seconds.observe(std::time::Duration::from_millis(*millis).as_secs_f64());
        }
        let gauge = |gauge: &Gauge, value: usize| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        gauge(&self.endpoints, report.endpoints);
        gauge(&self.exchanges, report.flying);
        gauge(&self.pending, report.pending);
    }
}
