//! Answers of the last minutes, which are replayed from memory on SQLite: as the store would, also while it
//! fails, and not for longer.

use engine::failpoint::BEGIN;
use serde_json::json;

use super::answer::Answer;
use super::backend::is_postgres;
use super::client::{Client, assert_same};
use super::http::Ask;
use super::server::{Holder, TestServer};
use super::shop::{concert, paid, zone};

/// Seconds after which the store is asked again.
const REMEMBERED_SECONDS: u64 = 600;

/// `None` where nothing is remembered: a database may be another one after a failover.
async fn server() -> Option<TestServer> {
    let server = TestServer::start().await;
    (!is_postgres()).then_some(server)
}

#[tokio::test]
async fn a_database_is_always_asked() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    shop.send(ask.clone()).await.is(201);
    server.faults.fail(BEGIN);
    shop.send(ask).await.is(if is_postgres() { 503 } else { 201 });
    server.faults.heal();
}

/// Nothing can be read, and nothing decided.
fn lose_the_store(server: &TestServer) {
    server.outage.set(true);
    server.faults.fail(BEGIN);
}

fn find_the_store(server: &TestServer) {
    server.outage.set(false);
    server.faults.heal();
}

async fn attempts(shop: &Client, key: &str) -> u64 {
    shop.get(&format!("/idempotency_keys/{key}")).await.at("attempts").as_u64().expect("a count")
}

/// Twice, both times as shipped: the second answer is remembered, and stays so.
async fn both(shop: &Client, ask: &Ask) -> Answer {
    let first = shop.send(ask.clone()).await;
    assert_same(&first, &shop.send(ask.clone()).await, ask);
    first
}

#[tokio::test]
async fn a_repeated_request_needs_no_store() {
    let Some(server) = server().await else { return };
    let shop = server.shop();
    let floor = shop.floor(1).await;
    let before = server.metric("idempotency_replays_total");
    let reserve = |user: &str| Ask::post("/bookings/reserve", &floor.one(user)).key(user);
    let (taken, refused) = (reserve("ann"), reserve("bob"));
    let answers = [both(&shop, &taken).await.is(201), both(&shop, &refused).await.is(409)];
    let id = answers[0].at("id").as_str().unwrap().to_owned();
    let confirm = Ask::post(&format!("/bookings/{id}/confirm"), &paid("pi_1")).key("c");
    let confirmed = both(&shop, &confirm).await.is(200);

    lose_the_store(&server);
    let asks = [taken.clone(), refused, confirm];
    for (ask, first) in asks.into_iter().zip(answers.into_iter().chain([confirmed])) {
        let again = shop.send(ask).await;
        assert!(again.is_replay());
        assert_eq!((again.status, again.text()), (first.status, first.text()));
        assert_eq!(again.header("location"), first.header("location"));
    }
    // What is not known is not taken for new.
    shop.send(reserve("cy")).await.is(503);
    find_the_store(&server);
    server.advance(1);
    assert_eq!(attempts(&shop, "ann").await, 3, "whoever asked is counted");
    assert_eq!(shop.stock(&floor, 0).await, [0, 0, 1]);
    assert_eq!(server.metric("idempotency_replays_total"), before + 6.0);
}

#[tokio::test]
async fn another_body_is_refused_and_counted_without_the_store() {
    let Some(server) = server().await else { return };
    let shop = server.shop();
    let floor = shop.floor(3).await;
    shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    lose_the_store(&server);
    let other = shop.post_once("k", "/bookings/reserve", floor.one("bob")).await;
    other.is(422).fails("IDEMPOTENCY_KEY_REUSED");
    // A body that means nothing is another body, too.
    let senseless = shop.post_once("k", "/bookings/reserve", json!({"quantity": []})).await;
    senseless.is(422).fails("IDEMPOTENCY_KEY_REUSED");
    find_the_store(&server);
    assert_eq!(server.metric("idempotency_key_collision_total"), 2.0);
}

