//! Writing a batch that was found right.

use engine::Batch;

use super::Data;

impl Data {
    pub(super) fn write(&mut self, batch: &Batch<'_>) {
        let world = batch.world;
        self.rows.put(world);
        let emitted = batch.emitted.iter();
        let place =
            |emitted: &engine::ActivityRow| (emitted.activity.account, emitted.activity.position);
        self.activity.extend(emitted.map(|emitted| (place(emitted), emitted.clone())));
        for (account, truncation) in &world.truncations {
            let gone = |position: u64| {
                position > truncation.after && position <= truncation.low_water_mark.position
            };
            self.activity.retain(|(of, position), _| of != account || !gone(*position));
        }
        for usage in batch.key_usage {
            // A key whose record is gone by now has nothing to count on.
            let Some(record) = self.rows.records.get_mut(&usage.key) else { continue };
            record.attempts = record.attempts.saturating_add(usage.count);
            record.last_seen_at = record.last_seen_at.max(usage.last_seen_at);
        }
        self.version = self.version.saturating_add(1);
        self.last_batch = Some(batch.id);
        self.last_instant = Some(batch.now);
    }
}
