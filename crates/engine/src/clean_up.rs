//! Clean-up: what is not kept any more goes, a slice at a time, under the lease of its job. A slice is a
//! batch of its own, and bookings come first: it is short, and after it the writer is theirs for a multiple
//! of the time that it took.

mod deliveries;
mod pace;

use std::collections::BTreeSet;

use domain::activity::Truncation;
use domain::id::{AccountId, DeliveryId};
use domain::job::{JobId, JobKind, Lease, NewJob, Payload, Settlement};
use domain::record::IntentKey;
use domain::world::Of;
use domain::{Command, Intent, Reply, Timestamp};

use crate::batch::{Outcome, system};
use crate::cleaning::{DeliveryPlace, Found, SLICE_FEEDS_MAX, SLICE_ROWS_MAX, Search};
use crate::error::ExecuteError;
use crate::jobs::{Claim, Claimed, Worker, WorkerPorts, claim, read};
use crate::ports::Aside;
use crate::set_aside::{AsideReport, SetAside, Tried};
use deliveries::Deliveries;
use pace::Pace;

/// Clean-up runs this often.
const PERIOD_MS: i64 = 60_000;
/// A worker that takes longer for one slice, and the pause after it, may lose its lease.
pub const LEASE_MS: i64 = 30_000;
/// After an outage, or where somebody else was faster, it is looked for work again after this.
const RETRY_MS: i64 = 1_000;
/// A slice has no fewer rows than this, however slow the store is: else it would never be done.
pub const SLICE_ROWS_MIN: usize = 32;

/// How large slices are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceLimits {
    /// Rows, however slow the store is.
    pub rows_min: usize,
    /// Rows, however fast it is.
    pub rows_max: usize,
    /// Feeds that are looked at; two or more.
    pub feeds: usize,
}

impl Default for SliceLimits {
    fn default() -> Self {
        Self { rows_min: SLICE_ROWS_MIN, rows_max: SLICE_ROWS_MAX, feeds: SLICE_FEEDS_MAX }
    }
}

/// The worker that cleans up.
#[derive(Debug)]
pub struct CleanUp {
    limits: SliceLimits,
    /// When there may be work, as far as is known.
    look_at: Timestamp,
    work: Option<Work>,
    pace: Pace,
    /// Entries from before this instant are gone from all feeds. They go by the day, so there is nothing
    /// to look for until that is over.
    feeds_clean_before: Option<Timestamp>,
    records_aside: SetAside<IntentKey>,
    feeds_aside: SetAside<AccountId>,
    deliveries_aside: SetAside<Of<DeliveryId>>,
    aside_report: AsideReport,
}

impl Default for CleanUp {
    fn default() -> Self {
        Self::new(SliceLimits::default())
    }
}

/// Work under a lease.
#[derive(Clone, Debug)]
struct Work {
    lease: Lease,
    /// The feed to look at next; `None` is the first of all.
    feeds_from: Option<AccountId>,
    /// A feed was left as it was, so not all of them are clean in the end.
    left_a_feed: bool,
    /// So many records could not be cleaned that no more can be set aside: they would be found again in
    /// each slice.
    leaves_records: bool,
    /// The last delivery that was looked at; `None` before the first. Some of those that were stay, so they are not
    /// looked for again.
    deliveries_after: Option<DeliveryPlace>,
}

/// What a slice came to.
#[derive(Debug)]
struct Done {
    /// The lease was still ours.
    was_ours: bool,
    /// The feed that could not be cleaned.
    failed_feed: Option<AccountId>,
    /// Records could not be cleaned, and there was no room aside for them.
    has_no_room: bool,
}

/// One slice, and what it is about.
#[derive(Debug)]
struct Slice {
    lease: Lease,
    records: Vec<IntentKey>,
    /// It has all records that are due.
    is_all_of_records: bool,
    truncation: Option<Of<Truncation>>,
    deliveries: Deliveries,
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

impl Worker for CleanUp {
    /// One slice, or the lease before the first.
    fn step(&mut self, ports: &mut dyn WorkerPorts) -> Result<bool, ExecuteError> {
        let stepped = match self.work.take() {
            Some(work) => self.carry_out(ports, work),
            None if ports.now() < self.look_at => return Ok(false),
            None => self.lease(ports),
        };
        if stepped.is_err() {
            // What failed is left to whoever has the next lease.
            self.look_at = ports.now().plus_millis(RETRY_MS);
        }
        stepped
    }

    fn pause(&self, micros: u64) -> u64 {
        if self.work.is_some() { self.pace.pause(micros) } else { 0 }
    }

    fn look_again(&mut self) {
        self.look_at = Timestamp::default();
    }