#[tokio::test]
async fn one_customer_s_answer_is_not_another_s() {
    let Some(server) = server().await else { return };
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let other = server.other();
    shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    let foreign = other.post_once("k", "/bookings/reserve", floor.one("ann")).await;
    assert!(!foreign.fails("NOT_FOUND").is_replay());
    let ann = shop.customer("ann").await;
    let own = json!({"event_id": floor.id, "zone_id": floor.zones[0], "quantity": 1});
    let first = ann.post_once("k", "/bookings/reserve", own).await.is(201);
    assert!(!first.is_replay(), "a customer's keys are their own");
}

#[tokio::test]
async fn what_binds_no_key_is_not_remembered() {
    let Some(server) = server().await else { return };
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let body = floor.one("ann");
    shop.post_once("bad", "/bookings/reserve", json!({})).await.is(400);
    assert!(!shop.post_once("bad", "/bookings/reserve", body.clone()).await.is(201).is_replay());
    shop.post("/idempotency_keys/old/retire", json!({})).await.is(200);
    for _ in 0..2 {
        let retired = shop.post_once("old", "/bookings/reserve", body.clone()).await;
        assert!(!retired.fails("KEY_RETIRED").is_replay());
    }
    server.faults.fail(BEGIN);
    shop.post_once("later", "/bookings/reserve", body.clone()).await.is(503);
    server.faults.heal();
    assert!(!shop.post_once("later", "/bookings/reserve", body).await.is(201).is_replay());
    // A secret is told once.
    let token = Ask::post("/customer_tokens", &json!({"user_id": "ann"})).key("t");
    assert!(shop.twice(token).await.is(201).at("token").is_string());
}

#[tokio::test]
async fn an_empty_bucket_lets_what_is_remembered_through() {
    let Some(server) = server().await else { return };
    let floor = server.shop().floor(3).await;
    let (limited, _) = server.holder(&Holder { rate: Some(1), ..Holder::default() });
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    limited.send(ask.clone()).await.is(201);
    while limited.get("/events").await.status != 429 {}
    lose_the_store(&server);
    let again = limited.send(ask).await.is(201);
    assert!(again.is_replay());
    assert!(again.header("x-ratelimit-limit").is_some());
    find_the_store(&server);
}

#[tokio::test]
async fn after_ten_minutes_the_store_is_asked() {
    let Some(server) = server().await else { return };
    let shop = server.shop();
    let floor = shop.floor(3).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    let first = shop.send(ask.clone()).await.is(201);
    server.advance(REMEMBERED_SECONDS - 1);
    server.faults.fail(BEGIN);
    assert!(shop.send(ask.clone()).await.is(201).is_replay());
    server.faults.heal();
    server.advance(1);
    server.faults.fail(BEGIN);
    shop.send(ask.clone()).await.is(503);
    server.faults.heal();
    let again = shop.send(ask).await;
    assert!(again.is_replay());
    assert_eq!(again.text(), first.text());
}

/// Not even for a moment longer than the record: then another answer would be right.
#[tokio::test]
async fn what_the_store_soon_forgets_is_forgotten_with_it() {
    let server = TestServer::with(|settings| settings.retention.answer_hours = 0).await;
    let shop = server.shop();
    // Once each: its answer may be gone when it is repeated.
    let event = shop.post_once("e", "/events", concert(json!([zone(1, "49.90")]))).await.is(201);
    let want = |user: &str| {
        let (event, zone) = (event.at("id"), event.at("zones/0/id"));
        json!({"event_id": event, "zone_id": zone, "quantity": 1, "user_id": user})
    };
    shop.post_once("ann", "/bookings/reserve", want("ann")).await.is(201);
    shop.post_once("k", "/bookings/reserve", want("bob")).await.fails("INSUFFICIENT_SEATS");
    server.advance(120);
    let retired = shop.post_once("k", "/bookings/reserve", want("bob")).await;
    assert!(!retired.fails("KEY_RETIRED").is_replay());
}
