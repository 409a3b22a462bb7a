//! Loading what a batch names, and locking it: by kind, over the whole batch, each kind in the order of
//! its keys. All writers do it alike, so that they do not wait for each other in a circle.
//!
//! First come the keys, which are claimed, then bookings; events and zones are read without a lock.
//! Once all pools are known they are locked, then allowances, jobs, and last the feeds. Whoever changes
//! an event or a zone holds its pools (that is how a batch names them), and so the events and zones of
//! a batch are read again when its pools are locked: what a decision sees of them is what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::event::Layout;
use domain::id::{AccountId, EventId, ZoneId};
use domain::job::JobKind;
use domain::pool::{PoolId, SeatNo};
use domain::record::IntentKey;
use domain::world::Of;
use domain::{Keys, World};
use tokio_postgres::Row;

use crate::errors::Error;
use crate::rows::{self, bookings, catalogue, number, records, stock};
use crate::session::{Call, Done, Param, Session, params};
use crate::statements::{
    ALLOWANCE_LOCK, BOOKING_LOCK, EVENT_GET, EVENT_ZONES, FEED_CLAIM, FEED_LOCK, JOB_GET,
    PAYMENT_GET, PAYMENT_GET_BY_REFERENCE, PERSON_GET, POOL_GET, RECORD_CLAIM, RECORD_GET,
    SEAT_ALL_OF_ZONE, SEAT_TAKEN, Statement, ZONE_GET,
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

/// What a transaction has to remember of what it loaded.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Keys that it claimed: they have no record.
    pub(crate) claims: BTreeSet<IntentKey>,
    /// Records as they were: when first seen, and how often.
    pub(crate) records: BTreeMap<IntentKey, (i64, i64)>,
    events: BTreeSet<Of<EventId>>,
    zones: BTreeSet<Of<ZoneId>>,
}

type Reader<'a> = Box<dyn FnOnce(Done, &mut World) -> Result<(), Error> + 'a>;

/// Statements that are sent together, and what becomes of their rows.
#[derive(Default)]
struct Round<'a> {
    calls: Vec<Call>,
    readers: Vec<Reader<'a>>,
}

impl<'a> Round<'a> {
    /// Adds a statement, unless it is about nothing.
    fn add(
        &mut self,
        (is_empty, statement): (bool, &'static Statement),
        params: Vec<Param>,
        read: impl FnOnce(Done, &mut World) -> Result<(), Error> + 'a,
    ) {
        if !is_empty {
            self.calls.push(Call::new(statement, params));
            self.readers.push(Box::new(read));
        }
    }

    fn run(self, session: &mut Session, world: &mut World) -> Result<(), Error> {
        if self.calls.is_empty() {
            return Ok(());
        }
        let done = session.run(&self.calls)?;
        self.readers.into_iter().zip(done).try_for_each(|(read, done)| read(done, world))
    }
}

/// Two columns of ids.
pub(crate) fn ids<'a, T: ToString + 'a>(
    keys: impl IntoIterator<Item = &'a Of<T>>,
) -> Vec<Param> {
    let (accounts, ids): (Vec<_>, Vec<_>) =
        keys.into_iter().map(|(account, id)| (account.to_string(), id.to_string())).unzip();
    params![accounts, ids]
}

/// Three columns of keys.
pub(crate) fn intent_keys<'a>(keys: impl IntoIterator<Item = &'a IntentKey> + Clone) -> Vec<Param> {
    params![
        keys.clone().into_iter().map(|key| key.account.to_string()).collect::<Vec<_>>(),
        keys.clone().into_iter().map(|key| key.user.clone()).collect::<Vec<_>>(),
        keys.into_iter().map(|key| key.key.clone()).collect::<Vec<_>>(),
    ]
}

/// Whether PostgreSQL can take the text. What it cannot take it does not have either, and when it is to
/// be written, its intent fails alone.
pub(crate) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Answers every key: with the row as it is stored, or with its absence.
pub(crate) fn load(
    session: &mut Session,
    (loaded, layouts): (&mut Loaded, &mut Layouts),
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    answer_absent(keys, world);
    let lost = load_names(session, (loaded, layouts), (keys, world))?;
    load_records(session, loaded, (&lost, world))?;
    load_counters(session, loaded, (keys, world))?;
    loaded.events.extend(&keys.events);
    loaded.zones.extend(&keys.zones);
    Ok(())
}

