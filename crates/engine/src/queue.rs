//! The way in: a bounded queue for each writer. What does not fit is refused at once instead of growing.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use domain::Intent;

use crate::batch::Outcome;
use crate::error::Fault;
use crate::jobs::{self, Carried};

/// Room in the queue beyond the jobs, so that a wake-up always fits.
const WAKE_ROOM: usize = 16;

/// Hears the outcome of a job.
pub type Reply = Box<dyn FnOnce(Result<Outcome, Fault>) + Send>;

/// An intent that waits for its decision.
pub struct Job {
    /// The intent.
    pub intent: Intent,
    /// It is dropped undecided once the clock's microseconds have passed this.
    pub give_up_at_micros: u64,
    /// Hears the outcome, after the commit. Called on the writer's thread: must not block.
    pub reply: Reply,
}

impl fmt::Debug for Job {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Job").field("intent", &self.intent).finish_non_exhaustive()
    }
}

/// A batch of a worker's, which waits behind what clients ask for.
pub(crate) struct Behind {
    pub(crate) batch: Vec<Intent>,
    /// Hears what came of it, after the commit. Called on the writer's thread: must not block.
    pub(crate) reply: BehindReply,
}

/// Hears what came of a batch.
pub(crate) type BehindReply = Box<dyn FnOnce(Result<Carried, Fault>) + Send>;

impl fmt::Debug for Behind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Behind").field("batch", &self.batch).finish_non_exhaustive()
    }
}

/// What the writer finds in its queue.
#[derive(Debug)]
pub(crate) enum Message {
    Work(Box<Job>),
    Behind(Box<Behind>),
    /// Look at the clock; then tell that everything due has been done.
    Settle(SyncSender<()>),
    /// Finish what waits, then end.
    Stop,
}

/// What goes to one writer, so that it can be decided together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lanes {
    /// What is about one thing.
    Thing,
    /// What is of one account.
    Account,
}

/// The way to the writers, and to the workers; cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    senders: Arc<[SyncSender<Message>]>,
    /// None in the handle that a worker has: it ends when nobody else has one.
    workers: Arc<[SyncSender<jobs::Message>]>,
    lanes: Lanes,
    gauge: Arc<Gauge>,
}

/// How full the queues are, together.
#[derive(Debug)]
pub(crate) struct Gauge {
    waiting: AtomicUsize,
    stopping: AtomicBool,
    writer_lost: AtomicBool,
    queue_max: usize,
    /// When a writer last had anything to do for clients, by the clock's microseconds.
    asked_at_micros: AtomicU64,
}

impl Gauge {
    pub(crate) fn took(&self, jobs: usize) {
        self.waiting.fetch_sub(jobs, Ordering::Relaxed);
    }

    /// A writer has something to do for clients.
    pub(crate) fn asked(&self, micros: u64) {
        self.asked_at_micros.fetch_max(micros, Ordering::Relaxed);
    }

    pub(crate) fn asked_at_micros(&self) -> u64 {
        self.asked_at_micros.load(Ordering::Relaxed)
    }

    /// No new work is taken from now on.
    pub(crate) fn close(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// A writer has ended that nobody stopped: no new work is taken, and whoever asks is told.
    pub(crate) fn lose_writer(&self) {
        self.close();
        self.writer_lost.store(true, Ordering::Release);
    }
}

/// The queues of writers.
pub(crate) struct Queues {
    pub(crate) handle: Handle,
    /// One for each writer.
    pub(crate) receivers: Vec<Receiver<Message>>,
    pub(crate) gauge: Arc<Gauge>,
}

/// Queues for this many writers, with room for `queue_max` waiting jobs together.
pub(crate) fn queues(writers: usize, lanes: Lanes, queue_max: usize) -> Queues {
    assert!(writers > 0, "somebody has to write");
    let room = queue_max.saturating_add(WAKE_ROOM);
    let (senders, receivers): (Vec<_>, _) = (0..writers).map(|_| sync_channel(room)).unzip();
    let gauge = Arc::new(Gauge {
        waiting: AtomicUsize::new(0),
        stopping: AtomicBool::new(false),
        writer_lost: AtomicBool::new(false),
        queue_max,
        asked_at_micros: AtomicU64::new(0),
    });
    let handle =
        Handle { senders: senders.into(), workers: Arc::new([]), lanes, gauge: Arc::clone(&gauge) };
    Queues { handle, receivers, gauge }
}

/// Which of the writers takes an intent.
fn lane(intent: &Intent, lanes: Lanes, writers: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    intent.account.hash(&mut hasher);
    if lanes == Lanes::Thing {
        intent.command.lane().hash(&mut hasher);
    }
    let lanes = u64::try_from(writers).unwrap_or(1).max(1);
    usize::try_from(hasher.finish() % lanes).unwrap_or(0)
}

impl Handle {
    /// Puts a job in the queue; its reply is called later, unless this fails.
    ///
    /// # Errors
    /// [`Fault::QueueFull`] or [`Fault::Stopping`]; then the job was dropped.
    pub fn submit(&self, job: Job) -> Result<(), Fault> {
        if self.gauge.stopping.load(Ordering::Acquire) {
            return Err(Fault::Stopping);
        }
        let before = self.gauge.waiting.fetch_add(1, Ordering::Relaxed);
        if before >= self.gauge.queue_max {
            self.gauge.took(1);
            return Err(Fault::QueueFull);
        }
        let sender = self.sender(&job.intent);
        sender.try_send(Message::Work(Box::new(job))).map_err(|error| {
            self.gauge.took(1);
            match error {
                TrySendError::Full(_) => Fault::QueueFull,
                TrySendError::Disconnected(_) => Fault::Stopping,
            }
        })
    }

