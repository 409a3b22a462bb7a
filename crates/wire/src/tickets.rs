//! Tickets: events and their zones, bookings and how they came about.

mod booking;
mod event;

pub use booking::{
    Booking, BookingStatus, Cancel, Confirm, PaymentMethod, PaymentRequest, PaymentStatus, Reserve,
    Summary, TimelineEntry, TimelineKind,
};
pub use event::{
    Availability, CreateEvent, CreateZone, Event, PolicyStep, Seat, SeatStatus, UpdateEvent,
    UpdateZone, Zone,
};
