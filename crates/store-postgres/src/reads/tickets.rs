//! Events, zones, seats, bookings.

use std::collections::BTreeMap;

use domain::booking::{Booking, Status};
use domain::event::{Event, ZoneStock};
use domain::id::{AccountId, BookingId, EventId, ZoneId};
use domain::pool::SeatNo;
use domain::world::Of;
use engine::reads::{BookingFilter, BookingView, EventView, Page, SeatView};

use crate::errors::Error;
use crate::load::ids;
use crate::rows::{bookings as booking_rows, catalogue};
use crate::session::{Param, Session, params};
use crate::statements::{
    BOOKING_GET, BOOKING_LIST, BOOKING_LIST_BY_EVENT, BOOKING_LIST_BY_PERSON,
    BOOKING_LIST_BY_STATUS, EVENT_GET, EVENT_LIST, PAYMENT_GET, SEAT_LIST, Statement,
    ZONE_STOCK_GET, ZONE_STOCK_LIST,
};
use crate::tx::rows_at_most;

pub(super) fn event(
    session: &mut Session,
    account: AccountId,
    id: EventId,
) -> Result<Option<EventView>, Error> {
    let done = session.one(&EVENT_GET, ids(&[(account, id)]))?;
    let event = done.rows.first().map(catalogue::event).transpose()?;
    event.map(|event| with_zones(session, event)).transpose()
}

pub(super) fn events(
    session: &mut Session,
    account: AccountId,
    page: Page<EventId>,
) -> Result<Vec<EventView>, Error> {
    let after = before_all(page.after, EventId::PREFIX);
    let params = params![account.to_string(), after, rows_at_most(page.limit)];
    let done = session.one(&EVENT_LIST, params)?;
    done.rows.iter().map(|row| with_zones(session, catalogue::event(row)?)).collect()
}

/// The end of the page before; for the first page a text that sorts after every id, newest first.
fn before_all<Id: ToString>(after: Option<Id>, prefix: &str) -> String {
    // The digits of an id begin with 7 at most.
    after.map_or_else(|| format!("{prefix}_z"), |id| id.to_string())
}

fn with_zones(session: &mut Session, event: Event) -> Result<EventView, Error> {
    let params = params![event.account.to_string(), event.id.to_string()];
    let done = session.one(&ZONE_STOCK_LIST, params)?;
    let zones = done.rows.iter().map(catalogue::zone_stock).collect::<Result<_, _>>()?;
    Ok(EventView { event, zones })
}

pub(super) fn zone(
    session: &mut Session,
    account: AccountId,
    id: ZoneId,
) -> Result<Option<ZoneStock>, Error> {
    let done = session.one(&ZONE_STOCK_GET, params![account.to_string(), id.to_string()])?;
    done.rows.first().map(catalogue::zone_stock).transpose()
}

pub(super) fn seats(
    session: &mut Session,
    (account, zone): Of<ZoneId>,
    page: Page<SeatNo>,
) -> Result<Vec<SeatView>, Error> {
    let after = i64::from(page.after.map_or(0, |SeatNo(number)| number));
    let params = params![account.to_string(), zone.to_string(), after, rows_at_most(page.limit)];
    session.one(&SEAT_LIST, params)?.rows.iter().map(catalogue::seat_view).collect()
}

pub(super) fn booking(
    session: &mut Session,
    account: AccountId,
    id: BookingId,
) -> Result<Option<BookingView>, Error> {
    let done = session.one(&BOOKING_GET, ids(&[(account, id)]))?;
    let booking = done.rows.first().map(booking_rows::booking).transpose()?;
    Ok(with_payments(session, booking.into_iter().collect())?.pop())
}

/// The bookings with their payments, which are read all at once.
fn with_payments(session: &mut Session, bookings: Vec<Booking>) -> Result<Vec<BookingView>, Error> {
    let wanted = bookings.iter().filter_map(|it| Some((it.account, it.payment?)));
    let wanted: Vec<_> = wanted.collect();
    let mut payments = BTreeMap::new();
    if !wanted.is_empty() {
        for row in session.one(&PAYMENT_GET, ids(&wanted))?.rows {
            let payment = booking_rows::payment(&row)?;
            payments.insert(payment.id, payment);
        }
    }
    let with_payment = |booking: Booking| {
        let absent = |id| format!("{} was paid by {id}, which is not there", booking.id);
        let payment = match booking.payment {
            None => None,
            Some(id) => Some(payments.remove(&id).ok_or_else(|| Error::Broken(absent(id)))?),
        };
        Ok(BookingView { booking, payment })
    };
    bookings.into_iter().map(with_payment).collect()
}

pub(super) fn bookings(
    session: &mut Session,
    account: AccountId,
    (filter, page): (BookingFilter, Page<BookingId>),
) -> Result<Vec<BookingView>, Error> {
    let (statement, params) = listing(account, (filter, page));
    let done = session.one(statement, params)?;
    let found = done.rows.iter().map(booking_rows::booking).collect::<Result<_, _>>()?;
    with_payments(session, found)
}

/// By the filter that leaves the fewest rows; the statement looks at the others.
fn listing(
    account: AccountId,
    (filter, page): (BookingFilter, Page<BookingId>),
) -> (&'static Statement, Vec<Param>) {
    let account = account.to_string();
    let after = before_all(page.after, BookingId::PREFIX);
    let limit = rows_at_most(page.limit);
    let event = filter.event.map(|event| event.to_string());
    let status = filter.status.map(Status::as_str);
    match (filter.person, &event, status) {
        (Some(person), _, _) => {
            let person = person.to_string();
            let params = params![account, person, event, status, after, limit];
            (&BOOKING_LIST_BY_PERSON, params)
        }
        (None, Some(_), _) => {
            (&BOOKING_LIST_BY_EVENT, params![account, event, status, after, limit])
        }
        (None, None, Some(status)) => {
            (&BOOKING_LIST_BY_STATUS, params![account, status, after, limit])
        }
        (None, None, None) => (&BOOKING_LIST, params![account, after, limit]),
    }
}
