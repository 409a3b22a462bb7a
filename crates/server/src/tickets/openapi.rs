//! Tickets in the document: their operations, and examples of what is sent and answered.

pub(crate) mod bookings;
pub(crate) mod events;
pub(crate) mod examples;
pub(crate) mod refusals;
