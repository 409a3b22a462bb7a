//! A store in memory: rows as domain values in plain maps.
//!
//! It is as strict as a store may be: what is absent is loaded as absent, even an empty set of taken
//! seats, and an insert over a row that is there is a fault.

use std::ops::{Deref, DerefMut};

use domain::activity::Activity;
use domain::invariants::Audit;
use domain::{Keys, World, tables};

#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    tables: tables::Rows,
    pub(crate) activity: Vec<Activity>,
}

impl Deref for Rows {
    type Target = tables::Rows;

    fn deref(&self) -> &tables::Rows {
        &self.tables
    }
}

impl DerefMut for Rows {
    fn deref_mut(&mut self) -> &mut tables::Rows {
        &mut self.tables
    }
}

impl Rows {
    /// Loads exactly what `keys` name.
    pub(crate) fn load(&self, keys: &Keys, world: &mut World) {
        self.tables.load(keys, world);
        for key in keys.taken_seats.iter().filter(|key| self.taken_seats(**key).is_empty()) {
            world.taken_seats.load(*key, None);
        }
    }

    /// Saves what a batch left in its world.
    pub(crate) fn save(&mut self, world: &World) {
        assert_eq!(self.check(world), Ok(()));
        self.put(world);
        self.activity.extend(world.activity.iter().cloned());
        for (account, truncation) in &world.truncations {
            self.activity.retain(|entry| {
                entry.account != *account
                    || entry.position <= truncation.after
                    || entry.position > truncation.low_water_mark.position
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
            let key = (*account, payment.name());
            assert!(world.payment_references.peek(&key).is_none_or(|paid| paid == id));
        }
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
        self.deadlines.keys().for_each(|deadline| audit.deadline(deadline));
        self.records.values().for_each(|record| audit.record(record));
        self.payments.values().for_each(|payment| audit.payment(payment));
        self.refunds.values().for_each(|refund| audit.refund(refund));
        for entry in &self.activity {
            let (resource, seq) = (entry.resource.as_str(), entry.resource_seq);
            audit.activity(entry.account, entry.position, resource, seq);
        }
        self.feeds.iter().for_each(|(account, feed)| audit.feed(*account, *feed));
        self.low_water_marks
            .iter()
            .for_each(|(account, low_water_mark)| audit.low_water_mark(*account, *low_water_mark));
    }
}
