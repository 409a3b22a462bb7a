//! The writers: threads that each own one of the store's writers and take what waits as a batch. The
//! first of them does maintenance as well: deadlines and counts.

mod maintenance;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::id::AccountId;
use domain::{Intent, Timestamp};

use crate::batch::{BATCH_MAX, Chores, Executed, Task, carry_out, execute, panic_text};
use crate::error::{ExecuteError, Fault};
use crate::guarded::{Guarded, why_lost};
use crate::jobs::Carried;
use crate::ports::Ports;
use crate::queue::{Behind, Gauge, Handle, Job, Lanes, Message, Queues, queues};
use crate::store::Store;
use maintenance::Maintenance;

/// The writer looks at the clock at least this often.
const TICK_MS: u32 = 250;
const TICK: Duration = Duration::from_millis(TICK_MS as u64);
/// After a batch of at least this many intents, what waits behind them goes on waiting …
const BUSY: usize = BATCH_MAX / 4;
/// … except every so many rounds, so that it is not starved.
const BUSY_ROUNDS_MAX: u32 = 20;

/// An engine that has begun.
#[derive(Debug)]
pub struct Started {
    /// Where intents are sent to.
    pub handle: Handle,
    /// All that it runs on. They end when it is stopped.
    pub threads: Vec<JoinHandle<()>>,
}

/// Starts a thread for each of the store's writers; `ports` gives each of them what it needs. They end
/// after [`Handle::stop`], or when the process must stop: then [`Handle::is_alive`] says so, and
/// [`Observer::fatal`](crate::Observer::fatal) was told why. Nothing that an observer does ends them.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(
    stores: Vec<Box<dyn Store>>,
    mut ports: impl FnMut() -> Ports,
    queue_max: usize,
) -> std::io::Result<Started> {
    let by_account = stores.iter().any(|store| store.wants_one_account());
    let lanes = if by_account { Lanes::Account } else { Lanes::Thing };
    let Queues { handle, receivers, gauge } = queues(stores.len(), lanes, queue_max);
    let mut threads = Vec::with_capacity(stores.len());
    for (store, receiver) in stores.into_iter().zip(receivers) {
        let mut ports = ports();
        ports.observer = Arc::new(Guarded(ports.observer));
        let maintains = threads.is_empty();
        let (gauge, maintenance) = (Arc::clone(&gauge), Maintenance::default());
        let (behind, busy_rounds) = (VecDeque::new(), 0);
        let writer =
            Writer { store, ports, receiver, gauge, behind, busy_rounds, maintains, maintenance };
        let builder = std::thread::Builder::new().name("writer".to_owned());
        threads.push(builder.spawn(move || writer.run())?);
    }
    Ok(Started { handle, threads })
}

struct Writer {
    store: Box<dyn Store>,
    ports: Ports,
    receiver: Receiver<Message>,
    gauge: Arc<Gauge>,
    /// Batches of workers.
    behind: VecDeque<Behind>,
    busy_rounds: u32,
    /// One of the writers does what there is to do besides, for all.
    maintains: bool,
    maintenance: Maintenance,
}

/// What was found in the queue.
#[derive(Default)]
struct Round {
    jobs: Vec<Job>,
    behind: Vec<Behind>,
    settled: Vec<SyncSender<()>>,
    stop: bool,
}

impl Round {
    fn take(&mut self, message: Message) {
        match message {
            Message::Work(job) => self.jobs.push(*job),
            Message::Behind(behind) => self.behind.push(*behind),
            Message::Settle(done) => self.settled.push(done),
            Message::Stop => self.stop = true,
        }
    }
}

impl Writer {
    fn run(mut self) {
        let lost = why_lost("the writer", || {
            self.work()?;
            self.write_what_is_left()
        });
        self.gauge.close();
        if let Some(why) = lost {
            // First for all to see: telling may fail, or end the process.
            self.gauge.lose_writer();
            self.ports.observer.fatal(&why);
        }
        // Whoever came too late, or waits for a writer that had to stop.
        while let Ok(message) = self.receiver.try_recv() {
            if let Message::Work(job) = message {
                self.gauge.took(1);
                self.reply(job.reply, Err(Fault::Stopping));
            }
        }
    }

