//! Refusals: normal answers that say no. One variant for each thing that can be said.
//!
//! A refusal changes nothing. How it is worded, and which HTTP status it has, is the edge's to say.

use crate::id::{BookingId, EventId, ZoneId};
use crate::money::Money;
use crate::payment::Payment;
use crate::tickets::booking::Booking;
use crate::time::Timestamp;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reject {
    /// About a key.
    Key(KeyReject),
    /// About events, zones and seats.
    Ticket(TicketReject),
    /// About a booking that exists.
    Booking(BookingReject),
    /// About payments.
    Payment(PaymentReject),
    /// The fields did not pass their checks at the edge, which knows them.
    Malformed,
}

/// Refusals about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyReject {
    /// It is bound to another request.
    Reused,
    /// Nothing was answered under it, so a customer cannot retire it.
    Unused,
    /// Its answer is gone; it can not book again.
    Retired {
        /// What it made, if it made anything.
        existing: Option<String>,
    },
}

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
}

/// Refusals about payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentReject {
    /// The booking costs something.
    Required {
        /// How much.
        total: Money,
    },
    /// The reference has paid for something else.
    ReferenceUsed {
        /// The reference.
        reference: String,
    },
}

impl Reject {
    /// Whether the refusal is the key's answer for good. Others leave the key as if it had never
    /// been seen: nothing was decided that a corrected or later request could contradict.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Key(KeyReject::Reused | KeyReject::Unused | KeyReject::Retired { .. })
            | Self::Malformed => false,
            Self::Ticket(reject) => reject.is_final(),
            Self::Booking(BookingReject::NotFound(_)) => false,
            Self::Booking(BookingReject::Status { .. })
            | Self::Payment(PaymentReject::Required { .. } | PaymentReject::ReferenceUsed { .. }) => {
                true
            }
        }
    }

    /// What exists and made the refusal necessary, as the text of its id.
    #[must_use]
    pub fn existing(&self) -> Option<String> {
        match self {
            Self::Key(KeyReject::Retired { existing }) => existing.clone(),
            Self::Booking(BookingReject::Status { booking, .. }) => Some(booking.id.to_string()),
            Self::Key(KeyReject::Reused | KeyReject::Unused)
            | Self::Booking(BookingReject::NotFound(_))
            | Self::Ticket(_)
            | Self::Payment(_)
            | Self::Malformed => None,
        }
    }
}

impl TicketReject {
    const fn is_final(&self) -> bool {
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
