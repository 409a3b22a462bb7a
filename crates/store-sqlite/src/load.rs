//! Loading what a batch names.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::Layout;
use domain::id::{AccountId, EventId, ZoneId};
use domain::pool::SeatNo;
use domain::world::Of;
use domain::{Keys, World};
use rusqlite::named_params;

use crate::clean;
use crate::errors::Error;
use crate::rows::{self, bookings, catalogue, records, stock};
use crate::session::Session;
use crate::statements::{
    ALLOWANCE_GET, BOOKING_GET, EVENT_GET, EVENT_ZONES, FEED_GET, JOB_GET, PAYMENT_GET,
    PAYMENT_GET_BY_REFERENCE, PERSON_GET, POOL_GET, RECORD_GET, SEAT_ALL_OF_ZONE, SEAT_TAKEN,
    ZONE_GET,
};

/// Seats whose labels are kept in memory, of all zones together.
pub(crate) const LAYOUTS_CACHED_MAX: usize = 1_000_000;

/// The seats of zones. They never change, so they are read once.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    known: BTreeMap<Of<ZoneId>, Arc<Layout>>,
    seats: usize,
}

impl Layouts {
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    fn keep(&mut self, zone: Of<ZoneId>, layout: &Arc<Layout>) {
        let seats = layout.labels().len();
        if self.seats.saturating_add(seats) > LAYOUTS_CACHED_MAX {
            self.forget();
        }
        self.known.insert(zone, Arc::clone(layout));
        self.seats = self.seats.saturating_add(seats);
    }
}

/// Answers every key: with the row as it is stored, or with its absence.
pub(crate) fn load(
    session: &Session,
    layouts: &mut Layouts,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    load_catalogue(session, (keys, world))?;
    load_seats(session, layouts, (keys, world))?;
    load_stock(session, (keys, world))?;
    load_bookings(session, (keys, world))?;
    load_records(session, (keys, world))
}

fn load_catalogue(session: &Session, (keys, world): (&Keys, &mut World)) -> Result<(), Error> {
    for key in &keys.events {
        let params = named_params! {":account": key.0.to_string(), ":id": key.1.to_string()};
        world.events.load(*key, session.one(&EVENT_GET, params, catalogue::event)?);
    }
    for key in &keys.event_zones {
        let params = named_params! {":account": key.0.to_string(), ":event": key.1.to_string()};
        let zones = session.all(&EVENT_ZONES, params, |row| rows::parse(row, "id"))?;
        let is_there = !zones.is_empty() || is_event(session, *key)?;
        world.event_zones.load(*key, is_there.then_some(zones));
    }
    for key in &keys.zones {
        let params = named_params! {":account": key.0.to_string(), ":id": key.1.to_string()};
        world.zones.load(*key, session.one(&ZONE_GET, params, catalogue::zone)?);
    }
    Ok(())
}

fn is_event(session: &Session, (account, event): Of<EventId>) -> Result<bool, Error> {
    let params = named_params! {":account": account.to_string(), ":id": event.to_string()};
    Ok(session.one(&EVENT_GET, params, catalogue::event)?.is_some())
}

fn load_seats(
    session: &Session,
    layouts: &mut Layouts,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    for key in &keys.layouts {
        world.layouts.load(*key, layout(session, layouts, *key)?);
    }
    for key in &keys.taken_seats {
        let params = zone_params(*key);
        let params = named_params! {":account": params.0, ":zone": params.1};
        let taken = session.all(&SEAT_TAKEN, params, |row| rows::get(row, "part").map(SeatNo))?;
        world.taken_seats.load(*key, Some(taken.into_iter().collect()));
    }
    Ok(())
}

fn zone_params((account, zone): (AccountId, ZoneId)) -> (String, String) {
    (account.to_string(), zone.to_string())
}

fn layout(
    session: &Session,
    layouts: &mut Layouts,
    zone: Of<ZoneId>,
) -> Result<Option<Arc<Layout>>, Error> {
    if let Some(known) = layouts.known.get(&zone) {
        return Ok(Some(Arc::clone(known)));
    }
    let params = zone_params(zone);
    let params = named_params! {":account": params.0, ":zone": params.1};
    let seats = session.all(&SEAT_ALL_OF_ZONE, params, catalogue::seat)?;
    let layout = catalogue::layout(seats)?.map(Arc::new);
    if let Some(layout) = &layout {
        layouts.keep(zone, layout);
    }
    Ok(layout)
}

fn load_stock(session: &Session, (keys, world): (&Keys, &mut World)) -> Result<(), Error> {
    for key in &keys.pools {
        let params = named_params! {
            ":account": key.0.to_string(), ":zone": key.1.zone().to_string(), ":part": key.1.part(),
        };
        world.pools.load(*key, session.one(&POOL_GET, params, stock::pool)?);
    }
    for key in &keys.allowances {
        let params = named_params! {
            ":account": key.0.to_string(),
            ":event": key.1.event.to_string(),
            ":person": key.1.person.to_string(),
        };
        world.allowances.load(*key, session.one(&ALLOWANCE_GET, params, stock::allowance)?);
    }
    for key in &keys.people {
        let params = named_params! {":account": key.0.to_string(), ":id": key.1.to_string()};
        world.people.load(*key, session.one(&PERSON_GET, params, stock::person)?);
    }
    Ok(())
}

fn load_bookings(session: &Session, (keys, world): (&Keys, &mut World)) -> Result<(), Error> {
    for key in &keys.bookings {
        let params = named_params! {":account": key.0.to_string(), ":id": key.1.to_string()};
        world.bookings.load(*key, session.one(&BOOKING_GET, params, bookings::booking)?);
    }
    for key in &keys.payments {
        let params = named_params! {":account": key.0.to_string(), ":id": key.1.to_string()};
        world.payments.load(*key, session.one(&PAYMENT_GET, params, bookings::payment)?);
    }
    for key in &keys.payment_references {
        let params = named_params! {":account": key.0.to_string(), ":reference": key.1};
        let payment =
            session.one(&PAYMENT_GET_BY_REFERENCE, params, |row| rows::parse(row, "id"))?;
        world.payment_references.load(key.clone(), payment);
    }
    Ok(())
}

fn load_records(session: &Session, (keys, world): (&Keys, &mut World)) -> Result<(), Error> {
    for key in &keys.records {
        let params = named_params! {
            ":account": key.account.to_string(), ":user": key.user, ":key": key.key,
        };
        world.records.load(key.clone(), session.one(&RECORD_GET, params, records::record)?);
    }
    for account in &keys.feeds {
        let params = named_params! {":account": account.to_string()};
        world.feeds.load(*account, session.one(&FEED_GET, params, rows::activity::feed)?);
    }
    for account in &keys.cleaned {
        world.cleaned.load(*account, clean::cleaned(session, *account)?);
    }
    for kind in &keys.jobs {
        let params =
            named_params! {":account": AccountId::SYSTEM.to_string(), ":kind": kind.as_str()};
        world.jobs.load(*kind, session.one(&JOB_GET, params, |row| stock::job(*kind, row))?);
    }
    Ok(())
}