    /// Has a writer carry out a batch behind what clients ask for. It waits for room, and is taken while a
    /// stop waits for the workers.
    ///
    /// # Errors
    /// [`Fault::Stopping`]; then the batch was dropped.
    pub(crate) fn submit_behind(
        &self,
        batch: Vec<Intent>,
        reply: BehindReply,
    ) -> Result<(), Fault> {
        let first = batch.first().expect("a batch is about something");
        let sender = self.sender(first);
        sender.send(Message::Behind(Box::new(Behind { batch, reply }))).map_err(|_| Fault::Stopping)
    }

    fn sender(&self, intent: &Intent) -> &SyncSender<Message> {
        let lane = lane(intent, self.lanes, self.senders.len());
        self.senders.get(lane).expect("a lane is one of the senders'")
    }

    /// The same, with the way to workers.
    pub(crate) fn with_workers(self, workers: Vec<SyncSender<jobs::Message>>) -> Self {
        Self { workers: workers.into(), ..self }
    }

    /// Something is broken for good: the process has to end.
    pub(crate) fn lose(&self) {
        self.gauge.lose_writer();
    }

    /// Whether no writer has ended but by an orderly stop. Once this is `false` it stays so, nothing is
    /// decided any more, and the process has to end: a restart recovers what was committed.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.gauge.writer_lost.load(Ordering::Acquire)
    }

    /// Jobs that wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.gauge.waiting.load(Ordering::Relaxed)
    }

    /// Jobs that may wait.
    #[must_use]
    pub fn queue_max(&self) -> usize {
        self.gauge.queue_max
    }

    /// Has the writers and then the workers look at the clock, and waits until everything that is due has
    /// been done: expiry, counts, clean-up. For tests that move the clock.
    pub fn settle(&self) {
        // The one that does maintenance comes last: by then the others have done what they had.
        for sender in self.senders.iter().rev() {
            let (done, wait) = sync_channel(1);
            if sender.send(Message::Settle(done)).is_ok() {
                // An error means that the writer has ended: nothing is due any more.
                let _ended = wait.recv().is_err();
            }
        }
        self.notify_workers(jobs::Message::Settle);
    }

    /// Takes no new work; the workers give back what they have leased and end, and then the writers finish
    /// what waits and end.
    pub fn stop(&self) {
        self.gauge.close();
        self.notify_workers(jobs::Message::Stop);
        for sender in self.senders.iter() {
            // An error means that the writer has ended already.
            let _ended = sender.send(Message::Stop).is_err();
        }
    }

    /// Tells each worker, and waits until it has done so.
    fn notify_workers(&self, message: fn(SyncSender<()>) -> jobs::Message) {
        for worker in self.workers.iter() {
            let (done, wait) = sync_channel(1);
            if worker.send(message(done)).is_ok() {
                // An error means that it has ended.
                let _ended = wait.recv().is_err();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{AccountId, BookingId};

    use domain::Command;

    use super::*;
    use crate::batch::system;

    fn job(command: Command) -> Job {
        let intent = system(AccountId::from_raw(1), command);
        Job { intent, give_up_at_micros: u64::MAX, reply: Box::new(|_| {}) }
    }

    fn lane_of(account: u128, booking: u128, lanes: Lanes) -> usize {
        let release = Command::Release(BookingId::from_raw(booking));
        lane(&system(AccountId::from_raw(account), release), lanes, 4)
    }

    #[test]
    fn what_is_about_one_thing_goes_to_one_writer_and_all_writers_have_work() {
        let lane_of = |raw| lane_of(1, raw, Lanes::Thing);
        let lanes: std::collections::BTreeSet<_> = (0..100).map(lane_of).collect();
        assert_eq!(lanes.len(), 4);
        assert_eq!(lane_of(7), lane_of(7));
        let one = lane(&job(Command::Malformed).intent, Lanes::Thing, 1);
        assert_eq!(one, 0);
    }

    #[test]
    fn what_is_of_one_account_goes_to_one_writer_where_batches_are_of_one_account() {
        let lane_of = |account, booking| lane_of(account, booking, Lanes::Account);
        let lanes: std::collections::BTreeSet<_> = (0..100).map(|it| lane_of(it, 1)).collect();
        assert_eq!(lanes.len(), 4, "all writers have work");
        assert!((0..100).all(|booking| lane_of(7, booking) == lane_of(7, 0)));
    }

    #[test]
    fn room_is_counted_over_all_queues() {
        let Queues { handle, receivers, .. } = queues(3, Lanes::Thing, 2);
        let submit = |raw| handle.submit(job(Command::Release(BookingId::from_raw(raw))));
        assert_eq!([submit(1), submit(2)], [Ok(()), Ok(())]);
        assert_eq!(submit(3), Err(Fault::QueueFull));
        assert_eq!((handle.depth(), handle.queue_max()), (2, 2));
        drop(receivers);
        handle.stop();
        assert_eq!(submit(4), Err(Fault::Stopping));
    }
}