    /// Until it is stopped; `Err` when the process must stop.
    fn work(&mut self) -> Result<(), ExecuteError> {
        let mut stopping = false;
        loop {
            let mut round = Round::default();
            if stopping {
                // What was in the queue before the stop is still answered.
                self.gather(&mut round);
                if round.jobs.is_empty() && round.behind.is_empty() && self.behind.is_empty() {
                    return Ok(());
                }
            } else {
                match self.receiver.recv_timeout(self.wait()) {
                    Ok(message) => round.take(message),
                    Err(RecvTimeoutError::Timeout) => {}
                    // Nobody is left who could ask for anything, or stop it.
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
                self.gather(&mut round);
            }
            stopping |= round.stop;
            self.carry_out(round)?;
        }
    }

    /// Whatever waits now, up to the limit: no timer, so a lone request is not delayed.
    fn gather(&self, round: &mut Round) {
        while round.jobs.len() < self.store.batch_max().min(BATCH_MAX)
            && let Ok(message) = self.receiver.try_recv()
        {
            round.take(message);
        }
    }

    fn wait(&self) -> Duration {
        if !self.behind.is_empty() {
            return Duration::ZERO;
        }
        let due_at = self.maintenance.due_at().filter(|_| self.maintains);
        let Some(due_at) = due_at else { return TICK };
        let left = due_at.millis_since(self.ports.clock.now());
        TICK.min(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// `Err` when the process must stop.
    fn carry_out(&mut self, round: Round) -> Result<(), ExecuteError> {
        let busy = round.jobs.len();
        self.gauge.took(busy);
        self.answer(round.jobs)?;
        if self.maintains {
            self.maintain()?;
            if !round.settled.is_empty() {
                self.keep_house_fully()?;
            }
        }
        self.behind.extend(round.behind);
        self.carry_out_behind(busy)?;
        for done in round.settled {
            // Who asked may have gone.
            let _gone = done.send(()).is_err();
        }
        Ok(())
    }

    /// The first batch that waits, unless clients ask for too much.
    fn carry_out_behind(&mut self, busy: usize) -> Result<(), ExecuteError> {
        let rounds = self.busy_rounds;
        self.busy_rounds = if busy < BUSY { 0 } else { rounds.saturating_add(1) };
        if busy >= BUSY && !rounds.is_multiple_of(BUSY_ROUNDS_MAX) {
            return Ok(());
        }
        let Some(Behind { batch, reply }) = self.behind.pop_front() else { return Ok(()) };
        let began_micros = self.ports.clock.micros();
        let executed = execute(self.store.as_mut(), &mut self.ports, &batch, Chores::default());
        let (carried, survived) = match executed {
            Ok(executed) => {
                self.maintenance.set_until(executed.next_deadline);
                let carried = Carried {
                    outcomes: executed.outcomes,
                    began_micros,
                    ended_micros: self.ports.clock.micros(),
                    asked_at_micros: self.gauge.asked_at_micros(),
                };
                (Ok(carried), Ok(()))
            }
            Err(error) => (Err(Fault::Unavailable(error.to_string())), self.survive(error)),
        };
        self.reply(reply, carried);
        survived
    }

    fn answer(&mut self, jobs: Vec<Job>) -> Result<(), ExecuteError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let micros = self.ports.clock.micros();
        self.gauge.asked(micros);
        let (late, jobs): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.give_up_at_micros <= micros);
        for job in late {
            self.reply(job.reply, Err(Fault::TimedOut));
        }
        if !self.store.wants_one_account() {
            return self.answer_together(jobs);
        }
        let mut groups: BTreeMap<AccountId, Vec<Job>> = BTreeMap::new();
        for job in jobs {
            groups.entry(job.intent.account).or_default().push(job);
        }
        groups.into_values().try_for_each(|jobs| self.answer_together(jobs))
    }

    fn answer_together(&mut self, jobs: Vec<Job>) -> Result<(), ExecuteError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let (intents, replies): (Vec<_>, Vec<_>) =
            jobs.into_iter().map(|job| (job.intent, job.reply)).unzip();
        match self.execute(&intents, false) {
            Ok(executed) => {
                for (reply, outcome) in replies.into_iter().zip(executed.outcomes) {
                    self.reply(reply, outcome.or_fault());
                }
                Ok(())
            }
            Err(error) => {
                for reply in replies {
                    self.reply(reply, Err(Fault::Unavailable(error.to_string())));
                }
                self.survive(error)
            }
        }
    }

    /// Hands the answer to the caller. A panic of theirs is not the writer's.
    fn reply<T>(&self, reply: impl FnOnce(T), answer: T) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| reply(answer))) {
            self.ports.observer.panicked(&panic_text(panic.as_ref()));
        }
    }

    /// Carries out a batch, and keeps the deadlines that are due with it; where batches are of one account,
    /// those have batches of their own.
    fn execute(&mut self, intents: &[Intent], key_usage: bool) -> Result<Executed, ExecuteError> {
        let joins = intents.is_empty() || !self.store.wants_one_account();
        let due = joins && self.maintains && self.maintenance.is_due(self.now());
        let chores = Chores { due, key_usage };
        let passed_over = if due {
            self.maintenance.deadlines_aside.passed_over(self.now())
        } else {
            BTreeSet::new()
        };
        let task = Task { passed_over: &passed_over, ..Task::new(intents, chores) };
        let executed = carry_out(self.store.as_mut(), &mut self.ports, task)?;
        self.maintenance.set_until(executed.next_deadline);
        if due {
            self.deadlines_were_tried(&executed);
        }
        Ok(executed)
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// An outage is survived: nothing was decided. Anything else is not.
    fn survive(&mut self, error: ExecuteError) -> Result<(), ExecuteError> {
        match error {
            ExecuteError::Unavailable(why) => {
                self.ports.observer.store_error(&why);
                self.maintenance.wait_for_store();
                Ok(())
            }
            fatal @ ExecuteError::Fatal(_) => Err(fatal),
        }
    }
}
