//! Many at once, over real sockets: never more than there is, never more than one may have, one booking
//! for each key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::Answer;
use super::client::{Client, at_once};
use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, hall, paid, with, zone};

/// How often each status, and each code among the refusals.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let what = if answer.status < 400 { answer.status.to_string() } else { answer.str("code") };
        *tally.entry(what).or_default() += 1;
    }
    tally
}

fn of<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(what, count)| (what.to_owned(), count)).collect()
}

fn reserve(client: &Client, key: &str, body: &Value) -> (Client, Ask) {
    (client.clone(), Ask::post("/bookings/reserve", body).key(key))
}

#[tokio::test]
async fn one_seat_for_a_hundred_users() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let calls = || (0..100).map(|n| reserve(&shop, &format!("k{n}"), &floor.one(&format!("u{n}"))));
    let answers = at_once(calls()).await;
    assert_eq!(tally(&answers), of([("201", 1), ("INSUFFICIENT_SEATS", 99)]));
    // All of them ask again, and hear the same.
    let again = at_once(calls()).await;
    for (first, again) in answers.iter().zip(&again) {
        assert!(again.is_replay());
        assert_eq!(first.text(), again.text());
    }
}

#[tokio::test]
async fn ten_seats_for_a_hundred_users() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let calls = (0..100).map(|n| reserve(&shop, &format!("k{n}"), &floor.one(&format!("u{n}"))));
    let answers = at_once(calls).await;
    assert_eq!(tally(&answers), of([("201", 10), ("INSUFFICIENT_SEATS", 90)]));
    assert_eq!(shop.stock(&floor, 0).await, [0, 10, 0]);
}

#[tokio::test]
async fn one_key_two_hundred_times() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann");
    let answers = at_once((0..200).map(|_| reserve(&shop, "k", &body))).await;
    let ids: BTreeSet<_> = answers.iter().map(|answer| answer.str("id")).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
    for answer in &answers {
        assert_eq!((answer.status, answer.text()), (201, answers[0].text()));
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
    server.settle();
    assert_eq!(shop.get("/idempotency_keys/k").await.at("attempts"), 200);
}

#[tokio::test]
async fn twenty_bodies_under_one_key() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(100).await;
    let body = |n: usize| floor.one(&format!("u{}", n % 20));
    let answers = at_once((0..100).map(|n| reserve(&shop, "k", &body(n)))).await;
    assert_eq!(tally(&answers), of([("201", 5), ("IDEMPOTENCY_KEY_REUSED", 95)]));
    let booked: BTreeSet<_> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.str("user_id"))
        .collect();
    assert_eq!(booked.len(), 1, "one body wins, all five of it");
    assert_eq!(shop.stock(&floor, 0).await, [99, 1, 0]);
}

#[tokio::test]
async fn the_last_numbered_seat() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let hall = shop.concert(json!([hall(&["A1", "A2", "A3"])])).await;
    shop.hold(hall.seats(0, "early", &["A1"])).await;
    let calls = (0..60).map(|n| {
        let user = format!("u{n}");
        let body = match n % 3 {
            0 => hall.seats(0, &user, &["A2"]),
            1 => hall.seats(0, &user, &["A3", "A2"]),
            _ => with(hall.units(0, &user, 1), &json!({"best_available": true})),
        };
        reserve(&shop, &user, &body)
    });
    let answers = at_once(calls.collect::<Vec<_>>()).await;
    let mut sold: Vec<String> = Vec::new();
    for answer in answers.iter().filter(|answer| answer.status == 201) {
        let seats = answer.at("seats");
        sold.extend(seats.as_array().unwrap().iter().map(|seat| seat.as_str().unwrap().to_owned()));
    }
    sold.sort();
    assert_eq!(sold, ["A2", "A3"], "each of them once");
    assert_eq!(shop.stock(&hall, 0).await, [0, 3, 0]);
}

#[tokio::test]
async fn one_user_with_fifty_keys() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(100).await;
    let body = floor.one("ann");
    let answers = at_once((0..50).map(|n| reserve(&shop, &format!("k{n}"), &body))).await;
    assert_eq!(tally(&answers), of([("201", 4), ("MAX_TICKETS_EXCEEDED", 46)]));
}

#[tokio::test]
async fn confirm_release_and_cancel_at_once() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(100).await;
    for round in 0..5 {
        let id = shop.hold(floor.one("ann")).await;
        let path = |action: &str| format!("/bookings/{id}/{action}");
        let calls = (0..30).map(|n| {
            let (action, body) = match n % 3 {
                0 => ("confirm", paid(&format!("pi-{round}-{n}"))),
                1 => ("release", json!({})),
                _ => ("cancel", json!({})),
            };
            (shop.clone(), Ask::post(&path(action), &body).key(&format!("{round}-{n}")))
        });
        let answers = at_once(calls.collect::<Vec<_>>()).await;
        let done = answers.iter().filter(|answer| answer.status == 200);
        let done: Vec<_> = done.map(|answer| answer.str("status")).collect();
        let status = shop.booking_status(&id).await;
        match status.as_str() {
            "released" => assert_eq!(done, ["released"]),
            "confirmed" => assert_eq!(done, ["confirmed"]),
            "cancelled" => assert_eq!(done.len(), 2, "{done:?}"),
            other => panic!("{other}"),
        }
        if status == "confirmed" {
            shop.act(&id, "cancel", json!({})).await.is(200);
        }
        server.advance(1);
        assert_eq!(shop.stock(&floor, 0).await, [100, 0, 0]);
    }
}

#[tokio::test]
async fn one_payment_for_ten_bookings() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let event = with(concert(json!([zone(100, "5")])), &json!({"max_per_user": 100}));
    let event = shop.event(event).await;
    let mut calls = Vec::new();
    for n in 0..10 {
        let id = shop.hold(event.one("ann")).await;
        let ask = Ask::post(&format!("/bookings/{id}/confirm"), &paid("pi_1"));
        calls.push((shop.clone(), ask.key(&format!("c{n}"))));
    }
    let answers = at_once(calls).await;
    assert_eq!(tally(&answers), of([("200", 1), ("PAYMENT_REFERENCE_USED", 9)]));
}

#[tokio::test]
async fn releasing_while_others_reserve() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(5).await;
    let mut held = Vec::new();
    for n in 0..5 {
        held.push(shop.hold(floor.one(&format!("h{n}"))).await);
    }
    let releases = held.iter().map(|id| {
        let ask = Ask::post(&format!("/bookings/{id}/release"), &json!({}));
        (shop.clone(), ask.key(&format!("r{id}")))
    });
    let reserves = (0..40).map(|n| reserve(&shop, &format!("k{n}"), &floor.one(&format!("u{n}"))));
    let answers = at_once(releases.chain(reserves).collect::<Vec<_>>()).await;
    let (releases, reserves) = answers.split_at(5);
    assert_eq!(tally(releases), of([("200", 5)]));
    let booked = reserves.iter().filter(|answer| answer.status == 201).count();
    assert!(booked <= 5, "{booked}");
    server.advance(1);
    let left = 5 - booked as u64;
    assert_eq!(shop.stock(&floor, 0).await, [left, booked as u64, 0]);
}
