//! What tickets are sold for: events, their zones and their numbered seats.

use std::collections::BTreeMap;

use crate::id::{AccountId, EventId, ZoneId};
use crate::limits::{HOLD_SECONDS_DEFAULT, MAX_PER_USER_DEFAULT};
use crate::money::{Currency, Money};
use crate::policy::CancellationPolicy;
use crate::pool::{Pool, SeatNo};
use crate::tickets::seat_set::SeatSet;
use crate::tickets::seats;
use crate::time::Timestamp;

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
    row_starts: SeatSet,
}

impl Layout {
    /// The seats with these labels; seat 1 is the first. `None` when a label stands twice.
    #[must_use]
    pub fn new(labels: Vec<String>) -> Option<Self> {
        let numbered = labels.iter().zip(1_u32..).map(|(label, no)| (label.clone(), SeatNo(no)));
        let numbers: BTreeMap<_, _> = numbered.collect();
        let row_starts = seats::row_starts(&labels);
        (numbers.len() == labels.len()).then_some(Self { labels, numbers, row_starts })
    }

    /// All labels, seat 1 first.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The number that comes after the last seat's.
    pub(crate) fn end(&self) -> SeatNo {
        let seats = u32::try_from(self.labels.len()).expect("seats are numbered");
        SeatNo(seats.saturating_add(1))
    }

    /// The first seat of each row.
    pub(crate) const fn row_starts(&self) -> &SeatSet {
        &self.row_starts
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
