//! Clean-up: what is not kept any more goes, a slice at a time. A slice is a batch of its own, under a
//! lease, and bookings come first: it is short, and after it the writer is theirs for a multiple of the
//! time that it took.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::activity::Cut;
use domain::id::AccountId;
use domain::job::{JobKind, Lease};
use domain::record::IntentKey;
use domain::world::Of;
use domain::{Command, Intent, Timestamp};

use super::Writer;
use super::housekeeping::system;
use super::set_aside::{SetAside, Tried};
use crate::batch::{Chores, Outcome, execute};
use crate::cleaning::{Found, SLICE_FEEDS_MAX, SLICE_ROWS_MAX, Search};
use crate::error::{ExecuteError, StoreError};

/// Clean-up runs this often.
pub(crate) const CLEAN_UP_PERIOD_MS: i64 = 60_000;
/// A worker that takes longer for one slice, and the pause after it, may lose its lease.
const CLEAN_UP_LEASE_MS: i64 = 30_000;
/// A slice has no fewer rows than this, however slow the store is: else it would never be done.
const SLICE_ROWS_MIN: usize = 32;
/// A slice that takes longer makes the next one smaller; one that takes less than half makes it larger.
const SLICE_MICROS: u64 = 5_000;
/// After a slice the writer belongs to others for so many times as long as that took …
const PAUSE_WHEN_ASKED: u64 = 9;
/// … or, where nobody asks for anything, for so many.
const PAUSE_WHEN_IDLE: u64 = 1;
/// Nobody asks for anything once nobody did for so long.
const IDLE_AFTER_MICROS: u64 = 1_000_000;

/// How far clean-up is.
#[derive(Debug, Default)]
pub(super) struct CleanUp {
    due_at: Timestamp,
    work: Option<Work>,
    pace: Pace,
    /// Entries from before this instant are gone from all feeds. They go by the day, so there is nothing
    /// to look for until that is over.
    feeds_clean_before: Option<Timestamp>,
    records_aside: SetAside<IntentKey>,
    feeds_aside: SetAside<AccountId>,
}

/// Work under a lease.
#[derive(Clone, Copy, Debug)]
struct Work {
    lease: Lease,
    /// The feed to look at next; `None` is the first of all.
    feeds_from: Option<AccountId>,
    /// A feed was left as it was, so not all of them are clean in the end.
    left_a_feed: bool,
    /// So many records could not be cleaned that no more can be set aside: they would be found again in
    /// each slice.
    leaves_records: bool,
}

/// What could not be cleaned of a slice.
#[derive(Debug)]
struct Failed {
    /// Its feed.
    feed: Option<AccountId>,
    /// Records for which there was no room aside.
    has_no_room: bool,
}

/// One slice, and what it is about.
#[derive(Debug)]
struct Slice {
    records: Vec<IntentKey>,
    /// It has all records that are due.
    is_all_of_records: bool,
    cut: Option<Of<Cut>>,
}

/// How much a slice takes on, and when the next one may begin.
#[derive(Debug, PartialEq, Eq)]
struct Pace {
    rows: usize,
    resume_at_micros: u64,
    asked_at_micros: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: SLICE_ROWS_MIN, resume_at_micros: 0, asked_at_micros: 0 }
    }
}

impl Pace {
    /// A slice has begun and ended then.
    fn took(&mut self, (began, ended): (u64, u64)) {
        let micros = ended.saturating_sub(began);
        let rows = if micros > SLICE_MICROS {
            self.rows / 2
        } else if micros.saturating_mul(2) < SLICE_MICROS {
            self.rows.saturating_mul(2)
        } else {
            self.rows
        };
        self.rows = rows.clamp(SLICE_ROWS_MIN, SLICE_ROWS_MAX);
        let is_idle = began.saturating_sub(self.asked_at_micros) >= IDLE_AFTER_MICROS;
        let pause = if is_idle { PAUSE_WHEN_IDLE } else { PAUSE_WHEN_ASKED };
        self.resume_at_micros = ended.saturating_add(micros.saturating_mul(pause));
    }
}

