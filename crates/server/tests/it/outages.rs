//! When the engine is full, the store is away, or something breaks: 503 or 500, nothing claimed, and
//! the same key succeeds later.

use engine::failpoint::{AFTER_COMMIT, BEFORE_ANSWERS, BEFORE_COMMIT, BEGIN, DECIDED, LOADED};
use expect_test::expect;
use serde_json::json;

use super::http::Ask;
use super::outside::STUCK;
use super::server::{Holder, TestServer};
use super::shop::{paid, with};
use super::snapshot::told;

#[tokio::test]
async fn a_full_queue_is_503_at_once() {
    let server = TestServer::with(|settings| settings.queue_max = 2).await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = |user: &str| Ask::post("/bookings/reserve", &floor.one(user)).key(user);
    let held = server.hold();
    let decided = shop.start(ask("decided"));
    held.stands().await;
    let waiting = [shop.start(ask("one")), shop.start(ask("two"))];
    while shop.get("/readyz").await.at("queue/waiting") != 2 {}
    let ready = shop.get("/readyz").await.is(503);
    assert_eq!(ready.at("reason"), "the queue is full");
    let refused = shop.send(ask("three")).await.is(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    expect![
        "503 SERVICE_UNAVAILABLE same_key: Too many requests wait already; nothing was decided."
    ]
    .assert_eq(&told(&refused));
    let unkeyed = Ask::post("/events", &json!({}));
    shop.send(unkeyed).await.is(503);
    // Reads go on, and a replay of what was decided needs the engine as well.
    shop.get("/bookings").await.is(200);
    held.release();
    decided.answer().await.is(201);
    for waiting in waiting {
        waiting.answer().await.is(201);
    }
    assert!(!shop.send(ask("three")).await.is(201).is_replay());
    assert_eq!(shop.stock(&floor, 0).await, [6, 4, 0]);
}

#[tokio::test]
async fn a_store_that_fails_claims_nothing_and_the_key_succeeds_later() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let places =
        [BEGIN, LOADED, DECIDED, BEFORE_COMMIT, "booking_insert", "pool_update", "record_insert"];
    for (index, place) in places.into_iter().enumerate() {
        let ask = Ask::post("/bookings/reserve", &floor.one(place)).key(place);
        server.faults.fail(place);
        for _ in 0..2 {
            let refused = shop.send(ask.clone()).await.is(503).fails("SERVICE_UNAVAILABLE");
            assert_eq!(refused.header("retry-after"), Some("1"));
            assert!(
                !refused.text().contains("failpoint"),
                "what the store says is not the client's"
            );
        }
        server.faults.heal();
        shop.get(&format!("/idempotency_keys/{place}")).await.is(404);
        server.advance(1);
        let taken = index as u64;
        assert_eq!(shop.stock(&floor, 0).await, [10 - taken, taken, 0]);
        assert!(!shop.send(ask.clone()).await.is(201).is_replay());
        assert!(shop.send(ask).await.is_replay());
    }
    assert!(server.metric("bookonce_store_errors_total") >= 14.0);
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_again() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    // Asked for its batch, the store knows it: the answer goes out as if nothing had been.
    server.faults.fail(AFTER_COMMIT);
    let first = shop.post_once("k", "/bookings/reserve", floor.one("ann")).await.is(201);
    server.faults.heal();
    assert!(!first.is_replay());
    let again = shop.post_once("k", "/bookings/reserve", floor.one("ann")).await;
    assert_eq!(again.text(), first.text());

    // Committed, and nobody was told: the same key tells.
    server.faults.fail(BEFORE_ANSWERS);
    let confirm =
        Ask::post(&format!("/bookings/{}/confirm", first.str("id")), &paid("pi_1")).key("c");
    shop.send(confirm.clone()).await.is(503).fails("SERVICE_UNAVAILABLE");
    server.faults.heal();
    let told = shop.send(confirm).await.is(200);
    assert!(told.is_replay());
    assert_eq!(told.str("status"), "confirmed");
    server.advance(1);
    assert_eq!(shop.stock(&floor, 0).await, [9, 0, 1]);
}

#[tokio::test]
async fn while_the_store_cannot_be_read_nobody_is_let_in() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let (stranger, _) = server.holder(&Holder::default());
    shop.get("/events").await.is(200);
    server.outage.set(true);
    let reserve = || Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    // A credential that cannot be checked, whether it is one or not.
    stranger.send(reserve()).await.is(503).fails("SERVICE_UNAVAILABLE");
    stranger.get("/events").await.is(503);
    let liar =
        super::client::Client { credential: Some("bo_live_x".to_owned()), ..stranger.clone() };
    liar.get("/events").await.is(503);
    // One that was checked a moment ago; but the reads fail.
    for path in [
        "/events".to_owned(),
        "/bookings".to_owned(),
        "/activity".to_owned(),
        floor.path(""),
        "/idempotency_keys/k".to_owned(),
        floor.path("/users/ann/summary"),
        floor.zone_path(0, "/availability"),
        "/activity/stream".to_owned(),
    ] {
        let answer = shop.get(&path).await.is(503).fails("SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    // Trust in a credential ends after a second.
    server.clock.advance(std::time::Duration::from_secs(1));
    shop.send(reserve()).await.is(503);
    server.outage.set(false);
    assert!(!stranger.send(reserve()).await.is(201).is_replay());
    assert_eq!(shop.stock(&floor, 0).await, [9, 1, 0]);
}

#[tokio::test]
async fn a_replay_out_of_the_second_bucket_fails_closed_as_well() {
    let server = TestServer::without_memory().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let ask = Ask::post("/bookings/reserve", &floor.one("ann")).key("k");
    shop.send(ask.clone()).await.is(201);
    let (limited, _) = server.holder(&Holder { rate: Some(1), ..Holder::default() });
    while limited.get("/events").await.status != 429 {}
    server.outage.set(true);
    limited.send(ask.clone()).await.is(503).fails("SERVICE_UNAVAILABLE");
    server.outage.set(false);
    assert!(limited.send(ask).await.is_replay());
}

#[tokio::test]
async fn a_fault_of_ours_is_500_for_that_request_alone() {
    let server = TestServer::start().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    server.outage.panic_on_events();
    let answer = shop.get(&floor.path("")).await.is(500);
    expect!["500 INTERNAL_ERROR same_key: Something went wrong on our side."]
        .assert_eq(&told(&answer.fails("INTERNAL_ERROR")));
    shop.get("/events").await.is(200);
    assert_eq!(server.metric("bookonce_panics_total"), 1.0);
    assert_eq!(server.take_errors().len(), 1);
}

/// What a worker cannot do is logged on a thread of its own, and fails a test like any other error.
#[tokio::test]
async fn what_cannot_be_cleaned_up_is_logged_and_the_rest_goes_on() {
    let server = TestServer::without_memory().await;
    let shop = server.shop();
    let floor = shop.floor(10).await;
    let asks = ["a", STUCK, "z"].map(|key| {
        Ask::post("/bookings/reserve", &with(floor.one("ann"), &json!({"quantity": 20}))).key(key)
    });
    for ask in &asks {
        shop.send(ask.clone()).await.is(409);
    }
    server.advance(2 * 24 * 60 * 60);
    let errors = server.take_errors();
    assert!(matches!(&errors[..], [error] if error.contains("is not cleaned up")), "{errors:?}");
    let [before, stuck, after] = asks;
    for retired in [before, after] {
        shop.send(retired).await.fails("KEY_RETIRED");
    }
    assert!(shop.send(stuck).await.is(409).is_replay());
}
