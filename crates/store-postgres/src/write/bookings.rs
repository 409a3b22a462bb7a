//! People, what they may still take, what they booked, and the money.

use domain::World;
use domain::payment::Refund;
use domain::tickets::booking::Booking;

use crate::errors::Error;
use crate::generated;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, BOOKING_INSERT, BOOKING_UPDATE, PAYMENT_INSERT,
    PAYMENT_UPDATE, PERSON_INSERT,
};
use crate::write::{Otherwise, Put, Writes, inserts, puts};

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = inserts(world.people.writes(), "people")?;
    writes.rows((&PERSON_INSERT, Otherwise::Broken), &rows)?;

    let rows = puts(world.allowances.writes(), "allowances")?;
    writes.rows((&ALLOWANCE_INSERT, Otherwise::Broken), &rows.inserts)?;
    writes.rows((&ALLOWANCE_UPDATE, Otherwise::Broken), &rows.updates)?;

    let rows = puts(world.bookings.writes(), "bookings")?;
    rows.inserts.iter().chain(&rows.updates).try_for_each(|it| check_intent(it.value))?;
    rows.inserts.iter().try_for_each(|it| check_names(it.value, world))?;
    writes.rows((&BOOKING_INSERT, Otherwise::Broken), &rows.inserts)?;
    writes.rows((&BOOKING_UPDATE, Otherwise::Broken), &rows.updates)?;

    let rows = puts(world.payments.writes(), "payments")?;
    writes.rows((&PAYMENT_INSERT, Otherwise::Broken), &rows.inserts)?;
    writes.rows((&PAYMENT_UPDATE, Otherwise::Broken), &rows.updates)?;

    let keys: Vec<_> = world.refunds.iter().map(|(of, refund)| (*of, refund.id)).collect();
    let refunds = keys.iter().zip(&world.refunds);
    let refunds: Vec<_> = refunds.map(|(key, (_, value))| Put { key, value }).collect();
    writes.rows((&generated::of::<Refund>().insert, Otherwise::Broken), &refunds)
}

/// A booking names only what this transaction has read, or makes. None of that is ever deleted, so no
/// foreign key has to look for it again, row by row.
fn check_names(booking: &Booking, world: &World) -> Result<(), Error> {
    let account = booking.account;
    let is_there = world.events.peek(&(account, booking.event)).is_some()
        && world.zones.peek(&(account, booking.zone)).is_some()
        && world.people.peek(&(account, booking.person)).is_some();
    if is_there {
        Ok(())
    } else {
        Err(Error::Refused(format!("{} names what is not there", booking.id)))
    }
}

fn check_intent(booking: &Booking) -> Result<(), Error> {
    match &booking.intent {
        Some(key) if key.account != booking.account => {
            Err(Error::Refused(format!("{} was made by another account's key", booking.id)))
        }
        Some(_) | None => Ok(()),
    }
}
