//! Tickets: seats and bookings as they are written, and what readers ask. Events and zones are written as
//! their descriptions say.

mod bookings;
mod reads;
mod seats;

use domain::World;

use crate::desk::Desk;
use crate::errors::Error;

/// Writes what was decided about seats and bookings.
pub(crate) fn write(desk: &mut Desk<'_>, world: &World) -> Result<(), Error> {
    seats::write(desk.session, world)?;
    bookings::write(desk, world)
}
