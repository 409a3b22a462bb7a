//! Refusals about events, zones, seats and bookings.

use super::booking::Booking;
use crate::id::{BookingId, EventId, ZoneId};
use crate::money::Money;
use crate::payment::Payment;
use crate::time::Timestamp;

/// Refusals about events, zones and seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketReject {
    /// No such event. `named` tells whether the body names it, or the path.
    EventNotFound {
        /// Which one.
        event: EventId,
        /// Whether the body names it.
        named: bool,
    },
    /// The event has no such zone.
    ZoneNotFound {
        /// Which one.
        zone: ZoneId,
        /// Whether the body names it.
        named: bool,
    },
    /// The zone has no seat with this label.
    SeatNotFound {
        /// Its place in the request's list.
        index: usize,
        /// The label.
        label: String,
    },
    /// Sales have not begun, or are over.
    SalesClosed {
        /// When they begin.
        opens_at: Option<Timestamp>,
        /// When they end.
        closes_at: Option<Timestamp>,
    },
    /// The zone has numbered seats: some must be named, or the best ones asked for.
    SeatsNeeded,
    /// The zone has no numbered seats.
    NotNumbered,
    /// The client expects another total.
    PriceChanged {
        /// The total as it is now.
        total: Money,
    },
    /// The price does not fit the event's currency.
    PriceInvalid,
    /// The total that the client expects is no amount of the event's currency.
    ExpectedAmountInvalid {
        /// Digits that the currency has after the point.
        digits: u32,
    },
    /// The person would hold more than the event allows.
    MaxTicketsExceeded {
        /// The event's cap.
        max: u32,
        /// What the person holds or owns.
        taken: u32,
        /// What was wanted.
        requested: u32,
    },
    /// Fewer units are left than were wanted.
    InsufficientSeats {
        /// The zone's name.
        zone: String,
        /// Units left.
        available: u32,
        /// What was wanted.
        requested: u32,
    },
    /// Seats that were named are held or sold.
    SeatTaken {
        /// Their labels.
        labels: Vec<String>,
    },
    /// The capacity would fall below what is taken.
    BelowTaken {
        /// Units held or sold.
        taken: u32,
    },
    /// The capacity of numbered seats is their number.
    CapacityFixed {
        /// How many seats there are.
        seats: u32,
    },
    /// Sales would end before they begin.
    SalesWindow,
}

impl TicketReject {
    /// Whether it is the key's answer for good.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::EventNotFound { named, .. } | Self::ZoneNotFound { named, .. } => *named,
            Self::SeatNotFound { .. }
            | Self::SalesClosed { .. }
            | Self::PriceChanged { .. }
            | Self::MaxTicketsExceeded { .. }
            | Self::InsufficientSeats { .. }
            | Self::SeatTaken { .. }
            | Self::BelowTaken { .. } => true,
            Self::SeatsNeeded
            | Self::NotNumbered
            | Self::PriceInvalid
            | Self::ExpectedAmountInvalid { .. }
            | Self::CapacityFixed { .. }
            | Self::SalesWindow => false,
        }
    }
}

/// Refusals about a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingReject {
    /// No such booking that the actor may see.
    NotFound(BookingId),
    /// It is not where it would have to be.
    Status {
        /// What was wanted.
        wanted: Wanted,
        /// The booking as it is.
        booking: Box<Booking>,
        /// Its payment.
        payment: Option<Box<Payment>>,
    },
}

/// What was wanted of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// To confirm it.
    Confirm,
    /// To release it.
    Release,
    /// To cancel it.
    Cancel,
    /// To let it expire at once.
    Expire,
}

impl BookingReject {
    /// Whether it is the key's answer for good.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::NotFound(_) => false,
            Self::Status { .. } => true,
        }
    }

    /// The booking that made it necessary.
    pub(crate) fn existing(&self) -> Option<String> {
        match self {
            Self::NotFound(_) => None,
            Self::Status { booking, .. } => Some(booking.id.to_string()),
        }
    }
}
