//! Tickets: events with zones and seats, and the bookings that claim them. Each command is a file.

pub mod booking;
mod cancel;
mod confirm;
pub(crate) mod end;
pub mod event;
mod events;
pub mod intent;
pub mod reject;
mod reserve;
pub mod seat_set;
pub mod seats;
