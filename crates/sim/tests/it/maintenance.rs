//! Maintenance by the writer: it ends holds, counts keys, emits collisions, cleans up.

use std::collections::BTreeSet;

use domain::activity::ActivityKind;
use domain::record::RecordState;
use domain::tickets::booking::Status;
use domain::time::DAY_MS;
use engine::batch::{BATCH_MAX, DUE_MAX};
use engine::cleaning::{Removed, SLICE_ROWS_MAX};
use engine::reads::due::DueReads as _;
use engine::reads::{ActivityFilter, Reads};
use engine::{ActivityRow, Outcome};
use sim::intents::{EventZone, confirm, intent, key, with_other_body};
use sim::memory::MemoryStore;
use sim::run::{Options, run};

use crate::running::{ACCOUNT, HOLD_MS, QUEUE_MAX, Running, answer, fields, join, one};
use crate::scripted::Turn;

#[test]
fn holds_end_right_after_a_restart() {
    let running = Running::new();
    let zone = running.event(10);
    let booking = running.hold("a", zone);
    running.handle.stop();
    let Running { memory, machine, threads, .. } = running;
    join(threads);
    machine.clock.advance(3 * HOLD_MS);
    let running = Running::open_at(machine, memory, QUEUE_MAX);
    running.machine.observer.wait_until(|seen| seen.expired == 1);
    assert_eq!(running.status(booking), Status::Expired);
    running.close();
}

#[test]
fn a_hold_ends_at_its_deadline_and_not_before() {
    let running = Running::new();
    let zone = running.event(10);
    let booking = running.hold("a", zone);
    running.machine.clock.advance(HOLD_MS - 1);
    running.handle.settle();
    assert_eq!(running.status(booking), Status::Reserved);
    running.machine.clock.advance(1);
    // Nobody asks: the writer looks at the clock by itself.
    running.machine.observer.wait_until(|seen| seen.expired == 1);
    assert_eq!(running.status(booking), Status::Expired);
    assert_eq!(fields(&running.ask("again", one(zone, 1))).get("quantity"), Some(&"1".to_owned()));
    running.close();
}

/// By themselves, and where somebody waits for it.
#[test]
fn more_holds_than_two_batches_end_all_end() {
    for waits in [false, true] {
        let running = Running::new();
        let count = 5 * DUE_MAX + 10;
        let zone = running.event(u32::try_from(count).expect("small"));
        hold_all(&running, zone, count);
        running.machine.clock.advance(HOLD_MS);
        if waits {
            running.handle.settle();
        } else {
            running.machine.observer.wait_until(|seen| seen.expired == count);
        }
        assert_eq!(running.with_status(Status::Expired), count);
        running.close();
    }
}

fn name(number: usize) -> String {
    format!("k-{number}")
}

/// So many holds, each under its key.
fn hold_all(running: &Running, zone: EventZone, count: usize) {
    let send = |number| running.send(intent(ACCOUNT, &name(number), one(zone, 1)));
    let holds: Vec<_> = (0..count).map(send).collect();
    for receiver in &holds {
        assert!(matches!(answer(receiver), Ok(Outcome::Decided(..))));
    }
}

/// Each is told once.
#[test]
fn more_collisions_than_two_batches_tell_are_all_told() {
    const COUNT: usize = 2 * BATCH_MAX + 10;
    let running = Running::new();
    let zone = running.event(u32::try_from(COUNT).expect("small"));
    hold_all(&running, zone, COUNT);
    let reuse =
        |number| running.send(with_other_body(intent(ACCOUNT, &name(number), one(zone, 1))));
    let reused: Vec<_> = (0..COUNT).map(reuse).collect();
    reused.iter().for_each(|receiver| drop(answer(receiver)));
    running.handle.settle();
    let kinds = vec![ActivityKind::IdempotencyCollision];
    let filter = ActivityFilter { kinds, ..ActivityFilter::default() };
    let told = running.memory.activity(ACCOUNT, &filter, usize::MAX).expect("it reads");
    let key_of = |told: &ActivityRow| {
        let (_, rest) = told.data.split_once("\"idempotency_key\":\"").expect("it names its key");
        rest.split('"').next().expect("the key").to_owned()
    };
    let keys: BTreeSet<String> = told.iter().map(key_of).collect();
    assert_eq!((told.len(), keys), (COUNT, (0..COUNT).map(name).collect()));
    running.close();
}

