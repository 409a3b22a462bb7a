//! Loading what a batch names, and locking it: by kind, over the whole batch, each kind in the order of
//! its keys, so one account after the other. All writers do it alike, so that they do not wait for each
//! other in a circle. A statement is about one account: a cluster that spreads accounts over shards
//! carries it out on one of them.
//!
//! First the feeds that have no row yet get one. Then come bookings; keys' records, events and zones are read without a lock. Two that decide about
//! one key at the same time meet in its record, which only one of them can insert: the other decides
//! again. Once all pools are known they are locked, then allowances, jobs, and last the feeds. Whoever changes
//! an event or a zone holds its pools (that is how a batch names them), and so the events and zones of
//! a batch are read again when its pools are locked: what a decision sees of them is what is there.

mod counters;
mod feeds;
mod names;
mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::{AccountId, EventId, ZoneId};
use domain::record::IntentKey;
use domain::tickets::event::Layout;
use domain::tickets::seat_set::SeatSet;
use domain::world::Of;
use domain::{Keys, World};

use crate::clean;
use crate::errors::Error;
use crate::session::{Param, Session, params};
use crate::tx::Instants;
pub(crate) use feeds::{Feeds, claim};

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

/// What a writer caches from one transaction to the next.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) layouts: Layouts,
    pub(crate) feeds: Feeds,
}

impl Caches {
    /// Another server may have been restored from a backup.
    pub(crate) fn invalidate(&mut self) {
        self.layouts.invalidate();
        self.feeds.invalidate();
    }
}

/// What a transaction keeps of what it loaded.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Each account has writers of its own, which have its latest instant.
    pub(crate) by_account: bool,
    /// Records as they were: when first seen, and how often.
    pub(crate) records: BTreeMap<IntentKey, (i64, i64)>,
    events: BTreeSet<Of<EventId>>,
    zones: BTreeSet<Of<ZoneId>>,
}

/// What is of one account together, in the order of accounts; of each account in the order in which it
/// comes.
pub(crate) fn by_account<'a, T>(
    rows: impl IntoIterator<Item = &'a T>,
    account: impl Fn(&T) -> AccountId,
) -> BTreeMap<AccountId, Vec<&'a T>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        groups.entry(account(row)).or_default().push(row);
    }
    groups
}

/// For each account: itself, and a column of ids.
pub(crate) fn ids<'a, T: ToString + 'a>(
    keys: impl IntoIterator<Item = &'a Of<T>>,
) -> Vec<Vec<Param>> {
    let ids = |keys: Vec<&Of<T>>| keys.into_iter().map(|(_, id)| id.to_string()).collect();
    let call = |(account, keys): (AccountId, _)| -> Vec<Param> {
        let ids: Vec<String> = ids(keys);
        params![account.to_string(), ids]
    };
    by_account(keys, |(account, _)| *account).into_iter().map(call).collect()
}

/// An account, and two columns of its keys.
pub(crate) fn intent_keys(account: AccountId, keys: &[&IntentKey]) -> Vec<Param> {
    params![
        account.to_string(),
        keys.iter().map(|key| key.scope.as_str().to_owned()).collect::<Vec<_>>(),
        keys.iter().map(|key| key.key.clone()).collect::<Vec<_>>(),
    ]
}

/// Whether PostgreSQL can take the text. What it cannot take it does not have either, and when it is to
/// be written, its intent fails alone.
pub(crate) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Answers every key: with the row as it is stored, or with its absence. Where rows were locked that
/// rivals share, also what the clocks said then.
pub(crate) fn load(
    session: &mut Session,
    (loaded, caches): (&mut Loaded, &mut Caches),
    (keys, world): (&Keys, &mut World),
) -> Result<Option<Instants>, Error> {
    answer_absent(keys, world);
    names::load(session, (loaded, caches), (keys, world))?;
    let instants = counters::load(session, loaded, (keys, world))?;
    // The job that governs them is locked by now.
    clean::load(session, &keys.low_water_marks, world)?;
    loaded.events.extend(&keys.events);
    loaded.zones.extend(&keys.zones);
    Ok(instants)
}

/// What the statements do not find is not there.
fn answer_absent(keys: &Keys, world: &mut World) {
    rows::cold::absent(keys, world);
    keys.records.iter().for_each(|key| world.records.load(key.clone(), None));
    keys.event_zones.iter().for_each(|key| world.event_zones.load(*key, None));
    keys.layouts.iter().for_each(|key| world.layouts.load(*key, None));
    keys.taken_seats.iter().for_each(|key| world.taken_seats.load(*key, Some(SeatSet::default())));
    keys.pools.iter().for_each(|key| world.pools.load(*key, None));
    keys.allowances.iter().for_each(|key| world.allowances.load(*key, None));
    keys.people.iter().for_each(|key| world.people.load(*key, None));
    keys.handles.iter().for_each(|key| world.handles.load(*key, None));
    keys.bookings.iter().for_each(|key| world.bookings.load(*key, None));
    keys.payments.iter().for_each(|key| world.payments.load(*key, None));
    for key in &keys.payment_references {
        world.payment_references.load(key.clone(), None);
    }
    keys.feeds.iter().for_each(|account| world.feeds.load(*account, None));
}