    fn stop(&mut self, ports: &mut dyn WorkerPorts) -> Result<(), ExecuteError> {
        let Some(Work { lease, .. }) = self.work.take() else { return Ok(()) };
        // Whoever comes next goes on at once.
        let settlement = Settlement::Postpone { due_at: ports.now() };
        ports.carry_out(vec![settle(lease, settlement)]).map(drop)
    }
}

impl CleanUp {
    /// A worker whose slices are of other sizes.
    #[must_use]
    pub fn new(limits: SliceLimits) -> Self {
        Self {
            limits,
            look_at: Timestamp::default(),
            work: None,
            pace: Pace::new(limits),
            feeds_clean_before: None,
            records_aside: SetAside::default(),
            feeds_aside: SetAside::default(),
            deliveries_aside: SetAside::default(),
            aside_report: AsideReport::default(),
        }
    }

    /// The lease under which it works, if it has one.
    #[must_use]
    pub fn lease_held(&self) -> Option<&Lease> {
        self.work.as_ref().map(|work| &work.lease)
    }

    fn lease(&mut self, ports: &mut dyn WorkerPorts) -> Result<bool, ExecuteError> {
        let now = ports.now();
        let wanted = Claim { kind: JobKind::CleanUp, limit: 1, lease_ms: LEASE_MS };
        let Claimed { mut leased, next_at } = claim(ports, wanted)?;
        if let Some(leased) = leased.pop() {
            self.work = Some(Work {
                lease: leased.lease,
                feeds_from: None,
                left_a_feed: false,
                leaves_records: false,
                deliveries_after: None,
            });
            return Ok(true);
        }
        let Some(next_at) = next_at else {
            // It is the first time that this store is cleaned up.
            let (job, due_at) = (JobId::clean_up(), Timestamp::default());
            let new = NewJob { job, due_at, payload: Payload::default() };
            let made = ports.carry_out(vec![of_store(Command::PutJob(new))])?;
            return match made.outcomes.first() {
                Some(Outcome::Decided(..)) => Ok(true),
                other => Err(ExecuteError::Unavailable(format!("no job is made: {other:?}"))),
            };
        };
        self.look_at = if next_at > now { next_at } else { now.plus_millis(RETRY_MS) };
        Ok(false)
    }

    fn carry_out(&mut self, ports: &mut dyn WorkerPorts, work: Work) -> Result<bool, ExecuteError> {
        let (now, rows) = (ports.now(), self.pace.rows());
        let records =
            if work.leaves_records { Vec::new() } else { self.due_records(ports, now, rows)? };
        let is_last_of_records = records.len() < rows;
        // What is left of the slice is for feeds: they come once the records are done.
        let rest = rows.saturating_sub(records.len());
        let search = self.due_entries(ports, &work, rest)?;
        let is_all_of_records = is_last_of_records && !work.leaves_records;
        let (lease, truncation) = (work.lease.clone(), search.found.truncation);
        // And then for deliveries.
        let rest = rest.saturating_sub(entries(truncation));
        let deliveries = self.due_deliveries(ports, work.deliveries_after, rest)?;
        let (deliveries_after, is_last) = (deliveries.last_place, deliveries.is_end);
        let slice = Slice { lease, records, is_all_of_records, truncation, deliveries };
        let left_a_feed = work.left_a_feed || search.left_a_feed;
        if is_last_of_records && search.found.next.is_none() && is_last {
            let due_at = now.plus_millis(PERIOD_MS);
            let done = self.carry_out_slice(ports, &slice, Settlement::Finish { due_at })?;
            self.look_at = due_at;
            if done.was_ours && !left_a_feed && done.failed_feed.is_none() {
                self.feeds_clean_before = search.clean_before;
            }
            return Ok(false);
        }
        let keep = Settlement::Keep { lease_ms: LEASE_MS };
        let Done { was_ours, failed_feed, has_no_room } =
            self.carry_out_slice(ports, &slice, keep)?;
        if was_ours {
            self.work = Some(Work {
                lease: work.lease,
                feeds_from: failed_feed.map_or(search.found.next, after).or(work.feeds_from),
                left_a_feed: left_a_feed || failed_feed.is_some(),
                leaves_records: work.leaves_records || has_no_room,
                deliveries_after,
            });
        } else {
            // The rest is for whoever has it.
            self.look_at = now.plus_millis(RETRY_MS);
        }
        Ok(was_ours)
    }

