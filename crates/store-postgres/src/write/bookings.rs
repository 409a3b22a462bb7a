//! People, what they may still take, what they booked, and the money.

use domain::allowance::{Allowance, AllowanceId};
use domain::id::{AccountId, PaymentId};
use domain::payment::{Payment, Refund};
use domain::person::Person;
use domain::tickets::booking::Booking;
use domain::world::Of;
use domain::{Timestamp, World};

use crate::errors::Error;
use crate::session::Param;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, BOOKING_INSERT, BOOKING_UPDATE, PAYMENT_INSERT,
    PAYMENT_UPDATE, PERSON_INSERT, REFUND_INSERT,
};
use crate::write::{Otherwise, Put, Writes, columns, inserts, puts};
use rows::tickets::json;

pub(super) fn write(writes: &mut Writes, world: &World) -> Result<(), Error> {
    let rows = inserts(world.people.writes(), "people")?;
    writes.each((&PERSON_INSERT, Otherwise::Broken), &rows, |it| it.key.0, people);

    let rows = puts(world.allowances.writes(), "allowances")?;
    for (statement, rows) in [(&ALLOWANCE_INSERT, rows.inserts), (&ALLOWANCE_UPDATE, rows.updates)]
    {
        writes.each((statement, Otherwise::Broken), &rows, |it| it.key.0, allowances);
    }

    let rows = puts(world.bookings.writes(), "bookings")?;
    rows.inserts.iter().chain(&rows.updates).try_for_each(|it| check_intent(it.value))?;
    rows.inserts.iter().try_for_each(|it| check_names(it.value, world))?;
    for (statement, rows) in [(&BOOKING_INSERT, rows.inserts), (&BOOKING_UPDATE, rows.updates)] {
        writes.each((statement, Otherwise::Broken), &rows, |it| it.value.account, bookings);
    }

    let rows = puts(world.payments.writes(), "payments")?;
    writes.add((rows.inserts.len(), &PAYMENT_INSERT), Otherwise::Broken, payments(&rows.inserts));
    writes.add((rows.updates.len(), &PAYMENT_UPDATE), Otherwise::Broken, payments(&rows.updates));
    writes.add((world.refunds.len(), &REFUND_INSERT), Otherwise::Broken, refunds(&world.refunds));
    Ok(())
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

fn people<K>(rows: &[&Put<'_, K, Person>]) -> Vec<Param> {
    columns!(rows, it =>
        it.value.id.to_string(),
        it.value.user_id.clone(),
        it.value.created_at.as_millis(),
    )
}

fn allowances(rows: &[&Put<'_, Of<AllowanceId>, Allowance>]) -> Vec<Param> {
    columns!(rows, it =>
        it.key.1.event.to_string(),
        it.key.1.person.to_string(),
        i64::from(it.value.taken),
    )
}

fn bookings<K>(rows: &[&Put<'_, K, Booking>]) -> Vec<Param> {
    columns!(rows, it =>
        it.value.id.to_string(),
        it.value.event.to_string(),
        it.value.zone.to_string(),
        it.value.person.to_string(),
        i64::from(it.value.quantity),
        json::seats_text(&it.value.seats),
        it.value.total.minor,
        it.value.total.currency.code().to_owned(),
        it.value.status.as_str(),
        it.value.expires_at.as_millis(),
        it.value.created_at.as_millis(),
        it.value.confirmed_at.map(Timestamp::as_millis),
        it.value.ended_at.map(Timestamp::as_millis),
        it.value.confirmation_code.clone(),
        it.value.cancel_reason.clone(),
        it.value.payment.map(|payment| payment.to_string()),
        it.value.intent.as_ref().map(|key| key.user.clone()),
        it.value.intent.as_ref().map(|key| key.key.clone()),
        i64::from(it.value.seq),
    )
}

fn payments(rows: &[Put<'_, Of<PaymentId>, Payment>]) -> Vec<Param> {
    columns!(rows, it =>
        it.key.0.to_string(),
        it.value.id.to_string(),
        it.value.booking.to_string(),
        it.value.method.as_str(),
        it.value.reference.clone(),
        it.value.status.as_str(),
        it.value.amount.minor,
        it.value.amount.currency.code().to_owned(),
        it.value.refunded,
        it.value.created_at.as_millis(),
        i64::from(it.value.seq),
    )
}

fn refunds(rows: &[(AccountId, Refund)]) -> Vec<Param> {
    columns!(rows, it =>
        it.0.to_string(),
        it.1.id.to_string(),
        it.1.payment.to_string(),
        it.1.amount.minor,
        it.1.amount.currency.code().to_owned(),
        it.1.reason.clone(),
        it.1.created_at.as_millis(),
    )
}
