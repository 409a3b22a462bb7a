//! What is due and cannot be done stops nothing else, and keeps nobody busy.

use domain::id::BookingId;
use domain::record::RecordState;
use domain::tickets::booking::Status;
use domain::time::DAY_MS;
use engine::Outcome;
use engine::batch::DUE_MAX;
use engine::cleaning::SLICE_ROWS_MAX;
use engine::reads::{ActivityFilter, Reads};
use sim::intents::{intent, key};
use sim::memory::MemoryStore;
use sim::run::{Options, run};

use crate::running::{ACCOUNT, HOLD_MS, Running, answer, fields, one};
use crate::scripted::Script;

/// How holds cannot be ended: the store never takes a row, or the decision panics.
const WAYS: [(&str, fn(&Script, &[BookingId])); 2] = [
    ("refused", |script, holds| script.refuse(holds)),
    ("panics", |script, holds| script.panic_at(holds)),
];

/// Room for all holds.
const CAPACITY: u32 = 10_000;

fn holds(running: &Running, names: &str, count: usize) -> Vec<BookingId> {
    // The second time it is the same event.
    let zone = running.event(CAPACITY);
    let asked: Vec<_> = (0..count)
        .map(|number| running.send(intent(ACCOUNT, &format!("{names}-{number}"), one(zone, 1))))
        .collect();
    let id = |outcome: &Outcome| fields(outcome).get("booking_id").and_then(|id| id.parse().ok());
    asked.iter().map(|it| id(&answer(it).expect("an answer")).expect("a booking")).collect()
}

#[test]
fn one_hold_that_cannot_end_stops_nobody() {
    for (way, break_holds) in WAYS {
        let running = Running::new();
        let [first, bad, last] = holds(&running, way, 3)[..] else { panic!("three holds") };
        break_holds(&running.script, &[bad]);
        running.machine.clock.advance(HOLD_MS);
        running.handle.settle();
        let statuses = |running: &Running| [first, bad, last].map(|hold| running.status(hold));
        assert_eq!(
            statuses(&running),
            [Status::Expired, Status::Reserved, Status::Expired],
            "{way}"
        );
        let failures = |running: &Running| running.machine.observer.seen().due_failed.len();
        assert_eq!((failures(&running), running.machine.observer.seen().set_aside), (1, 1));
        let why = running.machine.observer.seen().due_failed;
        assert!(why.iter().all(|why| why.contains(&bad.to_string())), "{why:?}");
        // It is left alone for a while, and for longer after it failed again.
        let pauses = [(999, 1), (1, 2), (1_999, 2), (1, 3), (3_999, 3)];
        for (millis, tries) in pauses {
            running.machine.clock.advance(millis);
            running.handle.settle();
            assert_eq!(failures(&running), tries, "{way}");
        }
        break_holds(&running.script, &[]);
        running.machine.clock.advance(1);
        running.handle.settle();
        assert_eq!(statuses(&running), [Status::Expired; 3], "{way}");
        assert_eq!((failures(&running), running.machine.observer.seen().set_aside), (3, 0));
        running.close();
    }
}

/// All that one batch tries fails, and others are due after it.
#[test]
fn more_holds_than_a_batch_ends_that_cannot_end_stop_nobody() {
    for (way, break_holds) in WAYS {
        let running = Running::new();
        let bad = holds(&running, "bad", DUE_MAX + 1);
        running.machine.clock.advance(1);
        let good = holds(&running, "good", DUE_MAX + 1);
        break_holds(&running.script, &bad);
        running.machine.clock.advance(HOLD_MS);
        // Nobody asks, and the clock stands: it is one tick of the writer.
        running.machine.observer.wait_until(|seen| seen.expired == good.len());
        assert_eq!(running.with_status(Status::Reserved), bad.len(), "{way}");
        assert_eq!(running.machine.observer.seen().set_aside, bad.len(), "{way}");
        running.close();
    }
}

