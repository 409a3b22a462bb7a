//! The engine on this store: whole batches.

use std::sync::Arc;

use domain::activity::{Fact, Facts};
use domain::id::{BookingId, PersonId};
use domain::record::{Answer, IntentKey, KeyScope};
use domain::tickets::booking::Status;
use domain::tickets::intent::Wanted;
use domain::{Actor, Command, Intent, Reject, Reply};
use engine::batch::{BATCH_MAX, Chores, DUE_MAX};
use engine::{Outcome, Ports, Render, Store, execute};

use super::rows::OURS;
use crate::backend::Backend;
use crate::checker::Books;
use crate::faulty::{Faults, FaultyStore, Rates};
use crate::intents::{
    EventZone, create_event, event_zones, intent, reserve, with_other_body, with_seats,
};
use crate::rng::Rng;
use crate::test_ports::{TestClock, TestPorts, TestRender, read};

/// Renders, but for one user's answers.
struct PickyRender;

/// The user whose answers cannot be rendered.
const UNSPEAKABLE: u32 = u32::MAX;
/// The user of whom nothing can be told in the feed.
const UNTELLABLE: u32 = u32::MAX - 1;
/// Who that is.
const UNTOLD: PersonId = PersonId::from_raw(0x999);

impl Render for PickyRender {
    fn answer(&self, intent: &Intent, answer: Result<&Reply, &Reject>) -> Answer {
        if let Command::Reserve(new) = &intent.command {
            assert_ne!(new.user.user_id, format!("user-{UNSPEAKABLE}"), "it cannot be said");
        }
        TestRender.answer(intent, answer)
    }

    fn facts(&self, facts: &Facts) -> String {
        let untold = Fact::Text(UNTOLD.to_string());
        assert!(facts.iter().all(|(_, fact)| *fact != untold), "it cannot be told");
        TestRender.facts(facts)
    }
}

/// A store, and an engine that works on it.
struct Bench<'a> {
    backend: &'a dyn Backend,
    machine: TestPorts,
    faults: Faults,
    store: Box<dyn Store>,
    ports: Ports,
}

impl<'a> Bench<'a> {
    fn new(backend: &'a dyn Backend) -> Self {
        let machine = TestPorts::new(1);
        let faults = Faults::new(Rng::new(1), Rates::CALM);
        let store = backend.open(machine.failpoints.clone()).expect("it opens");
        let store = Box::new(FaultyStore::new(store, faults.clone()));
        let ports = machine.ports_with(Arc::new(PickyRender));
        Self { backend, machine, faults, store, ports }
    }

    fn reopened(self) -> Self {
        let backend = self.backend;
        drop(self);
        Self::new(backend)
    }

    fn execute(&mut self, intents: &[Intent]) -> Vec<Outcome> {
        let chores = Chores { due: true, key_usage: true };
        let done = execute(self.store.as_mut(), &mut self.ports, intents, chores);
        done.expect("it is carried out").outcomes
    }

    fn execute_one(&mut self, intent: &Intent) -> Outcome {
        self.execute(std::slice::from_ref(intent)).pop().expect("one outcome")
    }

    /// The zones of an event: of these capacities and, if there are labels, one of numbered seats.
    fn event(&mut self, capacities: &[u32], labels: &[&str]) -> Vec<EventZone> {
        let command = create_event(TestClock::START.plus_seconds(1_000_000), capacities);
        let command = if labels.is_empty() { command } else { with_seats(command, labels) };
        let answer = answer(&self.execute_one(&intent(OURS, "create", command)));
        event_zones(&read(&answer))
    }

    /// Everything adds up, and nothing of the zone is sold; how many of its units are held.
    fn held(&self, zone: EventZone) -> u32 {
        let reads = self.backend.reads();
        let books = Books::read(reads.as_ref(), &[OURS]).expect("it reads");
        books.check_stock(reads.as_ref()).expect("it adds up");
        let stock = reads.zone(OURS, zone.zone).expect("it reads").expect("it is there");
        assert_eq!(stock.pool.sold(), 0);
        stock.pool.held()
    }
}

