//! A writer that ends although nobody stopped it is known at once, and nobody who only watches or asks
//! can end it.

use std::sync::Arc;

use engine::ports::{Aside, BatchReport};
use engine::{Clock as _, Fault, Job, Observer, Outcome, Ports, writer};
use sim::intents::{create_event, intent};
use sim::memory::MemoryStore;
use sim::test_ports::{TestClock, TestPorts};

use crate::running::{ACCOUNT, QUEUE_MAX, Running, answer, join, one};
use crate::scripted::Turn;

#[test]
fn a_writer_that_was_stopped_is_not_lost() {
    let running = Running::new();
    assert!(running.handle.is_alive());
    let handle = running.handle.clone();
    running.close();
    assert!(handle.is_alive(), "it ended in order");
}

#[test]
fn a_writer_that_panics_is_known_to_be_gone() {
    let running = Running::new();
    let zone = running.event(10);
    running.shut();
    running.script.next(&[Turn::Panics]);
    let first = running.send(intent(ACCOUNT, "first", one(zone, 1)));
    running.gate.await_writer();
    let second = running.send(intent(ACCOUNT, "second", one(zone, 1)));
    running.gate.open();
    assert_eq!(answer(&second), Err(Fault::Stopping), "whoever waits is turned away");
    assert!(first.recv().is_err(), "nobody knows what became of it");
    assert!(!running.handle.is_alive());
    running.handle.stop();
    join(running.threads);
    let fatal = running.machine.observer.seen().fatal;
    assert_eq!(fatal, ["the writer panicked: a bug of the store"]);
    let late = Job {
        intent: intent(ACCOUNT, "late", one(zone, 1)),
        give_up_at_micros: u64::MAX,
        reply: Box::new(|_| {}),
    };
    assert_eq!(running.handle.submit(late), Err(Fault::Stopping));
}

/// Its log is full, or whoever read it has gone.
struct Speechless;

impl Observer for Speechless {
    fn batch(&self, _report: &BatchReport) {
        panic!("the batch cannot be told");
    }
    fn panicked(&self, _what: &str) {
        panic!("the panic cannot be told");
    }
    fn repeated(&self, _why: &str) {
        panic!("the repeat cannot be told");
    }
    fn store_error(&self, _what: &str) {
        panic!("the error cannot be told");
    }
    fn due_failed(&self, _what: &str) {
        panic!("the failure cannot be told");
    }
    fn set_aside(&self, _what: Aside, _count: usize) {
        panic!("the count cannot be told");
    }
    fn fatal(&self, _what: &str) {
        panic!("the end cannot be told");
    }
}

#[test]
fn an_observer_that_panics_ends_nobody() {
    let machine = TestPorts::new(5);
    let script = crate::scripted::Script::default();
    let store = crate::scripted::ScriptedStore::new(MemoryStore::new(), script.clone());
    let ports = || Ports { observer: Arc::new(Speechless), ..machine.ports() };
    let engine::Started { handle, threads } =
        writer::spawn(vec![Box::new(store)], ports, QUEUE_MAX).expect("a thread");
    let ask = |name: &str| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let command = create_event(TestClock::START.plus_seconds(1_000_000), &[1]);
        let reply = Box::new(move |outcome| sender.send(outcome).expect("somebody waits"));
        let give_up_at_micros = machine.clock.micros() + 1;
        let intent = intent(ACCOUNT, name, command);
        handle.submit(Job { intent, give_up_at_micros, reply }).expect("there is room");
        answer(&receiver)
    };
    assert!(matches!(ask("a"), Ok(Outcome::Decided(..))));
    let turn = |turn: Turn| {
        // Nothing else is left that would take its turn.
        handle.settle();
        script.next(&[turn]);
    };
    turn(Turn::NotWritten);
    assert!(matches!(ask("b"), Err(Fault::Unavailable(_))));
    turn(Turn::Conflict);
    assert!(matches!(ask("b"), Ok(Outcome::Decided(..))));
    assert!(handle.is_alive());
    turn(Turn::Broken);
    assert!(matches!(ask("c"), Err(Fault::Unavailable(_))));
    threads.into_iter().for_each(|thread| thread.join().expect("it ends well"));
    assert!(!handle.is_alive(), "who cannot be told can still ask");
}

#[test]
fn whoever_panics_at_their_answer_ends_nobody() {
    let running = Running::new();
    let zone = running.event(10);
    let job = Job {
        intent: intent(ACCOUNT, "a", one(zone, 1)),
        give_up_at_micros: u64::MAX,
        reply: Box::new(|_| panic!("it cannot be heard")),
    };
    running.handle.submit(job).expect("there is room");
    assert!(matches!(running.ask("a", one(zone, 1)), Outcome::Replayed(_)), "it was committed");
    assert_eq!(running.machine.observer.seen().panicked, ["it cannot be heard"]);
    running.close();
}
