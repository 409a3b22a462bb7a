//! Each kind of row that is locked, as the only one that two batches share, besides the feed of their
//! account, which is locked last. One of them has decided and is about to commit when the other one
//! begins: without the lock the other one would decide on what it read before, and its rows would go
//! over those of the first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use domain::id::{AccountId, BookingId};
use domain::job::{Availability, JobId, Settlement};
use domain::tickets::intent::{NewEvent, Wanted};
use domain::{Command, Intent};
use engine::Outcome;
use engine::failpoint::{BEFORE_COMMIT, Failpoints};
use engine::reads::Reads as _;
use engine::tickets::TicketReads as _;
use peers::cluster::Database;
use sim::intents::{
    EventZone, confirm, create_event, event_zones, intent, key, lease_clean_up, leases, reserve,
    settle, with_seats,
};

use crate::node::{NOWHERE, Node, OURS, bookings, check, fields, hold, options, starts_at};

/// A store with two nodes, the first of which can be held before its commit.
struct Rivals {
    database: Database,
    first: Node,
    second: Node,
    /// Whether the first is to be held.
    armed: Arc<AtomicBool>,
    reached: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

impl Rivals {
    fn new() -> Self {
        let database = Database::new();
        let armed = Arc::new(AtomicBool::new(false));
        let (reaches, reached) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let (is_armed, goes_on) = (Arc::clone(&armed), Mutex::new(goes_on));
        let failpoints = Failpoints::new(move |name| {
            if name == BEFORE_COMMIT && is_armed.swap(false, Ordering::SeqCst) {
                reaches.send(()).expect("the test goes on");
                let goes_on = goes_on.lock().expect("nobody panics meanwhile");
                goes_on.recv_timeout(Duration::from_secs(9)).expect("the test goes on");
            }
            false
        });
        let first = Node::at(&database.url(), options(0, failpoints));
        let second = Node::new(&database, 1);
        Self { database, first, second, armed, reached, go_on }
    }

    /// Carries out `later` while `earlier` is about to be committed: both outcomes. Nothing had to be
    /// repeated.
    #[track_caller]
    fn meet(&mut self, earlier: &Intent, later: &Intent) -> [Outcome; 2] {
        let outcomes = self.meet_somehow(earlier, later);
        let store_errors = [self.first.store_errors(), self.second.store_errors()];
        assert_eq!(store_errors, [Vec::<String>::new(), Vec::new()], "they waited for each other");
        outcomes
    }

    /// The same, where two that insert the same row find that out when they do.
    fn meet_somehow(&mut self, earlier: &Intent, later: &Intent) -> [Outcome; 2] {
        let Self { database, first, second, armed, reached, go_on } = self;
        armed.store(true, Ordering::SeqCst);
        let outcomes = std::thread::scope(|scope| {
            let earlier = scope.spawn(|| first.execute(std::slice::from_ref(earlier)));
            reached.recv_timeout(Duration::from_secs(9)).expect("it is about to commit");
            let later = scope.spawn(|| second.execute(std::slice::from_ref(later)));
            let waits = "select pid from pg_stat_activity
                         where datname = current_database() and wait_event_type = 'Lock'";
            while database.ask(waits).is_empty() && !later.is_finished() {}
            go_on.send(()).expect("it waits");
            [earlier, later].map(|thread| thread.join().expect("it ends well").remove(0))
        });
        self.check();
        outcomes
    }

    /// Everything adds up.
    fn check(&self) {
        check(&self.database, &self.first.store);
    }

    /// An event with two zones and one of seats, of which each person may have one unit.
    fn event(&mut self, per_user: u32) -> Vec<EventZone> {
        let create = with_seats(create_event(starts_at(), &[9, 9]), &["A1", "A2"]);
        let Command::CreateEvent(event) = create else { unreachable!("it creates one") };
        let event = NewEvent { max_per_user: per_user, ..event };
        let outcomes = self.first.execute(&[intent(OURS, "new", Command::CreateEvent(event))]);
        event_zones(&fields(outcomes.first().expect("an outcome")))
    }

    fn hold(&mut self, name: &str, place: EventZone, user: u32) -> BookingId {
        booking_of(self.first.execute(&[hold(name, place, user)]).first().expect("an outcome"))
    }
}

fn booking_of(outcome: &Outcome) -> BookingId {
    fields(outcome).get("booking_id").and_then(|id| id.parse().ok()).expect("a booking")
}

/// One person, two zones: what they may still take of the event.
#[test]
fn allowances() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(2);
    // They have taken one before, so the row is there.
    rivals.hold("before", zones[0], 1);
    let outcomes = rivals.meet(&hold("a", zones[0], 1), &hold("b", zones[1], 1));
    assert_eq!(bookings(&outcomes), 1, "two are allowed, and one was taken: {outcomes:?}");
}

