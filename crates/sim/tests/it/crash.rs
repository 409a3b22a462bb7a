//! One batch that does everything, and a store that fails between any two of its statements: first
//! while the process lives on, then with the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::id::{AccountId, BookingId};
use domain::record::Answer;
use domain::tickets::intent::{Cancellation, EventPatch, Wanted, ZonePatch};
use domain::{Command, Intent};
use engine::batch::Chores;
use engine::failpoint::Failpoints;
use engine::{Outcome, Ports, Store, execute};
use sim::backend::Backend;
use sim::checker::{Books, audit};
use sim::intents::{
    EventZone, confirm, create_event, event_patch, event_zones, intent, key, reserve, with_seats,
};
use sim::test_ports::{TestClock, TestPorts, read};

use crate::sqlite::SqliteBackend;

const ACCOUNT: AccountId = AccountId::from_raw(1);
const CHORES: Chores = Chores { due: true, key_usage: true };
/// Fewer statements than the batch has.
const STATEMENTS_MIN: u64 = 80;
/// More statements than the batch has.
const STATEMENTS_MAX: u64 = 2_000;

/// Fails once, at the statement whose number is set; a dead process fails from then on.
#[derive(Debug, Default)]
struct Fuse {
    left: AtomicU64,
    deadly: AtomicBool,
    burnt: AtomicBool,
}

impl Fuse {
    /// Burns at the `number`th statement from now, counted from 1.
    fn light(&self, number: u64, deadly: bool) {
        self.left.store(number, Ordering::SeqCst);
        self.deadly.store(deadly, Ordering::SeqCst);
        self.burnt.store(false, Ordering::SeqCst);
    }

    /// Nothing fails any more; whether anything did.
    fn put_out(&self) -> bool {
        self.left.store(0, Ordering::SeqCst);
        self.burnt.swap(false, Ordering::SeqCst)
    }

    fn burns(&self) -> bool {
        let before = self.left.load(Ordering::SeqCst);
        self.left.store(before.saturating_sub(1), Ordering::SeqCst);
        let dead = self.burnt.load(Ordering::SeqCst) && self.deadly.load(Ordering::SeqCst);
        self.burnt.fetch_or(before == 1, Ordering::SeqCst);
        dead || before == 1
    }

    fn failpoints(self: &Arc<Self>) -> Failpoints {
        let fuse = Arc::clone(self);
        Failpoints::new(move |_statement| fuse.burns())
    }
}

struct Bench {
    backend: SqliteBackend,
    machine: TestPorts,
    fuse: Arc<Fuse>,
    store: Box<dyn Store>,
    ports: Ports,
}

impl Bench {
    fn new() -> Self {
        let (backend, machine) = (SqliteBackend::new(), TestPorts::new(7));
        let fuse = Arc::new(Fuse::default());
        let store = backend.open(fuse.failpoints()).expect("it opens");
        let ports = machine.ports();
        Self { backend, machine, fuse, store, ports }
    }

    fn restarted(self) -> Self {
        let Self { backend, machine, fuse, store, ports } = self;
        drop((store, ports));
        let store = backend.open(fuse.failpoints()).expect("it opens");
        let ports = machine.ports();
        Self { backend, machine, fuse, store, ports }
    }

    fn execute(&mut self, intents: &[Intent]) -> Option<Vec<Arc<Answer>>> {
        let done = execute(self.store.as_mut(), &mut self.ports, intents, CHORES).ok()?;
        done.outcomes.into_iter().map(answer).collect()
    }

    fn ask(&mut self, name: &str, command: Command) -> Arc<Answer> {
        let answers = self.execute(&[intent(ACCOUNT, name, command)]);
        answers.and_then(|answers| answers.into_iter().next()).expect("an answer")
    }

    /// Everything stored adds up.
    fn check(&self, context: &str) {
        let reads = self.backend.reads();
        let books = Books::read(reads.as_ref(), &[ACCOUNT]).expect("it reads");
        let checked = books.check_stock(reads.as_ref());
        let checked = checked.and_then(|()| audit(reads.as_ref(), self.ports.clock.now(), None));
        checked.unwrap_or_else(|why| panic!("{context}: {why}"));
    }
}

fn answer(outcome: Outcome) -> Option<Arc<Answer>> {
    match outcome {
        Outcome::Decided(answer, _) | Outcome::Replayed(answer) => Some(answer),
        Outcome::Malformed | Outcome::Failed(_) | Outcome::Unavailable(_) => None,
    }
}

