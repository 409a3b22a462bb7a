//! Chapter 3 of the contract, items 5, 6, 12 and 13: which answers a key keeps, and for how wrong a
//! request it does not.

use serde_json::{Value, json};

use super::client::{Client, at_once, fresh_key};
use super::http::Ask;
use super::outside::POISON;
use super::server::{Holder, TestServer};
use super::shop::{paid, with};

#[tokio::test]
async fn sold_out_under_a_key_stays_sold_out_under_it() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let held = shop.hold(floor.one("ann")).await;
    let refused = shop.post_once("k", "/bookings/reserve", floor.one("bob")).await;
    let refused = refused.is(409).fails("INSUFFICIENT_SEATS");
    shop.act(&held, "release", json!({})).await.is(200);
    let again = shop.post_once("k", "/bookings/reserve", floor.one("bob")).await;
    assert!(again.is_replay());
    assert_eq!(again.text(), refused.text());
    assert_eq!(again.header("content-type"), Some("application/problem+json"));
    // A new key is a new decision.
    shop.reserve(floor.one("bob")).await.is(201);
}

#[tokio::test]
async fn a_refusal_about_a_booking_stays_though_the_booking_goes_on() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let id = shop.hold(floor.one("ann")).await;
    let confirm = format!("/bookings/{id}/confirm");
    let refused = shop.post_once("k", &confirm, json!({})).await.fails("PAYMENT_REQUIRED");
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
    let again = shop.post_once("k", &confirm, json!({})).await;
    assert!(again.is_replay());
    assert_eq!(again.text(), refused.text());
    // What shows the booking shows it as it was.
    let twice = shop.post_once("l", &confirm, paid("pi_2")).await.fails("ALREADY_CONFIRMED");
    shop.act(&id, "cancel", json!({})).await.is(200);
    let again = shop.post_once("l", &confirm, paid("pi_2")).await;
    assert_eq!(again.at("booking/status"), "confirmed");
    assert_eq!(again.text(), twice.text());
}

#[tokio::test]
async fn a_thing_that_the_body_names_is_missing_for_good() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let missing = json!({"event_id": "evt_01kh3v0h2efk9b6t4wq8m7x5ra"});
    let body = with(floor.one("ann"), &missing);
    let first = shop.post_once("k", "/bookings/reserve", body.clone()).await.fails("NOT_FOUND");
    assert_eq!(first.fields(), ["event_id"]);
    assert!(shop.post_once("k", "/bookings/reserve", body).await.is_replay());
    assert_eq!(shop.get("/idempotency_keys/k").await.at("response_status"), 404);
    // One that the path names is not kept: it is an address like any other.
    let path = "/bookings/bkg_01kh3v0h2efk9b6t4wq8m7x5ra/release";
    for _ in 0..2 {
        let answer = shop.post_once("l", path, json!({})).await.fails("NOT_FOUND");
        assert!(!answer.is_replay());
    }
    shop.get("/idempotency_keys/l").await.is(404);
}

/// One key goes through everything that is not kept, and then books.
#[tokio::test]
async fn what_decides_nothing_leaves_the_key_free() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let key = fresh_key();
    let good = Ask::post("/bookings/reserve", &floor.one("ann")).key(&key);
    let send = |ask: Ask| shop.send(ask.key(&key));
    let path = "/bookings/reserve";
    let large = " ".repeat(server::BODY_BYTES_MAX + 1);
    send(Ask::new("POST", path).text("{")).await.is(400);
    send(Ask::post(path, &json!({"quantity": 0}))).await.is(400);
    send(Ask::post(path, &with(floor.one("ann"), &json!({"quantity": 0})))).await.is(400);
    send(Ask::post("/nothing", &floor.one("ann"))).await.is(404);
    send(Ask::post("/bookings/x/release", &json!({}))).await.is(404);
    send(Ask::new("PUT", path).json(&floor.one("ann"))).await.is(405);
    send(Ask::new("POST", path).text(&large)).await.is(413);
    send(Ask::new("POST", path).bytes(b"{}")).await.is(415);
    let pad = "x".repeat(server::HEADER_BYTES_MAX);
    send(good.clone().header("X-Pad", pad)).await.is(431);
    server.nobody().send(good.clone()).await.is(401);
    let (limited, _) = server.holder(&Holder { rate: Some(1), ..Holder::default() });
    while limited.get("/events").await.status != 429 {}
    limited.send(good.clone()).await.is(429);
    server.faults.fail(engine::failpoint::BEFORE_COMMIT);
    shop.send(good.clone()).await.is(503);
    server.faults.heal();
    shop.get(&format!("/idempotency_keys/{key}")).await.is(404);
    assert!(!shop.send(good.clone()).await.is(201).is_replay());
    assert!(shop.send(good).await.is_replay());
}

#[tokio::test]
async fn one_bad_request_fails_alone_and_is_not_kept() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(50).await;
    // All of them wait for the engine and become one batch.
    let held = server.hold();
    let first = shop.start(Ask::post("/bookings/reserve", &floor.one("first")).key("first"));
    held.stands().await;
    let users: Vec<String> = (0..20).map(|user| format!("user-{user}")).collect();
    let users = users.iter().map(String::as_str).chain([POISON]);
    let calls = users.map(|user| {
        let ask = Ask::post("/bookings/reserve", &floor.one(user)).key(user);
        (shop.clone(), ask)
    });
    let calls: Vec<(Client, Ask)> = calls.collect();
    let batch = tokio::join!(at_once(calls), async {
        shop.until_in_progress(POISON).await;
        shop.until_in_progress("user-19").await;
        held.release();
    });
    let mut answers = batch.0;
    first.answer().await.is(201);
    let poisoned = answers.pop().expect("there are 21");
    poisoned.is(500).fails("INTERNAL_ERROR");
    for answer in answers {
        answer.is(201);
    }
    shop.get(&format!("/idempotency_keys/{POISON}")).await.is(404);
    let again = shop.post_once(POISON, "/bookings/reserve", floor.one(POISON)).await;
    assert!(!again.is_replay());
    again.fails("INTERNAL_ERROR");
    assert_eq!(shop.stock(&floor, 0).await, [29, 21, 0]);
}

#[tokio::test]
async fn a_token_is_shown_once_and_never_stored() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let ask = Ask::post("/customer_tokens", &json!({"user_id": "ann"})).key("k");
    let first = shop.send(ask.clone()).await.is(201);
    let token = first.str("token");
    assert_eq!(first.json().get("note"), None);
    let again = shop.send(ask).await.is(201);
    assert!(again.is_replay());
    assert_eq!(again.at("token"), Value::Null);
    assert!(again.str("note").contains("shown once"), "{}", again.text());
    assert_eq!(again.at("expires_at"), first.at("expires_at"));
    assert!(!again.text().contains(&token));
    // The token is good all the same.
    let ann = Client { credential: Some(token), ..server.nobody() };
    ann.get("/bookings").await.is(200);
}
