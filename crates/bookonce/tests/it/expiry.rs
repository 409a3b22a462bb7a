//! Holds whose deadline passes while nobody serves: their stock is back right after the start.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kill::BACK;
use crate::place::{Place, Server, id};
use crate::settings::{Watch, pass, poll, tell};
use crate::workload::{RESERVE, Sale, plain_event};

const HOLDS: u64 = 700;
/// Stock is back within this after the start, on a noisy machine. The promise is a second.
const EXPIRED: Duration = Duration::from_secs(5);

fn stock(client: &mut crate::http::Client, sale: &Sale) -> [Value; 3] {
    let shown = client.get(&sale.availability(0)).expect(200);
    ["available", "held", "sold"].map(|name| shown[name].clone())
}

/// Waits until everything is available, and tells for how long.
fn wait_for_stock(server: &Server, client: &mut crate::http::Client, sale: &Sale) -> Duration {
    let back = server.ready();
    assert!(back < BACK, "it took {back:?}");
    let watch = Watch::start();
    poll(EXPIRED, "all stock is back", || {
        (stock(client, sale) == [json!(HOLDS), json!(0), json!(0)]).then(|| watch.elapsed())
    })
}

#[test]
fn holds_that_ended_while_nobody_served_are_back_after_the_start() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(HOLDS, 2));
    let mut booking = String::new();
    for number in 0..HOLDS / 2 {
        let body = sale.reserve(0, 2, "ann");
        booking = id(&client.post(RESERVE, &format!("hold-{number}"), &body).expect(201));
    }
    server.kill();
    // The deadline of the last hold passes. Nobody could have ended it, so nothing is wrong.
    pass(Duration::from_millis(2_100));
    place.verify();

    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let took = wait_for_stock(&server, &mut client, &sale);
    tell(&format!("expiry: {HOLDS} units were back {took:?} after the start"));
    let ended = client.get(&format!("/api/v1/bookings/{booking}")).expect(200);
    assert_eq!(ended["status"], "expired");
    let late = client.post(&format!("/api/v1/bookings/{booking}/confirm"), "late", &json!({}));
    assert_eq!(late.expect(409)["code"], "EXPIRED");
    // The answer under the key is what it was.
    let again = client.post(RESERVE, "hold-0", &sale.reserve(0, 2, "ann"));
    assert_eq!((again.is_replay(), &again.expect(201)["status"]), (true, &json!("reserved")));
    place.verify();
}

#[test]
fn holds_end_while_the_server_serves() {
    let place = Place::new();
    let key = place.key();
    let server = place.serve(&[]);
    let mut client = server.client(&key);
    let sale = Sale::create(&mut client, "event", &plain_event(HOLDS, 1));
    client.post(RESERVE, "hold", &sale.reserve(0, HOLDS, "ann")).expect(201);
    let watch = Watch::start();
    wait_for_stock(&server, &mut client, &sale);
    tell(&format!("expiry: a hold of 1 s was back after {:?}", watch.elapsed()));
    assert!(watch.elapsed() > Duration::from_millis(900), "not before its time");
    place.verify();
}
