//! Tickets: seats and bookings as they are written, and what readers ask. Events and zones are written as
//! their descriptions say.

mod bookings;
mod reads;
mod seats;

use domain::World;

use crate::errors::Error;
use crate::write_context::WriteContext;

/// Writes what was decided about seats and bookings.
pub(crate) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    seats::write(context.session, world)?;
    bookings::write(context, world)
}
