//! What tickets are sold for: events, their zones and their numbered seats.

use std::collections::BTreeMap;

use crate::id::{AccountId, EventId, ZoneId};
use crate::limits::{HOLD_SECONDS_DEFAULT, MAX_PER_USER_DEFAULT};
use crate::money::{Currency, Money};
use crate::pool::{Pool, SeatNo};
use crate::time::{DAY_MS, Timestamp};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub account: AccountId,
    /// What people call it.
    pub name: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The currency of all its prices.
    pub currency: Currency,
    /// Units that one person may hold or own at a time.
    pub max_per_user: u32,
    /// Seconds that a hold lasts.
    pub hold_seconds: u32,
    /// Sales begin then; at once when absent.
    pub sales_open_at: Option<Timestamp>,
    /// Sales end then; never by themselves when absent.
    pub sales_close_at: Option<Timestamp>,
    /// What a cancellation refunds.
    pub policy: CancellationPolicy,
    /// When it was created.
    pub created_at: Timestamp,
    /// Number of its last activity.
    pub seq: u32,
}

impl Event {
    /// `hold_seconds` of an event that does not say.
    pub const HOLD_SECONDS_DEFAULT: u32 = HOLD_SECONDS_DEFAULT;
    /// `max_per_user` of an event that does not say.
    pub const MAX_PER_USER_DEFAULT: u32 = MAX_PER_USER_DEFAULT;

    /// Whether bookings can be reserved at `now`: from the opening, up to but without the close.
    #[must_use]
    pub fn on_sale(&self, now: Timestamp) -> bool {
        self.sales_open_at.is_none_or(|open| open <= now)
            && self.sales_close_at.is_none_or(|close| now < close)
    }
}

/// One step of a cancellation policy: that many days before the start or earlier, that much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundStep {
    /// Whole days that must be left until the start.
    pub days_before: u32,
    /// Percent of what was paid.
    pub refund_percent: u32,
}

/// What a cancellation refunds. Without steps: all until the start, nothing after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CancellationPolicy(pub Vec<RefundStep>);

impl CancellationPolicy {
    /// Percent of what was paid that a cancellation at `now` refunds: the step with the most days
    /// that are still left decides, and nothing is refunded once it has begun.
    #[must_use]
    pub fn refund_percent(&self, starts_at: Timestamp, now: Timestamp) -> u32 {
        if now >= starts_at {
            return 0;
        }
        if self.0.is_empty() {
            return 100;
        }
        let left = starts_at.millis_since(now);
        let reached =
            |step: &&RefundStep| i64::from(step.days_before).saturating_mul(DAY_MS) <= left;
        let step = self.0.iter().filter(reached).max_by_key(|step| step.days_before);
        step.map_or(0, |step| step.refund_percent)
    }
}

/// A part of an event with one price. How many units it has is its pool's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: ZoneId,
    /// The event it is part of.
    pub event: EventId,
    /// Its place among the event's zones, from 0.
    pub position: u32,
    /// What people call it.
    pub name: String,
    /// Price of one unit.
    pub price: Money,
    /// Whether its units are numbered seats.
    pub numbered: bool,
    /// Number of its last activity.
    pub seq: u32,
}

/// A zone and the counters of its pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneStock {
    /// The zone.
    pub zone: Zone,
    /// Its pool.
    pub pool: Pool,
}

/// The numbered seats of a zone, in the order in which they were listed: best first, neighbours
/// next to each other. It never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    labels: Vec<String>,
    numbers: BTreeMap<String, SeatNo>,
}

impl Layout {
    /// The seats with these labels; seat 1 is the first. `None` when a label stands twice.
    #[must_use]
    pub fn new(labels: Vec<String>) -> Option<Self> {
        let numbered = labels.iter().zip(1_u32..).map(|(label, no)| (label.clone(), SeatNo(no)));
        let numbers: BTreeMap<_, _> = numbered.collect();
        (numbers.len() == labels.len()).then_some(Self { labels, numbers })
    }

    /// All labels, seat 1 first.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The seat with this label.
    #[must_use]
    pub fn number(&self, label: &str) -> Option<SeatNo> {
        self.numbers.get(label).copied()
    }

    /// The label of this seat.
    #[must_use]
    pub fn label(&self, SeatNo(number): SeatNo) -> Option<&str> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.labels.get(index).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(steps: &[(u32, u32)], days_left: i64) -> u32 {
        let steps = steps.iter();
        let steps =
            steps.map(|&(days_before, refund_percent)| RefundStep { days_before, refund_percent });
        let start = Timestamp::from_millis(100 * DAY_MS);
        CancellationPolicy(steps.collect())
            .refund_percent(start, start.plus_millis(-days_left * DAY_MS))
    }

    #[test]
    fn the_step_with_the_most_days_left_decides() {
        let steps = [(0, 10), (7, 50), (30, 100)];
        assert_eq!(percent(&steps, 31), 100);
        assert_eq!(percent(&steps, 30), 100);
        assert_eq!(percent(&steps, 29), 50);
        assert_eq!(percent(&steps, 7), 50);
        assert_eq!(percent(&steps, 1), 10);
        assert_eq!(percent(&steps, 0), 0, "begun");
        assert_eq!(percent(&[(7, 50)], 6), 0, "no step is reached");
        assert_eq!(percent(&[], 1), 100);
        assert_eq!(percent(&[], 0), 0);
        assert_eq!(percent(&[], -1), 0);
    }

    /// Neither the order in which they were given nor how much each refunds.
    #[test]
    fn only_the_days_of_steps_say_which_decides() {
        for steps in
            [[(7, 20), (30, 0), (0, 90), (14, 100)], [(0, 90), (30, 0), (14, 100), (7, 20)]]
        {
            let per_days = [(31, 0), (30, 0), (29, 100), (14, 100), (13, 20), (7, 20), (6, 90)];
            for (days_left, expected) in per_days {
                assert_eq!(percent(&steps, days_left), expected, "{steps:?}, {days_left} days");
            }
        }
        let start = Timestamp::from_millis(100 * DAY_MS);
        let step = |days_before, refund_percent| RefundStep { days_before, refund_percent };
        let policy = CancellationPolicy(vec![step(1, 50), step(2, 70), step(0, 10)]);
        let at = |left_ms: i64| policy.refund_percent(start, start.plus_millis(-left_ms));
        let ends = [(2 * DAY_MS, 70), (DAY_MS, 50), (1, 10), (0, 0)];
        for (left_ms, expected) in ends {
            assert_eq!(at(left_ms), expected, "{left_ms} ms");
        }
        assert_eq!([at(2 * DAY_MS - 1), at(DAY_MS - 1), at(-1)], [50, 10, 0], "a millisecond late");
    }

    #[test]
    fn seats_are_numbered_from_one_in_the_order_given() {
        let layout = Layout::new(vec!["B".to_owned(), "A".to_owned()]).expect("distinct");
        assert_eq!(layout.number("B"), Some(SeatNo(1)));
        assert_eq!(layout.label(SeatNo(2)), Some("A"));
        assert_eq!(layout.label(SeatNo(0)), None);
        assert_eq!(layout.label(SeatNo(3)), None);
        assert_eq!(Layout::new(vec!["A".to_owned(), "A".to_owned()]), None);
    }
}
