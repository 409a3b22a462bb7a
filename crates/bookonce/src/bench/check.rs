//! Whether the server kept its promises: what it told each connection against what it has now.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::http::{Operator, request};
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

impl Check {
    /// Compares what was told with the counters of the zone.
    pub(super) async fn of(
        operator: &mut Operator,
        sale: &Sale,
        done: &Outcome,
    ) -> Result<Self, Failure> {
        let path = format!("/api/v1/events/{}/zones/{}/availability", sale.event, sale.floor);
        sleep_until(Instant::now() + COUNTERS_AGE_MAX).await;
        let reply = operator.send(&request(("GET", &path), &sale.credential, (None, ""))).await?;
        let shown: Value = serde_json::from_slice(reply.body)?;
        let count = |name: &str| {
            let count = shown.get(name).and_then(Value::as_u64);
            count.ok_or_else(|| format!("no {name} in {shown}"))
        };
        Ok(Self::compare((count("held")? + count("sold")?, count("capacity")?), done))
    }

    fn compare((taken, capacity): (u64, u64), done: &Outcome) -> Self {
        let told = &done.told;
        let booked = told.booked.len() as u64;
        let distinct = told.booked.iter().collect::<BTreeSet<_>>().len() as u64;
        let expected = distinct.saturating_sub(told.released);
        // A request that was not answered may have booked, or given back.
        let lost = expected.saturating_sub(taken).saturating_sub(done.unknown);
        let unasked = taken.saturating_sub(expected).saturating_sub(done.unknown);
        Self {
            oversold: taken.saturating_sub(capacity),
            lost,
            doubled: (booked - distinct) + unasked,
            wrong: told.wrong.clone(),
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
    use super::super::work::ActivityRow;
    use super::*;

    fn found(booked: &[&str], released: u64, taken: u64) -> [u64; 3] {
        let booked = booked.iter().map(|&id| id.to_owned()).collect();
        let told = ActivityRow { booked, released, ..ActivityRow::default() };
        let check = Check::compare((taken, 3), &Outcome { told, ..Outcome::default() });
        [check.oversold, check.lost, check.doubled]
    }

    #[test]
    fn what_was_told_is_what_is_there() {
        assert_eq!(found(&["a", "b", "c"], 1, 2), [0, 0, 0]);
        assert_eq!(found(&["a", "b", "c"], 0, 2), [0, 1, 0], "one is gone");
        assert_eq!(found(&["a", "b"], 0, 3), [0, 0, 1], "one that nobody was told of");
        assert_eq!(found(&["a", "a"], 0, 1), [0, 0, 1], "two were told of one");
        assert_eq!(found(&["a", "b", "c", "d"], 0, 4), [1, 0, 0]);
    }

    #[test]
    fn only_a_sound_store_and_right_answers_are_ok() {
        let sound = json!({"ok": true});
        let check = || Check::compare((0, 3), &Outcome::default());
        assert!(check().with_verified(&sound).is_ok());
        assert!(!check().is_ok(), "nobody has verified it");
        let told = ActivityRow { wrong: vec!["a 500".to_owned()], ..ActivityRow::default() };
        let wrong = Check::compare((0, 3), &Outcome { told, ..Outcome::default() });
        assert!(!wrong.with_verified(&sound).is_ok());
    }
}