impl CleanUp {
    /// How long until the next slice may begin; `None` while there is no work.
    pub(super) fn wait(&self, micros: u64) -> Option<Duration> {
        let left = self.pace.resume_at_micros.saturating_sub(micros);
        self.work.map(|_| Duration::from_micros(left))
    }

    /// Records and feeds that could not be cleaned.
    pub(super) fn set_aside(&self) -> usize {
        self.records_aside.len().saturating_add(self.feeds_aside.len())
    }
}

/// What a search of the feeds came to.
#[derive(Debug, Default)]
struct Searched {
    found: Found,
    /// A feed of which something has to go is set aside.
    left_a_feed: bool,
    /// All feeds are clean of what is older, once nothing more is found.
    clean_before: Option<Timestamp>,
}

impl Writer {
    /// A slice of clean-up, if it is due and may begin; `busy` is how many intents the last batch had.
    pub(super) fn clean_up_in_turn(&mut self, busy: usize) -> Result<(), ExecuteError> {
        let began = self.shell.clock.micros();
        if busy > 0 {
            self.house.clean_up.pace.asked_at_micros = began;
        }
        if self.house.clean_up.wait(began).is_some_and(|wait| !wait.is_zero()) {
            return Ok(());
        }
        let had_work = self.house.clean_up.work.is_some();
        let done = self.clean_up();
        if had_work {
            self.house.clean_up.pace.took((began, self.shell.clock.micros()));
        }
        done.map(|_more| ())
    }

    /// All of clean-up, at once.
    pub(super) fn clean_up_fully(&mut self) -> Result<(), ExecuteError> {
        self.house.clean_up.due_at = Timestamp::default();
        while self.clean_up()? {}
        Ok(())
    }

    /// One slice, or the lease before the first; whether there is more to do.
    fn clean_up(&mut self) -> Result<bool, ExecuteError> {
        let now = self.now();
        let Some(work) = self.house.clean_up.work.take() else { return self.lease(now) };
        let rows = self.house.clean_up.pace.rows;
        let records = if work.leaves_records { Vec::new() } else { self.due_records(now, rows)? };
        let is_last_of_records = records.len() < rows;
        // What is left of the slice is for feeds: they come once the records are done.
        let search = self.due_entries(now, work, rows.saturating_sub(records.len()))?;
        let is_all_of_records = is_last_of_records && !work.leaves_records;
        let slice = Slice { records, is_all_of_records, cut: search.found.cut };
        let left_a_feed = work.left_a_feed || search.left_a_feed;
        if is_last_of_records && search.found.next.is_none() {
            let due_at = now.plus_millis(CLEAN_UP_PERIOD_MS);
            // Not earlier than the job is: a lease in vain would cost a whole period.
            self.house.clean_up.due_at = due_at;
            // A slice that fails leaves the rest to whoever has the next lease.
            let finish = Command::FinishJob { lease: work.lease, due_at };
            let (_, failed) = self.carry_out_slice(work, &slice, finish)?;
            if !left_a_feed && failed.feed.is_none() {
                self.house.clean_up.feeds_clean_before = search.clean_before;
            }
            return Ok(false);
        }
        let lease_ms = CLEAN_UP_LEASE_MS;
        let keep = Command::KeepJob { lease: work.lease, lease_ms };
        let (lease, failed) = self.carry_out_slice(work, &slice, keep)?;
        // Whoever has lost it leaves the rest to the other.
        let feeds_from = failed.feed.map_or(search.found.next, after).or(work.feeds_from);
        self.house.clean_up.work = lease.map(|lease| Work {
            lease,
            feeds_from,
            left_a_feed: left_a_feed || failed.feed.is_some(),
            leaves_records: work.leaves_records || failed.has_no_room,
        });
        Ok(lease.is_some())
    }

