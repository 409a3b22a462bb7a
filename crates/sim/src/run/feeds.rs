//! Cleaning feeds while the world lives: what goes is the oldest part of a feed whose time is over, and
//! nothing else ever.

use domain::Command;
use domain::job::Lease;
use domain::retention::Retention;
use domain::time::DAY_MS;
use engine::batch::Chores;
use engine::cleaning::{Found, Search};
use engine::reads::ActivityFilter;

use super::play::{World, system};
use super::{FoundBy, Trouble};
use crate::model::{ANSWER_MS, TOMBSTONE_MS};
use crate::workload::Known;

/// Entries are kept for a much shorter time than elsewhere, so that many go in the life of a world.
pub(super) const RETENTION: Retention =
    Retention { answer_ms: ANSWER_MS, tombstone_ms: TOMBSTONE_MS, activity_ms: Some(DAY_MS) };
/// Feeds that are looked at together: fewer than there are accounts.
const FEEDS: usize = 2;
/// Entries of one slice.
const ENTRIES: usize = 7;
/// Slices after which something is stuck.
const PATIENCE: usize = 1_000;

impl World<'_> {
    /// Cleans all feeds; whether nothing failed.
    pub(super) fn clean_feeds(&mut self, lease: Lease) -> Result<bool, Trouble> {
        let mut from = None;
        for _ in 0..PATIENCE {
            let Some(before) = RETENTION.activity_before(self.now()) else { return Ok(true) };
            let search = Search { from, before, feeds: FEEDS, entries: ENTRIES };
            let found = self.store().begin().and_then(|mut tx| tx.due_entries(search)).ok();
            self.revive()?;
            let Some(Found { cut, next }) = found else { return Ok(false) };
            if let Some((account, cut)) = cut {
                let command = Command::CleanUpFeed { lease, cut };
                let keep = Command::KeepJob { lease, lease_ms: 1_000 };
                let batch = vec![system(account, command), system(account, keep)];
                let outcomes = self.batch(batch, Chores::default())?;
                if outcomes.iter().any(Option::is_none) {
                    self.check_feeds(false)?;
                    return Ok(false);
                }
                self.stats.cut += cut.cleaned.position.saturating_sub(cut.after);
            }
            if next.is_none() {
                self.check_feeds(true)?;
                return Ok(true);
            }
            from = next;
        }
        Err(Trouble::new(FoundBy::Liveness, "cleaning feeds does not end"))
    }

    /// What is left of each feed begins where it should: nothing went too early, and once all were
    /// cleaned nothing stayed too long.
    pub(super) fn check_feeds(&self, is_done: bool) -> Result<(), Trouble> {
        let wrong = |what: String| Trouble::new(FoundBy::Books, what);
        let before = RETENTION.activity_before(self.now());
        for account in Known::ACCOUNTS {
            let unread =
                |error: engine::StoreError| Trouble::new(FoundBy::Engine, error.to_string());
            let gone = self.reads.feed_cleaned(account).map_err(unread)?;
            let all = ActivityFilter::default();
            let first = self.reads.activity(account, &all, 1).map_err(unread)?;
            let first = first.first().map(|told| told.activity.position);
            let head = self.heads.get(&account).copied().unwrap_or_default();
            let expected = (gone.position < head).then_some(gone.position.saturating_add(1));
            if first != expected {
                return Err(wrong(format!("{account} begins at {first:?} after {gone:?}")));
            }
            let feed = self.told.range((account, 0)..=(account, u64::MAX));
            let over = feed.filter(|(_, at)| Some(**at) < before).count() as u64;
            if gone.position > over || (is_done && gone.position < over) {
                return Err(wrong(format!(
                    "{over} entries of {account} are over, gone is {gone:?}"
                )));
            }
            let last = self.told.get(&(account, gone.position)).copied();
            if gone.position > 0 && last != Some(gone.at) {
                return Err(wrong(format!("{gone:?} of {account} was written at {last:?}")));
            }
        }
        Ok(())
    }
}
