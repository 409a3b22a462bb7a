//! Writing bookings.

use domain::World;
use domain::tickets::booking::Booking;

use crate::errors::Error;
use crate::statements::{BOOKING_INSERT, BOOKING_UPDATE};
use crate::write::{Checked, Writes, check_named, puts};

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = puts(world.bookings.writes(), "bookings")?;
    rows.inserts.iter().chain(&rows.updates).try_for_each(|it| check_intent(it.value))?;
    rows.inserts.iter().try_for_each(|it| check_names(it.value, world))?;
    writes.rows(Checked::broken(&BOOKING_INSERT), &rows.inserts)?;
    writes.rows(Checked::broken(&BOOKING_UPDATE), &rows.updates)
}

/// A booking names only what this transaction has read, or makes.
fn check_names(booking: &Booking, world: &World) -> Result<(), Error> {
    let account = booking.account;
    let is_there = world.events.peek(&(account, booking.event)).is_some()
        && world.zones.peek(&(account, booking.zone)).is_some()
        && world.people.peek(&(account, booking.person)).is_some();
    check_named(is_there, booking.id)
}

fn check_intent(booking: &Booking) -> Result<(), Error> {
    match &booking.intent {
        Some(key) if key.account != booking.account => {
            Err(Error::Refused(format!("{} was made by another account's key", booking.id)))
        }
        Some(_) | None => Ok(()),
    }
}
