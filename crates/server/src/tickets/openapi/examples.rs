//! Examples of one event and of one booking, from first to last.

mod bookings;
mod events;

pub(crate) use self::bookings::{
    cancel, cancelled, confirm, confirmed, expired, refused, released, reserve, reserve_best,
    reserve_seats, reserved, timeline, total,
};
pub(crate) use self::events::{
    availability, create_event, event, seats, summary, update_event, update_zone, updated_event,
    updated_zone,
};
