//! Chapter 3 of the contract, item 9: how long a key remembers.

use serde_json::{Value, json};

use super::answer::Answer;
use super::client::Client;
use super::http::Ask;
use super::server::TestServer;
use super::shop::{concert, paid, with, zone};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

async fn again(shop: &Client, key: &str, body: &Value) -> Answer {
    shop.send(Ask::post("/bookings/reserve", body).key(key)).await
}

#[tokio::test]
async fn an_answer_then_a_tombstone_then_a_new_key() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann");
    let first = again(&shop, "k", &body).await.is(201);
    let id = first.str("id");
    // The hold ends after ten minutes, and then its answer is kept for a day.
    server.advance(600);
    server.advance(DAY - 60);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(120);
    for _ in 0..2 {
        let retired = again(&shop, "k", &body).await.is(409).fails("KEY_RETIRED");
        assert_eq!(retired.str("existing_id"), id);
        assert!(!retired.is_replay());
    }
    let other = with(body.clone(), &json!({"quantity": 2}));
    again(&shop, "k", &other).await.fails("IDEMPOTENCY_KEY_REUSED");
    let record = shop.get("/idempotency_keys/k").await.is(200);
    assert_eq!(record.str("status"), "retired");
    assert_eq!(record.str("resource_id"), id);
    assert_eq!(record.at("response_status"), Value::Null);

    server.advance(90 * DAY - HOUR);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
    server.advance(2 * HOUR);
    shop.get("/idempotency_keys/k").await.is(404);
    let anew = again(&shop, "k", &other).await.is(201);
    assert!(!anew.is_replay());
    assert_ne!(anew.str("id"), id);
    assert!(again(&shop, "k", &other).await.is_replay());
}

#[tokio::test]
async fn a_sale_keeps_its_answers_until_a_day_after_the_event() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let month = json!({"starts_at": "2026-03-15T09:00:00Z"});
    let event = shop.event(with(concert(json!([zone(10, "5")])), &month)).await;
    let body = event.one("ann");
    let id = again(&shop, "k", &body).await.is(201).str("id");
    let confirm = || Ask::post(&format!("/bookings/{id}/confirm"), &paid("pi_1")).key("c");
    shop.send(confirm()).await.is(200);
    // The event is four weeks away.
    server.advance(28 * DAY);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    assert!(shop.send(confirm()).await.is_replay());
    server.advance(2 * HOUR);
    let retired = again(&shop, "k", &body).await.fails("KEY_RETIRED");
    assert_eq!(retired.str("existing_id"), id);
    shop.send(confirm()).await.fails("KEY_RETIRED");
}

#[tokio::test]
async fn a_cancelled_sale_keeps_its_answers_for_a_day() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let body = floor.one("ann");
    let id = again(&shop, "k", &body).await.is(201).str("id");
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
    server.advance(5 * HOUR);
    shop.act(&id, "cancel", json!({})).await.is(200);
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(2 * HOUR);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
}

/// Clean-up looked at the sale when it was to be kept until the event: it may be kept as long, and
/// certainly for a day.
#[tokio::test]
async fn a_sale_that_is_cancelled_late_keeps_its_answers_for_no_less() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let month = json!({"starts_at": "2026-03-15T09:00:00Z"});
    let event = shop.event(with(concert(json!([zone(10, "5")])), &month)).await;
    let body = event.one("ann");
    let id = again(&shop, "k", &body).await.is(201).str("id");
    shop.act(&id, "confirm", paid("pi_1")).await.is(200);
    server.advance(5 * DAY);
    shop.act(&id, "cancel", json!({})).await.is(200);
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(24 * DAY);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
}

#[tokio::test]
async fn a_refusal_is_kept_for_a_day_and_leaves_nothing_to_name() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let held = shop.sale(floor.one("ann")).await;
    let body = floor.one("bob");
    again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS");
    // One that shows a booking is a refusal as well.
    let confirm = || Ask::post(&format!("/bookings/{held}/confirm"), &paid("pi_2")).key("c");
    shop.send(confirm()).await.fails("ALREADY_CONFIRMED");
    server.advance(DAY - HOUR);
    assert!(again(&shop, "k", &body).await.is_replay());
    server.advance(2 * HOUR);
    for answer in [again(&shop, "k", &body).await, shop.send(confirm()).await] {
        assert_eq!(answer.fails("KEY_RETIRED").at("existing_id"), Value::Null);
    }
    let other = floor.one("cyd");
    again(&shop, "k", &other).await.fails("IDEMPOTENCY_KEY_REUSED");
    server.advance(90 * DAY);
    assert!(!again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS").is_replay());
}

#[tokio::test]
async fn what_made_no_booking_is_kept_for_a_day_and_then_named() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let create = || Ask::post("/events", &concert(json!([zone(1, "1")]))).key("k");
    let event = shop.send(create()).await.is(201).str("id");
    server.advance(DAY - HOUR);
    assert!(shop.send(create()).await.is_replay());
    server.advance(2 * HOUR);
    let retired = shop.send(create()).await.fails("KEY_RETIRED");
    assert_eq!(retired.str("existing_id"), event);
}

#[tokio::test]
async fn retention_is_a_setting() {
    let server = TestServer::with(|settings| {
        settings.retention.answer_hours = 1;
        settings.retention.tombstone_days = 1;
    })
    .await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    shop.sale(floor.one("ann")).await;
    let body = floor.one("bob");
    again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS");
    server.advance(HOUR + 60);
    again(&shop, "k", &body).await.fails("KEY_RETIRED");
    server.advance(DAY + 60);
    assert!(!again(&shop, "k", &body).await.fails("INSUFFICIENT_SEATS").is_replay());
}

#[tokio::test]
async fn clean_up_goes_through_many_records() {
    let server = TestServer::start().await;
    let shop = server.shop();
    // More than one slice of clean-up.
    let floor = shop.floor(1).await;
    shop.sale(floor.one("ann")).await;
    let keys: Vec<String> = (0..300).map(|key| format!("k{key}")).collect();
    let body = floor.one("bob");
    let calls =
        keys.iter().map(|key| (shop.clone(), Ask::post("/bookings/reserve", &body).key(key)));
    for answer in super::client::at_once(calls.collect::<Vec<_>>()).await {
        answer.fails("INSUFFICIENT_SEATS");
    }
    server.advance(DAY + HOUR);
    for key in [&keys[0], &keys[150], &keys[299]] {
        again(&shop, key, &body).await.fails("KEY_RETIRED");
    }
}
