//! A disk that fails while the server runs: it ends, and what was acknowledged is on the disk.
//!
//! Synchronising fails by a small library that is loaded before the system's. It is made by the C compiler
//! that SQLite is made by.

use std::process::Command;

use serde_json::{Value, json};

use crate::http::Client;
use crate::place::{Key, Place, Server};
use crate::process::TIMEOUT;
use crate::settings::tell;
use crate::workload::{EVENTS, RESERVE, Sale, plain_event};

/// Its file says from when on the disk fails.
const WHEN: &str = "the-disk-fails";
/// Numbered seats of an event: some megabytes for the WAL.
const SEATS: usize = 20_000;
/// So many events fill the WAL far beyond the point from which it is checkpointed.
const EVENTS_MAX: usize = 20;

/// The library, in the place; `None` where there is no C compiler, or where nothing can be loaded before
/// the system's library.
fn library(place: &Place) -> Option<String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/failing_disk.c");
    let library = place.path("failing_disk.so");
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).output();
    let Ok(made) = made else {
        tell("failing disk: skipped, there is no C compiler");
        return None;
    };
    assert!(made.status.success(), "{made:?}");
    if cfg!(not(all(target_os = "linux", target_env = "gnu"))) {
        tell("failing disk: skipped, the system has another way to load libraries");
        return None;
    }
    Some(library.to_str().expect("a path of letters").to_owned())
}

/// A server whose disk fails for the file of that name, once it is told to.
fn serve(place: &Place, name: &str) -> Option<Server> {
    let library = library(place)?;
    let when = place.path(WHEN);
    let when = when.to_str().expect("a path of letters");
    let environment =
        [("LD_PRELOAD", library.as_str()), ("FAILING_NAME", name), ("FAILING_WHEN", when)];
    Some(place.serve_with(&[], &environment).expect("it serves"))
}

/// The disk fails from here on; the server ends when `go_on` has gone on for a while. What was acknowledged
/// before is there after the next start.
#[track_caller]
fn check(name: &str, why: &str, mut go_on: impl FnMut(&mut Client, &Sale)) {
    let place = Place::plain();
    let key: Key = place.key();
    let Some(server) = serve(&place, name) else { return };
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(100, 600));
    let held = client.post(RESERVE, "held", &sale.reserve(0, 1, "ann"));
    assert_eq!(held.status, 201);
    place.write(WHEN, "");
    go_on(&mut client, &sale);
    let ran = server.process.ended(TIMEOUT);
    assert!(!ran.status.success() && ran.log.contains(why), "{ran:?}");

    std::fs::remove_file(place.path(WHEN)).expect("it is there");
    let server = place.serve(&[]);
    let again = server.client(&key).post(RESERVE, "held", &sale.reserve(0, 1, "ann"));
    assert_eq!((again.is_replay(), again.body), (true, held.body));
    server.stop();
    place.verify();
}

#[test]
fn a_commit_that_is_not_on_the_disk_is_not_acknowledged() {
    check("bookonce.db-wal", "commit: disk I/O error", |client, sale| {
        let body = sale.reserve(0, 1, "ben").to_string();
        let lost = client.try_post(RESERVE, "lost", &body);
        assert!(lost.as_ref().map_or(true, |answer| answer.status == 503), "{lost:?}");
    });
}

fn large_event() -> Value {
    let seats: Vec<_> =
        (0..SEATS).map(|seat| format!("Row {}, seat {}", seat / 50, seat % 50)).collect();
    json!({
        "name": "Hall", "starts_at": "2099-01-01T20:00:00.000Z", "currency": "USD",
        "zones": [{"name": "Hall", "capacity": SEATS, "price": "10.00", "seats": seats}],
    })
}

#[test]
fn a_log_that_cannot_be_carried_over_to_the_disk_ends_it() {
    check("bookonce.db", "wal_checkpoint(passive): disk I/O error", |client, _| {
        let body = large_event().to_string();
        let ended = (0..EVENTS_MAX)
            .any(|number| client.try_post(EVENTS, &format!("hall-{number}"), &body).is_err());
        assert!(ended, "nobody noticed");
    });
}
