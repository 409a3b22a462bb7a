//! Clean-up while the world lives: workers as on two nodes, which stop in the middle of their work, die with
//! their leases, or come back after these have run out. Whoever has lost the job changes nothing.

use std::mem;

use domain::job::{JobKind, Lease};
use domain::record::IntentKey;
use domain::retention::Retention;
use domain::{Command, Intent, Keys, Reply, Timestamp};
use engine::batch::Chores;
use engine::clean_up::{CleanUp, SliceLimits};
use engine::jobs::{Carried, Worker as _, WorkerPorts};
use engine::reads::due::DueReads;
use engine::{Clock as _, ExecuteError, Observer, Outcome};

use super::feeds::RETENTION;
use super::play::World;
use super::{Finding, FoundBy};

/// Workers of the world.
const WORKERS: u64 = 2;
/// Small ones: fewer feeds than there are accounts.
const LIMITS: SliceLimits = SliceLimits { rows_min: 7, rows_max: 16, feeds: 2 };
/// Steps after which something is stuck.
const STEPS_MAX: u64 = 1_000;

/// The workers, and what was heard of their leases.
pub(super) struct Workers {
    workers: Vec<CleanUp>,
    /// Who steps.
    stepping: usize,
    /// Who heard of the last lease.
    holder: Option<Holder>,
    /// What was found wrong in the middle of a step.
    finding: Option<Finding>,
}

/// A worker that heard of a lease.
#[derive(Clone, Copy)]
struct Holder {
    worker: usize,
    fence: u64,
}

impl Workers {
    pub(super) fn new() -> Self {
        let workers = (0..WORKERS).map(|_| CleanUp::new(LIMITS)).collect();
        Self { workers, stepping: 0, holder: None, finding: None }
    }

    /// The process has died with all of them.
    pub(super) fn die(&mut self) {
        *self = Self { holder: self.holder, ..Self::new() };
    }
}

