//! Workers of the store's own, one step after the other: what they hold when they die, stop, or are late.

use std::sync::Arc;

use domain::job::{Job, JobId};
use domain::record::RecordState;
use domain::time::DAY_MS;
use domain::{Keys, World};
use engine::clean_up::{CleanUp, LEASE_MS, SLICE_ROWS_MIN};
use engine::cleaning::SLICE_ROWS_MAX;
use engine::jobs::Worker as _;
use engine::reads::Reads as _;
use engine::{Clock as _, Store as _};
use sim::intents::{create_event, intent, key};
use sim::memory::MemoryStore;
use sim::test_ports::{TestClock, TestPorts};
use sim::worker_ports::StorePorts;

use crate::running::{ACCOUNT, HOLD_MS, Running, join, one};

const PERIOD_MS: u64 = 60_000;

/// The job of clean-up.
fn job(memory: &MemoryStore) -> Option<Job> {
    let id = JobId::clean_up();
    let keys = Keys { jobs: [id.clone()].into(), ..Keys::default() };
    let (mut memory, mut world) = (memory.clone(), World::default());
    memory.begin().expect("it begins").load(&keys, &mut world).expect("it loads");
    world.jobs.get(&id).cloned()
}

/// Workers of several nodes on one store, each with ports of its own.
struct Nodes {
    machine: TestPorts,
    memory: MemoryStore,
}

impl Nodes {
    /// So many answers are due to be cleaned up.
    fn with_answers(count: usize) -> Self {
        let nodes = Self { machine: TestPorts::new(1), memory: MemoryStore::new() };
        let mut ports = nodes.ports();
        let create = || create_event(TestClock::START.plus_seconds(1_000_000), &[1]);
        let intents: Vec<_> =
            (0..count).map(|it| intent(ACCOUNT, &format!("k-{it}"), create())).collect();
        for some in intents.chunks(100) {
            engine::jobs::WorkerPorts::carry_out(&mut ports, some.to_vec())
                .expect("it is carried out");
        }
        nodes.machine.clock.advance(2 * DAY_MS.unsigned_abs());
        nodes
    }

    fn ports(&self) -> StorePorts {
        let (store, due) = (Box::new(self.memory.clone()), Arc::new(self.memory.clone()));
        StorePorts { store, ports: self.machine.ports(), due }
    }

    fn retired(&self, count: usize) -> usize {
        let is_retired = |it: &usize| {
            let record = self.memory.record(&key(ACCOUNT, &format!("k-{it}"))).expect("it reads");
            record.is_some_and(|record| record.state == RecordState::Retired)
        };
        (0..count).filter(is_retired).count()
    }

    fn job(&self) -> Job {
        job(&self.memory).expect("it is there")
    }
}

/// It takes a while from the lease to the end of the work; the next period begins with the end.
#[test]
fn clean_up_misses_no_period() {
    const WORK_MS: u64 = 300;
    let nodes = Nodes::with_answers(1);
    let (mut ports, mut worker) = (nodes.ports(), CleanUp::default());
    let mut step = |advance_ms| {
        nodes.machine.clock.advance(advance_ms);
        worker.step(&mut ports).expect("nothing fails")
    };
    assert!(step(0) && step(0), "it makes its job and leases it");
    assert!(!step(WORK_MS), "all is done");
    let first = nodes.job().fence;
    assert!(!step(PERIOD_MS - 1));
    assert_eq!(nodes.job().fence, first, "too early");
    assert!(step(1));
    assert!(nodes.job().fence > first);
    assert!(!step(WORK_MS));
    assert!(!step(PERIOD_MS - 1) && step(1), "nor is the next one early or late");
}

/// Its lease runs out, and another goes on. When the first is back it changes nothing.
#[test]
fn a_worker_that_is_late_has_lost_its_work() {
    const COUNT: usize = 3 * SLICE_ROWS_MIN;
    let nodes = Nodes::with_answers(COUNT);
    let (mut ports, mut late, mut other) = (nodes.ports(), CleanUp::default(), CleanUp::default());
    let mut step = |worker: &mut CleanUp| worker.step(&mut ports).expect("nothing fails");
    assert!(step(&mut late) && step(&mut late) && step(&mut late));
    assert_eq!(nodes.retired(COUNT), SLICE_ROWS_MIN, "one slice");
    assert!(!step(&mut other), "the first has the lease");
    nodes.machine.clock.advance(LEASE_MS.unsigned_abs());
    assert!(step(&mut other));
    let taken = nodes.job();
    assert!(!step(&mut late), "another has it");
    assert_eq!(nodes.job(), taken);
    assert!(late.lease_held().is_none());
    while step(&mut other) {}
    assert_eq!(nodes.retired(COUNT), COUNT);
    assert_eq!((nodes.job().attempt, nodes.job().lease_until), (0, Default::default()));
}

/// It dies between its lease and the end: once the lease is over, another does the rest.
#[test]
fn the_work_of_a_dead_worker_is_taken_over() {
    const COUNT: usize = 3 * SLICE_ROWS_MIN;
    let nodes = Nodes::with_answers(COUNT);
    let mut ports = nodes.ports();
    let mut dead = CleanUp::default();
    for _ in 0..3 {
        assert_eq!(dead.step(&mut ports), Ok(true));
    }
    drop(dead);
    let mut other = CleanUp::default();
    nodes.machine.clock.advance(LEASE_MS.unsigned_abs() - 1);
    assert_eq!(other.step(&mut ports), Ok(false));
    nodes.machine.clock.advance(1);
    while other.step(&mut ports) == Ok(true) {}
    assert_eq!(nodes.retired(COUNT), COUNT);
}

/// Whoever comes next need not wait until the lease is over.
#[test]
fn a_worker_that_stops_gives_its_work_back() {
    const COUNT: usize = 3 * SLICE_ROWS_MIN;
    let nodes = Nodes::with_answers(COUNT);
    let (mut ports, mut worker) = (nodes.ports(), CleanUp::default());
    for _ in 0..3 {
        assert_eq!(worker.step(&mut ports), Ok(true));
    }
    worker.stop(&mut ports).expect("it stops");
    assert!(nodes.job().ready_at() <= nodes.machine.clock.now());
    let mut other = CleanUp::default();
    while other.step(&mut ports) == Ok(true) {}
    assert_eq!(nodes.retired(COUNT), COUNT);
}

/// Workers stop before the writers do: nothing is left under a lease, wherever a worker was.
#[test]
fn a_stop_leaves_no_lease() {
    const COUNT: usize = 4 * SLICE_ROWS_MAX;
    let running = Running::new();
    let zone = running.event(u32::try_from(COUNT).expect("small"));
    for number in 0..COUNT {
        drop(running.send(intent(ACCOUNT, &format!("k-{number}"), one(zone, 1))));
    }
    running.handle.settle();
    running.machine.clock.advance(HOLD_MS + 2 * DAY_MS.unsigned_abs());
    running.machine.observer.wait_until(|seen| seen.removed.answers > 0);
    running.handle.stop();
    join(running.threads);
    let job = job(&running.memory).expect("it is there");
    assert_eq!(job.lease_until, Default::default(), "{job:?}");
    assert_eq!(running.machine.observer.seen().fatal, [] as [&str; 0]);
}
