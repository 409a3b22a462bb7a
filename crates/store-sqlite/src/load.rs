//! Loading what a batch names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::activity::Feed;
use domain::id::{AccountId, ZoneId};
use domain::payment::Payment;
use domain::pool::SeatNo;
use domain::tables::Order;
use domain::tickets::booking::Booking;
use domain::tickets::event::{Event, Layout};
use domain::tickets::seat_set::SeatSet;
use domain::world::Of;
use domain::{Keys, World};
use rusqlite::named_params;

use crate::clean;
use crate::dictionary::Name;
use crate::errors::Error;
use crate::generated;
use crate::prepared::Prepared;
use crate::session::Session;
use crate::statements::{
    ALLOWANCE_GET, BOOKING_GET, EVENT_ZONES, FEED_GET, PAYMENT_GET, POOL_GET, SEAT_ALL_OF_ZONE,
    SEAT_TAKEN,
};
use crate::write_context::WriteContext;
use rows::cold;
use rows::tickets::catalogue;
use rows::{Stored, stock};

/// Seats whose labels are cached, of all zones together.
pub(crate) const LAYOUTS_CACHED_MAX: usize = 1_000_000;

/// The seats of zones. They never change, so they are read once.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    known: BTreeMap<Of<ZoneId>, Arc<Layout>>,
    seats: usize,
}

impl Layouts {
    pub(crate) fn invalidate(&mut self) {
        *self = Self::default();
    }

    fn keep(&mut self, zone: Of<ZoneId>, layout: &Arc<Layout>) {
        let seats = layout.labels().len();
        if self.seats.saturating_add(seats) > LAYOUTS_CACHED_MAX {
            self.invalidate();
        }
        self.known.insert(zone, Arc::clone(layout));
        self.seats = self.seats.saturating_add(seats);
    }
}

/// Answers every key: with the row as it is stored, or with its absence.
pub(crate) fn load(
    context: &mut WriteContext<'_>,
    layouts: &mut Layouts,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    let mut cold = Cold { session: context.session, world };
    cold::load(&mut cold, keys, Order::Names)?;
    cold::load(&mut cold, keys, Order::Counters)?;
    load_zones_of(context.session, (keys, world))?;
    load_seats(context.session, layouts, (keys, world))?;
    // People come before what they took, and bookings say who theirs are.
    load_bookings(context, (keys, world))?;
    load_stock(context, (keys, world))?;
    load_records(context, (keys, world))
}

/// Loads rows of the tables that are not hot.
struct Cold<'a> {
    session: &'a Session,
    world: &'a mut World,
}

impl cold::Load for Cold<'_> {
    type Error = Error;

    fn load<R: cold::Cold>(&mut self, keys: &BTreeSet<<R as Stored>::Key>) -> Result<(), Error> {
        let mut get = get::<R>(self.session);
        keys.iter().try_for_each(|key| {
            R::table_mut(self.world).load(key.clone(), get.row(key)?);
            Ok(())
        })
    }
}

fn get<R: Stored>(session: &Session) -> Prepared<'_> {
    session.prepared(&generated::of::<R>().get)
}

fn load_zones_of(session: &Session, (keys, world): (&Keys, &mut World)) -> Result<(), Error> {
    for key in &keys.event_zones {
        let params = named_params! {":account": key.0.to_string(), ":event": key.1.to_string()};
        let zones = session.all(&EVENT_ZONES, params, |row| rows::parse(row, "id"))?;
        let is_there = !zones.is_empty() || get::<Event>(session).row::<Event>(key)?.is_some();
        world.event_zones.load(*key, is_there.then_some(zones));
    }
    Ok(())
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
        let mut taken = SeatSet::default();
        session.each(&SEAT_TAKEN, params, |row| {
            taken.insert(SeatNo(rows::get(row, "part")?));
            Ok(())
        })?;
        world.taken_seats.load(*key, Some(taken));
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
    let seats = session.all(&SEAT_ALL_OF_ZONE, params, |row| catalogue::seat(row))?;
    let layout = catalogue::layout(seats)?.map(Arc::new);
    if let Some(layout) = &layout {
        layouts.keep(zone, layout);
    }
    Ok(layout)
}

fn load_stock(
    context: &mut WriteContext<'_>,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    for key in &keys.pools {
        let params = named_params! {
            ":account": key.0.to_string(), ":owner": key.1.owner().to_string(), ":part": key.1.part(),
        };
        world.pools.load(*key, context.session.one(&POOL_GET, params, |row| stock::pool(row))?);
    }
    for key in &keys.people {
        world.people.load(*key, context.person(*key)?);
    }
    for key in &keys.handles {
        let person = context.person_of(*key)?;
        world.handles.load(*key, person.as_ref().map(|person| person.id));
        if let Some(person) = person {
            world.people.load((key.0, person.id), Some(person));
        }
    }
    for key in &keys.allowances {
        let person = context.person_row_id((key.0, key.1.person))?;
        let event = context.dictionary.find(context.session, Name::Event(key.1.event))?;
        let taken = match (person, event) {
            (Some(person), Some(event)) => {
                let params = named_params! {":person": person, ":event": event};
                context.session.one(&ALLOWANCE_GET, params, |row| stock::allowance(row))?
            }
            // Nobody can have taken any.
            (None, _) | (_, None) => None,
        };
        world.allowances.load(*key, taken);
    }
    Ok(())
}

fn load_bookings(
    context: &mut WriteContext<'_>,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    let session = context.session;
    let mut get = session.prepared(&BOOKING_GET);
    for key in &keys.bookings {
        let params = named_params! {":id": key.1.to_string(), ":account": key.0.to_string()};
        let found =
            get.one(params, |row| Ok((rows::row::<Booking, _>(row)?, rows::get(row, "person")?)))?;
        if let Some((booking, person)) = &found {
            context.cache_person((booking.account, booking.person), *person);
        }
        world.bookings.load(*key, found.map(|(booking, _)| booking));
    }
    for key in &keys.payments {
        let params = named_params! {":id": key.1.to_string(), ":account": key.0.to_string()};
        world
            .payments
            .load(*key, context.session.one(&PAYMENT_GET, params, |row| Payment::value(row, key))?);
    }
    for key in &keys.payment_references {
        let payment = context.payment(key.0, &key.1)?;
        world.payment_references.load(key.clone(), payment);
    }
    Ok(())
}

fn load_records(
    context: &mut WriteContext<'_>,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    for key in &keys.records {
        let found = context.record(key)?;
        world.records.load(key.clone(), found.map(|found| found.record));
    }
    for account in &keys.feeds {
        let params = named_params! {":account": account.to_string()};
        world.feeds.load(
            *account,
            context.session.one(&FEED_GET, params, |row| Feed::value(row, account))?,
        );
    }
    for account in &keys.low_water_marks {
        world.low_water_marks.load(*account, clean::cleaned(context.session, *account)?);
    }
    Ok(())
}
