//! Events, zones, seats, bookings.

use std::collections::BTreeMap;

use domain::id::{AccountId, BookingId, EventId, PaymentId, ZoneId};
use domain::payment::Payment;
use domain::pool::SeatNo;
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, ZoneStock};
use domain::world::Of;
use engine::StoreError;
use engine::reads::{Page, fill};
use engine::tickets::{BookingFilter, BookingView, EventView, SeatView, TicketReads};

use crate::errors::Error;
use crate::generated;
use crate::load::ids;
use crate::reads::{PostgresReads, before_all};
use crate::session::{Call, Param, Session, params};
use crate::statements::{
    BOOKING_GET, BOOKING_LIST, BOOKING_LIST_BY_EVENT, BOOKING_LIST_BY_PERSON,
    BOOKING_LIST_BY_STATUS, EVENT_LIST, PAYMENT_GET, SEAT_LIST, Statement, ZONE_STOCK_GET,
    ZONE_STOCK_LIST,
};
use crate::tx::rows_at_most;
use rows::readable;
use rows::tickets::catalogue;

impl TicketReads for PostgresReads {
    fn event(&self, account: AccountId, id: EventId) -> Result<Option<EventView>, StoreError> {
        self.readers.read(|session| event(session, account, id))
    }

    fn events(
        &self,
        account: AccountId,
        page: Page<EventId>,
    ) -> Result<Vec<EventView>, StoreError> {
        self.readers.read(|session| events(session, account, page))
    }

    fn zone(&self, account: AccountId, id: ZoneId) -> Result<Option<ZoneStock>, StoreError> {
        self.readers.autocommit_read(|session| zone(session, account, id))
    }

    fn seats(
        &self,
        account: AccountId,
        zone: ZoneId,
        page: Page<SeatNo>,
    ) -> Result<Vec<SeatView>, StoreError> {
        self.readers.autocommit_read(|session| seats(session, (account, zone), page))
    }

    fn booking(
        &self,
        account: AccountId,
        id: BookingId,
    ) -> Result<Option<BookingView>, StoreError> {
        self.readers.read(|session| booking(session, account, id))
    }

    fn bookings(
        &self,
        account: AccountId,
        filter: BookingFilter,
        page: Page<BookingId>,
    ) -> Result<Vec<BookingView>, StoreError> {
        self.readers.read(|session| bookings(session, account, filter, page))
    }
}

fn event(
    session: &mut Session,
    account: AccountId,
    id: EventId,
) -> Result<Option<EventView>, Error> {
    let done = session
        .one(&generated::of::<Event>().get, params![account.to_string(), vec![id.to_string()]])?;
    let event = done.rows.first().map(rows::row::<Event, _>).transpose()?;
    event.map(|event| with_zones(session, event)).transpose()
}

fn events(
    session: &mut Session,
    account: AccountId,
    page: Page<EventId>,
) -> Result<Vec<EventView>, Error> {
    fill(page, |page| {
        let after = before_all(page.after, EventId::PREFIX);
        let params = params![account.to_string(), after, rows_at_most(page.limit)];
        let done = session.one(&EVENT_LIST, params)?;
        let view = |row| {
            let event = readable(rows::row(row))?;
            let view = event.map(|event| with_zones(session, event)).transpose()?;
            Ok((rows::parse(row, "id")?, view))
        };
        done.rows.iter().map(view).collect()
    })
}

fn with_zones(session: &mut Session, event: Event) -> Result<EventView, Error> {
    let params = params![event.account.to_string(), event.id.to_string()];
    let done = session.one(&ZONE_STOCK_LIST, params)?;
    let zones = done.rows.iter().map(catalogue::zone_stock).collect::<Result<_, _>>()?;
    Ok(EventView { event, zones })
}

fn zone(session: &mut Session, account: AccountId, id: ZoneId) -> Result<Option<ZoneStock>, Error> {
    let done = session.one(&ZONE_STOCK_GET, params![account.to_string(), id.to_string()])?;
    done.rows.first().map(catalogue::zone_stock).transpose()
}

fn seats(
    session: &mut Session,
    (account, zone): Of<ZoneId>,
    page: Page<SeatNo>,
) -> Result<Vec<SeatView>, Error> {
    let after = i64::from(page.after.map_or(0, |SeatNo(number)| number));
    let params = params![account.to_string(), zone.to_string(), after, rows_at_most(page.limit)];
    session.one(&SEAT_LIST, params)?.rows.iter().map(catalogue::seat_view).collect()
}

fn booking(
    session: &mut Session,
    account: AccountId,
    id: BookingId,
) -> Result<Option<BookingView>, Error> {
    let done = session.one(&BOOKING_GET, params![account.to_string(), id.to_string()])?;
    let Some(booking) = done.rows.first().map(rows::row::<Booking, _>).transpose()? else {
        return Ok(None);
    };
    let mut payments = payments_of(session, [&booking])?;
    with_payment(booking, &mut payments).map(Some)
}

type Payments = BTreeMap<PaymentId, Result<Payment, Error>>;

/// The payments of bookings, which are read all at once.
fn payments_of<'a>(
    session: &mut Session,
    bookings: impl IntoIterator<Item = &'a Booking>,
) -> Result<Payments, Error> {
    let wanted = bookings.into_iter().filter_map(|it| Some((it.account, it.payment?)));
    let wanted: Vec<_> = wanted.collect();
    let calls = ids(&wanted).into_iter().map(|params| Call::new(&PAYMENT_GET, params));
    let done = session.run(&calls.collect::<Vec<_>>())?;
    let payment = |row| Ok((rows::parse(row, "id")?, rows::row(row)));
    done.iter().flat_map(|done| &done.rows).map(payment).collect()
}

fn with_payment(booking: Booking, payments: &mut Payments) -> Result<BookingView, Error> {
    let Some(id) = booking.payment else { return Ok(BookingView { booking, payment: None }) };
    match payments.remove(&id) {
        Some(payment) => Ok(BookingView { booking, payment: Some(payment?) }),
        None => Err(Error::Broken(format!("{} was paid by {id}, which is not there", booking.id))),
    }
}

fn bookings(
    session: &mut Session,
    account: AccountId,
    filter: BookingFilter,
    page: Page<BookingId>,
) -> Result<Vec<BookingView>, Error> {
    fill(page, |page| {
        let List { statement, params } = listing(account, filter, page);
        let done = session.one(statement, params)?;
        let booking = |row| Ok((rows::parse(row, "id")?, readable(rows::row(row))?));
        let found = done.rows.iter().map(booking).collect::<Result<Vec<_>, Error>>()?;
        let mut payments = payments_of(session, found.iter().filter_map(|(_, it)| it.as_ref()))?;
        let view = |(id, booking): (BookingId, Option<Booking>)| {
            let view = booking.map(|booking| readable(with_payment(booking, &mut payments)));
            Ok((id, view.transpose()?.flatten()))
        };
        found.into_iter().map(view).collect()
    })
}

/// A statement that reads a page.
struct List {
    statement: &'static Statement,
    params: Vec<Param>,
}

/// By the filter that leaves the fewest rows; the statement looks at the others.
fn listing(account: AccountId, filter: BookingFilter, page: Page<BookingId>) -> List {
    let account = account.to_string();
    let after = before_all(page.after, BookingId::PREFIX);
    let limit = rows_at_most(page.limit);
    let event = filter.event.map(|event| event.to_string());
    let status = filter.status.map(Status::as_str);
    let (statement, params) = match (filter.person, &event, status) {
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
    };
    List { statement, params }
}
