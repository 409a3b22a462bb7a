//! An engine that runs: a writer on a thread of its own, and whoever asks it.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::id::{AccountId, BookingId};
use domain::tickets::booking::Status;
use domain::tickets::intent::Wanted;
use domain::time::DAY_MS;
use domain::{Command, Intent};
use engine::failpoint::{BEGIN, Failpoints};
use engine::reads::Page;
use engine::tickets::{BookingFilter, TicketReads as _};
use engine::{Clock as _, Fault, Handle, Job, Outcome, Store};
use sim::checker::{Books, audit};
use sim::intents::{EventZone, create_event, event_zones, intent, reserve};
use sim::memory::MemoryStore;
use sim::test_ports::{Fields, TestClock, TestPorts, read};

use crate::scripted::{Script, ScriptedRender, ScriptedStore};

pub(crate) const ACCOUNT: AccountId = AccountId::from_raw(1);
/// Whoever waits longer for an answer will not get one.
const TIMEOUT: Duration = Duration::from_secs(20);
pub(crate) const QUEUE_MAX: usize = 4_096;
/// A hold of the tests lasts so long.
pub(crate) const HOLD_MS: u64 = 60_000;

pub(crate) type Answered = Result<Outcome, Fault>;

/// Keeps the writer from beginning a batch.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    closed: bool,
    waiting: bool,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    pub(crate) fn open(&self) {
        self.state().closed = false;
        self.changed.notify_all();
    }

    /// The writer comes by.
    fn pass(&self) {
        let mut state = self.state();
        state.waiting = state.closed;
        self.changed.notify_all();
        let opened = self.changed.wait_while(state, |state| state.closed);
        opened.unwrap_or_else(PoisonError::into_inner).waiting = false;
    }

    /// Until the writer stands before it.
    pub(crate) fn await_writer(&self) {
        let waited = self.changed.wait_timeout_while(self.state(), TIMEOUT, |it| !it.waiting);
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "the writer does not come");
    }
}

/// A store in memory with its writer, and a gate before it.
pub(crate) struct Running {
    pub(crate) memory: MemoryStore,
    pub(crate) script: Script,
    pub(crate) machine: TestPorts,
    pub(crate) gate: Arc<Gate>,
    pub(crate) handle: Handle,
    pub(crate) threads: Vec<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self::open(MemoryStore::new(), QUEUE_MAX)
    }

    pub(crate) fn open(memory: MemoryStore, queue_max: usize) -> Self {
        Self::open_at(TestPorts::new(5), memory, queue_max)
    }

    pub(crate) fn open_at(mut machine: TestPorts, memory: MemoryStore, queue_max: usize) -> Self {
        let (script, gate) = (Script::default(), Arc::new(Gate::default()));
        let before_it = Arc::clone(&gate);
        machine.failpoints = Failpoints::new(move |name| {
            if name == BEGIN {
                before_it.pass();
            }
            false
        });
        let store = ScriptedStore::new(memory.clone(), script.clone());
        let render = Arc::new(ScriptedRender(script.clone()));
        let ports = || machine.ports_with(render.clone());
        let stores: Vec<Box<dyn Store>> = vec![Box::new(store)];
        let all_sides = engine::Setup {
            stores,
            due: Arc::new(memory.clone()),
            outbound: None,
            is_alone: false,
            queue_max,
        };
        let engine::Started { handle, threads } =
            engine::spawn(all_sides, ports).expect("a thread");
        // The worker has done what it does first, and waits: what a test scripts is for others.
        handle.settle();
        Self { memory, script, machine, gate, handle, threads }
    }

    /// The writer ends, and another begins on the same store.
    pub(crate) fn reopened(self) -> Self {
        self.handle.stop();
        join(self.threads);
        Self::open_at(self.machine, self.memory, QUEUE_MAX)
    }

    /// Nothing is left to do, and the next batch will have to wait.
    pub(crate) fn shut(&self) {
        self.handle.settle();
        self.gate.close();
    }

    pub(crate) fn try_send(
        &self,
        intent: Intent,
        timeout_ms: u64,
    ) -> Result<Receiver<Answered>, Fault> {
        let (sender, receiver) = channel();
        let give_up_at_micros =
            self.machine.clock.micros().saturating_add(timeout_ms.saturating_mul(1_000));
        let reply = Box::new(move |answered| {
            // Who asked may have gone.
            let _gone = sender.send(answered).is_err();
        });
        self.handle.submit(Job { intent, give_up_at_micros, reply })?;
        Ok(receiver)
    }

    pub(crate) fn send(&self, intent: Intent) -> Receiver<Answered> {
        self.try_send(intent, 10 * DAY_MS.unsigned_abs()).expect("there is room")
    }

    pub(crate) fn ask(&self, name: &str, command: Command) -> Outcome {
        answer(&self.send(intent(ACCOUNT, name, command))).expect("an answer")
    }

    pub(crate) fn event(&self, capacity: u32) -> EventZone {
        let command = create_event(TestClock::START.plus_seconds(1_000_000), &[capacity]);
        let fields = fields(&self.ask("create", command));
        *event_zones(&fields).first().expect("one zone")
    }

    pub(crate) fn hold(&self, name: &str, zone: EventZone) -> BookingId {
        let fields = fields(&self.ask(name, one(zone, 1)));
        fields.get("booking_id").and_then(|id| id.parse().ok()).expect("a booking")
    }

    pub(crate) fn status(&self, booking: BookingId) -> Status {
        let view = self.memory.booking(ACCOUNT, booking).expect("it reads");
        view.expect("it is there").booking.status
    }

    pub(crate) fn with_status(&self, status: Status) -> usize {
        let filter = BookingFilter { status: Some(status), ..BookingFilter::default() };
        let page = Page { after: None, limit: usize::MAX };
        self.memory.bookings(ACCOUNT, filter, page).expect("it reads").len()
    }

    /// Takes no more, ends, and leaves everything sound.
    pub(crate) fn close(self) {
        self.handle.stop();
        join(self.threads);
        assert_eq!(self.machine.observer.seen().fatal, [] as [&str; 0]);
        let books = Books::read(&self.memory, &[ACCOUNT]).expect("it reads");
        books.check_stock(&self.memory).expect("it adds up");
        audit(&self.memory, self.machine.clock.now(), None).expect("it is sound");
    }
}

/// All of them end, and end well.
pub(crate) fn join(threads: Vec<JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().expect("it ends well"));
}

pub(crate) fn one(zone: EventZone, user: u32) -> Command {
    reserve(zone, user, Wanted::Units(1))
}

pub(crate) fn answer(receiver: &Receiver<Answered>) -> Answered {
    receiver.recv_timeout(TIMEOUT).expect("an answer, or that there is none")
}

pub(crate) fn fields(outcome: &Outcome) -> Fields {
    match outcome {
        Outcome::Decided(answer, _) | Outcome::Replayed(answer) => read(answer),
        Outcome::Malformed | Outcome::Failed(_) | Outcome::Unavailable(_) => panic!("{outcome:?}"),
    }
}
