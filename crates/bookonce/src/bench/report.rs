//! Figures, for people and for machines.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "these are figures for people, not money"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::check::Check;
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
    /// Of an outcome and the CPU seconds that the server had used before and after.
    pub(super) fn new(
        name: &'static str,
        connections: usize,
        (done, [before, after]): (&Outcome, [f64; 2]),
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
            cpu_micros: each((after - before) * 1e6),
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

fn ratio(measured: &Measured, ceiling: &Measured) -> f64 {
    if ceiling.per_second > 0.0 { measured.per_second / ceiling.per_second } else { 0.0 }
}

/// One JSON document.
pub(super) fn json(ceiling: &Measured, measured: &Measured, check: &Check) -> Value {
    json!({
        "ceiling": ceiling.json(),
        "measured": measured.json(),
        "ratio_to_ceiling": ratio(measured, ceiling),
        "check": check.json(),
    })
}

/// A few lines.
pub(super) fn text(ceiling: &Measured, measured: &Measured, check: &Check) -> String {
    format!(
        "{} connections\n{}\n{}\n{:.0} % of the constant answer\n{}",
        measured.connections,
        ceiling.text(),
        measured.text(),
        ratio(measured, ceiling) * 100.0,
        check.text()
    )
}