/// Whoever asks in the meantime is answered, in the batch in which the hold should have ended as well.
#[test]
fn a_batch_with_a_hold_that_cannot_end_is_answered() {
    for (way, break_holds) in WAYS {
        let running = Running::new();
        let [bad, good] = holds(&running, way, 2)[..] else { panic!("two holds") };
        let zone = running.event(CAPACITY);
        break_holds(&running.script, &[bad]);
        running.shut();
        running.machine.clock.advance(HOLD_MS);
        let asked: Vec<_> =
            ["a", "b"].map(|name| running.send(intent(ACCOUNT, name, one(zone, 1)))).into();
        running.gate.await_writer();
        running.gate.open();
        for asked in &asked {
            assert!(matches!(answer(asked), Ok(Outcome::Decided(..))), "{way}");
        }
        running.handle.settle();
        assert_eq!(running.status(good), Status::Expired, "{way}");
        assert_eq!(running.status(bad), Status::Reserved, "{way}");
        running.close();
    }
}

#[test]
fn the_writer_rests_while_a_hold_cannot_end() {
    for (way, break_holds) in WAYS {
        let running = Running::new();
        let bad = holds(&running, way, 1);
        break_holds(&running.script, &bad);
        running.machine.clock.advance(HOLD_MS);
        running.machine.observer.wait_until(|seen| seen.set_aside == 1);
        let before = running.script.looked_for_due();
        // A whole world comes and goes, and gives the writer time to look.
        run(1, &Options::CALM, &MemoryStore::new()).unwrap_or_else(|failure| panic!("{failure}"));
        let looked = running.script.looked_for_due() - before;
        assert!(looked < 200, "{way}: it looked {looked} times while the clock stood");
        running.close();
    }
}

#[test]
fn a_record_that_cannot_be_cleaned_up_stops_no_other() {
    // More than a slice looks at.
    const BAD: usize = SLICE_ROWS_MAX + 10;
    let running = Running::new();
    let bad: Vec<_> = (0..BAD).map(|number| format!("bad-{number}")).collect();
    let good: Vec<_> = (0..BAD).map(|number| format!("good-{number}")).collect();
    holds(&running, "bad", BAD);
    running.machine.clock.advance(1);
    holds(&running, "good", BAD);
    running.machine.clock.advance(HOLD_MS);
    running.handle.settle();
    running.script.refuse(&bad);
    running.machine.clock.advance(2 * DAY_MS.unsigned_abs());
    running.handle.settle();
    let retired = |names: &[String]| {
        let is_retired = |name: &&String| {
            let record = running.memory.record(&key(ACCOUNT, name)).expect("it reads");
            record.is_some_and(|record| record.state == RecordState::Retired)
        };
        names.iter().filter(is_retired).count()
    };
    assert_eq!((retired(&bad), retired(&good)), (0, BAD));
    assert_eq!(running.machine.observer.seen().uncleaned, BAD);
    running.script.refuse(&[] as &[&str]);
    running.machine.clock.advance(60_000);
    running.handle.settle();
    assert_eq!((retired(&bad), running.machine.observer.seen().uncleaned), (BAD, 0));
    running.close();
}

#[test]
fn a_feed_that_cannot_be_cleaned_up_is_set_aside() {
    let running = Running::new();
    running.event(1);
    let left = |running: &Running| {
        running.memory.activity(ACCOUNT, &ActivityFilter::default(), 9).expect("it reads").len()
    };
    running.script.refuse(&[ACCOUNT]);
    running.machine.clock.advance(402 * DAY_MS.unsigned_abs());
    running.handle.settle();
    assert_eq!((left(&running), running.machine.observer.seen().uncleaned), (1, 1));
    running.script.refuse(&[] as &[&str]);
    running.machine.clock.advance(60_000);
    running.handle.settle();
    assert_eq!((left(&running), running.machine.observer.seen().uncleaned), (0, 0));
    running.close();
}
