//! Figures, for people and for machines.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "these are figures for people, not money"
)]

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use engine::cleaning::Removed;
use serde_json::{Value, json};

use super::check::Check;
use super::earlier::Earlier;
use super::load::Outcome;

/// What was measured.
#[derive(Debug)]
pub(super) struct Measured {
    name: &'static str,
    connections: usize,
    requests: usize,
    per_second: f64,
    /// Milliseconds: p50, p90, p99, the longest.
    millis: [f64; 4],
    cpu_micros: f64,
    statuses: BTreeMap<u16, u64>,
    unknown: u64,
}

impl Measured {
    /// Of an outcome, and of the CPU seconds that the server had used before and after.
    pub(super) fn new(
        name: &'static str,
        connections: usize,
        done: &Outcome,
        cpu_seconds: Range<f64>,
    ) -> Self {
        let requests = done.micros.len();
        let at = |percent: usize| {
            let micros = done.micros.get(requests * percent / 100).or_else(|| done.micros.last());
            f64::from(micros.copied().unwrap_or(0)) / 1e3
        };
        let each = |value: f64| if requests == 0 { 0.0 } else { value / requests as f64 };
        Self {
            name,
            connections,
            requests,
            per_second: if done.seconds > 0.0 { requests as f64 / done.seconds } else { 0.0 },
            millis: [at(50), at(90), at(99), at(100)],
            cpu_micros: each((cpu_seconds.end - cpu_seconds.start) * 1e6),
            statuses: done.statuses.clone(),
            unknown: done.unknown,
        }
    }

    fn json(&self) -> Value {
        let [p50, p90, p99, longest] = self.millis;
        let statuses: BTreeMap<String, u64> =
            self.statuses.iter().map(|(status, count)| (status.to_string(), *count)).collect();
        json!({
            "workload": self.name,
            "connections": self.connections,
            "requests": self.requests,
            "requests_per_second": self.per_second,
            "p50_ms": p50, "p90_ms": p90, "p99_ms": p99, "max_ms": longest,
            "server_cpu_micros_per_request": self.cpu_micros,
            "statuses": statuses,
            "unknown": self.unknown,
        })
    }

    fn text(&self) -> String {
        let [p50, p90, p99, longest] = self.millis;
        let statuses: Vec<_> =
            self.statuses.iter().map(|(status, count)| format!("{count} x {status}")).collect();
        format!(
            "{:<9}{:>9.0}/s  p50 {p50:7.2} ms  p90 {p90:7.2} ms  p99 {p99:7.2} ms  max {longest:8.2} ms  \
             {:6.1} us of server CPU  {}{}",
            self.name,
            self.per_second,
            self.cpu_micros,
            statuses.join(", "),
            if self.unknown == 0 { String::new() } else { format!(", {} unknown", self.unknown) },
        )
    }
}

/// What the measured server was.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) earlier: Earlier,
    /// From the start of its process until it listened.
    pub(super) ready: Duration,
    /// Bytes of memory at the end, and the most before.
    pub(super) memory: Option<[u64; 2]>,
    /// What clean-up removed while the workload was measured, and in all.
    pub(super) removed: [Removed; 2],
}

impl Served {
    fn json(&self) -> Value {
        let [meanwhile, in_all] = self.removed.map(|removed| {
            let Removed { answers, tombstones, activity, deliveries } = removed;
            json!({
                "answers": answers, "tombstones": tombstones, "activity": activity,
                "deliveries": deliveries,
            })
        });
        json!({
            "earlier": self.earlier.bookings,
            "overdue": self.earlier.overdue,
            "ready_seconds": self.ready.as_secs_f64(),
            "memory_bytes": self.memory.map(|[now, _]| now),
            "memory_bytes_max": self.memory.map(|[_, most]| most),
            "removed": meanwhile,
            "removed_in_all": in_all,
        })
    }

    fn text(&self) -> String {
        let [removed @ Removed { answers, tombstones, activity, deliveries }, _] = self.removed;
        let age = if self.earlier.overdue { "overdue" } else { "earlier" };
        let mut text = format!(
            "{} {age} bookings; ready after {:.3} s",
            self.earlier.bookings,
            self.ready.as_secs_f64()
        );
        if let Some(memory) = self.memory {
            let [now, most] = memory.map(|bytes| bytes as f64 / 1e6);
            text.push_str(&format!("; {now:.1} MB of memory at the end, {most:.1} MB at most"));
        }
        if self.earlier.overdue || removed != Removed::default() {
            text.push_str(&format!(
                "; clean-up removed {answers} answers, {tombstones} tombstones, {activity} entries \
                 of activity, {deliveries} deliveries meanwhile"
            ));
        }
        text
    }
}

/// Everything that is told.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) ceiling: Measured,
    pub(super) measured: Measured,
    pub(super) served: Served,
    pub(super) check: Check,
}

impl Report {
    fn ratio(&self) -> f64 {
        let Self { ceiling, measured, .. } = self;
        if ceiling.per_second > 0.0 { measured.per_second / ceiling.per_second } else { 0.0 }
    }

    /// One JSON document.
    pub(super) fn json(&self) -> Value {
        json!({
            "ceiling": self.ceiling.json(),
            "measured": self.measured.json(),
            "ratio_to_ceiling": self.ratio(),
            "server": self.served.json(),
            "check": self.check.json(),
        })
    }

    /// A few lines.
    pub(super) fn text(&self) -> String {
        format!(
            "{} connections\n{}\n{}\n{:.0} % of the constant answer\n{}\n{}",
            self.measured.connections,
            self.ceiling.text(),
            self.measured.text(),
            self.ratio() * 100.0,
            self.served.text(),
            self.check.text()
        )
    }
}
