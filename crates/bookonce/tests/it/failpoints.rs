//! The process ends at a named place of a batch, as in a power cut, at a random visit of that place.

use std::sync::mpsc::channel;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::kill::{BUYERS, OnSale, Recovered, open, recover};
use crate::ledger::{Ledger, Settled};
use crate::place::{Key, Place, SIGABRT, id};
use crate::process::TIMEOUT;
use crate::settings::{is_postgres, number, tell};
use crate::workload::{EVENTS, event};

/// Places that a batch of bookings comes by: of the engine, then the store's statements; and how often
/// it does at most before the process ends there.
const PLACES: [(&str, u64); 28] = [
    ("begin", 80),
    ("loaded", 40),
    ("decided", 40),
    ("before_commit", 40),
    ("before_commit", 40),
    ("before_commit", 1),
    ("after_commit", 40),
    ("after_commit", 40),
    ("after_commit", 1),
    ("before_answers", 40),
    ("before_answers", 40),
    ("before_answers", 1),
    ("activity_insert", 90),
    ("allowance_insert", 40),
    ("allowance_update", 20),
    ("booking_get", 40),
    ("booking_insert", 60),
    ("booking_update", 20),
    ("feed_put", 40),
    ("meta_put", 80),
    ("payment_insert", 10),
    ("person_insert", 10),
    ("pool_take", 10),
    ("pool_update", 60),
    ("record_get", 90),
    ("record_insert", 90),
    ("record_see", 3),
    ("zone_get", 40),
];

/// Asking this often without coming by the place means that nobody comes by there.
const ASKS_MAX: usize = 20_000;

/// Places that creating an event comes by, and how often where each row is a statement of its own.
const CREATION: [(&str, u64); 9] = [
    ("event_insert", 1),
    ("zone_insert", 2),
    ("pool_insert", 3),
    ("seat_insert", 200),
    ("record_insert", 1),
    ("activity_insert", 1),
    ("before_commit", 1),
    ("after_commit", 1),
    ("before_answers", 1),
];

/// What a place is called in the store that the tests run on: where several write, rows are locked as
/// they are read, and each writer has a row of its own.
fn in_store(name: &'static str) -> &'static str {
    match name {
        "booking_get" if is_postgres() => "booking_lock",
        "meta_put" if is_postgres() => "writer_put",
        other => other,
    }
}

/// Buyers buy until the process ends at the place.
fn end_at(place: &Place, key: &Key, ledger: &Ledger, failpoint: &str, seed: u64) {
    let served = place.serve_with(&[], &[("BOOKONCE_FAILPOINT", failpoint)]);
    let Ok(server) = served else {
        // Opening the store comes by there as well.
        return assert_eq!(served.map(|_| ()).map_err(|ran| ran.signal()), Err(Some(SIGABRT)));
    };
    let from = ledger.len();
    std::thread::scope(|scope| {
        let (answered, hears) = channel();
        for buyer in 0..BUYERS {
            let (client, answered) = (server.client(key), answered.clone());
            scope.spawn(move || ledger.buy(client, seed + buyer, &answered));
        }
        drop(answered);
        while let Ok(()) = hears.recv_timeout(TIMEOUT) {
            assert!(ledger.len() < from + ASKS_MAX, "nothing comes by {failpoint}");
        }
        let ran = server.process.ended(TIMEOUT);
        assert_eq!(ran.signal(), Some(SIGABRT), "{failpoint}: {ran:?}");
    });
}

#[test]
fn what_was_acknowledged_survives_the_end_at_any_place() {
    let seed = number("BOOKONCE_TEST_KILL_SEED", rand::random());
    tell(&format!("failpoints: BOOKONCE_TEST_KILL_SEED={seed}"));
    let mut rng = StdRng::seed_from_u64(seed);
    let place = Place::new();
    let key = place.key();
    let OnSale { server, ledger } = open(&place, &key);
    server.kill();
    let mut all = Settled::default();
    for (name, visits_max) in PLACES {
        let failpoint = format!("{}@{}", in_store(name), rng.random_range(1..=visits_max));
        let from = ledger.len();
        end_at(&place, &key, &ledger, &failpoint, rng.random::<u32>().into());
        let Recovered { server, settled, .. } = recover(&place, &key, &ledger, from);
        server.kill();
        all.acknowledged += settled.acknowledged;
        all.decided += settled.decided;
        all.undecided += settled.undecided;
        place.verify();
    }
    let Recovered { server, .. } = recover(&place, &key, &ledger, 0);
    ledger.check(&mut server.client(&key));
    tell(&format!("failpoints: {} places, {all:?}, {} repeats", PLACES.len(), ledger.repeats()));
    assert!(all.acknowledged > 0 && all.decided > 0 && all.undecided > 0, "{all:?}");
}

#[test]
fn an_event_is_created_once_wherever_the_process_ends() {
    let place = Place::new();
    let key = place.key();
    for (number, (name, visit)) in CREATION.into_iter().enumerate() {
        let visit = if is_postgres() { 1 } else { visit };
        let (name, key_of_event) = (format!("{name}@{visit}"), format!("event-{number}"));
        let server = place.serve_with(&[], &[("BOOKONCE_FAILPOINT", &name)]).expect("it serves");
        let lost = server.client(&key).try_post(EVENTS, &key_of_event, &event().to_string());
        assert!(lost.is_err(), "{name}: {lost:?}");
        assert_eq!(server.process.ended(TIMEOUT).signal(), Some(SIGABRT), "{name}");

        let server = place.serve(&[]);
        let mut client = server.client(&key);
        let made = client.post(EVENTS, &key_of_event, &event());
        let was_committed = ["after_commit@1", "before_answers@1"].contains(&name.as_str());
        assert_eq!(made.is_replay(), was_committed, "{name}");
        let made = id(&made.expect(201));
        let events = client.get(&format!("{EVENTS}?limit=200")).expect(200);
        let events = events["data"].as_array().expect("a list");
        assert_eq!(events.len(), number + 1, "{name}");
        assert_eq!(events.iter().filter(|event| id(event) == made).count(), 1, "{name}");
    }
    place.verify();
}

#[test]
fn a_failpoint_that_is_not_understood_is_named() {
    let ran = Place::new().serve_with(&[], &[("BOOKONCE_FAILPOINT", "begin@soon")]);
    let ran = ran.expect_err("it does not serve");
    assert_eq!(ran.code(), Some(2));
    assert!(ran.log.contains("BOOKONCE_FAILPOINT=begin@soon"), "{}", ran.log);
}