impl World<'_> {
    /// One of the workers does all there is to do, or a part of it; sometimes it has died before.
    pub(super) fn work(&mut self, cleans_up: bool) -> Result<(), Finding> {
        if !cleans_up && !self.rng.chance(700) {
            return Ok(());
        }
        let place = usize::try_from(self.rng.below(WORKERS)).unwrap_or(0);
        let (dies, is_cut_short) = (self.rng.chance(50), self.rng.chance(700));
        let steps = if is_cut_short { 1 + self.rng.below(3) } else { STEPS_MAX };
        if let Some(worker) = self.workers.workers.get_mut(place) {
            if dies {
                *worker = CleanUp::new(LIMITS);
            } else if cleans_up {
                worker.look_again();
            }
        }
        let is_done = self.step(place, steps)?;
        if is_done || is_cut_short {
            Ok(())
        } else {
            Err(Finding::new(FoundBy::Liveness, "clean-up does not end"))
        }
    }

    /// A worker does so many steps at most; whether it has nothing more to do.
    fn step(&mut self, place: usize, steps: u64) -> Result<bool, Finding> {
        for _ in 0..steps {
            let mut worker = match self.workers.workers.get_mut(place) {
                Some(worker) => mem::take(worker),
                None => return Ok(true),
            };
            self.workers.stepping = place;
            let crashes = self.stats.crashes;
            let stepped = worker.step(self);
            self.revive()?;
            if let Some(finding) = self.workers.finding.take() {
                return Err(finding);
            }
            if let Err(ExecuteError::Fatal(why)) = stepped {
                return Err(Finding::new(FoundBy::Engine, why));
            }
            if self.stats.crashes != crashes {
                self.workers.die();
                return Ok(true);
            }
            if let Some(slot) = self.workers.workers.get_mut(place) {
                *slot = worker;
            }
            if stepped != Ok(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leases that were lost run out, and clean-up goes on until nothing is due.
    pub(super) fn clean_up_all(&mut self) -> Result<(), Finding> {
        const WAIT_MS: u64 = 90_000;
        self.machine.clock.advance(WAIT_MS);
        self.workers.die();
        if !self.step(0, STEPS_MAX)? {
            return Err(Finding::new(FoundBy::Liveness, "clean-up does not end"));
        }
        let now = self.now();
        let jobs = self.reads.jobs(JobKind::CleanUp, 1);
        let jobs = jobs.map_err(|error| Finding::new(FoundBy::Engine, error.to_string()))?;
        let is_done = jobs.first().is_some_and(|job| job.ready_at > now);
        let left = if self.options.model { self.model.due(now, 1) } else { Vec::new() };
        if !is_done || !left.is_empty() {
            let why = format!("clean-up left {left:?}, its job is {jobs:?}");
            return Err(Finding::new(FoundBy::Liveness, why));
        }
        self.check_feeds(true)
    }

    /// Carries out a batch of the worker that steps, and holds what came of it against everything before.
    fn carry_out_and_judge(
        &mut self,
        mut batch: Vec<Intent>,
    ) -> Result<Vec<Option<Outcome>>, Finding> {
        if self.options.unfenced {
            self.forge(&mut batch)?;
        }
        let now = self.now();
        let cleaned: Vec<IntentKey> = batch.iter().filter_map(cleaned_record).cloned().collect();
        if self.options.model && cleaned != self.model.due(now, cleaned.len()) {
            let expected = self.model.due(now, cleaned.len());
            let why = format!("due are {cleaned:?}, expected {expected:?}");
            return Err(Finding::new(FoundBy::Model, why));
        }
        let gone = self.gone()?;
        let outcomes = self.batch(batch, Chores::default())?;
        self.stats.cleaned += cleaned.len() as u64;
        for key in cleaned.iter().filter(|_| self.options.model) {
            let record = self.reads.record(key);
            let record = record.map_err(|e| Finding::new(FoundBy::Engine, e.to_string()))?;
            let cleaned = self.model.clean_up(key, now, record.as_ref());
            cleaned.map_err(|why| Finding::new(FoundBy::Model, why))?;
        }
        let cut = self.gone()?.saturating_sub(gone);
        self.stats.cut += cut;
        let replies = outcomes.iter().flatten().filter_map(Outcome::reply);
        for reply in replies.cloned().collect::<Vec<_>>() {
            self.judge_lease(&reply, cut)?;
        }
        self.check_feeds(false)?;
        Ok(outcomes)
    }

    /// Nobody but the last who heard of a lease has the job.
    fn judge_lease(&mut self, reply: &Reply, cut: u64) -> Result<(), Finding> {
        let stepping = self.workers.stepping;
        let wrong = |what: &str| Err(Finding::new(FoundBy::Books, what));
        if let Some(fence) = reply.leased().first().map(|leased| leased.lease.fence) {
            if self.workers.holder.is_some_and(|before| before.fence >= fence) {
                return wrong("a fence that does not grow");
            }
            self.workers.holder = Some(Holder { worker: stepping, fence });
        }
        if let Reply::Settled { was_ours } = reply {
            let is_ours = self.workers.holder.is_some_and(|holder| holder.worker == stepping);
            if *was_ours && !is_ours {
                return wrong("a worker has a job that another has leased since");
            }
            if !*was_ours && cut > 0 {
                return wrong("a worker that had lost the job cut a feed");
            }
        }
        Ok(())
    }

    /// Entries that are gone of all feeds.
    fn gone(&self) -> Result<u64, Finding> {
        let unread = |error: engine::StoreError| Finding::new(FoundBy::Engine, error.to_string());
        let gone = |account| Ok(self.reads.low_water_mark(account).map_err(unread)?.position);
        crate::workload::Known::ACCOUNTS.into_iter().map(gone).sum()
    }

    /// As if fences were not checked: whoever comes shows the one that the job has.
    fn forge(&mut self, batch: &mut [Intent]) -> Result<(), Finding> {
        for intent in batch {
            let (Command::SettleJob { lease, .. } | Command::CleanUpFeed { lease, .. }) =
                &mut intent.command
            else {
                continue;
            };
            let fence = self.fence_of(lease)?;
            lease.fence = fence.unwrap_or(lease.fence);
        }
        Ok(())
    }

    fn fence_of(&mut self, lease: &Lease) -> Result<Option<u64>, Finding> {
        let keys = Keys { jobs: [lease.job.clone()].into(), ..Keys::default() };
        let mut world = domain::World::default();
        let loaded = self.store().begin().and_then(|mut tx| tx.load(&keys, &mut world));
        self.revive()?;
        Ok(loaded.ok().and_then(|()| world.jobs.get(&lease.job).map(|job| job.fence)))
    }
}

fn cleaned_record(intent: &Intent) -> Option<&IntentKey> {
    if let Command::CleanUpRecord(key) = &intent.command { Some(key) } else { None }
}

impl WorkerPorts for World<'_> {
    fn now(&self) -> Timestamp {
        self.machine.clock.now()
    }

    fn due(&self) -> &dyn DueReads {
        &self.due
    }

    fn observer(&self) -> &dyn Observer {
        self.machine.observer.as_ref()
    }

    fn retention(&self) -> Retention {
        RETENTION
    }

    fn carry_out(&mut self, batch: Vec<Intent>) -> Result<Carried, ExecuteError> {
        let lost = || ExecuteError::Unavailable("nobody answered".to_owned());
        let outcomes = self.carry_out_and_judge(batch).map_err(|finding| {
            self.workers.finding = Some(finding);
            lost()
        })?;
        let outcomes = outcomes.into_iter().collect::<Option<Vec<_>>>().ok_or_else(lost)?;
        Ok(Carried { outcomes, ..Carried::default() })
    }
}
