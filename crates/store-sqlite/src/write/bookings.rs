//! People, what they may still take, what they booked, and the money.

use domain::World;
use domain::allowance::{Allowance, AllowanceId};
use domain::booking::Booking;
use domain::id::AccountId;
use domain::payment::{Payment, Refund};
use domain::person::Person;
use domain::world::Of;
use rusqlite::named_params;

use crate::errors::Error;
use crate::rows::json;
use crate::session::Session;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, BOOKING_INSERT, BOOKING_UPDATE, PAYMENT_INSERT,
    PAYMENT_UPDATE, PERSON_INSERT, REFUND_INSERT,
};
use crate::write::{Put, insert, put};

const ALLOWANCE: Put = Put { insert: &ALLOWANCE_INSERT, update: &ALLOWANCE_UPDATE };
const BOOKING: Put = Put { insert: &BOOKING_INSERT, update: &BOOKING_UPDATE };
const PAYMENT: Put = Put { insert: &PAYMENT_INSERT, update: &PAYMENT_UPDATE };

pub(super) fn write(session: &Session, world: &World) -> Result<(), Error> {
    for write in world.people.writes() {
        let ((account, _), person) = insert(write, "people")?;
        write_person(session, *account, person)?;
    }
    for write in world.allowances.writes() {
        let (id, allowance, is_new) = put(write, "allowances")?;
        write_allowance(session, (*id, *allowance), is_new)?;
    }
    for write in world.bookings.writes() {
        let (_, booking, is_new) = put(write, "bookings")?;
        write_booking(session, booking, is_new)?;
    }
    for write in world.payments.writes() {
        let ((account, _), payment, is_new) = put(write, "payments")?;
        write_payment(session, (*account, payment), is_new)?;
    }
    for (account, refund) in &world.refunds {
        write_refund(session, *account, refund)?;
    }
    Ok(())
}

fn write_person(session: &Session, account: AccountId, person: &Person) -> Result<(), Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":id": person.id.to_string(),
        ":user": person.user_id,
        ":created_at": person.created_at.as_millis(),
    };
    session.execute_one(&PERSON_INSERT, params)
}

fn write_allowance(
    session: &Session,
    ((account, id), allowance): (Of<AllowanceId>, Allowance),
    is_new: bool,
) -> Result<(), Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":event": id.event.to_string(),
        ":person": id.person.to_string(),
        ":taken": allowance.taken,
    };
    ALLOWANCE.row(session, is_new, params)
}

fn write_booking(session: &Session, booking: &Booking, is_new: bool) -> Result<(), Error> {
    let intent = booking.intent.as_ref();
    if intent.is_some_and(|key| key.account != booking.account) {
        return Err(Error::Refused(format!("{} was made by another account's key", booking.id)));
    }
    let millis = |at: domain::Timestamp| at.as_millis();
    let params = named_params! {
        ":account": booking.account.to_string(),
        ":id": booking.id.to_string(),
        ":event": booking.event.to_string(),
        ":zone": booking.zone.to_string(),
        ":person": booking.person.to_string(),
        ":quantity": booking.quantity,
        ":seats": json::seats_text(&booking.seats),
        ":total": booking.total.minor,
        ":currency": booking.total.currency.code(),
        ":status": booking.status.as_str(),
        ":expires_at": booking.expires_at.as_millis(),
        ":created_at": booking.created_at.as_millis(),
        ":confirmed_at": booking.confirmed_at.map(millis),
        ":ended_at": booking.ended_at.map(millis),
        ":confirmation_code": booking.confirmation_code,
        ":cancel_reason": booking.cancel_reason,
        ":payment": booking.payment.map(|payment| payment.to_string()),
        ":intent_user": intent.map(|key| key.user.as_str()),
        ":intent_key": intent.map(|key| key.key.as_str()),
        ":seq": booking.seq,
    };
    BOOKING.row(session, is_new, params)
}

fn write_payment(
    session: &Session,
    (account, payment): (AccountId, &Payment),
    is_new: bool,
) -> Result<(), Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":id": payment.id.to_string(),
        ":booking": payment.booking.to_string(),
        ":method": payment.method.as_str(),
        ":reference": payment.reference,
        ":status": payment.status.as_str(),
        ":amount": payment.amount.minor,
        ":currency": payment.amount.currency.code(),
        ":refunded": payment.refunded,
        ":created_at": payment.created_at.as_millis(),
        ":seq": payment.seq,
    };
    PAYMENT.row(session, is_new, params)
}

fn write_refund(session: &Session, account: AccountId, refund: &Refund) -> Result<(), Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":id": refund.id.to_string(),
        ":payment": refund.payment.to_string(),
        ":amount": refund.amount.minor,
        ":currency": refund.amount.currency.code(),
        ":reason": refund.reason,
        ":created_at": refund.created_at.as_millis(),
    };
    session.execute_one(&REFUND_INSERT, params)
}