fn answer(outcome: &Outcome) -> Arc<Answer> {
    match outcome {
        Outcome::Decided(answer, _) | Outcome::Replayed(answer) => Arc::clone(answer),
        Outcome::Malformed | Outcome::Failed(_) | Outcome::Unavailable(_) => {
            panic!("no answer: {outcome:?}")
        }
    }
}

fn code(outcome: &Outcome) -> String {
    read(&answer(outcome)).remove("code").unwrap_or_default()
}

fn hold(name: &str, zone: EventZone, user: u32) -> Intent {
    intent(OURS, name, reserve(zone, user, Wanted::Units(1)))
}

/// More want something than there is, all in one batch.
pub fn a_full_batch_on_one_zone_ends_with_exact_counters(backend: &dyn Backend) {
    let mut bench = Bench::new(backend);
    let rush = u32::try_from(BATCH_MAX).expect("a batch is small");
    let capacity = rush - 24;
    let zones = bench.event(&[capacity], &[]);
    let zone = *zones.first().expect("one zone");
    let wanted = |user: u32| hold(&format!("r-{user}"), zone, user);
    let intents: Vec<_> = (0..rush).map(wanted).collect();
    let outcomes = bench.execute(&intents);
    let codes: Vec<_> = outcomes.iter().map(code).collect();
    let held = codes.iter().take_while(|code| *code == "BOOKING").count();
    assert_eq!(held, usize::try_from(capacity).expect("small"), "in order of arrival");
    assert!(codes.iter().skip(held).all(|code| code == "INSUFFICIENT_SEATS"));
    assert_eq!(bench.held(zone), capacity);
    let seen = bench.machine.observer.seen();
    assert_eq!((seen.batches, seen.largest), (2, BATCH_MAX), "one commit for all");
}

/// In one batch, in the next one, and after the store was opened again; another body never.
pub fn duplicates_hear_the_same(backend: &dyn Backend) {
    let mut bench = Bench::new(backend);
    let zones = bench.event(&[1], &["A1", "A2"]);
    let (zone, seats) = (*zones.first().expect("a zone"), *zones.last().expect("another"));
    let first = hold("k", zone, 1);
    let refused = hold("late", zone, 2);
    let best = |name: &str| intent(OURS, name, reserve(seats, 3, Wanted::Best(1)));
    let other = with_other_body(first.clone());
    let batch =
        [first.clone(), first.clone(), other.clone(), refused.clone(), best("s-1"), best("s-2")];
    let outcomes = bench.execute(&batch);
    let [a, b, c, d, e, f] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(matches!((a, b), (Outcome::Decided(..), Outcome::Replayed(_))), "{a:?} {b:?}");
    assert_eq!(answer(a), answer(b));
    assert_eq!(code(c), "KEY_REUSED");
    assert_eq!(code(d), "INSUFFICIENT_SEATS");
    let seats: Vec<_> = [e, f].map(|it| read(&answer(it)).remove("seats").expect("seats")).into();
    assert_eq!(seats, ["A1", "A2"], "the batch sees its own seats");
    let booking: BookingId =
        read(&answer(a)).get("booking_id").and_then(|id| id.parse().ok()).expect("a booking");
    let release = intent(OURS, "give-back", Command::Release(booking));
    assert_eq!(code(&bench.execute_one(&release)), "BOOKING");
    let mut bench = bench.reopened();
    let outcomes = bench.execute(&[refused, other, first]);
    let [d2, c2, a2] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(answer(d2), answer(d), "sold out stays sold out under its key");
    assert_eq!(code(c2), "KEY_REUSED");
    assert_eq!(answer(a2), answer(a), "as it was answered, not as it is now");
    assert_eq!(bench.held(zone), 0);
}

