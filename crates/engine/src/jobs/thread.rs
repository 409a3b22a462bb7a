//! The thread of a worker.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::retention::Retention;
use domain::{Intent, Timestamp};

use super::{Carried, Worker, WorkerPorts};
use crate::error::{ExecuteError, Fault};
use crate::guarded::{Guarded, why_lost};
use crate::ports::{Clock, Observer, Ports};
use crate::queue::Handle;
use crate::reads::due::DueReads;

/// A worker looks at the clock at least this often.
const TICK: Duration = Duration::from_millis(250);
/// And not more often than this, unless it has more to do.
const WAIT_MIN: Duration = Duration::from_millis(5);
/// Messages for one worker that wait at most; whoever sends another one waits.
const MESSAGES_MAX: usize = 16;

/// What a worker is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// There is something to do.
    Wake,
    /// Look at the clock; then tell that everything that is due was done.
    Settle(SyncSender<()>),
    /// Give back what is leased, tell, and end.
    Stop(SyncSender<()>),
}

/// The thread of a worker.
pub(crate) struct Spawned {
    pub(crate) sender: SyncSender<Message>,
    pub(crate) thread: JoinHandle<()>,
}

/// Starts a thread for a worker. It ends when it is told to, and when nobody is left who could tell it.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn spawn(worker: Box<dyn Worker>, ports: ThreadPorts) -> std::io::Result<Spawned> {
    let (sender, receiver) = sync_channel(MESSAGES_MAX);
    let builder = std::thread::Builder::new().name("worker".to_owned());
    let thread = builder.spawn(move || run(worker, ports, &receiver))?;
    Ok(Spawned { sender, thread })
}

/// What a worker has at hand that has a thread.
pub(crate) struct ThreadPorts {
    handle: Handle,
    due: Arc<dyn DueReads>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    retention: Retention,
}

impl ThreadPorts {
    /// With a handle that knows of no workers, so that it ends when nobody else has one.
    pub(crate) fn new(handle: Handle, due: Arc<dyn DueReads>, ports: Ports) -> Self {
        let Ports { clock, observer, retention, .. } = ports;
        Self { handle, due, clock, observer: Arc::new(Guarded(observer)), retention }
    }
}

impl WorkerPorts for ThreadPorts {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn due(&self) -> &dyn DueReads {
        self.due.as_ref()
    }

    fn observer(&self) -> &dyn Observer {
        self.observer.as_ref()
    }

    fn retention(&self) -> Retention {
        self.retention
    }

    fn carry_out(&mut self, batch: Vec<Intent>) -> Result<Carried, ExecuteError> {
        let (sender, receiver) = sync_channel(1);
        let reply = Box::new(move |carried| {
            // Whoever asked waits below.
            let _gone = sender.send(carried).is_err();
        });
        let sent = self.handle.submit_behind(batch, reply);
        let carried = sent.and_then(|()| receiver.recv().unwrap_or(Err(Fault::Stopping)));
        carried.map_err(|fault| ExecuteError::Unavailable(fault.to_string()))
    }
}

/// What is broken for good ends the process: the others hear it from the queue.
fn run(mut worker: Box<dyn Worker>, mut ports: ThreadPorts, receiver: &Receiver<Message>) {
    let lost = why_lost("a worker", || work(worker.as_mut(), &mut ports, receiver));
    if let Some(why) = lost {
        ports.handle.lose();
        ports.observer.fatal(&why);
    }
}

/// Until it is stopped; `Err` when the process must stop.
fn work(
    worker: &mut dyn Worker,
    ports: &mut ThreadPorts,
    receiver: &Receiver<Message>,
) -> Result<(), ExecuteError> {
    let mut has_more = true;
    loop {
        let pause = Duration::from_micros(worker.pause(ports.clock.micros()));
        let wakes_in = worker.wakes_at().map_or(TICK, |at| {
            let millis = at.millis_since(ports.clock.now());
            // One that could be done now was passed over by the last step: it is not tried without end.
            Duration::from_millis(u64::try_from(millis).unwrap_or(0)).max(WAIT_MIN)
        });
        let wait = if has_more { TICK.min(pause) } else { TICK.min(wakes_in) };
        match receiver.recv_timeout(wait) {
            Ok(Message::Settle(done)) => {
                worker.look_again();
                while survived(worker.step(ports))? {}
                has_more = false;
                // Who asked may have gone.
                let _gone = done.send(()).is_err();
            }
            Ok(Message::Wake) => has_more = survived(worker.step(ports))?,
            Ok(Message::Stop(done)) => {
                survived(worker.stop(ports).map(|()| false))?;
                let _gone = done.send(()).is_err();
                return Ok(());
            }
            Err(RecvTimeoutError::Timeout) => {
                if worker.pause(ports.clock.micros()) == 0 {
                    has_more = survived(worker.step(ports))?;
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return survived(worker.stop(ports).map(|()| false)).map(drop);
            }
        }
    }
}

/// An outage is survived, and was told: there is nothing to do for a while.
fn survived(stepped: Result<bool, ExecuteError>) -> Result<bool, ExecuteError> {
    match stepped {
        Err(ExecuteError::Unavailable(_)) => Ok(false),
        stepped => stepped,
    }
}
