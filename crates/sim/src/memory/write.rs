//! Writing a batch that was found right.

use std::collections::BTreeMap;
use std::fmt::Debug;

use domain::table::{Table, Write};
use engine::Batch;

use super::Data;
use super::check::puts;

impl Data {
    pub(super) fn write(&mut self, batch: &Batch<'_>) {
        let world = batch.world;
        for ((account, id), payment) in puts(&world.payments) {
            self.references.insert((*account, payment.reference.clone()), *id);
        }
        lay(&mut self.records, &world.records);
        lay(&mut self.events, &world.events);
        lay(&mut self.zones, &world.zones);
        lay(&mut self.layouts, &world.layouts);
        lay(&mut self.pools, &world.pools);
        lay(&mut self.allowances, &world.allowances);
        lay(&mut self.people, &world.people);
        lay(&mut self.bookings, &world.bookings);
        lay(&mut self.payments, &world.payments);
        lay(&mut self.feeds, &world.feeds);
        lay(&mut self.cleaned, &world.cleaned);
        lay(&mut self.jobs, &world.jobs);
        let refunds = world.refunds.iter();
        self.refunds
            .extend(refunds.map(|(account, refund)| ((*account, refund.id), refund.clone())));
        let told = batch.told.iter();
        let place = |told: &engine::Told| (told.activity.account, told.activity.position);
        self.activity.extend(told.map(|told| (place(told), told.clone())));
        for (account, cut) in &world.cuts {
            let gone = |position: u64| position > cut.after && position <= cut.cleaned.position;
            self.activity.retain(|(of, position), _| of != account || !gone(*position));
        }
        for sighting in batch.sightings {
            // A key whose record is gone by now has nothing to count on.
            let Some(record) = self.records.get_mut(&sighting.key) else { continue };
            record.attempts = record.attempts.saturating_add(sighting.count);
            record.last_seen_at = record.last_seen_at.max(sighting.last_seen_at);
        }
        self.version = self.version.saturating_add(1);
        self.last_batch = Some(batch.id);
        self.last_instant = Some(batch.now);
    }
}

fn lay<K, V>(rows: &mut BTreeMap<K, V>, table: &Table<K, V>)
where
    K: Ord + Clone + Debug,
    V: Clone,
{
    for write in table.writes() {
        match write {
            Write::Insert(key, row) | Write::Update(key, row) => {
                rows.insert(key.clone(), row.clone());
            }
            Write::Delete(key) => {
                rows.remove(key);
            }
        }
    }
}
