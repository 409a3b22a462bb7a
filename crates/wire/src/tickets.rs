//! Tickets: events and their zones, bookings and how they came about.

mod booking;
mod event;

pub use booking::{
    Booking, BookingSnapshot, BookingStatus, CancelRequest, ConfirmRequest, Payment, PaymentMethod,
    PaymentRequest, PaymentStatus, ReserveRequest, TimelineEntry, TimelineKind, UserAllowance,
};
pub use event::{
    Availability, CreateEventRequest, CreateZoneRequest, Event, PolicyStep, Seat, SeatStatus,
    UpdateEventRequest, UpdateZoneRequest, Zone,
};
