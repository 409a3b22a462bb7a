//! Rows of tickets.

pub mod bookings;
pub mod catalogue;
pub mod json;

use domain::id::{BookingId, EventId, ZoneId};
use domain::tickets::booking::Status;

use crate::cell;

cell::ids! { BookingId EventId ZoneId }
cell::worded! { Status }
