//! The writer on a thread of its own: its queue, its deadlines, and how it keeps house.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::activity::ActivityKind;
use domain::booking::Status;
use domain::id::{AccountId, BookingId, EventId, ZoneId};
use domain::intent::Wanted;
use domain::record::RecordState;
use domain::time::DAY_MS;
use domain::{Command, Intent};
use engine::batch::{BATCH_MAX, EXPIRE_MAX};
use engine::failpoint::{BEGIN, Failpoints};
use engine::reads::{ActivityFilter, BookingFilter, Page, Reads};
use engine::{Clock as _, Fault, Handle, Job, Outcome, Store, writer};
use sim::checker::{Books, audit};
use sim::intents::{confirm, create_event, intent, key, reserve, with_other_body};
use sim::memory::MemoryStore;
use sim::run::{Options, run};
use sim::test_shell::{TestClock, TestShell, read};

use crate::scripted::{Script, ScriptedStore, Turn};

const ACCOUNT: AccountId = AccountId::from_raw(1);
/// Whoever waits longer for an answer will not get one.
const PATIENCE: Duration = Duration::from_secs(20);
const QUEUE_MAX: usize = 4_096;
/// A hold of the tests lasts so long.
const HOLD_MS: u64 = 60_000;

type Answered = Result<Outcome, Fault>;

/// Keeps the writer from beginning a batch.
#[derive(Debug, Default)]
struct Gate {
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

    fn close(&self) {
        self.state().closed = true;
    }

    fn open(&self) {
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
    fn await_writer(&self) {
        let waited = self.changed.wait_timeout_while(self.state(), PATIENCE, |it| !it.waiting);
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "the writer does not come");
    }
}

/// A store in memory with its writer, and a gate before it.
struct Office {
    memory: MemoryStore,
    script: Script,
    machine: TestShell,
    gate: Arc<Gate>,
    handle: Handle,
    thread: JoinHandle<()>,
}

impl Office {
    fn new() -> Self {
        Self::open(MemoryStore::new(), QUEUE_MAX)
    }

    fn open(memory: MemoryStore, queue_max: usize) -> Self {
        Self::open_at(TestShell::new(5), memory, queue_max)
    }

    fn open_at(mut machine: TestShell, memory: MemoryStore, queue_max: usize) -> Self {
        let (script, gate) = (Script::default(), Arc::new(Gate::default()));
        let before_it = Arc::clone(&gate);
        machine.failpoints = Failpoints::new(move |name| {
            if name == BEGIN {
                before_it.pass();
            }
            false
        });
        let store = ScriptedStore::new(memory.clone(), script.clone());
        let (handle, thread) =
            writer::spawn(Box::new(store), machine.shell(), queue_max).expect("a thread");
        Self { memory, script, machine, gate, handle, thread }
    }

    /// The writer ends, and another begins on the same store.
    fn reopened(self) -> Self {
        self.handle.stop();
        self.thread.join().expect("it ends well");
        Self::open_at(self.machine, self.memory, QUEUE_MAX)
    }

    /// Nothing is left to do, and the next batch will have to wait.
    fn shut(&self) {
        self.handle.settle();
        self.gate.close();
    }

    fn try_send(&self, intent: Intent, patience_ms: u64) -> Result<Receiver<Answered>, Fault> {
        let (sender, receiver) = channel();
        let give_up_at_micros =
            self.machine.clock.micros().saturating_add(patience_ms.saturating_mul(1_000));
        let reply = Box::new(move |answered| {
            // Who asked may have gone.
            let _gone = sender.send(answered).is_err();
        });
        self.handle.submit(Job { intent, give_up_at_micros, reply })?;
        Ok(receiver)
    }

    fn send(&self, intent: Intent) -> Receiver<Answered> {
        self.try_send(intent, 10 * DAY_MS.unsigned_abs()).expect("there is room")
    }

    fn ask(&self, name: &str, command: Command) -> Outcome {
        answer(&self.send(intent(ACCOUNT, name, command))).expect("an answer")
    }

    fn event(&self, capacity: u32) -> (EventId, ZoneId) {
        let command = create_event(TestClock::START.plus_seconds(1_000_000), &[capacity]);
        let fields = fields(&self.ask("create", command));
        let field = |name: &str| fields.get(name).expect("a field");
        (field("event_id").parse().expect("an id"), field("zones").parse().expect("an id"))
    }

    fn hold(&self, name: &str, place: (EventId, ZoneId)) -> BookingId {
        let fields = fields(&self.ask(name, one(place, 1)));
        fields.get("booking_id").and_then(|id| id.parse().ok()).expect("a booking")
    }