/// What the statements do not find is not there.
fn answer_absent(keys: &Keys, world: &mut World) {
    keys.records.iter().for_each(|key| world.records.load(key.clone(), None));
    keys.events.iter().for_each(|key| world.events.load(*key, None));
    keys.event_zones.iter().for_each(|key| world.event_zones.load(*key, None));
    keys.zones.iter().for_each(|key| world.zones.load(*key, None));
    keys.layouts.iter().for_each(|key| world.layouts.load(*key, None));
    keys.taken_seats.iter().for_each(|key| world.taken_seats.load(*key, Some(BTreeSet::new())));
    keys.pools.iter().for_each(|key| world.pools.load(*key, None));
    keys.allowances.iter().for_each(|key| world.allowances.load(*key, None));
    keys.people.iter().for_each(|key| world.people.load(*key, None));
    keys.bookings.iter().for_each(|key| world.bookings.load(*key, None));
    keys.payments.iter().for_each(|key| world.payments.load(*key, None));
    for key in &keys.payment_references {
        world.payment_references.load(key.clone(), None);
    }
    keys.feeds.iter().for_each(|account| world.feeds.load(*account, None));
    keys.jobs.iter().for_each(|kind| world.jobs.load(*kind, None));
}

/// The rows that name others. Gives back the keys that have a record.
fn load_names(
    session: &mut Session,
    (loaded, layouts): (&mut Loaded, &mut Layouts),
    (keys, world): (&Keys, &mut World),
) -> Result<BTreeSet<IntentKey>, Error> {
    let mut round = Round::default();
    let wanted: BTreeSet<_> = keys
        .records
        .iter()
        .filter(|key| storable(&key.user) && storable(&key.key) && !loaded.claims.contains(key))
        .collect();
    let claims = &mut loaded.claims;
    let claim = intent_keys(wanted.iter().copied());
    round.add((wanted.is_empty(), &RECORD_CLAIM), claim, move |done, _| {
        for row in &done.rows {
            claims.insert(records::key(row)?);
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
    round.run(session, world)?;
    Ok(wanted.into_iter().filter(|key| !loaded.claims.contains(*key)).cloned().collect())
}

fn read<T>(done: &Done, read: impl Fn(&Row) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    done.rows.iter().map(read).collect()
}

fn load_events(done: Done, world: &mut World) -> Result<(), Error> {
    for event in read(&done, catalogue::event)? {
        world.events.load((event.account, event.id), Some(event));
    }
    Ok(())
}

fn load_zones(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let zone = catalogue::zone(row)?;
        world.zones.load((rows::account(row)?, zone.id), Some(zone));
    }
    Ok(())
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

/// Records of keys that others have claimed before. They are not locked: a replay only reads.
fn load_records(
    session: &mut Session,
    loaded: &mut Loaded,
    (keys, world): (&BTreeSet<IntentKey>, &mut World),
) -> Result<(), Error> {
    if keys.is_empty() {
        return Ok(());
    }
    let done = session.one(&RECORD_GET, intent_keys(keys))?;
    let found = read(&done, records::record)?;
    for record in found {
        let seen = (record.first_seen_at.as_millis(), i64::from(record.attempts));
        loaded.records.insert(record.key.clone(), seen);
        world.records.load(record.key.clone(), Some(record));
    }
    if keys.iter().any(|key| world.records.peek(key).is_none()) {
        // Somebody forgot it between the two statements: the next attempt can claim it.
        return Err(Error::Conflict("a record went while it was looked for".to_owned()));
    }
    Ok(())
}

/// The rows that rivals share.
fn load_counters(
    session: &mut Session,
    loaded: &Loaded,
    (keys, world): (&Keys, &mut World),
) -> Result<(), Error> {
    let mut missing = keys.feeds.clone();
    let mut round = Round::default();
    let (zones, seats): (Vec<_>, Vec<_>) =
        keys.pools.iter().partition(|(_, pool)| matches!(pool, PoolId::Zone(_)));
    // A seat is taken by whoever has its zone: once that is locked, rows of seats do not come and go.
    for pools in [zones, seats] {
        round.add((pools.is_empty(), &POOL_GET), pool_ids(&pools), load_pools);
    }
    let is_empty = keys.taken_seats.is_empty();
    round.add((is_empty, &SEAT_TAKEN), ids(&keys.taken_seats), load_taken);
    if !keys.pools.is_empty() {
        round.add((loaded.events.is_empty(), &EVENT_GET), ids(&loaded.events), load_events);
        round.add((loaded.zones.is_empty(), &ZONE_GET), ids(&loaded.zones), load_zones);
    }
    let allowances = params![
        keys.allowances.iter().map(|(account, _)| account.to_string()).collect::<Vec<_>>(),
        keys.allowances.iter().map(|(_, id)| id.event.to_string()).collect::<Vec<_>>(),
        keys.allowances.iter().map(|(_, id)| id.person.to_string()).collect::<Vec<_>>(),
    ];
    round.add((keys.allowances.is_empty(), &ALLOWANCE_LOCK), allowances, |done, world| {
        for row in &done.rows {
            world.allowances.load(stock::allowance_id(row)?, Some(stock::allowance(row)?));
        }
        Ok(())
    });
    round.add((keys.payments.is_empty(), &PAYMENT_GET), ids(&keys.payments), |done, world| {
        for row in &done.rows {
            let payment = bookings::payment(row)?;
            world.payments.load((rows::account(row)?, payment.id), Some(payment));
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
    let jobs: Vec<_> = keys.jobs.iter().map(|kind| (AccountId::SYSTEM, kind.as_str())).collect();
    round.add((jobs.is_empty(), &JOB_GET), ids(&jobs), |done, world| {
        for row in &done.rows {
            let kind = rows::word(row, "kind", job_kind)?;
            world.jobs.load(kind, Some(stock::job(kind, row)?));
        }
        Ok(())
    });
    let feeds = params![keys.feeds.iter().map(ToString::to_string).collect::<Vec<_>>()];
    round.add((keys.feeds.is_empty(), &FEED_LOCK), feeds, |done, world| {
        load_feeds(&done, (&mut missing, world))
    });
    round.run(session, world)?;
    claim_feeds(session, (missing, world))
}

/// Feeds that have no row yet get one, which can be locked.
fn claim_feeds(
    session: &mut Session,
    (mut missing, world): (BTreeSet<AccountId>, &mut World),
) -> Result<(), Error> {
    if missing.is_empty() {
        return Ok(());
    }
    let feeds = || params![missing.iter().map(ToString::to_string).collect::<Vec<_>>()];
    let calls = [Call::new(&FEED_CLAIM, feeds()), Call::new(&FEED_LOCK, feeds())];
    let done = session.run(&calls)?.pop().unwrap_or_default();
    load_feeds(&done, (&mut missing, world))
}

/// A feed at 0 is one in which nothing was ever told.
fn load_feeds(
    done: &Done,
    (missing, world): (&mut BTreeSet<AccountId>, &mut World),
) -> Result<(), Error> {
    for row in &done.rows {
        let (account, feed) = (rows::account(row)?, rows::activity::feed(row)?);
        missing.remove(&account);
        world.feeds.load(account, (feed.position > 0).then_some(feed));
    }
    Ok(())
}

fn pool_ids(pools: &[&Of<PoolId>]) -> Vec<Param> {
    params![
        pools.iter().map(|(account, _)| account.to_string()).collect::<Vec<_>>(),
        pools.iter().map(|(_, pool)| pool.zone().to_string()).collect::<Vec<_>>(),
        pools.iter().map(|(_, pool)| i64::from(pool.part())).collect::<Vec<_>>(),
    ]
}

fn load_pools(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        world.pools.load(stock::pool_id(row)?, Some(stock::pool(row)?));
    }
    Ok(())
}

fn load_taken(done: Done, world: &mut World) -> Result<(), Error> {
    for row in &done.rows {
        let zone = (rows::account(row)?, rows::parse(row, "zone_id")?);
        if let Some(taken) = world.taken_seats.derived_mut(&zone) {
            taken.insert(SeatNo(number(row, "part")?));
        }
    }
    Ok(())
}

fn job_kind(word: &str) -> Option<JobKind> {
    [JobKind::CleanUp].into_iter().find(|kind| kind.as_str() == word)
}
