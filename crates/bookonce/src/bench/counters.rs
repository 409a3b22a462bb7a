//! What the server counts of itself, as it tells at `/metrics`.

use engine::cleaning::Removed;

use super::http::{Operator, Request};
use super::target::Target;
use crate::flags::Failure;

/// Since the server has started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counters {
    /// CPU seconds that it has used.
    pub(super) cpu_seconds: f64,
    /// What clean-up has removed.
    pub(super) removed: Removed,
}

/// What clean-up removed after `earlier`.
pub(super) const fn since(now: Removed, earlier: Removed) -> Removed {
    Removed {
        answers: now.answers.saturating_sub(earlier.answers),
        tombstones: now.tombstones.saturating_sub(earlier.tombstones),
        activity: now.activity.saturating_sub(earlier.activity),
        deliveries: now.deliveries.saturating_sub(earlier.deliveries),
    }
}

impl Counters {
    /// As they are now.
    pub(super) async fn of(operator: &mut Operator, target: &Target) -> Result<Self, Failure> {
        let ask = Request::get("/metrics", &target.credential).bytes();
        let reply = operator.send(&ask).await?;
        Self::parse(std::str::from_utf8(reply.body)?)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let value = |name: &str| {
            let line =
                |line: &'_ str| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
            text.lines().find_map(line).ok_or_else(|| format!("the server does not tell {name}"))
        };
        let removed = Removed {
            answers: value("bookonce_answers_removed_total")?.parse()?,
            tombstones: value("bookonce_tombstones_removed_total")?.parse()?,
            activity: value("bookonce_activity_removed_total")?.parse()?,
            deliveries: value("bookonce_webhook_deliveries_removed_total")?.parse()?,
        };
        Ok(Self { cpu_seconds: value("process_cpu_seconds_total")?.parse()?, removed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_their_whole_names() {
        let text = "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 1.5\n\
                    bookonce_answers_removed_total 12\nbookonce_tombstones_removed_total 0\n\
                    bookonce_activity_removed_total_of 3\nbookonce_activity_removed_total 40\n\
                    bookonce_webhook_deliveries_removed_total 7\n";
        let removed = Removed { answers: 12, tombstones: 0, activity: 40, deliveries: 7 };
        let counters = Counters::parse(text).unwrap();
        assert_eq!(counters, Counters { cpu_seconds: 1.5, removed });
        let missing = Counters::parse("bookonce_answers_removed_total 1\n").unwrap_err();
        assert_eq!(
            missing.to_string(),
            "the server does not tell bookonce_tombstones_removed_total"
        );
        let before = Removed { answers: 2, ..removed };
        assert_eq!(since(removed, before), Removed { answers: 10, ..Removed::default() });
    }
}