    /// Carries out a slice, and what becomes of the job with it. What could not be cleaned is set aside.
    fn carry_out_slice(
        &mut self,
        ports: &mut dyn WorkerPorts,
        slice: &Slice,
        settlement: Settlement,
    ) -> Result<Done, ExecuteError> {
        let Slice { lease, records, is_all_of_records: is_all, truncation, deliveries } = slice;
        let clean_up = |key: &IntentKey| system(key.account, Command::CleanUpRecord(key.clone()));
        let mut batch: Vec<Intent> = records.iter().map(clean_up).collect();
        batch.extend(truncation.map(|(account, truncation)| {
            system(account, Command::CleanUpFeed { lease: lease.clone(), truncation })
        }));
        batch.extend(deliveries.intents());
        batch.push(settle(lease.clone(), settlement));
        let carried = ports.carry_out(batch)?;
        self.pace.took(&carried);
        let (now, outcomes) = (ports.now(), carried.outcomes);
        let name = |key: &IntentKey| format!("a record of {}", key.account);
        let failed_records = failed(ports, records.iter().zip(&outcomes), name);
        let tried = Tried { tried: records, failed: &failed_records, is_all: *is_all };
        let has_no_room = !self.records_aside.tried(now, tried);
        let feed = truncation.map(|(account, _)| account);
        let feeds = feed.as_slice();
        let outcomes_of_feeds = outcomes.iter().skip(records.len());
        let name = |account: &AccountId| format!("the feed of {account}");
        let failed_feeds = failed(ports, feeds.iter().zip(outcomes_of_feeds.clone()), name);
        let tried = Tried { tried: feeds, failed: &failed_feeds, is_all: false };
        // Where there is no room it is found again next time: others come before it all the same.
        self.feeds_aside.tried(now, tried);
        let failed_feed = failed_feeds.first().copied();
        let outcomes_of_deliveries = outcomes_of_feeds.skip(feeds.len());
        self.tried_deliveries(ports, deliveries, outcomes_of_deliveries);
        let aside = [self.records_aside.len(), self.feeds_aside.len(), self.deliveries_aside.len()];
        let aside = aside.into_iter().sum();
        self.aside_report.tell(ports.observer(), Aside::CleanUp, aside);
        let settled = outcomes.last().and_then(Outcome::reply);
        let was_ours = matches!(settled, Some(Reply::Settled { was_ours: true }));
        Ok(Done { was_ours, failed_feed, has_no_room })
    }

    fn due_records(
        &self,
        ports: &dyn WorkerPorts,
        now: Timestamp,
        rows: usize,
    ) -> Result<Vec<IntentKey>, ExecuteError> {
        let passed_over = self.records_aside.passed_over(now);
        let limit = rows.saturating_add(passed_over.len());
        let mut due = read(ports, |due| due.due_records(now, limit))?;
        due.retain(|key| !passed_over.contains(key));
        due.truncate(rows);
        Ok(due)
    }

    /// The next slice of feeds, of up to `rows` entries.
    fn due_entries(
        &self,
        ports: &dyn WorkerPorts,
        work: &Work,
        rows: usize,
    ) -> Result<Searched, ExecuteError> {
        let now = ports.now();
        let before = ports.retention().activity_before(now);
        let known_clean = self.feeds_clean_before;
        let mut searched =
            Searched { clean_before: before.max(known_clean), ..Searched::default() };
        let written_before = before.filter(|_| rows > 0 && before > known_clean);
        let Some(written_before) = written_before else { return Ok(searched) };
        let search = Search {
            from: work.feeds_from,
            before: written_before,
            feeds: self.limits.feeds,
            entries: rows,
        };
        searched.clean_before = before;
        searched.found = read(ports, |due| due.due_entries(search))?;
        let passed_over = self.feeds_aside.passed_over(now);
        if let Some((account, _)) =
            searched.found.truncation.filter(|(of, _)| passed_over.contains(of))
        {
            searched.found = Found { truncation: None, next: after(account) };
            searched.left_a_feed = true;
        }
        Ok(searched)
    }
}

/// What could not be cleaned up, by a fault of its own: it is told by its name.
fn failed<'a, K: Ord + Clone + 'a>(
    ports: &dyn WorkerPorts,
    tried: impl Iterator<Item = (&'a K, &'a Outcome)>,
    name: impl Fn(&K) -> String,
) -> BTreeSet<K> {
    let mut failed = BTreeSet::new();
    for (key, outcome) in tried {
        if let Outcome::Failed(why) = outcome {
            ports.observer().due_failed(&format!("{} is not cleaned up: {why}", name(key)));
            failed.insert(key.clone());
        }
    }
    failed
}

/// Entries that go.
fn entries(truncation: Option<Of<Truncation>>) -> usize {
    truncation.map_or(0, |(_, it)| usize::try_from(it.entries()).unwrap_or(usize::MAX))
}

/// The first account after one.
fn after(account: AccountId) -> Option<AccountId> {
    account.raw().checked_add(1).map(AccountId::from_raw)
}

fn of_store(command: Command) -> Intent {
    system(AccountId::SYSTEM, command)
}

fn settle(lease: Lease, settlement: Settlement) -> Intent {
    of_store(Command::SettleJob { lease, settlement })
}
