//! Figures of webhooks, for people and for machines.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "these are figures for people, not money"
)]

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Value, json};

use super::receiver::Arrival;
use crate::bench::check::Check;
use crate::bench::load::Outcome;

/// What an endpoint costs who books.
#[derive(Debug)]
pub(super) struct Rush {
    /// Bookings per second before there was one, and after.
    without: [f64; 2],
    /// Bookings per second while one was sent everything.
    with: f64,
    /// What it was sent meanwhile.
    delivered: usize,
}

impl Rush {
    pub(super) fn new(without: [&Outcome; 2], with: &Outcome, delivered: usize) -> Self {
        let per_second = |it: &Outcome| each(it.micros.len() as f64, it.seconds);
        Self { without: without.map(per_second), with: per_second(with), delivered }
    }

    fn ratio(&self) -> f64 {
        each(self.with, self.without.iter().sum::<f64>() / 2.0)
    }
}

/// How many deliveries there can be.
#[derive(Debug)]
pub(super) struct Sustained {
    pub(super) deliveries: usize,
    pub(super) seconds: f64,
    /// CPU seconds that the server had used before and after.
    pub(super) cpu_seconds: Range<f64>,
}

impl Sustained {
    fn per_second(&self) -> f64 {
        each(self.deliveries as f64, self.seconds)
    }

    fn cpu_micros(&self) -> f64 {
        let Range { start, end } = self.cpu_seconds;
        each((end - start) * 1e6, self.deliveries as f64)
    }
}

/// How late events have come.
#[derive(Debug)]
pub(super) struct Lags {
    deliveries: usize,
    /// Milliseconds: p50, p90, p99, the longest.
    millis: [u32; 4],
    /// Deliveries that did not come.
    lost: usize,
    /// Deliveries that came more than once, as is allowed.
    repeated: usize,
}

impl Lags {
    pub(super) fn new(arrivals: &[Arrival], expected: usize) -> Self {
        let mut millis: Vec<_> = arrivals.iter().map(|it| it.millis).collect();
        millis.sort_unstable();
        let count = millis.len();
        let at = |percent: usize| millis.get(count * percent / 100).or_else(|| millis.last());
        let [p50, p90, p99, longest] =
            [50, 90, 99, 100].map(|percent| at(percent).copied().unwrap_or(0));
        // Accounts have other endpoints, so that the position says the rest.
        let distinct: BTreeSet<_> =
            arrivals.iter().map(|it| [it.path.into(), it.position]).collect();
        Self {
            deliveries: count,
            millis: [p50, p90, p99, longest],
            lost: expected.saturating_sub(distinct.len()),
            repeated: count - distinct.len(),
        }
    }

    fn json(&self) -> Value {
        let [p50, p90, p99, longest] = self.millis;
        json!({
            "deliveries": self.deliveries, "p50_ms": p50, "p90_ms": p90, "p99_ms": p99,
            "max_ms": longest, "lost": self.lost, "repeated": self.repeated,
        })
    }

    fn text(&self) -> String {
        let [p50, p90, p99, longest] = self.millis;
        format!(
            "{:>8} deliveries  p50 {p50:5} ms  p90 {p90:5} ms  p99 {p99:5} ms  max {longest:5} ms  \
             {} lost, {} repeated",
            self.deliveries, self.lost, self.repeated
        )
    }
}

/// Events at a rate, to one endpoint.
#[derive(Debug)]
pub(super) struct AtRate {
    /// Events per second that were asked for …
    rate: u32,
    /// … and that there were.
    per_second: f64,
    lags: Lags,
}

impl AtRate {
    pub(super) fn new(rate: u32, booked: &Outcome, arrivals: &[Arrival]) -> Self {
        let events = booked.heard.booked.len();
        let per_second = each(events as f64, booked.seconds);
        Self { rate, per_second, lags: Lags::new(arrivals, events) }
    }
}

/// Many endpoints, all well and with one that hangs; of the others.
#[derive(Debug)]
pub(super) struct Hanging {
    pub(super) endpoints: u32,
    pub(super) well: Lags,
    pub(super) one_hangs: Lags,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) rush: Rush,
    pub(super) sustained: Sustained,
    pub(super) at_rate: AtRate,
    pub(super) hanging: Hanging,
    pub(super) check: Check,
}

impl Figures {
    pub(super) fn with_verified(self, verified: &Value) -> Self {
        Self { check: self.check.with_verified(verified), ..self }
    }

    /// Nothing was lost, neither of bookings nor of deliveries.
    pub(super) fn is_ok(&self) -> bool {
        let Hanging { well, one_hangs, .. } = &self.hanging;
        self.check.is_ok() && [&self.at_rate.lags, well, one_hangs].iter().all(|it| it.lost == 0)
    }

    /// One JSON document.
    pub(super) fn json(&self) -> Value {
        let Self { rush, sustained, at_rate, hanging, check } = self;
        let AtRate { rate, per_second, lags } = at_rate;
        let [before, after] = rush.without;
        json!({
            "ok": self.is_ok(),
            "sustained": {
                "deliveries": sustained.deliveries,
                "seconds": sustained.seconds,
                "deliveries_per_second": sustained.per_second(),
                "server_cpu_micros_per_delivery": sustained.cpu_micros(),
            },
            "at_rate": {
                "rate": rate,
                "events_per_second": per_second,
                "event_to_delivery": lags.json(),
            },
            "endpoints": {
                "count": hanging.endpoints,
                "all_answer": hanging.well.json(),
                "one_hangs": hanging.one_hangs.json(),
            },
            "rush": {
                "without_per_second": [before, after],
                "with_per_second": rush.with,
                "delivered_meanwhile": rush.delivered,
                "ratio": rush.ratio(),
            },
            "check": check.json(),
        })
    }

    /// A few lines.
    pub(super) fn text(&self) -> String {
        let Self { rush, sustained, at_rate, hanging, check } = self;
        let AtRate { rate, per_second, lags } = at_rate;
        let [before, after] = rush.without;
        let Hanging { endpoints, well, one_hangs } = hanging;
        format!(
            "sustained            {:>8.0} deliveries/s to one receiver, {:.1} us of server CPU each\n\
             {per_second:>5.0} of {rate} events/s {}\n\
             {endpoints:>5} endpoints      {}\n\
             of which one hangs   {}\n\
             rush                 {:>8.0}/s with one endpoint, {before:.0}/s before and {after:.0}/s after: {:.0} %; \
             {} delivered meanwhile\n\
             {}",
            sustained.per_second(),
            sustained.cpu_micros(),
            lags.text(),
            well.text(),
            one_hangs.text(),
            rush.with,
            rush.ratio() * 100.0,
            rush.delivered,
            check.text()
        )
    }
}

/// Nothing for nothing.
fn each(of: f64, by: f64) -> f64 {
    if by > 0.0 { of / by } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_or_repeated_is_counted() {
        let arrival = |path, position, millis| Arrival { path, position, millis };
        let arrivals = [arrival(1, 7, 30), arrival(2, 7, 10), arrival(1, 7, 20), arrival(1, 8, 5)];
        let Lags { deliveries, millis, lost, repeated } = Lags::new(&arrivals, 5);
        assert_eq!((deliveries, lost, repeated), (4, 2, 1));
        assert_eq!(millis, [20, 30, 30, 30]);
        assert_eq!(Lags::new(&[], 0).millis, [0; 4]);
    }
}
