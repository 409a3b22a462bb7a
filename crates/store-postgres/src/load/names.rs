//! The rows that name others: keys, catalogue, bookings; and people, who have taken nothing before they
//! are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{EventId, ZoneId};
use domain::world::Of;
use domain::{Keys, World};

use super::round::{Round, load_zones, read};
use super::{Layouts, Loaded, ids, intent_keys, storable};
use crate::errors::Error;
use crate::session::Session;
use crate::statements::{
    BOOKING_LOCK, EVENT_GET, EVENT_ZONES, PAYMENT_GET_BY_REFERENCE, PERSON_GET, RECORD_GET,
    SEAT_ALL_OF_ZONE, ZONE_GET,
};
use rows::tickets::{bookings, catalogue};
use rows::{records, stock};

/// The rows that name others.
pub(super) fn load(
    session: &mut Session,
    (loaded, layouts): (&mut Loaded, &mut Layouts),
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    let mut round = Round::default();
    let wanted: BTreeSet<_> =
        keys.records.iter().filter(|key| storable(&key.user) && storable(&key.key)).collect();
    let (records, columns) = (&mut loaded.records, intent_keys(wanted.iter().copied()));
    // They are not locked: a replay only reads. Where a key comes to its record meanwhile, the batch
    // can not insert its own.
    round.add((wanted.is_empty(), &RECORD_GET), columns, move |done, world| {
        for record in read(&done, records::record)? {
            let seen = (record.first_seen_at.as_millis(), i64::from(record.attempts));
            records.insert(record.key.clone(), seen);
            world.records.load(record.key.clone(), Some(record));
        }
        Ok(())
    });
    let events: BTreeSet<_> = keys.events.union(&keys.event_zones).copied().collect();
    round.add((events.is_empty(), &EVENT_GET), ids(&events), |done, world| {
        for event in read(&done, catalogue::event)? {
            let key = (event.account, event.id);
            if keys.event_zones.contains(&key) {
                world.event_zones.load(key, Some(Vec::new()));
            }
            if keys.events.contains(&key) {
                world.events.load(key, Some(event));
            }
        }
        Ok(())
    });
    let event_zones = ids(&keys.event_zones);
    round.add((keys.event_zones.is_empty(), &EVENT_ZONES), event_zones, |done, world| {
        let mut zones: BTreeMap<Of<EventId>, Vec<ZoneId>> = BTreeMap::new();
        for row in &done.rows {
            let event = (rows::account(row)?, rows::parse(row, "event_id")?);
            zones.entry(event).or_default().push(rows::parse(row, "id")?);
        }
        zones.into_iter().for_each(|(event, zones)| world.event_zones.load(event, Some(zones)));
        Ok(())
    });
    round.add((keys.zones.is_empty(), &ZONE_GET), ids(&keys.zones), load_zones);
    load_layouts(&mut round, layouts, (&keys.layouts, world));
    round.add((keys.bookings.is_empty(), &BOOKING_LOCK), ids(&keys.bookings), |done, world| {
        for booking in read(&done, bookings::booking)? {
            world.bookings.load((booking.account, booking.id), Some(booking));
        }
        Ok(())
    });
    let references: Vec<_> =
        keys.payment_references.iter().filter(|(_, text)| storable(text)).collect();
    let columns = ids(references.iter().copied());
    round.add((references.is_empty(), &PAYMENT_GET_BY_REFERENCE), columns, |done, world| {
        for row in &done.rows {
            let reference = (rows::account(row)?, rows::get(row, "reference")?);
            world.payment_references.load(reference, Some(rows::parse(row, "id")?));
        }
        Ok(())
    });
    round.add((keys.people.is_empty(), &PERSON_GET), ids(&keys.people), |done, world| {
        for row in &done.rows {
            let person = stock::person(row)?;
            world.people.load((rows::account(row)?, person.id), Some(person));
        }
        Ok(())
    });
    round.run(session, world)
}

fn load_layouts<'a>(
    round: &mut Round<'a>,
    layouts: &'a mut Layouts,
    (keys, world): (&BTreeSet<Of<ZoneId>>, &mut World),
) {
    let (known, unknown): (Vec<&Of<ZoneId>>, Vec<&Of<ZoneId>>) =
        keys.iter().partition(|zone| layouts.known.contains_key(*zone));
    for zone in known {
        world.layouts.load(*zone, layouts.known.get(zone).cloned());
    }
    round.add((unknown.is_empty(), &SEAT_ALL_OF_ZONE), ids(unknown), move |done, world| {
        let mut seats: BTreeMap<Of<ZoneId>, Vec<(u32, String)>> = BTreeMap::new();
        for row in &done.rows {
            let zone = (rows::account(row)?, rows::parse(row, "zone_id")?);
            seats.entry(zone).or_default().push(catalogue::seat(row)?);
        }
        for (zone, seats) in seats {
            let layout = catalogue::layout(seats)?.map(Arc::new);
            if let Some(layout) = &layout {
                layouts.keep(zone, layout);
            }
            world.layouts.load(zone, layout);
        }
        Ok(())
    });
}