    fn status(&self, booking: BookingId) -> Status {
        let view = self.memory.booking(ACCOUNT, booking).expect("it reads");
        view.expect("it is there").booking.status
    }

    fn with_status(&self, status: Status) -> usize {
        let filter = BookingFilter { status: Some(status), ..BookingFilter::default() };
        let page = Page { after: None, limit: usize::MAX };
        self.memory.bookings(ACCOUNT, filter, page).expect("it reads").len()
    }

    /// Takes no more, ends, and leaves everything sound.
    fn close(self) {
        self.handle.stop();
        self.thread.join().expect("it ends well");
        assert_eq!(self.machine.observer.seen().fatal, [] as [&str; 0]);
        let books = Books::read(&self.memory, &[ACCOUNT]).expect("it reads");
        books.check_stock(&self.memory).expect("it adds up");
        audit(&self.memory, self.machine.clock.now(), None).expect("it is sound");
    }
}

fn one(place: (EventId, ZoneId), user: u32) -> Command {
    reserve(place, user, Wanted::Units(1))
}

fn answer(receiver: &Receiver<Answered>) -> Answered {
    receiver.recv_timeout(PATIENCE).expect("an answer, or that there is none")
}

fn fields(outcome: &Outcome) -> sim::test_shell::Fields {
    match outcome {
        Outcome::Decided(answer, _) | Outcome::Replayed(answer) => read(answer),
        Outcome::Malformed | Outcome::Failed(_) => panic!("{outcome:?}"),
    }
}

#[test]
fn a_full_queue_says_so_at_once() {
    let office = Office::open(MemoryStore::new(), 2);
    let place = office.event(10);
    office.shut();
    let first = office.send(intent(ACCOUNT, "a", one(place, 1)));
    office.gate.await_writer();
    let second = office.send(intent(ACCOUNT, "b", one(place, 1)));
    let third = office.send(intent(ACCOUNT, "c", one(place, 1)));
    assert_eq!(office.handle.depth(), 2);
    let fourth = office.try_send(intent(ACCOUNT, "d", one(place, 1)), 10_000);
    assert_eq!(fourth.err(), Some(Fault::QueueFull));
    office.gate.open();
    for receiver in [first, second, third] {
        assert!(matches!(answer(&receiver), Ok(Outcome::Decided(..))));
    }
    office.handle.settle();
    assert_eq!(office.handle.depth(), 0);
    assert_eq!(office.with_status(Status::Reserved), 3);
    office.ask("d", one(place, 1));
    office.close();
}

#[test]
fn whoever_waited_too_long_is_not_decided() {
    let office = Office::new();
    let place = office.event(10);
    office.shut();
    let first = office.send(intent(ACCOUNT, "a", one(place, 1)));
    office.gate.await_writer();
    let late = office.try_send(intent(ACCOUNT, "b", one(place, 1)), 10_000).expect("room");
    let patient = office.try_send(intent(ACCOUNT, "c", one(place, 1)), 10_001).expect("room");
    office.machine.clock.advance(10_000);
    office.gate.open();
    assert!(answer(&first).is_ok(), "it was taken in time");
    assert_eq!(answer(&late), Err(Fault::TimedOut));
    assert!(answer(&patient).is_ok());
    assert_eq!(office.memory.record(&key(ACCOUNT, "b")), Ok(None));
    office.close();
}

#[test]
fn a_stop_answers_whoever_waits() {
    let office = Office::new();
    let place = office.event(u32::MAX / 8);
    office.shut();
    let first = office.send(intent(ACCOUNT, "first", one(place, 1)));
    office.gate.await_writer();
    let name = |number: usize| format!("k-{number}");
    let waiting: Vec<_> = (0..BATCH_MAX + 100)
        .map(|number| office.send(intent(ACCOUNT, &name(number), one(place, 1))))
        .collect();
    office.handle.stop();
    let refused = office.try_send(intent(ACCOUNT, "late", one(place, 1)), 10_000);
    assert_eq!(refused.err(), Some(Fault::Stopping));
    office.gate.open();
    for receiver in waiting.iter().chain([&first]) {
        assert!(matches!(answer(receiver), Ok(Outcome::Decided(..))));
    }
    assert_eq!(office.machine.observer.seen().largest, BATCH_MAX, "what waits is one batch");
    office.close();
}

#[test]
fn holds_end_right_after_a_restart() {
    let office = Office::new();
    let place = office.event(10);
    let booking = office.hold("a", place);
    office.handle.stop();
    let Office { memory, machine, thread, .. } = office;
    thread.join().expect("it ends well");
    machine.clock.advance(3 * HOLD_MS);
    let office = Office::open_at(machine, memory, QUEUE_MAX);
    office.machine.observer.wait_until(|seen| seen.expired == 1);
    assert_eq!(office.status(booking), Status::Expired);
    office.close();
}

