//! Tickets: seats and bookings as they are written, and what readers ask. Events and zones are written as
//! their descriptions say.

mod bookings;
mod reads;
mod seats;

use domain::World;

use crate::errors::Error;
use crate::write::Writes;

/// Writes what was decided about seats and bookings.
pub(crate) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    seats::write(writes, world)?;
    bookings::write(writes, world)
}
