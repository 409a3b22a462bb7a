//! What is read about tickets. Nothing else of the engine knows of events and bookings.

use domain::id::{AccountId, BookingId, EventId, PersonId, ZoneId};
use domain::payment::Payment;
use domain::pool::{Pool, SeatNo};
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, ZoneStock};

use crate::error::StoreError;
use crate::reads::Page;

/// An event with its zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// The event.
    pub event: Event,
    /// Its zones, in order.
    pub zones: Vec<ZoneStock>,
}

/// A booking with its payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingView {
    /// The booking.
    pub booking: Booking,
    /// Its payment.
    pub payment: Option<Payment>,
}

/// A numbered seat and whether it is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatView {
    /// Its number.
    pub number: SeatNo,
    /// What is printed on it.
    pub label: String,
    /// Its pool.
    pub pool: Pool,
}

/// Which bookings; `None` is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BookingFilter {
    /// Of this person.
    pub person: Option<PersonId>,
    /// Of this event.
    pub event: Option<EventId>,
    /// With this status.
    pub status: Option<Status>,
}

/// Reads about tickets.
#[expect(clippy::missing_errors_doc, reason = "every method fails with a StoreError only")]
pub trait TicketReads {
    /// One event.
    fn event(&self, account: AccountId, id: EventId) -> Result<Option<EventView>, StoreError>;
    /// Events, newest first.
    fn events(&self, account: AccountId, page: Page<EventId>)
    -> Result<Vec<EventView>, StoreError>;
    /// One zone with its counters.
    fn zone(&self, account: AccountId, id: ZoneId) -> Result<Option<ZoneStock>, StoreError>;
    /// Seats of a zone from the one after `after`, in order.
    fn seats(
        &self,
        account: AccountId,
        zone: ZoneId,
        page: Page<SeatNo>,
    ) -> Result<Vec<SeatView>, StoreError>;
    /// One booking.
    fn booking(&self, account: AccountId, id: BookingId)
    -> Result<Option<BookingView>, StoreError>;
    /// Bookings, newest first.
    fn bookings(
        &self,
        account: AccountId,
        filter: BookingFilter,
        page: Page<BookingId>,
    ) -> Result<Vec<BookingView>, StoreError>;
}
