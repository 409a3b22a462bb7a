//! Many jobs and several workers that claim them in batches, on a store that fails: each job is one worker's
//! at a time, and whoever has lost one changes nothing. All of them are done in the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::AccountId;
use domain::job::{JobId, JobKind, Lease, Settlement};
use domain::world::Of;
use domain::{Command, Intent, Keys, Reply, Timestamp, World};
use engine::jobs::{Claim, WorkerPorts as _, claim};
use engine::reads::due::DueReads as _;
use engine::{Clock as _, Store};
use sim::faulty::{Faults, FaultyDue, FaultyStore, Rates};
use sim::intents::{lease_new_jobs, settle};
use sim::memory::MemoryStore;
use sim::rng::Rng;
use sim::test_ports::TestPorts;
use sim::worker_ports::StorePorts;

const ACCOUNTS: [AccountId; 2] = [AccountId::from_raw(1), AccountId::from_raw(2)];
const JOBS: [&str; 5] = ["a", "b", "c", "d", "e"];
const WORKERS: u64 = 3;
const LEASE_MS: i64 = 30_000;
const STEPS: usize = 120;
const SEEDS: u64 = 60;
/// Rounds after which what is left is stuck.
const ROUNDS_MAX: usize = 20;

/// What was heard of a job.
#[derive(Clone, Debug, Default)]
struct Heard {
    /// The fence of the last lease.
    fence: u64,
    /// It is held until then, if nothing was heard of it since.
    held_until: Option<Timestamp>,
    ended: bool,
}

struct Life {
    memory: MemoryStore,
    machine: TestPorts,
    faults: Faults,
    ports: StorePorts,
    rng: Rng,
    /// Whether a lease that was lost is as good as any.
    unfenced: bool,
    held: BTreeMap<u64, Vec<Lease>>,
    heard: BTreeMap<Of<JobId>, Heard>,
    late: u64,
}

fn ports(memory: &MemoryStore, machine: &TestPorts, faults: &Faults) -> StorePorts {
    let store = Box::new(FaultyStore::new(Box::new(memory.clone()), faults.clone()));
    let due = Arc::new(FaultyDue::new(Arc::new(memory.clone()), faults.clone()));
    StorePorts { store, ports: machine.ports(), due }
}

impl Life {
    fn new(seed: u64, unfenced: bool) -> Self {
        let mut rng = Rng::new(seed);
        let (memory, machine) = (MemoryStore::new(), TestPorts::new(seed));
        let faults = Faults::new(rng.split(), Rates::STORMY);
        let mut ports = ports(&memory, &machine, &faults);
        for account in ACCOUNTS {
            let mut jobs = lease_new_jobs(account, &JOBS, 0);
            jobs.truncate(JOBS.len());
            ports.carry_out(jobs).expect("nothing fails yet");
        }
        faults.turn(true);
        let (held, heard) = (BTreeMap::new(), BTreeMap::new());
        Self { memory, machine, faults, ports, rng, unfenced, held, heard, late: 0 }
    }

    fn step(&mut self) -> Result<(), String> {
        let worker = self.rng.below(WORKERS);
        match self.rng.below(10) {
            0..=2 => self.claim(worker, 3)?,
            3..=7 => self.settle(worker)?,
            8 => self.machine.clock.advance(self.rng.below(40_000)),
            _ => drop(self.held.remove(&worker)),
        }
        if self.faults.has_crashed() {
            // The process has died with all of its workers.
            self.faults.restart();
            self.ports = ports(&self.memory, &self.machine, &self.faults);
            self.held.clear();
        }
        Ok(())
    }

    fn claim(&mut self, worker: u64, limit: usize) -> Result<(), String> {
        let now = self.machine.clock.now();
        let wanted = Claim { kind: JobKind::CleanUp, limit, lease_ms: LEASE_MS };
        let Ok(claimed) = claim(&mut self.ports, wanted) else {
            // Whatever was leased, nobody knows of it.
            return Ok(());
        };
        for leased in claimed.leased {
            let heard = self.heard.entry(leased.lease.job.clone()).or_default();
            let is_held = heard.held_until.is_some_and(|until| until > now);
            if is_held || heard.ended || leased.lease.fence <= heard.fence {
                return Err(format!("{leased:?} was leased, but {heard:?}"));
            }
            let held_until = Some(now.plus_millis(LEASE_MS));
            *heard = Heard { fence: leased.lease.fence, held_until, ended: false };
            self.held.entry(worker).or_default().push(leased.lease);
        }
        Ok(())
    }