    fn lease(&mut self, now: Timestamp) -> Result<bool, ExecuteError> {
        if now < self.house.clean_up.due_at {
            return Ok(false);
        }
        let (kind, lease_ms) = (JobKind::CleanUp, CLEAN_UP_LEASE_MS);
        let outcomes = self.decide(&[of_job(Command::LeaseJob { kind, lease_ms })])?;
        let lease = lease_of(outcomes);
        self.house.clean_up.due_at = now.plus_millis(CLEAN_UP_PERIOD_MS);
        let work =
            |lease| Work { lease, feeds_from: None, left_a_feed: false, leaves_records: false };
        self.house.clean_up.work = lease.map(work);
        Ok(lease.is_some())
    }

    /// Carries out a slice, and what becomes of its lease with it; gives the lease that it got, and what
    /// could not be cleaned: that is set aside.
    fn carry_out_slice(
        &mut self,
        work: Work,
        slice: &Slice,
        job: Command,
    ) -> Result<(Option<Lease>, Failed), ExecuteError> {
        let Slice { records, is_all_of_records: is_all, cut } = slice;
        let clean_up = |key: &IntentKey| system(key.account, Command::CleanUpRecord(key.clone()));
        let mut batch: Vec<Intent> = records.iter().map(clean_up).collect();
        batch.extend(cut.map(|found| cut_feed(work.lease, found)));
        batch.push(of_job(job));
        let outcomes = self.decide(&batch)?;
        let now = self.now();
        let mut failed = BTreeSet::new();
        for (key, outcome) in records.iter().zip(&outcomes) {
            if let Outcome::Failed(why) = outcome {
                let what = format!("a record of {} is not cleaned up: {why}", key.account);
                self.shell.observer.due_failed(&what);
                failed.insert(key.clone());
            }
        }
        let tried = Tried { tried: records, failed: &failed, is_all: *is_all };
        let has_no_room = !self.house.clean_up.records_aside.tried(now, tried);
        let feed = cut.and_then(|(account, _)| {
            self.set_feed_aside_if_failed(account, outcomes.get(records.len())).then_some(account)
        });
        self.tell_set_aside();
        Ok((lease_of(outcomes), Failed { feed, has_no_room }))
    }

    /// A feed was to be cut. Whether it could not be: then it is set aside.
    fn set_feed_aside_if_failed(&mut self, account: AccountId, outcome: Option<&Outcome>) -> bool {
        let mut failed = BTreeSet::new();
        if let Some(Outcome::Failed(why)) = outcome {
            let what = format!("the feed of {account} is not cleaned up: {why}");
            self.shell.observer.due_failed(&what);
            failed.insert(account);
        }
        let tried = Tried { tried: &[account], failed: &failed, is_all: false };
        // Where there is no room it is found again next time: others come before it all the same.
        self.house.clean_up.feeds_aside.tried(self.now(), tried);
        !failed.is_empty()
    }

    fn decide(&mut self, batch: &[Intent]) -> Result<Vec<Outcome>, ExecuteError> {
        let executed = execute(self.store.as_mut(), &mut self.shell, batch, Chores::default())?;
        Ok(executed.outcomes)
    }

    fn due_records(&mut self, now: Timestamp, rows: usize) -> Result<Vec<IntentKey>, StoreError> {
        let passed_over = self.house.clean_up.records_aside.passed_over(now);
        let limit = rows.saturating_add(passed_over.len());
        let mut due = self.store.begin()?.due_records(now, limit)?;
        due.retain(|key| !passed_over.contains(key));
        due.truncate(rows);
        Ok(due)
    }

