//! The rows that name others: keys, catalogue, bookings; and people, who have taken nothing before they
//! are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{AccountId, EventId, ZoneId};
use domain::payment::PaymentReference;
use domain::person::Person;
use domain::pool::SeatNo;
use domain::record::Record;
use domain::tables::Order;
use domain::tickets::booking::Booking;
use domain::tickets::event::Event;
use domain::world::Of;
use domain::{Keys, World};

use super::feeds::feed;
use super::round::{Cold, Round, read};
use super::{Caches, Feeds, Layouts, Loaded, by_account, ids, intent_keys, storable};
use crate::errors::Error;
use crate::generated;
use crate::session::{Done, Param, Session, params};
use crate::statements::{
    BOOKING_LOCK, EVENT_ZONES, FEED_CLAIM, PAYMENT_GET_BY_REFERENCE, PERSON_GET,
    PERSON_GET_BY_HANDLE, RECORD_GET, SEAT_ALL_OF_ZONE,
};
use rows::tickets::catalogue::{self, SeatLabel};
use rows::{Stored as _, cold};

/// The rows that name others.
pub(super) fn load(
    session: &mut Session,
    (loaded, caches): (&mut Loaded, &mut Caches),
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    let mut round = Round::default();
    claim_feeds(&mut round, &mut caches.feeds, keys);
    load_records(&mut round, loaded, keys);
    cold::load(&mut Cold { round: &mut round, is_locked: false }, keys, Order::Names)?;
    round.add(&generated::of::<Event>().get, ids(&keys.event_zones), |done, world| {
        done.rows.iter().try_for_each(|row| {
            world.event_zones.load(Event::key(row)?, Some(Vec::new()));
            Ok(())
        })
    });
    round.add(&EVENT_ZONES, ids(&keys.event_zones), |done, world| {
        let mut zones: BTreeMap<Of<EventId>, Vec<ZoneId>> = BTreeMap::new();
        for row in &done.rows {
            let event = (rows::account(row)?, rows::parse(row, "event_id")?);
            zones.entry(event).or_default().push(rows::parse(row, "id")?);
        }
        zones.into_iter().for_each(|(event, zones)| world.event_zones.load(event, Some(zones)));
        Ok(())
    });
    load_layouts(&mut round, &mut caches.layouts, (&keys.layouts, world));
    round.add(&BOOKING_LOCK, ids(&keys.bookings), |done, world| {
        for booking in read(&done, rows::row::<Booking, _>)? {
            world.bookings.load((booking.account, booking.id), Some(booking));
        }
        Ok(())
    });
    let references = keys.payment_references.iter().filter(|(_, it)| storable(&it.reference));
    round.add(&PAYMENT_GET_BY_REFERENCE, references_of(references), |done, world| {
        for row in &done.rows {
            let (method, reference) = (rows::get(row, "method")?, rows::get(row, "reference")?);
            let key = (rows::account(row)?, PaymentReference { method, reference });
            world.payment_references.load(key, Some(rows::parse(row, "id")?));
        }
        Ok(())
    });
    round.add(&PERSON_GET, ids(&keys.people), |done, world| {
        for row in &done.rows {
            let (key, person) = rows::keyed(row)?;
            world.people.load(key, Some(person));
        }
        Ok(())
    });
    round.add(&PERSON_GET_BY_HANDLE, ids(&keys.handles), load_people);
    round.run(session, world)
}

/// Those who are found by a handle.
fn load_people(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let (key, person): (Of<_>, Person) = rows::keyed(row)?;
        world.handles.load((key.0, person.handle), Some(person.id));
        world.people.load(key, Some(person));
    }
    Ok(())
}

/// For each account: itself, and two columns of its payments' references.
fn references_of<'a>(keys: impl Iterator<Item = &'a Of<PaymentReference>>) -> Vec<Vec<Param>> {
    let call = |(account, keys): (AccountId, Vec<&Of<PaymentReference>>)| {
        params![
            account.to_string(),
            keys.iter().map(|(_, it)| it.method.as_str()).collect::<Vec<_>>(),
            keys.iter().map(|(_, it)| it.reference.clone()).collect::<Vec<_>>(),
        ]
    };
    by_account(keys, |(account, _)| *account).into_iter().map(call).collect()
}

/// Feeds that may have no row yet get one, before anything else of their accounts is locked. A rival may
/// be about to do so as well: it is waited for.
fn claim_feeds<'a>(round: &mut Round<'a>, feeds: &'a mut Feeds, keys: &Keys) {
    let of_records = keys.records.iter().map(|key| key.account);
    let mut accounts = feeds.unknown(of_records.chain(keys.feeds.iter().copied()));
    let calls = accounts.iter().map(|account| feed(*account)).collect();
    round.add(&FEED_CLAIM, calls, move |done, _| {
        if let Some(account) = accounts.pop_first() {
            feeds.claimed(account, &done);
        }
        Ok(())
    });
}

/// They are not locked: a replay only reads. Where a key comes to its record meanwhile, the batch cannot
/// insert its own.
fn load_records<'a>(round: &mut Round<'a>, loaded: &'a mut Loaded, keys: &Keys) {
    let wanted =
        keys.records.iter().filter(|key| storable(key.scope.as_str()) && storable(&key.key));
    let calls = by_account(wanted, |key| key.account).into_iter();
    let calls = calls.map(|(account, keys)| intent_keys(account, &keys)).collect();
    let records = &mut loaded.records;
    round.add(&RECORD_GET, calls, move |done, world| {
        for record in read(&done, rows::row::<Record, _>)? {
            let seen = (record.first_seen_at.as_millis(), i64::from(record.attempts));
            records.insert(record.key.clone(), seen);
            world.records.load(record.key.clone(), Some(record));
        }
        Ok(())
    });
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
    round.add(&SEAT_ALL_OF_ZONE, ids(unknown), move |done, world| {
        let mut seats: BTreeMap<Of<ZoneId>, Vec<(SeatNo, SeatLabel)>> = BTreeMap::new();
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