    /// Something becomes of a job that the worker believes to have.
    fn settle(&mut self, worker: u64) -> Result<(), String> {
        let held = self.held.entry(worker).or_default();
        if held.is_empty() {
            return Ok(());
        }
        let place = usize::try_from(self.rng.below(held.len() as u64)).expect("few");
        let lease = held.swap_remove(place);
        let now = self.machine.clock.now();
        let settlement = match self.rng.below(6) {
            0 => Settlement::Keep { lease_ms: LEASE_MS },
            1 => Settlement::Finish { due_at: now },
            2..=3 => Settlement::Postpone { due_at: now.plus_millis(5_000) },
            _ => Settlement::End,
        };
        let mut intent = settle(&lease, settlement);
        if self.unfenced {
            self.forge(&mut intent);
        }
        let carried = self.ports.carry_out(vec![intent]);
        let heard = self.heard.get_mut(&lease.job).expect("it was leased");
        let outcome = carried.ok().and_then(|it| it.outcomes.into_iter().next());
        let Some(Reply::Settled { was_ours }) = outcome.as_ref().and_then(|it| it.reply()) else {
            // Perhaps it was.
            heard.held_until = None;
            return Ok(());
        };
        let is_last = heard.fence == lease.fence;
        self.late += u64::from(!*was_ours);
        if *was_ours && (!is_last || heard.ended) {
            return Err(format!("{settlement:?} of {lease:?}, which is lost: {heard:?}"));
        }
        if !*was_ours && is_last && heard.held_until.is_some_and(|until| until > now) {
            return Err(format!("{settlement:?} of {lease:?} is refused: {heard:?}"));
        }
        if *was_ours {
            let keeps = matches!(settlement, Settlement::Keep { .. });
            heard.held_until = keeps.then(|| now.plus_millis(LEASE_MS));
            heard.ended = settlement == Settlement::End;
            if keeps {
                self.held.entry(worker).or_default().push(lease);
            }
        }
        Ok(())
    }

    /// As if fences were not checked: whoever comes shows the one that the job has.
    fn forge(&mut self, intent: &mut Intent) {
        let Command::SettleJob { lease, .. } = &mut intent.command else { return };
        let keys = Keys { jobs: [lease.job.clone()].into(), ..Keys::default() };
        let mut world = World::default();
        let mut store: Box<dyn Store> = Box::new(self.memory.clone());
        store.begin().expect("it begins").load(&keys, &mut world).expect("it loads");
        lease.fence = world.jobs.get(&lease.job).map_or(lease.fence, |job| job.fence);
    }

    /// Nothing fails any more: each job is done.
    fn finish(&mut self) -> Result<(), String> {
        self.faults.turn(false);
        for _ in 0..ROUNDS_MAX {
            let left = self.memory.jobs(JobKind::CleanUp, 99).expect("it looks");
            if left.is_empty() {
                return Ok(());
            }
            self.machine.clock.advance(2 * LEASE_MS.unsigned_abs());
            self.held.clear();
            self.claim(0, 4)?;
            let held = self.held.values().flatten();
            let ends = held.map(|lease| settle(lease, Settlement::End)).collect();
            self.ports.carry_out(ends).map_err(|error| error.to_string())?;
        }
        Err("some jobs are never done".to_owned())
    }

    /// How often somebody was late.
    fn live(mut self) -> Result<u64, String> {
        for _ in 0..STEPS {
            self.step()?;
        }
        self.finish().map(|()| self.late)
    }
}

#[test]
fn each_job_is_one_workers_at_a_time() {
    let live = |seed| Life::new(seed, false).live().map_err(|why| format!("seed {seed}: {why}"));
    let late = (0..SEEDS).map(live).sum::<Result<u64, _>>().unwrap_or_else(|why| panic!("{why}"));
    assert!(late > SEEDS, "a check that nobody has to pass proves nothing: {late}");
}

/// A negative control.
#[test]
fn without_the_check_of_fences_somebody_settles_what_another_has() {
    let found = (0..SEEDS).find_map(|seed| Life::new(seed, true).live().err());
    let why = found.expect("it is noticed");
    assert!(why.contains("which is lost"), "{why}");
}