/// The writer goes on by itself: one slice after the other, and nobody has to ask for the next.
#[test]
fn clean_up_goes_on_until_it_is_done() {
    const COUNT: usize = 2 * SLICE_ROWS_MAX + 10;
    let running = Running::new();
    let zone = running.event(u32::try_from(COUNT).expect("small"));
    hold_all(&running, zone, COUNT);
    running.machine.clock.advance(HOLD_MS);
    running.machine.observer.wait_until(|seen| seen.expired == COUNT);
    // One key more made the event.
    let all = u64::try_from(COUNT).expect("small") + 1;
    let removed = |days: u64, done: fn(&Removed) -> u64, count: u64| {
        running.machine.clock.advance(days * DAY_MS.unsigned_abs() + HOLD_MS);
        running.machine.observer.wait_until(|seen| done(&seen.removed) >= count);
        // The turn ends before the clock moves on.
        running.handle.settle();
    };
    removed(1, |it| it.answers, all);
    removed(90, |it| it.tombstones, all);
    let head = running.memory.feed_head(ACCOUNT).expect("it reads");
    removed(400, |it| it.activity, head);
    let told = running.memory.activity(ACCOUNT, &ActivityFilter::default(), 9);
    assert_eq!(told, Ok(Vec::new()), "nothing is left of {head} entries");
    running.close();
}

#[test]
fn a_sale_does_not_end() {
    let running = Running::new();
    let zone = running.event(10);
    let booking = running.hold("a", zone);
    running.ask("pay", confirm(booking, "ref"));
    running.machine.clock.advance(2 * HOLD_MS);
    running.handle.settle();
    assert_eq!(running.status(booking), Status::Confirmed);
    running.close();
}

#[test]
fn keys_are_counted_and_collisions_told() {
    let running = Running::new();
    let zone = running.event(10);
    let first = intent(ACCOUNT, "a", one(zone, 1));
    running.hold("a", zone);
    for _ in 0..2 {
        assert!(matches!(answer(&running.send(first.clone())), Ok(Outcome::Replayed(_))));
    }
    running.shut();
    let another = running.send(intent(ACCOUNT, "b", one(zone, 1)));
    running.gate.await_writer();
    let others: Vec<_> = (0..3).map(|_| running.send(with_other_body(first.clone()))).collect();
    running.gate.open();
    assert!(answer(&another).is_ok());
    for reused in others {
        let reused = answer(&reused).expect("an answer");
        assert_eq!(fields(&reused).get("code"), Some(&"KEY_REUSED".to_owned()));
    }
    running.handle.settle();
    let record = running.memory.record(&key(ACCOUNT, "a")).expect("it reads").expect("it is there");
    assert_eq!(record.attempts, 3, "those with another body are not the key's");
    let kinds = vec![ActivityKind::IdempotencyCollision];
    let filter = ActivityFilter { kinds, ..ActivityFilter::default() };
    let told = running.memory.activity(ACCOUNT, &filter, 9).expect("it reads");
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.data.contains("\"idempotency_key\":\"a\""), "{}", told.data);
    running.handle.settle();
    assert_eq!(running.memory.activity(ACCOUNT, &filter, 9).map(|told| told.len()), Ok(1));
    running.close();
}

