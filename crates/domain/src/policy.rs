//! What a cancellation refunds: until when, how much.
//!
//! A policy that is kept has instants. What an owner says ("seven days before it begins") becomes
//! [`Terms`] at the edge, which knows how long a day is, and instants when what they are for is written.

use crate::time::Timestamp;

/// One step of a [`CancellationPolicy`]: until then, that much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundStep {
    /// The last instant at which it can be reached.
    pub until: Timestamp,
    /// Percent of what was paid.
    pub refund_percent: u32,
}

/// What a cancellation refunds. Without steps: all until the start, nothing after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CancellationPolicy(pub Vec<RefundStep>);

/// One step of [`Terms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Milliseconds that must be left until the start.
    pub before_start_ms: i64,
    /// Percent of what was paid.
    pub refund_percent: u32,
}

/// A policy as it is agreed, wherever the start will be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms(pub Vec<Term>);

impl CancellationPolicy {
    /// Percent of what was paid that a cancellation at `now` refunds: of the steps that are not over the
    /// first to end decides, and nothing is refunded once it has begun.
    #[must_use]
    pub fn refund_percent(&self, starts_at: Timestamp, now: Timestamp) -> u32 {
        if now >= starts_at {
            return 0;
        }
        if self.0.is_empty() {
            return 100;
        }
        // Of steps that end together the one that was given last.
        let reached = self.0.iter().rev().filter(|step| now <= step.until);
        reached.min_by_key(|step| step.until).map_or(0, |step| step.refund_percent)
    }

    /// The terms that gave this policy to what starts then.
    #[must_use]
    pub fn terms(&self, starts_at: Timestamp) -> Terms {
        let term = |step: &RefundStep| Term {
            before_start_ms: starts_at.millis_since(step.until),
            refund_percent: step.refund_percent,
        };
        Terms(self.0.iter().map(term).collect())
    }
}

impl Terms {
    /// The policy of what starts then.
    #[must_use]
    pub fn policy(&self, starts_at: Timestamp) -> CancellationPolicy {
        let step = |term: &Term| RefundStep {
            until: starts_at.plus_millis(term.before_start_ms.saturating_neg()),
            refund_percent: term.refund_percent,
        };
        CancellationPolicy(self.0.iter().map(step).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_MS;

    const START: Timestamp = Timestamp::from_millis(100 * DAY_MS);

    /// Days before the start, and percent.
    fn policy(steps: &[(i64, u32)]) -> CancellationPolicy {
        let term = |&(days, refund_percent): &(i64, u32)| Term {
            before_start_ms: days * DAY_MS,
            refund_percent,
        };
        Terms(steps.iter().map(term).collect()).policy(START)
    }

    fn percent(steps: &[(i64, u32)], left_ms: i64) -> u32 {
        policy(steps).refund_percent(START, START.plus_millis(-left_ms))
    }

    #[test]
    fn the_step_with_the_most_days_left_decides() {
        let steps = [(0, 10), (7, 50), (30, 100)];
        let of_days = |steps: &[_], days: i64| percent(steps, days * DAY_MS);
        assert_eq!(of_days(&steps, 31), 100);
        assert_eq!(of_days(&steps, 30), 100);
        assert_eq!(of_days(&steps, 29), 50);
        assert_eq!(of_days(&steps, 7), 50);
        assert_eq!(of_days(&steps, 1), 10);
        assert_eq!(of_days(&steps, 0), 0, "begun");
        assert_eq!(of_days(&[(7, 50)], 6), 0, "no step is reached");
        assert_eq!(of_days(&[], 1), 100);
        assert_eq!(of_days(&[], 0), 0);
        assert_eq!(of_days(&[], -1), 0);
    }

    /// Neither the order in which they were given nor how much each refunds.
    #[test]
    fn only_the_days_of_steps_say_which_decides() {
        for steps in
            [[(7, 20), (30, 0), (0, 90), (14, 100)], [(0, 90), (30, 0), (14, 100), (7, 20)]]
        {
            let per_days = [(31, 0), (30, 0), (29, 100), (14, 100), (13, 20), (7, 20), (6, 90)];
            for (days_left, expected) in per_days {
                let got = percent(&steps, days_left * DAY_MS);
                assert_eq!(got, expected, "{steps:?}, {days_left} days");
            }
        }
        let steps = [(1, 50), (2, 70), (0, 10)];
        let ends = [(2 * DAY_MS, 70), (DAY_MS, 50), (1, 10), (0, 0)];
        for (left_ms, expected) in ends {
            assert_eq!(percent(&steps, left_ms), expected, "{left_ms} ms");
        }
        let late = [2 * DAY_MS - 1, DAY_MS - 1, -1].map(|left_ms| percent(&steps, left_ms));
        assert_eq!(late, [50, 10, 0], "a millisecond late");
    }

    #[test]
    fn of_steps_that_end_together_the_last_one_counts() {
        assert_eq!(percent(&[(7, 20), (7, 60), (0, 5)], 7 * DAY_MS), 60);
        assert_eq!(percent(&[(0, 5), (7, 60), (7, 20)], 8 * DAY_MS), 20);
    }

    #[test]
    fn terms_and_instants_say_the_same() {
        let steps = policy(&[(7, 50), (0, 10), (101, 100)]);
        assert_eq!(steps.terms(START).policy(START), steps);
        let later = START.plus_millis(DAY_MS);
        let moved = steps.terms(START).policy(later);
        for (before, after) in steps.0.iter().zip(&moved.0) {
            assert_eq!(after.until, before.until.plus_millis(DAY_MS));
        }
    }

    #[test]
    fn steps_at_the_ends_of_time_stop_there() {
        let ends = [i64::MIN, i64::MIN + 1, 0, i64::MAX];
        for (before_start_ms, start) in ends.iter().flat_map(|one| ends.map(|two| (*one, two))) {
            let terms = Terms(vec![Term { before_start_ms, refund_percent: 50 }]);
            let start = Timestamp::from_millis(start);
            let policy = terms.policy(start);
            let until = policy.0.first().expect("a step").until.as_millis();
            if before_start_ms > i64::MIN {
                assert_eq!(until, start.as_millis().saturating_sub(before_start_ms));
            }
            let _never_panics = policy.terms(start);
            assert!(policy.refund_percent(start, Timestamp::from_millis(i64::MIN)) <= 100);
        }
    }
}
