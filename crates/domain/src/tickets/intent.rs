//! What clients want of events, zones and bookings.

use crate::id::{BookingId, EventId, ZoneId};
use crate::intent::{NewPayment, is_text};
use crate::limits::{SEAT_LABEL_CHARS_MAX, SEATS_MAX};
use crate::money::{Currency, Decimal};
use crate::person::User;
use crate::policy::Terms;
use crate::time::Timestamp;

/// An event to create. Everything was checked at the edge; [`NewZone`] checks its seats itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its name.
    pub name: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// The currency of all prices.
    pub currency: Currency,
    /// Units per person.
    pub max_per_user: u32,
    /// Seconds that a hold lasts.
    pub hold_seconds: u32,
    /// When sales begin.
    pub sales_open_at: Option<Timestamp>,
    /// When sales end.
    pub sales_close_at: Option<Timestamp>,
    /// What a cancellation refunds.
    pub terms: Terms,
    /// Its zones, in order.
    pub zones: Vec<NewZone>,
}

/// A zone to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewZone {
    /// Its name.
    pub name: String,
    /// Units.
    pub capacity: u32,
    /// Price of one, in minor units of the event's currency.
    pub price: i64,
    /// Labels of numbered seats, as many as the capacity; empty for none.
    pub seats: Vec<String>,
}

/// Why a list of seats cannot be a zone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatsError {
    /// More than [`SEATS_MAX`].
    TooMany,
    /// As many as the capacity are needed.
    NotCapacity,
    /// The label at this index is empty, too long or has control characters.
    Label(usize),
    /// The label at this index stood before.
    Twice(usize),
}

impl NewZone {
    /// Whether the list of seats can be the zone's.
    ///
    /// # Errors
    /// [`SeatsError`] for the first fault found.
    pub fn check_seats(&self) -> Result<(), SeatsError> {
        if self.seats.is_empty() {
            return Ok(());
        }
        if self.seats.len() > SEATS_MAX as usize {
            return Err(SeatsError::TooMany);
        }
        let mut seen = std::collections::BTreeSet::new();
        for (index, label) in self.seats.iter().enumerate() {
            if !is_text(label, SEAT_LABEL_CHARS_MAX) {
                return Err(SeatsError::Label(index));
            }
            if !seen.insert(label) {
                return Err(SeatsError::Twice(index));
            }
        }
        let equal = u32::try_from(self.seats.len()) == Ok(self.capacity);
        if equal { Ok(()) } else { Err(SeatsError::NotCapacity) }
    }
}

/// Changes to an event; `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPatch {
    /// Which one.
    pub event: EventId,
    /// Its name.
    pub name: Option<String>,
    /// When it begins.
    pub starts_at: Option<Timestamp>,
    /// Units per person; holds and sales beyond a lower cap stay.
    pub max_per_user: Option<u32>,
    /// Seconds that later holds last.
    pub hold_seconds: Option<u32>,
    /// When sales begin; `Some(None)` is at once.
    pub sales_open_at: Option<Option<Timestamp>>,
    /// When sales end; `Some(None)` is never.
    pub sales_close_at: Option<Option<Timestamp>>,
    /// What a cancellation refunds.
    pub terms: Option<Terms>,
}

/// Changes to a zone; `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonePatch {
    /// The event it is part of.
    pub event: EventId,
    /// Which one.
    pub zone: ZoneId,
    /// Its name.
    pub name: Option<String>,
    /// Its units.
    pub capacity: Option<u32>,
    /// Its price in the event's currency; what is reserved keeps its own.
    pub price: Option<Decimal>,
}

/// Which units are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// That many of a zone without numbered seats.
    Units(u32),
    /// These seats.
    Seats(Vec<String>),
    /// That many seats, the best that are free.
    Best(u32),
}

impl Wanted {
    /// How many units.
    #[must_use]
    pub fn quantity(&self) -> u32 {
        match self {
            Self::Units(quantity) | Self::Best(quantity) => *quantity,
            Self::Seats(labels) => u32::try_from(labels.len()).unwrap_or(u32::MAX),
        }
    }
}

/// A booking to reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBooking {
    /// The event.
    pub event: EventId,
    /// The zone.
    pub zone: ZoneId,
    /// Which units.
    pub wanted: Wanted,
    /// Whom it is for.
    pub user: User,
    /// What the client believes the total to be, in the event's currency.
    pub expected_amount: Option<Decimal>,
}

/// A hold to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Which one.
    pub booking: BookingId,
    /// How it was paid.
    pub payment: Option<NewPayment>,
}

/// A sale to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Which one.
    pub booking: BookingId,
    /// Why.
    pub reason: Option<String>,
    /// Whether to refund what the policy allows.
    pub refund: bool,
}