#[test]
fn a_hold_ends_at_its_deadline_and_not_before() {
    let office = Office::new();
    let place = office.event(10);
    let booking = office.hold("a", place);
    office.machine.clock.advance(HOLD_MS - 1);
    office.handle.settle();
    assert_eq!(office.status(booking), Status::Reserved);
    office.machine.clock.advance(1);
    // Nobody asks: the writer looks at the clock by itself.
    office.machine.observer.wait_until(|seen| seen.expired == 1);
    assert_eq!(office.status(booking), Status::Expired);
    assert_eq!(fields(&office.ask("again", one(place, 1))).get("quantity"), Some(&"1".to_owned()));
    office.close();
}

#[test]
fn more_holds_than_a_batch_ends_all_end() {
    let office = Office::new();
    let count = 2 * EXPIRE_MAX + 10;
    let place = office.event(u32::try_from(count).expect("small"));
    let holds: Vec<_> = (0..count)
        .map(|number| office.send(intent(ACCOUNT, &format!("k-{number}"), one(place, 1))))
        .collect();
    holds.iter().for_each(|receiver| drop(answer(receiver)));
    office.machine.clock.advance(HOLD_MS);
    office.handle.settle();
    assert_eq!(office.with_status(Status::Expired), count);
    office.close();
}

#[test]
fn a_sale_does_not_end() {
    let office = Office::new();
    let place = office.event(10);
    let booking = office.hold("a", place);
    office.ask("pay", confirm(booking, "ref"));
    office.machine.clock.advance(2 * HOLD_MS);
    office.handle.settle();
    assert_eq!(office.status(booking), Status::Confirmed);
    office.close();
}

#[test]
fn keys_are_counted_and_collisions_told() {
    let office = Office::new();
    let place = office.event(10);
    let first = intent(ACCOUNT, "a", one(place, 1));
    office.hold("a", place);
    for _ in 0..2 {
        assert!(matches!(answer(&office.send(first.clone())), Ok(Outcome::Replayed(_))));
    }
    office.shut();
    let another = office.send(intent(ACCOUNT, "b", one(place, 1)));
    office.gate.await_writer();
    let others: Vec<_> = (0..3).map(|_| office.send(with_other_body(first.clone()))).collect();
    office.gate.open();
    assert!(answer(&another).is_ok());
    for reused in others {
        let reused = answer(&reused).expect("an answer");
        assert_eq!(fields(&reused).get("code"), Some(&"KEY_REUSED".to_owned()));
    }
    office.handle.settle();
    let record = office.memory.record(&key(ACCOUNT, "a")).expect("it reads").expect("it is there");
    assert_eq!(record.attempts, 3, "those with another body are not the key's");
    let kinds = vec![ActivityKind::IdempotencyCollision];
    let filter = ActivityFilter { kinds, ..ActivityFilter::default() };
    let told = office.memory.activity(ACCOUNT, &filter, 9).expect("it reads");
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.data.contains("\"idempotency_key\":\"a\""), "{}", told.data);
    office.handle.settle();
    assert_eq!(office.memory.activity(ACCOUNT, &filter, 9).map(|told| told.len()), Ok(1));
    office.close();
}

#[test]
fn an_outage_loses_no_collision() {
    let office = Office::new();
    let place = office.event(10);
    office.hold("a", place);
    office.handle.settle();
    office.script.next(&[Turn::NotWritten]);
    let other = with_other_body(intent(ACCOUNT, "a", one(place, 1)));
    drop(answer(&office.send(other)));
    office.machine.observer.wait_until(|seen| !seen.store_errors.is_empty());
    office.handle.settle();
    let kinds = vec![ActivityKind::IdempotencyCollision];
    let filter = ActivityFilter { kinds, ..ActivityFilter::default() };
    assert_eq!(office.memory.activity(ACCOUNT, &filter, 9).map(|told| told.len()), Ok(1));
    office.close();
}

#[test]
fn answers_are_retired_and_then_forgotten() {
    let office = Office::new();
    let place = office.event(10);
    office.hold("a", place);
    let state = |office: &Office| {
        let record = office.memory.record(&key(ACCOUNT, "a")).expect("it reads");
        record.map(|record| record.state == RecordState::Retired)
    };
    let later = |days: u64| {
        office.machine.clock.advance(days * DAY_MS.unsigned_abs() + HOLD_MS);
        office.handle.settle();
    };
    office.machine.clock.advance(DAY_MS.unsigned_abs());
    office.handle.settle();
    assert_eq!(state(&office), Some(false), "a day after the hold has ended, not after it began");
    later(1);
    assert_eq!(state(&office), Some(true));
    let retired = fields(&office.ask("a", one(place, 1)));
    assert_eq!(retired.get("code"), Some(&"KEY_RETIRED".to_owned()));
    later(89);
    assert_eq!(state(&office), Some(true));
    later(1);
    assert_eq!(state(&office), None);
    let fresh = office.ask("a", one(place, 1));
    assert!(matches!(fresh, Outcome::Decided(..)), "the key is new: {fresh:?}");
    office.close();
}

