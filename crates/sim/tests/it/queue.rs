//! The writer's queue: what waits, who waited too long, and how it ends.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::tickets::booking::Status;
use engine::batch::BATCH_MAX;
use engine::reads::Reads;
use engine::{Fault, Job, Outcome, Store};
use sim::intents::{intent, key};
use sim::memory::MemoryStore;

use crate::running::{ACCOUNT, HOLD_MS, Running, answer, fields, join, one};
use crate::scripted::Turn;

#[test]
fn a_full_queue_says_so_at_once() {
    let running = Running::open(MemoryStore::new(), 2);
    let zone = running.event(10);
    running.shut();
    let first = running.send(intent(ACCOUNT, "a", one(zone, 1)));
    running.gate.await_writer();
    let second = running.send(intent(ACCOUNT, "b", one(zone, 1)));
    let third = running.send(intent(ACCOUNT, "c", one(zone, 1)));
    assert_eq!(running.handle.depth(), 2);
    let fourth = running.try_send(intent(ACCOUNT, "d", one(zone, 1)), 10_000);
    assert_eq!(fourth.err(), Some(Fault::QueueFull));
    running.gate.open();
    for receiver in [first, second, third] {
        assert!(matches!(answer(&receiver), Ok(Outcome::Decided(..))));
    }
    running.handle.settle();
    assert_eq!(running.handle.depth(), 0);
    assert_eq!(running.with_status(Status::Reserved), 3);
    running.ask("d", one(zone, 1));
    running.close();
}

#[test]
fn whoever_waited_too_long_is_not_decided() {
    let running = Running::new();
    let zone = running.event(10);
    running.shut();
    let first = running.send(intent(ACCOUNT, "a", one(zone, 1)));
    running.gate.await_writer();
    let late = running.try_send(intent(ACCOUNT, "b", one(zone, 1)), 10_000).expect("room");
    let patient = running.try_send(intent(ACCOUNT, "c", one(zone, 1)), 10_001).expect("room");
    running.machine.clock.advance(10_000);
    running.gate.open();
    assert!(answer(&first).is_ok(), "it was taken in time");
    assert_eq!(answer(&late), Err(Fault::TimedOut));
    assert!(answer(&patient).is_ok());
    assert_eq!(running.memory.record(&key(ACCOUNT, "b")), Ok(None));
    running.close();
}

#[test]
fn a_stop_answers_whoever_waits() {
    let running = Running::new();
    let zone = running.event(u32::MAX / 8);
    running.shut();
    let first = running.send(intent(ACCOUNT, "first", one(zone, 1)));
    running.gate.await_writer();
    let name = |number: usize| format!("k-{number}");
    let waiting: Vec<_> = (0..2 * BATCH_MAX + 100)
        .map(|number| running.send(intent(ACCOUNT, &name(number), one(zone, 1))))
        .collect();
    running.handle.stop();
    let refused = running.try_send(intent(ACCOUNT, "late", one(zone, 1)), 10_000);
    assert_eq!(refused.err(), Some(Fault::Stopping));
    running.gate.open();
    for receiver in waiting.iter().chain([&first]) {
        assert!(matches!(answer(receiver), Ok(Outcome::Decided(..))));
    }
    assert_eq!(running.machine.observer.seen().largest, BATCH_MAX, "what waits is one batch");
    running.close();
}

#[test]
fn an_outage_is_survived() {
    let running = Running::new();
    let zone = running.event(10);
    running.script.be_away(true);
    let unanswered = answer(&running.send(intent(ACCOUNT, "a", one(zone, 1))));
    assert!(matches!(unanswered, Err(Fault::Unavailable(_))), "{unanswered:?}");
    running.script.be_away(false);
    assert!(matches!(running.ask("a", one(zone, 1)), Outcome::Decided(..)));
    running.close();
}

/// A batch that stands is answered, even if the store cannot say what is due next.
#[test]
fn what_is_committed_is_answered() {
    let running = Running::new();
    let zone = running.event(10);
    running.hold("a", zone);
    running.shut();
    running.machine.clock.advance(HOLD_MS);
    let receiver = running.send(intent(ACCOUNT, "b", one(zone, 1)));
    running.gate.await_writer();
    running.script.forget_deadlines(true);
    running.gate.open();
    assert!(matches!(answer(&receiver), Ok(Outcome::Decided(..))));
    running.script.forget_deadlines(false);
    running.machine.clock.advance(HOLD_MS);
    running.handle.settle();
    assert_eq!(running.with_status(Status::Expired), 2);
    running.close();
}

#[test]
fn broken_data_stops_the_writer() {
    let running = Running::new();
    let zone = running.event(10);
    running.shut();
    running.script.next(&[Turn::Broken]);
    let first = running.send(intent(ACCOUNT, "first", one(zone, 1)));
    running.gate.await_writer();
    let second = running.send(intent(ACCOUNT, "second", one(zone, 1)));
    running.gate.open();
    let unanswered = answer(&first);
    assert!(matches!(unanswered, Err(Fault::Unavailable(_))), "{unanswered:?}");
    assert_eq!(answer(&second), Err(Fault::Stopping), "whoever waits is turned away");
    running.machine.observer.wait_until(|seen| seen.fatal.len() == 1);
    running.handle.stop();
    join(running.threads);
    let refused = running.handle.submit(Job {
        intent: intent(ACCOUNT, "b", one(zone, 1)),
        give_up_at_micros: u64::MAX,
        reply: Box::new(|_| {}),
    });
    assert_eq!(refused, Err(Fault::Stopping));
    assert!(!running.handle.is_alive());
}

#[test]
fn many_threads_get_what_there_is_and_no_more() {
    const THREADS: u32 = 8;
    const EACH: u32 = 60;
    let running = Running::new();
    let capacity = 100;
    let zone = running.event(capacity);
    let booked = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (running, booked) = (&running, &booked);
            scope.spawn(move || {
                for number in 0..EACH {
                    // Two threads use the same keys.
                    let name = format!("k-{}-{number}", thread / 2);
                    let got = fields(&running.ask(&name, one(zone, thread / 2)));
                    let is_booking = got.get("code").is_some_and(|code| code == "BOOKING");
                    booked.fetch_add(u64::from(is_booking), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(booked.load(Ordering::Relaxed), 2 * u64::from(capacity), "each heard it twice");
    assert_eq!(running.with_status(Status::Reserved), 100);
    let seen = running.machine.observer.seen();
    assert_eq!(seen.intents, 1 + usize::try_from(THREADS * EACH).expect("small"));
    assert_eq!(seen.replays, usize::try_from(THREADS * EACH / 2).expect("small"));
    let running = running.reopened();
    assert_eq!(Store::next_deadline(&mut running.memory.clone()).map(|it| it.is_some()), Ok(true));
    running.close();
}
