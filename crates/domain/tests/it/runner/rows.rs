//! A store in memory: rows as domain values in plain maps.
//!
//! It is as strict as a store may be: what is absent is loaded as absent, even an empty set of taken
//! seats, and an insert over a row that is there is a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use domain::activity::{Activity, Cleaned, Feed};
use domain::allowance::{Allowance, AllowanceId};
use domain::booking::Booking;
use domain::event::{Event, Layout, Zone};
use domain::id::{AccountId, BookingId, EventId, PaymentId, PersonId, ZoneId};
use domain::invariants::Audit;
use domain::job::{Job, JobKind};
use domain::payment::{Payment, Refund};
use domain::person::Person;
use domain::pool::{Pool, PoolId, SeatNo};
use domain::record::{IntentKey, Record};
use domain::table::{Table, Write};
use domain::world::Of;
use domain::{Keys, World};

#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) records: BTreeMap<IntentKey, Record>,
    pub(crate) events: BTreeMap<Of<EventId>, Event>,
    pub(crate) zones: BTreeMap<Of<ZoneId>, Zone>,
    pub(crate) layouts: BTreeMap<Of<ZoneId>, Arc<Layout>>,
    pub(crate) pools: BTreeMap<Of<PoolId>, Pool>,
    pub(crate) allowances: BTreeMap<Of<AllowanceId>, Allowance>,
    pub(crate) people: BTreeMap<Of<PersonId>, Person>,
    pub(crate) bookings: BTreeMap<Of<BookingId>, Booking>,
    pub(crate) payments: BTreeMap<Of<PaymentId>, Payment>,
    pub(crate) feeds: BTreeMap<AccountId, Feed>,
    pub(crate) cleaned: BTreeMap<AccountId, Cleaned>,
    pub(crate) jobs: BTreeMap<JobKind, Job>,
    pub(crate) refunds: Vec<Of<Refund>>,
    pub(crate) activity: Vec<Activity>,
}

impl Rows {
    /// Loads exactly what `keys` name.
    pub(crate) fn load(&self, keys: &Keys, world: &mut World) {
        load(&mut world.records, &keys.records, &self.records);
        load(&mut world.events, &keys.events, &self.events);
        load(&mut world.zones, &keys.zones, &self.zones);
        load(&mut world.layouts, &keys.layouts, &self.layouts);
        load(&mut world.pools, &keys.pools, &self.pools);
        load(&mut world.allowances, &keys.allowances, &self.allowances);
        load(&mut world.people, &keys.people, &self.people);
        load(&mut world.bookings, &keys.bookings, &self.bookings);
        load(&mut world.payments, &keys.payments, &self.payments);
        load(&mut world.feeds, &keys.feeds, &self.feeds);
        load(&mut world.cleaned, &keys.cleaned, &self.cleaned);
        load(&mut world.jobs, &keys.jobs, &self.jobs);
        for key in &keys.event_zones {
            world.event_zones.load(*key, self.event_zones(*key));
        }
        for key in &keys.taken_seats {
            let taken = self.taken_seats(*key);
            world.taken_seats.load(*key, Some(taken).filter(|taken| !taken.is_empty()));
        }
        for key in &keys.payment_references {
            let paid = |(id, payment): (&Of<PaymentId>, &Payment)| {
                ((id.0, payment.reference.clone()) == *key).then_some(id.1)
            };
            world.payment_references.load(key.clone(), self.payments.iter().find_map(paid));
        }
    }

    /// Saves what a batch left in its world.
    pub(crate) fn save(&mut self, world: &World) {
        save(&mut self.records, &world.records);
        save(&mut self.events, &world.events);
        save(&mut self.zones, &world.zones);
        save(&mut self.layouts, &world.layouts);
        upsert(&mut self.pools, &world.pools);
        save(&mut self.allowances, &world.allowances);
        save(&mut self.people, &world.people);
        save(&mut self.bookings, &world.bookings);
        save(&mut self.payments, &world.payments);
        upsert(&mut self.feeds, &world.feeds);
        save(&mut self.cleaned, &world.cleaned);
        save(&mut self.jobs, &world.jobs);
        self.refunds.extend(world.refunds.iter().cloned());
        self.activity.extend(world.activity.iter().cloned());
        for (account, cut) in &world.cuts {
            self.activity.retain(|entry| {
                entry.account != *account
                    || entry.position <= cut.after
                    || entry.position > cut.cleaned.position
            });
        }
        self.check_derived(world);
    }

