//! Writing a batch that was found right.

use engine::Batch;

use super::Data;

impl Data {
    pub(super) fn write(&mut self, batch: &Batch<'_>) {
        let world = batch.world;
        self.rows.put(world);
        let told = batch.told.iter();
        let place = |told: &engine::Told| (told.activity.account, told.activity.position);
        self.activity.extend(told.map(|told| (place(told), told.clone())));
        for (account, cut) in &world.cuts {
            let gone = |position: u64| position > cut.after && position <= cut.cleaned.position;
            self.activity.retain(|(of, position), _| of != account || !gone(*position));
        }
        for sighting in batch.sightings {
            // A key whose record is gone by now has nothing to count on.
            let Some(record) = self.rows.records.get_mut(&sighting.key) else { continue };
            record.attempts = record.attempts.saturating_add(sighting.count);
            record.last_seen_at = record.last_seen_at.max(sighting.last_seen_at);
        }
        self.version = self.version.saturating_add(1);
        self.last_batch = Some(batch.id);
        self.last_instant = Some(batch.now);
    }
}