    /// The next slice of feeds, of up to `rows` entries.
    fn due_entries(
        &mut self,
        now: Timestamp,
        work: Work,
        rows: usize,
    ) -> Result<Searched, StoreError> {
        let before = self.shell.retention.activity_before(now);
        let known_clean = self.house.clean_up.feeds_clean_before;
        let mut searched =
            Searched { clean_before: before.max(known_clean), ..Searched::default() };
        let written_before = before.filter(|_| rows > 0 && before > known_clean);
        let Some(written_before) = written_before else { return Ok(searched) };
        let search = Search {
            from: work.feeds_from,
            before: written_before,
            feeds: SLICE_FEEDS_MAX,
            entries: rows,
        };
        searched.clean_before = before;
        searched.found = self.store.begin()?.due_entries(search)?;
        let passed_over = self.house.clean_up.feeds_aside.passed_over(now);
        if let Some((account, _)) = searched.found.cut.filter(|(of, _)| passed_over.contains(of)) {
            searched.found = Found { cut: None, next: after(account) };
            searched.left_a_feed = true;
        }
        Ok(searched)
    }
}

/// The lease that a batch got, or kept.
fn lease_of(outcomes: Vec<Outcome>) -> Option<Lease> {
    outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::Decided(_, after) => after.reply?.lease(),
        Outcome::Replayed(_)
        | Outcome::Malformed
        | Outcome::Failed(_)
        | Outcome::Unavailable(_) => None,
    })
}

/// The first account after one.
fn after(account: AccountId) -> Option<AccountId> {
    account.raw().checked_add(1).map(AccountId::from_raw)
}

fn of_job(command: Command) -> Intent {
    system(AccountId::SYSTEM, command)
}

fn cut_feed(lease: Lease, (account, cut): Of<Cut>) -> Intent {
    system(account, Command::CleanUpFeed { lease, cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_after(slices: &[u64]) -> usize {
        let mut pace = Pace::default();
        slices.iter().for_each(|&micros| pace.took((0, micros)));
        pace.rows
    }

    #[test]
    fn a_slice_is_as_large_as_the_store_is_fast() {
        assert_eq!(rows_after(&[]), SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[SLICE_MICROS / 2 - 1]), 2 * SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[SLICE_MICROS / 2]), SLICE_ROWS_MIN, "as fast as it should be");
        assert_eq!(rows_after(&[0, SLICE_MICROS]), 2 * SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[0, SLICE_MICROS + 1]), SLICE_ROWS_MIN);
        assert_eq!(rows_after(&[0; 3]), SLICE_ROWS_MAX);
        assert_eq!(rows_after(&[0; 4]), SLICE_ROWS_MAX, "never more");
        assert_eq!(rows_after(&[u64::MAX; 5]), SLICE_ROWS_MIN, "never fewer");
    }

    #[test]
    fn a_pause_follows_in_which_others_are_served() {
        let pause = |idle_micros: u64| {
            let began = 5_000_000;
            let asked_at_micros = began - idle_micros;
            let mut pace = Pace { asked_at_micros, ..Pace::default() };
            pace.took((began, began + 100));
            pace.resume_at_micros - began - 100
        };
        assert_eq!(pause(0), 100 * PAUSE_WHEN_ASKED);
        assert_eq!(pause(IDLE_AFTER_MICROS - 1), 100 * PAUSE_WHEN_ASKED);
        assert_eq!(pause(IDLE_AFTER_MICROS), 100 * PAUSE_WHEN_IDLE);
    }

    #[test]
    fn without_work_nobody_waits_for_a_slice() {
        let mut clean_up = CleanUp::default();
        clean_up.pace.resume_at_micros = 50;
        assert_eq!(clean_up.wait(0), None);
        let lease = Lease { kind: JobKind::CleanUp, fence: 1 };
        clean_up.work =
            Some(Work { lease, feeds_from: None, left_a_feed: false, leaves_records: false });
        assert_eq!(clean_up.wait(10), Some(Duration::from_micros(40)));
        assert_eq!(clean_up.wait(50), Some(Duration::ZERO));
        assert_eq!(clean_up.wait(60), Some(Duration::ZERO));
    }
}
