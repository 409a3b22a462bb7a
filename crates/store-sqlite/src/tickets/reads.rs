//! Events, zones, seats, bookings.

use domain::id::{AccountId, BookingId, EventId, ZoneId};
use domain::pool::SeatNo;
use domain::tickets::booking::{Booking, Status};
use domain::tickets::event::{Event, ZoneStock};
use domain::world::Of;
use engine::StoreError;
use engine::reads::{Page, fill};
use engine::tickets::{BookingFilter, BookingView, EventView, SeatView, TicketReads};
use rusqlite::named_params;

use crate::dictionary::{self, Name};
use crate::errors::Error;
use crate::generated;
use crate::prepared::Row;
use crate::reads::{SqliteReads, before_all};
use crate::session::Session;
use crate::statements::{
    BOOKING_GET, BOOKING_LIST, BOOKING_LIST_BY_EVENT, BOOKING_LIST_BY_PERSON,
    BOOKING_LIST_BY_STATUS, EVENT_LIST, PAYMENT_GET, SEAT_LIST, ZONE_STOCK_GET, ZONE_STOCK_LIST,
};
use crate::tx::rows_at_most;
use rows::readable;
use rows::tickets::catalogue;

impl TicketReads for SqliteReads {
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
        self.readers.read(|session| zone(session, account, id))
    }

    fn seats(
        &self,
        account: AccountId,
        zone: ZoneId,
        page: Page<SeatNo>,
    ) -> Result<Vec<SeatView>, StoreError> {
        self.readers.read(|session| seats(session, (account, zone), page))
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
        let list = List { account, filter, page };
        match filter.person {
            Some(person) => self.read_of_person((account, person), |session, row_id| {
                bookings(session, &list, Some(row_id))
            }),
            None => self.readers.read(|session| bookings(session, &list, None)),
        }
    }
}

fn event(session: &Session, account: AccountId, id: EventId) -> Result<Option<EventView>, Error> {
    let event = session.prepared(&generated::of::<Event>().get).row::<Event>(&(account, id))?;
    event.map(|event| with_zones(session, event)).transpose()
}

fn events(
    session: &Session,
    account: AccountId,
    page: Page<EventId>,
) -> Result<Vec<EventView>, Error> {
    fill(page, |page| {
        let params = named_params! {
            ":account": account.to_string(),
            ":after": before_all(page.after, EventId::PREFIX),
            ":limit": rows_at_most(page.limit),
        };
        let event = |row: &Row<'_>| Ok((rows::parse(row, "id")?, readable(rows::row(row))?));
        let events: Vec<(EventId, Option<Event>)> = session.all(&EVENT_LIST, params, event)?;
        let with_zones = |(id, event): (_, Option<Event>)| {
            Ok((id, event.map(|event| with_zones(session, event)).transpose()?))
        };
        events.into_iter().map(with_zones).collect()
    })
}

fn with_zones(session: &Session, event: Event) -> Result<EventView, Error> {
    let params =
        named_params! {":account": event.account.to_string(), ":event": event.id.to_string()};
    let zones = session.all(&ZONE_STOCK_LIST, params, |row| catalogue::zone_stock(row))?;
    Ok(EventView { event, zones })
}

fn zone(session: &Session, account: AccountId, id: ZoneId) -> Result<Option<ZoneStock>, Error> {
    let params = named_params! {":account": account.to_string(), ":id": id.to_string()};
    session.one(&ZONE_STOCK_GET, params, |row| catalogue::zone_stock(row))
}

fn seats(
    session: &Session,
    (account, zone): Of<ZoneId>,
    page: Page<SeatNo>,
) -> Result<Vec<SeatView>, Error> {
    let params = named_params! {
        ":account": account.to_string(),
        ":zone": zone.to_string(),
        ":after": page.after.map_or(0, |SeatNo(number)| number),
        ":limit": rows_at_most(page.limit),
    };
    session.all(&SEAT_LIST, params, |row| catalogue::seat_view(row))
}

fn booking(
    session: &Session,
    account: AccountId,
    id: BookingId,
) -> Result<Option<BookingView>, Error> {
    let params = named_params! {":account": account.to_string(), ":id": id.to_string()};
    let booking = session.one(&BOOKING_GET, params, |row| rows::row::<Booking, _>(row))?;
    booking.map(|booking| with_payment(session, booking)).transpose()
}

fn with_payment(session: &Session, booking: Booking) -> Result<BookingView, Error> {
    let Some(id) = booking.payment else { return Ok(BookingView { booking, payment: None }) };
    let params = named_params! {":account": booking.account.to_string(), ":id": id.to_string()};
    let payment = session.one(&PAYMENT_GET, params, |row| rows::row(row))?;
    match payment {
        Some(payment) => Ok(BookingView { booking, payment: Some(payment) }),
        None => Err(Error::Broken(format!("{} was paid by {id}, which is not there", booking.id))),
    }
}

/// A page of bookings that is asked for.
#[derive(Debug)]
struct List {
    account: AccountId,
    filter: BookingFilter,
    page: Page<BookingId>,
}

/// The bookings of a page; `person` is the row id of the one that the filter names.
fn bookings(
    session: &Session,
    list: &List,
    person: Option<i64>,
) -> Result<Vec<BookingView>, Error> {
    fill(list.page, |page| {
        let found = find_bookings(session, &List { page, ..*list }, person)?;
        let view = |Listed { id, booking }| {
            let view = booking.map(|booking| readable(with_payment(session, booking)));
            Ok((id, view.transpose()?.flatten()))
        };
        found.into_iter().map(view).collect()
    })
}

/// A row of a list.
struct Listed {
    id: BookingId,
    /// `None` if this program cannot read it.
    booking: Option<Booking>,
}

fn listed(row: &Row<'_>) -> Result<Listed, Error> {
    let booking = readable(rows::row::<Booking, _>(row))?;
    Ok(Listed { id: rows::parse(row, "id")?, booking })
}

/// By the filter that leaves the fewest rows; the statement looks at the others.
fn find_bookings(
    session: &Session,
    List { account, filter, page }: &List,
    person: Option<i64>,
) -> Result<Vec<Listed>, Error> {
    let Some(account) = dictionary::find(session, Name::Account(*account))? else {
        return Ok(Vec::new());
    };
    let after = before_all(page.after, BookingId::PREFIX);
    let limit = rows_at_most(page.limit);
    let event = filter.event.map(|event| dictionary::find(session, Name::Event(event)));
    // An event that is not interned has no bookings, and no event has this row id.
    let event = event.transpose()?.map(|row_id| row_id.unwrap_or_default());
    let status = filter.status.map(Status::as_str);
    let (statement, params) = match (person, event, status) {
        (Some(person), event, status) => {
            let params = named_params! {
                ":person": person, ":after": after, ":event": event, ":status": status,
                ":limit": limit,
            };
            return session.all(&BOOKING_LIST_BY_PERSON, params, listed);
        }
        (None, Some(_), _) => (
            &BOOKING_LIST_BY_EVENT,
            named_params! {
                ":event": event, ":account": account, ":after": after, ":status": status,
                ":limit": limit,
            },
        ),
        (None, None, Some(_)) => (
            &BOOKING_LIST_BY_STATUS,
            named_params! {
                ":account": account, ":status": status, ":after": after, ":limit": limit,
            },
        ),
        (None, None, None) => {
            (&BOOKING_LIST, named_params! {":account": account, ":after": after, ":limit": limit})
        }
    };
    session.all(statement, params, listed)
}
