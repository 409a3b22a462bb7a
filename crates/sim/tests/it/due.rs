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

use crate::office::{ACCOUNT, HOLD_MS, Office, answer, fields, one};
use crate::scripted::Script;

/// How holds cannot be ended: the store never takes a row, or the decision panics.
const WAYS: [(&str, fn(&Script, &[BookingId])); 2] = [
    ("refused", |script, holds| script.refuse(holds)),
    ("panics", |script, holds| script.panic_at(holds)),
];

/// Room for all holds.
const CAPACITY: u32 = 10_000;

fn holds(office: &Office, names: &str, count: usize) -> Vec<BookingId> {
    // The second time it is the same event.
    let zone = office.event(CAPACITY);
    let asked: Vec<_> = (0..count)
        .map(|number| office.send(intent(ACCOUNT, &format!("{names}-{number}"), one(zone, 1))))
        .collect();
    let id = |outcome: &Outcome| fields(outcome).get("booking_id").and_then(|id| id.parse().ok());
    asked.iter().map(|it| id(&answer(it).expect("an answer")).expect("a booking")).collect()
}

#[test]
fn one_hold_that_can_not_end_stops_nobody() {
    for (way, break_holds) in WAYS {
        let office = Office::new();
        let [first, bad, last] = holds(&office, way, 3)[..] else { panic!("three holds") };
        break_holds(&office.script, &[bad]);
        office.machine.clock.advance(HOLD_MS);
        office.handle.settle();
        let statuses = |office: &Office| [first, bad, last].map(|hold| office.status(hold));
        assert_eq!(
            statuses(&office),
            [Status::Expired, Status::Reserved, Status::Expired],
            "{way}"
        );
        let failures = |office: &Office| office.machine.observer.seen().due_failed.len();
        assert_eq!((failures(&office), office.machine.observer.seen().set_aside), (1, 1));
        let why = office.machine.observer.seen().due_failed;
        assert!(why.iter().all(|why| why.contains(&bad.to_string())), "{why:?}");
        // It is left alone for a while, and for longer after it failed again.
        let pauses = [(999, 1), (1, 2), (1_999, 2), (1, 3), (3_999, 3)];
        for (millis, tries) in pauses {
            office.machine.clock.advance(millis);
            office.handle.settle();
            assert_eq!(failures(&office), tries, "{way}");
        }
        break_holds(&office.script, &[]);
        office.machine.clock.advance(1);
        office.handle.settle();
        assert_eq!(statuses(&office), [Status::Expired; 3], "{way}");
        assert_eq!((failures(&office), office.machine.observer.seen().set_aside), (3, 0));
        office.close();
    }
}

/// All that one batch tries fails, and others are due after it.
#[test]
fn more_holds_than_a_batch_ends_that_can_not_end_stop_nobody() {
    for (way, break_holds) in WAYS {
        let office = Office::new();
        let bad = holds(&office, "bad", DUE_MAX + 1);
        office.machine.clock.advance(1);
        let good = holds(&office, "good", DUE_MAX + 1);
        break_holds(&office.script, &bad);
        office.machine.clock.advance(HOLD_MS);
        // Nobody asks, and the clock stands: it is one tick of the writer.
        office.machine.observer.wait_until(|seen| seen.expired == good.len());
        assert_eq!(office.with_status(Status::Reserved), bad.len(), "{way}");
        assert_eq!(office.machine.observer.seen().set_aside, bad.len(), "{way}");
        office.close();
    }
}

/// Whoever asks in the meantime is answered, in the batch in which the hold should have ended as well.
#[test]
fn a_batch_with_a_hold_that_can_not_end_is_answered() {
    for (way, break_holds) in WAYS {
        let office = Office::new();
        let [bad, good] = holds(&office, way, 2)[..] else { panic!("two holds") };
        let zone = office.event(CAPACITY);
        break_holds(&office.script, &[bad]);
        office.shut();
        office.machine.clock.advance(HOLD_MS);
        let asked: Vec<_> =
            ["a", "b"].map(|name| office.send(intent(ACCOUNT, name, one(zone, 1)))).into();
        office.gate.await_writer();
        office.gate.open();
        for asked in &asked {
            assert!(matches!(answer(asked), Ok(Outcome::Decided(..))), "{way}");
        }
        office.handle.settle();
        assert_eq!(office.status(good), Status::Expired, "{way}");
        assert_eq!(office.status(bad), Status::Reserved, "{way}");
        office.close();
    }
}

#[test]
fn the_writer_rests_while_a_hold_can_not_end() {
    for (way, break_holds) in WAYS {
        let office = Office::new();
        let bad = holds(&office, way, 1);
        break_holds(&office.script, &bad);
        office.machine.clock.advance(HOLD_MS);
        office.machine.observer.wait_until(|seen| seen.set_aside == 1);
        let before = office.script.looked_for_due();
        // A whole world comes and goes, and gives the writer time to look.
        run(1, &Options::CALM, &MemoryStore::new()).unwrap_or_else(|failure| panic!("{failure}"));
        let looked = office.script.looked_for_due() - before;
        assert!(looked < 200, "{way}: it looked {looked} times while the clock stood");
        office.close();
    }
}

#[test]
fn a_record_that_can_not_be_cleaned_up_stops_no_other() {
    // More than a slice looks at.
    const BAD: usize = SLICE_ROWS_MAX + 10;
    let office = Office::new();
    let bad: Vec<_> = (0..BAD).map(|number| format!("bad-{number}")).collect();
    let good: Vec<_> = (0..BAD).map(|number| format!("good-{number}")).collect();
    holds(&office, "bad", BAD);
    office.machine.clock.advance(1);
    holds(&office, "good", BAD);
    office.machine.clock.advance(HOLD_MS);
    office.handle.settle();
    office.script.refuse(&bad);
    office.machine.clock.advance(2 * DAY_MS.unsigned_abs());
    office.handle.settle();
    let retired = |names: &[String]| {
        let is_retired = |name: &&String| {
            let record = office.memory.record(&key(ACCOUNT, name)).expect("it reads");
            record.is_some_and(|record| record.state == RecordState::Retired)
        };
        names.iter().filter(is_retired).count()
    };
    assert_eq!((retired(&bad), retired(&good)), (0, BAD));
    assert_eq!(office.machine.observer.seen().uncleaned, BAD);
    office.script.refuse(&[] as &[&str]);
    office.machine.clock.advance(60_000);
    office.handle.settle();
    assert_eq!((retired(&bad), office.machine.observer.seen().uncleaned), (BAD, 0));
    office.close();
}

#[test]
fn a_feed_that_can_not_be_cleaned_up_is_set_aside() {
    let office = Office::new();
    office.event(1);
    let left = |office: &Office| {
        office.memory.activity(ACCOUNT, &ActivityFilter::default(), 9).expect("it reads").len()
    };
    office.script.refuse(&[ACCOUNT]);
    office.machine.clock.advance(402 * DAY_MS.unsigned_abs());
    office.handle.settle();
    assert_eq!((left(&office), office.machine.observer.seen().uncleaned), (1, 1));
    office.script.refuse(&[] as &[&str]);
    office.machine.clock.advance(60_000);
    office.handle.settle();
    assert_eq!((left(&office), office.machine.observer.seen().uncleaned), (0, 0));
    office.close();
}
