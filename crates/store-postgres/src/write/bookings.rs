//! People, what they may still take, what they booked, and the money.

use domain::World;
use domain::id::AccountId;
use domain::payment::Payment;
use domain::resource::Resource;
use domain::tickets::booking::Booking;

use crate::errors::Error;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, BOOKING_INSERT, BOOKING_UPDATE, PAYMENT_INSERT,
    PAYMENT_UPDATE, PERSON_INSERT,
};
use crate::write::{Otherwise, Writes, check_named, inserts, puts};

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
    rows.inserts.iter().try_for_each(|it| check_sold(it.key.0, it.value, world))?;
    writes.rows((&PAYMENT_INSERT, Otherwise::Broken), &rows.inserts)?;
    writes.rows((&PAYMENT_UPDATE, Otherwise::Broken), &rows.updates)?;

    let rows = puts(world.refunds.writes(), "refunds")?;
    rows.inserts.iter().try_for_each(|it| {
        let payment = world.payments.peek(&(it.key.0, it.value.payment));
        check_named(payment.is_some(), it.value.id)
    })
}

/// A booking names only what this transaction has read, or makes.
fn check_names(booking: &Booking, world: &World) -> Result<(), Error> {
    let account = booking.account;
    let is_there = world.events.peek(&(account, booking.event)).is_some()
        && world.zones.peek(&(account, booking.zone)).is_some()
        && world.people.peek(&(account, booking.person)).is_some();
    check_named(is_there, booking.id)
}

/// So does a payment.
fn check_sold(account: AccountId, payment: &Payment, world: &World) -> Result<(), Error> {
    let is_there = match payment.resource {
        Resource::Booking(id) => world.bookings.peek(&(account, id)).is_some(),
    };
    check_named(is_there, payment.id)
}

fn check_intent(booking: &Booking) -> Result<(), Error> {
    match &booking.intent {
        Some(key) if key.account != booking.account => {
            Err(Error::Refused(format!("{} was made by another account's key", booking.id)))
        }
        Some(_) | None => Ok(()),
    }
}