/// What was counted since the last write is written before the writer ends in order, whether it was
/// stopped or nobody is left who could ask.
#[test]
fn the_last_second_is_written_before_the_end() {
    for stops in [true, false] {
        let running = Running::new();
        let zone = running.event(10);
        let first = intent(ACCOUNT, "a", one(zone, 1));
        running.hold("a", zone);
        let replay =
            || assert!(matches!(answer(&running.send(first.clone())), Ok(Outcome::Replayed(_))));
        // The first is written at once. Then the clock stands: nothing is, before its time.
        replay();
        replay();
        drop(answer(&running.send(with_other_body(first.clone()))));
        let attempts = |memory: &MemoryStore| {
            memory.record(&key(ACCOUNT, "a")).expect("it reads").expect("it is there").attempts
        };
        let Running { memory, machine, handle, threads, .. } = running;
        assert_eq!(attempts(&memory), 2);
        if stops {
            handle.stop();
        }
        drop(handle);
        join(threads);
        assert_eq!(attempts(&memory), 3);
        let kinds = vec![ActivityKind::IdempotencyCollision];
        let filter = ActivityFilter { kinds, ..ActivityFilter::default() };
        assert_eq!(memory.activity(ACCOUNT, &filter, 9).map(|told| told.len()), Ok(1));
        assert_eq!(machine.observer.seen().fatal, [] as [&str; 0]);
    }
}

#[test]
fn an_outage_loses_no_collision() {
    let running = Running::new();
    let zone = running.event(10);
    running.hold("a", zone);
    running.handle.settle();
    running.script.next(&[Turn::NotWritten]);
    let other = with_other_body(intent(ACCOUNT, "a", one(zone, 1)));
    drop(answer(&running.send(other)));
    running.machine.observer.wait_until(|seen| !seen.store_errors.is_empty());
    running.handle.settle();
    let kinds = vec![ActivityKind::IdempotencyCollision];
    let filter = ActivityFilter { kinds, ..ActivityFilter::default() };
    assert_eq!(running.memory.activity(ACCOUNT, &filter, 9).map(|told| told.len()), Ok(1));
    running.close();
}

#[test]
fn answers_are_retired_and_then_forgotten() {
    let running = Running::new();
    let zone = running.event(10);
    running.hold("a", zone);
    let state = |running: &Running| {
        let record = running.memory.record(&key(ACCOUNT, "a")).expect("it reads");
        record.map(|record| record.state == RecordState::Retired)
    };
    let later = |days: u64| {
        running.machine.clock.advance(days * DAY_MS.unsigned_abs() + HOLD_MS);
        running.handle.settle();
    };
    running.machine.clock.advance(DAY_MS.unsigned_abs());
    running.handle.settle();
    assert_eq!(state(&running), Some(false), "a day after the hold has ended, not after it began");
    later(1);
    assert_eq!(state(&running), Some(true));
    let retired = fields(&running.ask("a", one(zone, 1)));
    assert_eq!(retired.get("code"), Some(&"KEY_RETIRED".to_owned()));
    later(89);
    assert_eq!(state(&running), Some(true));
    later(1);
    assert_eq!(state(&running), None);
    let fresh = running.ask("a", one(zone, 1));
    assert!(matches!(fresh, Outcome::Decided(..)), "the key is new: {fresh:?}");
    running.close();
}
/// While the store is away nothing can be done about what is due, so it is not tried all the time.
#[test]
fn an_outage_is_waited_for() {
    let running = Running::new();
    let zone = running.event(10);
    let booking = running.hold("a", zone);
    running.handle.settle();
    running.script.be_away(true);
    running.machine.clock.advance(HOLD_MS);
    running.machine.observer.wait_until(|seen| !seen.store_errors.is_empty());
    // A whole world comes and goes, and gives the writer time to try.
    run(1, &Options::CALM, &MemoryStore::new()).unwrap_or_else(|failure| panic!("{failure}"));
    let tried = running.machine.observer.seen().store_errors.len();
    assert!(tried < 200, "it was tried {tried} times while the clock stood");
    running.script.be_away(false);
    running.handle.settle();
    assert_eq!(running.status(booking), Status::Expired);
    running.close();
}
