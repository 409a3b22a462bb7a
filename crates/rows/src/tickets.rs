//! Rows of tickets.

pub mod bookings;
pub mod catalogue;
pub mod json;