fn booking(answer: &Answer) -> BookingId {
    read(answer).get("booking_id").and_then(|id| id.parse().ok()).expect("a booking")
}

/// What is there before: holds, a sale, and a hold that is overdue.
fn set_up(bench: &mut Bench) -> Vec<Intent> {
    let command = create_event(TestClock::START.plus_seconds(1_000_000), &[9]);
    let created = bench.ask("create", with_seats(command, &["A1", "A2", "A3", "A4"]));
    let [floor, stalls] = event_zones(&read(&created))[..] else { panic!("two zones") };
    let seats = |label: &str| Wanted::Seats(vec![label.to_owned()]);
    let overdue = reserve(stalls, 4, seats("A1"));
    bench.ask("overdue", overdue);
    bench.machine.clock.advance(30_000);
    let held = booking(&bench.ask("held", reserve(floor, 1, Wanted::Units(2))));
    let wanted = booking(&bench.ask("wanted", reserve(stalls, 2, seats("A2"))));
    let sold = booking(&bench.ask("sold", reserve(floor, 3, Wanted::Units(1))));
    bench.ask("pay", confirm(sold, "ref-sold"));
    bench.machine.clock.advance(30_000);
    Scene { floor, stalls, held, wanted, sold }.everything()
}

/// Zones of one event, and bookings in them.
struct Scene {
    floor: EventZone,
    stalls: EventZone,
    /// Two holds: one to be released, one to be confirmed.
    held: BookingId,
    wanted: BookingId,
    sold: BookingId,
}

impl Scene {
    /// One command of each kind.
    fn everything(&self) -> Vec<Intent> {
        let Self { floor, stalls, held, wanted, sold } = *self;
        let EventZone { event, zone } = floor;
        let cancellation =
            Cancellation { booking: sold, reason: Some("ill".to_owned()), refund: true };
        let event_patch = EventPatch { name: Some("opera".to_owned()), ..event_patch(event) };
        let zone_patch = ZonePatch { event, zone, name: None, capacity: Some(20), price: None };
        let named = |name: &str, command| intent(ACCOUNT, name, command);
        let units = Wanted::Units(3);
        vec![
            named("best", reserve(stalls, 5, Wanted::Best(2))),
            named("units", reserve(floor, 6, units.clone())),
            named("confirm", confirm(wanted, "ref-wanted")),
            named("release", Command::Release(held)),
            named("cancel", Command::Cancel(cancellation)),
            named("patch event", Command::UpdateEvent(event_patch)),
            named("patch zone", Command::UpdateZone(zone_patch)),
            named("refused", reserve(stalls, 7, Wanted::Best(9))),
            named("retire", Command::RetireKey(key(ACCOUNT, "never").into())),
            named("another", create_event(TestClock::START, &[1])),
            // Again, within the batch.
            named("units", reserve(floor, 6, units)),
        ]
    }
}

/// Lets the batch fail at each statement in turn, and gives their number.
fn fail_everywhere(deadly: bool) -> u64 {
    for number in 1..STATEMENTS_MAX {
        let mut bench = Bench::new();
        let intents = set_up(&mut bench);
        bench.fuse.light(number, deadly);
        let first = bench.execute(&intents);
        if !bench.fuse.put_out() {
            assert!(first.is_some(), "nothing failed");
            return number;
        }
        bench = if deadly { bench.restarted() } else { bench };
        bench.check(&format!("after failing at statement {number}"));
        let second = bench.execute(&intents).expect("nothing fails any more");
        if let Some(first) = first {
            assert_eq!(first, second, "{number}: whoever was answered hears the same");
        }
        bench.check(&format!("after asking again, having failed at statement {number}"));
        let statuses: Vec<_> = second.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [201, 201, 200, 200, 200, 200, 200, 409, 200, 201, 201], "{number}");
        assert_eq!(bench.execute(&intents), Some(second), "{number}");
    }
    panic!("the batch has more than {STATEMENTS_MAX} statements")
}

#[test]
fn a_failure_between_any_two_statements_leaves_all_or_nothing() {
    assert!(fail_everywhere(false) > STATEMENTS_MIN, "the batch does everything");
}

#[test]
fn a_crash_between_any_two_statements_leaves_all_or_nothing() {
    assert!(fail_everywhere(true) > STATEMENTS_MIN, "the batch does everything");
}
