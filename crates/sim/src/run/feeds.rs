//! Cleaning feeds while the world lives: what goes is the oldest part of a feed whose time is over, and
//! nothing else ever.

use domain::retention::Retention;
use domain::time::DAY_MS;
use engine::reads::ActivityFilter;

use super::play::World;
use super::{Finding, FoundBy};
use crate::model::{ANSWER_MS, TOMBSTONE_MS};
use crate::workload::Known;

/// Entries are kept for a much shorter time than elsewhere, so that many go in the life of a world.
pub(super) const RETENTION: Retention = Retention {
    answer_ms: ANSWER_MS,
    tombstone_ms: TOMBSTONE_MS,
    activity_ms: Some(DAY_MS),
    delivery_ms: Some(DAY_MS),
};

impl World<'_> {
    /// What is left of each feed begins where it should: nothing went too early, and once all were
    /// cleaned nothing stayed too long.
    pub(super) fn check_feeds(&self, is_done: bool) -> Result<(), Finding> {
        let wrong = |what: String| Finding::new(FoundBy::Books, what);
        let before = RETENTION.activity_before(self.now());
        for account in Known::ACCOUNTS {
            let unread =
                |error: engine::StoreError| Finding::new(FoundBy::Engine, error.to_string());
            let gone = self.reads.low_water_mark(account).map_err(unread)?;
            let all = ActivityFilter::default();
            let first = self.reads.activity(account, &all, 1).map_err(unread)?;
            let first = first.first().map(|emitted| emitted.activity.position);
            let head = self.heads.get(&account).copied().unwrap_or_default();
            let expected = (gone.position < head).then_some(gone.position.saturating_add(1));
            if first != expected {
                return Err(wrong(format!("{account} begins at {first:?} after {gone:?}")));
            }
            let feed = self.emitted.range((account, 0)..=(account, u64::MAX));
            let over = feed.filter(|(_, at)| Some(**at) < before).count() as u64;
            if gone.position > over || (is_done && gone.position < over) {
                return Err(wrong(format!(
                    "{over} entries of {account} are over, gone is {gone:?}"
                )));
            }
            let last = self.emitted.get(&(account, gone.position)).copied();
            if gone.position > 0 && last != Some(gone.at) {
                return Err(wrong(format!("{gone:?} of {account} was written at {last:?}")));
            }
        }
        Ok(())
    }
}
