//! The writer's queue: what waits, who waited too long, and how it ends.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::tickets::booking::Status;
use engine::batch::BATCH_MAX;
use engine::reads::Reads;
use engine::{Fault, Job, Outcome, Store};
use sim::intents::{intent, key};
use sim::memory::MemoryStore;

use crate::office::{ACCOUNT, HOLD_MS, Office, answer, fields, join, one};
use crate::scripted::Turn;

#[test]
fn a_full_queue_says_so_at_once() {
    let office = Office::open(MemoryStore::new(), 2);
    let zone = office.event(10);
    office.shut();
    let first = office.send(intent(ACCOUNT, "a", one(zone, 1)));
    office.gate.await_writer();
    let second = office.send(intent(ACCOUNT, "b", one(zone, 1)));
    let third = office.send(intent(ACCOUNT, "c", one(zone, 1)));
    assert_eq!(office.handle.depth(), 2);
    let fourth = office.try_send(intent(ACCOUNT, "d", one(zone, 1)), 10_000);
    assert_eq!(fourth.err(), Some(Fault::QueueFull));
    office.gate.open();
    for receiver in [first, second, third] {
        assert!(matches!(answer(&receiver), Ok(Outcome::Decided(..))));
    }
    office.handle.settle();
    assert_eq!(office.handle.depth(), 0);
    assert_eq!(office.with_status(Status::Reserved), 3);
    office.ask("d", one(zone, 1));
    office.close();
}

#[test]
fn whoever_waited_too_long_is_not_decided() {
    let office = Office::new();
    let zone = office.event(10);
    office.shut();
    let first = office.send(intent(ACCOUNT, "a", one(zone, 1)));
    office.gate.await_writer();
    let late = office.try_send(intent(ACCOUNT, "b", one(zone, 1)), 10_000).expect("room");
    let patient = office.try_send(intent(ACCOUNT, "c", one(zone, 1)), 10_001).expect("room");
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
    let zone = office.event(u32::MAX / 8);
    office.shut();
    let first = office.send(intent(ACCOUNT, "first", one(zone, 1)));
    office.gate.await_writer();
    let name = |number: usize| format!("k-{number}");
    let waiting: Vec<_> = (0..2 * BATCH_MAX + 100)
        .map(|number| office.send(intent(ACCOUNT, &name(number), one(zone, 1))))
        .collect();
    office.handle.stop();
    let refused = office.try_send(intent(ACCOUNT, "late", one(zone, 1)), 10_000);
    assert_eq!(refused.err(), Some(Fault::Stopping));
    office.gate.open();
    for receiver in waiting.iter().chain([&first]) {
        assert!(matches!(answer(receiver), Ok(Outcome::Decided(..))));
    }
    assert_eq!(office.machine.observer.seen().largest, BATCH_MAX, "what waits is one batch");
    office.close();
}

#[test]
fn an_outage_is_survived() {
    let office = Office::new();
    let zone = office.event(10);
    office.script.be_away(true);
    let unanswered = answer(&office.send(intent(ACCOUNT, "a", one(zone, 1))));
    assert!(matches!(unanswered, Err(Fault::Unavailable(_))), "{unanswered:?}");
    office.script.be_away(false);
    assert!(matches!(office.ask("a", one(zone, 1)), Outcome::Decided(..)));
    office.close();
}

/// A batch that stands is answered, even if the store cannot say what is due next.
#[test]
fn what_is_committed_is_answered() {
    let office = Office::new();
    let zone = office.event(10);
    office.hold("a", zone);
    office.shut();
    office.machine.clock.advance(HOLD_MS);
    let receiver = office.send(intent(ACCOUNT, "b", one(zone, 1)));
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
    let zone = office.event(10);
    office.shut();
    office.script.next(&[Turn::Broken]);
    let first = office.send(intent(ACCOUNT, "first", one(zone, 1)));
    office.gate.await_writer();
    let second = office.send(intent(ACCOUNT, "second", one(zone, 1)));
    office.gate.open();
    let unanswered = answer(&first);
    assert!(matches!(unanswered, Err(Fault::Unavailable(_))), "{unanswered:?}");
    assert_eq!(answer(&second), Err(Fault::Stopping), "whoever waits is turned away");
    office.machine.observer.wait_until(|seen| seen.fatal.len() == 1);
    office.handle.stop();
    join(office.threads);
    let refused = office.handle.submit(Job {
        intent: intent(ACCOUNT, "b", one(zone, 1)),
        give_up_at_micros: u64::MAX,
        reply: Box::new(|_| {}),
    });
    assert_eq!(refused, Err(Fault::Stopping));
    assert!(!office.handle.is_alive());
}

#[test]
fn many_threads_get_what_there_is_and_no_more() {
    const THREADS: u32 = 8;
    const EACH: u32 = 60;
    let office = Office::new();
    let capacity = 100;
    let zone = office.event(capacity);
    let booked = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (office, booked) = (&office, &booked);
            scope.spawn(move || {
                for number in 0..EACH {
                    // Two threads use the same keys.
                    let name = format!("k-{}-{number}", thread / 2);
                    let got = fields(&office.ask(&name, one(zone, thread / 2)));
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