/// The same where the person is not known yet: both would insert them.
#[test]
fn people() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(1);
    let (a, b) = (hold("a", zones[0], 1), hold("b", zones[1], 1));
    let outcomes = rivals.meet_somehow(&a, &b);
    assert_eq!(bookings(&outcomes), 1, "{outcomes:?}");
}

/// Two people, one zone with one unit left.
#[test]
fn pools_of_zones() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(9);
    let many = intent(OURS, "many", reserve(zones[0], 1, Wanted::Units(8)));
    rivals.first.execute(&[many]);
    let outcomes = rivals.meet(&hold("a", zones[0], 2), &hold("b", zones[0], 3));
    assert_eq!(bookings(&outcomes), 1, "{outcomes:?}");
}

/// Two people, one seat.
#[test]
fn pools_of_seats() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(9);
    let seat = |name, user| {
        let wanted = Wanted::Seats(vec!["A1".to_owned()]);
        intent(OURS, name, reserve(zones[2], user, wanted))
    };
    let outcomes = rivals.meet(&seat("a", 2), &seat("b", 3));
    assert_eq!(bookings(&outcomes), 1, "{outcomes:?}");
}

/// One hold, which is paid and released.
#[test]
fn bookings_alone() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(9);
    let held = rivals.hold("h", zones[0], 1);
    let [paid, released] = rivals.meet(
        &intent(OURS, "pay", confirm(held, "ref-1")),
        &intent(OURS, "release", Command::Release(held)),
    );
    assert_eq!(fields(&paid).get("status").map(String::as_str), Some("confirmed"));
    assert_ne!(fields(&released).get("code").map(String::as_str), Some("BOOKING"), "{released:?}");
    let seen = rivals.first.store.reads().booking(OURS, held).expect("it reads");
    assert_eq!(seen.expect("it is there").booking.status.as_str(), "confirmed");
}

/// Two holds that are paid under one reference: both would insert it.
#[test]
fn payment_references() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(9);
    let a = rivals.hold("h-1", zones[0], 1);
    let b = rivals.hold("h-2", zones[1], 2);
    let outcomes = rivals.meet_somehow(
        &intent(OURS, "pay-1", confirm(a, "ref-1")),
        &intent(OURS, "pay-2", confirm(b, "ref-1")),
    );
    assert_eq!(bookings(&outcomes), 1, "{outcomes:?}");
}

/// One key, used in two zones: both would insert its record.
#[test]
fn records() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(9);
    let same = hold("same", zones[0], 1);
    let [decided, replayed] = rivals.meet_somehow(&same, &same);
    assert!(matches!(decided, Outcome::Decided(..)), "{decided:?}");
    assert!(matches!(replayed, Outcome::Replayed(_)), "{replayed:?}");
}

/// One record that both of two nodes clean up: the answer becomes a tombstone once.
#[test]
fn records_that_change() {
    let mut rivals = Rivals::new();
    rivals.first.execute(&[hold("old", NOWHERE, 1)]);
    for node in [&rivals.first, &rivals.second] {
        node.machine.clock.advance(2 * 86_400_000);
    }
    let clean_up = intent(OURS, "", Command::CleanUpRecord(key(OURS, "old")));
    rivals.meet_somehow(&clean_up, &clean_up);
    let record = rivals.first.store.reads().record(&key(OURS, "old")).expect("it reads");
    let record = record.expect("its tombstone is there");
    assert_eq!(record.state, domain::record::RecordState::Retired);
}

/// Two nodes ask for one lease.
#[test]
fn jobs() {
    let mut rivals = Rivals::new();
    // It was done before, so the row is there.
    let lease_ms = 60_000;
    let before = leases(&rivals.first.execute(&lease_clean_up(lease_ms)));
    let [before] = before.as_slice() else { panic!("one job") };
    let due_at = domain::Timestamp::default();
    rivals.first.execute(&[settle(before, Settlement::Finish { due_at })]);
    let jobs = [JobId::clean_up().1].into();
    let lease_job = intent(
        AccountId::SYSTEM,
        "",
        Command::LeaseJobs { jobs, lease_ms, availability: Availability::Due },
    );
    let [first, second] = rivals.meet(&lease_job, &lease_job).map(|it| leases(&[it]));
    assert!(matches!(first.as_slice(), [lease] if lease.fence > before.fence), "{first:?}");
    assert_eq!(second, [], "the other one has it");
}

/// Two people, two zones: only the feed is the same, and nobody has to decide twice.
#[test]
fn feeds() {
    let mut rivals = Rivals::new();
    let zones = rivals.event(9);
    let outcomes = rivals.meet(&hold("a", zones[0], 1), &hold("b", zones[1], 2));
    assert_eq!(bookings(&outcomes), 2, "{outcomes:?}");
}