    /// What the world derived must be what would be loaded now.
    fn check_derived(&self, world: &World) {
        for key in self.zones.keys().filter(|key| world.taken_seats.is_loaded(*key)) {
            let kept = world.taken_seats.peek(key).cloned().unwrap_or_default();
            assert_eq!(kept, self.taken_seats(*key), "taken seats fall behind their pools");
        }
        for ((account, id), payment) in &self.payments {
            let key = (*account, payment.reference.clone());
            assert!(world.payment_references.peek(&key).is_none_or(|paid| paid == id));
        }
    }

    fn event_zones(&self, key: Of<EventId>) -> Option<Vec<ZoneId>> {
        let zones = self.zones.iter().filter(|(id, zone)| (id.0, zone.event) == key);
        let mut zones: Vec<_> = zones.map(|(id, zone)| (zone.position, id.1)).collect();
        zones.sort_unstable();
        self.events.get(&key).map(|_| zones.into_iter().map(|(_, zone)| zone).collect())
    }

    fn taken_seats(&self, key: Of<ZoneId>) -> BTreeSet<SeatNo> {
        let taken = self.pools.iter().filter_map(|((account, id), pool)| match *id {
            PoolId::Seat(zone, seat) if (*account, zone) == key => {
                (pool.taken() > 0).then_some(seat)
            }
            PoolId::Seat(..) | PoolId::Zone(_) => None,
        });
        taken.collect()
    }

    /// An audit that was fed every row.
    pub(crate) fn audit(&self) -> Audit {
        let mut audit = Audit::default();
        self.show(&mut audit);
        audit
    }

    /// Shows every row to the audit.
    pub(crate) fn show(&self, audit: &mut Audit) {
        self.events.values().for_each(|event| audit.event(event));
        self.zones.values().for_each(|zone| audit.zone(zone));
        for (id, pool) in &self.pools {
            audit.pool(*id, [pool.capacity(), pool.held(), pool.sold()]);
        }
        self.allowances.iter().for_each(|(id, allowance)| audit.allowance(*id, *allowance));
        self.bookings.values().for_each(|booking| audit.booking(booking));
        self.records.values().for_each(|record| audit.record(record));
        self.payments.values().for_each(|payment| audit.payment(payment));
        self.refunds.iter().for_each(|(_, refund)| audit.refund(refund));
        for entry in &self.activity {
            let told = (entry.resource.as_str(), entry.resource_seq);
            audit.activity(entry.account, entry.position, told);
        }
        self.feeds.iter().for_each(|(account, feed)| audit.feed(*account, *feed));
        self.cleaned.iter().for_each(|(account, cleaned)| audit.cleaned(*account, *cleaned));
    }
}

fn load<K: Ord + Clone + Debug, V: Clone>(
    table: &mut Table<K, V>,
    keys: &BTreeSet<K>,
    rows: &BTreeMap<K, V>,
) {
    for key in keys {
        table.load(key.clone(), rows.get(key).cloned());
    }
}

fn save<K: Ord + Clone + Debug, V: Clone>(rows: &mut BTreeMap<K, V>, table: &Table<K, V>) {
    for write in table.writes() {
        let (key, was_there, before) = match write {
            Write::Insert(key, value) => (key, false, rows.insert(key.clone(), value.clone())),
            Write::Update(key, value) => (key, true, rows.insert(key.clone(), value.clone())),
            Write::Delete(key) => (key, true, rows.remove(key)),
        };
        assert_eq!(before.is_some(), was_there, "{key:?}");
    }
}

/// Saves rows of a table of which some are changed without being loaded.
fn upsert<K: Ord + Clone + Debug, V: Clone>(rows: &mut BTreeMap<K, V>, table: &Table<K, V>) {
    for write in table.writes() {
        match write {
            Write::Insert(key, value) | Write::Update(key, value) => {
                rows.insert(key.clone(), value.clone());
            }
            Write::Delete(key) => panic!("{key:?} is never deleted"),
        }
    }
}
