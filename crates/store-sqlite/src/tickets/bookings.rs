//! Writing bookings.

use domain::World;
use domain::id::BookingId;
use domain::tickets::booking::Booking;
use domain::world::Of;
use rusqlite::named_params;

use crate::dictionary::Name;
use crate::errors::Error;
use crate::statements::{BOOKING_INSERT, BOOKING_UPDATE};
use crate::write::{Put, Puts, check_named, put};
use crate::write_context::WriteContext;

pub(super) fn write(context: &mut WriteContext<'_>, world: &World) -> Result<(), Error> {
    let mut bookings = Puts::new(context.session, &BOOKING_INSERT, &BOOKING_UPDATE);
    for write in world.bookings.writes() {
        let put = put(write, "bookings")?;
        let Put { row: booking, is_new, .. } = put;
        check_named(!is_new || names_are_there(booking, world), &booking.id)?;
        write_booking(context, &mut bookings, put)?;
    }
    Ok(())
}

/// Whether everything is there that a booking names.
fn names_are_there(booking: &Booking, world: &World) -> bool {
    let account = booking.account;
    world.events.peek(&(account, booking.event)).is_some()
        && world.zones.peek(&(account, booking.zone)).is_some()
}

fn write_booking(
    context: &mut WriteContext<'_>,
    bookings: &mut Puts<'_>,
    put: Put<'_, Of<BookingId>, Booking>,
) -> Result<(), Error> {
    let booking = put.row;
    let intent = booking.intent.as_ref();
    if intent.is_some_and(|key| key.account != booking.account) {
        return Err(Error::Refused(format!("{} was made by another account's key", booking.id)));
    }
    let person = context.person_row_id((booking.account, booking.person))?;
    check_named(person.is_some(), &booking.id)?;
    let others = named_params! {
        ":account": context.intern(Name::Account(booking.account))?,
        ":event": context.intern(Name::Event(booking.event))?,
        ":zone": context.intern(Name::Zone(booking.zone))?,
        ":person": person,
    };
    bookings.row(&put, others)
}