#[test]
fn an_outage_is_survived() {
    let office = Office::new();
    let place = office.event(10);
    office.script.be_away(true);
    let unanswered = answer(&office.send(intent(ACCOUNT, "a", one(place, 1))));
    assert!(matches!(unanswered, Err(Fault::Unavailable(_))), "{unanswered:?}");
    office.script.be_away(false);
    assert!(matches!(office.ask("a", one(place, 1)), Outcome::Decided(..)));
    office.close();
}

/// While the store is away nothing can be done about what is due, so it is not tried all the time.
#[test]
fn an_outage_is_waited_for() {
    let office = Office::new();
    let place = office.event(10);
    let booking = office.hold("a", place);
    office.handle.settle();
    office.script.be_away(true);
    office.machine.clock.advance(HOLD_MS);
    office.machine.observer.wait_until(|seen| !seen.store_errors.is_empty());
    // A whole world comes and goes, and gives the writer time to try.
    run(1, &Options::CALM, &MemoryStore::new()).unwrap_or_else(|failure| panic!("{failure}"));
    let tried = office.machine.observer.seen().store_errors.len();
    assert!(tried < 10, "it was tried {tried} times while the clock stood");
    office.script.be_away(false);
    office.handle.settle();
    assert_eq!(office.status(booking), Status::Expired);
    office.close();
}

/// A batch that stands is answered, even if the store can not say what is due next.
#[test]
fn what_is_committed_is_answered() {
    let office = Office::new();
    let place = office.event(10);
    office.hold("a", place);
    office.shut();
    office.machine.clock.advance(HOLD_MS);
    let receiver = office.send(intent(ACCOUNT, "b", one(place, 1)));
    office.gate.await_writer();
    office.script.forget_deadlines(true);
    office.gate.open();
    assert!(matches!(answer(&receiver), Ok(Outcome::Decided(..))));
    office.script.forget_deadlines(false);
    office.machine.clock.advance(HOLD_MS);
    office.handle.settle();
    assert_eq!(office.with_status(Status::Expired), 2);
    office.close();
}

#[test]
fn broken_data_stops_the_writer() {
    let office = Office::new();
    let place = office.event(10);
    office.shut();
    office.script.next(&[Turn::Broken]);
    let first = office.send(intent(ACCOUNT, "first", one(place, 1)));
    office.gate.await_writer();
    let second = office.send(intent(ACCOUNT, "second", one(place, 1)));
    office.gate.open();
    let unanswered = answer(&first);
    assert!(matches!(unanswered, Err(Fault::Unavailable(_))), "{unanswered:?}");
    assert_eq!(answer(&second), Err(Fault::Stopping), "whoever waits is turned away");
    office.machine.observer.wait_until(|seen| seen.fatal.len() == 1);
    office.thread.join().expect("it ends well");
    let refused = office.handle.submit(Job {
        intent: intent(ACCOUNT, "b", one(place, 1)),
        give_up_at_micros: u64::MAX,
        reply: Box::new(|_| {}),
    });
    assert_eq!(refused, Err(Fault::Stopping));
}

#[test]
fn many_threads_get_what_there_is_and_no_more() {
    const THREADS: u32 = 8;
    const EACH: u32 = 60;
    let office = Office::new();
    let capacity = 100;
    let place = office.event(capacity);
    let booked = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (office, booked) = (&office, &booked);
            scope.spawn(move || {
                for number in 0..EACH {
                    // Two threads use the same keys.
                    let name = format!("k-{}-{number}", thread / 2);
                    let got = fields(&office.ask(&name, one(place, thread / 2)));
                    let is_booking = got.get("code").is_some_and(|code| code == "BOOKING");
                    booked.fetch_add(u64::from(is_booking), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(booked.load(Ordering::Relaxed), 2 * u64::from(capacity), "each heard it twice");
    assert_eq!(office.with_status(Status::Reserved), 100);
    let seen = office.machine.observer.seen();
    assert_eq!(seen.intents, 1 + usize::try_from(THREADS * EACH).expect("small"));
    assert_eq!(seen.replays, usize::try_from(THREADS * EACH / 2).expect("small"));
    let office = office.reopened();
    assert_eq!(Store::next_deadline(&mut office.memory.clone()).map(|it| it.is_some()), Ok(true));
    office.close();
}
