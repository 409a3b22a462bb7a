//! Whether the server kept its promises: what it acknowledged to each connection against what it has now.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::http::{Operator, Request};
use super::load::Outcome;
use super::work::Sale;
use crate::flags::Failure;

/// Answers that contradict the promises, of which so many are shown.
const SHOWN_MAX: usize = 5;

/// Counters that are shown may be so old.
const COUNTERS_AGE_MAX: Duration = Duration::from_secs(1);

/// What was found.
#[derive(Debug)]
pub(super) struct Check {
    /// Units taken beyond what there is.
    oversold: u64,
    /// Bookings that were acknowledged and are not there.
    lost: u64,
    /// Bookings that were acknowledged twice, or that nobody asked for.
    doubled: u64,
    /// Answers that contradict what was promised.
    wrong: Vec<String>,
    /// What `bookonce verify` found.
    verified: Value,
}

/// What the store says of the zone.
#[derive(Clone, Copy)]
struct Stock {
    taken: u64,
    capacity: u64,
}

impl Check {
    /// Compares what was acknowledged with the counters of the zone.
    pub(super) async fn of(
        operator: &mut Operator,
        sale: &Sale,
        done: &Outcome,
    ) -> Result<Self, Failure> {
        let path = format!("/api/v1/events/{}/zones/{}/availability", sale.event, sale.floor);
        sleep_until(Instant::now() + COUNTERS_AGE_MAX).await;
        let reply = operator.send(&Request::get(&path, &sale.credential).bytes()).await?;
        let shown: Value = serde_json::from_slice(reply.body)?;
        let count = |name: &str| {
            let count = shown.get(name).and_then(Value::as_u64);
            count.ok_or_else(|| format!("no {name} in {shown}"))
        };
        let stock = Stock { taken: count("held")? + count("sold")?, capacity: count("capacity")? };
        Ok(Self::compare(stock, done))
    }

    fn compare(stock: Stock, done: &Outcome) -> Self {
        let Stock { taken, capacity } = stock;
        let heard = &done.heard;
        let booked = heard.booked.len() as u64;
        let distinct = heard.booked.iter().collect::<BTreeSet<_>>().len() as u64;
        let expected = distinct.saturating_sub(heard.released);
        // A request that was not answered may have booked, or given back.
        let lost = expected.saturating_sub(taken).saturating_sub(done.unknown);
        let unasked = taken.saturating_sub(expected).saturating_sub(done.unknown);
        Self {
            oversold: taken.saturating_sub(capacity),
            lost,
            doubled: (booked - distinct) + unasked,
            wrong: heard.wrong.clone(),
            verified: Value::Null,
        }
    }

    pub(super) fn with_verified(self, verified: &Value) -> Self {
        Self { verified: verified.clone(), ..self }
    }

    pub(super) fn is_ok(&self) -> bool {
        self.oversold == 0
            && self.lost == 0
            && self.doubled == 0
            && self.wrong.is_empty()
            && holds(&self.verified)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "ok": self.is_ok(),
            "oversold": self.oversold,
            "lost": self.lost,
            "doubled": self.doubled,
            "wrong": self.wrong.len(),
            "wrong_examples": self.wrong.iter().take(SHOWN_MAX).collect::<Vec<_>>(),
            "verify": self.verified,
        })
    }

    pub(super) fn text(&self) -> String {
        let Self { oversold, lost, doubled, wrong, verified } = self;
        let verified = if holds(verified) {
            "verify: every invariant holds".to_owned()
        } else {
            format!("verify: {verified}")
        };
        let mut text = format!(
            "{oversold} oversold, {lost} lost, {doubled} doubled, {} answers wrong; {verified}",
            wrong.len()
        );
        for wrong in wrong.iter().take(SHOWN_MAX) {
            text.push_str(&format!("\n  {wrong}"));
        }
        text
    }
}

fn holds(verified: &Value) -> bool {
    verified.get("ok") == Some(&json!(true))
}

#[cfg(test)]
mod tests {
    use super::super::work::Heard;
    use super::*;

    fn found(booked: &[&str], released: u64, taken: u64) -> [u64; 3] {
        let booked = booked.iter().map(|&id| id.to_owned()).collect();
        let heard = Heard { booked, released, ..Heard::default() };
        let check =
            Check::compare(Stock { taken, capacity: 3 }, &Outcome { heard, ..Outcome::default() });
        [check.oversold, check.lost, check.doubled]
    }

    #[test]
    fn what_was_acknowledged_is_what_is_there() {
        assert_eq!(found(&["a", "b", "c"], 1, 2), [0, 0, 0]);
        assert_eq!(found(&["a", "b", "c"], 0, 2), [0, 1, 0], "one is gone");
        assert_eq!(found(&["a", "b"], 0, 3), [0, 0, 1], "one that was acknowledged to nobody");
        assert_eq!(found(&["a", "a"], 0, 1), [0, 0, 1], "one was acknowledged twice");
        assert_eq!(found(&["a", "b", "c", "d"], 0, 4), [1, 0, 0]);
    }

    const UNSOLD: Stock = Stock { taken: 0, capacity: 3 };

    #[test]
    fn only_a_sound_store_and_right_answers_are_ok() {
        let sound = json!({"ok": true});
        let check = || Check::compare(UNSOLD, &Outcome::default());
        assert!(check().with_verified(&sound).is_ok());
        assert!(!check().is_ok(), "nobody has verified it");
        let heard = Heard { wrong: vec!["a 500".to_owned()], ..Heard::default() };
        let wrong = Check::compare(UNSOLD, &Outcome { heard, ..Outcome::default() });
        assert!(!wrong.with_verified(&sound).is_ok());
    }
}