/// Whoever was batched with what cannot be answered, or told in the feed, does not suffer.
pub fn one_bad_answer_fails_alone(backend: &dyn Backend) {
    let mut bench = Bench::new(backend);
    let zones = bench.event(&[10], &[]);
    let zone = *zones.first().expect("a zone");
    let bad = |intent| Intent { actor: Actor::Customer(UNTOLD), ..intent };
    for (round, bad_user) in (1..).zip([UNSPEAKABLE, UNTELLABLE]) {
        let name = |name: &str| format!("{name}-{round}");
        let batch = [
            hold(&name("a"), zone, 1),
            bad(hold(&name("bad"), zone, bad_user)),
            hold(&name("b"), zone, 2),
        ];
        let outcomes = bench.execute(&batch);
        let [a, bad, b] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        assert_eq!((code(a).as_str(), code(b).as_str()), ("BOOKING", "BOOKING"));
        assert!(matches!(bad, Outcome::Failed(_)), "{bad:?}");
        assert_eq!(bench.held(zone), 2 * round, "the bad one left nothing");
        let record = |name: &str| backend.reads().record(&crate::intents::key(OURS, name));
        assert_eq!(record(&name("bad")), Ok(None));
        assert!(record(&name("b")).expect("it reads").is_some());
    }
}

/// Nor whoever was batched with a row that the store will never take.
pub fn one_row_that_is_never_taken_fails_alone(backend: &dyn Backend) {
    let mut bench = Bench::new(backend);
    let zones = bench.event(&[100], &[]);
    let zone = *zones.first().expect("a zone");
    for bad in [0, 3, 6] {
        let name = |user: u32| format!("{bad}-{user}");
        let batch: Vec<_> = (0..7).map(|user| hold(&name(user), zone, user)).collect();
        bench.faults.refuse(IntentKey { account: OURS, scope: KeyScope::SHARED, key: name(bad) });
        let outcomes = bench.execute(&batch);
        for (user, outcome) in (0..).zip(&outcomes) {
            assert_eq!(matches!(outcome, Outcome::Failed(_)), user == bad, "{outcome:?}");
        }
        bench.faults.forgive();
        let again = bench.execute(&batch);
        for (user, (outcome, before)) in (0..).zip(again.iter().zip(&outcomes)) {
            if user == bad {
                assert!(matches!(outcome, Outcome::Decided(..)), "{outcome:?}");
            } else {
                assert_eq!(answer(outcome), answer(before));
            }
        }
    }
    assert_eq!(bench.held(zone), 21);
}

/// Fields that do not pass their checks are no reason to forget an answer, and no answer themselves.
pub fn wrong_fields_are_no_answer(backend: &dyn Backend) {
    let mut bench = Bench::new(backend);
    let zones = bench.event(&[10], &[]);
    let zone = *zones.first().expect("a zone");
    let good = hold("k", zone, 1);
    let wrong = Intent { command: Command::Malformed, ..good.clone() };
    assert_eq!(bench.execute_one(&wrong), Outcome::Malformed);
    assert_eq!(backend.reads().record(&crate::intents::key(OURS, "k")), Ok(None));
    let first = bench.execute_one(&good);
    assert!(matches!(first, Outcome::Decided(..)), "the key was not used up: {first:?}");
    assert_eq!(bench.execute_one(&wrong), Outcome::Replayed(answer(&first)));
    let other = with_other_body(wrong);
    assert_eq!(code(&bench.execute_one(&other)), "KEY_REUSED");
}

/// What they held can be had in the same batch.
pub fn overdue_holds_end_before_anything_else(backend: &dyn Backend) {
    let mut bench = Bench::new(backend);
    let holds = u32::try_from(DUE_MAX).expect("small") + 8;
    let zones = bench.event(&[holds], &[]);
    let zone = *zones.first().expect("a zone");
    let batch: Vec<_> = (0..holds).map(|user| hold(&format!("k-{user}"), zone, user)).collect();
    bench.execute(&batch);
    assert_eq!(bench.held(zone), holds);
    bench.machine.clock.advance(59_999);
    assert_eq!(code(&bench.execute_one(&hold("early", zone, 1))), "INSUFFICIENT_SEATS");
    bench.machine.clock.advance(1);
    assert_eq!(code(&bench.execute_one(&hold("late", zone, 1))), "BOOKING");
    let left = u32::try_from(DUE_MAX).expect("small") - 1;
    assert_eq!(bench.held(zone), holds - left, "a batch ends so many at most");
    bench.execute(&[]);
    assert_eq!(bench.held(zone), 1);
    let reads = backend.reads();
    let books = Books::read(reads.as_ref(), &[OURS]).expect("it reads");
    let expired = books.bookings.iter().filter(|it| it.status == Status::Expired).count();
    assert_eq!(expired, batch.len());
}
