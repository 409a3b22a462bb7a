//! People, what they may still take, what they booked, and the money.

use domain::World;
use domain::allowance::{Allowance, AllowanceId};
use domain::id::AccountId;
use domain::payment::Payment;
use domain::person::Person;
use domain::resource::Resource;
use domain::tickets::booking::Booking;
use domain::world::Of;
use rusqlite::named_params;

use crate::desk::Desk;
use crate::errors::Error;
use crate::lookup::Kind;
use crate::names::Name;
use crate::prepared::Prepared;
use crate::statements::{
    ALLOWANCE_INSERT, ALLOWANCE_UPDATE, BOOKING_INSERT, BOOKING_UPDATE, PAYMENT_INSERT,
    PAYMENT_UPDATE, PERSON_INSERT,
};
use crate::write::{Puts, check_named, insert, put};

pub(super) fn write(desk: &mut Desk<'_>, world: &World) -> Result<(), Error> {
    let session = desk.session;
    let mut people = session.prepared(&PERSON_INSERT);
    for write in world.people.writes() {
        let ((account, _), person) = insert(write, "people")?;
        write_person(desk, &mut people, (*account, person))?;
    }
    let mut allowances = Puts::new(session, (&ALLOWANCE_INSERT, &ALLOWANCE_UPDATE));
    for write in world.allowances.writes() {
        let (id, allowance, is_new) = put(write, "allowances")?;
        write_allowance(desk, &mut allowances, ((*id, *allowance), is_new))?;
    }
    let mut bookings = Puts::new(session, (&BOOKING_INSERT, &BOOKING_UPDATE));
    for write in world.bookings.writes() {
        let (_, booking, is_new) = put(write, "bookings")?;
        check_named(!is_new || names_are_there(booking, world), &booking.id)?;
        write_booking(desk, &mut bookings, (booking, is_new))?;
    }
    let mut payments = Puts::new(session, (&PAYMENT_INSERT, &PAYMENT_UPDATE));
    for write in world.payments.writes() {
        let ((account, _), payment, is_new) = put(write, "payments")?;
        check_named(!is_new || is_sold(world, *account, payment), &payment.id)?;
        write_payment(desk, &mut payments, ((*account, payment), is_new))?;
    }
    for write in world.refunds.writes() {
        let ((account, id), refund, _) = put(write, "refunds")?;
        check_named(world.payments.peek(&(*account, refund.payment)).is_some(), id)?;
    }
    Ok(())
}

fn is_sold(world: &World, account: AccountId, payment: &Payment) -> bool {
    match payment.resource {
        Resource::Booking(id) => world.bookings.peek(&(account, id)).is_some(),
    }
}

fn write_person(
    desk: &mut Desk<'_>,
    people: &mut Prepared<'_>,
    (account, person): (AccountId, &Person),
) -> Result<(), Error> {
    let hash = desk.finder.person(account, person.id);
    if !desk.is_absent(Kind::Person, hash) && desk.person((account, person.id))?.is_some() {
        return Err(Error::Refused(format!("{} is there already", person.id)));
    }
    let number = desk.give(Name::Account(account))?;
    people.execute_row((&(account, person.id), person), named_params! {":account": number})?;
    let no = desk.enter(Kind::Person, hash);
    desk.know_person((account, person.id), no);
    Ok(())
}

fn write_allowance(
    desk: &mut Desk<'_>,
    allowances: &mut Puts<'_>,
    (((account, id), allowance), is_new): ((Of<AllowanceId>, Allowance), bool),
) -> Result<(), Error> {
    let person = desk.person_no((account, id.person))?;
    check_named(person.is_some(), &"an allowance")?;
    let event = desk.give(Name::Event(id.event))?;
    let others = named_params! {":person": person, ":event": event};
    allowances.row(is_new, (&(account, id), &allowance), others)
}

/// Whether everything is there that a booking names.
fn names_are_there(booking: &Booking, world: &World) -> bool {
    let account = booking.account;
    world.events.peek(&(account, booking.event)).is_some()
        && world.zones.peek(&(account, booking.zone)).is_some()
}

fn write_booking(
    desk: &mut Desk<'_>,
    bookings: &mut Puts<'_>,
    (booking, is_new): (&Booking, bool),
) -> Result<(), Error> {
    let intent = booking.intent.as_ref();
    if intent.is_some_and(|key| key.account != booking.account) {
        return Err(Error::Refused(format!("{} was made by another account's key", booking.id)));
    }
    let person = desk.person_no((booking.account, booking.person))?;
    check_named(person.is_some(), &booking.id)?;
    let others = named_params! {
        ":account": desk.give(Name::Account(booking.account))?,
        ":event": desk.give(Name::Event(booking.event))?,
        ":zone": desk.give(Name::Zone(booking.zone))?,
        ":person": person,
    };
    bookings.row(is_new, (&(booking.account, booking.id), booking), others)
}

fn write_payment(
    desk: &mut Desk<'_>,
    payments: &mut Puts<'_>,
    ((account, payment), is_new): ((AccountId, &Payment), bool),
) -> Result<(), Error> {
    let name = payment.name();
    let hash = desk.finder.payment(account, &name);
    let is_known = !is_new || desk.is_absent(Kind::Payment, hash);
    if !is_known && desk.payment((account, &name))?.is_some() {
        return Err(Error::Refused(format!("{} pays for something", payment.reference)));
    }
    let number = desk.give(Name::Account(account))?;
    let others = named_params! {":account": number};
    payments.row(is_new, (&(account, payment.id), payment), others)?;
    if is_new {
        desk.enter(Kind::Payment, hash);
    }
    Ok(())
}
